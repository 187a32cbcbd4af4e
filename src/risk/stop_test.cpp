// SPDX-License-Identifier: Apache-2.0
#include "risk/stop.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "risk/stop_watch.hpp"
#include "support/books.hpp"
#include "support/generators.hpp"
#include "support/must.hpp"

namespace tradewind::risk {
namespace {

using test::kFirst;
using test::must;

TEST(Stop, reads_as_it_is_written) {
    for (const char* text : {"fixed 5%", "trailing 2.5%", "atr 3 x 14", "chandelier 2.5 x 22",
                             "volatility 2 x 20", "time 20 bars", "time 5d", "portfolio 10%"}) {
        EXPECT_EQ(to_string(must(parse_stop(text))), text);
    }
}

TEST(Stop, says_what_is_wrong) {
    const auto error = [](const char* text) {
        const auto read = parse_stop(text);
        return read ? std::string{"none"} : read.error();
    };
    EXPECT_EQ(error("trail 5%"),
              "'trail' is no stop; there are fixed, trailing, atr, chandelier, volatility, time, "
              "portfolio");
    EXPECT_EQ(error("fixed 5"), "'5': write a share above 0% and below 100%, such as 5%");
    EXPECT_EQ(error("fixed -5%"), "'-5%': write a share above 0% and below 100%, such as 5%");
    EXPECT_EQ(error("atr 3"), "write it as \"atr 3 x 14\": three times, over 14 bars");
    EXPECT_EQ(error("atr 3% x 14"), "'3%': write a multiple above 0, at most 100");
    EXPECT_EQ(error("atr 3 x 0"), "'0': write a number of bars from 1 to 10000");
    EXPECT_EQ(error("volatility 2 x 1"), "a deviation is of 2 bars at least");
    EXPECT_EQ(error("time 5"), "'5': write \"time 20 bars\" or a length of time, \"time 5d\"");
    EXPECT_EQ(error("fixed 5% of A"), "'fixed 5% of A': nothing is expected from 'of A' on");
}

/// A share in cents, and the stops of one strategy around it.
struct World {
    World(std::initializer_list<const char*> texts)
        : table(test::table_of({test::share("A.NYSE")})), watch(parsed(texts), table) {}

    static std::vector<Stop> parsed(std::initializer_list<const char*> texts) {
        std::vector<Stop> out;
        for (const char* text : texts) out.push_back(must(parse_stop(text)));
        return out;
    }
    void hold(std::int64_t units, double average) {
        if (units != 0) held = leg_of(units);
        watch.on_position({.instrument = kFirst,
                           .leg = held,
                           .qty = whole_qty(units),
                           .average = average,
                           .since = now});
    }
    /// A bar of a minute that begins now.
    void bar(double high, double low, double close) {
        const Bar bar{.instrument = kFirst,
                      .spec = time_bars(minutes(1)),
                      .open_ts = now,
                      .open = price(low),
                      .high = price(high),
                      .low = price(low),
                      .close = price(close)};
        now = now + minutes(1);
        watch.on_bar(bar);
        watch.on_move({.instrument = kFirst,
                       .high = bar.high,
                       .low = bar.low,
                       .close = bar.close,
                       .from = bar.open_ts});
    }
    [[nodiscard]] std::string level() const {
        const auto level = watch.level(kFirst, held);
        return level ? to_string(level->price) : "none";
    }
    static Leg leg_of(std::int64_t units) { return units > 0 ? Leg::long_leg : Leg::short_leg; }
    static Price price(double value) { return {std::llround(value * 1e9)}; }

