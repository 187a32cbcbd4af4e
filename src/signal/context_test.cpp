// SPDX-License-Identifier: Apache-2.0
#include "signal/context.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "support/books.hpp"
#include "support/generators.hpp"
#include "support/must.hpp"

namespace tradewind::signal {
namespace {

using test::kFirst;
using test::kSecond;
using test::price;
using test::qty;

constexpr StrategyId kMe{0};

/// Working orders as a test wants them.
class FakeOrders final : public WorkingOrders {
public:
    void plain(StrategyId, InstrumentId id, std::vector<WorkingOrder>& out) const override {
        out.clear();
        if (const auto found = working.find(id.value); found != working.end()) {
            out = found->second;
        }
    }
    std::map<std::uint32_t, std::vector<WorkingOrder>> working;
};

class ContextTest : public testing::Test {
protected:
    ContextTest() { books.deposit(whole_money(100'000)); }

    void hold(Side side, std::int64_t units) {
        books.fill(kMe, kFirst, side, whole_qty(units), price("10"));
    }
    WorkingOrder& work(Side side, std::int64_t units) {
        auto& all = orders.working[kFirst.value];
        const OrderId id = OrderId::of(kMe, 1000 + all.size());
        return all.emplace_back(WorkingOrder{.id = id, .side = side, .leaves = whole_qty(units)});
    }
    [[nodiscard]] std::vector<Intent> wishes() {
        std::vector<Intent> out;
        while (const Intent* intent = context.take_next()) out.push_back(*intent);
        return out;
    }
    /// "buy 5", "sell 3", "cancel 1000": what was asked for, oldest first.
    [[nodiscard]] std::vector<std::string> asked() {
        std::vector<std::string> out;
        for (const Intent& intent : wishes()) {
            if (const auto* order = std::get_if<OrderIntent>(&intent)) {
                EXPECT_EQ(order->spec.type, OrderType::market);
                out.push_back(std::string{to_string(order->spec.side)} + ' ' +
                              to_string(order->spec.qty));
            } else if (const auto* cancel = std::get_if<CancelIntent>(&intent)) {
                out.push_back("cancel " + std::to_string(cancel->id.sequence()));
            }
        }
        return out;
    }
    using Asked = std::vector<std::string>;

    test::Books books{test::table_of({test::share("A.NYSE"), test::share("B.NYSE")})};
    FakeOrders orders;
    Context context{kMe,
                    {.instruments = books.instruments,
                     .market = books.market,
                     .portfolio = books.portfolio,
                     .orders = orders}};
};

// --- before it may trade ------------------------------------------------------------------------

TEST_F(ContextTest, sends_no_order_before_its_time_but_sets_its_timers) {
    context.trade_from(Timestamp{100});
    ASSERT_TRUE(context.is_holding());
    context.begin(Timestamp{99});
    context.target(kFirst, whole_qty(5));
    context.submit({.instrument = kFirst, .side = Side::buy, .qty = whole_qty(1)});
    context.cancel(OrderId::of(kMe, 7));
    context.set_timer(TimerId{3}, Timestamp{120});
    context.hold_back();
    EXPECT_TRUE(context.is_holding());
    const auto left = wishes();
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(std::get<TimerIntent>(left.front()).at, Timestamp{120});
    EXPECT_EQ(context.working(kFirst), Qty{});
}

TEST_F(ContextTest, pursues_its_latest_targets_at_the_first_event_from_its_time_on) {
    context.trade_from(Timestamp{100});
    context.begin(Timestamp{50});
    context.target(kFirst, whole_qty(5));
    context.target(kSecond, -whole_qty(2));
    context.hold_back();
    context.begin(Timestamp{60});
    context.target(kFirst, whole_qty(3));
    context.hold_back();
    EXPECT_EQ(asked(), Asked{});
    // Nothing new is wished for at the instant itself: what was wanted is still wanted.
    context.begin(Timestamp{100});
    context.hold_back();
    EXPECT_FALSE(context.is_holding());
    EXPECT_EQ(asked(), (Asked{"buy 3", "sell 2"}));
}

TEST_F(ContextTest, pursues_what_it_sets_at_that_event_and_not_what_it_set_before) {
    context.trade_from(Timestamp{100});
    context.begin(Timestamp{50});
    context.target(kFirst, whole_qty(5));
    context.hold_back();
    context.begin(Timestamp{200});
    context.target(kFirst, -whole_qty(1));
    context.hold_back();
    EXPECT_EQ(asked(), Asked{"sell 1"});
    EXPECT_FALSE(context.is_holding());
}

TEST_F(ContextTest, a_target_that_was_taken_back_before_its_time_sends_nothing) {
    context.trade_from(Timestamp{100});
    context.begin(Timestamp{50});
    context.target(kFirst, whole_qty(5));
    context.hold_back();
    context.begin(Timestamp{60});
    context.target(kFirst, Qty{});
    context.hold_back();
    context.begin(Timestamp{100});
    context.hold_back();
    EXPECT_EQ(asked(), Asked{});
}

// --- target -------------------------------------------------------------------------------------

TEST_F(ContextTest, target_asks_for_nothing_when_there_already) {
    hold(Side::buy, 5);
    context.target(kFirst, whole_qty(5));
    EXPECT_EQ(asked(), Asked{});
}

TEST_F(ContextTest, target_asks_for_the_difference_only) {
    hold(Side::buy, 5);
    context.target(kFirst, whole_qty(8));
    EXPECT_EQ(asked(), Asked{"buy 3"});
    context.target(kFirst, whole_qty(-2));
    EXPECT_EQ(asked(), Asked{"sell 7"});
    context.target(kFirst, {});
    EXPECT_EQ(asked(), Asked{"sell 5"});
}

TEST_F(ContextTest, target_counts_what_works_in_its_direction) {
    work(Side::buy, 4);
    context.target(kFirst, whole_qty(10));
    EXPECT_EQ(asked(), Asked{"buy 6"});
    context.target(kFirst, whole_qty(4));
    EXPECT_EQ(asked(), Asked{});
}

TEST_F(ContextTest, target_counts_what_was_asked_for_during_the_same_event) {
    context.target(kFirst, whole_qty(10));
    context.target(kFirst, whole_qty(10));
    context.target(kFirst, whole_qty(4));
    context.target(kSecond, whole_qty(1));
    EXPECT_EQ(asked(), (Asked{"buy 10", "sell 6", "buy 1"}));
}

/// A wish that was refused a moment ago is on no way: the strategy may ask again for what passes.
TEST_F(ContextTest, target_does_not_count_a_wish_that_was_decided_on) {
    context.target(kFirst, whole_qty(100));
    ASSERT_NE(context.take_next(), nullptr);  // and refused: 96 would pass
    context.target(kFirst, whole_qty(96));
    EXPECT_EQ(asked(), Asked{"buy 96"});
}

TEST_F(ContextTest, target_does_not_count_an_approved_wish_twice) {
    context.target(kFirst, whole_qty(100));
    ASSERT_NE(context.take_next(), nullptr);
    work(Side::buy, 100);  // approved: it stands in the orders book now
    context.target(kFirst, whole_qty(150));
    EXPECT_EQ(asked(), Asked{"buy 50"});
}

TEST_F(ContextTest, target_cancels_what_leads_away_and_goes_its_way) {
    work(Side::sell, 3);
    context.target(kFirst, whole_qty(2));
    EXPECT_EQ(asked(), (Asked{"cancel 1000", "buy 2"}));
}

TEST_F(ContextTest, target_cancels_what_is_too_much_and_looks_again_when_it_ended) {
    work(Side::buy, 10);
    context.target(kFirst, whole_qty(4));
    EXPECT_EQ(asked(), Asked{"cancel 1000"});

    hold(Side::buy, 7);  // filled in part before the cancel
    orders.working.clear();
    context.order_closed(kFirst);
    EXPECT_EQ(asked(), Asked{"sell 3"});
    context.order_closed(kFirst);  // of something else: the target is no longer pursued
    EXPECT_EQ(asked(), Asked{});
}

TEST_F(ContextTest, target_is_pursued_again_when_an_opposing_order_filled_after_all) {
    WorkingOrder& sell = work(Side::sell, 3);
    context.target(kFirst, whole_qty(2));
    EXPECT_EQ(asked(), (Asked{"cancel 1000", "buy 2"}));

    hold(Side::sell, 3);                                                // the cancel came too late
    sell = {.id = sell.id, .side = Side::buy, .leaves = whole_qty(2)};  // the buy still works
    context.order_closed(kFirst);
    EXPECT_EQ(asked(), Asked{"buy 3"});
}

TEST_F(ContextTest, target_does_not_cancel_twice) {
    work(Side::sell, 3).cancel_pending = true;
    work(Side::sell, 2);
    context.target(kFirst, whole_qty(1));
    context.target(kFirst, whole_qty(1));
    context.cancel_working(kFirst);
    EXPECT_EQ(asked(), (Asked{"cancel 1001", "buy 1"}));
}

/// The order counts as on its way, since it may still fill; if it does not, nothing else would
/// bring the position there.
TEST_F(ContextTest, target_that_leans_on_an_order_being_cancelled_looks_again) {
    work(Side::buy, 10).cancel_pending = true;
    context.target(kFirst, whole_qty(10));
    EXPECT_EQ(asked(), Asked{});
    orders.working.clear();  // cancelled, nothing filled
    context.order_closed(kFirst);
    EXPECT_EQ(asked(), Asked{"buy 10"});
}

TEST_F(ContextTest, target_that_leans_on_an_order_just_cancelled_looks_again) {
    work(Side::buy, 10);
    context.cancel_working(kFirst);
    context.target(kFirst, whole_qty(10));
    EXPECT_EQ(asked(), Asked{"cancel 1000"});
    orders.working.clear();
    context.order_closed(kFirst);
    EXPECT_EQ(asked(), Asked{"buy 10"});
}

TEST_F(ContextTest, target_sees_only_its_own_position) {
    test::Books two{test::table_of({test::share("A.NYSE")}), {.strategies = 2}};
    two.fill(StrategyId{1}, kFirst, Side::buy, whole_qty(5), price("10"));
    Context mine{kMe, {two.instruments, two.market, two.portfolio, orders}};
    mine.target(kFirst, whole_qty(5));
    EXPECT_EQ(std::get<OrderIntent>(*mine.take_next()).spec.qty, whole_qty(5));
}

/// With fills and cancels in any order, and cancels that come too late, a target is reached.
RC_GTEST_FIXTURE_PROP(ContextTest, target_is_reached_whatever_the_venue_does_first, ()) {
    auto& working = orders.working[kFirst.value];
    const auto send = [&] {
        while (const Intent* wish = context.take_next()) {
            if (const auto* order = std::get_if<OrderIntent>(&*wish)) {
                working.push_back({order->id, order->spec.side, order->spec.qty, false});
            } else if (const auto* cancel = std::get_if<CancelIntent>(&*wish)) {
                const auto it = std::ranges::find(working, cancel->id, &WorkingOrder::id);
                RC_ASSERT(it != working.end());
                it->cancel_pending = true;
            }
        }
    };
    /// The venue ends one order: filled, or cancelled where that was asked for.
    const auto end_one = [&] {
        const auto at = static_cast<std::ptrdiff_t>(test::draw_below(working.size()));
        const WorkingOrder order = working[static_cast<std::size_t>(at)];
        working.erase(working.begin() + at);
        if (!order.cancel_pending || *rc::gen::arbitrary<bool>()) {
            books.fill(kMe, kFirst, order.side, order.leaves, price("10"));
        }
        context.order_closed(kFirst);
        send();
    };
    Qty wanted;
    const auto changes = 1 + test::draw_below(8);
    for (std::size_t i = 0; i < changes; ++i) {
        wanted = whole_qty(static_cast<std::int64_t>(test::draw_below(21)) - 10);
        context.target(kFirst, wanted);
        send();
        for (auto ends = test::draw_below(3); ends > 0 && !working.empty(); --ends) end_one();
    }
    for (int i = 0; i < 1000 && !working.empty(); ++i) end_one();
    RC_ASSERT(working.empty());
    RC_ASSERT((context.position(kFirst) == wanted));
}

// --- orders -------------------------------------------------------------------------------------

TEST_F(ContextTest, ids_count_up_from_one_and_carry_the_strategy) {
    EXPECT_EQ(context.submit({.qty = whole_qty(1)}), OrderId::of(kMe, 1));
    EXPECT_EQ(context.submit({.qty = whole_qty(1)}), OrderId::of(kMe, 2));
    EXPECT_EQ(std::get<OrderIntent>(wishes()[1]).id, OrderId::of(kMe, 2));
}

TEST_F(ContextTest, working_counts_orders_and_wishes_but_not_protection) {
    work(Side::buy, 4);
    work(Side::sell, 1);
    context.submit({.instrument = kFirst, .side = Side::buy, .qty = whole_qty(2)});
    context.submit({.instrument = kFirst,
                    .side = Side::sell,
                    .type = OrderType::stop_market,
                    .qty = whole_qty(9),
                    .trigger_price = price("9")});
    EXPECT_EQ(context.working(kFirst), whole_qty(5));
    EXPECT_EQ(context.working(kSecond), Qty{});
}

TEST_F(ContextTest, bracket_links_its_children_to_the_entry) {
    const OrderSpec entry{.instrument = kFirst, .qty = whole_qty(5)};
    const OrderSpec stop{.instrument = kFirst,
                         .side = Side::sell,
                         .type = OrderType::stop_market,
                         .qty = whole_qty(5),
                         .trigger_price = price("9")};
    const OrderSpec profit{.instrument = kFirst,
                           .side = Side::sell,
                           .type = OrderType::limit,
                           .qty = whole_qty(5),
                           .limit_price = price("12")};
    const OrderId id =
        context.submit_bracket({.entry = entry, .stop_loss = stop, .take_profit = profit});
    EXPECT_EQ(context.working(kFirst), whole_qty(5));  // children are protection, not position
    const auto all = wishes();
    ASSERT_EQ(all.size(), 3U);
    const auto link = [&](std::size_t i) { return std::get<OrderIntent>(all[i]).links; };
    EXPECT_EQ(std::get<OrderIntent>(all[0]).id, id);
    EXPECT_EQ(link(0), (OrderLinks{id, std::nullopt, Contingency::oto}));
    EXPECT_EQ(link(1), (OrderLinks{id, id, Contingency::ouo}));
    EXPECT_EQ(link(2), (OrderLinks{id, id, Contingency::ouo}));
    for (const std::size_t i : {1U, 2U}) {
        EXPECT_TRUE(std::get<OrderIntent>(all[i]).spec.reduce_only);
    }
}

TEST_F(ContextTest, bracket_may_lack_either_side) {
    context.submit_bracket(
        {.entry = {.qty = whole_qty(1)}, .stop_loss = std::nullopt, .take_profit = std::nullopt});
    EXPECT_EQ(wishes().size(), 1U);
}

TEST_F(ContextTest, oco_orders_are_siblings_of_one_list) {
    const OrderSpec spec{.instrument = kFirst, .qty = whole_qty(1)};
    context.submit(spec);
    const OrderSpec both[] = {spec, spec};
    context.submit_oco(both);
    const auto all = wishes();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(std::get<OrderIntent>(all[0]).links, OrderLinks{});
    for (const std::size_t i : {1U, 2U}) {
        EXPECT_EQ(std::get<OrderIntent>(all[i]).links,
                  (OrderLinks{OrderId::of(kMe, 2), std::nullopt, Contingency::oco}));
    }
}

TEST_F(ContextTest, timer_in_the_past_comes_at_once) {
    context.begin({100});
    context.set_timer(TimerId{7}, {50});
    context.set_timer(TimerId{8}, {150});
    const auto all = wishes();
    EXPECT_EQ(all[0], (Intent{TimerIntent{{kMe, TimerId{7}}, {100}}}));
    EXPECT_EQ(all[1], (Intent{TimerIntent{{kMe, TimerId{8}}, {150}}}));
}

// --- units_for_share ----------------------------------------------------------------------------

TEST_F(ContextTest, units_for_share_are_unknown_before_the_first_price) {
    EXPECT_EQ(context.units_for_share(kFirst, 0.5), std::nullopt);
}

TEST_F(ContextTest, units_for_share_round_down_to_the_lot) {
    books.trades_at(kFirst, price("333.33"));
    EXPECT_EQ(context.units_for_share(kFirst, 1.0), whole_qty(300));
    EXPECT_EQ(context.units_for_share(kFirst, 0.5), whole_qty(150));
    EXPECT_EQ(context.units_for_share(kFirst, -0.5), whole_qty(-150));
    books.trades_at(kFirst, price("333.34"));
    EXPECT_EQ(context.units_for_share(kFirst, 1.0), whole_qty(299));
}

TEST_F(ContextTest, units_for_share_are_none_once_the_equity_is_lost) {
    books.trades_at(kFirst, price("10"));
    books.deposit(whole_money(-150'000));
    EXPECT_EQ(context.units_for_share(kFirst, 1.0), Qty{});
}

TEST_F(ContextTest, units_for_share_are_unknown_while_a_currency_has_no_rate) {
    Instrument foreign = test::share("C.XETRA");
    foreign.quote = foreign.settlement = *Currency::parse("EUR");
    test::Books abroad{test::table_of({foreign})};
    abroad.deposit(whole_money(1000));
    abroad.trades_at(kFirst, price("10"));
    Context mine{kMe, {abroad.instruments, abroad.market, abroad.portfolio, orders}};
    EXPECT_EQ(mine.units_for_share(kFirst, 1.0), std::nullopt);
}

TEST_F(ContextTest, units_for_share_of_a_future_count_its_multiplier) {
    Instrument future = test::share("ESZ4.CME");
    future.asset_class = AssetClass::future;
    future.multiplier = whole_qty(50);
    test::Books pit{test::table_of({future})};
    pit.deposit(whole_money(1'000'000));
    pit.trades_at(kFirst, price("5000"));
    Context mine{kMe, {pit.instruments, pit.market, pit.portfolio, orders}};
    EXPECT_EQ(mine.units_for_share(kFirst, 1.0), whole_qty(4));
}

}  // namespace
}  // namespace tradewind::signal
