// SPDX-License-Identifier: Apache-2.0
#include "research/search/symmetric_eigen.hpp"

#include <cmath>

namespace tradewind::research {
namespace {

constexpr int kSweepsMax = 50;

struct Rotation {
    std::size_t p;
    std::size_t q;
    double cosine;
    double sine;
};

/// Golub and Van Loan, algorithm 8.5.1: makes the element (p, q) zero.
Rotation rotation_of(const SquareMatrix& a, std::size_t p, std::size_t q) {
    const double tau = (a.at(q, q) - a.at(p, p)) / (2 * a.at(p, q));
    const double t = std::copysign(1 / (std::abs(tau) + std::sqrt(1 + tau * tau)), tau);
    const double cosine = 1 / std::sqrt(1 + t * t);
    return {.p = p, .q = q, .cosine = cosine, .sine = t * cosine};
}

void rotate_columns(SquareMatrix& m, const Rotation& r) {
    for (std::size_t i = 0; i < m.size; ++i) {
        const double x = m.at(i, r.p);
        const double y = m.at(i, r.q);
        m.at(i, r.p) = r.cosine * x - r.sine * y;
        m.at(i, r.q) = r.sine * x + r.cosine * y;
    }
}

void rotate_rows(SquareMatrix& m, const Rotation& r) {
    for (std::size_t i = 0; i < m.size; ++i) {
        const double x = m.at(r.p, i);
        const double y = m.at(r.q, i);
        m.at(r.p, i) = r.cosine * x - r.sine * y;
        m.at(r.q, i) = r.sine * x + r.cosine * y;
    }
}

/// One rotation for each pair; whether any was needed.
bool sweep(SquareMatrix& a, SquareMatrix& vectors) {
    bool changed = false;
    for (std::size_t p = 0; p < a.size; ++p) {
        for (std::size_t q = p + 1; q < a.size; ++q) {
            const double scale = std::sqrt(std::abs(a.at(p, p) * a.at(q, q)));
            if (std::abs(a.at(p, q)) <= 1e-17 * scale || a.at(p, q) == 0) continue;
            const Rotation r = rotation_of(a, p, q);
            rotate_columns(a, r);
            rotate_rows(a, r);
            a.at(p, q) = a.at(q, p) = 0;
            rotate_columns(vectors, r);
            changed = true;
        }
    }
    return changed;
}

}  // namespace

SquareMatrix SquareMatrix::identity(std::size_t size) {
    SquareMatrix out{.size = size, .values = std::vector<double>(size * size, 0.0)};
    for (std::size_t i = 0; i < size; ++i) out.at(i, i) = 1;
    return out;
}

Eigen symmetric_eigen(SquareMatrix matrix) {
    Eigen out{.values = std::vector<double>(matrix.size),
              .vectors = SquareMatrix::identity(matrix.size)};
    for (int i = 0; i < kSweepsMax && sweep(matrix, out.vectors); ++i) {}
    for (std::size_t i = 0; i < matrix.size; ++i) out.values[i] = matrix.at(i, i);
    return out;
}

}  // namespace tradewind::research
