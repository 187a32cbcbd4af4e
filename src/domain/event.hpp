// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

#include "domain/denial.hpp"
#include "domain/ids.hpp"
#include "domain/numbers.hpp"
#include "domain/order.hpp"
#include "domain/order_status.hpp"
#include "domain/time.hpp"

/// Everything that can happen in the world, as values. Events are trivially copyable; texts are
/// views into the bytes that they were decoded from and live until the engine's step returns: a
/// book that wants to keep a text copies it.
namespace tradewind {

// --- market
// -----------------------------------------------------------------------------------------

/// Best bid and offer. A size of 0 is one that the source does not tell.
struct Quote {
    InstrumentId instrument{};
    Price bid{};
    Price ask{};
    Qty bid_size{};
    Qty ask_size{};

    friend bool operator==(const Quote&, const Quote&) = default;
};

enum class Aggressor : std::uint8_t { unknown, buyer, seller };

/// One print on the tape.
struct Trade {
    InstrumentId instrument{};
    Aggressor aggressor = Aggressor::unknown;
    Price price{};
    Qty size{};

    friend bool operator==(const Trade&, const Trade&) = default;
};

/// What closes a bar.
enum class BarUnit : std::uint8_t {
    time,    ///< step in nanoseconds; days follow the session calendar
    tick,    ///< step in trades
    volume,  ///< step in units of 1e-9
    value,   ///< step in units of 1e-9 of quote currency
    // The next six close on information (market/bar_aggregator.hpp); step in trades, of the first
    // bar and of what a bar is expected to hold until others were seen.
    tick_imbalance,
    volume_imbalance,
    value_imbalance,
    tick_run,
    volume_run,
    value_run,
    renko,  ///< step is a brick's height, in units of 1e-9
    range,  ///< step is from low to high, in units of 1e-9
};
/// The last of them, for who reads numbers.
inline constexpr BarUnit kLastBarUnit = BarUnit::range;

enum class PriceSource : std::uint8_t { last, bid, ask, mid };

/// How a bar series is made.
struct BarSpec {
    BarUnit unit = BarUnit::time;
    PriceSource source = PriceSource::last;
    std::int64_t step = 0;

    friend constexpr auto operator<=>(const BarSpec&, const BarSpec&) = default;
};

constexpr BarSpec time_bars(Duration interval, PriceSource source = PriceSource::last) {
    return {.unit = BarUnit::time, .source = source, .step = interval.ns};
}

/// Prices over a span. The event's `ts` is the instant it closed, the first at which it may be
/// used.
struct Bar {
    InstrumentId instrument{};
    BarSpec spec{};
    Timestamp open_ts{};
    Price open{};
    Price high{};
    Price low{};
    Price close{};
    Qty volume{};

    friend bool operator==(const Bar&, const Bar&) = default;
};

/// What an L2 or L3 message does to the book.
enum class BookAction : std::uint8_t { set, add, modify, remove, trade, fill, clear };

/// Marks on a row of a book stream.
struct BookFlags {
    bool snapshot = false;  ///< belongs to a snapshot; the first row of one clears the book
    bool last = false;      ///< the last row of its message: the book is consistent after it

    friend bool operator==(const BookFlags&, const BookFlags&) = default;
};

/// One level of an aggregated book, of a delta or a snapshot. size 0 removes the level.
struct BookLevel {
    InstrumentId instrument{};
    Side side = Side::buy;
    BookFlags flags{};
    Price price{};
    Qty size{};
    std::uint64_t first_update_id = 0;
    std::uint64_t last_update_id = 0;
    std::uint64_t previous_update_id = 0;

    friend bool operator==(const BookLevel&, const BookLevel&) = default;
};

/// One order of a full order book.
struct BookOrder {
    InstrumentId instrument{};
    Side side = Side::buy;
    BookAction action = BookAction::add;
    BookFlags flags{};
    Price price{};
    Qty size{};
    std::uint64_t order = 0;     ///< the venue's number of the resting order
    std::uint64_t sequence = 0;  ///< the venue's

    friend bool operator==(const BookOrder&, const BookOrder&) = default;
};

enum class MarketState : std::uint8_t { pre_open, open, halted, auction, paused, closed };

struct TradingStatus {
    InstrumentId instrument{};
    MarketState state = MarketState::open;

    friend bool operator==(const TradingStatus&, const TradingStatus&) = default;
};

/// Longs pay shorts `rate` of the notional at `mark` (where known, else at the last price).
struct Funding {
    InstrumentId instrument{};
    Rate rate{};
    std::optional<Price> mark{};

