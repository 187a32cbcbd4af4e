// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "feature/indicator.hpp"
#include "feature/indicators/families.hpp"

namespace tradewind::feature {
namespace {

std::vector<const IndicatorInfo*> by_name() {
    std::vector<const IndicatorInfo*> out;
    for (const auto family : {overlap_indicators(), momentum_indicators(), volatility_indicators(),
                              price_indicators(), math_indicators()}) {
        for (const IndicatorInfo& info : family) out.push_back(&info);
    }
    std::sort(out.begin(), out.end(),
              [](const IndicatorInfo* a, const IndicatorInfo* b) { return a->name < b->name; });
    return out;
}

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

std::string bounds_of(const ParamInfo& param) {
    return fmt::format("{} from {} to {}",
                       param.kind == ParamKind::real ? "a number" : "a whole number", param.low,
                       param.high);
}

}  // namespace

std::span<const IndicatorInfo* const> indicators() {
    static const std::vector<const IndicatorInfo*> kAll = by_name();
    return kAll;
}

const IndicatorInfo* find_indicator(std::string_view name) {
    const auto all = indicators();
    const auto found = std::lower_bound(
        all.begin(), all.end(), name,
        [](const IndicatorInfo* info, std::string_view wanted) { return info->name < wanted; });
    return found != all.end() && (*found)->name == name ? *found : nullptr;
}

std::vector<std::string_view> nearest_indicators(std::string_view name) {
    constexpr std::size_t kNamed = 3;
    std::vector<std::pair<std::size_t, std::string_view>> ranked;
    for (const IndicatorInfo* info : indicators()) {
        ranked.emplace_back(distance(name, info->name), info->name);
    }
    std::sort(ranked.begin(), ranked.end());
    std::vector<std::string_view> out;
    for (const auto& [away, known] : ranked) {
        if (out.size() == kNamed || away > name.size() / 2 + 1) break;
        out.push_back(known);
    }
    return out;
}

std::expected<std::array<double, kParamsMax>, std::string> complete_params(
    const IndicatorInfo& info, std::span<const double> given) {
    if (given.size() > info.params.size()) {
        return std::unexpected(fmt::format("{} takes {} parameters at most, not {}", info.name,
                                           info.params.size(), given.size()));
    }
    std::array<double, kParamsMax> out{};
    for (std::size_t i = 0; i < info.params.size(); ++i) {
        const ParamInfo& param = info.params[i];
        const double value = i < given.size() ? given[i] : param.otherwise;
        const bool is_whole = param.kind == ParamKind::real ||
                              value == static_cast<double>(static_cast<std::int64_t>(value));
        if (!(value >= param.low && value <= param.high) || !is_whole) {
            return std::unexpected(fmt::format("{}: {} is {}, not {}", info.name, param.name,
                                               bounds_of(param), value));
        }
        out[i] = value;
    }
    if (info.fault != nullptr) {
        if (const auto fault = info.fault(out)) {
            return std::unexpected(fmt::format("{}: {}", info.name, *fault));
        }
    }
    return out;
}

}  // namespace tradewind::feature
