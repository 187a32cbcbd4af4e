// SPDX-License-Identifier: Apache-2.0
#include "measures/spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "base/try.hpp"
#include "measures/symmetric_eigen.hpp"

namespace tradewind::measures {
namespace {

/// Below it in size an eigenvalue is rounding.
double noise_of(const SquareMatrix& m, double largest) {
    return static_cast<double>(m.size) * std::numeric_limits<double>::epsilon() * std::abs(largest);
}

Spectrum spectrum_of(const SquareMatrix& m, std::span<const double> values) {
    const auto [low, high] = std::ranges::minmax(values);
    const double noise = noise_of(m, std::max(std::abs(low), std::abs(high)));
    Spectrum out{.smallest = low, .largest = high, .semidefinite = low >= -noise};
    for (const double one : values) {
        if (std::abs(one) > noise) ++out.rank;
    }
    if (low > noise) out.condition = high / low;
    return out;
}

}  // namespace

std::expected<void, Error> check_symmetric(const SquareMatrix& m) {
    constexpr double kAsymmetry = 1e-12;
    if (m.size == 0) return std::unexpected(Error{.kind = ErrorKind::empty});
    if (m.values.size() != m.size * m.size) {
        return std::unexpected(Error{.kind = ErrorKind::wrong_shape,
                                     .row = m.values.size(),
                                     .value = static_cast<double>(m.size * m.size)});
    }
    for (std::size_t i = 0; i < m.size; ++i) {
        for (std::size_t j = 0; j < m.size; ++j) {
            if (std::isfinite(m.at(i, j))) continue;
            return std::unexpected(
                Error{.kind = ErrorKind::not_finite, .row = i, .column = j, .value = m.at(i, j)});
        }
    }
    for (std::size_t i = 0; i < m.size; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const double scale = std::max(std::abs(m.at(i, i)), std::abs(m.at(j, j)));
            if (std::abs(m.at(i, j) - m.at(j, i)) <= kAsymmetry * scale) continue;
            return std::unexpected(Error{.kind = ErrorKind::not_symmetric, .row = i, .column = j});
        }
    }
    return {};
}

std::expected<Spectrum, Error> spectrum_of(const SquareMatrix& matrix) {
    TRY_VOID(check_symmetric(matrix));
    return spectrum_of(matrix, symmetric_eigen(matrix).values);
}

std::expected<void, Error> check_covariance(const SquareMatrix& matrix) {
    const Spectrum spectrum = TRY(spectrum_of(matrix));
    if (spectrum.semidefinite) return {};
    return std::unexpected(Error{.kind = ErrorKind::not_semidefinite, .value = spectrum.smallest});
}

std::expected<SquareMatrix, Error> nearest_semidefinite(const SquareMatrix& matrix) {
    TRY_VOID(check_symmetric(matrix));
    const Eigen eigen = symmetric_eigen(matrix);
    if (spectrum_of(matrix, eigen.values).semidefinite) return matrix;
    const std::size_t n = matrix.size;
    SquareMatrix out = SquareMatrix::zero(n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = 0;
            for (std::size_t k = 0; k < n; ++k) {
                sum += eigen.vectors.at(i, k) * std::max(eigen.values[k], 0.0) *
                       eigen.vectors.at(j, k);
            }
            out.at(i, j) = out.at(j, i) = sum;
        }
    }
    std::vector<double> scale(n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
        // A negative diagonal is no variance, and becomes 0.
        if (out.at(i, i) > 0) scale[i] = std::sqrt(std::max(matrix.at(i, i), 0.0) / out.at(i, i));
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) out.at(i, j) *= scale[i] * scale[j];
    }
    return out;
}

}  // namespace tradewind::measures
