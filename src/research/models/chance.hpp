// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>

#include "research/models/judge.hpp"

/// What a figure comes to by luck alone, for controls in which there is nothing to find.
namespace tradewind::research::models {

/// How often a control without any leak falls outside of its interval.
inline constexpr double kChanceMiss = 0.001;

/// A figure of predictions that know nothing of the labels, and where it lies in all but
/// `kChanceMiss` of the cases.
struct Chance {
    double expected = 0;
    double low = 0;
    double high = 0;

    [[nodiscard]] bool holds(double found) const;
};

/// Of the accuracy where each row's prediction stays and the labels that came are dealt out among
/// the rows: mean and variance are exact (Hoeffding, "A combinatorial central limit theorem", 1951,
/// theorem 2), their distribution is taken for normal. `confusion`: counts [K truths, K predicted];
/// nullopt under two rows. One that always says the same has the base rate by any dealing.
[[nodiscard]] std::optional<Chance> chance_of_accuracy(std::span<const double> confusion);

/// Of a rank correlation over so many rows: 0, with variance 1 / (rows - 1) exactly, whatever the
/// ties (Kendall, "Rank Correlation Methods"); nullopt under two rows.
[[nodiscard]] std::optional<Chance> chance_of_rank_ic(std::size_t rows);

/// How a judgement of shuffled labels stands: of classes by its accuracy, of numbers by its rank
/// IC.
struct ChanceVerdict {
    std::string measure;          ///< "accuracy", "rank_ic"
    std::optional<double> found;  ///< nullopt: all scores are alike, which no leak brings about
    std::optional<Chance> chance;

    [[nodiscard]] bool is_within() const;
};
[[nodiscard]] ChanceVerdict verdict_of(const Judgement& judgement);
/// {measure, found, expected, low, high, within}
[[nodiscard]] nlohmann::ordered_json to_json(const ChanceVerdict& verdict);

/// Whether an accuracy is higher than the best possible one by more than `kChanceMiss` of luck:
/// then something looks ahead. Never of who left rows out, as the others may be the surer ones.
[[nodiscard]] bool is_beyond(const Judgement& judgement, double best_possible);

}  // namespace tradewind::research::models
