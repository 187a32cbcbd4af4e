// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tradewind::measures {

/// A square matrix, row-major.
struct SquareMatrix {
    std::size_t size = 0;
    std::vector<double> values{};

    [[nodiscard]] static SquareMatrix zero(std::size_t size) {
        return {.size = size, .values = std::vector<double>(size * size, 0.0)};
    }
    [[nodiscard]] static SquareMatrix identity(std::size_t size) {
        SquareMatrix out = zero(size);
        for (std::size_t i = 0; i < size; ++i) out.at(i, i) = 1;
        return out;
    }
    [[nodiscard]] double& at(std::size_t row, std::size_t column) {
        return values[row * size + column];
    }
    [[nodiscard]] double at(std::size_t row, std::size_t column) const {
        return values[row * size + column];
    }
    [[nodiscard]] std::span<double> row(std::size_t i) {
        return std::span(values).subspan(i * size, size);
    }
    [[nodiscard]] std::span<const double> row(std::size_t i) const {
        return std::span(values).subspan(i * size, size);
    }
};

}  // namespace tradewind::measures
