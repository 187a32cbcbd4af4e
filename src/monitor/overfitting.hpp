// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "monitor/statistics.hpp"

/// How much of the best of many trials is luck. Returns are of one period, in the same order of
/// time for every trial.
namespace tradewind::monitor {

/// Returns of many trials, [rows = trials, cols = periods], row-major, without NaN.
struct ReturnMatrix {
    std::span<const double> values{};
    std::size_t trials = 0;
    std::size_t periods = 0;

    [[nodiscard]] std::span<const double> row(std::size_t trial) const {
        return values.subspan(trial * periods, periods);
    }
};

/// What combinatorially symmetric cross-validation says of choosing the trial with the highest
/// Sharpe ratio: Bailey, Borwein, Lopez de Prado and Zhu, "The probability of backtest
/// overfitting", Journal of Computational Finance 20 (2017).
struct Overfitting {
    std::size_t trials = 0;
    std::size_t blocks = 0;          ///< S
    std::size_t periods = 0;         ///< that were used: a multiple of S, the latest ones
    std::uint64_t combinations = 0;  ///< S choose S/2
    /// Share of the combinations whose choice ranks at or below the median of all trials out of
    /// sample (logit <= 0).
    double pbo = 0;
    /// Share of the combinations whose choice has a Sharpe ratio below 0 out of sample.
    double probability_of_loss = 0;
    /// Least squares over the combinations, out of sample = intercept + slope x in sample, of the
    /// choice's one-period Sharpe ratios. nullopt where the ratios in sample are all the same.
    std::optional<double> degradation_slope{};
    std::optional<double> degradation_intercept{};
    std::optional<double> degradation_r2{};
    double mean_in_sample = 0;  ///< of the choice's one-period Sharpe ratio
    double mean_out_of_sample = 0;
    /// One a combination, in a fixed order: the rank's logit, and the choice's two ratios.
    std::vector<double> logits{};
    std::vector<double> in_sample{};
    std::vector<double> out_of_sample{};
};

/// Blocks of time that cross-validation may be asked for: even, from 2 to this (12,870 combinations
/// at 16, 2.7 million at 24).
inline constexpr std::size_t kBlocksMax = 24;

/// Cross-validation over trials that are added one at a time: of each it keeps two sums a block,
/// 16 x S bytes, not its returns.
class CrossValidation {
public:
    /// `blocks` even, 2 <= blocks <= kBlocksMax, blocks <= periods.
    CrossValidation(std::size_t periods, std::size_t blocks);

    /// `returns` has one value a period.
    void add(std::span<const double> returns);
    [[nodiscard]] std::size_t trials() const { return trials_; }

    /// nullopt under two trials. A Sharpe ratio without deviation counts as 0: the trial did not
    /// trade. Of equal ratios in sample the first trial is chosen; a rank out of sample counts the
    /// trials that are worse, and half of those that are equal.
    [[nodiscard]] std::optional<Overfitting> evaluate() const;

private:
    std::size_t periods_;
    std::size_t blocks_;
    std::size_t trials_ = 0;
    // Block after block of all trials would need their number first; so trial after trial, [trial][
    // block], and turned round when evaluated.
    std::vector<double> sums_;
    std::vector<double> squares_;
};

/// Probability that the best of all the trials has a true Sharpe ratio above 0, given that it is
/// the best of them: Bailey and Lopez de Prado, "The deflated Sharpe ratio" (2014), equation 2.
/// nullopt where `probabilistic_sharpe` or `expected_maximum_sharpe` is.
[[nodiscard]] std::optional<double> deflated_sharpe(const SharpeSample& sample,
                                                    const Trials& trials);

/// Smallest number of returns at which the probabilistic Sharpe ratio against `threshold` reaches
/// `confidence`: Bailey and Lopez de Prado, "The Sharpe ratio efficient frontier", Journal of Risk
/// 15 (2012), "minimum track record length". nullopt where the sample's ratio is
/// not above the threshold, or the variance of its estimate is not above 0. `sample.n` is not used.
[[nodiscard]] std::optional<double> minimum_track_record(const SharpeSample& sample,
                                                         double threshold, double confidence);

/// Years of data under which the best of `trials` worthless strategies is expected to show an
/// annualised Sharpe ratio of `sharpe_annual`: Bailey, Borwein, Lopez de Prado and Zhu,
/// "Pseudo-mathematics and financial charlatanism", Notices of the AMS 61 (2014), theorem 1. A
/// backtest should be longer. nullopt under two trials or where the ratio is not above 0.
[[nodiscard]] std::optional<double> minimum_backtest_years(std::uint64_t trials,
                                                           double sharpe_annual);

/// How many independent trials so many correlated ones amount to.
struct EffectiveTrials {
    /// Participation ratio of the correlation matrix' eigenvalues, (sum l)^2 / sum l^2: 1 where all
    /// trials move together, their number where none do with another.
    double by_eigenvalues = 0;
    /// rho + (1 - rho) M with the mean correlation rho: Bailey and Lopez de Prado (2014), equation
    /// 9.
    double by_mean_correlation = 0;
    double mean_correlation = 0;
    std::size_t trials = 0;  ///< M: those whose returns are not constant
};

/// Squared correlations are taken less what chance alone gives, as in an adjusted R^2: of T returns
/// two independent trials show 1 / (T - 1) on average. nullopt where fewer than two trials vary, or
/// under four periods. Takes time in proportion to min(trials, periods)^2 x
/// max(trials, periods).
[[nodiscard]] std::optional<EffectiveTrials> effective_trials(const ReturnMatrix& returns);

}  // namespace tradewind::monitor