    friend bool operator==(const Funding&, const Funding&) = default;
};

enum class CorporateActionKind : std::uint8_t { split, cash_dividend, symbol_change, delisting };

/// Takes effect at the event's `ts`, before the first trade of the ex-date.
struct CorporateAction {
    InstrumentId instrument{};
    CorporateActionKind kind = CorporateActionKind::split;
    std::int64_t new_shares = 1;    ///< split: new for ...
    std::int64_t old_shares = 1;    ///< ... old
    Price amount{};                 ///< dividend a share; delisting: what a share is paid out at
    std::string_view new_symbol{};  ///< symbol change

    friend bool operator==(const CorporateAction&, const CorporateAction&) = default;
};

// --- news and economy
// -------------------------------------------------------------------------------

struct NewsItem {
    std::optional<InstrumentId> instrument{};
    std::string_view source{};
    std::string_view id{};
    std::string_view headline{};
    std::string_view body{};

    friend bool operator==(const NewsItem&, const NewsItem&) = default;
};

struct SentimentScore {
    std::optional<InstrumentId> instrument{};
    double score = 0.0;       ///< -1 worst, 1 best
    double confidence = 0.0;  ///< 0 to 1
    std::string_view model{};
    std::string_view news_id{};

    friend bool operator==(const SentimentScore&, const SentimentScore&) = default;
};

enum class Impact : std::uint8_t { none, low, medium, high };

struct EconomicRelease {
    std::string_view country{};
    std::string_view name{};
    Currency currency{};
    Impact impact = Impact::none;
    std::optional<double> actual{};
    std::optional<double> forecast{};
    std::optional<double> previous{};
    std::uint32_t revision = 0;

    friend bool operator==(const EconomicRelease&, const EconomicRelease&) = default;
};

// --- ourselves
// --------------------------------------------------------------------------------------

struct Timer {
    StrategyId strategy{};
    TimerId timer{};

    friend bool operator==(const Timer&, const Timer&) = default;
};

/// How much the system may do. Machines only make it stricter; a named person loosens. Numbers are
/// those of the journal; `severity` orders them: active, warn, reducing, close_only, flatten,
/// halted.
enum class TradingState : std::uint8_t {
    active,
    reducing,    ///< nothing new may add to a position
    halted,      ///< as close_only, and what was to be flattened stays
    warn,        ///< everything may be done; somebody should look
    close_only,  ///< and what works and would add to a position is cancelled
    flatten,     ///< and positions are closed at the market
};

/// 0 for active, up to 5 for halted.
[[nodiscard]] constexpr int severity(TradingState state) {
    switch (state) {
        case TradingState::active: return 0;
        case TradingState::warn: return 1;
        case TradingState::reducing: return 2;
        case TradingState::close_only: return 3;
        case TradingState::flatten: return 4;
        case TradingState::halted: return 5;
    }
    return 5;
}
/// Whether what adds to a position is denied.
[[nodiscard]] constexpr bool denies_growth(TradingState state) {
    return severity(state) >= severity(TradingState::reducing);
}
/// Whether working orders that would add to a position are cancelled.
[[nodiscard]] constexpr bool cancels_growth(TradingState state) {
    return severity(state) >= severity(TradingState::close_only);
}

/// A person's order to the machine.
struct Override {
    TradingState state = TradingState::active;
    std::optional<InstrumentId> instrument{};  ///< scope; absent: everything
    std::optional<StrategyId> strategy{};
    std::optional<Timestamp> until{};
    std::string_view who{};
    std::string_view why{};

    friend bool operator==(const Override&, const Override&) = default;
};

struct ModelPromoted {
    std::string_view model{};
    std::string_view artifact{};  ///< content hash
    std::string_view who{};

    friend bool operator==(const ModelPromoted&, const ModelPromoted&) = default;
};

enum class CashReason : std::uint8_t {
    deposit,
    withdrawal,
    interest,
    borrow_cost,
    correction,
    rollover,  ///< of a currency position from one value date to the next
};

/// Cash that comes or goes without a trade. The run's starting cash is a deposit.
struct CashFlow {
    Currency currency{};
    Money amount{};
    CashReason reason = CashReason::deposit;

    friend bool operator==(const CashFlow&, const CashFlow&) = default;
};

/// The source has nothing more; strategies may close what they hold.
struct EndOfData {
    friend bool operator==(const EndOfData&, const EndOfData&) = default;
};

// --- orders
// -----------------------------------------------------------------------------------------

enum class Liquidity : std::uint8_t { maker, taker };

/// What makes a fill's price explainable.
struct FillBasis {
    Price reference{};       ///< the price before slippage
    bool ambiguous = false;  ///< the bar does not say whether it or a competing order came first

    friend bool operator==(const FillBasis&, const FillBasis&) = default;
};

struct Fill {
    Price price{};
    Qty qty{};  ///< > 0
    Side side = Side::buy;
    Liquidity liquidity = Liquidity::taker;
    std::optional<Leg> leg{};  ///< hedging: what it opened or closed a part of
    Money fee{};               ///< > 0 is paid
    Currency fee_currency{};
    FillBasis basis{};
    std::uint64_t trade_number = 0;  ///< the venue's; tells a duplicate report

