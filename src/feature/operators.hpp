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
/// Statistics with weights that fall from row to row.
[[nodiscard]] std::span<const IndicatorInfo> weighted_operators();
/// Functions of conditions, and of all rows since something.
[[nodiscard]] std::span<const IndicatorInfo> conditional_operators();
/// Functions of an instant: its hour, its day, New York's clock.
[[nodiscard]] std::span<const IndicatorInfo> calendar_operators();

/// Another name of a function, as other programs have it.
struct Alias {
    std::string_view name;
    std::string_view function;
};
[[nodiscard]] std::span<const Alias> aliases();

/// All that has a name of letters beside the indicators, by name; aliases are not among them.
[[nodiscard]] std::span<const IndicatorInfo* const> expression_functions();
/// An indicator or a function of expressions, by its name or an alias; nullptr: neither.
[[nodiscard]] const IndicatorInfo* find_function(std::string_view name);
/// An operator by its symbol and how many operands it has.
[[nodiscard]] const IndicatorInfo* find_symbol(std::string_view symbol, std::size_t operands);
/// All names that `find_function` knows.
[[nodiscard]] std::vector<std::string_view> function_names();

}  // namespace tradewind::feature
