// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "ports/history.hpp"
#include "research/features/feature_bars.hpp"
#include "research/features/feature_check.hpp"

/// The same proof as feature_check.hpp for what comes before features: the fields that ticks and
/// books tell, and bars that are made of ticks.
namespace tradewind::research {

/// Reads bars that were known before an instant, with the fields of their ticks.
using TapeRead =
    std::function<std::expected<FeatureBars, std::string>(const ports::History&, Timestamp to)>;

/// Where two readings part.
struct FieldDifference {
    feature::Field field = feature::Field::close;
    std::size_t row = 0;
    double here = 0;
    double there = 0;
};

struct TapeLeak {
    Corruption corruption = Corruption::values_changed;
    std::size_t cut = 0;  ///< rows before it, and itself, must stand
    FieldDifference where;
};

struct TapeCheck {
    std::size_t corruptions = 0;
    std::optional<FieldDifference> parity{};  ///< nullopt: tick by tick is all at once, to the bit
    std::optional<TapeLeak> leak{};           ///< nullopt: later ticks change nothing
    [[nodiscard]] bool is_clean() const { return !parity && !leak; }
};

/// Reads all once more with a tick in each chunk; and at `settings.cuts` bars with the ticks that
/// were not known by then changed, doubled and dropped.
[[nodiscard]] std::expected<TapeCheck, std::string> check_tape(const ports::History& history,
                                                               const TapeRead& read,
                                                               const CheckSettings& settings);

}  // namespace tradewind::research
