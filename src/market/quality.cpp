// SPDX-License-Identifier: Apache-2.0
#include "market/quality.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "domain/names.hpp"

namespace tradewind::market {
namespace {

constexpr auto kRules = names<QualityRule>(
    "unreadable", "disorder", "duplicate", "negative-price", "ohlc", "crossed", "one-sided",
    "spike", "split", "ticker-reuse", "clock-shift", "gap", "outside-session", "stale",
    "zero-volume", "volume-shift", "stamp-noise", "coarse-stamps", "extreme", "level-break");
static_assert(kRules.text.size() == kQualityRules);

constexpr auto kMeanings = names<QualityRule>(
    "lines that are no rows", "rows that run backwards in time", "rows that repeat another",
    "prices of 0 or less", "open or close outside low..high, or negative volume", "bid above ask",
    "a bid without an ask, or the other way round",
    "prices that neither neighbours nor volume know", "jumps like a split nobody adjusted for",
    "another company, or a rename, behind a hole", "stamps hours away from the session",
    "the market was open, and no row", "the market was closed, and a row",
    "the same price again and again", "bars without a trade", "volume counts something else",
    "nanoseconds that went through a double", "several ticks an instant, on whole seconds",
    "extremes that the volume vouches for: real until proven otherwise",
    "jumps that stay, a peg that broke among them: real");

constexpr auto kSeverities = names<Severity>("info", "warning", "error");

using S = QualitySettings;
constexpr auto kThresholds = std::to_array<Threshold>({
    {"wick-scale", &S::wick_scale, "wick of a bar, in median wicks of the 30 bars each side"},
    {"spike-scale", &S::spike_scale, "open or close, in median ranges of the 30 bars each side"},
    {"wick-floor", &S::wick_floor, "smallest deviation of a bar that may be a spike (log)"},
    {"print-scale", &S::print_scale, "tick's deviation, in those of the 30 ticks each side"},
    {"print-floor", &S::print_floor, "smallest deviation of a tick that may be a spike (log)"},
    {"volume-vouches", &S::volume_vouches, "times the median volume that makes an extreme real"},
    {"beyond-belief", &S::beyond_belief, "a wick that no volume makes real (log)"},
    {"level-scale", &S::level_scale, "jump that stays, in deviations of returns"},
    {"level-floor", &S::level_floor, "smallest jump that may break a level (log)"},
    {"split-floor", &S::split_floor, "smallest jump that may be a split (log)"},
    {"reuse-scale", &S::reuse_scale, "jump over a hole, in what its length explains"},
    {"reuse-days", &S::reuse_days, "shortest hole behind which another company may stand"},
    {"rename-days", &S::rename_days, "hole that is suspect whatever the price did"},
    {"stale-rows", &S::stale_rows, "shortest run of one price"},
    {"volume-factor", &S::volume_factor, "between daily volumes before and after"},
    {"silent-minutes", &S::silent_minutes, "shortest pause of ticks in an open market"},
    {"shift-minutes", &S::shift_minutes, "smallest shift of a clock"},
    {"illiquid-share", &S::illiquid_share, "of rows after a hole, above which holes are quiet"},
});

}  // namespace

std::string_view to_string(QualityRule value) { return kRules.of(value); }
std::optional<QualityRule> parse_quality_rule(std::string_view text) { return kRules.parse(text); }
std::string_view describe(QualityRule value) { return kMeanings.of(value); }
std::string_view to_string(Severity value) { return kSeverities.of(value); }
std::span<const Threshold> quality_thresholds() { return kThresholds; }

void FindingRuns::finish() {
    for (auto& open : open_) {
        if (open) sink_(std::move(*open));
        open.reset();
    }
}

double upper_median(std::span<double> values) {
    ASSERT(!values.empty());
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace tradewind::market
