// SPDX-License-Identifier: Apache-2.0
#include "measures/symmetric_eigen.hpp"

#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace tradewind::measures {
namespace {

constexpr int kSweepsMax = 50;
constexpr int kStepsMax = 60;  // of QL for one eigenvalue; two or three are usual
constexpr std::size_t kJacobiSizeMax = 32;

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

Eigen by_jacobi(SquareMatrix matrix) {
    Eigen out{.values = std::vector<double>(matrix.size),
              .vectors = SquareMatrix::identity(matrix.size)};
    for (int i = 0; i < kSweepsMax && sweep(matrix, out.vectors); ++i) {}
    for (std::size_t i = 0; i < matrix.size; ++i) out.values[i] = matrix.at(i, i);
    return out;
}

double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

/// y += factor x
void add(std::span<double> y, double factor, std::span<const double> x) {
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += factor * x[i];
}

/// Q' A Q = T with diagonal `diagonal` and T[i + 1, i] = `below[i]`; row i of `basis` is column i
/// of Q.
struct Tridiagonal {
    std::vector<double> diagonal;
    std::vector<double> below;
    SquareMatrix basis;
};

/// 1 - factor v v' maps x onto (norm, 0, ...). `vector` comes as x and leaves as v; 0 where nothing
/// is to be done.
struct Reflection {
    double factor = 0;
    double norm = 0;
};

Reflection reflect(std::span<double> vector) {
    const double norm = std::sqrt(dot(vector, vector));
    const double first = vector[0];
    const double rest = dot(vector.subspan(1), vector.subspan(1));
    if (rest == 0 || norm == 0) return {.factor = 0, .norm = first};
    const double target = std::copysign(norm, -first);  // no cancellation in the first element
    vector[0] = first - target;
    return {.factor = 2 / (vector[0] * vector[0] + rest), .norm = target};
}

/// Golub and Van Loan, algorithm 8.3.1. Column k's reflection is kept in row k of `kept` until the
/// basis is put together from the last to the first.
Tridiagonal tridiagonal_of(SquareMatrix a) {
    const std::size_t n = a.size;
    Tridiagonal out{.diagonal = std::vector<double>(n),
                    .below = std::vector<double>(n, 0.0),
                    .basis = SquareMatrix::identity(n)};
    SquareMatrix kept = SquareMatrix::zero(n);
    std::vector<double> factors(n, 0.0);
    std::vector<double> product(n);
    for (std::size_t k = 0; k + 1 < n; ++k) {
        const std::size_t first = k + 1;
        const auto v = kept.row(k).subspan(first);
        for (std::size_t i = first; i < n; ++i) v[i - first] = a.at(i, k);
        const auto [factor, norm] = reflect(v);
        out.below[k] = norm;
        factors[k] = factor;
        if (factor == 0) continue;
        const auto w = std::span(product).subspan(first);
        for (std::size_t i = first; i < n; ++i) {
            w[i - first] = factor * dot(a.row(i).subspan(first), v);
        }
        add(w, -factor / 2 * dot(w, v), v);
        for (std::size_t i = first; i < n; ++i) {
            add(a.row(i).subspan(first), -v[i - first], w);
            add(a.row(i).subspan(first), -w[i - first], v);
        }
    }
    for (std::size_t i = 0; i < n; ++i) out.diagonal[i] = a.at(i, i);
    for (std::size_t k = n - 1; k-- > 0;) {
        if (factors[k] == 0) continue;
        const auto v = std::as_const(kept).row(k).subspan(k + 1);
        for (std::size_t i = k + 1; i < n; ++i) {
            const auto row = out.basis.row(i).subspan(k + 1);
            add(row, -factors[k] * dot(row, v), v);
        }
    }
    return out;
}

void rotate_basis(SquareMatrix& basis, std::size_t i, double cosine, double sine) {
    const auto low = basis.row(i);
    const auto high = basis.row(i + 1);
    for (std::size_t k = 0; k < low.size(); ++k) {
        const double x = low[k];
        const double y = high[k];
        high[k] = sine * x + cosine * y;
        low[k] = cosine * x - sine * y;
    }
}

/// One implicit QL step on rows first..last with Wilkinson's shift: Dubrulle, Martin and Wilkinson,
/// "The implicit QL algorithm", Numerische Mathematik 12 (1968), 377-383.
void ql_step(Tridiagonal& t, std::size_t first, std::size_t last) {
    auto& d = t.diagonal;
    auto& e = t.below;
    const double half = (d[first + 1] - d[first]) / (2 * e[first]);
    double g = d[last] - d[first] + e[first] / (half + std::copysign(std::hypot(half, 1.0), half));
    double sine = 1;
    double cosine = 1;
    double p = 0;
    for (std::size_t i = last; i-- > first;) {
        const double f = sine * e[i];
        const double b = cosine * e[i];
        const double r = std::hypot(f, g);
        e[i + 1] = r;
        if (r == 0) {  // the matrix has come apart
            d[i + 1] -= p;
            e[last] = 0;
            return;
        }
        sine = f / r;
        cosine = g / r;
        g = d[i + 1] - p;
        const double turn = (d[i] - g) * sine + 2 * cosine * b;
        p = sine * turn;
        d[i + 1] = g + p;
        g = cosine * turn - b;
        rotate_basis(t.basis, i, cosine, sine);
    }
    d[first] -= p;
    e[first] = g;
    e[last] = 0;
}

/// The first row from `first` on after which the matrix comes apart.
std::size_t block_end(const Tridiagonal& t, std::size_t first) {
    std::size_t m = first;
    for (; m + 1 < t.diagonal.size(); ++m) {
        const double scale = std::abs(t.diagonal[m]) + std::abs(t.diagonal[m + 1]);
        if (std::abs(t.below[m]) <= std::numeric_limits<double>::epsilon() * scale) break;
    }
    return m;
}

Eigen by_ql(SquareMatrix matrix) {
    const std::size_t n = matrix.size;
    Tridiagonal t = tridiagonal_of(std::move(matrix));
    for (std::size_t first = 0; first < n; ++first) {
        for (int step = 0; step < kStepsMax; ++step) {
            const std::size_t last = block_end(t, first);
            if (last == first) break;
            ql_step(t, first, last);
        }
    }
    Eigen out{.values = std::move(t.diagonal), .vectors = SquareMatrix::zero(n)};
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) out.vectors.at(j, i) = t.basis.at(i, j);
    }
    return out;
}

}  // namespace

Eigen symmetric_eigen(SquareMatrix matrix) {
    return matrix.size <= kJacobiSizeMax ? by_jacobi(std::move(matrix)) : by_ql(std::move(matrix));
}

}  // namespace tradewind::measures
