// SPDX-License-Identifier: Apache-2.0
#include "risk/risk_report.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "orders/orders.hpp"
#include "support/books.hpp"
#include "support/generators.hpp"
#include "support/must.hpp"

namespace tradewind::risk {
namespace {

using test::kFirst;
using test::kSecond;

constexpr StrategyId kMe{0};
constexpr InstrumentId kThird{2};

Settings settings_of(std::initializer_list<std::string> shocks) {
    Settings out;
    out.sectors.push_back(test::must(parse_sector("tech: A.NYSE B.NASDAQ")));
    for (const std::string& text : shocks) out.stress.push_back(test::must(parse_shock(text)));
    return out;
}

/// Three shares whose closes a test sets day by day, and statistics of them.
struct World {
    explicit World(Settings wanted, Timestamp start = test::at("2008-06-02T21:00:00Z"))
        : settings(std::move(wanted)),
          books(test::table_of(
                    {test::share("A.NYSE"), test::share("B.NASDAQ"), test::share("C.NYSE")}),
                {.base = kUsd, .kind = portfolio::AccountKind::margin, .strategies = 1}),
          orders({.instruments = 3, .strategies = 1}),
          statistics({books.instruments, books.market, orders, books.portfolio},
                     settings.statistics),
          now(start) {
        books.deposit(whole_money(1'000'000));
    }