    friend bool operator==(const Fill&, const Fill&) = default;
};

/// Why a venue refused, cancelled or expired.
enum class VenueReason : std::uint8_t {
    none,
    requested,  ///< we asked
    time_in_force,
    contingency,  ///< OCO, or the parent is gone
    insufficient_funds,
    would_take,        ///< post-only
    would_not_reduce,  ///< reduce-only
    no_liquidity,      ///< IOC and FOK remains, market order on an empty book
    unknown_order,
    bad_order,
    market_closed,
    delisted,
    end_of_data,
    other,
    liquidation,  ///< the venue closes the account's positions
    price_limit,  ///< beyond the price band of the day
};

/// New terms of an order (replaced, adjusted): totals, not differences.
struct OrderTerms {
    Qty qty{};
    std::optional<Price> limit_price{};
    std::optional<Price> trigger_price{};

    friend bool operator==(const OrderTerms&, const OrderTerms&) = default;
};

/// Why and with what terms: none for plain acknowledgements.
using OrderDetail = std::variant<std::monostate, Fill, VenueReason, OrderTerms, Denial>;

struct OrderEvent {
    OrderEventKind kind = OrderEventKind::accepted;
    InstrumentId instrument{};
    OrderId order{};
    OrderDetail detail{};
    std::string_view venue_order{};  ///< the venue's id, where it is news
    std::string_view text{};         ///< the venue's words

    friend bool operator==(const OrderEvent&, const OrderEvent&) = default;
};

// --- the account
// ------------------------------------------------------------------------------------

/// The venue warns: equity comes near what it asks us to keep, and it may close positions next.
struct MarginCall {
    std::optional<InstrumentId> instrument{};  ///< isolated margin: whose; absent: the account's
    Currency currency{};
    Money equity{};    ///< of the account, or what stands behind the one position
    Money required{};  ///< the maintenance margin
    std::optional<StrategyId> strategy{};  ///< isolated margin of a leg: whose ...
    std::optional<Leg> leg{};              ///< ... and which

    friend bool operator==(const MarginCall&, const MarginCall&) = default;
};

/// The venue closed a position of ours, or a part of it, without an order of ours.
struct Liquidation {
    InstrumentId instrument{};
    std::optional<StrategyId> strategy{};  ///< hedging: whose leg; absent: the account's position
    Fill fill{};

    friend bool operator==(const Liquidation&, const Liquidation&) = default;
};

// --- the event
// --------------------------------------------------------------------------------------

using Payload =
    std::variant<Bar, Quote, Trade, BookLevel, BookOrder, OrderEvent, Timer, CashFlow,
                 TradingStatus, Funding, CorporateAction, NewsItem, SentimentScore, EconomicRelease,
                 Override, ModelPromoted, EndOfData, MarginCall, Liquidation>;

/// One fact with its place in the log.
struct Event {
    Sequence seq = 0;
    Timestamp ts{};        ///< when we could know it: the engine's now. Never goes back.
    Timestamp ts_event{};  ///< when it was true
    Payload payload{};

    friend bool operator==(const Event&, const Event&) = default;
};

static_assert(std::is_trivially_copyable_v<Event>);

/// The instrument that an event is about; nullopt for the rest.
[[nodiscard]] std::optional<InstrumentId> instrument_of(const Payload& payload);
/// "bar", "quote", ...
[[nodiscard]] std::string_view kind_name(const Payload& payload);

[[nodiscard]] std::string_view to_string(Aggressor value);
[[nodiscard]] std::string_view to_string(PriceSource value);
[[nodiscard]] std::string_view to_string(Liquidity value);
[[nodiscard]] std::string_view to_string(VenueReason value);
[[nodiscard]] std::string_view to_string(CashReason value);
[[nodiscard]] std::string_view to_string(TradingState value);
[[nodiscard]] std::optional<TradingState> parse_trading_state(std::string_view text);
[[nodiscard]] std::string_view to_string(CorporateActionKind value);
/// "1d", "5m", "100-ticks", "1000-volume", "1000000-value", "500-tick-imbalance",
/// "500-volume-imbalance", "500-value-imbalance", "500-tick-run", "500-volume-run",
/// "500-value-run", "0.5-renko", "2-range"; bid, ask and mid bars carry "/bid" and so on.
[[nodiscard]] std::string to_string(const BarSpec& spec);
/// Parses what `to_string` writes; a space may stand for the dash.
[[nodiscard]] std::optional<BarSpec> parse_bar_spec(std::string_view text);

}  // namespace tradewind
