// SPDX-License-Identifier: Apache-2.0
#include "research/features/tape_check.hpp"

#include <gtest/gtest.h>

#include "research/features/tape_columns.hpp"
#include "research/features/ticks_for_tests.hpp"

namespace tradewind::research {
namespace {

feature::Graph all_told() {
    std::vector<feature::FeatureText> texts;
    for (const std::string_view field :
         {"bid", "microprice", "mean_spread", "order_flow", "touch_changes", "trades", "buy_volume",
          "large_volume", "effective_spread", "realised_spread"}) {
        texts.push_back({.name = "f_" + std::string{field}, .expression = std::string{field}});
    }
    return std::move(*feature::Graph::compile(texts));
}

/// `ahead`: how much later than they do the ticks are told that a bar closes.
TapeRead reader(const BarSpec& spec, Duration ahead = {}) {
    return [=](const ports::History& history,
               Timestamp to) -> std::expected<FeatureBars, std::string> {
        const Instrument instrument = coin();
        auto bars =
            read_feature_bars(history, instrument, coin_key(ports::SeriesKind::bar, spec), to);
        EXPECT_TRUE(bars.has_value());
        const auto known = bars->known_at;
        for (auto& at : bars->known_at) at += ahead.ns;
        const auto plan = plan_tape(history, instrument.symbol, all_told().tracks()[0]);
        EXPECT_TRUE(read_tape(history, instrument, *plan, *bars).has_value());
        bars->known_at = known;
        return bars;
    };
}

TEST(TapeCheck, ticks_are_the_same_one_by_one_and_those_that_come_later_change_nothing) {
    const sim::MemoryHistory history = coin_ticks();
    for (const BarSpec spec :
         {time_bars(seconds(7)), time_bars(minutes(1)), BarSpec{.unit = BarUnit::tick, .step = 13},
          BarSpec{.unit = BarUnit::volume, .step = 40 * kUnit}}) {
        const auto check = check_tape(history, reader(spec), {.cuts = 20});
        ASSERT_TRUE(check.has_value());
        EXPECT_FALSE(check->parity.has_value());
        EXPECT_FALSE(check->leak.has_value());
        EXPECT_TRUE(check->is_clean());
        EXPECT_EQ(check->corruptions, 60U);
    }
}

TEST(TapeCheck, catches_a_reader_that_takes_what_comes_at_the_close_or_after_it) {
    const sim::MemoryHistory history = coin_ticks();
    for (const Duration ahead : {nanoseconds(1), seconds(3)}) {
        const auto check = check_tape(history, reader(time_bars(seconds(7)), ahead), {.cuts = 20});
        ASSERT_TRUE(check.has_value());
        EXPECT_FALSE(check->parity.has_value());
        ASSERT_TRUE(check->leak.has_value());
        EXPECT_EQ(check->leak->where.row, check->leak->cut);
    }
}

TEST(TapeCheck, catches_a_reader_that_hangs_on_portions) {
    const sim::MemoryHistory history = coin_ticks();
    const TapeRead honest = reader(time_bars(seconds(7)));
    const TapeRead read = [&](const ports::History& from, Timestamp to) {
        auto bars = honest(from, to);
        const auto chunk =
            (*from.read(coin_key(ports::SeriesKind::trade), kTimestampMin, kTimestampMax))->next();
        bars->columns[0][3] = static_cast<double>((*chunk)->rows);
        return bars;
    };
    const auto check = check_tape(history, read, {.cuts = 2});
    ASSERT_TRUE(check->parity.has_value());
    EXPECT_EQ(check->parity->row, 3U);
    EXPECT_EQ(check->parity->field, feature::Field::open);
}

}  // namespace
}  // namespace tradewind::research
