// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// How good predictions were: arrays in, numbers out. What is undefined is nullopt: no rows, one
/// class only, constant scores, a number that is none (NaN, infinite). Arrays of one call have the
/// lengths that are said here (ASSERT). Held to scikit-learn, scipy and pandas by
/// metrics_reference_test.cpp.
namespace tradewind::ml {

/// What was said of rows and what came of them.
struct ClassRows {
    std::size_t classes = 2;
    std::span<const double> probabilities;     ///< [rows, classes]; a row sums to 1
    std::span<const std::uint32_t> truth;      ///< [rows]: which class it was
    std::span<const double> weights{};         ///< [rows], 0 and above; empty: all 1
    std::span<const std::uint8_t> abstains{};  ///< [rows]: 1 where nothing was said; such rows
                                               ///< count for the coverage alone. Empty: none
};

struct Interval {
    double low = 0;
    double high = 0;
};

inline constexpr double kTwoSided95 = 1.959963984540054;  ///< standard normal, at 0.975

/// Of a share of `right` in `rows` (weighted: of their effective number): Wilson, "Probable
/// inference, the law of succession, and statistical inference", JASA 22 (1927). nullopt: no rows.
[[nodiscard]] std::optional<Interval> wilson(double right, double rows, double z = kTwoSided95);

struct Accuracy {
    double value = 0;       ///< share of rows whose likeliest class came true; ties: the lower one
    double base_rate = 0;   ///< share of the commonest class: what one gets without looking
    Interval interval{};    ///< Wilson's, 95%, of `value`
    double rows = 0;        ///< that were judged
    double rows_alike = 0;  ///< effective number of rows: (sum w)^2 / sum w^2 (Kish 1965)
};
[[nodiscard]] std::optional<Accuracy> accuracy(const ClassRows& rows);

/// Share of rows, by weight, of which something was said.
[[nodiscard]] std::optional<double> coverage(const ClassRows& rows);

/// Mean of -log p of what came, in nats; p is held to [2^-52, 1 - 2^-52].
[[nodiscard]] std::optional<double> log_loss(const ClassRows& rows);

/// Mean squared distance from what came (Brier 1950): over all classes, halved where there are two,
/// so that it is (p - y)^2 of one of them.
[[nodiscard]] std::optional<double> brier(const ClassRows& rows);

/// Area under the receiver operating curve: the probability that a positive has a higher score than
/// a negative, ties half (Mann and Whitney 1947). `weights` empty: all 1. nullopt: one class only.
[[nodiscard]] std::optional<double> auc(std::span<const double> scores,
                                        std::span<const std::uint8_t> positive,
                                        std::span<const double> weights = {});
/// Of two classes, of the higher one; of more, the plain mean over each against the rest.
[[nodiscard]] std::optional<double> auc(const ClassRows& rows);

/// Weights by truth (rows) and likeliest class (columns), [classes, classes].
[[nodiscard]] std::vector<double> confusion(const ClassRows& rows);

enum class Bins : std::uint8_t {
    equal_width,  ///< of [0, 1]
    equal_count,  ///< edges at the quantiles of the probabilities
};
struct CalibrationBin {
    double predicted = 0;  ///< mean probability
    double realised = 0;   ///< share of positives
    double weight = 0;     ///< sum of weights; bins without rows are left out
};
/// Of the probability of one class; `positive` where it came. A probability on an edge belongs to
/// the bin below.
[[nodiscard]] std::vector<CalibrationBin> calibration_curve(std::span<const double> probability,
                                                            std::span<const std::uint8_t> positive,
                                                            std::size_t bins,
                                                            Bins kind = Bins::equal_width,
                                                            std::span<const double> weights = {});
/// Expected calibration error: mean distance of predicted and realised over the bins by their
/// weight (Naeini, Cooper, Hauskrecht 2015). nullopt: no bins.
[[nodiscard]] std::optional<double> expected_calibration_error(
    std::span<const CalibrationBin> curve);

/// Pearson's correlation: the information coefficient of scores and what came.
[[nodiscard]] std::optional<double> information_coefficient(std::span<const double> scores,
                                                            std::span<const double> values);
/// Spearman's: of ranks, equal values share their mean rank.
[[nodiscard]] std::optional<double> rank_information_coefficient(std::span<const double> scores,
                                                                 std::span<const double> values);

/// Rows of one instant, or one month, stand together: period i is [starts[i], starts[i + 1]).
struct PeriodRows {
    std::span<const double> scores;
    std::span<const double> values;
    std::span<const std::size_t> starts;  ///< [periods + 1], ascending, the last the rows' number
};
enum class Correlation : std::uint8_t { pearson, spearman };
/// One a period, periods in which it is undefined left out.
[[nodiscard]] std::vector<double> information_coefficients(const PeriodRows& rows,
                                                           Correlation kind);
struct Icir {
    double mean = 0;
    double deviation = 0;  ///< of a sample
    double ratio = 0;      ///< mean / deviation, a period; not annualised
    double t = 0;          ///< ratio x sqrt(periods)
    std::size_t periods = 0;
};
/// nullopt under two periods, or where all are equal.
[[nodiscard]] std::optional<Icir> icir(std::span<const double> coefficients);

struct QuantileReturn {
    std::optional<double> mean{};  ///< of `values`; nullopt: nothing in it, as where scores tie
    std::size_t rows = 0;
};
/// Mean of what came by the rank of the score, lowest first: quantile floor((rank - 1/2) quantiles
/// / rows), ties by their mean rank, so that the order of rows does not matter.
[[nodiscard]] std::vector<QuantileReturn> quantile_returns(std::span<const double> scores,
                                                           std::span<const double> values,
                                                           std::size_t quantiles);

/// Mean over the instants from the second on of the sum over instruments of |change of position|:
/// with positions as shares of capital, the share that is traded an instant. `positions` [instants,
/// instruments]. nullopt under two instants.
[[nodiscard]] std::optional<double> turnover(std::span<const double> positions,
                                             std::size_t instruments);

/// Of forecasts of a value. `weights` empty: all 1.
struct ValueRows {
    std::span<const double> predicted;
    std::span<const double> truth;
    std::span<const double> weights{};
};
[[nodiscard]] std::optional<double> mean_squared_error(const ValueRows& rows);
[[nodiscard]] std::optional<double> mean_absolute_error(const ValueRows& rows);
/// 1 - residual / total sum of squares about the mean of these rows. nullopt: constant truth.
[[nodiscard]] std::optional<double> r_squared(const ValueRows& rows);
/// Mean of max(level x error, (level - 1) x error) with error = truth - predicted (Koenker and
/// Bassett 1978). 0 < level < 1.
[[nodiscard]] std::optional<double> pinball_loss(const ValueRows& rows, double level);

struct IntervalRows {
    std::span<const double> low;
    std::span<const double> high;
    std::span<const double> truth;
};
/// Share of rows whose truth lies in [low, high].
[[nodiscard]] std::optional<double> interval_coverage(const IntervalRows& rows);
[[nodiscard]] std::optional<double> mean_width(const IntervalRows& rows);

}  // namespace tradewind::ml
