// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/binance/messages.hpp"
#include "adapters/binance/sign.hpp"
#include "domain/command.hpp"
#include "domain/event.hpp"
#include "domain/instrument.hpp"

/// Our orders in the venue's words, and its reports in ours. Source: Binance, "New order", "Order
/// lists", "Cancel an Existing Order and Send a New Order" (spot REST API); "New Order", "Modify
/// Order" (USD-M futures).
namespace tradewind::binance {

// --- client order ids -------------------------------------------------------------------------

/// Which run an order is of, so that two runs of one account never share an id.
struct RunTag {
    std::uint32_t value = 0;

    friend bool operator==(const RunTag&, const RunTag&) = default;
};

/// "tw-RRRRRRRR-SSSSSSSSSSSSSSSS": run and order in hexadecimal, 28 of the 36 characters that the
/// venue takes. A pure function, so that an order sent again is recognised.
[[nodiscard]] std::string client_order_id(RunTag run, OrderId order);
/// The order of an id of this run; nullopt for ids of others.
[[nodiscard]] std::optional<OrderId> parse_client_order_id(RunTag run, std::string_view text);

// --- requests ---------------------------------------------------------------------------------

/// What the venue lacks, or cannot take as it is.
enum class OrderRefusal : std::uint8_t {
    order_type,       ///< trailing stop limit; market if touched on a trailing offset
    time_in_force,    ///< day, at_open, at_close; gtd on spot
    trigger_by,       ///< spot triggers by the last price; futures by last or mark
    post_only,        ///< with a type that takes, or with ioc or fok
    reduce_only,      ///< spot has no positions to reduce
    leg,              ///< spot has no legs
    display_qty,      ///< futures have no icebergs; spot's are limit orders good till cancelled
    trailing_offset,  ///< not in basis points, or outside of what the venue takes
    missing_price,    ///< a price that the type needs
    change,           ///< futures change quantity and limit price of limit orders alone
    contingency,      ///< only a pair of one limit and one stop, on spot
};

[[nodiscard]] std::string_view to_string(OrderRefusal value);

enum class Method : std::uint8_t { get, post, put, remove };

/// A request that waits for its signature.
struct Request {
    Method method = Method::post;
    std::string_view path;
    Parameters parameters;
};

using MadeRequest = std::expected<Request, OrderRefusal>;

/// What all requests of a connection share.
struct RequestMaker {
    Segment segment = Segment::spot;
    RunTag run{};
    bool hedge_mode = false;  ///< futures: positions are held in two legs

    /// POST order. `symbol` is the venue's: "BTCUSDT".
    [[nodiscard]] MadeRequest submit(const OrderIntent& order, std::string_view symbol) const;
    /// DELETE order.
    [[nodiscard]] Request cancel(OrderId order, std::string_view symbol) const;
    /// The new terms of a working order as a whole: spot cancels it and sends `changed` in its
    /// place under the id of `changed`; futures amend it in place (PUT order), keeping its id.
    [[nodiscard]] MadeRequest replace(OrderId order, const OrderIntent& changed,
                                      std::string_view symbol) const;
    /// POST orderList/oco of spot: the limit order takes profit, the stop limits the loss; both of
    /// one side, quantity and instrument.
    [[nodiscard]] MadeRequest submit_oco(const OrderIntent& limit, const OrderIntent& stop,
                                         std::string_view symbol) const;
    /// GET order: after an answer that does not say what was done.
    [[nodiscard]] Request query(OrderId order, std::string_view symbol) const;
};

// --- reports ----------------------------------------------------------------------------------

/// Why a report gives no event.
enum class ReportFault : std::uint8_t {
    not_ours,       ///< the client order id is none of this run
    nothing_new,    ///< tells what another report tells
    bad_fill,       ///< a trade without a quantity or price
    unknown_asset,  ///< the fee's currency does not fit Currency
};

/// The event of a report. `instrument` is that of its symbol. Views live as long as the report's.
[[nodiscard]] std::expected<OrderEvent, ReportFault> to_order_event(const OrderReport& report,
                                                                    RunTag run,
                                                                    InstrumentId instrument);

}  // namespace tradewind::binance
