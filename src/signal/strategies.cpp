// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "signal/allocate.hpp"
#include "signal/average_cross.hpp"
#include "signal/feature_rule.hpp"
#include "signal/flow_follower.hpp"
#include "signal/forecast.hpp"
#include "signal/market_maker.hpp"
#include "signal/pairs.hpp"
#include "signal/plugin.hpp"
#include "signal/rebalancer.hpp"
#include "signal/registry.hpp"
#include "signal/rolling.hpp"
#include "signal/sizing.hpp"
#include "signal/stance.hpp"
#include "signal/stance_taker.hpp"

namespace tradewind::signal {
namespace {

/// The state of each traded instrument, by instrument id; ids that are not traded have one too.
template <typename State>
std::vector<State> states_for(const StrategySetup& setup, const State& fresh) {
    return std::vector<State>(setup.instruments.size(), fresh);
}

/// Long while the fast average is above the slow one; flat, or short with short=1, otherwise.
template <typename Average>
class CrossRule {
public:
    struct State {
        Average fast;
        Average slow;
    };

    explicit CrossRule(ParamReader& params) : settings_(params) {}
    [[nodiscard]] State fresh() const { return {Average{settings_.fast}, Average{settings_.slow}}; }

    [[nodiscard]] Stance read(State& state, const Prices& bar, Stance held) const {
        add(state.fast, bar.close);
        add(state.slow, bar.close);
        if (!state.slow.ready()) return held;
        return is_above(state.fast, state.slow) ? Stance::long_side : settings_.below;
    }

private:
    CrossSettings settings_;
};

/// Buys what fell too fast: long when RSI is at or under `oversold`, out when it is at or over
/// `exit`. With short=1 the mirror above `overbought`.
class ReversionRule {
public:
    explicit ReversionRule(ParamReader& params)
        : oversold_(params.real("oversold", 30.0, 0.0, 100.0)),
          overbought_(params.real("overbought", 70.0, 0.0, 100.0)),
          exit_(params.real("exit", 50.0, 0.0, 100.0)),
          shorts_(params.whole("short", 0, 0, 1) == 1),
          period_(period(params, "period", 14)) {
        params.require(oversold_ <= exit_ && exit_ <= overbought_,
                       "oversold, exit and overbought must not cross");
    }
    [[nodiscard]] Rsi fresh() const { return Rsi{period_}; }

    [[nodiscard]] Stance read(Rsi& rsi, const Prices& bar, Stance held) const {
        rsi.add(to_double(bar.close));
        const std::optional<double> value = rsi.ready() ? rsi.value() : std::optional<double>{};
        return value ? next(*value, held) : held;
    }

private:
    [[nodiscard]] Stance next(double rsi, Stance held) const {
        if (rsi <= oversold_) return Stance::long_side;
        if (shorts_ && rsi >= overbought_) return Stance::short_side;
        if (held == Stance::long_side && rsi >= exit_) return Stance::flat;
        if (held == Stance::short_side && rsi <= exit_) return Stance::flat;
        return held;
    }

    double oversold_;
    double overbought_;
    double exit_;
    bool shorts_;
    std::size_t period_;
};

/// Long when the close is above the highest high of the `entry` bars before it, out when it is
/// under the lowest low of the `exit` bars before it. With short=1 the mirror.
class BreakoutRule {
public:
    struct State {
        Channel entry;
        Channel exit;
    };

    explicit BreakoutRule(ParamReader& params)
        : shorts_(params.whole("short", 0, 0, 1) == 1),
          entry_(period(params, "entry", 20)),
          exit_(period(params, "exit", 10)) {}
    [[nodiscard]] State fresh() const { return {Channel{entry_}, Channel{exit_}}; }

    [[nodiscard]] Stance read(State& state, const Prices& bar, Stance held) const {
        const bool is_ready = state.entry.ready() && state.exit.ready();
        const Stance wanted = is_ready ? next(state, bar.close, held) : held;
        state.entry.add(bar.high, bar.low);
        state.exit.add(bar.high, bar.low);
        return wanted;
    }

private:
    [[nodiscard]] Stance next(const State& state, Price close, Stance held) const {
        if (close > state.entry.highest()) return Stance::long_side;
        if (shorts_ && close < state.entry.lowest()) return Stance::short_side;
        if (held == Stance::long_side && close < state.exit.lowest()) return Stance::flat;
        if (held == Stance::short_side && close > state.exit.highest()) return Stance::flat;
        return held;
    }

