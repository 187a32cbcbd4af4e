// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <span>
#include <utility>
#include <vector>

#include "measures/error.hpp"
#include "measures/square_matrix.hpp"

namespace tradewind::measures {

/// A symmetric positive definite matrix as L L'.
class Cholesky {
public:
    /// Reads the lower triangle. `singular` with the row whose pivot is lost to rounding: at or
    /// below 1e-13 of its diagonal.
    [[nodiscard]] static std::expected<Cholesky, Error> of(SquareMatrix matrix);

    [[nodiscard]] std::size_t size() const { return factor_.size; }
    /// L; what is above its diagonal is not part of it.
    [[nodiscard]] const SquareMatrix& factor() const { return factor_; }
    /// x with L L' x = b; [size].
    [[nodiscard]] std::vector<double> solve(std::vector<double> b) const;
    /// L z, which has this covariance where z has that of the identity; [size] both.
    void correlate(std::span<const double> z, std::span<double> out) const;
    [[nodiscard]] double log_determinant() const;

private:
    explicit Cholesky(SquareMatrix factor) : factor_(std::move(factor)) {}

    SquareMatrix factor_;
};

}  // namespace tradewind::measures
