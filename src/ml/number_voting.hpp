// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ml/voting.hpp"

/// How the numbers that several models forecast become one: a value, or a quantile a level. Fitted
/// on rows that none of them was taught on, in the order of time.
namespace tradewind::ml {

/// What members forecast of rows, and what came.
struct NumberRows {
    std::size_t members = 0;
    std::span<const double> levels{};          ///< of quantiles, ascending; empty: a value
    std::span<const double> said;              ///< [rows, members, scores]
    std::span<const double> truth;             ///< [rows]
    std::span<const std::uint32_t> regimes{};  ///< [rows], from 0; needed by `regimes` alone

    [[nodiscard]] std::size_t scores() const { return levels.empty() ? 1 : levels.size(); }
};

/// The weighted mean of what members forecast, level by level (of quantiles: Vincent's mean, which
/// never crosses where members do not). Weights are at least 0 and sum to 1. The loss is the
/// squared error of a value, and of quantiles the mean pinball loss over the levels.
///
/// - equal: alike.
/// - weighted: in proportion to 1 / mean loss (Bates and Granger, "The combination of forecasts",
///   1969, without the correlations).
/// - stacking: those with the least sum of half the loss over its scale (of quantiles: the loss
///   over its scale), plus l2 / 2 times the squared distance from 1 / members. The scale is the
///   mean loss of equal weights. Of quantiles by majorising the pinball loss (Hunter and Lange,
///   "Quantile regression via an MM algorithm", 2000).
/// - regimes: stacking on the rows of a regime, with equal weights as good as right on `prior_rows`
///   more rows; a regime that was never seen has the weights of all rows.
/// - online: exponentiated gradient (Kivinen and Warmuth 1997): a weight is multiplied by exp(-rate
///   x gradient), that of half the squared error, or of the pinball loss, by the weight, over the
///   scale, held to 10; past ones count half after `half_life` outcomes.
class NumberVoting {
public:
    NumberVoting() = default;
    /// No fit: members alike. `levels` as in NumberRows.
    NumberVoting(std::size_t members, std::vector<double> levels);
    /// The error: no rows, a forecast or truth that is no number, or no regimes where they are
    /// needed.
    [[nodiscard]] static std::expected<NumberVoting, std::string> fit(
        const VotingSettings& settings, const NumberRows& rows);

    [[nodiscard]] std::size_t members() const { return members_; }
    [[nodiscard]] std::span<const double> levels() const { return levels_; }
    [[nodiscard]] std::size_t scores() const { return levels_.empty() ? 1 : levels_.size(); }
    [[nodiscard]] const VotingSettings& settings() const { return settings_; }

    /// `said` [members, scores] of one row -> `out` [scores]. Allocates nothing.
    void vote(std::span<const double> said, std::uint32_t regime, std::span<double> out) const;
    /// What came of a row of which the members said this; of `online` alone, others pass it over.
    /// Allocates nothing.
    void learn(std::span<const double> said, double truth);

    /// As they stand, of a regime.
    [[nodiscard]] std::span<const double> weights(std::uint32_t regime = 0) const;

    /// With what it learned so far; what comes back votes to the bit as before. The error of
    /// parsing names the field.
    [[nodiscard]] std::string to_json() const;
    [[nodiscard]] static std::expected<NumberVoting, std::string> parse(std::string_view json);

    friend bool operator==(const NumberVoting&, const NumberVoting&) = default;

private:
    void fit_regimes(const NumberRows& rows);

    VotingSettings settings_;
    std::size_t members_ = 0;
    std::vector<double> levels_;
    std::vector<double> weights_;    // [regimes or 1, members]
    std::vector<double> overall_;    // regimes: of all rows, for those never seen
    std::vector<double> gradients_;  // online: [members], so far, by half-lives
    double scale_ = 1;
};

}  // namespace tradewind::ml
