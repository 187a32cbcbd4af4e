// SPDX-License-Identifier: Apache-2.0
#include "research/models/chance.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "base/assert.hpp"

namespace tradewind::research::models {
namespace {

using Json = nlohmann::ordered_json;

/// Two-sided normal quantile of kChanceMiss.
constexpr double kErrors = 3.290526731491926;
/// One-sided.
constexpr double kErrorsAbove = 3.090232306167813;
constexpr double kRounding = 1e-12;

Chance around(double expected, double variance) {
    const double half = kErrors * std::sqrt(std::max(0.0, variance));
    return {.expected = expected, .low = expected - half, .high = expected + half};
}

}  // namespace

bool Chance::holds(double found) const {
    return found >= low - kRounding && found <= high + kRounding;
}

std::optional<Chance> chance_of_accuracy(std::span<const double> confusion) {
    const auto k =
        static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(confusion.size()))));
    ASSERT(k * k == confusion.size());
    const double n = std::accumulate(confusion.begin(), confusion.end(), 0.0);
    if (n < 2) return std::nullopt;
    std::vector<double> came(k), said(k);  // shares
    for (std::size_t i = 0; i < confusion.size(); ++i) {
        came[i / k] += confusion[i] / n;
        said[i % k] += confusion[i] / n;
    }
    double expected = 0;
    for (std::size_t c = 0; c < k; ++c) expected += came[c] * said[c];
    // The matrix of hits, its rows' and columns' means taken off: their squares' sum over n - 1.
    double squares = 0;
    for (std::size_t a = 0; a < k; ++a) {
        for (std::size_t b = 0; b < k; ++b) {
            const double left = (a == b ? 1.0 : 0.0) - came[a] - said[b] + expected;
            squares += said[a] * came[b] * left * left;
        }
    }
    return around(expected, squares / (n - 1));
}

std::optional<Chance> chance_of_rank_ic(std::size_t rows) {
    if (rows < 2) return std::nullopt;
    return around(0, 1 / (static_cast<double>(rows) - 1));
}

bool ChanceVerdict::is_within() const { return !found || !chance || chance->holds(*found); }

ChanceVerdict verdict_of(const Judgement& one) {
    if (one.numbers) {
        return {.measure = "rank_ic", .found = one.rank_ic, .chance = chance_of_rank_ic(one.rows)};
    }
    return {.measure = "accuracy",
            .found = accuracy_of(one),
            .chance = one.confusion.empty() ? std::nullopt : chance_of_accuracy(one.confusion)};
}

Json to_json(const ChanceVerdict& verdict) {
    const auto of = [&](double Chance::* member) {
        return verdict.chance ? Json((*verdict.chance).*member) : Json(nullptr);
    };
    return {{"measure", verdict.measure},
            {"found", verdict.found ? Json(*verdict.found) : Json(nullptr)},
            {"expected", of(&Chance::expected)},
            {"low", of(&Chance::low)},
            {"high", of(&Chance::high)},
            {"within", verdict.is_within()}};
}

bool is_beyond(const Judgement& judgement, double best_possible) {
    const auto accuracy = accuracy_of(judgement);
    // who may leave rows out can be better on the others
    if (!accuracy || judgement.rows == 0 || judgement.coverage.value_or(1) < 1) return false;
    const double error =
        std::sqrt(best_possible * (1 - best_possible) / static_cast<double>(judgement.rows));
    return *accuracy > best_possible + kErrorsAbove * error;
}

}  // namespace tradewind::research::models
