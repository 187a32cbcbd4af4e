// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "feature/indicator.hpp"

namespace tradewind::feature {

/// What expressions have beside the indicators: arithmetic by symbol ("+", "<", "and", "neg"), and
/// functions by name.
[[nodiscard]] std::span<const IndicatorInfo> operators();
/// Functions of a window: moments, ranks, lines, correlations.
[[nodiscard]] std::span<const IndicatorInfo> rolling_operators();
/// An indicator or an operator with a name of letters; nullptr: neither.
[[nodiscard]] const IndicatorInfo* find_function(std::string_view name);
/// An operator by its symbol and how many operands it has.
[[nodiscard]] const IndicatorInfo* find_symbol(std::string_view symbol, std::size_t operands);
/// The names of all that `find_function` finds.
[[nodiscard]] std::vector<std::string_view> function_names();

}  // namespace tradewind::feature
