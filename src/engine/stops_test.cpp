// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/desk_for_tests.hpp"

namespace tradewind::engine {
namespace {

using Words = std::vector<std::string>;

OrderId mine(std::uint64_t order) { return OrderId::of(kMe, order); }

OrderEvent report(OrderEventKind kind, std::uint64_t order) {
    return {.kind = kind, .instrument = kFirst, .order = mine(order)};
}
OrderEvent canceled(std::uint64_t order) {
    OrderEvent out = report(OrderEventKind::canceled, order);
    out.detail = VenueReason::requested;
    return out;
}
Payload partly(std::uint64_t order, std::int64_t units, std::string_view at, Side side) {
    Payload out = filled(mine(order), units, at, side);
    std::get<OrderEvent>(out).kind = OrderEventKind::partially_filled;
    return out;
}

/// Sends what a test asks for with the next price.
struct Asks {
    std::vector<OrderSpec> next{};

    [[nodiscard]] Script script() {
        return {.trade = [this](Context& c, const Trade&) {
            for (const OrderSpec& spec : std::exchange(next, {})) c.submit(spec);
        }};
    }
};

OrderSpec buys(std::int64_t units) { return {.instrument = kFirst, .qty = whole_qty(units)}; }
OrderSpec sells(std::int64_t units) {
    return {.instrument = kFirst, .side = Side::sell, .qty = whole_qty(units)};
}
OrderSpec exits_at(std::string_view at, std::int64_t units) {
    OrderSpec out = sells(units);
    out.type = OrderType::limit;
    out.reduce_only = true;
    out.limit_price = price(at);
    return out;
}

/// A desk whose first strategy keeps these stops, and holds 50 bought at 100 by order 1.
class Stopped {
public:
    explicit Stopped(std::vector<std::string_view> stops, EngineSettings settings = {})
        : desk([&] {
              settings.account = portfolio::AccountKind::margin;
              std::vector<StrategySlot> out = slots(asks.script());
              for (const std::string_view stop : stops) {
                  out[0].stops.push_back(must(risk::parse_stop(stop)));
              }
              return Desk{std::move(out), settings};
          }()) {
        desk.step(deposit());
        ask(buys(50));
        desk.step(print("100"));
        opened = desk.tell(filled(mine(1), 50, "100"));
    }

    void ask(const OrderSpec& spec) { asks.next.push_back(spec); }

