// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/try.hpp"
#include "feature/indicator.hpp"
#include "feature/indicators/families.hpp"

namespace tradewind::feature {
namespace {

std::vector<const IndicatorInfo*> by_name() {
    std::vector<const IndicatorInfo*> out;
    for (const auto family :
         {overlap_indicators(), trailing_indicators(), momentum_indicators(),
          directional_indicators(), stochastic_indicators(), volatility_indicators(),
          candlestick_indicators(), price_indicators(), volume_indicators(), cycle_indicators(),
          math_indicators(), statistics_indicators(), range_indicators(), memory_indicators(),
          flow_indicators(), spread_indicators()}) {
        for (const IndicatorInfo& info : family) out.push_back(&info);
    }
    std::sort(out.begin(), out.end(),
              [](const IndicatorInfo* a, const IndicatorInfo* b) { return a->name < b->name; });
    return out;
}

constexpr double kUsualAverage = 11;

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

std::expected<std::array<double, kParamsMax>, std::string> complete_params(
    std::string_view function, std::span<const ParamInfo> params, std::span<const double> given) {
    if (given.size() > params.size()) {
        return std::unexpected(fmt::format("{} takes {} parameters at most, not {}", function,
                                           params.size(), given.size()));
    }
    std::array<double, kParamsMax> out{};
    for (std::size_t i = 0; i < params.size(); ++i) {
        const ParamInfo& param = params[i];
        const double value = i < given.size() ? given[i] : param.otherwise;
        const bool is_whole = param.kind == ParamKind::real || value == std::floor(value);
        if (!(value >= param.low && value <= param.high) || !is_whole) {
            return std::unexpected(
                fmt::format("{}: {} is {}, not {}", function, param.name, bounds_of(param), value));
        }
        const bool is_usual = param.kind == ParamKind::average && value == kUsualAverage;
        out[i] = is_usual ? param.otherwise : value;
    }
    return out;
}

std::expected<std::array<double, kParamsMax>, std::string> complete_params(
    const IndicatorInfo& info, std::span<const double> given) {
    auto out = TRY(complete_params(info.name, info.params, given));
    if (info.fault != nullptr) {
        if (const auto fault = info.fault(out)) {
            return std::unexpected(fmt::format("{}: {}", info.name, *fault));
        }
    }
    return out;
}

}  // namespace tradewind::feature
