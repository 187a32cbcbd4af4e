// SPDX-License-Identifier: Apache-2.0
#include "signal/sizer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "support/books.hpp"
#include "support/must.hpp"

namespace tradewind::signal {
namespace {

using test::kFirst;
using test::must;

TEST(Sizer, reads_as_it_is_written) {
    for (const char* text : {"share 30%", "risk 1% at atr 3 x 14", "risk 0.5% at 5%",
                             "volatility 15% over 60 most 100%",
                             "volatility 10% over 20 most 250% until drawdown 30%"}) {
        EXPECT_EQ(to_string(must(parse_sizing(text))), text);
    }
    EXPECT_EQ(to_string(must(parse_sizing("volatility 15% over 60"))),
              "volatility 15% over 60 most 100%");
}

TEST(Sizer, says_what_is_wrong) {
    const auto error = [](const char* text) {
        const auto read = parse_sizing(text);
        return read ? std::string{"none"} : read.error();
    };
    EXPECT_EQ(error("kelly 50%"),
              "'kelly' is no way to size; there are share, risk and volatility");
    EXPECT_EQ(error("share 30"), "'30': write a share above 0%, at most 10000%, such as 5%");
    EXPECT_EQ(error("risk 1%"), "write it as \"risk 1% at atr 3 x 14\" or \"risk 1% at 5%\"");
    EXPECT_EQ(error("volatility 15%"),
              "write it as \"volatility 15% over 60\": a year's, of 60 bars");
    EXPECT_EQ(error("share 30% until 5%"), "write it as \"until drawdown 30%\"");
    EXPECT_EQ(error("share 30% now"), "'share 30% now': nothing is expected from 'now' on");
}

/// A share in whole units, sized in an account of 100,000 at 50.
struct World {
    explicit World(const char* text)
        : table(test::table_of({test::share("A.NYSE")})),
          sizer(must(parse_sizing(text)), table, CalendarKind::us_equity, 252) {}

    void bar(double high, double low, double close, Duration step = days(1)) {
        sizer.on_bar({.instrument = kFirst,
                      .spec = time_bars(step),
                      .open = price(low),
                      .high = price(high),
                      .low = price(low),
                      .close = price(close)});
    }
    [[nodiscard]] std::string size(double equity = 100'000) const {
        const auto full = sizer.full(kFirst, {.price = 50, .equity = equity, .point_value = 1});
        return full ? to_string(*full) : "none";
    }
    static Price price(double value) { return {std::llround(value * 1e9)}; }

    InstrumentTable table;
    Sizer sizer;
};

TEST(Sizer, a_share_is_notional_and_cut_to_whole_lots) {
    EXPECT_EQ(World{"share 30%"}.size(), "600");
    EXPECT_EQ(World{"share 30%"}.size(99'999), "599");
    EXPECT_EQ(World{"share 30%"}.size(-5), "0");
}

TEST(Sizer, a_stopped_trade_loses_the_risk) {
    EXPECT_EQ(World{"risk 1% at 5%"}.size(), "400");  // 1000 / 2.5
    World w{"risk 1% at atr 2 x 2"};
    w.bar(51, 49, 50);
    EXPECT_EQ(w.size(), "none");
    w.bar(52, 49, 50);  // mean range 2.5: 1000 / 5
    EXPECT_EQ(w.size(), "200");
    w.sizer.on_split(kFirst, 0.5);
    EXPECT_EQ(w.size(), "400");
}

TEST(Sizer, volatility_is_a_years_by_the_bars_of_a_day) {
    const double up = std::log(1.01), down = -up;
    const double deviation = std::sqrt((up * up + down * down) / 1);
    const auto play = [](World& w, Duration step) {
        for (const double close : {50.0, 50.5, 50.0}) w.bar(close, close, close, step);
        return w.size();
    };
    World daily{"volatility 10% over 2 most 1000%"};
    const double units = 100'000 * 0.1 / (deviation * std::sqrt(252.0)) / 50;
    EXPECT_EQ(play(daily, days(1)), std::to_string(static_cast<int>(units)));
    World quarters{"volatility 10% over 2 most 1000%"};
    const double fewer = units / std::sqrt(26.0);  // quarters of an hour in six and a half
    EXPECT_EQ(play(quarters, minutes(15)), std::to_string(static_cast<int>(fewer)));
    World capped{"volatility 90% over 2"};
    EXPECT_EQ(play(capped, days(1)), "2000");
}

TEST(Sizer, gets_smaller_in_a_drawdown_and_comes_to_nothing) {
    World w{"share 50% until drawdown 20%"};
    w.sizer.on_equity(100'000);
    EXPECT_EQ(w.size(), "1000");
    EXPECT_EQ(w.size(90'000), "500");  // (0.9 - 0.8) / (0.9 x 0.2) of 900
    EXPECT_EQ(w.size(80'000), "0");
    w.sizer.on_equity(90'000);
    EXPECT_EQ(w.size(90'000), "500");
}

}  // namespace
}  // namespace tradewind::signal
