// SPDX-License-Identifier: Apache-2.0
#include "sim/price_limits.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim {
namespace {

using testing::lines_of;
using testing::play;
using testing::Scenario;

Price price(std::string_view text) { return parse_price(text).value(); }
Timestamp at(std::string_view text) { return parse_timestamp(text).value(); }

Instrument share(CalendarKind calendar) {
    Instrument out;
    out.symbol = "AAA.SIM";
    out.quote = out.settlement = kUsd;
    out.calendar = calendar;
    return out;
}

std::string text_of(std::optional<PriceRange> range) {
    return range ? to_string(range->lowest) + " " + to_string(range->highest) : "none";
}

// --- the band
// ---------------------------------------------------------------------------------------

TEST(PriceBand, hangs_on_the_last_price_of_the_session_before_over_a_holiday_and_a_half_day) {
    // 2024: Thanksgiving on 11-28, a half day on 11-29 (13:00 New York is 18:00 UTC).
    PriceBand band{*parse_price_limit("*:10%"), share(CalendarKind::us_equity)};
    EXPECT_EQ(text_of(band.at(at("2024-11-27T15:00Z"))), "none");  // no session was seen to end
    band.saw(price("100.05"), at("2024-11-27T15:00Z"));
    band.saw(price("103.33"), at("2024-11-27T20:59Z"));
    EXPECT_EQ(text_of(band.at(at("2024-11-27T20:59Z"))), "none");
    // Closed: what the next session will be bound by. 92.997 and 113.663 onto the cent, inward.
    EXPECT_EQ(text_of(band.at(at("2024-11-27T21:00Z"))), "93 113.66");
    EXPECT_EQ(text_of(band.at(at("2024-11-28T15:00Z"))), "93 113.66");
    EXPECT_EQ(text_of(band.at(at("2024-11-29T14:30Z"))), "93 113.66");
    band.saw(price("110"), at("2024-11-29T17:00Z"));
    EXPECT_EQ(text_of(band.at(at("2024-11-29T17:59:59Z"))), "93 113.66");
    EXPECT_EQ(text_of(band.at(at("2024-11-29T18:00Z"))), "99 121");  // closed at 13:00
    EXPECT_EQ(text_of(band.at(at("2024-12-02T14:30Z"))), "99 121");
}

TEST(PriceBand, moves_with_the_last_price_or_stays_where_it_is) {
    PriceBand last{*parse_price_limit("*:20%/10%:last"), share(CalendarKind::always_open)};
    EXPECT_EQ(text_of(last.at(at("2024-01-01"))), "none");
    last.saw(price("50"), at("2024-01-01"));
    EXPECT_EQ(text_of(last.at(at("2024-01-01"))), "45 60");
    last.saw(price("60"), at("2024-01-01T00:01Z"));
    EXPECT_EQ(text_of(last.at(at("2024-01-01T00:01Z"))), "54 72");
    PriceBand fixed{*parse_price_limit("*:0.5:30"), share(CalendarKind::always_open)};
    fixed.saw(price("50"), at("2024-01-01"));
    EXPECT_EQ(text_of(fixed.at(at("2024-01-01"))), "29.5 30.5");
}

TEST(PriceBand, lies_around_negative_prices_and_never_beyond_all_prices) {
    PriceBand oil{*parse_price_limit("*:10%:-40"), share(CalendarKind::always_open)};
    EXPECT_EQ(text_of(oil.at({})), "-44 -36");
    PriceBand wide{*parse_price_limit("*:90000%:9000000000"), share(CalendarKind::always_open)};
    ASSERT_TRUE(wide.at({}).has_value());
    EXPECT_GT(wide.at({})->highest, price("9200000000"));
}

TEST(PriceBand, is_restated_by_a_split) {
    PriceBand band{*parse_price_limit("*:10%:last"), share(CalendarKind::always_open)};
    band.saw(price("90"), {});
    band.restate({.kind = CorporateActionKind::split, .new_shares = 3, .old_shares = 1});
    EXPECT_EQ(text_of(band.at({})), "27 33");
}

TEST(PriceLimit, is_read_from_text) {
    const auto limit = parse_price_limit("ES.CME:7%/3.5%:last");
    ASSERT_TRUE(limit.has_value());
    EXPECT_EQ(*limit, (PriceLimit{.symbol = "ES.CME",
                                  .is_share = true,
                                  .up = 70'000'000,
                                  .down = 35'000'000,
                                  .reference = LimitReference::last}));
    for (const char* bad : {"", "X", "X:", ":10%", "X:ten", "X:-1", "X:0", "X:10%/5", "X:10%/",
                            "X:10%:open", "X:10%:", "X:1%:2:3", "X:1/2/3", "X:0.000000001%"}) {
        EXPECT_FALSE(parse_price_limit(bad).has_value()) << bad;
    }
}

TEST(PriceLimit, of_an_unknown_instrument_or_twice_is_a_fault) {
    InstrumentTable table;
    table.add(share(CalendarKind::always_open));
    const std::vector<PriceLimit> unknown{*parse_price_limit("BBB.SIM:1%")};
    EXPECT_EQ(fault_of(unknown, table), "price limit of BBB.SIM: the run has no such instrument");
    const std::vector<PriceLimit> twice{*parse_price_limit("*:1%"), *parse_price_limit("*:2%")};
    EXPECT_EQ(fault_of(twice, table), "price limit of *: there is a second one; keep one");
}

TEST(PriceLimit, tells_all_of_itself) {
    const auto line = [](std::string_view text) {
        return describe(std::vector{*parse_price_limit(text)}).front();
    };
    EXPECT_NE(line("*:1%"), line("*:1%:last"));
    EXPECT_NE(line("*:1%:5"), line("*:1%:6"));
    EXPECT_NE(line("*:1%"), line("*:1"));
    EXPECT_NE(line("*:1%/2%"), line("*:1%/3%"));
    EXPECT_NE(line("*:1%"), line("X.NYSE:1%"));
}

TEST(PriceLimit, is_refused_by_modes_that_do_not_know_it) {
    Scenario scenario{.market = "bar 0 100 101 99 100 1000", .orders = ""};
    scenario.settings.price_limits = {*parse_price_limit("*:1%")};
    scenario.settings.fills = FillMode::backtrader;
    EXPECT_EQ(play(scenario).reports.front(),
              "fill mode backtrader knows no price limits; say strict");
}

// --- orders
// -----------------------------------------------------------------------------------------

struct Case {
    const char* name;
    const char* limit;
    const char* market;
    const char* orders;
    const char* reports;
};

class Bound : public ::testing::TestWithParam<Case> {};

TEST_P(Bound, strict) {
    Scenario scenario{.market = GetParam().market, .orders = GetParam().orders};
    scenario.settings.account = AccountKind::margin;
    scenario.settings.price_limits = {*parse_price_limit(GetParam().limit)};
    if (std::string_view{GetParam().name}.starts_with("slippage")) {
        scenario.settings.slippage = {.kind = SlippageKind::ticks, .value = 20 * base::kDecimalOne};
    }
    EXPECT_EQ(play(scenario).reports, lines_of(GetParam().reports));
}

constexpr Case kCases[] = {
    {"limits_beyond_are_rejected_on_either_side", "*:5%:100",
     R"(bar 0 100 101 99 100 1000
        bar 1 100 101 99 100 1000)",
     R"(1 buy 1 1 limit 105
        1 buy 2 1 limit 105.01
        1 sell 3 1 limit 105.01
        1 buy 4 1 limit 94.99
        1 sell 5 1 stop_limit 95 94.99)",
     R"(1:00 1 accepted
        1:00 2 rejected price_limit
        1:00 3 rejected price_limit
        1:00 4 rejected price_limit
        1:00 5 rejected price_limit
        1:00 1 filled 1@100 taker)"},
    {"replacement_beyond_is_refused_and_the_order_stays", "*:5%:100",
     R"(bar 0 100 101 99 100 1000
        bar 1 100 101 99 100 1000
        bar 2 97 101 95.5 100 1000)",
     R"(1 buy 1 1 limit 96
        1 replace 1 limit=94)",
     R"(1:00 1 accepted
        1:00 1 replace_rejected price_limit
        3:00 1 filled 1@96 maker)"},
    {"trigger_beyond_waits", "*:5%:100",
     R"(bar 0 100 101 99 100 1000
        bar 1 100 101 99 100 1000)",
     "1 sell 1 1 stop_market 90",
     R"(1:00 1 accepted
        2:00 1 canceled end_of_data)"},
    {"at_the_lock_buyers_wait_and_sellers_sell", "*:5%:100",
     R"(bar 0 100 101 99 100 1000
        bar 1 105 105 105 105 1000
        bar 2 105 105 104 104.5 1000
        bar 3 103 104 102 103 1000)",
     R"(1 buy 1 10 market
        1 sell 2 10 market
        1 buy 3 10 market ioc)",
     R"(1:00 1 accepted
        1:00 2 accepted
        1:00 3 accepted
        1:00 2 filled 10@105 taker
        1:00 3 canceled no_liquidity
        3:00 1 filled 10@104.5 taker)"},
    {"stop_that_gaps_into_the_lock_waits_for_somebody", "*:5%:100",
     R"(bar 0 100 101 99 100 1000
        bar 1 100 101 99 100 1000
        bar 2 95 95 95 95 1000
        bar 3 96 97 95.5 96 1000)",
     "1 sell 1 10 stop_market 98",
     R"(1:00 1 accepted
        2:00 1 triggered
        3:00 1 filled 10@96 taker)"},
    {"limit_that_rests_at_the_end_of_the_band_fills_once_it_is_traded_through", "*:5%:100",
     R"(bar 0 100 101 99 100 1000
        bar 1 105 105 105 105 1000
        bar 2 105 105 104 104.5 1000)",
     "1 buy 1 10 limit 105",
     R"(1:00 1 accepted
        3:00 1 filled 10@105 maker)"},
    {"what_is_printed_beyond_the_band_fills_nobody", "*:5%:100",
     R"(bar 0 100 101 99 100 1000
        bar 1 107 108 106 107 1000
        bar 2 104 104 103 104 1000)",
     "1 sell 1 10 market",
     R"(1:00 1 accepted
        2:00 1 filled 10@104 taker)"},
    {"slippage_stops_at_the_end_of_the_band", "*:5%:100",
     R"(bar 0 100 101 99 100 1000
        bar 1 104.9 105 104 104.5 1000)",
     "1 buy 1 10 market",
     R"(1:00 1 accepted
        1:00 1 filled 10@105 taker from 104.9)"},
    {"shown_offers_at_the_end_of_the_band_are_taken", "*:5%:100",
     R"(quote 1 104 105 5 5
        quote 2 104 105.5 5 5
        quote 3 104 105 5 9)",
     R"(0 buy 1 5 market
        1 buy 2 5 market)",
     R"(1:00 1 accepted
        1:00 2 accepted
        1:00 1 filled 5@105 taker
        3:00 2 filled 5@105 taker)"},
    {"band_moves_with_the_last_price", "*:1%:last",
     R"(bar 0 100 101 99 100 1000
        bar 1 100 102 99 101.5 1000
        bar 2 102.4 103 102 102.5 1000)",
     R"(1 buy 1 1 limit 101.5
        2 buy 2 1 limit 102.51
        2 sell 3 1 limit 102.6)",
     R"(1:00 1 rejected price_limit
        2:00 2 accepted
        2:00 3 rejected price_limit
        2:00 2 filled 1@102.4 taker)"},
    {"books_are_taken_up_to_the_end_of_the_band", "*:2%:100",
     R"(book 1 bid 99 5 ask 101 5 ask 102 5 ask 103 5
        levels 2 bid 99 6)",
     "1 buy 1 12 market",
     R"(1:00 1 accepted
        1:00 1 partially_filled 5@101 taker
        1:00 1 partially_filled 5@102 taker
        2:00 1 canceled end_of_data)"},
};

INSTANTIATE_TEST_SUITE_P(, Bound, ::testing::ValuesIn(kCases),
                         [](const auto& chosen) { return std::string(chosen.param.name); });

}  // namespace
}  // namespace tradewind::sim
