// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <span>

#include "measures/error.hpp"

namespace tradewind::measures {

/// Returns side by side, [rows = periods or scenarios, columns = instruments], row-major, as
/// fractions (0.01 is one per cent). NaN is a missing one; no other value may be infinite.
struct ReturnsTable {
    std::span<const double> values{};
    std::size_t columns = 0;

    [[nodiscard]] std::size_t rows() const { return columns == 0 ? 0 : values.size() / columns; }
    [[nodiscard]] std::span<const double> row(std::size_t i) const {
        return values.subspan(i * columns, columns);
    }
    [[nodiscard]] double at(std::size_t row, std::size_t column) const {
        return values[row * columns + column];
    }
};

/// `empty`, `wrong_shape`, or `not_finite` at the first infinite value.
[[nodiscard]] std::expected<void, Error> check_table(const ReturnsTable& table);
/// The same, and `missing_value` at the first NaN.
[[nodiscard]] std::expected<void, Error> check_complete(const ReturnsTable& table);

}  // namespace tradewind::measures
