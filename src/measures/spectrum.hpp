// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <optional>

#include "measures/error.hpp"
#include "measures/square_matrix.hpp"

namespace tradewind::measures {

/// What the eigenvalues of a symmetric matrix say of it. One within size x 2^-52 x the largest of 0
/// counts as 0: rounding leaves that much.
struct Spectrum {
    double smallest = 0;
    double largest = 0;
    std::size_t rank = 0;               ///< eigenvalues that do not count as 0
    std::optional<double> condition{};  ///< largest / smallest; nullopt of a singular matrix
    bool semidefinite = false;          ///< none below 0
};

/// `empty`, `wrong_shape`, `not_finite`, `not_symmetric` (by more than 1e-12 of the larger
/// diagonal of both).
[[nodiscard]] std::expected<void, Error> check_symmetric(const SquareMatrix& matrix);

/// The errors of `check_symmetric`.
[[nodiscard]] std::expected<Spectrum, Error> spectrum_of(const SquareMatrix& matrix);

/// Whether a matrix can be a covariance: the errors of `spectrum_of`, and `not_semidefinite`.
[[nodiscard]] std::expected<void, Error> check_covariance(const SquareMatrix& matrix);

/// The matrix with its negative eigenvalues set to 0 and then its diagonal brought back to what it
/// was, which keeps it semi-definite: Rebonato and Jaeckel, "The most general methodology to create
/// a valid correlation matrix", Journal of Risk 2 (1999), section 3, on covariances. One without
/// negative eigenvalues comes back as it is.
[[nodiscard]] std::expected<SquareMatrix, Error> nearest_semidefinite(const SquareMatrix& matrix);

}  // namespace tradewind::measures
