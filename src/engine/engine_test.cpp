// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/desk_for_tests.hpp"
#include "engine/replay.hpp"
#include "engine/runner.hpp"
#include "signal/registry.hpp"
#include "support/generators.hpp"

namespace tradewind::engine {
namespace {

using Words = std::vector<std::string>;

// --- admission ----------------------------------------------------------------------------------

StepError fault_of(Desk& desk, const Event& event) {
    const auto decisions = desk.engine.step(event);
    EXPECT_FALSE(decisions.has_value());
    return decisions ? StepError{} : decisions.error();
}

TEST(Step, refuses_a_gap_and_a_repetition) {
    for (const Sequence seq : {0U, 1U, 3U}) {
        Desk desk{slots({})};
        desk.step(print("1"));
        const StepError error = fault_of(desk, {seq, {9'000'000'000}, {}, print("1")});
        EXPECT_EQ(error.fault, StepFault::out_of_sequence);
        EXPECT_EQ(error.text, "event " + std::to_string(seq) + " came where 2 is due");
    }
}

TEST(Step, refuses_time_that_goes_back) {
    Desk desk{slots({})};
    desk.step(print("1"));
    const StepError error = fault_of(desk, {2, {999'999'999}, {}, print("1")});
    EXPECT_EQ(error.fault, StepFault::time_went_back);
    EXPECT_EQ(error.seq, 2U);
}

TEST(Step, takes_several_events_of_one_instant) {
    Desk desk{slots({})};
    EXPECT_TRUE(desk.engine.step({1, {5}, {5}, print("1")}).has_value());
    EXPECT_TRUE(desk.engine.step({2, {5}, {4}, print("2")}).has_value());
}

TEST(Step, refuses_an_instrument_that_is_not_in_the_run) {
    const InstrumentId unknown{2};
    const Payload about_it[] = {Bar{.instrument = unknown, .spec = time_bars(days(1))},
                                Trade{.instrument = unknown},
                                Quote{.instrument = unknown},
                                BookLevel{.instrument = unknown},
                                BookOrder{.instrument = unknown},
                                TradingStatus{.instrument = unknown},
                                Funding{.instrument = unknown},
                                CorporateAction{.instrument = unknown},
                                NewsItem{.instrument = unknown},
                                SentimentScore{.instrument = unknown},
                                OrderEvent{.instrument = unknown}};
    for (const Payload& payload : about_it) {
        Desk desk{slots({})};
        const StepError error = fault_of(desk, desk.numbered(payload));
        EXPECT_EQ(error.fault, StepFault::unknown_instrument) << kind_name(payload);
        EXPECT_EQ(error.text, "event 1 is about instrument 2, this run has 2");
    }
}

TEST(Step, stays_stopped_after_a_fault) {
    Desk desk{slots({})};
    fault_of(desk, {7, {1}, {}, print("1")});
    EXPECT_EQ(fault_of(desk, {1, {1}, {}, print("1")}).fault, StepFault::out_of_sequence);
}

// --- strategies ---------------------------------------------------------------------------------

TEST(Step, starts_strategies_at_the_first_event_that_is_no_deposit) {
    int starts = 0;
    Desk desk{slots({.start = [&](Context&) { ++starts; }})};
    desk.step(deposit());
    desk.step(deposit());
    EXPECT_EQ(starts, 0);
    EXPECT_EQ(desk.engine.equity(), nullptr);
    desk.step(print("1"));
    desk.step(print("1"));
    EXPECT_EQ(starts, 1);
    EXPECT_NE(desk.engine.equity(), nullptr);
}

TEST(Step, ends_with_the_name_of_a_strategy_that_throws) {
    Desk desk{slots({}, {.trade = [](Context&, const Trade&) {
                        throw std::runtime_error{"index out of range"};
                    }})};
    const StepError error = fault_of(desk, desk.numbered(print("1")));
    EXPECT_EQ(error.fault, StepFault::strategy_threw);
    EXPECT_EQ(error.text, "strategy other threw: index out of range");
}

/// Reads no bar of a row, but throws.
class Skimmer final : public signal::Strategy {
public:
    [[nodiscard]] bool skims() const override { return true; }
    [[nodiscard]] std::size_t skim(const market::BarTrack&, market::BarRows) override {
        throw std::runtime_error{"out of range"};
    }
};

TEST(Skim, ends_the_run_where_the_strategy_throws) {
    std::vector<StrategySlot> only;
    only.push_back({.name = "mine",
                    .strategy = std::make_unique<Skimmer>(),
                    .instruments = {kFirst},
                    .bars = std::nullopt});
    Engine engine{table(), {}, std::move(only)};
    ASSERT_TRUE(engine.skims());
    EXPECT_FALSE(engine.is_idle());  // nothing is known before the first market event
    ASSERT_TRUE(engine.step({.seq = 1, .payload = deposit()}).has_value());
    ASSERT_TRUE(engine.step({.seq = 2, .payload = print("1")}).has_value());
    ASSERT_TRUE(engine.is_idle());
    const std::array<std::int64_t, 1> cell{1'000'000'000};
    const market::BarTrack track{kFirst,
                                 time_bars(minutes(1)),
                                 {.open_ts = cell,
                                  .close_ts = cell,
                                  .open = cell,
                                  .high = cell,
                                  .low = cell,
                                  .close = cell,
                                  .volume = cell}};
    EXPECT_EQ(engine.skim(track, {.first = 0, .end = 1}), 0U);
    EXPECT_FALSE(engine.is_idle());
    const auto next = engine.step({.seq = 3, .payload = print("1")});
    ASSERT_FALSE(next.has_value());
    EXPECT_EQ(next.error().text, "strategy mine threw: out of range");
}

TEST(Step, ends_where_a_strategy_throws_what_is_no_exception) {
    Desk desk{slots({.start = [](Context&) { throw 42; }})};
    EXPECT_EQ(fault_of(desk, desk.numbered(print("1"))).text,
              "strategy mine threw something unnamed");
}

TEST(Step, decides_nothing_for_a_strategy_that_threw_after_asking) {
    Desk desk{slots({.trade = [](Context& c, const Trade&) {
        c.submit({.instrument = kFirst, .qty = whole_qty(1)});
        throw std::runtime_error{"too late"};
    }})};
    fault_of(desk, desk.numbered(print("1")));
    EXPECT_TRUE(desk.engine.orders().open_orders().empty());
}

TEST(Step, stops_a_strategy_that_asks_without_end) {
    const auto ask = [](Context& c) { c.submit({.instrument = kFirst, .qty = whole_qty(1)}); };
    Desk desk{slots({.trade = [&](Context& c, const Trade&) { ask(c); },
                     .refusal = [&](Context& c, const Refusal&) { ask(c); }})};
    const StepError error = fault_of(desk, desk.numbered(print("1")));  // no cash: all refused
    EXPECT_EQ(error.fault, StepFault::strategy_runaway);
    EXPECT_EQ(error.text, "strategy mine asked for more than 100000 orders on one event");
}

TEST(Step, gives_a_strategy_the_events_of_its_instruments_alone) {
    int heard = 0;
    std::vector<StrategySlot> only_second;
    only_second.push_back(slot("mine", {.trade = [&](Context&, const Trade& t) {
                                   ++heard;
                                   EXPECT_EQ(t.instrument, kSecond);
                               }}));
    only_second.back().instruments = {kSecond};
    Desk desk{std::move(only_second)};
    desk.step(print("1", kFirst));
    desk.step(print("1", kSecond));
    EXPECT_EQ(heard, 1);
}

// --- decisions ----------------------------------------------------------------------------------

Script buys_on_trade(std::int64_t units) {
    return {.trade = [units](Context& c, const Trade& trade) {
        c.target(trade.instrument, whole_qty(units));
    }};
}

TEST(Step, sends_what_the_gate_approves_and_counts_it_as_working) {
    Desk desk{slots(buys_on_trade(10))};
    desk.step(deposit());
    EXPECT_EQ(desk.tell(print("100")), Words{"submit 0-1 buy 10 A.NYSE market gtc"});
    EXPECT_EQ(desk.tell(print("100")), Words{});
    EXPECT_EQ(desk.tell(filled(OrderId::of(kMe, 1), 10, "100")), Words{});
    EXPECT_EQ(desk.engine.portfolio().position(kFirst).qty, whole_qty(10));
    EXPECT_EQ(desk.engine.fills(), 1U);
}

TEST(Step, tells_a_refusal_with_its_numbers_and_counts_it) {
    std::vector<Refusal> told;
    Script script = buys_on_trade(101);
    script.refusal = [&](Context&, const Refusal& refusal) { told.push_back(refusal); };
    Desk desk{slots(std::move(script))};
    desk.step(deposit());
    const auto decisions = desk.step(print("100"));
    const Refusal expected{.id = OrderId::of(kMe, 1),
                           .instrument = kFirst,
                           .new_order = true,
                           .denial = {.reason = DenialReason::insufficient_cash,
                                      .limit = whole_money(10'000),
                                      .actual = whole_money(10'100),
                                      .would_pass = whole_qty(100)}};
    EXPECT_EQ(decisions, std::vector<Decision>{expected});
    EXPECT_EQ(told, std::vector{expected});
    EXPECT_EQ(desk.engine.refusals()[static_cast<std::size_t>(DenialReason::insufficient_cash)],
              1U);
}

TEST(Step, lets_a_strategy_ask_at_once_for_what_would_pass) {
    Script script = buys_on_trade(101);
    script.refusal = [](Context& c, const Refusal& refusal) {
        c.target(refusal.instrument, refusal.denial.would_pass.value());
    };
    Desk desk{slots(std::move(script))};
    desk.step(deposit());
    const auto words = desk.tell(print("100"));
    ASSERT_EQ(words.size(), 2U);
    EXPECT_EQ(words[1], "submit 0-2 buy 100 A.NYSE market gtc");
}

TEST(Step, reviews_each_wish_with_those_before_it_counted) {
    Desk desk{slots({.trade = [](Context& c, const Trade&) {
        c.submit({.instrument = kFirst, .qty = whole_qty(60)});
        c.submit({.instrument = kFirst, .qty = whole_qty(60)});
    }})};
    desk.step(deposit());
    const auto decisions = desk.step(print("100"));
    ASSERT_EQ(decisions.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<Command>(decisions[0]));
    EXPECT_EQ(std::get<Refusal>(decisions[1]).denial.limit, whole_money(4'000));
}

TEST(Step, refuses_the_children_of_an_entry_that_was_refused) {
    Desk desk{slots({.trade = [](Context& c, const Trade&) {
        c.submit_bracket({.entry = {.instrument = kFirst, .qty = whole_qty(1000)},
                          .stop_loss = OrderSpec{.instrument = kFirst,
                                                 .side = Side::sell,
                                                 .type = OrderType::stop_market,
                                                 .qty = whole_qty(1000),
                                                 .trigger_price = price("90")},
                          .take_profit = std::nullopt});
    }})};
    desk.step(deposit());
    const auto decisions = desk.step(print("100"));
    ASSERT_EQ(decisions.size(), 2U);
    EXPECT_EQ(std::get<Refusal>(decisions[1]).denial.reason, DenialReason::unknown_order);
}

TEST(Step, cancels_once_however_often_it_is_asked) {
    std::optional<OrderId> id;
    Desk desk{slots({.trade = [&](Context& c, const Trade&) {
        if (!id) {
            id = c.submit({.instrument = kFirst, .qty = whole_qty(1)});
            return;
        }
        c.cancel(*id);
        c.cancel(*id);
    }})};
    desk.step(deposit());
    desk.step(print("100"));
    EXPECT_EQ(desk.tell(print("100")), Words{"cancel 0-1 A.NYSE"});
    EXPECT_EQ(desk.tell(print("100")), Words{});
}

TEST(Step, refuses_a_change_of_another_strategys_order) {
    const OrderId theirs = OrderId::of(kMe, 1);
    Desk thief{slots(buys_on_trade(1), {.trade = [&](Context& c, const Trade&) {
                         c.cancel(theirs);
                         c.replace(theirs, {.qty = whole_qty(2)});
                     }})};
    thief.step(deposit());
    const auto decisions = thief.step(print("100"));
    ASSERT_EQ(decisions.size(), 3U);
    for (const std::size_t i : {1U, 2U}) {
        const Refusal& refusal = std::get<Refusal>(decisions[i]);
        EXPECT_EQ(refusal.denial.reason, DenialReason::unknown_order);
        EXPECT_FALSE(refusal.new_order);
    }
    EXPECT_EQ(thief.engine.orders().find(theirs)->status, OrderStatus::submitted);
}

TEST(Step, books_a_fill_under_what_was_ordered) {
    Desk desk{slots(buys_on_trade(10))};
    desk.step(deposit());
    desk.step(print("100"));
    Payload report = filled(OrderId::of(kMe, 1), 10, "100");
    std::get<OrderEvent>(report).instrument = kSecond;
    desk.step(report);
    EXPECT_EQ(desk.engine.portfolio().position(kFirst).qty, whole_qty(10));
    EXPECT_EQ(desk.engine.portfolio().position(kSecond).qty, Qty{});
}

TEST(Step, does_not_take_a_missing_reference_price_for_zero) {
    Desk desk{slots(buys_on_trade(10))};
    desk.step(deposit());
    desk.step(print("100"));
    Payload report = filled(OrderId::of(kMe, 1), 10, "100");
    std::get<Fill>(std::get<OrderEvent>(report).detail).basis = {};
    desk.step(report);
    EXPECT_EQ(desk.engine.portfolio().equity(), whole_money(10'000));
    EXPECT_EQ(desk.engine.slippage(), Money{});
}

TEST(Step, passes_over_reports_of_orders_that_it_never_sent) {
    Desk desk{slots({})};
    EXPECT_EQ(desk.tell(filled(OrderId::of(kMe, 9), 10, "100")), Words{});
    EXPECT_EQ(desk.tell(filled(OrderId::of(StrategyId{9}, 1), 10, "100")), Words{});
    EXPECT_EQ(desk.engine.orders().count(orders::Anomaly::unknown_order), 2U);
    EXPECT_EQ(desk.engine.fills(), 0U);
}

TEST(Step, holds_to_a_persons_override) {
    Desk desk{slots(buys_on_trade(10))};
    desk.step(deposit());
    desk.step(Override{.state = TradingState::halted, .who = "ann", .why = "lunch"});
    const auto decisions = desk.step(print("100"));
    ASSERT_EQ(decisions.size(), 1U);
    EXPECT_EQ(std::get<Refusal>(decisions[0]).denial.reason, DenialReason::trading_halted);
}

TEST(Step, a_soft_limit_sends_less_and_says_so) {
    Desk desk{slots(buys_on_trade(10)), risk_of({"soft gross <= 600"})};
    desk.step(deposit());
    const auto decisions = desk.step(print("100"));
    ASSERT_EQ(decisions.size(), 2U);
    EXPECT_EQ(std::get<Shrink>(decisions[0]).asked, whole_qty(10));
    EXPECT_EQ(std::get<Shrink>(decisions[0]).denial.would_pass, whole_qty(6));
    const auto& sent = std::get<SubmitOrder>(std::get<Command>(decisions[1]));
    EXPECT_EQ(sent.order.spec.qty, whole_qty(6));
    EXPECT_EQ(desk.engine.shrunk_by()[0], 1U);
    EXPECT_EQ(desk.engine.limit_watch()->exceeded(), 0U);
}

TEST(Step, a_denial_says_which_limit_it_was) {
    Desk desk{slots(buys_on_trade(10)), risk_of({"net <= 900", "gross <= 800"})};
    desk.step(deposit());
    const auto decisions = desk.step(print("100"));
    ASSERT_EQ(decisions.size(), 1U);
    const Denial& denial = std::get<Refusal>(decisions[0]).denial;
    EXPECT_EQ(denial.rule, 0U);
    EXPECT_EQ(denial.would_pass, whole_qty(8));  // of both
    EXPECT_EQ(desk.engine.denied_by()[0], 1U);
}

/// The order that opens, its fill, and then prices: at 99 the account has hardly changed.
std::vector<Decision> fall_to(Desk& desk, std::string_view to) {
    desk.step(deposit());
    desk.step(print("100"));
    desk.step(filled(OrderId::of(kMe, 1), 50, "100"));
    return desk.step(print(to));
}
std::vector<std::string> fall_over_99(Desk& desk, std::string_view to) {
    static_cast<void>(fall_to(desk, "99"));
    return desk.tell(print(to));
}

TEST(Step, a_brake_denies_what_adds_and_lets_what_reduces_pass) {
    bool sells = false;
    Script script;
    script.trade = [&](Context& c, const Trade&) {
        c.submit(
            {.instrument = kFirst, .side = sells ? Side::sell : Side::buy, .qty = whole_qty(50)});
    };
    Desk desk{slots(std::move(script)), risk_of({}, {"drawdown > 10%: reducing"})};
    const auto decisions = fall_to(desk, "75");  // 50 x 25 of 10,000
    ASSERT_EQ(decisions.size(), 2U);
    const StateChange& change = std::get<StateChange>(decisions[0]);
    EXPECT_TRUE(std::holds_alternative<Refusal>(decisions[1]));  // asked for on the very price
    EXPECT_EQ(change.from, TradingState::active);
    EXPECT_EQ(change.to, TradingState::reducing);
    EXPECT_EQ(to_string(change.actual), "0.125");
    EXPECT_TRUE(std::holds_alternative<Refusal>(desk.step(print("75"))[0]));
    sells = true;
    EXPECT_TRUE(std::holds_alternative<Command>(desk.step(print("75"))[0]));
}

TEST(Step, flatten_cancels_and_closes_until_nothing_is_held) {
    int asked = 0;
    Script script;
    script.trade = [&](Context& c, const Trade&) {
        if (asked++ == 0) c.submit({.instrument = kFirst, .qty = whole_qty(50)});
        if (asked == 2) {
            c.submit({.instrument = kFirst,
                      .type = OrderType::limit,
                      .qty = whole_qty(5),
                      .limit_price = price("50")});
        }
    };
    Desk desk{slots(std::move(script)), risk_of({}, {"drawdown > 10%: flatten"})};
    EXPECT_EQ(
        fall_over_99(desk, "75"),
        (std::vector<std::string>{"active -> flatten by brake 0: 0.125 against 0.1",
                                  "cancel 0-2 A.NYSE", "submit 0-3 sell 50 A.NYSE market gtc"}));
    EXPECT_TRUE(desk.step(print("74")).empty());  // it is on its way
    desk.step(OrderEvent{.kind = OrderEventKind::canceled,
                         .instrument = kFirst,
                         .order = OrderId::of(kMe, 2),
                         .detail = VenueReason::requested});
    desk.step(OrderEvent{.kind = OrderEventKind::rejected,
                         .instrument = kFirst,
                         .order = OrderId::of(kMe, 3),
                         .detail = VenueReason::market_closed});
    EXPECT_EQ(desk.tell(print("73")),
              std::vector<std::string>{"submit 0-4 sell 50 A.NYSE market gtc"});
    desk.step(filled(OrderId::of(kMe, 4), 50, "73", Side::sell));
    EXPECT_TRUE(desk.engine.portfolio().held().empty());
    EXPECT_TRUE(desk.step(print("72")).empty());
}

TEST(Step, only_a_named_person_lets_it_trade_again) {
    Script script;
    script.trade = [](Context& c, const Trade&) {
        c.submit({.instrument = kFirst, .qty = whole_qty(50)});
    };
    Desk desk{slots(std::move(script)), risk_of({"drawdown <= 8%"}, {"drawdown > 10%: halted"})};
    static_cast<void>(fall_to(desk, "75"));
    const auto is_refused = [&] {
        const auto decisions = desk.step(print("75"));
        return std::holds_alternative<Refusal>(decisions.at(0));
    };
    EXPECT_TRUE(is_refused());
    desk.step(Override{.state = TradingState::active, .who = "", .why = "a machine"});
    EXPECT_TRUE(is_refused());
    desk.step(Override{.state = TradingState::active, .who = "ann", .why = "seen"});
    EXPECT_FALSE(is_refused());  // what is lost by then does not count again
}

/// Who resumes stands where it stands: a fall from there fires again, and no earlier one does.
TEST(Step, a_brake_fires_again_after_a_person_has_resumed) {
    Desk desk{slots(buys_on_trade(50)),
              risk_of({}, {"drawdown > 10%: halted", "drawdown > 9% per 30d: warn"})};
    static_cast<void>(fall_to(desk, "75"));  // 8,750 of 10,000
    ASSERT_EQ(desk.engine.state_changes().size(), 2U);
    desk.step(Override{.state = TradingState::active, .who = "ann", .why = "seen"});
    EXPECT_TRUE(desk.step(print("74")).empty());
    EXPECT_EQ(desk.step(print("50")).size(), 2U);  // 7,500 of 8,750
    EXPECT_EQ(desk.engine.state_changes().size(), 4U);
}

TEST(Step, capital_that_leaves_is_no_loss) {
    Desk desk{slots({}), risk_of({}, {"drawdown > 10%: halted", "loss > 10%: halted",
                                      "pnl_jump > 10%: halted", "drawdown > 10% per 30d: halted"})};
    desk.step(deposit());
    desk.step(print("100"));
    EXPECT_TRUE(desk.step(CashFlow{kUsd, whole_money(-4'000), CashReason::withdrawal}).empty());
    EXPECT_TRUE(desk.step(print("100")).empty());
    EXPECT_EQ(desk.engine.gate().limits().watch().peak(), whole_money(6'000));
    // what is charged is one
    EXPECT_EQ(desk.step(CashFlow{kUsd, whole_money(-700), CashReason::interest}).size(), 4U);
}

TEST(Step, brakes_hear_of_trades_that_no_list_has_room_for) {
    EngineSettings settings = risk_of({}, {"losing_trades > 1 per 1d: reducing"});
    settings.trades_kept = 0;
    Script script;
    int asked = 0;
    script.trade = [&](Context& c, const Trade&) {
        c.submit({.instrument = kFirst,
                  .side = asked++ % 2 == 0 ? Side::buy : Side::sell,
                  .qty = whole_qty(10)});
    };
    Desk desk{slots(std::move(script)), settings};
    desk.step(deposit());
    for (std::uint64_t order = 1; order <= 4; ++order) {
        const bool buys = order % 2 == 1;
        desk.step(print(buys ? "100" : "90"));
        desk.step(filled(OrderId::of(kMe, order), 10, buys ? "100" : "90",
                         buys ? Side::buy : Side::sell));
    }
    EXPECT_EQ(desk.engine.state_changes().size(), 1U);
}

TEST(Step, close_only_leaves_what_only_reduces) {
    int asked = 0;
    Script script;
    script.trade = [&](Context& c, const Trade&) {
        if (++asked == 1) c.submit({.instrument = kFirst, .qty = whole_qty(50)});
        if (asked != 2) return;
        const auto rest = [&](Side side, std::string_view at, std::int64_t units) {
            c.submit({.instrument = kFirst,
                      .side = side,
                      .type = OrderType::limit,
                      .qty = whole_qty(units),
                      .limit_price = price(at)});
        };
        rest(Side::sell, "120", 5);
        rest(Side::buy, "50", 5);
    };
    Desk desk{slots(std::move(script)), risk_of({}, {"drawdown > 10%: close_only"})};
    EXPECT_EQ(fall_over_99(desk, "75"),
              (std::vector<std::string>{"active -> close_only by brake 0: 0.125 against 0.1",
                                        "cancel 0-3 A.NYSE"}));
}

TEST(Step, flatten_waits_for_no_order_that_rests) {
    int asked = 0;
    Script script;
    script.trade = [&](Context& c, const Trade&) {
        if (++asked == 1) c.submit({.instrument = kFirst, .qty = whole_qty(50)});
        if (asked == 2) {
            c.submit({.instrument = kFirst,
                      .side = Side::sell,
                      .type = OrderType::limit,
                      .reduce_only = true,
                      .qty = whole_qty(50),
                      .limit_price = price("120")});
        }
    };
    Desk desk{slots(std::move(script)), risk_of({}, {"drawdown > 10%: flatten"})};
    static_cast<void>(fall_over_99(desk, "75"));
    EXPECT_EQ(desk.tell(OrderEvent{.kind = OrderEventKind::canceled,
                                   .instrument = kFirst,
                                   .order = OrderId::of(kMe, 2),
                                   .detail = VenueReason::requested}),
              std::vector<std::string>{"submit 0-3 sell 50 A.NYSE market gtc"});
}

TEST(Step, a_preview_answers_as_a_review_and_leaves_no_trace) {
    Desk desk{slots({}), risk_of({"orders <= 1 per 1d", "notional <= 700"})};
    desk.step(deposit());
    desk.step(print("100"));
    const OrderIntent big{.id = OrderId::of(kMe, 1),
                          .spec = {.instrument = kFirst, .qty = whole_qty(8)}};
    OrderIntent small = big;
    small.spec.qty = whole_qty(7);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(desk.engine.preview(small).value(), whole_qty(7));
        EXPECT_EQ(desk.engine.preview(big).error().would_pass, whole_qty(7));
    }
}

TEST(Step, closes_the_trade_of_a_share_that_is_delisted) {
    Desk desk{slots(buys_on_trade(10))};
    desk.step(deposit());
    desk.step(print("100"));
    desk.step(filled(OrderId::of(kMe, 1), 10, "100"));
    desk.step(CorporateAction{
        .instrument = kFirst, .kind = CorporateActionKind::delisting, .amount = price("40")});
    EXPECT_EQ(desk.engine.portfolio().equity(), whole_money(9'400));
    ASSERT_EQ(desk.engine.trades().closed().size(), 1U);
}

TEST(Step, books_what_the_venue_closes_against_our_will) {
    std::vector<std::string> told;
    Script script = buys_on_trade(10);
    script.margin_call = [&](Context&, const MarginCall& call) {
        told.push_back("call " + to_string(call.equity));
    };
    script.liquidation = [&](Context& c, const Liquidation& closed) {
        told.push_back("closed " + to_string(closed.fill.qty) + ", left " +
                       to_string(c.position(kFirst)));
    };
    Desk desk{slots(std::move(script))};
    desk.step(deposit());
    desk.step(print("100"));
    desk.step(filled(OrderId::of(kMe, 1), 10, "100"));
    desk.step(MarginCall{.instrument = std::nullopt,
                         .currency = kUsd,
                         .equity = whole_money(50),
                         .required = whole_money(60)});
    desk.step(Liquidation{.instrument = kFirst,
                          .strategy = std::nullopt,
                          .fill = Fill{.price = price("40"),
                                       .qty = whole_qty(10),
                                       .side = Side::sell,
                                       .fee = whole_money(4),
                                       .fee_currency = kUsd,
                                       .basis = {.reference = price("41")}}});
    EXPECT_EQ(told, (Words{"call 50", "closed 10, left 0"}));
    EXPECT_EQ(desk.engine.portfolio().equity(), whole_money(9'396));
    ASSERT_EQ(desk.engine.trades().closed().size(), 1U);
    EXPECT_EQ(desk.engine.trades().closed()[0].tag.view(), "liquidation");
    EXPECT_EQ(desk.engine.liquidations(), 1U);
    EXPECT_EQ(desk.engine.margin_calls(), 1U);
    EXPECT_EQ(desk.engine.slippage(), whole_money(10));
}

/// A report that names no leg is of the order's; a liquidation is told to whose leg it was.
TEST(Step, keeps_the_legs_of_strategies_apart_where_hedged) {
    int mine = 0, others = 0;
    const auto opens = [](Side side, Leg leg, int& told) {
        return Script{
            .trade =
                [=](Context& c, const Trade&) {
                    if (c.position(kFirst).raw != 0 || c.working(kFirst).raw != 0) return;
                    c.submit(
                        {.instrument = kFirst, .side = side, .leg = leg, .qty = whole_qty(10)});
                },
            .liquidation = [&told](Context&, const Liquidation&) { ++told; }};
    };
    Desk desk{
        slots(opens(Side::buy, Leg::long_leg, mine), opens(Side::sell, Leg::short_leg, others)),
        {.account = portfolio::AccountKind::margin, .positions = {.mode = PositionMode::hedging}}};
    desk.step(deposit());
    EXPECT_EQ(desk.tell(print("100")), (Words{"submit 0-1 buy long 10 A.NYSE market gtc",
                                              "submit 1-1 sell short 10 A.NYSE market gtc"}));
    desk.step(filled(OrderId::of(kMe, 1), 10, "100"));
    desk.step(filled(OrderId::of(StrategyId{1}, 1), 10, "101", Side::sell));
    const portfolio::Portfolio& books = desk.engine.portfolio();
    EXPECT_EQ(books.sides(kFirst), (Sides{.longs = whole_qty(10), .shorts = whole_qty(10)}));
    desk.step(Liquidation{.instrument = kFirst,
                          .strategy = StrategyId{1},
                          .fill = Fill{.price = price("105"),
                                       .qty = whole_qty(10),
                                       .side = Side::buy,
                                       .leg = Leg::short_leg,
                                       .fee_currency = kUsd,
                                       .basis = {.reference = price("105")}}});
    EXPECT_EQ(books.sides(kFirst), (Sides{.longs = whole_qty(10), .shorts = {}}));
    EXPECT_EQ(books.equity(), whole_money(10'010));
    EXPECT_EQ(mine, 0);
    EXPECT_EQ(others, 1);
    ASSERT_EQ(desk.engine.trades().closed().size(), 1U);
    EXPECT_EQ(desk.engine.trades().closed()[0].strategy, StrategyId{1});
    EXPECT_FALSE(desk.engine.is_idle());
}

TEST(Step, opens_the_equity_curve_once_every_deposit_can_be_valued) {
    const Currency usdt = Currency::parse("USDT").value(), bnb = Currency::parse("BNB").value();
    const InstrumentTable coins = test::table_of({*default_instrument("BNBUSDT.BINANCE")});
    Engine engine{coins, {.base = usdt}, {}};
    Sequence seq = 0;
    const auto step = [&](const Payload& payload) {
        ++seq;
        const Timestamp at = Timestamp{} + seconds(static_cast<std::int64_t>(seq));
        const Event event{.seq = seq, .ts = at, .ts_event = at, .payload = payload};
        EXPECT_TRUE(engine.step(event).has_value());
    };
    step(CashFlow{usdt, whole_money(1000), CashReason::deposit});
    step(CashFlow{bnb, whole_money(2), CashReason::deposit});
    step(TradingStatus{.instrument = kFirst});
    EXPECT_EQ(engine.equity(), nullptr);
    step(print("500"));
    ASSERT_NE(engine.equity(), nullptr);
    EXPECT_EQ(engine.start_equity(), whole_money(2000));
}

// --- books --------------------------------------------------------------------------------------

BookLevel level(Side side, std::string_view at, std::int64_t units, BookFlags flags) {
    return {.instrument = kFirst,
            .side = side,
            .flags = flags,
            .price = price(at),
            .size = whole_qty(units)};
}

TEST(Step, tells_of_a_book_once_a_message_and_marks_at_its_middle) {
    std::vector<std::string> told;
    Script script = buys_on_trade(10);
    script.book = [&](Context& c, InstrumentId id) {
        told.push_back(to_string(*c.market().levels(id)->middle()));
    };
    Desk desk{slots(std::move(script))};
    desk.step(deposit());
    desk.step(print("100"));
    desk.step(filled(OrderId::of(kMe, 1), 10, "100"));
    desk.step(level(Side::buy, "101", 5, {.snapshot = true, .last = false}));
    desk.step(level(Side::sell, "103", 5, {.snapshot = true, .last = true}));
    desk.step(level(Side::buy, "101", 0, {}));
    desk.step(level(Side::buy, "100", 5, {}));
    EXPECT_EQ(desk.engine.portfolio().equity(), whole_money(10'020));
    desk.step(level(Side::sell, "103", 1, {.snapshot = false, .last = true}));
    EXPECT_EQ(told, (Words{"102", "101.5"}));
    EXPECT_EQ(desk.engine.portfolio().equity(), whole_money(10'015));
    desk.step(level(Side::buy, "104", 1, {.snapshot = false, .last = true}));
    EXPECT_EQ(told.size(), 2U) << "crossed";
}

TEST(Step, tells_of_a_book_of_single_orders) {
    std::vector<std::string> told;
    Script script;
    script.book = [&](Context& c, InstrumentId id) {
        told.push_back(to_string(c.market().orders(id)->best(Side::buy)->size));
    };
    Desk desk{slots(std::move(script))};
    const BookFlags last{.snapshot = false, .last = true};
    for (const std::uint64_t order : {1U, 2U}) {
        desk.step(BookOrder{.instrument = kFirst,
                            .flags = last,
                            .price = price("100"),
                            .size = whole_qty(3),
                            .order = order});
    }
    EXPECT_EQ(told, (Words{"3", "6"}));
}

// --- timers, aggregation ------------------------------------------------------------------------

TEST(Step, hands_a_timer_to_the_strategy_that_set_it) {
    int mine = 0, others = 0;
    Desk desk{slots({.start = [](Context& c) { c.set_timer(TimerId{7}, c.now() + seconds(5)); },
                     .timer =
                         [&](Context&, TimerId id) {
                             ++mine;
                             EXPECT_EQ(id, TimerId{7});
                         }},
                    {.timer = [&](Context&, TimerId) { ++others; }})};
    const auto decisions = desk.step(print("1"));
    const SetTimer expected{{kMe, TimerId{7}}, desk.now + seconds(5)};
    EXPECT_EQ(decisions, std::vector<Decision>{Command{expected}});
    desk.step(Timer{kMe, TimerId{7}});
    desk.step(Timer{StrategyId{9}, TimerId{7}});  // of a strategy that this run does not have
    EXPECT_EQ(mine, 1);
    EXPECT_EQ(others, 0);
}

TEST(Step, makes_the_bars_that_a_strategy_asks_for) {
    const BarSpec wanted = time_bars(minutes(1));
    std::vector<Bar> bars;
    auto given = slots({.bar = [&](Context&, const Bar& bar) { bars.push_back(bar); }});
    given[0].bars = wanted;
    Desk desk{std::move(given), {.aggregations = {{kFirst, wanted}}}};
    desk.now = test::at("2024-03-01T15:00:00Z") - seconds(1);
    for (const char* at : {"10", "12", "9", "11"}) desk.step(print(at));
    EXPECT_TRUE(bars.empty());
    desk.now = desk.now + minutes(1);
    desk.step(print("20"));
    ASSERT_EQ(bars.size(), 1U);
    EXPECT_EQ(bars[0].high, price("12"));
    EXPECT_EQ(bars[0].low, price("9"));
    EXPECT_EQ(bars[0].close, price("11"));
    desk.step(EndOfData{});
    ASSERT_EQ(bars.size(), 2U);  // the unfinished one, at the end
    EXPECT_EQ(bars[1].close, price("20"));
}

// --- determinism --------------------------------------------------------------------------------

std::vector<StrategySlot> built_ins() {
    std::vector<StrategySlot> out;
    const std::vector<InstrumentId> both{kFirst, kSecond};
    const std::pair<const char*, signal::Params> wanted[] = {
        {"sma-cross", {{{"fast", "2"}, {"slow", "4"}, {"share", "0.4"}}}},
        {"rsi-reversion", {{{"period", "3"}, {"size", "20"}}}},
        {"momentum", {{{"lookback", "2"}, {"skip", "0"}, {"every", "2"}, {"top", "1"}}}}};
    for (const auto& [name, params] : wanted) {
        out.push_back({.name = name,
                       .strategy = must(signal::make_built_in(name, {table(), both, params})),
                       .instruments = both,
                       .bars = std::nullopt});
    }
    return out;
}

/// A recorded run: every event with what was decided on it.
struct Recording {
    std::vector<Event> events;
    std::vector<std::vector<Decision>> decisions;

    void play(Engine& engine, const Event& event) {
        const auto decided = engine.step(event);
        RC_ASSERT(decided.has_value());
        events.push_back(event);
        decisions.emplace_back(decided->begin(), decided->end());
    }
};

/// What a venue might say to a command: filled, rejected, cancelled, or nothing yet.
std::optional<Payload> draw_answer(const Command& command) {
    OrderEvent report;
    if (const auto* timer = std::get_if<SetTimer>(&command)) return timer->timer;
    if (const auto* submit = std::get_if<SubmitOrder>(&command)) {
        const OrderSpec& spec = submit->order.spec;
        report.order = submit->order.id;
        report.instrument = spec.instrument;
        report.kind = OrderEventKind::filled;
        report.detail =
            Fill{.price = {1 + 1'000'000'000 * static_cast<std::int64_t>(test::draw_below(100))},
                 .qty = spec.qty,
                 .side = spec.side,
                 .fee_currency = kUsd};
        if (test::draw_below(4) == 0) {
            report.kind = OrderEventKind::rejected;
            report.detail = VenueReason::other;
        }
    } else if (const auto* cancel = std::get_if<CancelOrder>(&command)) {
        report.order = cancel->id;
        report.instrument = cancel->instrument;
        report.kind = OrderEventKind::canceled;
    } else {
        return std::nullopt;
    }
    return report;
}

Payload draw_market() {
    const InstrumentId id{static_cast<std::uint32_t>(test::draw_below(2))};
    const Price at{1'000'000'000 * static_cast<std::int64_t>(1 + test::draw_below(100))};
    switch (test::draw_below(4)) {
        case 0: return Quote{id, at, at + PriceDelta{10'000'000}, whole_qty(1), whole_qty(1)};
        case 1: return Trade{.instrument = id, .price = at, .size = whole_qty(1)};
        default:
            return Bar{.instrument = id,
                       .spec = time_bars(minutes(1)),
                       .open = at,
                       .high = at,
                       .low = at,
                       .close = at,
                       .volume = whole_qty(1000)};
    }
}

EngineSettings random_run_settings() {
    return {.aggregations = {{kFirst, time_bars(minutes(5))}, {kSecond, time_bars(minutes(5))}}};
}

/// Random bars, quotes and trades, and answers of a venue to what the strategies send.
Recording record_random_run() {
    Engine engine{table(), random_run_settings(), built_ins()};
    Recording out;
    std::vector<Payload> answers;
    Timestamp now = test::at("2024-03-01T15:00:00Z");
    const auto play = [&](const Payload& payload) {
        out.play(engine, {engine.last_sequence() + 1, now, now, payload});
        for (const Decision& decision : out.decisions.back()) {
            const auto* command = std::get_if<Command>(&decision);
            if (command == nullptr) continue;
            if (const auto answer = draw_answer(*command)) answers.push_back(*answer);
        }
    };
    play(deposit());
    for (int i = 0; i < 60; ++i) {
        now = now + seconds(static_cast<std::int64_t>(test::draw_below(60)));
        play(draw_market());
        while (!answers.empty() && test::draw_below(3) != 0) {
            const Payload answer = answers.front();
            answers.erase(answers.begin());
            play(answer);
        }
    }
    play(EndOfData{});
    return out;
}

RC_GTEST_PROP(Determinism, same_events_give_the_same_decisions, ()) {
    const Recording run = record_random_run();
    Engine again{table(), random_run_settings(), built_ins()};
    std::size_t decided = 0;
    for (std::size_t i = 0; i < run.events.size(); ++i) {
        const auto decisions = again.step(run.events[i]);
        RC_ASSERT(decisions.has_value());
        RC_ASSERT(std::ranges::equal(*decisions, run.decisions[i]));
        decided += decisions->size();
    }
    RC_CLASSIFY(decided >= 10, "ten decisions or more");
}

// --- replay -------------------------------------------------------------------------------------

/// A recording as a log.
class FakeLog final : public ports::LogReader {
public:
    explicit FakeLog(Recording recording, Next at_end = Next::end)
        : recording_(std::move(recording)), at_end_(at_end) {}

    Next next() override {
        if (owes_ && !recording_.decisions[at_].empty()) {
            owes_ = false;
            return Next::decisions;
        }
        at_ = started_ ? at_ + 1 : 0;
        started_ = owes_ = true;
        return at_ < recording_.events.size() ? Next::event : at_end_;
    }
    [[nodiscard]] const Event& event() const override { return recording_.events[at_]; }
    [[nodiscard]] std::span<const Decision> decisions() const override {
        return recording_.decisions[at_];
    }
    [[nodiscard]] std::string error() const override { return "journal J: byte 7: damaged"; }

private:
    Recording recording_;
    Next at_end_;
    std::size_t at_ = 0;
    bool started_ = false;
    bool owes_ = false;
};

/// Buys one at each of three prints.
Script one_more_each_time() {
    return {.trade = [](Context& c, const Trade& t) {
        c.submit({.instrument = t.instrument, .qty = whole_qty(1)});
    }};
}

Recording small_run() {
    Engine engine{table(), {}, slots(one_more_each_time())};
    Recording out;
    Sequence seq = 0;
    for (const Payload& payload : {deposit(), print("10"), print("11"), print("12")}) {
        ++seq;
        out.play(engine, {seq, {static_cast<std::int64_t>(seq)}, {}, payload});
    }
    return out;
}

std::expected<ReplaySummary, std::string> replay_of(const Recording& recording,
                                                    FakeLog::Next at_end = FakeLog::Next::end) {
    Engine engine{table(), {}, slots(one_more_each_time())};
    FakeLog log{recording, at_end};
    return replay(engine, log);
}

TEST(Replay, finds_a_recorded_run_identical) {
    const ReplaySummary summary = must(replay_of(small_run()));
    EXPECT_EQ(summary.events, 4U);
    EXPECT_EQ(summary.decisions, 3U);
    EXPECT_FALSE(summary.torn);
    EXPECT_FALSE(summary.difference.has_value());
}

RC_GTEST_PROP(Replay, finds_every_recorded_run_identical, ()) {
    const Recording run = record_random_run();
    Engine engine{table(), random_run_settings(), built_ins()};
    FakeLog log{run};
    const ReplaySummary summary = must(replay(engine, log));
    RC_ASSERT(!summary.difference.has_value());
    RC_ASSERT(summary.events == run.events.size());
}

TEST(Replay, names_the_event_of_a_decision_that_was_changed) {
    Recording run = small_run();
    auto& submit = std::get<SubmitOrder>(std::get<Command>(run.decisions[2][0]));
    submit.order.spec.qty = whole_qty(2);
    const auto difference = must(replay_of(run)).difference;
    ASSERT_TRUE(difference.has_value());
    EXPECT_EQ(difference->seq, 3U);
    EXPECT_EQ(difference->recorded, "submit 0-2 buy 2 A.NYSE market gtc");
    EXPECT_EQ(difference->derived, "submit 0-2 buy 1 A.NYSE market gtc");
}

TEST(Replay, names_the_event_of_a_decision_that_is_missing) {
    for (const std::size_t i : {1U, 3U}) {  // in the middle, and at the end of the log
        Recording run = small_run();
        run.decisions[i].clear();
        const auto difference = must(replay_of(run)).difference;
        ASSERT_TRUE(difference.has_value());
        EXPECT_EQ(difference->seq, i + 1);
        EXPECT_EQ(difference->recorded, "nothing");
    }
}

TEST(Replay, names_the_event_of_a_decision_too_many) {
    Recording run = small_run();
    run.decisions[0] = {run.decisions[1][0]};
    run.decisions[3].push_back(run.decisions[3][0]);
    auto difference = must(replay_of(run)).difference;
    ASSERT_TRUE(difference.has_value());
    EXPECT_EQ(difference->seq, 1U);
    EXPECT_EQ(difference->derived, "nothing");
    run.decisions[0].clear();
    difference = must(replay_of(run)).difference;
    ASSERT_TRUE(difference.has_value());
    EXPECT_EQ(difference->seq, 4U);
}

/// Even a field that the description does not show.
TEST(Replay, compares_every_field) {
    Recording run = small_run();
    std::get<SubmitOrder>(std::get<Command>(run.decisions[1][0])).order.spec.tag = Tag{"x"};
    EXPECT_TRUE(must(replay_of(run)).difference.has_value());
}

TEST(Replay, forgives_a_torn_log_the_decisions_of_its_last_event) {
    Recording run = small_run();
    run.decisions.back().clear();
    const ReplaySummary summary = must(replay_of(run, FakeLog::Next::torn));
    EXPECT_TRUE(summary.torn);
    EXPECT_FALSE(summary.difference.has_value());
    EXPECT_EQ(summary.events, 4U);
    EXPECT_EQ(summary.decisions, 2U);
}

TEST(Replay, says_where_a_log_is_damaged) {
    EXPECT_EQ(replay_of(small_run(), FakeLog::Next::failed).error(), "journal J: byte 7: damaged");
}

TEST(Replay, says_why_the_engine_stopped) {
    Recording run = small_run();
    run.events[2].seq = 9;
    EXPECT_EQ(replay_of(run).error(), "event 9 came where 3 is due");
}

// --- run ----------------------------------------------------------------------------------------

/// Everything that happened at the doors, in order.
struct Doors {
    Words happened{};
    std::vector<Payload> events{};
    std::string source_error{};
    std::size_t log_fails_at = SIZE_MAX;  ///< of the appends

    class Source final : public ports::EventSource {
    public:
        explicit Source(Doors& doors) : doors_(doors) {}
        Next next(Event& out) override {
            if (at_ == doors_.events.size()) {
                return doors_.source_error.empty() ? Next::end : Next::failed;
            }
            out = {.seq = 0, .ts = {static_cast<std::int64_t>(at_)}, .payload = doors_.events[at_]};
            ++at_;
            return Next::event;
        }
        [[nodiscard]] std::string error() const override { return doors_.source_error; }

    private:
        Doors& doors_;
        std::size_t at_ = 0;
    };
    class Venue final : public ports::Venue {
    public:
        explicit Venue(Doors& doors) : doors_(doors) {}
        void send(const Command& command, Timestamp) override {
            doors_.happened.push_back("send " +
                                      engine::describe(Decision{command}, table()).substr(0, 6));
        }

    private:
        Doors& doors_;
    };
    class Log final : public ports::EventLog {
    public:
        explicit Log(Doors& doors) : doors_(doors) {}
        std::expected<void, std::string> append(const Event& event) override {
            return note("event " + std::to_string(event.seq));
        }
        std::expected<void, std::string> append(Sequence seq,
                                                std::span<const Decision> decisions) override {
            return note("decisions " + std::to_string(seq) + ": " +
                        std::to_string(decisions.size()));
        }

    private:
        std::expected<void, std::string> note(std::string what) {
            if (appends_++ == doors_.log_fails_at) return std::unexpected("journal J: disk full");
            doors_.happened.push_back(std::move(what));
            return {};
        }
        Doors& doors_;
        std::size_t appends_ = 0;
    };

    std::expected<RunSummary, std::string> run(Script script) {
        Engine engine{table(), {}, slots(std::move(script))};
        Source source{*this};
        Venue venue{*this};
        Log log{*this};
        return engine::run(engine, {.source = source, .venue = venue, .log = &log});
    }
};

TEST(Run, journals_an_event_before_its_decisions_and_decisions_before_they_are_sent) {
    Doors doors{.events = {deposit(), print("10"), print("11")}};
    const RunSummary summary = must(doors.run(one_more_each_time()));
    EXPECT_EQ(doors.happened, (Words{"event 1", "event 2", "decisions 2: 1", "send submit",
                                     "event 3", "decisions 3: 1", "send submit"}));
    EXPECT_EQ(summary.events, 3U);
    EXPECT_EQ(summary.commands, 2U);
    EXPECT_EQ(summary.first, Timestamp{0});
    EXPECT_EQ(summary.last, Timestamp{2});
}

TEST(Run, counts_refusals_and_sends_none_of_them) {
    Doors doors{.events = {print("10")}};
    EXPECT_EQ(must(doors.run(one_more_each_time())).refusals, 1U);
    EXPECT_EQ(doors.happened, (Words{"event 1", "decisions 1: 1"}));
}

TEST(Run, sends_nothing_once_the_journal_cannot_be_written) {
    for (const std::size_t fails_at : {1U, 2U}) {  // at the event, at its decisions
        Doors doors{.events = {deposit(), print("10")}};
        doors.log_fails_at = fails_at;
        EXPECT_EQ(doors.run(one_more_each_time()).error(), "journal J: disk full");
        EXPECT_EQ(std::ranges::count(doors.happened, "send submit"), 0);
    }
}

TEST(Run, says_how_the_source_broke_and_why_the_engine_stopped) {
    Doors broken{.source_error = "catalog C: damaged"};
    EXPECT_EQ(broken.run({}).error(), "catalog C: damaged");
    Doors doors{.events = {print("10")}};
    EXPECT_EQ(
        doors.run({.trade = [](Context&, const Trade&) { throw std::logic_error{"x"}; }}).error(),
        "strategy mine threw: x");
    EXPECT_EQ(doors.happened, Words{"event 1"});
}

}  // namespace
}  // namespace tradewind::engine