    InstrumentTable table;
    StopWatch watch;
    Leg held = Leg::long_leg;
    Timestamp now = test::at("2024-03-01T15:00:00Z");
};

TEST(StopWatch, a_fixed_stop_lies_a_share_from_the_entry_on_the_tick_towards_the_market) {
    World w{"fixed 5%"};
    w.hold(10, 33.33);  // 31.6635
    EXPECT_EQ(w.level(), "31.67");
    w.bar(50, 33, 50);
    EXPECT_EQ(w.level(), "31.67");
    World s{"fixed 5%"};
    s.hold(-10, 33.33);  // 34.9965
    EXPECT_EQ(s.level(), "34.99");
}

TEST(StopWatch, a_trailing_stop_follows_the_best_price_and_never_goes_back) {
    World w{"trailing 10%"};
    w.hold(10, 100);
    EXPECT_EQ(w.level(), "90");
    w.bar(120, 95, 110);
    EXPECT_EQ(w.level(), "108");
    w.bar(112, 109, 109);
    EXPECT_EQ(w.level(), "108");
    World s{"trailing 10%"};
    s.hold(-10, 100);
    s.bar(105, 80, 90);
    EXPECT_EQ(s.level(), "88");
}

TEST(StopWatch, of_the_bar_in_which_it_was_entered_the_close_alone_counts) {
    World w{"trailing 10%"};
    const Timestamp opened = w.now;
    w.now = opened + seconds(30);
    w.hold(10, 100);
    w.now = opened;
    w.bar(120, 95, 102);
    EXPECT_EQ(w.level(), "91.8");
    w.bar(130, 102, 129);
    EXPECT_EQ(w.level(), "117");
}

TEST(StopWatch, ranges_are_wilders_and_an_atr_stop_keeps_those_of_the_entry) {
    World w{"atr 2 x 2", "chandelier 2 x 2"};
    w.bar(11, 10, 10);  // range 1
    w.bar(12, 10, 12);  // 2: mean 1.5
    w.bar(15, 13, 14);  // true range 3 from the close before: 1.5/2 + 3/2 = 2.25
    w.hold(10, 14);     // atr: 14 - 4.5; chandelier the same so far
    EXPECT_EQ(w.level(), "9.5");
    EXPECT_EQ(w.watch.level(kFirst, Leg::long_leg)->stop, 0U);
    w.bar(14.5, 14, 14);  // true range 0.5: 1.375; best 14.5: 11.75
    EXPECT_EQ(w.level(), "11.75");
    EXPECT_EQ(w.watch.level(kFirst, Leg::long_leg)->stop, 1U);
}

TEST(StopWatch, with_no_bar_yet_the_first_range_stands_for_that_of_the_entry) {
    World w{"atr 2 x 14"};
    w.hold(10, 100);
    EXPECT_EQ(w.level(), "none");
    w.bar(102, 99, 101);
    EXPECT_EQ(w.level(), "94");
    w.bar(140, 101, 140);
    EXPECT_EQ(w.level(), "94");
}

TEST(StopWatch, a_volatility_stop_lies_deviations_of_log_returns_away) {
    World w{"volatility 2 x 3"};
    for (const double close : {100.0, 102.0, 101.0, 103.0}) w.bar(close, close, close);
    const double r[] = {std::log(1.02), std::log(101.0 / 102), std::log(103.0 / 101)};
    const double mean = (r[0] + r[1] + r[2]) / 3;
    double squares = 0;
    for (const double one : r) squares += (one - mean) * (one - mean);
    w.hold(1, 103);
    const double exact = 103 * std::exp(-2 * std::sqrt(squares / 2));
    EXPECT_EQ(w.level(), to_string(*round_to_tick(exact, World::price(0.01), TickRounding::up)));
}

TEST(StopWatch, time_is_counted_in_bars_or_by_the_clock) {
    World w{"time 2 bars", "time 1h"};
    w.hold(10, 100);
    w.bar(101, 99, 100);
    EXPECT_FALSE(w.watch.due(kFirst, Leg::long_leg, w.now));
    EXPECT_EQ(w.watch.due(kFirst, Leg::long_leg, w.now + hours(1)), 1U);
    w.bar(101, 99, 100);
    EXPECT_EQ(w.watch.due(kFirst, Leg::long_leg, w.now), 0U);
    w.hold(0, 0);
    EXPECT_FALSE(w.watch.due(kFirst, Leg::long_leg, w.now));
}

TEST(StopWatch, a_split_moves_all_prices_with_it) {
    World w{"trailing 10%", "chandelier 1 x 3"};
    w.bar(104, 96, 100);
    w.hold(10, 100);
    w.bar(110, 100, 108);
    EXPECT_EQ(w.level(), "101");  // 110 less a range of 9
    w.watch.on_split(kFirst, 2, 1);
    w.hold(20, 50);
    EXPECT_EQ(w.level(), "50.5");
    w.bar(60, 54, 58);  // range 6: (4.5 x 2 + 6) / 3 = 5
    EXPECT_EQ(w.level(), "55");
}

TEST(StopWatch, what_is_turned_or_opened_again_starts_anew) {
    World w{"trailing 10%"};
    w.hold(10, 100);
    w.bar(150, 100, 150);
    EXPECT_EQ(w.level(), "135");
    w.hold(0, 0);
    EXPECT_EQ(w.level(), "none");
    w.hold(10, 100);
    EXPECT_EQ(w.level(), "90");
    // adding to it keeps what was reached, and a dearer mean does not move a trail
    w.bar(120, 100, 120);
    w.hold(20, 110);
    EXPECT_EQ(w.level(), "108");
}

TEST(StopWatch, losses_of_all_positions_set_off_a_portfolio_stop) {
    World w{"fixed 5%", "portfolio 10%"};
    EXPECT_TRUE(w.watch.watches_losses());
    EXPECT_FALSE(w.watch.due_at_loss(0.0999));
    EXPECT_EQ(w.watch.due_at_loss(0.1), 1U);
}

/// Whatever the market does and however the position grows, no level moves away from it.
RC_GTEST_PROP(StopWatch, a_level_never_loosens, ()) {
    World w{"fixed 4%", "trailing 7%", "atr 2 x 5", "chandelier 2.5 x 5", "volatility 3 x 6"};
    const bool is_long = *rc::gen::arbitrary<bool>();
    const std::int64_t sign = is_long ? 1 : -1;
    double close = 100;
    const auto step = [&] {
        const double move = static_cast<double>(test::draw_below(1001)) / 10000 - 0.05;
        const double before = close;
        close *= 1 + move;
        const double spread = 1 + static_cast<double>(test::draw_below(300)) / 10000;
        w.bar(std::max(before, close) * spread, std::min(before, close) / spread, close);
    };
    for (std::size_t i = test::draw_below(8); i > 0; --i) step();
    std::int64_t units = 1;
    w.hold(sign, close);
    std::optional<Price> before;
    for (int i = 0; i < 40; ++i) {
        if (test::draw_below(4) == 0) w.hold(sign * ++units, close * 1.01);
        step();
        const auto level = w.watch.level(kFirst, w.held);
        RC_ASSERT(level.has_value());
        const bool is_kept =
            !before || (is_long ? level->price >= *before : level->price <= *before);
        RC_ASSERT(is_kept);
        before = level->price;
    }
}

}  // namespace
}  // namespace tradewind::risk