    /// 0: no close of that one today.
    void day(std::initializer_list<double> closes) {
        std::uint32_t id = 0;
        for (const double close : closes) {
            if (close > 0) {
                const auto price = *round_to_tick(close, Price{1'000}, TickRounding::nearest);
                books.trades_at(InstrumentId{id}, price, now);
            }
            ++id;
        }
        statistics.on_day_end(now);
        now = now + hours(24);
    }
    void random_days(int days, std::uint64_t seed) {
        base::Random random(seed);
        for (int i = 0; i < days; ++i) {
            const double market = 0.01 * random.normal();
            for (std::size_t k = 0; k < 3; ++k) {
                prices[k] *= 1 + (k < 2 ? market : -0.3 * market) + 0.004 * random.normal();
            }
            day({prices[0], prices[1], prices[2]});
        }
    }
    void hold(InstrumentId id, std::int64_t units) {
        books.fill(kMe, id, units > 0 ? Side::buy : Side::sell, whole_qty(std::abs(units)),
                   test::price("100"));
    }
    [[nodiscard]] RiskReport report() const {
        return *make_report(statistics, settings, books.instruments);
    }
    [[nodiscard]] double value_of(InstrumentId id, std::int64_t units) const {
        return to_double(*books.market.mark(id)) * static_cast<double>(units);
    }

    Settings settings;
    test::Books books;
    orders::Orders orders;
    Statistics statistics;
    Timestamp now;
    std::vector<double> prices{100, 100, 100};
};

const StressLoss& stress_of(const RiskView& view, std::string_view name) {
    return *std::ranges::find(view.stress, name, &StressLoss::name);
}

TEST(RiskReport, of_a_run_without_a_day_is_none) {
    const World w{settings_of({})};
    EXPECT_FALSE(make_report(w.statistics, w.settings, w.books.instruments));
}

TEST(RiskReport, contributions_add_up_to_the_whole_and_hedges_take_away) {
    World w{settings_of({})};
    w.random_days(150, 3);
    w.hold(kFirst, 400);
    w.hold(kSecond, -150);
    w.random_days(1, 4);
    const RiskView view = w.report().last;
    ASSERT_TRUE(view.risk.has_value());
    ASSERT_EQ(view.positions.size(), 2U);
    double var = 0, es = 0;
    for (const PositionRisk& one : view.positions) {
        var += one.part->var;
        es += one.part->es;
    }
    EXPECT_NEAR(var, view.risk->var, 1e-9 * view.risk->var);
    EXPECT_NEAR(es, view.risk->es, 1e-9 * view.risk->es);
    EXPECT_EQ(view.positions[0].instrument, kFirst);
    EXPECT_NEAR(*view.positions[0].exposure, w.value_of(kFirst, 400), 1e-6);
    EXPECT_LT(view.positions[1].part->var, 0);
}

TEST(RiskReport, keeps_the_riskiest_day_where_the_last_is_flat) {
    World w{settings_of({"all -20%"})};
    w.random_days(100, 5);
    w.hold(kFirst, 500);
    w.random_days(20, 6);
    w.hold(kFirst, -500);
    w.random_days(5, 7);
    const RiskReport report = w.report();
    EXPECT_TRUE(report.last.positions.empty());
    EXPECT_EQ(report.last.risk->var, 0);
    EXPECT_EQ(stress_of(report.last, "all -20%").pnl, 0);
    ASSERT_TRUE(report.riskiest.has_value());
    double most = 0;
    Timestamp when{};
    for (const RiskDay& day : w.statistics.days()) {
        if (day.var.value_or(0) > most) {
            most = *day.var;
            when = day.day;
        }
    }
    EXPECT_EQ(report.riskiest->day, when);
    EXPECT_EQ(report.riskiest->risk->var, most);
    ASSERT_EQ(report.riskiest->positions.size(), 1U);
    EXPECT_NEAR(report.riskiest->positions[0].part->var, most, 1e-9 * most);
}

TEST(RiskReport, correlates_what_was_ever_held_and_clusters_it) {
    World w{settings_of({})};
    w.random_days(100, 8);
    for (const InstrumentId id : {kFirst, kSecond, kThird}) w.hold(id, 10);
    w.random_days(2, 9);
    for (const InstrumentId id : {kFirst, kSecond, kThird}) w.hold(id, -10);
    w.random_days(2, 10);
    const RiskReport report = w.report();
    const Correlations& table = *report.last.correlations;
    ASSERT_EQ(table.instruments, (std::vector<InstrumentId>{kFirst, kSecond, kThird}));
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(table.matrix[4 * i], 1);
        for (std::size_t j = 0; j < i; ++j) {
            EXPECT_EQ(table.matrix[3 * i + j], table.matrix[3 * j + i]);
        }
    }
    EXPECT_GT(table.matrix[1], 0.7);
    EXPECT_LT(table.matrix[2], 0);
    EXPECT_EQ(table.clusters[0], table.clusters[1]);
    EXPECT_NE(table.clusters[0], table.clusters[2]);
}

TEST(RiskReport, knows_no_correlation_and_no_parts_of_too_few_days) {
    World w{settings_of({"all -10%"})};
    w.hold(kFirst, 10);
    w.random_days(static_cast<int>(kReturnsLeast), 11);  // a return less
    const RiskView view = w.report().last;
    EXPECT_FALSE(view.correlations.has_value());
    EXPECT_FALSE(view.risk.has_value());
    EXPECT_FALSE(view.positions.at(0).part.has_value());
    EXPECT_TRUE(view.positions.at(0).exposure.has_value());
    // and yet a shock needs no history
    EXPECT_NEAR(*stress_of(view, "all -10%").pnl, -0.1 * w.value_of(kFirst, 10), 1e-9);
}

TEST(RiskReport, of_a_shock_the_narrowest_part_counts) {
    World w{settings_of({"all -10%, sector:tech -20%, A.NYSE -50%", "A.NYSE -50%, all -10%",
                         "venue:NYSE +5%, sector:tech -20%", "C.NYSE -100%"})};
    for (const InstrumentId id : {kFirst, kSecond, kThird}) w.hold(id, 10);
    w.day({100, 100, 100});
    const RiskView view = w.report().last;
    EXPECT_NEAR(*view.stress[0].pnl, -500 - 200 - 100, 1e-9);
    EXPECT_NEAR(*view.stress[1].pnl, -500 - 100 - 100, 1e-9);
    // of those alike the first: A is of both
    EXPECT_NEAR(*view.stress[2].pnl, 50 - 200 + 50, 1e-9);
    EXPECT_NEAR(*view.stress[3].pnl, -1000, 1e-9);
}

TEST(RiskReport, without_a_price_a_loss_is_not_known) {
    World w{settings_of({"all -10%"})};
    w.books.fill(kMe, kFirst, Side::buy, whole_qty(10), test::price("100"));
    w.day({0, 100, 100});
    const RiskView view = w.report().last;
    EXPECT_FALSE(stress_of(view, "all -10%").pnl.has_value());
    EXPECT_EQ(stress_of(view, "all -10%").gap, StressGap::no_price);
    EXPECT_FALSE(view.positions.at(0).exposure.has_value());
}

TEST(RiskReport, a_crisis_replays_its_days_on_what_is_held) {
    World w{settings_of({})};
    double first = 100, second = 50, before_first = 0, before_second = 0;
    while (utc_date(w.now) <= *parse_date("2009-01-05")) {
        const Date today = utc_date(w.now);
        const bool is_crisis =
            today >= *parse_date("2008-09-15") && today <= *parse_date("2008-11-20");
        if (today == *parse_date("2008-09-15")) {
            before_first = first;
            before_second = second;
        }
        first *= is_crisis ? 0.995 : 1.001;
        // the second rests on weekends: its worth stands
        const bool trades = std::chrono::weekday{today}.c_encoding() % 6 != 0;
        if (trades) second *= is_crisis ? 1.002 : 0.999;
        w.day({first, trades ? second : 0, 100});
        if (today == *parse_date("2008-11-20")) {
            before_first = first / before_first - 1;
            before_second = second / before_second - 1;
        }
    }
    w.hold(kFirst, 30);
    w.hold(kSecond, -40);
    w.day({first, second, 100});
    const RiskView view = w.report().last;
    const StressLoss& lehman = stress_of(view, "lehman-2008");
    ASSERT_TRUE(lehman.pnl.has_value());
    EXPECT_NEAR(*lehman.pnl, 30 * first * before_first - 40 * second * before_second, 1e-3);
    EXPECT_TRUE(lehman.estimated.empty());
    EXPECT_NEAR(*lehman.worst_day, 30 * first * -0.005 - 40 * second * 0.002, 1e-3);
    const StressLoss& covid = stress_of(view, "covid-2020");
    EXPECT_FALSE(covid.pnl.has_value());
    EXPECT_EQ(covid.gap, StressGap::outside);
}

TEST(RiskReport, what_had_no_price_in_a_crisis_is_estimated_and_said) {
    Settings settings = settings_of({});
    settings.statistics.benchmark = "C.NYSE";
    World w{settings};
    base::Random random(12);
    double market = 100, listed = 100, crisis_return = 1;
    while (utc_date(w.now) <= *parse_date("2009-03-05")) {
        const Date today = utc_date(w.now);
        const bool is_crisis =
            today >= *parse_date("2008-09-15") && today <= *parse_date("2008-11-20");
        const double move = is_crisis ? -0.004 : 0.01 * random.normal();
        market *= 1 + move;
        if (is_crisis) crisis_return *= 1 + 2 * move;
        if (today > *parse_date("2008-12-01")) listed *= 1 + 2 * move;
        w.day({today >= *parse_date("2008-12-01") ? listed : 0, 0, market});
    }
    w.hold(kFirst, 10);
    w.day({listed, 0, market});
    const StressLoss lehman = stress_of(w.report().last, "lehman-2008");
    ASSERT_EQ(lehman.estimated.size(), 1U);
    EXPECT_EQ(lehman.estimated[0].second, measures::FilledFrom::market);
    EXPECT_NEAR(*lehman.pnl / (10 * listed), crisis_return - 1, 1e-4);
}

TEST(RiskReport, nothing_stands_for_what_nobody_knows) {
    World w{settings_of({})};
    while (utc_date(w.now) <= *parse_date("2008-12-05")) w.day({0, 0, 0});
    w.hold(kFirst, 10);
    w.day({100, 0, 0});
    const StressLoss lehman = stress_of(w.report().last, "lehman-2008");
    EXPECT_FALSE(lehman.pnl.has_value());
    EXPECT_EQ(lehman.gap, StressGap::no_returns);
    const StressLoss worst = stress_of(w.report().last, "worst day");
    EXPECT_FALSE(worst.pnl.has_value());
    EXPECT_EQ(worst.gap, StressGap::too_few_days);
}

TEST(RiskReport, finds_the_worst_days_of_what_is_held) {
    World w{settings_of({})};
    w.hold(kFirst, 10);
    double close = 100;
    for (int i = 0; i < 40; ++i) {
        close *= i == 12 ? 0.9 : i >= 20 && i < 30 ? 0.98 : 1.001;
        w.day({close, 100, 100});
    }
    const RiskView view = w.report().last;
    EXPECT_NEAR(*stress_of(view, "worst day").pnl, -0.1 * 10 * close, 1e-3);
    EXPECT_EQ(tradewind::to_string(*stress_of(view, "worst day").first), "2008-06-14");
    EXPECT_NEAR(*stress_of(view, "worst ten days").pnl, (std::pow(0.98, 10) - 1) * 10 * close,
                1e-3);
    EXPECT_EQ(tradewind::to_string(*stress_of(view, "worst ten days").first), "2008-06-22");
    EXPECT_EQ(tradewind::to_string(*stress_of(view, "worst ten days").last), "2008-07-01");
}

TEST(RiskReport, a_worth_that_stood_because_nobody_traded_is_no_return_of_nothing) {
    World w{settings_of({})};
    double close = 100;
    while (utc_date(w.now) <= *parse_date("2009-01-05")) {
        // the first is no longer traded when the crisis comes, the second of its sector falls
        const bool is_traded = utc_date(w.now) < *parse_date("2008-08-01");
        close *= is_traded ? 1.01 : 0.99;
        w.day({is_traded ? close : 0, close, 100});
    }
    w.hold(kFirst, 10);
    w.day({0, close, 100});
    const RiskView view = w.report().last;
    const StressLoss& lehman = stress_of(view, "lehman-2008");
    ASSERT_EQ(lehman.estimated.size(), 1U);
    EXPECT_EQ(lehman.estimated[0].second, measures::FilledFrom::worst_of_class);
    EXPECT_NEAR(*lehman.pnl, w.value_of(kFirst, 10) * (std::pow(0.99, 67) - 1), 0.1);
    // its own days only: it never fell
    EXPECT_GT(*stress_of(view, "worst day").pnl, 0);
    EXPECT_LT(tradewind::to_string(*stress_of(view, "worst day").last), "2008-08-01");
}

RC_GTEST_PROP(RiskReport, parts_add_up_and_shocks_are_linear, ()) {
    World w{settings_of({"all -20%"})};
    w.random_days(90, *rc::gen::inRange<std::uint64_t>(1, 1'000'000));
    std::vector<std::int64_t> units;
    for (std::uint32_t k = 0; k < 3; ++k) {
        units.push_back(*rc::gen::inRange(-500, 500));
        if (units.back() != 0) w.hold(InstrumentId{k}, units.back());
    }
    w.random_days(1, 2);
    const RiskView view = w.report().last;
    RC_ASSERT(view.risk.has_value());
    double var = 0, es = 0, net = 0, gross = 0;
    for (const PositionRisk& one : view.positions) {
        var += one.part->var;
        es += one.part->es;
        net += *one.exposure;
        gross += std::abs(*one.exposure);
    }
    RC_ASSERT(std::abs(var - view.risk->var) <= 1e-9 * (1 + gross));
    RC_ASSERT(std::abs(es - view.risk->es) <= 1e-9 * (1 + gross));
    RC_ASSERT(view.risk->es >= view.risk->var - 1e-9 * gross);
    RC_ASSERT(std::abs(*view.stress[0].pnl + 0.2 * net) <= 1e-9 * (1 + gross));
}

// --- the text of a shock ------------------------------------------------------------------------

TEST(Shock, what_it_writes_reads_back_as_the_same) {
    for (const char* text : {"all -20%", "sector:financials -35%", "AAPL.NASDAQ -50%, all -10%",
                             "currency:EUR +12.5%,venue:NYSE 0%", "instrument:A.NYSE -100%"}) {
        const Shock shock = test::must(parse_shock(text));
        EXPECT_EQ(test::must(parse_shock(to_string(shock))), shock) << text;
    }
    EXPECT_EQ(to_string(test::must(parse_shock(" A.NYSE  -50% ,all +1% "))), "A.NYSE -50%, all 1%");
}

TEST(Shock, says_what_is_wrong_and_what_is_right) {
    struct Case {
        std::string_view text, words;
    };
    for (const auto& [text, words] :
         {Case{"", "names nothing that moves; write it as"}, Case{"  ", "names nothing"},
          Case{"all -20%,", "names nothing"}, Case{"all", "does not say by how much"},
          Case{"all -101%", "nothing falls by more"}, Case{"all 2000%", "is no shock"},
          Case{"all -0.2", "in percent: -0.2%"}, Case{"all down", "is no move"},
          Case{"moon:x -5%", "a shock is of all"}, Case{"sector: -5%", "names no sector"},
          Case{"all -5% -6%", "nothing is expected from '-6%' on"},
          Case{"all -5%, all -6%", "is moved twice"}}) {
        const auto shock = parse_shock(text);
        ASSERT_FALSE(shock.has_value()) << text;
        EXPECT_NE(shock.error().find(words), std::string::npos) << text << ": " << shock.error();
    }
}

TEST(Shock, names_of_no_instrument_or_sector_are_refused) {
    const InstrumentTable table = test::table_of({test::share("A.NYSE"), test::share("B.NASDAQ")});
    const auto said = [&](const std::string& text) {
        const auto done = check(settings_of({text}), table, 1);
        return done ? std::string{} : done.error();
    };
    EXPECT_EQ(said("A.NYSE -5%, sector:tech -5%, venue:NYSE -5%, currency:USD -1%"), "");
    EXPECT_EQ(said("X.NYSE -5%"), "risk.stress: \"X.NYSE -5%\": the run has no instrument X.NYSE");
    EXPECT_NE(said("sector:metals -5%").find("there is no sector metals"), std::string::npos);
    EXPECT_NE(said("venue:LSE -5%").find("no instrument of the run is of venue LSE"),
              std::string::npos);
}

}  // namespace
}  // namespace tradewind::risk
