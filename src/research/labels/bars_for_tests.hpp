// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "base/random.hpp"
#include "research/features/feature_bars.hpp"

namespace tradewind::research::labels {

inline std::vector<double>& column_of(FeatureBars& bars, feature::Field field) {
    return bars.columns[static_cast<std::size_t>(field)];
}

struct TestBar {
    double open = 0;
    double high = 0;
    double low = 0;
    double close = 0;
};

inline void append(FeatureBars& out, const TestBar& bar) {
    const auto row = static_cast<std::int64_t>(out.rows());
    out.known_at.push_back((row + 1) * 60'000'000'000);
    column_of(out, feature::Field::open).push_back(bar.open);
    column_of(out, feature::Field::high).push_back(bar.high);
    column_of(out, feature::Field::low).push_back(bar.low);
    column_of(out, feature::Field::close).push_back(bar.close);
}

/// Bars that are a close each, opened at the close before.
inline FeatureBars bars_of(const std::vector<double>& closes) {
    FeatureBars out;
    for (std::size_t i = 0; i < closes.size(); ++i) {
        const double open = closes[i == 0 ? 0 : i - 1];
        append(out, {open, std::max(open, closes[i]), std::min(open, closes[i]), closes[i]});
    }
    return out;
}

inline FeatureBars random_bars(std::size_t rows, std::uint64_t seed) {
    base::Random random{seed};
    FeatureBars out;
    double price = 100;
    for (std::size_t row = 0; row < rows; ++row) {
        const double open = price * (0.998 + 0.004 * random.uniform());
        price = open * (0.98 + 0.04 * random.uniform());
        append(out, {open, std::max(open, price) * (1 + 0.01 * random.uniform()),
                     std::min(open, price) * (1 - 0.01 * random.uniform()), price});
    }
    return out;
}

}  // namespace tradewind::research::labels
