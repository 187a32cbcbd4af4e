// SPDX-License-Identifier: Apache-2.0
#include "feature/nearest.hpp"

#include <algorithm>
#include <utility>

namespace tradewind::feature {
namespace {

/// Levenshtein's: insertions, deletions and replacements of a character.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::vector<std::string_view> nearest_names(std::string_view name,
                                            std::span<const std::string_view> names) {
    constexpr std::size_t kNamed = 3, kLongest = 64;
    if (name.size() > kLongest) return {};
    std::vector<std::pair<std::size_t, std::string_view>> ranked;
    for (const std::string_view known : names) ranked.emplace_back(distance(name, known), known);
    std::sort(ranked.begin(), ranked.end());
    std::vector<std::string_view> out;
    for (const auto& [away, known] : ranked) {
        if (out.size() == kNamed || away > std::min(ranked.front().first, name.size() / 2)) break;
        out.push_back(known);
    }
    return out;
}

}  // namespace tradewind::feature
