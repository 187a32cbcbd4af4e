// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "feature/indicator.hpp"

namespace tradewind::feature {
namespace {

using Column = std::vector<double>;

std::vector<Column> run(std::string_view name, const std::vector<double>& params, const Column& a,
                        const Column& b) {
    const IndicatorInfo& info = *find_indicator(name);
    const auto indicator = info.make(*complete_params(info, params));
    std::vector<Column> out(info.outputs.size(), Column(a.size()));
    const double* in[] = {a.data(), b.data()};
    std::vector<double*> outs;
    for (auto& column : out) outs.push_back(column.data());
    indicator->run(in, outs, a.size());
    return out;
}

Column vpin(const std::vector<double>& params, const Column& buys, const Column& sells) {
    return run("vpin", params, buys, sells)[0];
}

TEST(Vpin, is_one_where_all_buy_and_zero_where_as_many_sell) {
    const Column some(200, 3.0), none(200, 0.0);
    for (const double bucket : {0.0, 1.0, 7.5}) {
        EXPECT_EQ(vpin({10, bucket}, some, none).back(), 1.0);
        EXPECT_EQ(vpin({10, bucket}, none, some).back(), 1.0);
        EXPECT_EQ(vpin({10, bucket}, some, some).back(), 0.0);
    }
}

TEST(Vpin, shares_a_row_out_over_the_buckets_that_it_fills) {
    // buckets of 10: [4 + 6 of the second], [the other 4 + 6 of the third]
    const Column buys{4, 5, 0, 0}, sells{0, 5, 12, 0};
    const double first = std::abs(4.0), second = std::abs(-12.0 * 6 / 12);
    const Column out = vpin({1, 10}, buys, sells);
    EXPECT_TRUE(std::isnan(out[0]));
    EXPECT_DOUBLE_EQ(out[1], first / 10);
    EXPECT_DOUBLE_EQ(out[2], second / 10);
    EXPECT_DOUBLE_EQ(out[3], second / 10);  // a row without volume changes nothing
}

TEST(Vpin, one_row_may_fill_more_buckets_than_are_looked_at) {
    const Column buys{1, 1, 3e15, 1}, sells{0, 0, 1e15, 0};
    // the last row fills two buckets of its own
    EXPECT_DOUBLE_EQ(vpin({3, 0.5}, buys, sells)[3], (0.5 + 1 + 1) / 3);
}

TEST(Vpin, has_no_value_before_a_bucket_is_full) {
    const Column buys(20, 1.0), sells(20, 0.0);
    EXPECT_TRUE(std::isnan(vpin({2, 1000}, buys, sells).back()));
    EXPECT_TRUE(std::isnan(vpin({2}, Column(20, 0.0), sells).back()));
}

TEST(Vpin, does_not_drift) {
    // balanced but for one bucket in ten: exactly so after a million
    Column buys, sells;
    for (int i = 0; i < 1'000'000; ++i) {
        buys.push_back(i % 10 == 0 ? 0.3 : 0.1);
        sells.push_back(i % 10 == 0 ? 0.1 : 0.3);
    }
    EXPECT_NEAR(vpin({50, 0.4}, buys, sells).back(), 0.5, 1e-12);
}

TEST(BulkVolume, gives_all_to_one_side_where_every_move_is_the_same_and_half_where_none_is) {
    Column rising, flat(40, 5.0);
    for (int i = 0; i < 40; ++i) rising.push_back(5.0 + i);
    const Column volume(40, 8.0);
    EXPECT_EQ(run("bulk_volume", {10}, rising, volume)[0].back(), 8.0);
    EXPECT_EQ(run("bulk_volume", {10}, rising, volume)[1].back(), 0.0);
    EXPECT_EQ(run("bulk_volume", {10}, flat, volume)[0].back(), 4.0);
}

}  // namespace
}  // namespace tradewind::feature
