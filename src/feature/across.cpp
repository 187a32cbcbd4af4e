// SPDX-License-Identifier: Apache-2.0
#include "feature/across.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/assert.hpp"
#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"

namespace tradewind::feature {
namespace {

using Order = std::span<std::uint32_t>;
using Out = std::span<double>;

double mean_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Of a sample; NaN for one value.
double deviation_of(std::span<const double> values, double mean) {
    if (values.size() < 2) return kNaN;
    double sum = 0;
    for (const double value : values) sum += (value - mean) * (value - mean);
    return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

/// Places by value, equal values in the order of their instruments.
void sort_places(std::span<const double> values, Order order) {
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [values](std::uint32_t a, std::uint32_t b) {
        return values[a] != values[b] ? values[a] < values[b] : a < b;
    });
}

/// Between the values that lie nearest, as numpy's default.
double quantile_of(std::span<const double> values, std::span<const std::uint32_t> order, double q) {
    const double place = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    const double low = values[order[below]], high = values[order[above]];
    return low + (high - low) * (place - static_cast<double>(below));
}

void rank(const AcrossValues& in, Args /*params*/, Order order, Out out) {
    sort_places(in.first, order);
    const auto n = static_cast<double>(order.size());
    for (std::size_t i = 0; i < order.size();) {
        std::size_t end = i + 1;
        while (end < order.size() && in.first[order[end]] == in.first[order[i]]) ++end;
        const double place = 0.5 * static_cast<double>(i + 1 + end);
        for (; i < end; ++i) out[order[i]] = place / n;
    }
}

void z_score(const AcrossValues& in, Args /*params*/, Order /*order*/, Out out) {
    const double mean = mean_of(in.first), deviation = deviation_of(in.first, mean);
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = deviation > 0 ? (in.first[i] - mean) / deviation : kNaN;
    }
}

/// What is left of a line through all points; of the mean where only one series is given, or where
/// the other is constant.
void neutralize(const AcrossValues& in, Args /*params*/, Order /*order*/, Out out) {
    const double y_mean = mean_of(in.first);
    double slope = 0, x_mean = 0;
    if (!in.second.empty()) {
        x_mean = mean_of(in.second);
        double xx = 0, xy = 0;
        for (std::size_t i = 0; i < out.size(); ++i) {
            const double x = in.second[i] - x_mean;
            xx += x * x;
            xy += x * (in.first[i] - y_mean);
        }
        if (xx > 0) slope = xy / xx;
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double x = in.second.empty() ? 0.0 : in.second[i] - x_mean;
        out[i] = in.first[i] - y_mean - slope * x;
    }
}

void scale(const AcrossValues& in, Args /*params*/, Order /*order*/, Out out) {
    double sum = 0;
    for (const double value : in.first) sum += std::abs(value);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = sum > 0 ? in.first[i] / sum : kNaN;
}

void mean(const AcrossValues& in, Args /*params*/, Order /*order*/, Out out) {
    std::fill(out.begin(), out.end(), mean_of(in.first));
}
void deviation(const AcrossValues& in, Args /*params*/, Order /*order*/, Out out) {
    std::fill(out.begin(), out.end(), deviation_of(in.first, mean_of(in.first)));
}
void count(const AcrossValues& in, Args /*params*/, Order /*order*/, Out out) {
    std::fill(out.begin(), out.end(), static_cast<double>(in.first.size()));
}
void quantile(const AcrossValues& in, Args params, Order order, Out out) {
    sort_places(in.first, order);
    std::fill(out.begin(), out.end(), quantile_of(in.first, order, params[0]));
}
void winsorize(const AcrossValues& in, Args params, Order order, Out out) {
    sort_places(in.first, order);
    const double low = quantile_of(in.first, order, params[0]);
    const double high = quantile_of(in.first, order, 1.0 - params[0]);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = std::clamp(in.first[i], low, high);
}

constexpr std::array kQuantileParam{real_param("q", 0.5, 0, 1, "0 is the smallest, 1 the largest")};
constexpr std::array kTailParam{real_param("q", 0.025, 0, 0.5, "part of the values at either end")};

constexpr auto kFunctions = std::to_array<AcrossFunction>({
    {.name = "rank",
     .title = "rank among instruments",
     .formula = "place by value / n; equal values share the mean of their places; in (0, 1]",
     .apply = rank},
    {.name = "neutralize",
     .title = "what the group, or another series, does not explain",
     .inputs_max = 2,
     .formula = "x - mean; with a second series y: the residual of x on 1 and y",
     .apply = neutralize},
    {.name = "cs_zscore",
     .title = "distance from the mean of all instruments in deviations",
     .formula = "(x - mean) / std, that of a sample; missing where std is 0 or n is 1",
     .apply = z_score},
    {.name = "cs_scale",
     .title = "share of the sum of absolute values",
     .formula = "x / sum |x|; missing where that is 0",
     .apply = scale},
    {.name = "cs_winsorize",
     .title = "values no further out than quantiles",
     .params = kTailParam,
     .formula = "x, at least the quantile q, at most the quantile 1 - q",
     .apply = winsorize},
    {.name = "cs_mean", .title = "mean of all instruments", .formula = "sum / n", .apply = mean},
    {.name = "cs_std",
     .title = "deviation among instruments",
     .formula = "that of a sample; missing where n is 1",
     .apply = deviation},
    {.name = "cs_quantile",
     .title = "quantile of all instruments",
     .params = kQuantileParam,
     .formula = "between the nearest two in proportion",
     .apply = quantile},
    {.name = "cs_count",
     .title = "how many instruments have a value",
     .formula = "n",
     .apply = count},
});

}  // namespace

std::span<const AcrossFunction> across_functions() { return kFunctions; }

const AcrossFunction* find_across(std::string_view name) {
    const auto found =
        std::find_if(kFunctions.begin(), kFunctions.end(),
                     [name](const AcrossFunction& function) { return function.name == name; });
    return found == kFunctions.end() ? nullptr : &*found;
}

AcrossWork::AcrossWork(std::size_t members)
    : places_(members), first_(members), second_(members), values_(members), order_(members) {}

void AcrossWork::run(const AcrossFunction& function, Args params, std::span<const Row> rows,
                     bool has_second, std::span<double> out) {
    ASSERT(rows.size() <= places_.size() && out.size() == rows.size());
    std::fill(out.begin(), out.end(), kNaN);
    std::size_t n = 0;
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
        const bool is_whole =
            detail::is_finite(rows[i].first) && (!has_second || detail::is_finite(rows[i].second));
        if (is_whole) places_[n++] = i;
    }
    const auto whole = std::span{places_}.first(n);
    std::sort(whole.begin(), whole.end(), [rows](std::uint32_t a, std::uint32_t b) {
        return rows[a].group != rows[b].group ? rows[a].group < rows[b].group : a < b;
    });
    for (std::size_t i = 0; i < n; ++i) {
        first_[i] = rows[places_[i]].first;
        second_[i] = rows[places_[i]].second;
    }
    for (std::size_t from = 0, end = 0; from < n; from = end) {
        const std::uint32_t group = rows[places_[from]].group;
        while (end < n && rows[places_[end]].group == group) ++end;
        const std::size_t count = end - from;
        const std::span<const double> first{first_.data() + from, count};
        const std::span<const double> second{second_.data() + from, has_second ? count : 0};
        function.apply({.first = first, .second = second}, params, std::span{order_}.first(count),
                       std::span{values_}.first(count));
        for (std::size_t i = 0; i < count; ++i) out[places_[from + i]] = values_[i];
    }
}

}  // namespace tradewind::feature
