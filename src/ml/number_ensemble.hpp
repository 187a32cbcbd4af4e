// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/prediction.hpp"
#include "ml/model.hpp"
#include "ml/number_voting.hpp"

/// What an ensemble of numbers has beside its members: of values, or of quantiles.
namespace tradewind::ml {

/// What the label's number is to a trader.
enum class NumberSense : std::uint8_t {
    plain,          ///< neither up nor down, a volatility: forecast, not traded
    simple_return,  ///< over the horizon, a fraction
    log_return,
};
[[nodiscard]] std::string_view to_string(NumberSense sense);
[[nodiscard]] std::optional<NumberSense> parse_number_sense(std::string_view text);

/// y = slope x + offset, one offset a level.
struct Shift {
    double slope = 1;
    std::vector<double> offsets{};

    void apply(std::span<double> scores) const;
    friend bool operator==(const Shift&, const Shift&) = default;
};

/// The line through (x, y) with the least squares, as if `prior_rows` rows more, spread as these,
/// had lain on one of `prior_slope`; never falling (slope 0 instead). Arrays of one length, 1 at
/// least.
[[nodiscard]] Shift shrunk_line(std::span<const double> x, std::span<const double> y,
                                double prior_slope, double prior_rows);

/// The q-quantile in proportion between the nearest two (numpy's default). Not of none.
[[nodiscard]] double quantile_of(std::vector<double> values, double q);

/// The mean of a distribution by its quantiles: each counts for the levels nearer to it than to its
/// neighbours, and the outer two for all beyond them. At 0.1, 0.5 and 0.9 that is Swanson's rule,
/// 0.3, 0.4, 0.3 (Hurst, Brown and Swanson, "Swanson's 30-40-30 rule", AAPG Bulletin 84, 2000).
/// Of a value: itself. `levels` as in Target.
[[nodiscard]] double centre_of(std::span<const double> scores, std::span<const double> levels);

/// How residuals were spread: a conformal predictive distribution (Vovk, Shen, Manokhin, Xie,
/// "Nonparametric predictive distributions based on conformal prediction", 2019).
class ResidualSpread {
public:
    static constexpr std::size_t kPointsMax = 201;

    ResidualSpread() = default;
    /// Of more than `kPointsMax` the quantiles at i / (kPointsMax + 1), i from 1. One at least.
    explicit ResidualSpread(std::vector<double> residuals);
    /// Ascending, finite.
    [[nodiscard]] static std::optional<ResidualSpread> of_points(std::vector<double> points);

    /// The probability that a residual is at most x, strictly between 0 and 1. Allocates nothing.
    [[nodiscard]] double below(double x) const;
    [[nodiscard]] std::span<const double> points() const { return points_; }
    friend bool operator==(const ResidualSpread&, const ResidualSpread&) = default;

private:
    std::vector<double> points_;
};

/// Fitted by `fit_number_ensemble`. In the order of work: each member's scores by its shift; votes;
/// the whole by `final_shift`, after which no quantile is below the one before it; the expectation
/// from the centre by `mean_line`.
struct NumberParts {
    NumberSense sense = NumberSense::plain;
    std::vector<Shift> members;
    NumberVoting voting;
    Shift final_shift;
    Shift mean_line{.slope = 1, .offsets = {0}};
    double radius = 0;       ///< value: half the conformal interval. quantiles: it is the outer two
    double width_least = 0;  ///< quantiles: residuals are told in widths of the interval, which
                             ///< count as this at least; above 0. value: 0, they are told as such
    ResidualSpread spread;   ///< of label less expectation
    double growth = 0;       ///< log_return: log of the mean of exp(residual)
    std::optional<double> least{};        ///< no forecast is below: of labels that are all above 0
    std::optional<double> unsure_miss{};  ///< abstains where the interval with equal tails and so
                                          ///< many misses holds 0

    friend bool operator==(const NumberParts&, const NumberParts&) = default;
};

/// As JSON and back. The error names the field.
[[nodiscard]] std::string to_json(const NumberParts& parts);
[[nodiscard]] std::expected<NumberParts, std::string> parse_number_parts(std::string_view json);

struct NumberSettings {
    bool calibrates = true;  ///< members and the whole; intervals are conformal either way
    VotingSettings voting{};
    double fit_share = 0.6;      ///< as EnsembleSettings has it
    double interval_miss = 0.1;  ///< of a value; of quantiles it is that of the outer levels
    std::optional<double> unsure_miss{};
    NumberSense sense = NumberSense::plain;
    /// Rows whose labels look at the same bars: so many count as one where little is known.
    std::size_t overlap = 1;
};

struct FittedNumbers {
    NumberParts parts;
    double interval_miss = 0.1;
};

/// On rows that members were not taught on, in the order of time. On the older ones members are
/// calibrated (a value by a shrunk line, a slope of 0 counting as 50 rows; each quantile moved so
/// that its share of labels lies below) and votes fitted. The newer rest, on which votes go on
/// learning, says how to mend the whole (a line drawn to slope 1; of quantiles, each level with its
/// mirror as a conformalized interval: Romano, Patterson, Candes 2019) and how residuals are
/// spread. The error: too few rows, or quantiles of one level.
[[nodiscard]] std::expected<FittedNumbers, std::string> fit_numbers(const NumberSettings& settings,
                                                                    const NumberRows& rows);

/// What those parts make of what members say. Allocates nothing once made.
class NumberCombiner {
public:
    NumberCombiner(const NumberParts& parts, std::uint32_t horizon_rows);

    /// `said` [members, scores], not calibrated -> all of a prediction but whose it is and when; of
    /// a label that is no return it has votes by weight alone. Valid until the next call.
    [[nodiscard]] const Prediction& combine(std::span<const double> said, std::uint32_t regime);
    /// Of the last call, in units of the label, abstained or not.
    [[nodiscard]] double expected() const { return expected_; }
    [[nodiscard]] std::span<const double> scores() const { return scores_; }
    [[nodiscard]] double low() const;
    [[nodiscard]] double high() const;
    [[nodiscard]] double up() const { return up_; }  ///< probability of a label above 0
    /// [members, scores] of the last call.
    [[nodiscard]] std::span<const double> calibrated() const { return calibrated_; }
    /// What came of a row for which `calibrated` was this. Votes by `online` learn from it.
    void learn(std::span<const double> calibrated, double came);
    [[nodiscard]] const NumberVoting& voting() const { return parts_.voting; }

private:
    [[nodiscard]] double width() const;
    [[nodiscard]] double as_return(double label) const;
    void tell_votes(std::uint32_t regime);

    NumberParts parts_;
    std::vector<double> calibrated_;
    std::vector<double> scores_;
    std::vector<Vote> votes_;
    double expected_ = 0;
    double up_ = 0;
    Prediction prediction_{};
};

}  // namespace tradewind::ml
