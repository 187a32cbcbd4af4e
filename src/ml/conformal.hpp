// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ml/metrics.hpp"

/// Split conformal prediction: intervals and sets that hold what comes with the probability asked
/// for, whatever the model, as long as later rows are drawn as those that they were fitted on
/// (Vovk, Gammerman, Shafer 2005; Angelopoulos and Bates, "A gentle introduction to conformal
/// prediction", 2021). Markets drift, so that this holds about, not exactly.
namespace tradewind::ml {

/// The ceil((n + 1)(1 - miss))-th smallest score: the next one lies at or below it with a
/// probability of 1 - miss at least. nullopt: fewer than 1 / miss - 1 scores, so that no number is
/// high enough. 0 < miss < 1.
[[nodiscard]] std::optional<double> conformal_quantile(std::vector<double> scores, double miss);

/// Half the width of an interval around a forecast: of absolute residuals.
[[nodiscard]] std::optional<double> residual_radius(std::span<const double> predicted,
                                                    std::span<const double> truth, double miss);

/// By how much to widen both ends of an interval that a model forecasts; below 0: it was too wide
/// (Romano, Patterson, Candes, "Conformalized quantile regression", 2019).
[[nodiscard]] std::optional<double> quantile_radius(const IntervalRows& rows, double miss);

enum class SetKind : std::uint8_t {
    lac,  ///< classes of a probability of so much at least (Sadinle, Lei, Wasserman 2019)
    aps,  ///< the likeliest classes until their sum is so much (Romano, Sesia, Candes 2020), not
          ///< randomised
};
[[nodiscard]] std::string_view to_string(SetKind kind);
[[nodiscard]] std::optional<SetKind> parse_set_kind(std::string_view text);

/// Which classes may come.
struct ClassSets {
    SetKind kind = SetKind::lac;
    double threshold = 1;

    /// lac: 1 - p of the class. aps: the sum of it and of all likelier ones, ties by the lower
    /// class.
    [[nodiscard]] double score(std::span<const double> probabilities, std::size_t c) const;
    /// A bit a class, up to 64 of them. lac: those whose score is the threshold at most, maybe
    /// none. aps: one after another until the sum reaches the threshold, so that the likeliest is
    /// in it; that holds what comes as often as asked for, or more.
    [[nodiscard]] std::uint64_t of(std::span<const double> probabilities) const;
    friend bool operator==(const ClassSets&, const ClassSets&) = default;
};
/// nullopt: too few rows.
[[nodiscard]] std::optional<ClassSets> fit_class_sets(SetKind kind, const ClassRows& rows,
                                                      double miss);

}  // namespace tradewind::ml
