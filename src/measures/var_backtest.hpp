// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "measures/error.hpp"

/// Whether forecasts of VaR and ES were right, told by what came. Losses are positive in forecasts;
/// P&L is negative where it lost.
namespace tradewind::measures {

/// What was forecast and what came, [periods] each.
struct Forecasts {
    std::span<const double> pnl{};
    std::span<const double> var{};
    std::span<const double> es{};  ///< empty: none
    double tail = 0.05;            ///< probability that VaR leaves outside
};

struct LikelihoodRatio {
    double statistic = 0;  ///< chi-square under the null
    double p_value = 1;
};

enum class TrafficLight : std::uint8_t { green, yellow, red };

struct VarBacktest {
    std::size_t periods = 0;
    double expected = 0;                     ///< exceedances, tail x periods
    std::vector<std::size_t> exceedances{};  ///< periods with pnl < -var, ascending
    /// Share of exceedances against `tail`, 1 degree of freedom: Kupiec, "Techniques for verifying
    /// the accuracy of risk measurement models", Journal of Derivatives 3 (1995), 73-84.
    LikelihoodRatio kupiec{};
    /// Whether one exceedance makes the next more likely, first-order Markov, 1 degree of freedom:
    /// Christoffersen, "Evaluating interval forecasts", International Economic Review 39 (1998),
    /// 841-862. nullopt without any exceedance, or with nothing else: there is nothing to tell.
    std::optional<LikelihoodRatio> independence{};
    /// Both, 2 degrees of freedom: the sum of the two statistics. nullopt where independence is.
    std::optional<LikelihoodRatio> conditional_coverage{};
    /// By P(at most so many exceedances) under the binomial: yellow from 95 %, red from 99.99 %. Of
    /// 250 days at 99 % yellow is 5 to 9: Basel Committee, "Supervisory framework for the use of
    /// 'backtesting'" (1996), table 2.
    TrafficLight light = TrafficLight::green;
    /// What the same table multiplies capital with; nullopt unless 250 periods at 99 %.
    std::optional<double> capital_multiplier{};
    /// Acerbi and Szekely, "Backtesting expected shortfall", Risk (2014), test 1: mean of pnl / es
    /// over the exceedances, plus 1. 0 is expected, below it ES was too small. nullopt without
    /// exceedances or forecasts of ES.
    std::optional<double> es_given_exceedance{};
    /// Their test 2: sum of pnl / es over the exceedances by the expected number, plus 1. It looks
    /// at size and number at once; nullopt without forecasts of ES.
    std::optional<double> es_unconditional{};
};

/// Below it test 2 refuses at 5 % at a tail of 2.5 %, for returns from normal to Student t with 3
/// degrees of freedom (Acerbi and Szekely 2014, table 2); at 0.01 % below -1.8.
inline constexpr double kEsUnconditionalAt5Percent = -0.7;

/// `empty`, `wrong_shape`, `not_finite` (also a missing forecast: leave such periods out),
/// `out_of_range` unless 0 < tail < 1, or where ES is not above 0 on an exceedance.
[[nodiscard]] std::expected<VarBacktest, Error> backtest_var(const Forecasts& forecasts);

}  // namespace tradewind::measures