    bool shorts_;
    std::size_t entry_;
    std::size_t exit_;
};

/// Buys a breakout where it happens: a stop at one tick above the high of the last `entry` bars,
/// with a stop-loss `stop` below and a target `target` above it, both as shares of the entry's
/// price. Long only. While it waits the entry follows the channel: it is cancelled, and placed anew
/// once the venue has said so, since until then both would count.
class BracketBreakout final : public Strategy {
public:
    BracketBreakout(const StrategySetup& setup, ParamReader& params)
        : sizing_(setup, params),
          stop_(params.real("stop", 0.02, 0.0001, 0.9)),
          target_(params.real("target", 0.04, 0.0001, 10.0)) {
        const std::size_t entry = period(params, "entry", 20);
        states_ =
            states_for(setup, State{.channel = Channel{entry}, .entry = std::nullopt, .high = {}});
    }

    void on_bar(Context& context, const Bar& bar) override {
        State& state = states_[bar.instrument.value];
        state.channel.add(bar.high, bar.low);
        if (!state.channel.ready() || context.position(bar.instrument).raw != 0) return;
        if (!state.entry) {
            enter(context, bar.instrument, state);
        } else if (state.high != state.channel.highest()) {
            context.cancel(*state.entry);
        }
    }

    void on_order(Context& context, const OrderEvent& event) override {
        State& state = states_[event.instrument.value];
        if (state.entry != event.order) return;
        const bool ends =
            event.kind == OrderEventKind::filled || event.kind == OrderEventKind::canceled ||
            event.kind == OrderEventKind::rejected || event.kind == OrderEventKind::expired;
        if (!ends) return;
        state.entry.reset();
        const auto* reason = std::get_if<VenueReason>(&event.detail);
        const bool as_asked = event.kind == OrderEventKind::canceled && reason != nullptr &&
                              *reason == VenueReason::requested;
        if (as_asked) enter(context, event.instrument, state);
    }
    void on_refusal(Context&, const Refusal& refusal) override {
        std::optional<OrderId>& entry = states_[refusal.instrument.value].entry;
        if (refusal.new_order && entry == refusal.id) entry.reset();
    }

private:
    struct State {
        Channel channel;
        std::optional<OrderId> entry;  ///< waiting at the venue
        Price high;                    ///< of the channel when it was placed
    };

    void enter(Context& context, InstrumentId id, State& state) const {
        state.high = state.channel.highest();
        state.entry = submit(context, id, state.high);
    }

    [[nodiscard]] std::optional<OrderId> submit(Context& context, InstrumentId id,
                                                Price high) const {
        const Price tick = context.instruments().at(id).tick;
        const Price trigger = round_to_tick(high, tick, TickRounding::down) + PriceDelta{tick.raw};
        const auto at = [&](double share, TickRounding rounding) {
            return round_to_tick(to_double(trigger) * (1.0 + share), tick, rounding);
        };
        const auto loss = at(-stop_, TickRounding::down), gain = at(target_, TickRounding::up);
        const std::optional<Qty> full = sizing_.full(context, id);
        if (!full || full->raw <= 0 || !loss || !gain || loss->raw <= 0) return std::nullopt;
        return context.submit_bracket({.entry = {.instrument = id,
                                                 .side = Side::buy,
                                                 .type = OrderType::stop_market,
                                                 .qty = *full,
                                                 .trigger_price = trigger,
                                                 .tag = Tag{"breakout"}},
                                       .stop_loss = OrderSpec{.instrument = id,
                                                              .side = Side::sell,
                                                              .type = OrderType::stop_market,
                                                              .qty = *full,
                                                              .trigger_price = loss,
                                                              .tag = Tag{"stop-loss"}},
                                       .take_profit = OrderSpec{.instrument = id,
                                                                .side = Side::sell,
                                                                .type = OrderType::limit,
                                                                .qty = *full,
                                                                .limit_price = gain,
                                                                .tag = Tag{"target"}}});
    }

