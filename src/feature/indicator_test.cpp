// SPDX-License-Identifier: Apache-2.0
// What holds for every indicator, whatever it computes.
#include "feature/indicator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.hpp"
#include "feature/nearest.hpp"
#include "feature/operators.hpp"

namespace tradewind::feature {
namespace {

constexpr std::size_t kRows = 700;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

using Table = std::vector<std::vector<double>>;

/// Prices on a grid of ticks, so that equal ones are frequent; periods from 2 to 30.
Table rows_for(const IndicatorInfo& info, std::uint64_t seed) {
    base::Random random{seed};
    const auto up_to = [&](std::uint64_t n) { return static_cast<double>(random.below(n)); };
    Table out(info.inputs.size(), std::vector<double>(kRows));
    double price = 100;
    // What is known between -1 and 1 alone.
    const double scale = info.name == "acos" || info.name == "asin" ? 1e-3 : 1.0;
    // Seconds in 2017: New York's clock is known from 1987 on.
    const double origin = info.name == "new_york_time" ? 1.5e9 : 0.0;
    for (std::size_t row = 0; row < kRows; ++row) {
        const double open = price;
        price = std::max(10.0, price + 0.25 * (up_to(21) - 10));
        const double high = std::max(open, price) + 0.25 * up_to(4);
        const double low = std::min(open, price) - 0.25 * up_to(4);
        const double volume = 100 * up_to(50), second = origin + 50 + up_to(30),
                     period = 2 + up_to(29);
        const std::size_t session = row / 40;
        for (std::size_t i = 0; i < info.inputs.size(); ++i) {
            switch (info.inputs[i]) {
                case Input::open: out[i][row] = open; break;
                case Input::high: out[i][row] = high; break;
                case Input::low: out[i][row] = low; break;
                case Input::close:
                case Input::real: out[i][row] = price * scale; break;
                case Input::volume: out[i][row] = volume; break;
                case Input::second: out[i][row] = second; break;
                case Input::periods: out[i][row] = period; break;
                case Input::anchor: out[i][row] = static_cast<double>(session); break;
            }
        }
    }
    return out;
}

/// Runs rows [from, end) of the inputs into the same rows of the outputs.
void run(Indicator& indicator, const Table& in, Table& out, std::size_t from, std::size_t end) {
    std::vector<const double*> ins;
    std::vector<double*> outs;
    for (const auto& column : in) ins.push_back(column.data() + from);
    for (auto& column : out) outs.push_back(column.data() + from);
    indicator.run(ins, outs, end - from);
}

Table whole(const IndicatorInfo& info, const Table& in) {
    Table out(info.outputs.size(), std::vector<double>(kRows));
    run(*info.make(*complete_params(info, {})), in, out, 0, kRows);
    return out;
}

bool same_bytes(const Table& a, const Table& b) {
    return std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
        return std::equal(x.begin(), x.end(), y.begin(), [](double p, double q) {
            return std::bit_cast<std::uint64_t>(p) == std::bit_cast<std::uint64_t>(q);
        });
    });
}

/// They go on after a missing value, which is what they are for.
bool sees_what_is_missing(const IndicatorInfo& info) {
    return info.name == "if" || info.name == "ffill" || info.name == "fill" ||
           info.name == "is_missing";
}

class EveryIndicator : public testing::TestWithParam<const IndicatorInfo*> {};

TEST_P(EveryIndicator, gives_the_same_bytes_in_portions_of_any_length) {
    const IndicatorInfo& info = *GetParam();
    const Table in = rows_for(info, 1), expected = whole(info, in);
    for (const std::size_t longest : {std::size_t{1}, std::size_t{3}, std::size_t{200}}) {
        base::Random random{longest};
        auto indicator = info.make(*complete_params(info, {}));
        Table out(info.outputs.size(), std::vector<double>(kRows));
        for (std::size_t from = 0; from < kRows;) {
            const std::size_t end = std::min(kRows, from + 1 + random.below(longest));
            run(*indicator, in, out, from, end);
            from = end;
            if (random.below(20) == 0) indicator = indicator->clone();
        }
        EXPECT_TRUE(same_bytes(out, expected)) << "portions of up to " << longest;
    }
}

