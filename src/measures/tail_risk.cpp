// SPDX-License-Identifier: Apache-2.0
#include "measures/tail_risk.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "measures/distributions.hpp"
#include "measures/moments.hpp"

namespace tradewind::measures {
namespace {

constexpr double kCornishFisherReach = 5;

}  // namespace

double CornishFisher::quantile(double z) const {
    return z + (z * z - 1) * skew / 6 + (z * z * z - 3 * z) * excess_kurtosis / 24 -
           (2 * z * z * z - 5 * z) * skew * skew / 36;
}

double CornishFisher::tail_mean(double z, double tail) const {
    // The truncated moments of the normal are -h, 1 - z h and -(z^2 + 2) h.
    const double h = normal_density(z) / tail;
    return -h * (1 + z * skew / 6 + (z * z - 1) * excess_kurtosis / 24 -
                 (2 * z * z - 1) * skew * skew / 36);
}

bool CornishFisher::rises() const {
    // The slope is the parabola a z^2 + b z + c.
    const double a = excess_kurtosis / 8 - skew * skew / 6;
    const double b = skew / 3;
    const double c = 1 - excess_kurtosis / 8 + 5 * skew * skew / 36;
    const auto slope = [=](double x) { return (a * x + b) * x + c; };
    if (slope(-kCornishFisherReach) <= 0 || slope(kCornishFisherReach) <= 0) return false;
    if (a <= 0) return true;  // a concave parabola is lowest at an end
    const double lowest = -b / (2 * a);
    return std::abs(lowest) >= kCornishFisherReach || slope(lowest) > 0;
}

TailRisk tail_risk(std::span<const double> returns, std::span<const double> sorted, double tail) {
    TailRisk risk;
    const double cut = quantile_of_sorted(sorted, tail);
    const auto beyond = static_cast<std::size_t>(
        std::upper_bound(sorted.begin(), sorted.end(), cut) - sorted.begin());
    risk.var_historical = -cut;
    risk.es_historical = -*mean(sorted.first(std::max<std::size_t>(beyond, 1)));

    const auto average = mean(returns);
    const auto deviation = sample_deviation(returns);
    if (!average || !deviation) return risk;
    const double z = normal_quantile(tail);
    risk.var_normal = -(*average + z * *deviation);
    risk.es_normal = -(*average - normal_density(z) / tail * *deviation);

    const auto skew = skewness(returns);
    const auto kurtosis = raw_kurtosis(returns);
    if (!skew || !kurtosis) return risk;
    const CornishFisher expansion{*skew, *kurtosis - 3};
    if (!expansion.rises()) return risk;
    risk.var_cornish_fisher = -(*average + expansion.quantile(z) * *deviation);
    risk.es_cornish_fisher = -(*average + expansion.tail_mean(z, tail) * *deviation);
    return risk;
}

std::expected<ParametricRisk, Error> parametric_risk(std::span<const double> returns, double tail) {
    if (!(tail > 0 && tail < 0.5)) {
        return std::unexpected(Error{.kind = ErrorKind::out_of_range, .value = tail});
    }
    if (returns.size() < 2) {
        return std::unexpected(
            Error{.kind = ErrorKind::too_few_rows, .row = returns.size(), .value = 2});
    }
    for (std::size_t i = 0; i < returns.size(); ++i) {
        if (std::isfinite(returns[i])) continue;
        return std::unexpected(Error{.kind = ErrorKind::not_finite, .row = i, .value = returns[i]});
    }
    if (is_constant(returns)) return std::unexpected(Error{.kind = ErrorKind::constant});
    std::vector<double> sorted(returns.begin(), returns.end());
    std::ranges::sort(sorted);
    const TailRisk all = tail_risk(returns, sorted, tail);
    if (all.var_cornish_fisher && all.es_cornish_fisher) {
        return ParametricRisk{.var = *all.var_cornish_fisher, .es = *all.es_cornish_fisher};
    }
    return ParametricRisk{.var = std::max(*all.var_normal, *all.var_historical),
                          .es = std::max(*all.es_normal, *all.es_historical),
                          .method = ParametricMethod::fallback};
}

}  // namespace tradewind::measures
