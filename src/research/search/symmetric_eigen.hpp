// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace tradewind::research {

/// A square matrix, row-major.
struct SquareMatrix {
    std::size_t size = 0;
    std::vector<double> values{};

    [[nodiscard]] static SquareMatrix identity(std::size_t size);
    [[nodiscard]] double& at(std::size_t row, std::size_t column) {
        return values[row * size + column];
    }
    [[nodiscard]] double at(std::size_t row, std::size_t column) const {
        return values[row * size + column];
    }
};

struct Eigen {
    std::vector<double> values;  ///< in no particular order
    SquareMatrix vectors;        ///< one a column, orthonormal
};

/// Of a symmetric matrix, by Jacobi's cyclic rotations (Golub and Van Loan, "Matrix computations",
/// section 8.5): slow for large matrices, exact to rounding for the small ones here.
[[nodiscard]] Eigen symmetric_eigen(SquareMatrix matrix);

}  // namespace tradewind::research
