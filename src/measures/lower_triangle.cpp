// SPDX-License-Identifier: Apache-2.0
#include "measures/lower_triangle.hpp"

#include <array>

#include "base/assert.hpp"

namespace tradewind::measures {
namespace {

/// row = keep row + factor x, over n values.
void blend(double* __restrict row, double keep, double factor, const double* __restrict x,
           std::size_t n) {
    for (std::size_t j = 0; j < n; ++j) row[j] = keep * row[j] + factor * x[j];
}

/// row = scale d row + factor x, over n values.
void scaled_blend(double* __restrict row, double scale, const double* __restrict d, double factor,
                  const double* __restrict x, std::size_t n) {
    for (std::size_t j = 0; j < n; ++j) row[j] = scale * d[j] * row[j] + factor * x[j];
}

}  // namespace

void LowerTriangle::add_outer(double keep, std::span<const double> x) {
    ASSERT(x.size() == size_);
    double* row = values_.data();
    for (std::size_t i = 0; i < size_; ++i) {
        blend(row, keep, x[i], x.data(), i + 1);
        row += i + 1;
    }
}

void LowerTriangle::scale_and_add_outer(std::span<const double> d, std::span<const double> x) {
    ASSERT(x.size() == size_ && d.size() == size_);
    double* row = values_.data();
    for (std::size_t i = 0; i < size_; ++i) {
        scaled_blend(row, d[i], d.data(), x[i], x.data(), i + 1);
        row += i + 1;
    }
}

double LowerTriangle::quadratic(std::span<const double> x, std::span<const double> d) const {
    ASSERT(x.size() == size_ && d.size() == size_);
    double total = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        const auto values = row(i);
        // Four sums, as one alone would wait for each addition.
        std::array<double, 4> below{};
        std::size_t j = 0;
        for (; j + 4 <= i; j += 4) {
            for (std::size_t k = 0; k < 4; ++k) below[k] += values[j + k] * (x[j + k] * d[j + k]);
        }
        for (; j < i; ++j) below[0] += values[j] * (x[j] * d[j]);
        const double own = x[i] * d[i];
        total += own * (2 * (below[0] + below[1] + below[2] + below[3]) + values[i] * own);
    }
    return total;
}

SquareMatrix LowerTriangle::to_square(double factor) const {
    SquareMatrix out = SquareMatrix::zero(size_);
    for (std::size_t i = 0; i < size_; ++i) {
        for (std::size_t j = 0; j <= i; ++j) out.at(i, j) = out.at(j, i) = factor * row(i)[j];
    }
    return out;
}

}  // namespace tradewind::measures
