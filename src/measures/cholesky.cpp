// SPDX-License-Identifier: Apache-2.0
#include "measures/cholesky.hpp"

#include <cmath>

#include "base/assert.hpp"

namespace tradewind::measures {

std::expected<Cholesky, Error> Cholesky::of(SquareMatrix matrix) {
    constexpr double kLost = 1e-13;
    SquareMatrix& a = matrix;
    if (a.size == 0) return std::unexpected(Error{.kind = ErrorKind::empty});
    for (std::size_t j = 0; j < a.size; ++j) {
        for (std::size_t i = 0; i <= j; ++i) {
            double sum = a.at(j, i);
            for (std::size_t k = 0; k < i; ++k) sum -= a.at(j, k) * a.at(i, k);
            if (i < j) {
                a.at(j, i) = sum / a.at(i, i);
                continue;
            }
            if (!(sum > kLost * a.at(j, j))) {
                return std::unexpected(Error{.kind = ErrorKind::singular, .row = j});
            }
            a.at(j, j) = std::sqrt(sum);
        }
    }
    return Cholesky(std::move(matrix));
}

std::vector<double> Cholesky::solve(std::vector<double> b) const {
    const std::size_t n = factor_.size;
    ASSERT(b.size() == n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < i; ++k) b[i] -= factor_.at(i, k) * b[k];
        b[i] /= factor_.at(i, i);
    }
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t k = i + 1; k < n; ++k) b[i] -= factor_.at(k, i) * b[k];
        b[i] /= factor_.at(i, i);
    }
    return b;
}

void Cholesky::correlate(std::span<const double> z, std::span<double> out) const {
    ASSERT(z.size() == factor_.size && out.size() == factor_.size);
    for (std::size_t i = 0; i < factor_.size; ++i) {
        double sum = 0;
        for (std::size_t k = 0; k <= i; ++k) sum += factor_.at(i, k) * z[k];
        out[i] = sum;
    }
}

double Cholesky::log_determinant() const {
    double sum = 0;
    for (std::size_t i = 0; i < factor_.size; ++i) sum += std::log(factor_.at(i, i));
    return 2 * sum;
}

}  // namespace tradewind::measures
