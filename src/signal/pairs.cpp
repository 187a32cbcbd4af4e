// SPDX-License-Identifier: Apache-2.0
#include "signal/pairs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "signal/cointegration.hpp"
#include "signal/plugin.hpp"
#include "signal/sizing.hpp"

namespace tradewind::signal {
namespace {

constexpr std::int64_t kWindowMax = 100'000;
constexpr std::int64_t kLagsMax = 20;

Significance level_of(ParamReader& params) {
    const std::int64_t percent = params.whole("level", 5, 1, 10);
    params.require(percent == 1 || percent == 5 || percent == 10, "level must be 1, 5 or 10");
    if (percent == 1) return Significance::one_percent;
    return percent == 5 ? Significance::five_percent : Significance::ten_percent;
}

enum class Spread : std::int8_t { short_side = -1, flat = 0, long_side = 1 };

class PairsKalman final : public Strategy {
public:
    PairsKalman(const StrategySetup& setup, ParamReader& params)
        : sizing_(setup, params),
          instruments_(setup.instruments),
          formation_(static_cast<std::size_t>(params.whole("formation", 120, 30, kWindowMax))),
          retest_(static_cast<std::size_t>(params.whole("retest", 20, 1, kWindowMax))),
          lags_(static_cast<std::size_t>(params.whole("lags", 1, 0, kLagsMax))),
          level_(level_of(params)),
          delta_(params.real("delta", 1e-4, 1e-12, 0.5)),
          variance_(params.real("variance", 0.0, 0.0, 1e12)),
          entry_(params.real("entry", 1.0, 0.0, 100.0)),
          exit_(params.real("exit", 0.0, 0.0, 100.0)),
          stop_(params.real("stop", 4.0, 0.0, 1000.0)),
          rehedge_(params.real("rehedge", 0.1, 0.0, 10.0)) {
        params.require(setup.traded.size() == 2, "pairs-kalman needs two instruments");
        params.require(exit_ < entry_ && entry_ < stop_, "exit, entry and stop must rise");
        if (setup.traded.size() != 2) return;
        y_.id = setup.traded[0];
        x_.id = setup.traded[1];
    }

    void on_bar(Context& context, const Bar& bar) override {
        Leg& leg = bar.instrument == y_.id ? y_ : x_;
        leg.close = to_double(bar.close);
        leg.at = context.now();
        if (y_.at != x_.at || due_ == context.now()) return;
        due_ = context.now();
        context.set_timer(kBothAreIn, context.now());
    }

    /// One leg alone is no hedge: both go.
    void on_refusal(Context& context, const Refusal&) override {
        if (held_ == Spread::flat) return;
        stopped_ = true;
        enter(context, Spread::flat);
    }

    void on_timer(Context& context, TimerId) override {
        learn();
        if (!hedge_) return;
        const KalmanHedge::Innovation news = hedge_->update(x_.close, y_.close);
        const double z = news.error / std::sqrt(news.variance);
        const Spread wanted = next(z);
        if (wanted != held_) {
            enter(context, wanted);
        } else if (held_ != Spread::flat) {
            hedge(context);
        }
    }

private:
    static constexpr TimerId kBothAreIn{1};

    struct Leg {
        InstrumentId id{};
        double close = 0.0;
        Timestamp at = kTimestampMin;
        std::vector<double> closes;  ///< the last `formation`
    };

    /// Takes the pair into the window, tests it when its time has come, and starts the filter.
    void learn() {
        for (Leg* leg : {&y_, &x_}) {
            if (leg->closes.size() == formation_) leg->closes.erase(leg->closes.begin());
            leg->closes.push_back(leg->close);
        }
        if (y_.closes.size() < formation_) return;
        if (since_test_++ % retest_ != 0) return;
        const auto t = engle_granger(x_.closes, y_.closes, lags_);
        is_cointegrated_ = t && *t < cointegration_critical(level_, formation_);
        if (hedge_) return;
        const auto line = fit_line(x_.closes, y_.closes);
        if (!line) return;
        const double noise = variance_ > 0.0 ? variance_ : line->residual_variance;
        if (noise > 0.0) hedge_.emplace(KalmanHedge::Settings{delta_, noise}, *line);
    }

    [[nodiscard]] Spread next(double z) {
        if (std::abs(z) <= exit_ || z * last_z_ < 0.0) stopped_ = false;
        last_z_ = z;
        if (!is_cointegrated_) return Spread::flat;
        // above 0 where the spread moves against what is held
        const double against = -z * static_cast<double>(held_);
        if (held_ != Spread::flat && against >= stop_) {
            stopped_ = true;
            return Spread::flat;
        }
        if (held_ != Spread::flat && against > exit_) return held_;
        if (stopped_ || std::abs(z) < entry_) return Spread::flat;
        return z > 0.0 ? Spread::short_side : Spread::long_side;
    }

    void enter(Context& context, Spread wanted) {
        if (wanted == Spread::flat) {
            context.target(y_.id, {});
            context.target(x_.id, {});
            held_ = wanted;
            hedged_ = {};
            return;
        }
        const auto full = sizing_.full(context, y_.id);
        if (!full) return;  // not valued yet: asked again with the next pair
        const Qty y{full->raw * static_cast<std::int64_t>(wanted)};
        const auto x = hedge_for(y);
        if (!x) return;
        held_ = wanted;
        spread_ = y;
        hedged_ = *x;
        context.target(y_.id, y);
        context.target(x_.id, *x);
    }

    void hedge(Context& context) {
        const auto x = hedge_for(spread_);
        if (!x) return;
        const double off = std::abs(to_double(*x) - to_double(hedged_));
        if (off <= rehedge_ * std::abs(to_double(hedged_))) return;
        hedged_ = *x;
        context.target(x_.id, *x);
    }

    /// Units of the second instrument against `y` of the first; nullopt where they are none at all.
    [[nodiscard]] std::optional<Qty> hedge_for(Qty y) const {
        const double units = -hedge_->slope() * to_double(y);
        const auto whole = round_down_to_lot(std::abs(units), instruments_.at(x_.id).lot);
        if (!whole || whole->raw == 0) return std::nullopt;
        return Qty{units < 0.0 ? -whole->raw : whole->raw};
    }

    Sizing sizing_;
    const InstrumentTable& instruments_;
    std::size_t formation_;
    std::size_t retest_;
    std::size_t lags_;
    Significance level_;
    double delta_, variance_;
    double entry_, exit_, stop_;
    double rehedge_;
    Leg y_, x_;
    Timestamp due_ = kTimestampMin;
    std::optional<KalmanHedge> hedge_;
    std::uint64_t since_test_ = 0;
    bool is_cointegrated_ = false;
    bool stopped_ = false;
    double last_z_ = 0.0;
    Spread held_ = Spread::flat;
    Qty spread_;  ///< units of the first instrument
    Qty hedged_;  ///< of the second
};

}  // namespace

MadeStrategy make_pairs_kalman(const StrategySetup& setup) {
    return make_from_params<PairsKalman>(setup);
}

}  // namespace tradewind::signal
