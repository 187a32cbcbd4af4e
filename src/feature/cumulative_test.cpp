// SPDX-License-Identifier: Apache-2.0
// What indicators that remember everything lose over ten million rows.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "feature/indicator.hpp"

namespace tradewind::feature {
namespace {

constexpr std::size_t kRows = 10'000'000;

TEST(CumulativeIndicators, lose_nothing_over_ten_million_rows) {
    // Added up one by one the sum is 1.6e-10 too low by then.
    const std::vector<double> tenth(kRows, 0.1);
    std::vector<double> out(kRows);
    find_indicator("cumsum")->make({})->run(std::array{tenth.data()}, std::array{out.data()},
                                            kRows);
    EXPECT_NEAR(out.back(), 1e6, 1e6 * 1e-12);
}

}  // namespace
}  // namespace tradewind::feature