    Asks asks{};
    Desk desk;
    Words opened;
};

TEST(Stops, rest_once_the_position_stands_and_follow_a_part_of_it) {
    Stopped at{{"fixed 10%"}};
    EXPECT_EQ(at.opened, Words{"submit 0-2 sell 50 A.NYSE stop_market trigger 90 gtc"});
    at.desk.step(report(OrderEventKind::accepted, 2));
    at.ask(sells(20));
    at.desk.step(print("101"));
    const Words words = at.desk.tell(filled(mine(3), 20, "101", Side::sell));
    ASSERT_EQ(words.size(), 1U);
    EXPECT_TRUE(words[0].starts_with("replace 0-2")) << words[0];
}

/// What a stop filled in part has left is what is held: nothing is asked for again.
TEST(Stops, a_stop_that_fills_in_part_is_left_alone) {
    Stopped at{{"fixed 10%"}};
    at.desk.step(report(OrderEventKind::accepted, 2));
    EXPECT_EQ(at.desk.tell(partly(2, 20, "90", Side::sell)), Words{});
    EXPECT_EQ(at.desk.tell(filled(mine(2), 30, "89", Side::sell)), Words{});
    EXPECT_TRUE(at.desk.engine.portfolio().held().empty());
    EXPECT_EQ(at.desk.engine.stopped_by(kMe)[0], 1U);
}

TEST(Stops, a_fill_that_turns_the_position_changes_the_side_of_the_stop) {
    Stopped at{{"fixed 10%"}};
    at.desk.step(report(OrderEventKind::accepted, 2));
    at.ask(sells(80));
    at.desk.step(print("100"));
    EXPECT_EQ(at.desk.tell(filled(mine(3), 80, "100", Side::sell)),
              (Words{"cancel 0-2 A.NYSE", "submit 0-4 buy 30 A.NYSE stop_market trigger 110 gtc"}));
}

/// The venue keeps the order as it was, and it is asked again with what comes next.
TEST(Stops, ask_again_where_a_change_was_refused) {
    Stopped at{{"trailing 10%"}};
    at.desk.step(report(OrderEventKind::accepted, 2));
    const Words first = at.desk.tell(print("110"));
    ASSERT_EQ(first.size(), 1U);
    EXPECT_TRUE(first[0].starts_with("replace 0-2")) << first[0];
    EXPECT_EQ(at.desk.tell(print("110")), Words{});
    OrderEvent refused = report(OrderEventKind::replace_rejected, 2);
    refused.detail = VenueReason::other;
    EXPECT_EQ(at.desk.tell(refused), Words{});
    EXPECT_EQ(at.desk.tell(print("110")), first);
}

/// An exit that rests may never fill. It makes room for the order at the market.
TEST(Stops, what_closes_at_the_market_waits_for_no_order_that_rests) {
    Stopped at{{"time 2s"}};
    at.ask(exits_at("120", 50));
    at.desk.step(print("100"));
    EXPECT_EQ(at.desk.tell(print("100")), Words{"cancel 0-2 A.NYSE"});
    EXPECT_EQ(at.desk.tell(print("100")), Words{});
    EXPECT_EQ(at.desk.tell(canceled(2)), Words{"submit 0-3 sell 50 A.NYSE market gtc"});
    EXPECT_EQ(at.desk.tell(print("99")), Words{});
    at.desk.step(filled(mine(3), 50, "99", Side::sell));
    EXPECT_TRUE(at.desk.engine.portfolio().held().empty());
    EXPECT_EQ(at.desk.engine.stopped_by(kMe)[0], 1U);
}

/// It filled while its cancel was under way.
TEST(Stops, an_exit_that_fills_after_all_leaves_nothing_to_close) {
    Stopped at{{"time 2s"}};
    at.ask(exits_at("100", 50));
    at.desk.step(print("100"));
    EXPECT_EQ(at.desk.tell(print("100")), Words{"cancel 0-2 A.NYSE"});
    EXPECT_EQ(at.desk.tell(filled(mine(2), 50, "100", Side::sell)), Words{});
    EXPECT_EQ(at.desk.tell(print("100")), Words{});
    EXPECT_TRUE(at.desk.engine.portfolio().held().empty());
}

TEST(Stops, close_each_leg_for_itself_where_hedged) {
    Stopped at{{"fixed 10%", "time 4s"}, {.positions = {.mode = PositionMode::hedging}}};
    // A plain buy opens the long leg.
    EXPECT_EQ(at.opened, Words{"submit 0-2 sell long 50 A.NYSE stop_market trigger 90 gtc"});
    at.desk.step(report(OrderEventKind::accepted, 2));
    OrderSpec exits = exits_at("120", 50);
    exits.reduce_only = false;
    exits.leg = Leg::long_leg;
    at.ask(exits);
    OrderSpec opens_short = sells(10);
    opens_short.leg = Leg::short_leg;
    at.ask(opens_short);
    at.desk.step(print("100"));
    EXPECT_EQ(at.desk.tell(filled(mine(4), 10, "100", Side::sell)),
              Words{"submit 0-5 buy short 10 A.NYSE stop_market trigger 110 gtc"});
    EXPECT_EQ(at.desk.tell(print("100")), Words{"cancel 0-3 A.NYSE"});
    EXPECT_EQ(at.desk.tell(canceled(3)), Words{"submit 0-6 sell long 50 A.NYSE market gtc"});
    EXPECT_EQ(at.desk.tell(print("100")), Words{});
}

/// Half the price and twice the shares: the level is where it was.
TEST(Stops, a_split_moves_the_level_with_the_price) {
    Stopped at{{"fixed 10%"}};
    at.desk.step(report(OrderEventKind::accepted, 2));
    at.desk.step(CorporateAction{.instrument = kFirst,
                                 .kind = CorporateActionKind::split,
                                 .new_shares = 2,
                                 .old_shares = 1});
    Words words = at.desk.tell(print("50"));
    const Words more = at.desk.tell(print("50"));
    words.insert(words.end(), more.begin(), more.end());
    const auto& order = *at.desk.engine.orders().find(mine(2));
    SCOPED_TRACE(testing::PrintToString(words));
    EXPECT_EQ(at.desk.engine.portfolio().position(kMe, kFirst).qty, whole_qty(100));
    EXPECT_TRUE(order.status == OrderStatus::pending_replace || order.terms.qty == whole_qty(100));
}

/// A brake that closes cancels the stop; who resumes and buys anew has one again.
TEST(Stops, are_put_back_once_a_person_lets_it_trade_again) {
    Stopped at{{"fixed 50%"}, risk_of({}, {"drawdown > 10%: flatten"})};
    at.desk.step(report(OrderEventKind::accepted, 2));
    EXPECT_EQ(at.desk.tell(print("75")),
              (Words{"active -> flatten by brake 0: 0.125 against 0.1", "cancel 0-2 A.NYSE",
                     "submit 0-3 sell 50 A.NYSE market gtc"}));
    at.desk.step(canceled(2));
    at.desk.step(filled(mine(3), 50, "75", Side::sell));
    at.desk.step(Override{.state = TradingState::active, .who = "ann", .why = "seen"});
    at.ask(buys(20));
    at.desk.step(print("76"));
    EXPECT_EQ(at.desk.tell(filled(mine(4), 20, "76")),
              Words{"submit 0-5 sell 20 A.NYSE stop_market trigger 38 gtc"});
}

/// A strategy that puts its exit back with every cancel must not keep a brake from closing.
TEST(Brakes, close_what_a_strategy_shields_with_exits_that_rest) {
    int asked = 0;
    Script script;
    const auto exit = exits_at("120", 50);
    script.trade = [&](Context& c, const Trade&) {
        if (++asked == 1) c.submit(buys(50));
        if (asked == 2) c.submit(exit);
    };
    script.order = [&](Context& c, const OrderEvent& event) {
        if (event.kind == OrderEventKind::canceled) c.submit(exit);
    };
    Desk desk{slots(std::move(script)), risk_of({}, {"drawdown > 10%: flatten"})};
    desk.step(deposit());
    desk.step(print("100"));
    desk.step(filled(mine(1), 50, "100"));
    desk.step(print("99"));
    EXPECT_EQ(desk.tell(print("75")),
              (Words{"active -> flatten by brake 0: 0.125 against 0.1", "cancel 0-2 A.NYSE"}));
    EXPECT_EQ(desk.tell(canceled(2)).at(0), "submit 0-3 sell 50 A.NYSE market gtc");
}

}  // namespace
}  // namespace tradewind::engine
