// SPDX-License-Identifier: Apache-2.0
#include "signal/feature_rule.hpp"

#include <algorithm>
#include <cmath>

namespace tradewind::signal {
namespace {

std::optional<std::size_t> place_of(const StrategySetup& setup, std::string_view name) {
    const auto found = std::find(setup.features.begin(), setup.features.end(), name);
    if (found == setup.features.end()) return std::nullopt;
    return static_cast<std::size_t>(found - setup.features.begin());
}

bool is_true(const std::optional<std::size_t>& condition, const FeatureRow& row) {
    if (!condition) return false;
    const double value = row.values[*condition];
    return !std::isnan(value) && value != 0.0;
}

}  // namespace

FeatureRule::FeatureRule(const StrategySetup& setup, ParamReader& params)
    : sizing_(setup, params),
      long_{.enter = place_of(setup, "long"), .leave = place_of(setup, "exit_long")},
      short_{.enter = place_of(setup, "short"), .leave = place_of(setup, "exit_short")},
      held_(setup.instruments.size(), Stance::flat) {
    params.require(long_.enter || short_.enter, "give long=EXPRESSION or short=EXPRESSION");
    params.require(long_.enter || !long_.leave, "exit_long without long does nothing");
    params.require(short_.enter || !short_.leave, "exit_short without short does nothing");
}

void FeatureRule::on_features(Context& context, const FeatureRow& row) {
    Stance& held = held_[row.instrument.value];
    take(context, row.instrument, sizing_, stance(row, held), held);
}

bool FeatureRule::wants_out(const SideRule& side, const FeatureRow& row) {
    if (side.leave) return is_true(side.leave, row);
    return !std::isnan(row.values[*side.enter]) && !is_true(side.enter, row);
}

Stance FeatureRule::stance(const FeatureRow& row, Stance held) const {
    if (held == Stance::long_side && wants_out(long_, row)) held = Stance::flat;
    if (held == Stance::short_side && wants_out(short_, row)) held = Stance::flat;
    const bool goes_long = is_true(long_.enter, row), goes_short = is_true(short_.enter, row);
    if (goes_long == goes_short) return held;
    // an exit that is true at the same time keeps out
    const SideRule& side = goes_long ? long_ : short_;
    if (side.leave && is_true(side.leave, row)) return held;
    return goes_long ? Stance::long_side : Stance::short_side;
}

}  // namespace tradewind::signal
