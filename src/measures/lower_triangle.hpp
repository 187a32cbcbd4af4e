// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "measures/square_matrix.hpp"

namespace tradewind::measures {

/// A symmetric matrix of which only the lower triangle is kept, row after row:
///
///     (0,0) | (1,0) (1,1) | (2,0) (2,1) (2,2) | ...
///
/// Half the memory is half the time of an update, which is bound by it.
class LowerTriangle {
public:
    explicit LowerTriangle(std::size_t size) : size_(size), values_(size * (size + 1) / 2, 0.0) {}

    [[nodiscard]] std::size_t size() const { return size_; }
    /// [i + 1]
    [[nodiscard]] std::span<double> row(std::size_t i) {
        return std::span(values_).subspan(i * (i + 1) / 2, i + 1);
    }
    [[nodiscard]] std::span<const double> row(std::size_t i) const {
        return std::span(values_).subspan(i * (i + 1) / 2, i + 1);
    }
    [[nodiscard]] double at(std::size_t i, std::size_t j) const {
        return i >= j ? row(i)[j] : row(j)[i];
    }
    /// this = keep this + x x'; x [size]. No allocation.
    void add_outer(double keep, std::span<const double> x);
    /// this[i][j] = d[i] d[j] this[i][j] + x[i] x[j]; d, x [size]. No allocation.
    void scale_and_add_outer(std::span<const double> d, std::span<const double> x);
    /// sum_ij this[i][j] x[i] d[i] x[j] d[j]; x, d [size]. No allocation.
    [[nodiscard]] double quadratic(std::span<const double> x, std::span<const double> d) const;
    [[nodiscard]] SquareMatrix to_square(double factor = 1) const;

private:
    std::size_t size_;
    std::vector<double> values_;
};

}  // namespace tradewind::measures
