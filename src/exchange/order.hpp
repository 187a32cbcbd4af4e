// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/strong_id.hpp"
#include "domain/ids.hpp"
#include "domain/numbers.hpp"
#include "domain/order.hpp"
#include "domain/time.hpp"

/// The orders of the simulated exchange, as its accounts see them.
namespace tradewind::exchange {

/// Index of an account, from 0 in the order of their opening.
using AccountNumber = base::StrongId<struct AccountNumberTag, std::uint32_t>;

/// The types of orders of Binance spot ("ENUM definitions", Order types).
enum class OrderKind : std::uint8_t {
    limit,
    market,
    limit_maker,
    stop_loss,
    stop_loss_limit,
    take_profit,
    take_profit_limit,
};

[[nodiscard]] constexpr bool has_trigger(OrderKind kind) {
    return kind == OrderKind::stop_loss || kind == OrderKind::stop_loss_limit ||
           kind == OrderKind::take_profit || kind == OrderKind::take_profit_limit;
}
/// Whether it has a price of its own.
[[nodiscard]] constexpr bool has_price(OrderKind kind) {
    return kind == OrderKind::limit || kind == OrderKind::limit_maker ||
           kind == OrderKind::stop_loss_limit || kind == OrderKind::take_profit_limit;
}
[[nodiscard]] constexpr bool takes_profit(OrderKind kind) {
    return kind == OrderKind::take_profit || kind == OrderKind::take_profit_limit;
}

/// What becomes of two orders of one account that would trade with each other ("Self Trade
/// Prevention (STP) FAQ"); the taker's counts.
enum class Prevention : std::uint8_t { none, expire_taker, expire_maker, expire_both, decrement };

enum class Status : std::uint8_t {
    fresh,  ///< NEW
    partially_filled,
    filled,
    canceled,
    expired,
    expired_in_match,
};
[[nodiscard]] constexpr bool is_open(Status status) {
    return status == Status::fresh || status == Status::partially_filled;
}

/// Why an order expired ("Order Expiry Reason").
enum class Expiry : std::uint8_t {
    none,
    rejected,  ///< a triggered order that could not be placed
    oco_trigger,
    unfilled_ioc,
    unfilled_fok,
    insufficient_liquidity,
};

/// What is asked for.
struct OrderTerms {
    AccountNumber account{};
    InstrumentId instrument{};
    Side side = Side::buy;
    OrderKind kind = OrderKind::limit;
    TimeInForce time_in_force = TimeInForce::gtc;  ///< gtc, ioc or fok
    std::optional<Qty> qty{};
    std::optional<Money> quote_qty{};  ///< of a market order, in place of qty
    std::optional<Price> price{};
    std::optional<Price> stop{};
    std::optional<std::int64_t> trailing_bps{};
    std::optional<Qty> iceberg{};  ///< what is shown at a time
    Prevention prevention = Prevention::none;
    std::string client_id{};  ///< empty: the exchange makes one
    std::optional<std::int64_t> strategy_id{};
    std::optional<std::int64_t> strategy_type{};
};

struct Order {
    std::uint64_t id = 0;  ///< counts from 1 in each instrument
    OrderTerms terms{};
    Status status = Status::fresh;
    Expiry expiry = Expiry::none;
    Qty qty{};  ///< what was asked for; of a market order by quote, what it came to
    Qty filled{};
    Money quote_filled{};  ///< sum of price x quantity
    Qty prevented{};       ///< taken off by self-trade prevention
    std::optional<std::uint64_t> prevented_match{};
    Money locked{};   ///< of the asset that it spends
    Price reserve{};  ///< of a buy: what a unit locks
    Timestamp created{};
    Timestamp updated{};
    std::optional<Timestamp> working_since{};  ///< absent: its trigger has not been reached
    bool on_book = false;
    std::optional<std::uint64_t> list{};
    std::optional<Timestamp> trailing_since{};
    std::optional<Price> trailing_extreme{};
    std::string cancel_id{};  ///< the client's id of the cancellation

    [[nodiscard]] Qty leaves() const { return qty - filled - prevented; }
};

/// Two orders of which one cancels the other.
struct OrderList {
    std::uint64_t id = 0;  ///< counts from 0 over all instruments
    AccountNumber account{};
    InstrumentId instrument{};
    std::string client_id{};
    std::vector<std::uint64_t> orders{};  ///< ids in the instrument
    bool is_open = true;
    bool is_decided = false;  ///< one of them works or has ended
    Money locked{};  ///< for both, of the asset that they spend; moves to the one that works
    Timestamp updated{};
};

/// Why the exchange does not do what is asked. Nothing has happened then.
enum class Refusal : std::uint8_t {
    unknown_order,
    duplicate_client_id,
    market_closed,
    insufficient_balance,
    would_take,
    would_trigger,
    oco_prices,
    iceberg_exceeds_qty,
    no_liquidity,
    price_filter,
    percent_price,
    lot_size,
    market_lot_size,
    notional,
    iceberg_parts,
    max_orders,
    max_algo_orders,
    max_iceberg_orders,
    max_lists,
    trailing_delta,
    cancel_restrictions,
};

}  // namespace tradewind::exchange
