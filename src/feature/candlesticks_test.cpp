// SPDX-License-Identifier: Apache-2.0
#include "feature/candlesticks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/random.hpp"

namespace tradewind::feature {
namespace {

constexpr std::size_t kRows = 3000;
using Columns = std::vector<std::vector<double>>;

/// Bars of few different sizes, some of one price, two that are none.
Columns bars() {
    base::Random random{5};
    const auto up_to = [&](std::uint64_t n) { return static_cast<double>(random.below(n)); };
    Columns out(4, std::vector<double>(kRows));
    double last = 100;
    for (std::size_t row = 0; row < kRows; ++row) {
        const double open = last + 0.25 * (up_to(5) - 2);
        last = std::clamp(open + 0.5 * (up_to(9) - 4), 50.0, 150.0);
        const bool is_flat = random.below(4) == 0;
        out[0][row] = is_flat ? last : open;
        out[1][row] = std::max(out[0][row], last) + (is_flat ? 0 : 0.25 * up_to(6));
        out[2][row] = std::min(out[0][row], last) - (is_flat ? 0 : 0.25 * up_to(6));
        out[3][row] = last;
    }
    out[2][1000] = std::numeric_limits<double>::quiet_NaN();
    out[1][kRows - 1] = std::numeric_limits<double>::infinity();
    return out;
}

Columns run(Indicator& indicator, const Columns& in, std::size_t outputs, std::size_t portion) {
    Columns out(outputs, std::vector<double>(kRows));
    for (std::size_t from = 0; from < kRows; from += portion) {
        std::vector<const double*> ins;
        std::vector<double*> outs;
        for (const auto& column : in) ins.push_back(column.data() + from);
        for (auto& column : out) outs.push_back(column.data() + from);
        indicator.run(ins, outs, std::min(portion, kRows - from));
    }
    return out;
}

TEST(Candlesticks, give_on_one_history_what_each_gives_alone) {
    const Columns in = bars();
    std::vector<Candlestick> all;
    for (const IndicatorInfo* info : indicators()) {
        if (!info->talib.starts_with("CDL")) continue;
        all.push_back({.pattern = info, .penetration = (*complete_params(*info, {}))[0]});
    }
    ASSERT_EQ(all.size(), 61U);
    for (const std::size_t portion : {std::size_t{1}, std::size_t{97}, kRows}) {
        const auto together = candlesticks(all);
        EXPECT_EQ(together->lookback(), 14U);
        const Columns shared = run(*together, in, all.size(), portion);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto alone = all[i].pattern->make(*complete_params(*all[i].pattern, {}));
            const Columns own = run(*alone, in, 1, kRows);
            EXPECT_TRUE(std::equal(own[0].begin(), own[0].end(), shared[i].begin(),
                                   [](double a, double b) {
                                       return std::bit_cast<std::uint64_t>(a) ==
                                              std::bit_cast<std::uint64_t>(b);
                                   }))
                << all[i].pattern->name << " in portions of " << portion;
        }
    }
}

TEST(Candlesticks, have_none_of_another_kind) {
    const std::array wanted{Candlestick{.pattern = find_indicator("rsi")}};
    EXPECT_EQ(candlesticks(wanted), nullptr);
}

/// A price a billion times higher passes and leaves nothing behind: TA-Lib's running sums would
/// keep its rounding, and no doji of one price would be seen after it.
TEST(Candlesticks, forget_a_spike_with_its_window) {
    Columns in(4, std::vector<double>(kRows, 0.1));
    in[1][500] = 1e8;
    in[2][700] = 0.07;
    const IndicatorInfo& doji = *find_indicator("cdldoji");
    const Columns out = run(*doji.make(*complete_params(doji, {})), in, 1, kRows);
    EXPECT_TRUE(std::all_of(out[0].begin() + 10, out[0].end(), [](double v) { return v == 100; }));
}

}  // namespace
}  // namespace tradewind::feature