/// Short windows and long ones beside the number of rows that are taken at once.
TEST(Indicators, give_the_same_bytes_row_by_row_whatever_the_period) {
    for (const char* name : {"var", "stddev", "correl", "beta", "linearreg", "max", "min", "minmax",
                             "percentile", "percentrank", "cci", "avgdev", "mom", "sma"}) {
        const IndicatorInfo& info = *find_indicator(name);
        const Table in = rows_for(info, 5);
        for (const double period : {1, 2, 3, 4, 7, 31, 64, 100, 116, 128, 129, 300}) {
            const auto params = complete_params(info, std::array{period});
            if (!params) continue;
            const auto at_once = info.make(*params), by_row = info.make(*params);
            Table expected(info.outputs.size(), std::vector<double>(kRows)), out = expected;
            run(*at_once, in, expected, 0, kRows);
            for (std::size_t row = 0; row < kRows; ++row) run(*by_row, in, out, row, row + 1);
            EXPECT_TRUE(same_bytes(out, expected)) << name << ' ' << period;
        }
    }
}

TEST_P(EveryIndicator, is_nan_for_its_lookback_and_known_after_it) {
    const IndicatorInfo& info = *GetParam();
    const std::size_t lookback = info.make(*complete_params(info, {}))->lookback();
    ASSERT_LT(lookback, kRows);
    for (const auto& column : whole(info, rows_for(info, 2))) {
        for (std::size_t row = 0; row < lookback; ++row)
            ASSERT_TRUE(std::isnan(column[row])) << row;
        EXPECT_FALSE(std::isnan(column[lookback])) << lookback;
    }
}

TEST_P(EveryIndicator, starts_anew_after_a_row_that_is_not_finite) {
    const IndicatorInfo& info = *GetParam();
    if (sees_what_is_missing(info)) return;
    for (const double bad : {kNaN, std::numeric_limits<double>::infinity()}) {
        for (std::size_t input = 0; input < info.inputs.size(); ++input) {
            constexpr std::size_t kAt = 333;
            Table in = rows_for(info, 3);
            in[input][kAt] = bad;
            const Table out = whole(info, in);
            auto fresh = info.make(*complete_params(info, {}));
            Table expected = out;
            run(*fresh, in, expected, kAt + 1, kRows);
            EXPECT_TRUE(same_bytes(out, expected));
            for (const auto& column : out) EXPECT_TRUE(std::isnan(column[kAt]));
        }
    }
}

TEST_P(EveryIndicator, sees_nothing_of_what_comes_after) {
    const IndicatorInfo& info = *GetParam();
    constexpr std::size_t kAt = 400;
    const Table in = rows_for(info, 4);
    Table changed = in;
    for (auto& column : changed) {
        for (std::size_t row = kAt; row < kRows; ++row) column[row] = column[row] * 1.5 + 1;
    }
    Table before = whole(info, in), after = whole(info, changed);
    for (auto* table : {&before, &after}) {
        for (auto& column : *table) column.resize(kAt);
    }
    EXPECT_TRUE(same_bytes(before, after));
}

INSTANTIATE_TEST_SUITE_P(Indicators, EveryIndicator, testing::ValuesIn(indicators()),
                         [](const auto& test) { return std::string{test.param->name}; });
INSTANTIATE_TEST_SUITE_P(Functions, EveryIndicator, testing::ValuesIn(expression_functions()),
                         [](const auto& test) { return std::string{test.param->name}; });

TEST(Indicators, are_found_by_name_and_nearly_found_by_a_wrong_one) {
    ASSERT_NE(find_indicator("rsi"), nullptr);
    EXPECT_EQ(find_indicator("rsj"), nullptr);
    EXPECT_EQ(nearest_names("rsj", function_names()).front(), "rsi");
    EXPECT_TRUE(nearest_names("quite-something-else", function_names()).empty());
}

TEST(Indicators, have_parameters_with_bounds) {
    const IndicatorInfo& rsi = *find_indicator("rsi");
    EXPECT_EQ((*complete_params(rsi, {}))[0], 14);
    const auto error = [&](std::vector<double> given) {
        return complete_params(rsi, given).error();
    };
    EXPECT_EQ(error({1}), "rsi: period is a whole number from 2 to 100000, not 1");
    EXPECT_EQ(error({2.5}), "rsi: period is a whole number from 2 to 100000, not 2.5");
    EXPECT_EQ(error({kNaN}), "rsi: period is a whole number from 2 to 100000, not nan");
    EXPECT_EQ(error({14, 3}), "rsi takes 1 parameters at most, not 2");
}

}  // namespace
}  // namespace tradewind::feature
