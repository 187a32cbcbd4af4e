// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "measures/square_matrix.hpp"

namespace tradewind::measures {

struct Eigen {
    std::vector<double> values;  ///< in no particular order
    SquareMatrix vectors;        ///< one a column, orthonormal
};

/// Of a symmetric matrix; only finite values. Up to 32 rows by Jacobi's cyclic rotations (Golub and
/// Van Loan, "Matrix computations", section 8.5), exact to rounding also for small eigenvalues;
/// larger ones by Householder's tridiagonal form and implicit QL steps (the same, sections 8.3.1
/// and 8.3.3): rounding errors are of the size of the largest eigenvalue. 500 rows take about a
/// quarter of a second.
[[nodiscard]] Eigen symmetric_eigen(SquareMatrix matrix);

}  // namespace tradewind::measures
