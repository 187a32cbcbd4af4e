// SPDX-License-Identifier: Apache-2.0
#include "risk/brakes.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/books.hpp"
#include "support/generators.hpp"
#include "support/must.hpp"

namespace tradewind::risk {
namespace {

using test::kFirst;
using test::kSecond;

constexpr StrategyId kMe{0};

/// Brakes over the books of two shares.
struct World {
    World(std::initializer_list<const char*> texts)
        : books(test::table_of({test::share("A.NYSE"), test::share("B.NYSE")}),
                {.base = kUsd, .kind = portfolio::AccountKind::margin, .strategies = 2}),
          orders({.instruments = 2, .strategies = 2}),
          watch(CalendarKind::always_open),
          brakes({books.instruments, books.market, orders, books.portfolio}, parsed(texts), 2) {}

    static std::vector<Brake> parsed(std::initializer_list<const char*> texts) {
        std::vector<Brake> out;
        for (const char* text : texts) out.push_back(test::must(parse_brake(text)));
        return out;
    }
    /// What fires as the account is worth that, `after` the mark before.
    std::vector<StateChange> worth(std::int64_t units, Duration after = minutes(1)) {
        now = now + after;
        watch.mark(now, whole_money(units));
        brakes.mark(now, watch);
        return take();
    }
    std::vector<StateChange> take() {
        std::vector<StateChange> out{brakes.fired().begin(), brakes.fired().end()};
        brakes.clear();
        return out;
    }

