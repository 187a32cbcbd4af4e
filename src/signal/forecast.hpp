// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/prediction.hpp"
#include "signal/params.hpp"
#include "signal/registry.hpp"
#include "signal/sizing.hpp"
#include "signal/strategy.hpp"

namespace tradewind::signal {

/// A prediction as a trader reads it.
struct Reading {
    double direction = 0;   ///< 1, -1, or 0 where nothing is to be done
    double strength = 0;    ///< share of a full position, 0 to 1
    double confidence = 0;  ///< the greater probability less the other
};

/// What says how much of a full position a prediction is worth.
enum class Bet : std::uint8_t {
    expectation,  ///< the expected return, in costs
    meta,         ///< `bet_size` of the meta model's probability
    confidence,   ///< the probability of its side, from 1/2 (nothing) to `sure` (all)
    kelly,  ///< a share of Kelly's fraction of equity: mean over variance, shrunk by its error
};

/// When a prediction is worth its cost.
struct ForecastRule {
    double cost = 0.0;        ///< of going in and out again, a fraction of the price
    double enter = 1.0;       ///< expected return above which a position is taken, in costs
    double leave = 0.0;       ///< below which it is let go, in costs; not above `enter`
    double full = 3.0;        ///< at which it is a full one, in costs; at least `enter`
    double confidence = 0.0;  ///< of a prediction that may open a position
    bool shorts = false;
    bool needs_interval = false;  ///< only where the conformal interval leaves out a loss
    /// Only where the meta model's probability is above it; any other prediction is as one that
    /// abstains.
    std::optional<double> act{};
    Bet bet = Bet::expectation;
    double step = 0.1;   ///< of a size by the meta model; 0: any size
    double sure = 0.75;  ///< probability that is worth a full position by confidence
    double kelly = 0.5;  ///< share of the fraction that is staked
    /// Standard error of the expected return, in deviations of the return: 1 / sqrt(n) of n
    /// independent outcomes that stand behind it.
    double kelly_error = 0.05;

    /// Whether it says something to act on.
    [[nodiscard]] bool speaks(const Prediction& prediction) const;
    /// With hysteresis: `held` is the direction that is held. A prediction that abstains says to
    /// keep it.
    [[nodiscard]] Reading read(const Prediction& prediction, double held) const;

private:
    [[nodiscard]] double strength(const Prediction& prediction) const;
};

/// Trades on what models predict (StrategySetup's slot has to have models). Enters where the
/// expected return pays its cost, sizes by how often over or by what the meta model says, and
/// leaves where it no longer pays, or `horizon` bars after the last prediction that spoke. A
/// position changes its size only by more than `rebalance` of a full one.
class Forecast final : public Strategy {
public:
    Forecast(const StrategySetup& setup, ParamReader& params);

    void on_prediction(Context& context, const Prediction& prediction) override;

private:
    /// What is held of an instrument.
    struct Seat {
        double share = 0;          ///< of a full position, signed
        std::uint32_t silent = 0;  ///< predictions since the last that spoke for it
    };

    void go(Context& context, InstrumentId instrument, Seat& seat, double share) const;

    Sizing sizing_;
    ForecastRule rule_;
    double rebalance_;
    std::vector<Seat> seats_;  ///< by instrument id
};

}  // namespace tradewind::signal