    Sizing sizing_;
    double stop_;
    double target_;
    std::vector<State> states_;
};

/// Cross-sectional momentum: every `every` bars, `gross` of equity in equal parts in the `top`
/// instruments by return over `lookback` bars, leaving out the last `skip` (Jegadeesh and Titman,
/// Journal of Finance 48 (1993), p. 65-91). The ranking waits for the end of the instant, when
/// every instrument's bar is in.
class Momentum final : public Strategy {
public:
    Momentum(const StrategySetup& setup, ParamReader& params)
        : lookback_(period(params, "lookback", 126)),
          skip_(static_cast<std::size_t>(params.whole("skip", 21, 0, kPeriodMax))),
          every_(period(params, "every", 21)),
          top_(static_cast<std::size_t>(params.whole("top", 5, 1, 10'000))),
          gross_(params.real("gross", 0.98, 0.0, 100.0)),
          absolute_(params.whole("absolute", 0, 0, 1) == 1),
          states_(states_for(setup, State{.closes = std::vector<double>(lookback_ + skip_ + 1)})),
          rebalancer_(setup.traded, setup.instruments.size()) {
        params.require(setup.traded.size() >= 2, "momentum needs two instruments or more");
    }

    void on_bar(Context& context, const Bar& bar) override {
        State& state = states_[bar.instrument.value];
        state.closes[state.count++ % state.closes.size()] = to_double(bar.close);
        state.last = context.now();
        if (due_ == context.now()) return;
        due_ = context.now();
        if (instants_++ % every_ == 0) {
            context.set_timer(kRank, context.now());
        } else if (rebalancer_.is_short()) {
            context.set_timer(kPursueAgain, context.now());
        }
    }

    void on_timer(Context& context, TimerId timer) override {
        if (timer == kPursueAgain) return rebalancer_.pursue_again(context);
        choose(context);
        rebalancer_.pursue(context);
    }

    void on_refusal(Context& context, const Refusal& refusal) override {
        rebalancer_.on_refusal(context, refusal);
    }

private:
    static constexpr TimerId kRank{1};
    static constexpr TimerId kPursueAgain{2};

    struct State {
        std::vector<double> closes;  ///< a ring
        std::size_t count = 0;
        Timestamp last{};
    };

    [[nodiscard]] std::optional<double> score(const State& state, Timestamp now) const {
        if (state.count < state.closes.size() || state.last != now) return std::nullopt;
        const std::size_t newest = state.count - 1, size = state.closes.size();
        const double from = state.closes[(newest - lookback_ - skip_) % size];
        const double to = state.closes[(newest - skip_) % size];
        if (!(from > 0.0) || (absolute_ && to <= from)) return std::nullopt;
        return to / from - 1.0;
    }

    void choose(Context& context) {
        rank(context.now());
        const double share = gross_ / static_cast<double>(top_);
        rebalancer_.want_nothing();
        for (const InstrumentId id : chosen_) rebalancer_.want_share(context, id, share);
    }

    void rank(Timestamp now) {
        scored_.clear();
        for (const InstrumentId id : rebalancer_.traded()) {
            if (const auto value = score(states_[id.value], now)) scored_.push_back({*value, id});
        }
        std::sort(scored_.begin(), scored_.end(), [](const Scored& a, const Scored& b) {
            return a.score != b.score ? a.score > b.score : a.id < b.id;
        });
        chosen_.clear();
        for (std::size_t i = 0; i < std::min(top_, scored_.size()); ++i) {
            chosen_.push_back(scored_[i].id);
        }
    }

    struct Scored {
        double score;
        InstrumentId id;
    };

    std::size_t lookback_;
    std::size_t skip_;
    std::size_t every_;
    std::size_t top_;
    double gross_;
    bool absolute_;
    std::vector<State> states_;
    std::vector<Scored> scored_;
    std::vector<InstrumentId> chosen_;
    Rebalancer rebalancer_;
    Timestamp due_ = kTimestampMin;
    std::uint64_t instants_ = 0;
};

/// Buys at the first price and holds: what a strategy has to beat.
class BuyAndHold final : public Strategy {
public:
    BuyAndHold(const StrategySetup& setup, ParamReader& params)
        : sizing_(setup, params), held_(states_for(setup, Stance::flat)) {}

    void on_bar(Context& context, const Bar& bar) override { enter(context, bar.instrument); }
    void on_trade(Context& context, const Trade& trade) override {
        enter(context, trade.instrument);
    }
    void on_quote(Context& context, const Quote& quote) override {
        enter(context, quote.instrument);
    }

private:
    void enter(Context& context, InstrumentId instrument) {
        take(context, instrument, sizing_, Stance::long_side, held_[instrument.value]);
    }

    Sizing sizing_;
    std::vector<Stance> held_;
};

constexpr auto kBuiltIns = std::to_array<BuiltIn>({
    {"sma-cross", "long while SMA(fast=10) > SMA(slow=30); size=1 | share; short=0",
     make_from_params<StanceTaker<CrossRule<Sma>>>},
    {"ema-cross", "long while EMA(fast=10) > EMA(slow=30); size=1 | share; short=0",
     make_from_params<StanceTaker<CrossRule<Ema>>>},
    {"rsi-reversion",
     "long at RSI(period=14) <= oversold=30, out at exit=50; overbought=70; size=1 | share; "
     "short=0",
     make_from_params<StanceTaker<ReversionRule>>},
    {"donchian-breakout",
     "long above the high of entry=20 bars, out under the low of exit=10; size=1 | share; short=0",
     make_from_params<StanceTaker<BreakoutRule>>},
    {"bracket-breakout",
     "buys at a stop above the high of entry=20 bars, stop=0.02 below it and target=0.04 above it; "
     "size=1 | share",
     make_from_params<BracketBreakout>},
    {"momentum",
     "the top=5 instruments by return over lookback=126 bars less skip=21, every=21; gross=0.98; "
     "absolute=0",
     make_from_params<Momentum>,
     {},
     false},
    {"allocate",
     "all instruments in weights by method=equal_risk (inverse_volatility, hierarchical, "
     "minimum_variance, mean_variance, maximum_sharpe, black_litterman) of the last window=250 "
     "bars, every=21; expected=EXPRESSION; covariance=shrunk (sample, ewma with decay=0.94); "
     "gross=0.98; volatility=0 a year, of periods=252 bars; least=0, most=1, turnover=0 (any), "
     "cost_bps=0; aversion=5; confidence=0.5",
     make_from_params<Allocate>, Allocate::kExpressions, false},
    {"avellaneda-stoikov",
     "quotes both sides of a book around a reservation price: gamma=0.1, kappa=1.5, window=60 s, "
     "horizon=60 s, size=1, limit=10 x size, min-spread=1 tick, requote=1 tick",
     make_from_params<MarketMaker>,
     {},
     false},
    {"order-flow-imbalance",
     "long at an order flow of enter=5 x depth over window-ms=10000, out under exit=0; "
     "size=1 | share; short=0",
     make_from_params<FlowFollower>},
    {"pairs-kalman",
     "two instruments, the spread of the first on the second: Engle-Granger over formation=120 "
     "(lags=1, level=5 %, retest=20), hedge by Kalman (delta=0.0001, variance of the window), in "
     "at "
     "|z| >= entry=1, out at exit=0, stop=4, rehedge=0.1; size=1 | share",
     make_pairs_kalman},
    {"rule",
     "long=EXPRESSION and exit_long=EXPRESSION over features, short and exit_short alike; without "
     "an exit it is held while the entry is true; size=1 | share",
     make_from_params<FeatureRule>, FeatureRule::kExpressions},
    {"forecast",
     "what the models of model=NAME predict: in where the expected return is over enter=1 x "
     "cost_bps=10, out under leave=0, in full at full=3; confidence=0, interval=0, short=0, "
     "rebalance=0.25; act=PROBABILITY of their meta model, bet=return | meta (step=0.1) | "
     "confidence (sure=0.75) | kelly (kelly=0.5, kelly_error=0.05); size=1 | "
     "share",
     make_from_params<Forecast>},
    {"buy-and-hold", "buys size=1 | share of each instrument at the start",
     make_from_params<BuyAndHold>},
});

}  // namespace

std::span<const BuiltIn> built_in_strategies() { return kBuiltIns; }

const BuiltIn* find_built_in(std::string_view name) {
    const auto* const found = std::find_if(kBuiltIns.begin(), kBuiltIns.end(),
                                           [name](const BuiltIn& one) { return one.name == name; });
    return found == kBuiltIns.end() ? nullptr : found;
}

MadeStrategy make_built_in(std::string_view name, const StrategySetup& setup) {
    if (const BuiltIn* found = find_built_in(name)) return found->make(setup);
    std::vector<std::string_view> all;
    for (const BuiltIn& built_in : kBuiltIns) all.push_back(built_in.name);
    return std::unexpected(fmt::format("strategy {}: there is none of that name; there are {}",
                                       name, fmt::join(all, ", ")));
}

}  // namespace tradewind::signal