    test::Books books;
    orders::Orders orders;
    AccountWatch watch;
    Brakes brakes;
    Timestamp now = test::at("2024-03-01T15:00:00Z");
};

TEST(Brakes, fires_beyond_its_number_and_not_at_it) {
    World w{"drawdown > 10%: reducing"};
    EXPECT_TRUE(w.worth(1000).empty());
    EXPECT_TRUE(w.worth(900).empty());
    const auto fired = w.worth(899);
    ASSERT_EQ(fired.size(), 1U);
    EXPECT_EQ(fired[0].to, TradingState::reducing);
    EXPECT_EQ(to_string(fired[0].limit), "0.1");
    EXPECT_EQ(to_string(fired[0].actual), "0.101");
}

TEST(Brakes, fires_again_only_after_it_was_let_go) {
    World w{"drawdown > 10%: warn rearm 5%"};
    static_cast<void>(w.worth(1000));
    EXPECT_EQ(w.worth(880).size(), 1U);
    EXPECT_TRUE(w.worth(905).empty());  // below its number and not below rearm
    EXPECT_TRUE(w.worth(880).empty());
    const auto let_go = w.worth(960);
    ASSERT_EQ(let_go.size(), 1U);  // a warning stops nothing: it goes by itself
    EXPECT_EQ(let_go[0].to, TradingState::active);
    EXPECT_EQ(w.worth(880).size(), 1U);
}

TEST(Brakes, machines_never_loosen_what_stops_anything) {
    World w{"drawdown > 10%: reducing rearm 5%"};
    static_cast<void>(w.worth(1000));
    EXPECT_EQ(w.worth(880).size(), 1U);
    EXPECT_TRUE(w.worth(1200).empty());
}

TEST(Brakes, what_lapses_fires_again_while_its_condition_holds) {
    World w{"drawdown > 10%: close_only for 1h"};
    static_cast<void>(w.worth(1000));
    const auto fired = w.worth(880);
    ASSERT_EQ(fired.size(), 1U);
    EXPECT_EQ(fired[0].until, w.now + hours(1));
    EXPECT_TRUE(w.worth(870, minutes(59)).empty());
    EXPECT_EQ(w.worth(870, minutes(1)).size(), 1U);
}

TEST(Brakes, loss_is_counted_from_the_end_of_the_day_before) {
    World w{"loss > 3%: halted"};
    static_cast<void>(w.worth(1000));
    EXPECT_TRUE(w.worth(975).empty());
    EXPECT_TRUE(w.worth(960, hours(12)).empty());  // a new day: of 975
    EXPECT_EQ(w.worth(940).size(), 1U);
}

TEST(Brakes, windowed_drawdown_forgets_old_peaks) {
    World w{"drawdown > 10% per 2h: reducing"};
    static_cast<void>(w.worth(1000));
    EXPECT_TRUE(w.worth(950, hours(1)).empty());
    EXPECT_TRUE(w.worth(880, hours(1)).empty());  // of 950: 7.4 %
    EXPECT_EQ(w.worth(850, minutes(59)).size(), 1U);
}

TEST(Brakes, a_jump_of_equity_fires_either_way) {
    World w{"pnl_jump > 5%: halted"};
    static_cast<void>(w.worth(1000));
    EXPECT_TRUE(w.worth(1050).empty());
    EXPECT_EQ(w.worth(1110).size(), 1U);
}

TEST(Brakes, a_price_that_stands_still_while_it_is_held_is_stale) {
    World w{"stale > 10m: reducing for 10m"};
    w.books.trades_at(kFirst, test::price("100"), w.now);
    w.books.trades_at(kSecond, test::price("100"), w.now);
    w.books.fill(kMe, kSecond, Side::buy, whole_qty(1), test::price("100"));
    w.brakes.on_event(w.now + minutes(10));
    EXPECT_TRUE(w.take().empty());
    w.books.trades_at(kFirst, test::price("100"), w.now + minutes(11));
    w.brakes.on_event(w.now + minutes(11));
    const auto fired = w.take();
    ASSERT_EQ(fired.size(), 1U);
    EXPECT_EQ(fired[0].instrument, kSecond);
}

TEST(Brakes, a_gap_between_events_is_a_jump_of_the_clock) {
    World w{"clock_jump > 1h: halted"};
    w.brakes.on_event(w.now);
    w.brakes.on_event(w.now + hours(1));
    EXPECT_TRUE(w.take().empty());
    w.brakes.on_event(w.now + hours(3));
    EXPECT_EQ(w.take().size(), 1U);
}

TEST(Brakes, rejects_are_counted_within_their_window) {
    World w{"rejects > 2 per 1m: halted", "rejects > 1 per 1m of instrument: reducing"};
    w.brakes.on_reject(kMe, kFirst, w.now);
    w.brakes.on_reject(kMe, kSecond, w.now + seconds(1));
    EXPECT_TRUE(w.take().empty());
    w.brakes.on_reject(kMe, kFirst, w.now + seconds(59));
    const auto fired = w.take();
    ASSERT_EQ(fired.size(), 2U);
    EXPECT_EQ(fired[0].to, TradingState::halted);
    EXPECT_EQ(fired[1].instrument, kFirst);
}

TEST(Brakes, slippage_is_of_what_was_traded) {
    World w{"slippage > 0.5% per 1h: reducing"};
    w.brakes.on_fill(kMe, kFirst, w.now, {.cost = whole_money(4), .notional = whole_money(1000)});
    EXPECT_TRUE(w.take().empty());
    w.brakes.on_fill(kMe, kFirst, w.now, {.cost = whole_money(7), .notional = whole_money(1000)});
    EXPECT_EQ(w.take().size(), 1U);
}

TEST(Brakes, trades_cool_down_and_guard_an_instrument) {
    World w{"closed_trades > 0 per 1m of instrument: reducing for 2h",
            "losing_trades > 1 per 1d of instrument: close_only for 1d",
            "trade_losses > 2% per 1d of instrument: reducing for 1d"};
    static_cast<void>(w.worth(1000));
    w.brakes.on_trade(kMe, kFirst, w.now, whole_money(5));
    ASSERT_EQ(w.take().size(), 1U);
    w.brakes.on_trade(kMe, kFirst, w.now + hours(3), whole_money(-5));
    ASSERT_EQ(w.take().size(), 1U);  // cooled down by then, and does so again
    w.brakes.on_trade(kMe, kFirst, w.now + hours(6), whole_money(-21));
    EXPECT_EQ(w.take().size(), 3U);  // the second loss, of 2.1 % net in all
}

/// Between `low` and `high`, until `until`, no mark fires or lets go of anything: whoever passes
/// over such marks misses nothing.
RC_GTEST_PROP(BrakesProperty, marks_within_the_calm_change_nothing, ()) {
    World w{"drawdown > 7%: warn rearm 3%", "drawdown > 12%: reducing for 1h", "loss > 4%: warn"};
    for (int i = 0; i < 40; ++i) {
        const auto units = 800 + static_cast<std::int64_t>(test::draw_below(400));
        const Timestamp at = w.now + minutes(90);
        const CalmEquity calm = w.brakes.calm();
        const bool is_calm =
            whole_money(units) >= calm.low && whole_money(units) <= calm.high && at <= calm.until;
        const auto fired = w.worth(units, minutes(90));
        RC_ASSERT((!is_calm || fired.empty()));
    }
}

TEST(Brakes, losses_of_trades_are_of_the_equity_also_where_nothing_else_asks_for_it) {
    World w{"trade_losses > 2% per 1d of instrument: reducing for 1d"};
    w.worth(1000);
    w.brakes.on_trade(kMe, kFirst, w.now, whole_money(-15));
    EXPECT_TRUE(w.take().empty());
    w.brakes.on_trade(kMe, kFirst, w.now, whole_money(-6));
    const auto fired = w.take();
    ASSERT_EQ(fired.size(), 1U);
    EXPECT_EQ(to_string(fired[0].actual), "0.021");
}

}  // namespace
}  // namespace tradewind::risk
