// SPDX-License-Identifier: Apache-2.0
#include "research/models/ranks.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "base/assert.hpp"
#include "domain/time.hpp"

namespace tradewind::research::models {
namespace {

constexpr std::size_t kQuantiles = 5;
constexpr double kCrossSectionLeast = 5;

/// Rows in the order of time, and where periods begin among them.
struct ByPeriod {
    std::vector<double> scores;
    std::vector<double> values;
    std::vector<std::size_t> starts;
};

std::int64_t month_of(std::int64_t known_at) {
    const std::chrono::year_month_day date{utc_date({known_at})};
    return std::int64_t{int{date.year()}} * 12 + unsigned{date.month()};
}

/// Of instants one in `every` is taken.
ByPeriod by_period(const RankedRows& of, std::size_t every) {
    std::vector<std::size_t> order(of.places.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto known = [&](std::size_t i) { return of.rows.known_at[of.places[i]]; };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return known(a) != known(b) ? known(a) < known(b) : a < b;
    });
    std::size_t instants = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        instants += i == 0 || known(order[i]) != known(order[i - 1]) ? 1U : 0U;
    }
    const bool is_wide =
        static_cast<double>(order.size()) >=
        kCrossSectionLeast * static_cast<double>(std::max<std::size_t>(1, instants));
    const auto period = [&](std::size_t i) {
        return is_wide ? known(order[i]) : month_of(known(order[i]));
    };
    ByPeriod out;
    std::size_t periods = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const bool begins = i == 0 || period(i) != period(i - 1);
        periods += begins ? 1U : 0U;
        if (is_wide && (periods - 1) % every != 0) continue;
        if (begins) out.starts.push_back(out.scores.size());
        out.scores.push_back(of.scores[order[i]]);
        out.values.push_back(of.values[order[i]]);
    }
    out.starts.push_back(out.scores.size());
    return out;
}

}  // namespace

Ranks ranks_of(const RankedRows& of) {
    ASSERT(of.scores.size() == of.places.size() && of.values.size() == of.places.size());
    const ByPeriod all = by_period(of, 1);
    const ByPeriod periods = by_period(of, std::max<std::size_t>(1, of.horizon_rows));
    return {.ic = ml::information_coefficient(all.scores, all.values),
            .rank_ic = ml::rank_information_coefficient(all.scores, all.values),
            .icir = ml::icir(ml::information_coefficients(
                {.scores = periods.scores, .values = periods.values, .starts = periods.starts},
                ml::Correlation::spearman)),
            .quantile_returns = ml::quantile_returns(all.scores, all.values, kQuantiles)};
}

}  // namespace tradewind::research::models
