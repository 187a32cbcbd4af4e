// SPDX-License-Identifier: Apache-2.0
#include "measures/var_backtest.hpp"

#include <array>
#include <cmath>

#include "base/try.hpp"
#include "measures/distributions.hpp"

namespace tradewind::measures {
namespace {

std::expected<void, Error> check_series(std::span<const double> values, std::size_t periods) {
    if (values.size() != periods) {
        return std::unexpected(Error{.kind = ErrorKind::wrong_shape,
                                     .row = values.size(),
                                     .value = static_cast<double>(periods)});
    }
    for (std::size_t i = 0; i < periods; ++i) {
        if (std::isfinite(values[i])) continue;
        return std::unexpected(Error{.kind = ErrorKind::not_finite, .row = i, .value = values[i]});
    }
    return {};
}

std::expected<void, Error> check(const Forecasts& forecasts) {
    if (forecasts.pnl.empty()) return std::unexpected(Error{.kind = ErrorKind::empty});
    TRY_VOID(check_series(forecasts.pnl, forecasts.pnl.size()));
    TRY_VOID(check_series(forecasts.var, forecasts.pnl.size()));
    if (!forecasts.es.empty()) TRY_VOID(check_series(forecasts.es, forecasts.pnl.size()));
    if (forecasts.tail > 0 && forecasts.tail < 1) return {};
    return std::unexpected(Error{.kind = ErrorKind::out_of_range, .value = forecasts.tail});
}

/// Log-likelihood of so many hits and misses of this probability; 0 log 0 is 0.
double log_likelihood(double hits, double misses, double probability) {
    return (hits > 0 ? hits * std::log(probability) : 0) +
           (misses > 0 ? misses * std::log1p(-probability) : 0);
}

LikelihoodRatio ratio_of(double statistic, std::size_t degrees_of_freedom) {
    const double positive = statistic > 0 ? statistic : 0;  // rounding may leave a little less
    return {.statistic = positive, .p_value = chi_square_survival(positive, degrees_of_freedom)};
}

LikelihoodRatio kupiec(double hits, double periods, double tail) {
    const double misses = periods - hits;
    return ratio_of(
        2 * (log_likelihood(hits, misses, hits / periods) - log_likelihood(hits, misses, tail)), 1);
}

/// counts[was][is]: how often an exceedance followed one.
LikelihoodRatio independence(const std::array<std::array<double, 2>, 2>& counts) {
    const double hits = counts[0][1] + counts[1][1];
    const double misses = counts[0][0] + counts[1][0];
    const double after_miss = counts[0][0] + counts[0][1];
    const double after_hit = counts[1][0] + counts[1][1];
    if (after_miss == 0 || after_hit == 0) return ratio_of(0, 1);
    return ratio_of(2 * (log_likelihood(counts[0][1], counts[0][0], counts[0][1] / after_miss) +
                         log_likelihood(counts[1][1], counts[1][0], counts[1][1] / after_hit) -
                         log_likelihood(hits, misses, hits / (hits + misses))),
                    1);
}

TrafficLight light_of(double probability) {
    if (probability >= 0.9999) return TrafficLight::red;
    return probability >= 0.95 ? TrafficLight::yellow : TrafficLight::green;
}

std::optional<double> multiplier_of(std::size_t exceedances, std::size_t periods, double tail) {
    constexpr std::array kTable{3.0, 3.0, 3.0, 3.0, 3.0, 3.4, 3.5, 3.65, 3.75, 3.85, 4.0};
    if (periods != 250 || std::abs(tail - 0.01) > 1e-12) return std::nullopt;
    return kTable[exceedances < kTable.size() ? exceedances : kTable.size() - 1];
}

}  // namespace

std::expected<VarBacktest, Error> backtest_var(const Forecasts& forecasts) {
    TRY_VOID(check(forecasts));
    const std::size_t n = forecasts.pnl.size();
    VarBacktest out{.periods = n, .expected = forecasts.tail * static_cast<double>(n)};
    std::array<std::array<double, 2>, 2> counts{};
    double shortfall = 0;
    bool was = false;
    for (std::size_t i = 0; i < n; ++i) {
        const bool is = forecasts.pnl[i] < -forecasts.var[i];
        if (i > 0) counts[was ? 1 : 0][is ? 1 : 0] += 1;
        was = is;
        if (!is) continue;
        out.exceedances.push_back(i);
        if (forecasts.es.empty()) continue;
        if (!(forecasts.es[i] > 0)) {
            return std::unexpected(
                Error{.kind = ErrorKind::out_of_range, .row = i, .value = forecasts.es[i]});
        }
        shortfall += forecasts.pnl[i] / forecasts.es[i];
    }
    const auto hits = static_cast<double>(out.exceedances.size());
    out.kupiec = kupiec(hits, static_cast<double>(n), forecasts.tail);
    if (!out.exceedances.empty() && out.exceedances.size() < n) {
        out.independence = independence(counts);
        out.conditional_coverage = ratio_of(out.kupiec.statistic + out.independence->statistic, 2);
    }
    out.light = light_of(binomial_cdf(out.exceedances.size(), n, forecasts.tail));
    out.capital_multiplier = multiplier_of(out.exceedances.size(), n, forecasts.tail);
    if (forecasts.es.empty()) return out;
    if (hits > 0) out.es_given_exceedance = shortfall / hits + 1;
    out.es_unconditional = shortfall / out.expected + 1;
    return out;
}

}  // namespace tradewind::measures
