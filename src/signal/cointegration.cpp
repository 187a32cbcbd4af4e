// SPDX-License-Identifier: Apache-2.0
#include "signal/cointegration.hpp"

#include <array>
#include <cmath>
#include <utility>

#include "measures/cholesky.hpp"

namespace tradewind::signal {
namespace {

double mean_of(std::span<const double> values) {
    double sum = 0.0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

/// The regressors of row t: the level before, then the changes before that.
double regressor(std::span<const double> level, std::size_t t, std::size_t j) {
    return j == 0 ? level[t - 1] : level[t - j] - level[t - j - 1];
}

/// t ratio of the lagged level in the Dickey-Fuller regression without a constant.
std::optional<double> dickey_fuller(std::span<const double> level, std::size_t lags) {
    const std::size_t columns = lags + 1, first = lags + 1;
    if (level.size() < first + columns + 2) return std::nullopt;
    const std::size_t rows = level.size() - first;
    auto gram = measures::SquareMatrix::zero(columns);
    std::vector<double> moment(columns);
    for (std::size_t t = first; t < level.size(); ++t) {
        const double change = level[t] - level[t - 1];
        for (std::size_t i = 0; i < columns; ++i) {
            const double left = regressor(level, t, i);
            moment[i] += left * change;
            for (std::size_t j = 0; j <= i; ++j) {
                gram.at(i, j) += left * regressor(level, t, j);
            }
        }
    }
    const auto factors = measures::Cholesky::of(std::move(gram));
    if (!factors) return std::nullopt;
    const std::vector<double> beta = factors->solve(moment);
    double squares = 0.0;
    for (std::size_t t = first; t < level.size(); ++t) {
        double rest = level[t] - level[t - 1];
        for (std::size_t j = 0; j < columns; ++j) rest -= beta[j] * regressor(level, t, j);
        squares += rest * rest;
    }
    std::vector<double> unit(columns);
    unit[0] = 1.0;
    const double inverse = factors->solve(unit)[0];
    const double deviation = std::sqrt(squares / static_cast<double>(rows - columns) * inverse);
    if (!(deviation > 0.0)) return std::nullopt;
    return beta[0] / deviation;
}

}  // namespace

std::optional<Line> fit_line(std::span<const double> x, std::span<const double> y) {
    constexpr std::size_t kParameters = 2;
    if (x.size() != y.size() || x.size() <= kParameters) return std::nullopt;
    const double mean_x = mean_of(x), mean_y = mean_of(y);
    double xx = 0.0, xy = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    if (!(xx > 0.0)) return std::nullopt;
    Line out{.slope = xy / xx, .intercept = 0.0, .residual_variance = 0.0};
    out.intercept = mean_y - out.slope * mean_x;
    double squares = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double rest = y[i] - out.intercept - out.slope * x[i];
        squares += rest * rest;
    }
    out.residual_variance = squares / static_cast<double>(x.size() - kParameters);
    return out;
}

std::optional<double> engle_granger(std::span<const double> x, std::span<const double> y,
                                    std::size_t lags) {
    const auto line = fit_line(x, y);
    if (!line) return std::nullopt;
    std::vector<double> residual(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        residual[i] = y[i] - line->intercept - line->slope * x[i];
    }
    return dickey_fuller(residual, lags);
}

double cointegration_critical(Significance level, std::size_t observations) {
    constexpr std::array<std::array<double, 3>, 3> kSurface{{
        {-3.89644, -10.9519, -33.527},
        {-3.33613, -6.1101, -6.823},
        {-3.04445, -4.2412, -2.720},
    }};
    const auto& b = kSurface[static_cast<std::size_t>(level)];
    const double n = static_cast<double>(observations) - 1.0;
    return b[0] + b[1] / n + b[2] / (n * n);
}

KalmanHedge::Innovation KalmanHedge::update(double x, double y) {
    const double noise = settings_.delta / (1.0 - settings_.delta);
    const double r_ss = p_ss_ + noise, r_si = p_si_, r_ii = p_ii_ + noise;
    // the row of measurement is (x, 1)
    const double rx_s = r_ss * x + r_si, rx_i = r_si * x + r_ii;
    const Innovation out{.error = y - slope_ * x - intercept_,
                         .variance = x * rx_s + rx_i + settings_.variance};
    const double k_s = rx_s / out.variance, k_i = rx_i / out.variance;
    slope_ += k_s * out.error;
    intercept_ += k_i * out.error;
    p_ss_ = r_ss - k_s * rx_s;
    p_si_ = r_si - k_s * rx_i;
    p_ii_ = r_ii - k_i * rx_i;
    return out;
}

}  // namespace tradewind::signal
