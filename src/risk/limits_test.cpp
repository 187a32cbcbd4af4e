// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "risk/gate.hpp"
#include "risk/limit_watch.hpp"
#include "risk/statistics.hpp"
#include "support/books.hpp"
#include "support/generators.hpp"
#include "support/must.hpp"

namespace tradewind::risk {
namespace {

using portfolio::AccountKind;
using test::kFirst;
using test::kSecond;
using test::price;

constexpr StrategyId kMe{0};
constexpr StrategyId kOther{1};
constexpr InstrumentId kThird{2};

Settings settings_of(std::initializer_list<std::string> texts) {
    Settings out;
    for (const std::string& text : texts) out.limits.push_back(test::must(parse_limit(text)));
    out.sectors.push_back(test::must(parse_sector("tech: A.NYSE B.NASDAQ")));
    return out;
}

/// Of which a tenth is asked for as margin, so that limits bind before it.
Instrument share(std::string_view symbol) {
    Instrument out = test::share(symbol);
    out.margin.initial = out.margin.maintenance = test::rate("0.1");
    return out;
}

/// Three shares at 100 each in a margin account of 10,000.
struct World {
    explicit World(const Settings& settings)
        : books(test::table_of({share("A.NYSE"), share("B.NASDAQ"), share("C.NYSE")}),
                {.base = kUsd, .kind = AccountKind::margin, .strategies = 2}),
          orders({.instruments = 3, .strategies = 2}),
          gate({books.instruments, books.market, orders, books.portfolio}, settings,
               CalendarKind::always_open, 2),
          watch({books.instruments, books.market, orders, books.portfolio}, settings, 2) {
        books.deposit(whole_money(10'000));
        for (const InstrumentId id : {kFirst, kSecond, kThird}) books.trades_at(id, price("100"));
    }
    std::expected<ApprovedOrder, Denial> ask(const OrderSpec& spec, StrategyId who = kMe) {
        intent = {.id = OrderId::of(who, ++made), .spec = spec};
        return gate.review(intent, now);
    }
    /// Reviews, and puts what passed into the orders book as the engine does.
    std::optional<OrderId> send(const OrderSpec& spec, StrategyId who = kMe) {
        const auto approved = ask(spec, who);
        if (!approved) {
            last = approved.error();
            return std::nullopt;
        }
        const orders::Order& order = orders.add(approved->order(), now);
        orders.note(order, OrderEventKind::submitted, now);
        gate.mark(now, *books.portfolio.equity());
        watch.on_sent(order, gate.limits().watch());
        return order.id();
    }
    void fill(OrderId id, Qty amount, Price at) {
        const orders::Order& order = *orders.find(id);
        const Fill filled{.price = at,
                          .qty = amount,
                          .side = order.side(),
                          .fee_currency = kUsd,
                          .basis = {.reference = at}};
        const InstrumentId instrument = order.instrument();
        orders.apply({.kind = OrderEventKind::filled, .order = id, .detail = filled}, now);
        books.portfolio.apply_fill(id.strategy(), instrument, filled);
    }
    /// Reviews a change, and notes what passed as under way.
    bool change(OrderId id, const OrderChange& to) {
        const auto approved = gate.review(ReplaceIntent{.id = id, .change = to}, now);
        if (!approved) {
            last = approved.error();
            return false;
        }
        const orders::Order& order = *orders.find(id);
        const OrderSpec before = as_it_stands(order);
        orders.note_change(order, to, now);
        gate.mark(now, *books.portfolio.equity());
        watch.on_changed(order, before, now, gate.limits().watch());
        return true;
    }
    void answer_change(OrderId id, const std::optional<OrderTerms>& terms) {
        OrderEvent event{.kind = OrderEventKind::replace_rejected,
                         .instrument = orders.find(id)->instrument(),
                         .order = id,
                         .detail = VenueReason::other};
        if (terms) {
            event.kind = OrderEventKind::replaced;
            event.detail = *terms;
        }
        orders.apply(event, now);
    }
    void cancel(OrderId id) {
        const orders::Order& order = *orders.find(id);
        const InstrumentId instrument = order.instrument();
        gate.on_cancel(id.strategy(), instrument, now);
        watch.on_cancel(id.strategy(), instrument, now);
        orders.note(order, OrderEventKind::cancel_pending, now);
        orders.apply({.kind = OrderEventKind::canceled,
                      .instrument = instrument,
                      .order = id,
                      .detail = VenueReason::requested},
                     now);
    }
    void buy_and_fill(InstrumentId instrument, std::int64_t units, StrategyId who = kMe) {
        const auto id = send({.instrument = instrument, .qty = whole_qty(units)}, who);
        ASSERT_TRUE(id.has_value());
        fill(*id, whole_qty(units), price("100"));
    }

    test::Books books;
    orders::Orders orders;
    Gate gate;
    LimitWatch watch;
    OrderIntent intent;
    std::optional<Denial> last{};
    Timestamp now = test::at("2024-03-01T15:00:00Z");
    std::uint64_t made = 0;
};

OrderSpec buy(std::int64_t units, InstrumentId id = kFirst) {
    return {.instrument = id, .side = Side::buy, .qty = whole_qty(units)};
}
OrderSpec sell(std::int64_t units, InstrumentId id = kFirst) {
    return {.instrument = id, .side = Side::sell, .qty = whole_qty(units)};
}

/// What is held before, what is asked for, and what of it would pass under the limit.
struct Case {
    std::string limit;
    std::vector<std::pair<InstrumentId, std::int64_t>> held;
    OrderSpec order;
    std::optional<std::int64_t> would_pass;  ///< absent: approved
};

TEST(Limits, each_measure_counts_what_its_scope_says) {
    const std::vector<Case> cases{
        {"gross <= 150%", {{kSecond, 100}}, buy(51), 50},
        {"leverage <= 1.5", {{kSecond, 100}}, sell(51), 50},
        {"net <= 50%", {{kSecond, 40}}, buy(11), 10},
        {"net <= 50%", {{kSecond, 40}}, sell(80), {}},  // from 40 long to 40 short
        {"net <= 50%", {{kSecond, 40}}, sell(91), 90},
        {"concentration <= 20%", {{kFirst, 15}}, buy(6), 5},
        {"concentration <= 20%", {{kSecond, 15}}, buy(20), {}},
        {"gross of instrument:B.NASDAQ <= 1000", {}, buy(99), {}},
        {"gross of instrument:B.NASDAQ <= 1000", {}, buy(11, kSecond), 10},
        {"gross of sector:tech <= 3000", {{kSecond, 20}}, buy(11), 10},
        {"gross of sector:tech <= 3000", {{kThird, 80}}, buy(30), {}},
        {"gross of venue:NYSE <= 3000", {{kThird, 20}}, buy(11), 10},
        {"gross of venue <= 3000", {{kSecond, 20}}, buy(30), {}},
        {"gross of currency:USD <= 3000", {{kThird, 20}}, buy(11), 10},
        {"gross of strategy:0 <= 3000", {{kThird, 20}}, buy(11), 10},
        {"gross of strategy:1 <= 3000", {{kThird, 20}}, buy(60), {}},
        {"quantity <= 7", {}, buy(8), 7},
        {"notional <= 10%", {}, buy(11), 10},
        {"position <= 12", {{kFirst, 5}}, sell(18), 17},
        {"margin_use <= 9%", {{kSecond, 80}}, buy(11), 10},
    };
    for (const Case& one : cases) {
        World w{settings_of({})};
        for (const auto& [instrument, units] : one.held) w.buy_and_fill(instrument, units);
        Gate gate{{w.books.instruments, w.books.market, w.orders, w.books.portfolio},
                  settings_of({one.limit}),
                  CalendarKind::always_open,
                  2};
        const OrderIntent intent{.id = OrderId::of(kMe, 99), .spec = one.order};
        const auto said = gate.preview(intent, w.now);
        if (!one.would_pass) {
            EXPECT_TRUE(said.has_value()) << one.limit << ": " << describe(said.error());
            continue;
        }
        ASSERT_FALSE(said.has_value()) << one.limit;
        EXPECT_EQ(said.error().would_pass, whole_qty(*one.would_pass)) << one.limit;
        EXPECT_EQ(said.error().rule, 0U) << one.limit;
    }
}

TEST(Limits, counts_of_orders_cancels_and_turnover_are_of_a_window) {
    World w{settings_of({"orders <= 2 per 1m", "turnover <= 1000 per 1h"})};
    EXPECT_TRUE(w.send(buy(4)));
    w.now = w.now + seconds(30);
    EXPECT_TRUE(w.send(buy(4)));
    w.now = w.now + seconds(29);
    EXPECT_FALSE(w.send(buy(1)));
    EXPECT_EQ(w.last->reason, DenialReason::order_rate);
    w.now = w.now + seconds(1);  // the first is a minute ago
    EXPECT_FALSE(w.send(buy(3)));
    EXPECT_EQ(w.last->rule, 1U);
    EXPECT_EQ(w.last->would_pass, whole_qty(2));
    EXPECT_TRUE(w.send(buy(2)));
}

TEST(Limits, what_was_cancelled_too_often_is_not_sent_again) {
    World w{settings_of({"cancels of instrument <= 2 per 1m"})};
    for (int i = 0; i < 2; ++i) w.gate.on_cancel(kMe, kFirst, w.now);
    EXPECT_FALSE(w.send(buy(1)));
    EXPECT_TRUE(w.send(buy(1, kSecond)));
    w.now = w.now + minutes(1);
    EXPECT_TRUE(w.send(buy(1)));
}

TEST(Limits, open_orders_are_counted) {
    World w{settings_of({"open_orders of instrument <= 1"})};
    EXPECT_TRUE(w.send(buy(1)));
    EXPECT_FALSE(w.send(buy(1)));
    EXPECT_TRUE(w.send(buy(1, kSecond)));
}

TEST(Limits, a_price_far_from_the_market_and_a_size_far_from_the_usual_are_denied) {
    World w{settings_of({"price_band <= 5%", "fat_finger <= 3"})};
    OrderSpec spec = buy(1);
    spec.type = OrderType::limit;
    spec.limit_price = price("105.01");
    EXPECT_FALSE(w.send(spec));
    EXPECT_EQ(w.last->rule, 0U);
    spec.limit_price = price("50");  // far on the better side
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(w.send(spec));
    EXPECT_FALSE(w.send(buy(4)));
    EXPECT_EQ(w.last->rule, 1U);
    EXPECT_EQ(w.last->would_pass, whole_qty(1));  // 100, three times the usual 50
}

/// The venue may have made it by now: it counts until it is answered.
TEST(Limits, a_change_that_is_under_way_counts_for_the_most_that_it_may_have_made) {
    World w{settings_of({"gross <= 5000"})};
    OrderSpec rests = buy(10);
    rests.type = OrderType::limit;
    rests.limit_price = price("90");
    const auto first = w.send(rests), second = w.send(rests);
    ASSERT_TRUE(first && second);
    EXPECT_TRUE(w.change(*first, {.qty = whole_qty(40)}));
    EXPECT_FALSE(w.change(*second, {.qty = whole_qty(20)}));
    EXPECT_FALSE(w.send(buy(1)));
    // asked again for less, the larger may stand all the same
    EXPECT_TRUE(w.change(*first, {.qty = whole_qty(20)}));
    EXPECT_FALSE(w.change(*second, {.qty = whole_qty(20)}));
    w.answer_change(*first, std::nullopt);
    EXPECT_FALSE(w.change(*second, {.qty = whole_qty(20)}));
    w.answer_change(*first, OrderTerms{.qty = whole_qty(20), .limit_price = price("90")});
    EXPECT_TRUE(w.change(*second, {.qty = whole_qty(20)}));
    EXPECT_EQ(w.watch.exceeded(), 0U);
}

TEST(Limits, losses_and_drawdown_deny_what_adds_and_let_what_reduces_pass) {
    World w{settings_of({"loss <= 2%", "drawdown <= 10%"})};
    w.gate.mark(w.now, whole_money(10'000));
    w.buy_and_fill(kFirst, 50);
    w.books.trades_at(kFirst, price("95"), w.now);
    EXPECT_FALSE(w.send(buy(1, kSecond)));
    EXPECT_EQ(w.last->rule, 0U);
    EXPECT_TRUE(w.send(sell(50)));
}

TEST(Limits, restricted_duplicate_and_self_trading_orders_are_denied) {
    Settings settings = settings_of({});
    settings.restricted = {"B.NASDAQ"};
    settings.denies_self_trades = true;
    settings.duplicates = seconds(1);
    World w{settings};
    EXPECT_FALSE(w.send(buy(1, kSecond)));
    EXPECT_EQ(w.last->reason, DenialReason::restricted);
    OrderSpec rests = buy(1);
    rests.type = OrderType::limit;
    rests.limit_price = price("99");
    EXPECT_TRUE(w.send(rests));
    EXPECT_FALSE(w.send(rests));
    EXPECT_EQ(w.last->reason, DenialReason::duplicate);
    OrderSpec meets = sell(1);
    meets.type = OrderType::limit;
    meets.limit_price = price("99");
    EXPECT_FALSE(w.send(meets));
    EXPECT_EQ(w.last->reason, DenialReason::self_trade);
    meets.limit_price = price("99.01");
    EXPECT_TRUE(w.send(meets));
}

TEST(Limits, what_statistics_do_not_know_is_denied) {
    World w{settings_of({"var <= 5%"})};
    EXPECT_FALSE(w.send(buy(1)));
    EXPECT_EQ(w.last->reason, DenialReason::unknown_risk);
    EXPECT_EQ(w.last->rule, 0U);
}

/// Days on which the first two shares move alike and the third, as long as it trades, by itself.
void play_days(World& w, Statistics& statistics, int days, bool third_trades = true) {
    const auto last = [&](InstrumentId id) { return to_double(*w.books.market.mark(id)); };
    double first = last(kFirst), third = last(kThird);
    for (int day = 0; day < days; ++day) {
        const double move = (day % 7 - 3) * 0.004 + (day % 3 - 1) * 0.002;
        first *= 1 + move;
        third *= 1 + (day % 5 - 2) * 0.004;
        w.now = w.now + hours(24);
        const auto at = [](double value) {
            return *round_to_tick(value, Price{10'000'000}, TickRounding::nearest);
        };
        w.books.trades_at(kFirst, at(first), w.now);
        w.books.trades_at(kSecond, at(2 * first), w.now);
        if (third_trades) w.books.trades_at(kThird, at(third), w.now);
        for (const InstrumentId id : {kFirst, kSecond, kThird}) {
            statistics.on_volume(Trade{.instrument = id, .price = {1}, .size = whole_qty(1000)});
        }
        statistics.on_day_end(w.now);
    }
}

TEST(Limits, statistics_bind_once_there_are_returns) {
    const auto refused = [](const std::string& limit, const OrderSpec& spec,
                            std::int64_t held = 0) {
        Settings settings = settings_of({limit});
        settings.statistics = {.history = 100, .benchmark = "A.NYSE"};
        World w{settings};
        Statistics statistics{{w.books.instruments, w.books.market, w.orders, w.books.portfolio},
                              settings.statistics};
        w.gate.limits().measure_by(&statistics);
        if (held > 0) {
            w.books.fill(kMe, kSecond, Side::buy, whole_qty(held), price("100"));
        }
        play_days(w, statistics, 100);
        return w.send(spec) ? std::nullopt : w.last;
    };
    EXPECT_FALSE(refused("liquidation_days <= 1", buy(100)));
    EXPECT_EQ(refused("liquidation_days <= 1", buy(101))->would_pass, whole_qty(100));
    EXPECT_EQ(refused("volume_share <= 2%", buy(21))->would_pass, whole_qty(20));
    EXPECT_FALSE(refused("beta <= 0.5", buy(30)));
    EXPECT_TRUE(refused("beta <= 0.5", buy(60)));
    // the third does not belong to the cluster of the others
    EXPECT_TRUE(refused("cluster <= 50%", buy(25), 20));
    EXPECT_FALSE(refused("cluster <= 50%", buy(25, kThird), 20));
    const auto var = refused("var <= 0.2%", buy(60));
    ASSERT_TRUE(var.has_value());
    EXPECT_EQ(var->reason, DenialReason::risk_limit);
    EXPECT_GT(var->would_pass->raw, 0);
    EXPECT_FALSE(refused("var <= 0.2%", buy(var->would_pass->raw / whole_qty(1).raw)));
}

/// A world whose gate and watcher know the returns of days.
struct Measured {
    explicit Measured(const std::string& limit, const StatisticsSettings& how = {.history = 100})
        : w([&] {
              Settings settings = settings_of({limit});
              settings.statistics = how;
              return settings;
          }()),
          statistics({w.books.instruments, w.books.market, w.orders, w.books.portfolio}, how) {
        w.gate.limits().measure_by(&statistics);
        w.watch.measure_by(&statistics);
    }
    [[nodiscard]] double var_today() const { return statistics.days().back().var.value(); }

    World w;
    Statistics statistics;
};

TEST(Limits, what_may_never_trade_again_backs_no_risk) {
    Measured m{"var <= 0.2%"};
    m.w.books.fill(kMe, kFirst, Side::buy, whole_qty(10), price("100"));
    play_days(m.w, m.statistics, 100);
    const double alone = m.var_today();
    EXPECT_GT(alone, 0);
    m.w.books.fill(kMe, kThird, Side::buy, whole_qty(30), price("100"));
    play_days(m.w, m.statistics, 1);
    EXPECT_NE(m.var_today(), alone);
    play_days(m.w, m.statistics, static_cast<int>(kLostAfter), false);
    const double worth = 30 * to_double(*m.w.books.market.mark(kThird));
    EXPECT_NEAR(m.statistics.days().back().lost, worth, 1e-6);
    EXPECT_NEAR(m.var_today(), alone, 0.2 * alone);
    // nobody knows what more of it would risk, and of the rest less is backed
    EXPECT_FALSE(m.w.send(buy(1, kThird)));
    EXPECT_EQ(m.w.last->reason, DenialReason::unknown_risk);
    EXPECT_FALSE(m.w.send(buy(1'000)));
    EXPECT_EQ(m.w.last->reason, DenialReason::risk_limit);
    const double equity = to_double(*m.w.books.portfolio.equity());
    EXPECT_NEAR(to_double(m.w.last->limit), 0.002 * (equity - worth), 1e-6);
    EXPECT_TRUE(m.w.send(buy(1)));
    EXPECT_TRUE(m.w.send(sell(30, kThird)));  // what reduces passes
    EXPECT_EQ(m.w.watch.exceeded(), 0U);
}

/// Whoever was asked about before must not change the days that an answer rests on.
TEST(Limits, an_answer_rests_on_the_days_of_its_own_instruments) {
    const auto actual = [](bool asks_about_third_first) {
        Measured m{"var <= 0.01%"};
        play_days(m.w, m.statistics, 20, false);
        play_days(m.w, m.statistics, 80);  // the third has 80 days
        if (asks_about_third_first) {
            EXPECT_FALSE(m.w.send(buy(50, kThird)));
        }
        EXPECT_FALSE(m.w.send(buy(50)));
        return m.w.last->actual;
    };
    EXPECT_EQ(actual(true), actual(false));
}

TEST(Limits, a_dividend_is_no_loss) {
    const auto worst = [](Price dividend) {
        Measured m{"var <= 5%"};
        m.w.books.fill(kMe, kFirst, Side::buy, whole_qty(10), price("100"));
        play_days(m.w, m.statistics, 1);
        const Price before = *m.w.books.market.mark(kFirst);
        m.statistics.on_dividend(kFirst, dividend);
        m.w.now = m.w.now + hours(24);
        m.w.books.trades_at(kFirst, before - (price("20") - Price{}), m.w.now);
        m.statistics.on_day_end(m.w.now);
        return m.statistics.history().changes.at(1, 0);
    };
    EXPECT_LT(worst(Price{}), -0.1);
    EXPECT_NEAR(worst(price("20")), 0.0, 1e-12);
}

/// A random limit that the market of these tests may meet.
std::string draw_limit() {
    const auto number = [](int least, int most) { return *rc::gen::inRange(least, most); };
    switch (test::draw_below(15)) {
        case 0: return fmt::format("gross <= {}%", number(10, 300));
        case 1: return fmt::format("soft gross <= {}%", number(10, 300));
        case 2: return fmt::format("net <= {}", number(100, 20'000));
        case 3: return fmt::format("gross of instrument <= {}%", number(1, 100));
        case 4: return fmt::format("gross of sector <= {}", number(100, 10'000));
        case 5: return fmt::format("gross of venue:NYSE <= {}%", number(10, 200));
        case 6: return fmt::format("gross of strategy <= {}%", number(10, 200));
        case 7: return fmt::format("position <= {}", number(1, 100));
        case 8: return fmt::format("notional <= {}", number(100, 8'000));
        case 9: return fmt::format("turnover <= {} per 10s", number(100, 20'000));
        case 10: return fmt::format("orders of strategy <= {} per 5s", number(1, 5));
        case 11: return fmt::format("price_band <= {}%", number(1, 20));
        case 12: return fmt::format("fat_finger <= {}", number(1, 6));
        case 13: return fmt::format("cancels of instrument <= {} per 20s", number(1, 4));
        default: return fmt::format("open_orders <= {}", number(1, 8));
    }
}

OrderSpec draw_order() {
    OrderSpec out = test::Any<bool>::draw() ? buy(1) : sell(1);
    out.instrument = InstrumentId{static_cast<std::uint32_t>(test::draw_below(3))};
    out.qty = whole_qty(1 + static_cast<std::int64_t>(test::draw_below(80)));
    if (test::Any<bool>::draw()) {
        out.type = OrderType::limit;
        out.limit_price = price(std::to_string(80 + test::draw_below(40)));
    }
    return out;
}

/// Who watches the gate works everything out anew: no order that it let through takes anything
/// beyond a hard limit, and what only reduces passes whatever holds.
RC_GTEST_PROP(LimitsProperty, none_is_ever_exceeded, ()) {
    Settings settings = settings_of({});
    for (auto i = 1 + test::draw_below(5); i > 0; --i) {
        settings.limits.push_back(test::must(parse_limit(draw_limit())));
    }
    World w{settings};
    std::vector<OrderId> open;
    std::size_t passed = 0, changed = 0;
    for (int step = 0; step < 60; ++step) {
        w.now = w.now + seconds(1);
        const InstrumentId moved{static_cast<std::uint32_t>(test::draw_below(3))};
        w.books.trades_at(moved, price(std::to_string(85 + test::draw_below(30))), w.now);
        const StrategyId who = test::Any<bool>::draw() ? kMe : kOther;
        if (const auto id = w.send(draw_order(), who)) {
            open.push_back(*id);
            ++passed;
        }
        if (!open.empty() && test::Any<bool>::draw()) {
            const OrderId id = open.back();
            open.pop_back();
            const orders::Order& order = *w.orders.find(id);
            const auto what = test::draw_below(5);
            if (what == 0) {
                w.cancel(id);
            } else if (what < 3) {
                const Qty asked = whole_qty(1 + static_cast<std::int64_t>(test::draw_below(80)));
                const auto limit = order.terms.limit_price;
                const bool is_sent = w.change(id, {.qty = asked, .limit_price = limit});
                changed += is_sent ? 1U : 0U;
                const auto answer = test::draw_below(3);  // 2: not yet
                if (is_sent && answer == 0) w.answer_change(id, std::nullopt);
                if (is_sent && answer == 1) {
                    w.answer_change(id, OrderTerms{.qty = asked, .limit_price = limit});
                }
                open.insert(open.begin(), id);
            } else {
                w.fill(id, order.leaves(), order.terms.limit_price.value_or(price("100")));
            }
        }
        const Qty held = w.books.portfolio.position(moved).qty;
        const Qty works = held.raw > 0 ? w.orders.working_sell(moved) : w.orders.working_buy(moved);
        const Qty free = abs(held) - works;
        if (free.raw > 0) {
            OrderSpec closes = held.raw > 0 ? sell(1, moved) : buy(1, moved);
            closes.qty = free;
            const OrderIntent intent{.id = OrderId::of(kMe, w.made + 1), .spec = closes};
            RC_ASSERT(w.gate.preview(intent, w.now).has_value());
        }
    }
    for (std::size_t i = 0; i < settings.limits.size(); ++i) {
        if (w.watch.uses()[i].exceeded > 0) RC_FAIL(to_string(settings.limits[i]));
    }
    RC_CLASSIFY(passed > 5, "more than five orders passed");
    RC_CLASSIFY(changed > 2, "more than two changes passed");
}

/// The same of limits that rest on returns, with days on which a share does not trade, one that is
/// never traded again, and an order now and then about what nobody holds.
RC_GTEST_PROP(LimitsProperty, no_risk_is_ever_exceeded, ()) {
    const auto percent = 1 + static_cast<int>(test::draw_below(30));
    const std::string measure = test::Any<bool>::draw() ? "var" : "es";
    StatisticsSettings how{.history = 100};
    if (test::Any<bool>::draw()) how.method = VarMethod::filtered;
    Measured m{fmt::format("{} <= 0.{:02}%", measure, percent), how};
    World& w = m.w;
    play_days(w, m.statistics, static_cast<int>(test::draw_below(30)), false);
    play_days(w, m.statistics, 70);
    std::size_t passed = 0;
    for (int step = 0; step < 40; ++step) {
        const auto id = w.send(draw_order());
        passed += id ? 1U : 0U;
        if (id && test::draw_below(3) != 0) {
            w.fill(*id, w.orders.find(*id)->leaves(), price("100"));
        } else if (id) {
            w.cancel(*id);
        }
        if (step == 20)
            play_days(w, m.statistics, 1 + static_cast<int>(test::draw_below(25)), false);
    }
    RC_ASSERT(w.watch.exceeded() == 0U);
    RC_CLASSIFY(passed > 5, "more than five orders passed");
}

/// A gate that lets more through than it should is seen.
TEST(LimitWatch, sees_a_gate_that_is_at_fault) {
    World strict{settings_of({"gross <= 100%", "orders <= 2 per 1m"})};
    // orders that no gate has reviewed
    for (int i = 0; i < 3; ++i) {
        const OrderIntent intent{.id = OrderId::of(kMe, 50 + static_cast<std::uint64_t>(i)),
                                 .spec = buy(40)};
        const orders::Order& order = strict.orders.add(intent, strict.now);
        strict.orders.note(order, OrderEventKind::submitted, strict.now);
        strict.gate.mark(strict.now, whole_money(10'000));
        strict.watch.on_sent(order, strict.gate.limits().watch());
    }
    EXPECT_EQ(strict.watch.uses()[0].exceeded, 1U);
    EXPECT_NEAR(strict.watch.uses()[0].most, 1.2, 1e-9);
    EXPECT_EQ(strict.watch.uses()[1].exceeded, 1U);
}

/// Of each measure that is read of an order, or of returns: what no gate has reviewed is seen.
TEST(LimitWatch, sees_each_measure_exceeded) {
    OrderSpec far = buy(1);
    far.type = OrderType::limit;
    far.limit_price = price("150");
    const std::vector<std::pair<std::string, OrderSpec>> cases{
        {"price_band <= 5%", far},
        {"fat_finger <= 3", buy(50)},
        {"cancels <= 1 per 1m", buy(1)},
        {"var <= 0.1%", buy(90)},
        {"es <= 0.1%", buy(90)},
        {"liquidation_days <= 1", buy(2'000)},
        {"volume_share <= 1%", buy(90)},
        {"beta <= 0.1", buy(90)},
        {"cluster <= 10%", buy(90)},
        {"margin_use <= 1%", buy(90)},
        {"notional <= 1%", buy(2)},
        {"quantity <= 1", buy(2)},
        {"turnover <= 1% per 1m", buy(90)},
        {"open_orders <= 4", buy(1)},
    };
    for (const auto& [limit, order] : cases) {
        SCOPED_TRACE(limit);
        Measured m{limit, {.history = 100, .benchmark = "B.NASDAQ"}};
        play_days(m.w, m.statistics, 100);
        std::uint64_t made = 0;
        const auto slip = [&](const OrderSpec& spec) {
            const OrderIntent intent{.id = OrderId::of(kMe, ++made), .spec = spec};
            const orders::Order& sent = m.w.orders.add(intent, m.w.now);
            m.w.orders.note(sent, OrderEventKind::submitted, m.w.now);
            m.w.gate.mark(m.w.now, whole_money(10'000));
            m.w.watch.on_sent(sent, m.w.gate.limits().watch());
            return sent.id();
        };
        OrderSpec quiet = buy(1, kThird);
        quiet.reduce_only = true;
        for (int i = 0; i < 5; ++i) slip(quiet);
        for (const OrderId id : {OrderId::of(kMe, 1), OrderId::of(kMe, 2)}) m.w.cancel(id);
        slip(buy(1, kThird));
        slip(buy(1, kThird));
        slip(order);
        if (limit.starts_with("margin_use")) {
            m.w.fill(OrderId::of(kMe, made), order.qty, price("100"));
            slip(order);
        }
        EXPECT_GE(m.w.watch.uses()[0].exceeded, 1U);
    }
}

}  // namespace
}  // namespace tradewind::risk
