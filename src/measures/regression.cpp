// SPDX-License-Identifier: Apache-2.0
#include "measures/regression.hpp"

#include <algorithm>
#include <cmath>

#include "base/try.hpp"
#include "measures/cholesky.hpp"

namespace tradewind::measures {
namespace {

/// The complete rows, less their means: [rows, 1 + factors], the return first.
struct Centred {
    std::vector<double> values{};
    std::vector<double> means{};
    std::size_t rows = 0;

    [[nodiscard]] double at(std::size_t row, std::size_t column) const {
        return values[row * means.size() + column];
    }
};

Centred centred(std::span<const double> returns, const ReturnsTable& factors) {
    Centred out{.means = std::vector<double>(factors.columns + 1, 0.0)};
    for (std::size_t i = 0; i < returns.size(); ++i) {
        const auto row = factors.row(i);
        const auto is_missing = [](double x) { return std::isnan(x); };
        if (is_missing(returns[i]) || std::ranges::any_of(row, is_missing)) continue;
        out.values.push_back(returns[i]);
        out.values.insert(out.values.end(), row.begin(), row.end());
        ++out.rows;
    }
    const std::size_t columns = out.means.size();
    for (std::size_t i = 0; i < out.values.size(); ++i) out.means[i % columns] += out.values[i];
    for (double& one : out.means) one /= static_cast<double>(out.rows);
    for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] -= out.means[i % columns];
    return out;
}

double product(const Centred& x, std::size_t a, std::size_t b) {
    double sum = 0;
    for (std::size_t i = 0; i < x.rows; ++i) sum += x.at(i, a) * x.at(i, b);
    return sum;
}

std::expected<void, Error> check(std::span<const double> returns, const ReturnsTable& factors) {
    TRY_VOID(check_table(factors));
    if (returns.size() != factors.rows()) {
        return std::unexpected(Error{.kind = ErrorKind::wrong_shape,
                                     .row = returns.size(),
                                     .value = static_cast<double>(factors.rows())});
    }
    return check_table({.values = returns, .columns = 1});
}

/// The Gram matrix of the factors over their deviations, whose pivots then say how much of each is
/// new.
std::expected<Cholesky, Error> factors_of(const Centred& x, std::span<const double> scales) {
    constexpr double kDependent = 1e-10;
    const std::size_t k = scales.size();
    SquareMatrix gram = SquareMatrix::zero(k);
    for (std::size_t i = 0; i < k; ++i) {
        const double level = x.means[i + 1] * x.means[i + 1] * static_cast<double>(x.rows);
        if (!(scales[i] * scales[i] > 1e-24 * level)) {
            return std::unexpected(Error{.kind = ErrorKind::singular, .row = i});
        }
        for (std::size_t j = 0; j <= i; ++j) {
            gram.at(i, j) = gram.at(j, i) = product(x, i + 1, j + 1) / (scales[i] * scales[j]);
        }
    }
    Cholesky out = TRY(Cholesky::of(std::move(gram)));
    for (std::size_t i = 0; i < k; ++i) {
        if (out.factor().at(i, i) * out.factor().at(i, i) > kDependent) continue;
        return std::unexpected(Error{.kind = ErrorKind::singular, .row = i});
    }
    return out;
}

}  // namespace

std::expected<FactorExposure, Error> factor_exposure(std::span<const double> returns,
                                                     const ReturnsTable& factors) {
    TRY_VOID(check(returns, factors));
    const Centred x = centred(returns, factors);
    const std::size_t k = factors.columns;
    if (x.rows < k + 2) {
        return std::unexpected(Error{
            .kind = ErrorKind::too_few_rows, .row = x.rows, .value = static_cast<double>(k + 2)});
    }
    std::vector<double> scales(k);
    std::vector<double> moments(k);
    for (std::size_t i = 0; i < k; ++i) scales[i] = std::sqrt(product(x, i + 1, i + 1));
    const Cholesky gram = TRY(factors_of(x, scales));
    for (std::size_t i = 0; i < k; ++i) moments[i] = product(x, 0, i + 1) / scales[i];

    FactorExposure out{.alpha = x.means[0], .betas = gram.solve(moments), .rows = x.rows};
    for (std::size_t i = 0; i < k; ++i) {
        out.betas[i] /= scales[i];
        out.alpha -= out.betas[i] * x.means[i + 1];
    }
    double squares = 0;
    for (std::size_t t = 0; t < x.rows; ++t) {
        double residual = x.at(t, 0);
        for (std::size_t i = 0; i < k; ++i) residual -= out.betas[i] * x.at(t, i + 1);
        squares += residual * residual;
    }
    const double all = product(x, 0, 0);
    if (all > 0) out.r2 = 1 - squares / all;
    out.residual_deviation = std::sqrt(squares / static_cast<double>(x.rows - k - 1));
    for (std::size_t i = 0; i < k; ++i) {
        std::vector<double> unit(k, 0.0);
        unit[i] = 1;
        out.errors.push_back(out.residual_deviation * std::sqrt(gram.solve(unit)[i]) / scales[i]);
    }
    return out;
}

std::expected<FactorExposure, Error> beta_to(std::span<const double> returns,
                                             std::span<const double> benchmark) {
    return factor_exposure(returns, {.values = benchmark, .columns = 1});
}

}  // namespace tradewind::measures
