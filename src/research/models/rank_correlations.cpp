// SPDX-License-Identifier: Apache-2.0
#include "research/models/rank_correlations.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "ml/metrics.hpp"

namespace tradewind::research::models {
namespace {

/// Ranks of the values of a column, equal ones their mean rank; NaN where there is none.
std::vector<double> ranks_of(const std::vector<double>& values) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isnan(values[i])) order.push_back(i);
    }
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> out(values.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
        while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
        const double mean = static_cast<double>(first + last - 1) / 2;
        for (std::size_t i = first; i < last; ++i) out[order[i]] = mean;
    }
    return out;
}

/// Of the rows that have both.
double correlation_of(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> x, y;
    x.reserve(a.size());
    y.reserve(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::isnan(a[i]) || std::isnan(b[i])) continue;
        x.push_back(a[i]);
        y.push_back(b[i]);
    }
    return ml::information_coefficient(x, y).value_or(0);
}

}  // namespace

std::vector<double> rank_correlations(const Rows& rows, std::size_t columns,
                                      std::span<const std::size_t> places) {
    std::vector<std::vector<double>> ranks;
    for (std::size_t c = 0; c < columns; ++c) {
        std::vector<double> values;
        values.reserve(places.size());
        for (const std::size_t row : places) {
            values.push_back(static_cast<double>(rows.features[row * columns + c]));
        }
        ranks.push_back(ranks_of(values));
    }
    std::vector<double> out(columns * columns, 1);
    for (std::size_t i = 0; i < columns; ++i) {
        for (std::size_t j = i + 1; j < columns; ++j) {
            out[i * columns + j] = out[j * columns + i] = correlation_of(ranks[i], ranks[j]);
        }
    }
    return out;
}

}  // namespace tradewind::research::models
