// SPDX-License-Identifier: Apache-2.0
#include "research/search/pruner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "base/assert.hpp"

namespace tradewind::research {
namespace {

/// The median of fewer says nothing.
constexpr std::size_t kMedianOfAtLeast = 5;
constexpr std::uint64_t kFactorMax = 1000;
/// Over less of the data a ratio is noise.
constexpr double kFirstRung = 1.0 / 16;
constexpr std::string_view kHalving = "halving";

std::vector<double> rungs_of(const PruneSettings& settings) {
    if (settings.rule == PruneRule::median) return {0.25, 0.5, 0.75};
    std::vector<double> out;
    const auto factor = static_cast<double>(settings.factor);
    for (double rung = 1 / factor; rung >= kFirstRung || out.empty(); rung /= factor) {
        out.push_back(rung);
    }
    std::ranges::reverse(out);
    return out;
}

bool are_rungs(std::span<const double> rungs) {
    // Written so that a NaN is none.
    const auto rises = [](double a, double b) { return a < b; };
    return rungs.size() <= kRungsMax && rungs.front() > 0 && rungs.back() < 1 &&
           std::ranges::adjacent_find(rungs, std::not_fn(rises)) == rungs.end();
}

/// ":4".
bool read_factor(std::string_view text, std::uint64_t& factor) {
    const char* const end = text.data() + text.size();
    if (text.front() != ':') return false;
    const auto [stop, error] = std::from_chars(text.data() + 1, end, factor);
    return error == std::errc{} && stop == end && factor >= 2 && factor <= kFactorMax;
}

/// Of values in ascending order.
double median_of(std::span<const double> sorted) {
    const std::size_t middle = sorted.size() / 2;
    if (sorted.size() % 2 == 1) return sorted[middle];
    return std::midpoint(sorted[middle - 1], sorted[middle]);
}

}  // namespace

std::expected<PruneSettings, std::string> parse_prune(std::string_view rule,
                                                      std::span<const double> rungs) {
    PruneSettings out;
    if (rule.starts_with(kHalving)) {
        out.rule = PruneRule::halving;
        const std::string_view factor = rule.substr(kHalving.size());
        if (!factor.empty() && !read_factor(factor, out.factor)) {
            return std::unexpected(
                fmt::format("{}: one in how many goes on? say for example halving:4, from 2 to {}",
                            rule, kFactorMax));
        }
    } else if (rule != "median") {
        return std::unexpected(
            fmt::format("{}: there is no such rule; there are median and halving", rule));
    }
    out.rungs = rungs.empty() ? rungs_of(out) : std::vector(rungs.begin(), rungs.end());
    if (are_rungs(out.rungs)) return out;
    return std::unexpected(
        fmt::format("the rungs {} are no shares of the span; say for example 0.25,0.5: above 0, "
                    "below 1, ascending, at most {}",
                    fmt::join(out.rungs, ","), kRungsMax));
}

std::string to_string(const PruneSettings& settings) {
    if (settings.rule == PruneRule::median) return "median";
    return fmt::format("{}:{}", kHalving, settings.factor);
}

Pruner::Pruner(PruneSettings settings)
    : settings_(std::move(settings)), seen_(settings_.rungs.size()) {
    ASSERT(!settings_.rungs.empty() && settings_.round > 0);
}

bool Pruner::is_hopeless(std::size_t rung, std::optional<double> value) const {
    if (!value || std::isnan(*value)) return false;
    const std::vector<double>& seen = seen_[rung];
    if (settings_.rule == PruneRule::median) {
        return seen.size() >= kMedianOfAtLeast && *value < median_of(seen);
    }
    // One in `factor` of all, this one among them, and always the best.
    const std::size_t go_on = std::max<std::size_t>(1, (seen.size() + 1) / settings_.factor);
    const auto better = seen.end() - std::ranges::upper_bound(seen, *value);
    return static_cast<std::size_t>(better) >= go_on;
}

void Pruner::learn(std::span<const double> values, bool ran) {
    ASSERT(values.size() <= seen_.size());
    if (settings_.rule == PruneRule::median && !ran) return;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isnan(values[i])) seen_[i].push_back(values[i]);
    }
}

void Pruner::end_round() {
    for (std::vector<double>& seen : seen_) std::ranges::sort(seen);
}

}  // namespace tradewind::research
