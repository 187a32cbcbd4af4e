// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

/// Whether two prices hang together, and by how much of one the other is hedged.
namespace tradewind::signal {

/// y = intercept + slope x, by least squares.
struct Line {
    double slope = 0.0;
    double intercept = 0.0;
    double residual_variance = 0.0;  ///< sum of squares / (n - 2)
};

/// nullopt where fewer than three points are given or x does not vary.
[[nodiscard]] std::optional<Line> fit_line(std::span<const double> x, std::span<const double> y);

/// The test of Engle and Granger (Econometrica 55, 1987): the residual of y on a constant and x,
/// then the t ratio of its lagged level in a regression of its change on that level and `lags`
/// lagged changes, without a constant. The lower, the less like a random walk. nullopt where the
/// window is too short or the residual does not vary. Held to statsmodels' `coint(y, x, 'c',
/// maxlag=lags, autolag=None)` by tests/reference/pairs_reference.py.
[[nodiscard]] std::optional<double> engle_granger(std::span<const double> x,
                                                  std::span<const double> y, std::size_t lags);

enum class Significance { one_percent, five_percent, ten_percent };

/// Below it the hypothesis of no cointegration is refused: two variables with a constant, by the
/// response surface of J. G. MacKinnon, "Critical values for cointegration tests", Queen's
/// Economics Department Working Paper 1227, 2010, table 2. `observations` of the window, less one.
[[nodiscard]] double cointegration_critical(Significance level, std::size_t observations);

/// Slope and intercept of y on x as a random walk, filtered by Kalman: E. P. Chan, "Algorithmic
/// Trading", 2013, chapter 3, "Kalman filter as dynamic linear regression" (p. 75 ff.). State noise
/// delta / (1 - delta) times the unit matrix, measurement noise `variance`.
class KalmanHedge {
public:
    struct Settings {
        double delta = 1e-4;  ///< 0 to 1: how fast the hedge may move
        double variance = 1e-3;
    };
    /// Starts at `line`, taken for certain.
    KalmanHedge(const Settings& settings, const Line& line)
        : settings_(settings), slope_(line.slope), intercept_(line.intercept) {}

    /// What one pair of prices told before it changed the state.
    struct Innovation {
        double error = 0.0;     ///< y less what was expected
        double variance = 0.0;  ///< of that error
    };
    Innovation update(double x, double y);

    [[nodiscard]] double slope() const { return slope_; }
    [[nodiscard]] double intercept() const { return intercept_; }

private:
    Settings settings_;
    double slope_;
    double intercept_;
    // covariance of (slope, intercept), symmetric
    double p_ss_ = 0.0, p_si_ = 0.0, p_ii_ = 0.0;
};

}  // namespace tradewind::signal
