// SPDX-License-Identifier: Apache-2.0
#include "measures/volatility.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "measures/moments.hpp"

namespace tradewind::measures {
namespace {

constexpr std::size_t kBackcastRows = 75;
constexpr double kBackcastDecay = 0.94;
constexpr std::size_t kGarchRowsMin = 100;
constexpr int kSimplexSteps = 2000;
constexpr int kSimplexStarts = 12;
constexpr double kSettled = 1e-9;  ///< of the log-likelihood

std::expected<void, Error> check_finite(std::span<const double> returns) {
    if (returns.empty()) return std::unexpected(Error{.kind = ErrorKind::empty});
    for (std::size_t i = 0; i < returns.size(); ++i) {
        if (std::isfinite(returns[i])) continue;
        return std::unexpected(Error{.kind = ErrorKind::not_finite, .row = i, .value = returns[i]});
    }
    return {};
}

using Point = std::array<double, 3>;  // log(long-run variance / sample variance), two logits

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// Negative log-likelihood of returns less their mean.
class Likelihood {
public:
    explicit Likelihood(std::vector<double> residuals)
        : residuals_(std::move(residuals)),
          variance_(central_moment(residuals_, 2)),
          backcast_(backcast_variance(residuals_)) {}

    [[nodiscard]] Garch model_at(const Point& point) const {
        const double persistence = logistic(point[1]);
        const double alpha = persistence * logistic(point[2]);
        return {.omega = variance_ * std::exp(point[0]) * (1 - persistence),
                .alpha = alpha,
                .beta = persistence - alpha};
    }
    [[nodiscard]] double operator()(const Point& point) const {
        const Garch model = model_at(point);
        double v = model.omega + (model.alpha + model.beta) * backcast_;
        double sum = 0;
        for (const double r : residuals_) {
            sum += std::log(v) + r * r / v;
            v = model.omega + model.alpha * r * r + model.beta * v;
        }
        const double constant =
            static_cast<double>(residuals_.size()) * std::log(2 * std::numbers::pi);
        const double out = 0.5 * (constant + sum);
        return std::isfinite(out) ? out : std::numeric_limits<double>::max();
    }

private:
    std::vector<double> residuals_;
    double variance_;
    double backcast_;
};

struct Vertex {
    Point at{};
    double value = 0;
};

Point along(const Point& from, const Point& to, double step) {
    Point out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = from[i] + step * (to[i] - from[i]);
    return out;
}

/// Nelder and Mead, "A simplex method for function minimization", Computer Journal 7 (1965),
/// 308-313, with their coefficients 1, 1/2 and 2.
Vertex minimise(const Likelihood& f, const Point& start, double size) {
    const auto vertex = [&](const Point& at) { return Vertex{.at = at, .value = f(at)}; };
    std::array<Vertex, 4> simplex{vertex(start)};
    for (std::size_t i = 0; i < 3; ++i) {
        Point at = start;
        at[i] += size;
        simplex[i + 1] = vertex(at);
    }
    const auto by_value = [](const Vertex& a, const Vertex& b) {
        return a.value != b.value ? a.value < b.value : a.at < b.at;
    };
    for (int step = 0; step < kSimplexSteps; ++step) {
        std::sort(simplex.begin(), simplex.end(), by_value);
        const double spread = simplex[3].value - simplex[0].value;
        if (spread <= 1e-13 * std::abs(simplex[0].value)) break;
        Point centre{};
        for (std::size_t i = 0; i < 3; ++i) {
            for (std::size_t k = 0; k < 3; ++k) centre[k] += simplex[i].at[k] / 3;
        }
        const Vertex reflected = vertex(along(centre, simplex[3].at, -1));
        if (reflected.value < simplex[0].value) {
            const Vertex expanded = vertex(along(centre, simplex[3].at, -2));
            simplex[3] = expanded.value < reflected.value ? expanded : reflected;
            continue;
        }
        if (reflected.value < simplex[2].value) {
            simplex[3] = reflected;
            continue;
        }
        const bool outside = reflected.value < simplex[3].value;
        const Vertex contracted = vertex(along(centre, simplex[3].at, outside ? -0.5 : 0.5));
        if (contracted.value < std::min(reflected.value, simplex[3].value)) {
            simplex[3] = contracted;
            continue;
        }
        for (std::size_t i = 1; i < 4; ++i) {
            simplex[i] = vertex(along(simplex[0].at, simplex[i].at, 0.5));
        }
    }
    return *std::min_element(simplex.begin(), simplex.end(), by_value);
}

}  // namespace

double backcast_variance(std::span<const double> returns) {
    ASSERT(!returns.empty());
    double weight = 1;
    double weights = 0;
    double sum = 0;
    for (const double r : returns.first(std::min(returns.size(), kBackcastRows))) {
        sum += weight * r * r;
        weights += weight;
        weight *= kBackcastDecay;
    }
    return sum / weights;
}

std::expected<std::vector<double>, Error> ewma_variances(std::span<const double> returns,
                                                         double decay) {
    TRY_VOID(check_finite(returns));
    if (!(decay > 0 && decay < 1)) {
        return std::unexpected(Error{.kind = ErrorKind::out_of_range, .value = decay});
    }
    std::vector<double> out{backcast_variance(returns)};
    out.reserve(returns.size() + 1);
    for (const double r : returns) out.push_back(decay * out.back() + (1 - decay) * r * r);
    return out;
}

std::expected<Garch, Error> fit_garch(std::span<const double> returns) {
    TRY_VOID(check_finite(returns));
    if (returns.size() < kGarchRowsMin) {
        return std::unexpected(Error{.kind = ErrorKind::too_few_rows,
                                     .row = returns.size(),
                                     .value = static_cast<double>(kGarchRowsMin)});
    }
    if (is_constant(returns)) return std::unexpected(Error{.kind = ErrorKind::constant});
    const double mean_return = *mean(returns);
    std::vector<double> residuals(returns.begin(), returns.end());
    for (double& one : residuals) one -= mean_return;
    const Likelihood likelihood(std::move(residuals));
    // Begun where daily returns usually end: persistence 0.95, a tenth of it alpha.
    Vertex best = minimise(likelihood, {0, std::log(19.0), -std::log(9.0)}, 0.5);
    for (int start = 0; start < kSimplexStarts; ++start) {
        const Vertex next = minimise(likelihood, best.at, 0.25);
        const double gain = best.value - next.value;
        if (next.value < best.value) best = next;
        if (gain > kSettled) continue;
        Garch out = likelihood.model_at(best.at);
        out.mean = mean_return;
        out.log_likelihood = -best.value;
        return out;
    }
    return std::unexpected(Error{.kind = ErrorKind::no_convergence});
}

std::vector<double> garch_variances(const Garch& model, std::span<const double> returns) {
    ASSERT(!returns.empty());
    std::vector<double> residuals(returns.begin(), returns.end());
    for (double& one : residuals) one -= model.mean;
    std::vector<double> out{model.omega +
                            (model.alpha + model.beta) * backcast_variance(residuals)};
    out.reserve(returns.size() + 1);
    for (const double r : residuals) {
        out.push_back(model.omega + model.alpha * r * r + model.beta * out.back());
    }
    return out;
}

TrailingVolatility::TrailingVolatility(std::size_t window) : values_(window, 0.0) {
    ASSERT(window >= 2);
}

std::expected<void, Error> TrailingVolatility::update(double value) {
    if (std::isnan(value)) return {};
    if (!std::isfinite(value)) {
        return std::unexpected(Error{.kind = ErrorKind::not_finite, .row = count_, .value = value});
    }
    values_[next_] = value;
    next_ = (next_ + 1) % values_.size();
    ++count_;
    return {};
}

std::optional<double> TrailingVolatility::value() const {
    if (count_ < values_.size()) return std::nullopt;
    return sample_deviation(values_);
}

}  // namespace tradewind::measures
