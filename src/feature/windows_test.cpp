// SPDX-License-Identifier: Apache-2.0
// Windows beside the same computed from scratch, after very many values.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <initializer_list>

#include "base/random.hpp"
#include "feature/kernels/averages.hpp"
#include "feature/kernels/decayed_moments.hpp"
#include "feature/kernels/extremes.hpp"
#include "feature/kernels/moments.hpp"
#include "feature/kernels/shape.hpp"
#include "feature/kernels/trend.hpp"

namespace tradewind::feature {
namespace {

constexpr std::size_t kMany = 10'000'000;
constexpr double kTolerance = 1e-9;  // relative

/// A walk of small steps around a million, where differences of squares would have nothing left.
class Walk {
public:
    double next() { return at_ += 1e-4 * (static_cast<double>(random_.below(2001)) - 1000.0); }

private:
    base::Random random_{5};
    double at_ = 1e6;
};

double relative(double ours, double exact) { return std::fabs(ours - exact) / std::fabs(exact); }

/// Of a whole window at once, in longer numbers.
struct Exact {
    double sum, weighted, mean, variance, efficiency;

    explicit Exact(const std::deque<double>& values) {
        const auto count = static_cast<long double>(values.size());
        long double total = 0, by_weight = 0, squares = 0, way = 0, weight = 0, before = 0;
        for (const double value : values) {
            const auto x = static_cast<long double>(value);
            if (weight > 0) way += std::fabs(x - before);
            before = x;
            total += x;
            by_weight += ++weight * x;
        }
        for (const double value : values) {
            const long double distance = static_cast<long double>(value) - total / count;
            squares += distance * distance;
        }
        const auto ahead = static_cast<long double>(std::fabs(values.back() - values.front()));
        sum = static_cast<double>(total);
        weighted = static_cast<double>(by_weight);
        mean = static_cast<double>(total / count);
        variance = static_cast<double>(squares / count);
        efficiency = static_cast<double>(ahead / way);
    }
};

TEST(Windows, do_not_drift_over_ten_million_values) {
    constexpr std::size_t kPeriod = 37;
    RollingSum sum{kPeriod};
    WeightedSum weighted{kPeriod};
    RollingMoments moments{kPeriod};
    Efficiency efficiency{kPeriod - 1};
    std::deque<double> last;
    Walk walk;
    double ours = 0;
    for (std::size_t i = 0; i < kMany; ++i) {
        const double value = walk.next();
        last.push_back(value);
        if (last.size() > kPeriod) last.pop_front();
        sum.add(value);
        const double by_weight = weighted.add(value);
        moments.add(value);
        ours = efficiency.next<false>(value);
        if (i % 99'991 != 0 || i < kPeriod) continue;
        const Exact exact{last};
        ASSERT_LT(relative(sum.sum(), exact.sum), kTolerance);
        ASSERT_LT(relative(by_weight, exact.weighted), kTolerance);
        ASSERT_LT(relative(moments.mean(), exact.mean), kTolerance);
        ASSERT_LT(relative(moments.variance(), exact.variance), kTolerance);
        ASSERT_NEAR(ours, exact.efficiency, kTolerance);
    }
}

/// Skewness and kurtosis of a sample, and the standard error of the line, in longer numbers.
struct ExactShape {
    double skew, kurtosis, unexplained;

    explicit ExactShape(const std::deque<double>& values) {
        const auto n = static_cast<long double>(values.size());
        long double total = 0;
        for (const double value : values) total += static_cast<long double>(value);
        const long double mean = total / n, middle = (n + 1) / 2;
        long double m2 = 0, m3 = 0, m4 = 0, along = 0, steps = 0, x = 0;
        for (const double value : values) {
            const long double away = static_cast<long double>(value) - mean;
            m2 += away * away / n;
            m3 += away * away * away / n;
            m4 += away * away * away * away / n;
            x += 1;
            along += (x - middle) * away;
            steps += (x - middle) * (x - middle);
        }
        skew = static_cast<double>(std::sqrt(n * (n - 1)) / (n - 2) * m3 / (m2 * std::sqrt(m2)));
        kurtosis = static_cast<double>((n - 1) / ((n - 2) * (n - 3)) *
                                       ((n + 1) * m4 / (m2 * m2) - 3 * (n - 1)));
        unexplained = static_cast<double>(m2 * n - along * along / steps);
    }
};

TEST(Windows, keep_shapes_and_lines_over_ten_million_values) {
    constexpr std::size_t kPeriod = 41;
    RollingShape shape{kPeriod};
    RollingTrendAndSquares trend{kPeriod};
    std::deque<double> last;
    Walk walk;
    for (std::size_t i = 0; i < kMany; ++i) {
        const double value = walk.next();
        last.push_back(value);
        if (last.size() > kPeriod) last.pop_front();
        shape.add(value);
        trend.add(value);
        if (i % 99'991 != 0 || i < kPeriod) continue;
        const ExactShape exact{last};
        ASSERT_NEAR(shape.skew(), exact.skew, kTolerance);
        ASSERT_NEAR(shape.kurtosis(), exact.kurtosis, kTolerance);
        ASSERT_LT(relative(trend.unexplained(), exact.unexplained), kTolerance);
    }
}

/// Rows that weigh less than this beside the newest say nothing.
constexpr std::size_t kRowsThatWeigh = 1500;

TEST(Windows, keep_weighted_moments_over_ten_million_values) {
    constexpr double kKeep = 0.97;
    DecayedMoments moments{kKeep};
    std::deque<double> last;
    Walk walk;
    for (std::size_t i = 0; i < kMany; ++i) {
        const double value = walk.next();
        last.push_back(value);
        if (last.size() > kRowsThatWeigh) last.pop_front();
        moments.add(value);
        if (i % 99'991 != 0 || i < kRowsThatWeigh) continue;
        constexpr auto kLess = static_cast<long double>(kKeep);
        long double weight = 1, weights = 0, mean = 0, squares = 0;
        for (auto at = last.rbegin(); at != last.rend(); ++at, weight *= kLess) {
            weights += weight;
            mean += weight * static_cast<long double>(*at);
        }
        mean /= weights;
        weight = 1;
        for (auto at = last.rbegin(); at != last.rend(); ++at, weight *= kLess) {
            const long double away = static_cast<long double>(*at) - mean;
            squares += weight * away * away;
        }
        ASSERT_LT(relative(moments.mean(), static_cast<double>(mean)), kTolerance);
        ASSERT_LT(relative(moments.squares(), static_cast<double>(squares)), kTolerance);
    }
}

TEST(Windows, know_that_nothing_moves) {
    constexpr std::size_t kPeriod = 7;
    RollingMoments moments{kPeriod};
    RollingMagnitude magnitude{kPeriod};
    Efficiency efficiency{kPeriod};
    Walk walk;
    double kept = 0, way = 0, straight = 0;
    for (std::size_t i = 0; i < 5 * kPeriod + 3; ++i) {
        if (i < 3 * kPeriod) kept = walk.next();
        moments.add(kept);
        way = magnitude.add(i < 3 * kPeriod ? std::fabs(kept) * 0.1 : 0.0);
        straight = efficiency.next<false>(kept);
    }
    EXPECT_EQ(moments.variance(), 0.0);
    EXPECT_EQ(way, 0.0);
    EXPECT_EQ(straight, 1.0);
}

TEST(Windows, find_extremes_and_the_latest_row_that_has_them) {
    base::Random random{9};
    for (const std::size_t period : std::initializer_list<std::size_t>{1, 2, 3, 14, 64}) {
        RollingMax highest{period};
        RollingMin lowest{period};
        RollingRange range{period};
        RollingExtremeAge<Largest> highest_age{period};
        RollingExtremeAge<Smallest> lowest_age{period};
        std::deque<double> last;
        for (std::size_t i = 0; i < 20 * period + 50; ++i) {
            const double value = static_cast<double>(random.below(20)) - 10.0;
            last.push_front(value);
            if (last.size() > period) last.pop_back();
            const auto top = std::max_element(last.begin(), last.end());
            const auto bottom = std::min_element(last.begin(), last.end());
            const auto both = range.add(value, value);
            const auto top_age = highest_age.add(value);
            const auto bottom_age = lowest_age.add(value);
            ASSERT_EQ(highest.add(value), *top);
            ASSERT_EQ(lowest.add(value), *bottom);
            ASSERT_EQ(both.highest, *top);
            ASSERT_EQ(both.lowest, *bottom);
            ASSERT_EQ(top_age.value, *top);
            ASSERT_EQ(bottom_age.value, *bottom);
            ASSERT_EQ(top_age.age, static_cast<std::size_t>(top - last.begin()));
            ASSERT_EQ(bottom_age.age, static_cast<std::size_t>(bottom - last.begin()));
            ASSERT_EQ(highest.is_full(), last.size() == period);
        }
    }
}

}  // namespace
}  // namespace tradewind::feature
