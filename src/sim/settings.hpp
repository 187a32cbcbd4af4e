// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "domain/numbers.hpp"
#include "domain/position_mode.hpp"
#include "domain/time.hpp"
#include "ports/history.hpp"
#include "sim/account_kind.hpp"
#include "sim/auctions.hpp"
#include "sim/book_impact.hpp"
#include "sim/carry.hpp"
#include "sim/fee_tiers.hpp"
#include "sim/halts.hpp"
#include "sim/latency_model.hpp"
#include "sim/liquidation.hpp"
#include "sim/price_limits.hpp"
#include "sim/queue_model.hpp"

/// What a simulated world assumes. Every one of these is printed into the report by `describe`.
namespace tradewind::sim {

/// Whose conventions decide which order fills, when and at what price.
enum class FillMode : std::uint8_t {
    strict,  ///< ours: what the data proves, else the worse for us
    // What follows is there to reproduce, fill by fill, a result that another engine gave.
    backtrader,   ///< backtrader's BackBroker
    nautilus,     ///< NautilusTrader's matching engine on bars
    lean_equity,  ///< QuantConnect LEAN, EquityFillModel
    lean_base,    ///< the same, FillModel: crypto, currency pairs, CFDs
    freqtrade,    ///< freqtrade's backtesting
    vectorbt,     ///< vectorbt (community), Portfolio.from_signals
};

[[nodiscard]] std::string_view to_string(FillMode value);
[[nodiscard]] std::optional<FillMode> parse_fill_mode(std::string_view text);
[[nodiscard]] std::span<const FillMode> all_fill_modes();
/// "strict, backtrader": for error lines and help.
[[nodiscard]] std::string fill_mode_names();

enum class SlippageKind : std::uint8_t {
    none,
    basis_points,  ///< of the price
    ticks,
    /// price x coefficient x (quantity / volume)^2, as zipline's VolumeShareSlippage; the quantity
    /// counts all that was filled on the same bar. Without a volume: none.
    volume_share,
};

/// How much worse than the market's price a taking fill is. Never through an order's limit.
struct SlippageModel {
    SlippageKind kind = SlippageKind::none;
    std::int64_t value = 0;  ///< in units of 1e-9 of a basis point, of a tick, or the coefficient

    friend bool operator==(const SlippageModel&, const SlippageModel&) = default;
};

/// backtrader's switches of that name; the defaults are those of its set_slippage_perc.
struct BacktraderSlippage {
    bool slip_open = true;   ///< also for fills at the open
    bool slip_limit = true;  ///< a limit is filled at its price where slippage would pass it
    bool slip_match = true;  ///< slippage stops at the bar's high or low; false: no fill then
    bool slip_out = false;   ///< slippage may leave the bar

    friend bool operator==(const BacktraderSlippage&, const BacktraderSlippage&) = default;
};

/// When the venue sees what a book's stream, and the prints beside it, tell.
enum class ExchangeClock : std::uint8_t {
    /// When it was true there, where the data tell. Where our clock is behind the exchange's, the
    /// latter is set back until no row reaches us before it happened (HftBacktest does the same the
    /// other way round: its "Data Preparation", correct_local_timestamp).
    aligned,
    ignored,  ///< when we received it
};

[[nodiscard]] std::string_view to_string(ExchangeClock value);
[[nodiscard]] std::optional<ExchangeClock> parse_exchange_clock(std::string_view text);

/// How orders meet a recorded order book; read where the run has one.
struct BookSettings {
    QueueModel queue;
    ImpactModel impact;
    ExchangeClock clock = ExchangeClock::aligned;

    friend bool operator==(const BookSettings&, const BookSettings&) = default;
};

/// Who is right where a bar does not say whether a stop or its target came first, or what came
/// after an entry inside it.
enum class Ambiguity : std::uint8_t {
    pessimistic,  ///< the worse for us: what `strict` means
    optimistic,   ///< the better for us, unless the bar disproves it
    /// A throw of seeded dice: of two prices a driftless walk from the open (from the entry) comes
    /// to the nearer one first with the probability of the gambler's ruin (Feller, An Introduction
    /// to Probability Theory 1, XIV.2); where only one price tells, a coin.
    drawn,
};

/// Mode strict alone. Trailing stops stay pessimistic in all of them.
struct AmbiguityModel {
    Ambiguity kind = Ambiguity::pessimistic;
    std::uint64_t seed = 0;  ///< of the draws

    friend bool operator==(const AmbiguityModel&, const AmbiguityModel&) = default;
};

struct WorldSettings {
    FillMode fills = FillMode::strict;
    AmbiguityModel ambiguity;
    SlippageModel slippage;
    BacktraderSlippage backtrader;    ///< read in that mode only
    std::optional<FeeSchedule> fees;  ///< absent: each instrument's own
    FeeTerms fee_terms;
    Latencies latencies;
    BookSettings book;
    /// Mode strict: largest share of a bar's volume, or of a print's size, that all orders together
    /// may fill.
    Rate participation{base::kDecimalOne / 10};
    AccountKind account = AccountKind::cash;
    PositionSettings positions;
    MarginSettings margin;
    CarrySettings carry;
    std::vector<PriceLimit> price_limits;  ///< mode strict
    bool check_funds = true;               ///< false: the venue gives unlimited credit
    std::vector<CashFlow> deposits;        ///< the starting cash: the first events
    /// Which series are played; empty: every one of the history whose symbol is in the table.
    std::vector<ports::SeriesKey> series;
    /// Mode strict: what resolves the inside of bars, where it covers them and agrees with them
    /// (finer_cover.hpp); nobody but the venue sees it. Shorter bars, or trades, of instruments
    /// that play bars of time.
    std::vector<ports::SeriesKey> finer;
    std::optional<Timestamp> from;       ///< first and ...
    std::optional<Timestamp> to;         ///< ... first not: by the label of a row
    std::vector<StatusChange> statuses;  ///< mode strict
    HaltedOrders halted_orders = HaltedOrders::queued;
    AuctionSettings auctions;  ///< mode strict

    friend bool operator==(const WorldSettings&, const WorldSettings&) = default;
};

/// What is wrong with the settings, or what their fill mode does not know, in one line; nullopt
/// where nothing is.
[[nodiscard]] std::optional<std::string> fault_of(const WorldSettings& settings,
                                                  const InstrumentTable& table);

/// What is assumed, a sentence each, for the report.
[[nodiscard]] std::vector<std::string> describe(const WorldSettings& settings);

}  // namespace tradewind::sim
