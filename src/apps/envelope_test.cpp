// SPDX-License-Identifier: Apache-2.0
// A strategy with a stop and a target over bars that hold both.
#include "research/envelope.hpp"

#include <gtest/gtest.h>

#include <array>

#include "signal/registry.hpp"
#include "sim/memory_history.hpp"

namespace tradewind::apps {
namespace {

/// Buys 100 at 101.01 (a tick above the high of the two bars before); stop-loss 98.98 (2 % below),
/// target 103.04 (2 % above).
class Breakout {
public:
    explicit Breakout(std::vector<std::array<double, 4>> bars) {
        Instrument instrument = *default_instrument("TEST.NYSE");
        instrument.calendar = CalendarKind::always_open;
        instruments_.add(instrument);
        const ports::SeriesKey key{
            .symbol = "TEST.NYSE", .kind = ports::SeriesKind::bar, .spec = time_bars(days(1))};
        ports::Columns rows{ports::SeriesKind::bar};
        for (std::size_t i = 0; i < bars.size(); ++i) {
            rows.columns[0].push_back(days(static_cast<std::int64_t>(i)).ns);
            for (std::size_t c = 0; c < 4; ++c) {
                rows.columns[c + 1].push_back(
                    round_to_tick(bars[i][c], Price{10'000'000}, TickRounding::nearest)->raw);
            }
            rows.columns[5].push_back(whole_qty(1'000'000).raw);
        }
        history_.add_instrument(instrument);
        history_.add_series(key, std::move(rows));
    }

    [[nodiscard]] research::BacktestInput input(const sim::AmbiguityModel& model) const {
        const std::array traded{InstrumentId{0}};
        const signal::Params params{
            {{"entry", "2"}, {"stop", "0.02"}, {"target", "0.02"}, {"size", "100"}}};
        auto strategy = signal::make_built_in(
            "bracket-breakout", {.instruments = instruments_, .traded = traded, .params = params});
        EXPECT_TRUE(strategy.has_value());
        research::BacktestInput out{.instruments = instruments_,
                                    .history = history_,
                                    .world = {},
                                    .engine = {},
                                    .strategies = {}};
        out.world.deposits = {{.currency = kUsd, .amount = whole_money(100'000)}};
        out.world.ambiguity = model;
        out.strategies.push_back({.name = "test",
                                  .strategy = std::move(*strategy),
                                  .instruments = {InstrumentId{0}},
                                  .bars = {}});
        return out;
    }
    [[nodiscard]] research::Envelope envelope() const {
        const auto result = research::run_backtest(input({}));
        EXPECT_TRUE(result.has_value());
        const auto out = research::envelope_of(
            *result,
            [&](const sim::AmbiguityModel& model)
                -> std::expected<research::BacktestInput, std::string> { return input(model); },
            {.draws = 200});
        EXPECT_TRUE(out.has_value());
        return *out;
    }

private:
    InstrumentTable instruments_;
    sim::MemoryHistory history_;
};

constexpr std::array<double, 4> kFlat{100, 101, 99, 100};

/// The entry fills in the third bar, which closes at 102; the fourth opens there and holds both
/// exits: 3.02 down to the stop, 1.04 up to the target.
TEST(Envelope, spans_what_stop_and_target_in_one_bar_leave_open) {
    const research::Envelope envelope =
        Breakout{{kFlat, kFlat, {100, 102.5, 100, 102}, {102, 104, 98, 100}, {90, 90, 90, 90}}}
            .envelope();
    EXPECT_DOUBLE_EQ(envelope.pessimistic, 100'000 + 100 * (98.98 - 101.01));
    EXPECT_DOUBLE_EQ(envelope.optimistic, 100'000 + 100 * (103.04 - 101.01));
    EXPECT_EQ(envelope.draws, 200U);
    // The target comes first with probability 3.02 / 4.06 = 0.744; four standard deviations of the
    // mean of 200 throws of 406 are 50.
    EXPECT_NEAR(envelope.expected, envelope.pessimistic + 0.744 * 406, 50);
    EXPECT_DOUBLE_EQ(*envelope.share, 406.0 / 203.0);
}

TEST(Envelope, is_one_point_where_nothing_is_left_open) {
    const research::Envelope envelope =
        Breakout{{kFlat, kFlat, {100, 102.5, 100, 102}, {102, 104, 101, 103}, {90, 90, 90, 90}}}
            .envelope();
    EXPECT_DOUBLE_EQ(envelope.pessimistic, 100'203);
    EXPECT_DOUBLE_EQ(envelope.optimistic, envelope.pessimistic);
    EXPECT_DOUBLE_EQ(envelope.expected, envelope.pessimistic);
    EXPECT_EQ(envelope.draws, 0U);
    EXPECT_DOUBLE_EQ(*envelope.share, 0);
}

}  // namespace
}  // namespace tradewind::apps
