// SPDX-License-Identifier: Apache-2.0
#include "sim/carry.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim {
namespace {

using testing::lines_of;
using testing::play;
using testing::Scenario;
using Lines = std::vector<std::string>;

Rate rate(std::string_view text) { return parse_rate(text).value(); }
Price price(std::string_view text) { return parse_price(text).value(); }
Timestamp at(std::string_view text) { return parse_timestamp(text).value(); }

/// An account with what a test puts into it, and its carry.
struct Desk {
    InstrumentTable table;
    std::optional<Account> account;

    InstrumentId add(std::string_view symbol) {
        return table.add(*default_instrument(symbol)).value();
    }
    void open() { account.emplace(table, AccountKind::margin); }
    void hold(InstrumentId id, std::int64_t units, std::string_view at_price) {
        account->mark(id) = price(at_price);
        account->apply({.instrument = id,
                        .side = units > 0 ? Side::buy : Side::sell,
                        .price = price(at_price),
                        .qty = abs(whole_qty(units)),
                        .fee = {}});
    }
    /// Everything that accrues in `count` instants after `from`.
    [[nodiscard]] Lines accrued(const CarrySettings& settings, std::string_view from,
                                int count) const {
        Carry carry{table, settings};
        carry.start(at(from));
        Lines out;
        for (int i = 0; i < count; ++i) {
            const std::string when = to_string(carry.next());
            for (const CashFlow& flow : carry.take_due(*account)) {
                out.push_back(when + " " + std::string{to_string(flow.reason)} + " " +
                              to_string(flow.amount) + " " + to_string(flow.currency));
            }
        }
        return out;
    }
};

// --- borrow -------------------------------------------------------------------------------------

/// 100 x 50 x 0.36 / 360 = 5 a day.
TEST(Carry, charges_a_days_borrow_cost_on_what_is_short_at_midnight) {
    Desk desk;
    const auto gme = desk.add("GME.NYSE"), ko = desk.add("KO.NYSE"), pep = desk.add("PEP.NASDAQ");
    desk.open();
    desk.hold(gme, -100, "50");
    desk.hold(ko, -10, "36");
    desk.hold(pep, 10, "100");
    const CarrySettings settings{
        .borrow = {
            {.symbol = "*", .rates = {{.from = kTimestampMin, .a_year = rate("0.01")}}},
            {.symbol = "GME.NYSE", .rates = {{.from = kTimestampMin, .a_year = rate("0.36")}}}}};
    EXPECT_EQ(desk.accrued(settings, "2024-01-05T15:00:00Z", 2),
              (Lines{"2024-01-06T00:00:00Z borrow_cost -5 USD",
                     "2024-01-06T00:00:00Z borrow_cost -0.01 USD",
                     "2024-01-07T00:00:00Z borrow_cost -5 USD",
                     "2024-01-07T00:00:00Z borrow_cost -0.01 USD"}));
}

TEST(Carry, follows_a_recorded_rate_and_charges_nothing_before_it) {
    Desk desk;
    const auto gme = desk.add("GME.NYSE");
    desk.open();
    desk.hold(gme, -100, "50");
    CarrySettings settings{
        .borrow = {{.symbol = "GME.NYSE",
                    .rates = {{.from = at("2024-01-03"), .a_year = rate("0.365")},
                              {.from = at("2024-01-04"), .a_year = rate("0.73")}}}}};
    settings.year_days = 365;
    EXPECT_EQ(desk.accrued(settings, "2024-01-01", 3),
              (Lines{"2024-01-03T00:00:00Z borrow_cost -5 USD",
                     "2024-01-04T00:00:00Z borrow_cost -10 USD"}));
}

// --- interest -----------------------------------------------------------------------------------

TEST(Carry, pays_interest_on_what_is_there_and_charges_it_on_what_is_owed) {
    Desk desk;
    const auto spy = desk.add("SPY.ARCA");
    desk.open();
    const CarrySettings settings{
        .interest = {{.currency = kUsd, .debit = rate("0.072"), .credit = rate("0.036")}}};
    desk.account->add(kUsd, whole_money(10'000));
    EXPECT_EQ(desk.accrued(settings, "2024-01-01", 1),
              Lines{"2024-01-02T00:00:00Z interest 1 USD"});
    desk.hold(spy, 200, "100");
    EXPECT_EQ(desk.accrued(settings, "2024-01-01", 1),
              Lines{"2024-01-02T00:00:00Z interest -2 USD"});
}

/// Cash of a derivative holds its cost, and what a short was sold for is collateral: neither is a
/// balance.
TEST(Carry, takes_neither_a_derivatives_cost_nor_a_shorts_proceeds_for_a_balance) {
    Desk desk;
    const auto es = desk.add("ES.CME"), gme = desk.add("GME.NYSE");
    desk.open();
    const CarrySettings settings{
        .interest = {{.currency = kUsd, .debit = rate("0.072"), .credit = rate("0.036")}}};
    desk.account->add(kUsd, whole_money(10'000));
    desk.hold(es, 5, "4000");
    desk.hold(gme, -100, "50");
    EXPECT_EQ(desk.accrued(settings, "2024-01-01", 1),
              Lines{"2024-01-02T00:00:00Z interest 1 USD"});
}

// --- rollover -----------------------------------------------------------------------------------

/// Five rolls a week for seven nights, at 17:00 New York on either side of daylight saving, which
/// began on 2024-03-10.
TEST(Carry, rolls_currency_pairs_at_five_in_new_york_and_three_nights_on_wednesday) {
    Desk desk;
    const auto eurusd = desk.add("EURUSD.FX");
    desk.open();
    desk.hold(eurusd, 100'000, "1.1");
    const CarrySettings settings{.swaps = {{.symbol = "EURUSD.FX",
                                            .for_long = {price("-0.00008").raw},
                                            .for_short = {price("0.00002").raw}}}};
    EXPECT_EQ(
        desk.accrued(settings, "2024-03-06T00:00:00Z", 6),
        (Lines{"2024-03-06T22:00:00Z rollover -24 USD", "2024-03-07T22:00:00Z rollover -8 USD",
               "2024-03-08T22:00:00Z rollover -8 USD", "2024-03-11T21:00:00Z rollover -8 USD",
               "2024-03-12T21:00:00Z rollover -8 USD", "2024-03-13T21:00:00Z rollover -24 USD"}));
    desk.hold(eurusd, -200'000, "1.1");
    EXPECT_EQ(desk.accrued(settings, "2024-03-11T00:00:00Z", 1),
              Lines{"2024-03-11T21:00:00Z rollover 2 USD"});
}

/// 110,000 x (0.02 - 0.056) / 360 = -11, and a markup of 110,000 x 0.0036 / 360 = 1.1 either way.
TEST(Carry, rolls_at_the_difference_of_deposit_rates_where_there_are_no_points) {
    Desk desk;
    const auto eurusd = desk.add("EURUSD.FX");
    desk.open();
    desk.hold(eurusd, 100'000, "1.1");
    const CarrySettings settings{
        .deposit_rates = {{.currency = Currency::parse("EUR").value(), .a_year = rate("0.02")},
                          {.currency = kUsd, .a_year = rate("0.056")}},
        .rollover_markup = rate("0.0036")};
    EXPECT_EQ(desk.accrued(settings, "2024-01-01T00:00:00Z", 1),
              Lines{"2024-01-01T22:00:00Z rollover -12.1 USD"});
    desk.hold(eurusd, -200'000, "1.1");
    EXPECT_EQ(desk.accrued(settings, "2024-01-01T00:00:00Z", 1),
              Lines{"2024-01-01T22:00:00Z rollover 9.9 USD"});
}

TEST(Carry, says_what_is_wrong_with_its_settings) {
    Desk desk;
    desk.add("GME.NYSE");
    EXPECT_EQ(fault_of(CarrySettings{.borrow = {{.symbol = "AMC.NYSE", .rates = {}}}}, desk.table),
              "borrow cost of AMC.NYSE: the run has no such instrument");
    EXPECT_EQ(
        fault_of(CarrySettings{.swaps = {{.symbol = "GME.NYSE", .for_long = {}, .for_short = {}}}},
                 desk.table),
        "swap points of GME.NYSE: the run has no such currency pair");
    EXPECT_EQ(fault_of(CarrySettings{.year_days = 364}, desk.table),
              "a year of 364 days: say 360 or 365");
}

// --- in a world ---------------------------------------------------------------------------------

/// Who holds at midnight pays, at the last price before it: not who covered a minute earlier.
TEST(Carry, is_told_at_its_instant_to_who_holds_then) {
    Scenario scenario{.market = R"(
        bar 1437 50 50 50 50 10000
        bar 1438 50 50 50 50 10000
        bar 1439 50 50 40 40 10000
        bar 1440 45 45 45 45 10000
        bar 2879 45 45 45 45 10000
        bar 2880 45 45 45 45 10000)",
                      .orders = R"(
        1438 sell 1 100 market
        1441 buy 2 100 market)"};
    scenario.settings.account = AccountKind::margin;
    scenario.settings.carry.borrow = {
        {.symbol = "*", .rates = {{.from = kTimestampMin, .a_year = rate("0.36")}}}};
    EXPECT_EQ(play(scenario).reports, lines_of(R"(
        1438:00 1 accepted
        1438:00 1 filled 100@50 taker
        1440:00 borrow_cost -4 USD
        1441:00 2 accepted
        2879:00 2 filled 100@45 taker)"));
}

}  // namespace
}  // namespace tradewind::sim
