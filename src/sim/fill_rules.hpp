// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "sim/settings.hpp"
#include "sim/venue_order.hpp"

/// Which order fills on which piece of data, and at what price: pure functions of an order and a
/// bar, quote or print. Quantities, money, time and links are the exchange's.
namespace tradewind::sim {

/// A bar as the matching sees it.
struct BarView {
    Timestamp open_ts;
    Timestamp close_ts;
    Price open;
    Price high;
    Price low;
    Price close;
    Qty volume;
};

/// What a piece of data does to an order.
struct Hit {
    bool triggers = false;   ///< its stop or touch price was reached
    bool fills = false;      ///< it may fill at `price`
    bool refused = false;    ///< post-only, and would take
    bool ambiguous = false;  ///< the bar does not prove it
    bool at_close =
        false;  ///< the close is the price that it met, so that nothing follows in this bar
    bool is_auction = false;  ///< one price for all: nothing slips
    bool at_open = false;     ///< backtrader: it was true when the bar opened
    Liquidity liquidity = Liquidity::taker;
    Price price{};      ///< backtrader: after slippage; else before
    Price reference{};  ///< before slippage
};

/// How much of a bar's inside an order works in.
enum class Presence : std::uint8_t {
    since_before,  ///< worked when the bar opened, and met the open
    since_open,    ///< came as the bar opened, after its first price: the entry filled at the open
    since_inside,  ///< woke inside: its parent filled somewhere between high and low
};

/// The conventions of one fill mode. A mode either meets a bar twice, its open when it opens and
/// its inside when it closes, or whole when it closes.
struct FillRules {
    /// One price of a bar: its open; its close, for what arrived in between or wants the close.
    Hit (*at_price)(const VenueOrder& order, Price price) = nullptr;
    /// Between a bar's high and low, after its open.
    Hit (*inside)(const VenueOrder& order, const BarView& bar, Presence presence,
                  const Instrument& instrument) = nullptr;
    /// The best bid and offer.
    Hit (*on_quote)(const VenueOrder& order, const Quote& quote) = nullptr;
    /// A print. `has_quotes`: what takes, takes from quotes.
    Hit (*on_trade)(const VenueOrder& order, Price print, bool has_quotes) = nullptr;
    /// A whole bar, all orders of all instruments in the order in which they were accepted; may
    /// move the order's trail and annotations. Set instead of the others.
    Hit (*whole_bar)(VenueOrder& order, const BarView& bar, const Instrument& instrument,
                     const WorldSettings& settings) = nullptr;
};

/// Of strict and backtrader; the other modes have tables of their own kind.
[[nodiscard]] const FillRules& rules_of(FillMode mode);

/// Offset in units of price at a market price.
[[nodiscard]] PriceDelta offset_at(const TrailingOffset& offset, Price market,
                                   const Instrument& instrument);
/// Moves a waiting trailing stop's trigger (and with it its limit) behind `market`, never back;
/// sets it where there is none yet. `on_grid`: rounded onto the tick, to the worse side, where
/// `market` lies on the tick.
void trail(VenueOrder& order, Price market, const Instrument& instrument, bool on_grid);
/// Gives a trailing stop its first trigger behind `market`, where that is known and the order does
/// not name one, and its limit.
void start_trail(VenueOrder& order, std::optional<Price> market, const Instrument& instrument,
                 bool on_grid);
/// The price of a bar that moves the trail of an order that the bar did not trigger (mode strict).
[[nodiscard]] Price trail_anchor(const VenueOrder& order, const BarView& bar, Presence presence);

/// A taking fill's price after slippage: never through `limit`; where the reference lies on the
/// tick, rounded onto it, against us.
struct SlippageQuery {
    Side side = Side::buy;
    Price reference;
    Qty qty;     ///< with all that was filled before on the same bar or print
    Qty volume;  ///< of that bar or print; 0: unknown
    std::optional<Price> limit;
};
/// How much worse, not rounded.
[[nodiscard]] PriceDelta impact(const SlippageQuery& query, const SlippageModel& model,
                                const Instrument& instrument);
[[nodiscard]] Price slipped(const SlippageQuery& query, const SlippageModel& model,
                            const Instrument& instrument);

}  // namespace tradewind::sim
