// SPDX-License-Identifier: Apache-2.0
#include "risk/gate.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "support/books.hpp"
#include "support/generators.hpp"
#include "support/must.hpp"

namespace tradewind::risk {
namespace {

using portfolio::AccountKind;
using test::kFirst;
using test::kSecond;
using test::money;
using test::price;
using test::qty;

constexpr StrategyId kMe{0};
constexpr StrategyId kOther{1};
constexpr Currency kEur = *Currency::parse("EUR");

Settings limits(std::initializer_list<std::string_view> texts) {
    Settings out;
    for (const std::string_view text : texts) out.limits.push_back(test::must(parse_limit(text)));
    return out;
}

/// The books with two shares and a gate before them; the first share trades at 100.
struct World {
    explicit World(AccountKind kind = AccountKind::cash, Settings limits = {},
                   InstrumentTable table = test::table_of({test::share("A.NYSE"),
                                                           test::share("B.NYSE")}),
                   PositionSettings positions = {})
        : books(std::move(table),
                {.base = kUsd, .kind = kind, .strategies = 2, .positions = positions}),
          orders({.instruments = books.instruments.size(), .strategies = 2}),
          gate({books.instruments, books.market, orders, books.portfolio}, std::move(limits),
               CalendarKind::always_open, 2) {
        books.deposit(whole_money(10'000));
        books.trades_at(kFirst, price("100"));
    }

    OrderIntent intent(const OrderSpec& spec, StrategyId strategy = kMe, OrderLinks links = {}) {
        return {.id = OrderId::of(strategy, ++made), .spec = spec, .links = links};
    }
    std::optional<Denial> review(const OrderSpec& spec, StrategyId strategy = kMe) {
        const auto approved = gate.review(intent(spec, strategy), now);
        return approved ? std::nullopt : told(approved.error());
    }
    std::optional<Denial> review(OrderId id, const OrderChange& change) {
        const auto approved = gate.review(ReplaceIntent{.id = id, .change = change}, now);
        return approved ? std::nullopt : told(approved.error());
    }
    /// A denial apart from which limit it was.
    std::optional<Denial> told(Denial denial) {
        rule = std::exchange(denial.rule, std::nullopt);
        return denial;
    }
    /// Reviews, and puts what passed into the orders book as the engine does.
    std::optional<OrderId> send(const OrderSpec& spec, StrategyId strategy = kMe) {
        const OrderIntent wish = intent(spec, strategy);
        const auto approved = gate.review(wish, now);
        if (!approved) return std::nullopt;
        return work(wish);
    }
    OrderId work(const OrderIntent& wish) {
        orders.add(wish, now);
        orders.apply({.kind = OrderEventKind::submitted, .order = wish.id}, now);
        return wish.id;
    }
    void fill(OrderId id, Qty amount, Price at) {
        const orders::Order& order = *orders.find(id);
        const Instrument& instrument = books.instruments.at(order.instrument());
        const Fill filled{.price = at,
                          .qty = amount,
                          .side = order.side(),
                          .fee = fee_of({.price = at, .qty = amount}, instrument),
                          .fee_currency = instrument.settlement,
                          .basis = {.reference = at}};
        orders.apply({.kind = OrderEventKind::filled, .order = id, .detail = filled}, now);
        books.portfolio.apply_fill(id.strategy(), order.instrument(), filled);
    }
    void hold(Side side, std::int64_t units, InstrumentId id = kFirst, StrategyId who = kMe) {
        books.fill(who, id, side, whole_qty(units), price("100"));
    }

    test::Books books;
    orders::Orders orders;
    Gate gate;
    Timestamp now = test::at("2024-03-01T15:00:00Z");
    std::uint64_t made = 0;
    std::optional<std::uint16_t> rule{};  ///< which limit the last denial was of
};

OrderSpec buy(std::int64_t units, InstrumentId id = kFirst) {
    return {.instrument = id, .side = Side::buy, .qty = whole_qty(units)};
}
OrderSpec sell(std::int64_t units, InstrumentId id = kFirst) {
    return {.instrument = id, .side = Side::sell, .qty = whole_qty(units)};
}
OrderSpec limit(OrderSpec spec, std::string_view at) {
    spec.type = OrderType::limit;
    spec.limit_price = price(at);
    return spec;
}
OrderSpec reduce_only(OrderSpec spec) {
    spec.reduce_only = true;
    return spec;
}

Denial denial(DenialReason reason, std::string_view limit_text, std::string_view actual,
              std::optional<Qty> would_pass = std::nullopt) {
    return {.reason = reason,
            .limit = money(limit_text),
            .actual = money(actual),
            .would_pass = would_pass};
}

// --- denials, with their numbers ----------------------------------------------------------------

TEST(Gate, denies_an_instrument_that_it_does_not_know) {
    World w;
    EXPECT_EQ(w.review(buy(1, InstrumentId{2})),
              denial(DenialReason::unknown_instrument, "0", "0"));
}

TEST(Gate, denies_a_malformed_order) {
    World w;
    OrderSpec spec = buy(1);
    spec.type = OrderType::limit;  // without its price
    EXPECT_EQ(w.review(spec), denial(DenialReason::malformed, "0", "0"));
    EXPECT_EQ(w.review(buy(0)), denial(DenialReason::malformed, "0", "0"));
    EXPECT_EQ(w.review(buy(-1)), denial(DenialReason::malformed, "0", "0"));
}

TEST(Gate, denies_what_lies_off_the_grid_of_its_instrument) {
    World w;
    OrderSpec odd = buy(1);
    odd.qty = qty("2.5");
    EXPECT_EQ(w.review(odd), denial(DenialReason::off_lot, "1", "2.5", whole_qty(2)));
    EXPECT_EQ(w.review(limit(buy(1), "99.995")), denial(DenialReason::off_tick, "0.01", "99.995"));
}

TEST(Gate, denies_what_lies_outside_the_sizes_of_its_instrument) {
    Instrument share = test::share("A.NYSE");
    share.min_qty = whole_qty(10);
    share.max_qty = whole_qty(50);
    share.min_notional = whole_money(1000);
    share.max_notional = whole_money(4000);
    World w{AccountKind::cash, {}, test::table_of({share})};
    EXPECT_EQ(w.review(buy(9)), denial(DenialReason::below_min_qty, "10", "9"));
    EXPECT_EQ(w.review(buy(51)), denial(DenialReason::above_max_qty, "50", "51", whole_qty(50)));
    EXPECT_EQ(w.review(limit(buy(10), "99")),
              denial(DenialReason::below_min_notional, "1000", "990"));
    EXPECT_EQ(w.review(limit(buy(41), "100")),
              denial(DenialReason::above_max_notional, "4000", "4100"));
}

TEST(Gate, denies_market_order_when_no_price_is_known) {
    World w;
    EXPECT_EQ(w.review(buy(1, kSecond)), denial(DenialReason::unknown_price, "0", "0"));
    EXPECT_EQ(w.review(limit(buy(1, kSecond), "100")),
              denial(DenialReason::unknown_price, "0", "0"));
}

TEST(Gate, denies_what_is_good_till_a_time_that_is_past) {
    World w;
    OrderSpec spec = limit(buy(1), "100");
    spec.time_in_force = TimeInForce::gtd;
    spec.expire_at = w.now;
    const auto refused = w.review(spec);
    ASSERT_TRUE(refused.has_value());
    EXPECT_EQ(refused->reason, DenialReason::expired);
    spec.expire_at = w.now + nanoseconds(1);
    EXPECT_EQ(w.review(spec), std::nullopt);
}

TEST(Gate, denies_more_than_the_cash_pays_for_and_says_how_much_it_would) {
    World w;
    EXPECT_EQ(w.review(buy(101)),
              denial(DenialReason::insufficient_cash, "10000", "10100", whole_qty(100)));
    EXPECT_EQ(w.review(buy(100)), std::nullopt);
    EXPECT_EQ(w.review(limit(buy(101), "99")), std::nullopt);
}

TEST(Gate, values_a_buy_at_the_ask_while_the_quote_is_fresh) {
    World w;
    w.books.market.apply({}, Quote{kFirst, price("99"), price("101"), {}, {}});
    EXPECT_EQ(w.review(buy(100)),
              denial(DenialReason::insufficient_cash, "10000", "10100", whole_qty(99)));
}

/// A stop is filled at its trigger or worse, wherever the market stands now.
TEST(Gate, values_a_stop_at_the_worse_of_its_trigger_and_the_market) {
    World w;
    OrderSpec stop = buy(100);
    stop.type = OrderType::stop_market;
    stop.trigger_price = price("110");
    EXPECT_EQ(w.review(stop),
              denial(DenialReason::insufficient_cash, "10000", "11000", whole_qty(90)));
}

TEST(Gate, sets_cash_aside_for_orders_that_work) {
    World w;
    const auto working = w.send(limit(buy(60), "50"));
    ASSERT_TRUE(working.has_value());
    EXPECT_EQ(w.review(buy(71)),
              denial(DenialReason::insufficient_cash, "7000", "7100", whole_qty(70)));
    w.fill(*working, whole_qty(60), price("50"));
    EXPECT_EQ(w.review(buy(70)), std::nullopt);
}

/// The minimum does not shrink with the order: 99 x 100 + 90 is 9990, 100 x 100 is all there is.
TEST(Gate, would_pass_counts_the_fee_that_the_smaller_order_pays) {
    Instrument share = test::share("A.NYSE");
    share.fees.minimum = whole_money(90);
    World w{AccountKind::cash, {}, test::table_of({share})};
    EXPECT_EQ(w.review(buy(1000)),
              denial(DenialReason::insufficient_cash, "10000", "100090", whole_qty(99)));
    EXPECT_EQ(w.review(buy(99)), std::nullopt);
    EXPECT_NE(w.review(buy(100)), std::nullopt);
}

TEST(Gate, takes_the_dearer_side_of_liquidity_for_the_fee) {
    Instrument share = test::share("A.NYSE");
    share.fees.maker = basis_points(100);
    World w{AccountKind::cash, {}, test::table_of({share})};
    EXPECT_EQ(w.review(limit(buy(100), "100")),
              denial(DenialReason::insufficient_cash, "10000", "10100", whole_qty(99)));
}

TEST(Gate, denies_a_cash_account_what_it_has_not_got_to_sell) {
    World w;
    w.hold(Side::buy, 10);
    EXPECT_EQ(w.review(sell(11)),
              denial(DenialReason::short_not_allowed, "10", "11", whole_qty(10)));
    ASSERT_TRUE(w.send(limit(sell(4), "120")));
    EXPECT_EQ(w.review(sell(7)), denial(DenialReason::short_not_allowed, "6", "7", whole_qty(6)));
    EXPECT_EQ(w.review(sell(6)), std::nullopt);
}

TEST(Gate, denies_more_than_the_margin_carries_and_says_how_much_it_would) {
    Instrument share = test::share("A.NYSE");
    share.margin.initial = test::rate("0.5");
    World w{AccountKind::margin, {}, test::table_of({share})};
    EXPECT_EQ(w.review(buy(201)),
              denial(DenialReason::insufficient_margin, "10000", "10050", whole_qty(200)));
    EXPECT_EQ(w.review(sell(200)), std::nullopt);
    w.hold(Side::buy, 100);
    EXPECT_EQ(w.review(buy(101)),
              denial(DenialReason::insufficient_margin, "5000", "5050", whole_qty(100)));
    // A flip frees the margin of the 100: 400 sold leave 300 short, which ask for 200 more.
    EXPECT_EQ(w.review(sell(400)),
              denial(DenialReason::insufficient_margin, "5000", "10000", whole_qty(300)));
}

TEST(Gate, counts_working_orders_toward_the_margin_at_their_present_terms) {
    World w{AccountKind::margin};
    const auto id = w.send(limit(sell(10), "200"));
    ASSERT_TRUE(id.has_value());
    EXPECT_EQ(w.review(buy(81)),
              denial(DenialReason::insufficient_margin, "8000", "8100", whole_qty(80)));
    w.orders.apply({.kind = OrderEventKind::replaced,
                    .order = *id,
                    .detail = OrderTerms{whole_qty(10), price("300"), std::nullopt}},
                   w.now);
    EXPECT_EQ(w.review(buy(71)),
              denial(DenialReason::insufficient_margin, "7000", "7100", whole_qty(70)));
}

TEST(Gate, denies_reduce_only_where_there_is_nothing_to_reduce) {
    World w;
    EXPECT_EQ(w.review(reduce_only(sell(5))), denial(DenialReason::reduce_only, "0", "5"));
    w.hold(Side::buy, 3);
    EXPECT_EQ(w.review(reduce_only(buy(5))), denial(DenialReason::reduce_only, "3", "5"));
    EXPECT_EQ(w.review(reduce_only(sell(5))), std::nullopt);  // the venue stops at 3
}

TEST(Gate, denies_more_than_the_position_limit) {
    World w{AccountKind::margin, limits({"position <= 50"})};
    w.hold(Side::buy, 30);
    ASSERT_TRUE(w.send(limit(buy(5), "90")));
    EXPECT_EQ(w.review(buy(16)), denial(DenialReason::position_limit, "50", "51", whole_qty(15)));
    EXPECT_EQ(w.review(sell(81)), denial(DenialReason::position_limit, "50", "51", whole_qty(80)));
}

TEST(Gate, denies_an_order_above_the_order_notional_limit) {
    World w{AccountKind::cash, limits({"notional <= 1000"})};
    EXPECT_EQ(w.review(buy(11)),
              denial(DenialReason::notional_limit, "1000", "1100", whole_qty(10)));
    EXPECT_EQ(w.review(buy(10)), std::nullopt);
}

TEST(Gate, counts_notional_limits_in_base_currency) {
    Instrument foreign = test::share("C.XETRA");
    foreign.quote = foreign.settlement = kEur;
    Instrument pair = test::share("EURUSD.FX");
    pair.asset_class = AssetClass::fx_pair;
    pair.base = kEur;
    World w{AccountKind::margin, limits({"notional <= 1100"}), test::table_of({foreign, pair})};
    EXPECT_EQ(w.review(buy(1)), denial(DenialReason::unknown_price, "0", "0"));  // no rate yet
    w.books.trades_at(kSecond, price("1.1"));
    EXPECT_EQ(w.review(buy(11)),
              denial(DenialReason::notional_limit, "1100", "1210", whole_qty(10)));
}

TEST(Gate, denies_what_takes_the_account_above_its_exposure_limit) {
    World w{AccountKind::margin, limits({"gross <= 5000"})};
    w.books.trades_at(kSecond, price("10"));
    w.hold(Side::buy, 30);
    EXPECT_EQ(w.review(buy(21)),
              denial(DenialReason::notional_limit, "5000", "5100", whole_qty(20)));
    // Shorts count like longs; a flip counts what it opens beyond what it closes.
    EXPECT_EQ(w.review(sell(200, kSecond)), std::nullopt);
    EXPECT_EQ(w.review(sell(201, kSecond)),
              denial(DenialReason::notional_limit, "5000", "5010", whole_qty(200)));
    EXPECT_EQ(w.review(sell(81)),
              denial(DenialReason::notional_limit, "5000", "5100", whole_qty(80)));
}

/// Two orders that fit one by one do not fit together.
TEST(Gate, counts_working_orders_toward_the_exposure_limit) {
    World w{AccountKind::margin, limits({"gross <= 5000"})};
    ASSERT_TRUE(w.send(limit(buy(30), "100")));
    EXPECT_EQ(w.review(buy(30)),
              denial(DenialReason::notional_limit, "5000", "6000", whole_qty(20)));
}

TEST(Gate, denies_too_many_orders_within_a_second) {
    World w{AccountKind::cash, limits({"orders <= 2 per 1s"})};
    EXPECT_EQ(w.review(buy(1)), std::nullopt);
    EXPECT_EQ(w.review(buy(1)), std::nullopt);
    EXPECT_EQ(w.review(buy(1)), denial(DenialReason::order_rate, "2", "3"));
    w.now = w.now + seconds(1);
    EXPECT_EQ(w.review(buy(1)), std::nullopt);
}

TEST(Gate, denies_a_child_whose_parent_is_gone) {
    World w;
    w.hold(Side::buy, 10);
    const OrderId parent = OrderId::of(kMe, 900);
    const OrderIntent child =
        w.intent(reduce_only(limit(sell(1), "120")), kMe, {.list = parent, .parent = parent});
    const auto refused = w.gate.review(child, w.now);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error(), denial(DenialReason::unknown_order, "0", "0"));
}

TEST(Gate, lets_protection_pass_with_its_parent) {
    World w;
    const OrderId parent = *w.send(limit(buy(10), "90"));
    const OrderIntent child =
        w.intent(reduce_only(limit(sell(10), "120")), kMe, {.list = parent, .parent = parent});
    EXPECT_TRUE(w.gate.review(child, w.now).has_value());
}

/// Sums in the books are 64 bits wide; an order that could bring one to wrap never gets there.
TEST(Gate, denies_a_quantity_that_no_book_could_add_up) {
    Instrument coin = test::share("DUST.BINANCE");
    coin.tick = Price{1};
    World w{AccountKind::margin, {}, test::table_of({coin})};
    w.books.trades_at(kFirst, Price{1});
    const OrderSpec most{.instrument = kFirst, .qty = whole_qty(2'000'000'000)};
    ASSERT_TRUE(w.send(most));
    const auto refused = w.review(most);
    ASSERT_TRUE(refused.has_value());
    EXPECT_EQ(refused->reason, DenialReason::above_max_qty);
}

// --- trading state ------------------------------------------------------------------------------

Override halt(std::string_view who = "ann") { return {.state = TradingState::halted, .who = who}; }

TEST(TradingStates, stop_new_exposure_and_let_reductions_pass) {
    for (const TradingState state : {TradingState::reducing, TradingState::halted}) {
        World w{AccountKind::margin};
        w.hold(Side::buy, 10);
        w.gate.apply({.state = state, .who = "ann"});
        EXPECT_EQ(w.review(buy(1)), denial(DenialReason::trading_halted, "0", "1"));
        EXPECT_EQ(w.review(sell(11)),
                  denial(DenialReason::trading_halted, "10", "11", whole_qty(10)));
        EXPECT_EQ(w.review(sell(10)), std::nullopt);
        EXPECT_EQ(w.review(reduce_only(sell(10))), std::nullopt);
    }
}

TEST(TradingStates, hold_in_their_scope_alone) {
    World w;
    w.gate.apply({.state = TradingState::halted, .instrument = kFirst, .who = "ann"});
    w.gate.apply({.state = TradingState::reducing, .strategy = kOther, .who = "ann"});
    EXPECT_EQ(w.gate.state(kMe, kFirst, w.now), TradingState::halted);
    EXPECT_EQ(w.gate.state(kMe, kSecond, w.now), TradingState::active);
    EXPECT_EQ(w.gate.state(kOther, kSecond, w.now), TradingState::reducing);
    EXPECT_EQ(w.gate.state(kOther, kFirst, w.now), TradingState::halted);  // the strictest
}

TEST(TradingStates, lapse_at_their_time) {
    World w;
    Override order = halt();
    order.until = w.now + seconds(1);
    w.gate.apply(order);
    EXPECT_EQ(w.gate.state(kMe, kFirst, w.now), TradingState::halted);
    EXPECT_EQ(w.gate.state(kMe, kFirst, w.now + seconds(1)), TradingState::active);
}

TEST(TradingStates, are_loosened_by_a_named_person_in_the_same_scope) {
    World w;
    w.gate.apply(halt());
    w.gate.apply({.state = TradingState::active, .instrument = kFirst, .who = "ann"});
    EXPECT_EQ(w.gate.state(kMe, kFirst, w.now), TradingState::halted);  // of everything
    w.gate.apply({.state = TradingState::active, .who = "ann"});
    EXPECT_EQ(w.gate.state(kMe, kFirst, w.now), TradingState::active);
}

TEST(TradingStates, are_never_loosened_by_a_machine) {
    World w;
    w.gate.apply(halt());
    w.gate.apply({.state = TradingState::active});
    Override lapsing{.state = TradingState::halted, .until = w.now + seconds(1)};
    w.gate.apply(lapsing);
    EXPECT_EQ(w.gate.state(kMe, kFirst, w.now + seconds(2)), TradingState::halted);
    w.gate.apply({.state = TradingState::active, .who = "ann"});
    EXPECT_EQ(w.gate.state(kMe, kFirst, w.now), TradingState::active);
}

// --- replace ------------------------------------------------------------------------------------

TEST(GateReplace, denies_a_change_of_an_order_that_is_not_open) {
    World w;
    const Denial unknown = denial(DenialReason::unknown_order, "0", "0");
    EXPECT_EQ(w.review(OrderId::of(kMe, 77), {.qty = whole_qty(1)}), unknown);
    const OrderId id = *w.send(limit(buy(1), "100"));
    w.fill(id, whole_qty(1), price("100"));
    EXPECT_EQ(w.review(id, {.qty = whole_qty(2)}), unknown);
}

/// The order's own cash is not counted against it.
TEST(GateReplace, is_reviewed_by_its_difference) {
    World w;
    const OrderId id = *w.send(limit(buy(90), "100"));
    EXPECT_EQ(w.review(id, {.qty = whole_qty(100)}), std::nullopt);
    EXPECT_EQ(w.review(id, {.qty = whole_qty(101)}),
              denial(DenialReason::insufficient_cash, "10000", "10100", whole_qty(100)));
    EXPECT_EQ(w.review(id, {.limit_price = price("111.12")}),
              denial(DenialReason::insufficient_cash, "10000", "10000.8", whole_qty(89)));
    w.fill(id, whole_qty(40), price("100"));
    EXPECT_EQ(w.review(id, {.qty = whole_qty(100)}), std::nullopt);  // 60 to go, 6000 left
    EXPECT_EQ(w.review(id, {.qty = whole_qty(101)}),
              denial(DenialReason::insufficient_cash, "6000", "6100", whole_qty(60)));
}

TEST(GateReplace, is_held_to_grid_and_limits) {
    World w{AccountKind::margin, limits({"position <= 50"})};
    const OrderId id = *w.send(limit(buy(40), "100"));
    EXPECT_EQ(w.review(id, {.limit_price = price("100.005")}),
              denial(DenialReason::off_tick, "0.01", "100.005"));
    EXPECT_EQ(w.review(id, {.trigger_price = price("100")}),
              denial(DenialReason::malformed, "0", "0"));
    EXPECT_EQ(w.review(id, {.qty = whole_qty(51)}),
              denial(DenialReason::position_limit, "50", "51", whole_qty(50)));
    EXPECT_EQ(w.review(id, {.qty = whole_qty(50)}), std::nullopt);
}

TEST(GateReplace, to_less_passes_like_a_cancel) {
    World w;
    const OrderId id = *w.send(limit(buy(90), "100"));
    w.gate.apply(halt());
    w.books.deposit(whole_money(-9'999));  // not even what works is covered
    EXPECT_EQ(w.review(id, {.qty = whole_qty(50)}), std::nullopt);
    EXPECT_EQ(w.review(id, {.limit_price = price("99")}), std::nullopt);
    EXPECT_NE(w.review(id, {.limit_price = price("101")}), std::nullopt);
    EXPECT_NE(w.review(id, {.qty = whole_qty(91)}), std::nullopt);
}

/// A child waits uncounted for its parent; taking it off the sums would hide another order.
TEST(GateReplace, of_a_waiting_child_hides_nothing_else) {
    World w{AccountKind::margin, limits({"position <= 50"})};
    const OrderId parent = *w.send(limit(buy(1), "90"));
    const OrderId child =
        w.work(w.intent(limit(buy(30), "90"), kMe, {.list = parent, .parent = parent}));
    ASSERT_TRUE(w.send(limit(buy(30), "90")));
    EXPECT_EQ(w.review(child, {.qty = whole_qty(31)}),
              denial(DenialReason::position_limit, "50", "62", whole_qty(19)));
}

// --- several strategies -------------------------------------------------------------------------

/// Buying back what one strategy is short while the account is long opens exposure, and costs cash.
TEST(Gate, reduce_only_pays_where_the_account_as_a_whole_grows) {
    World w;
    w.hold(Side::buy, 100);
    w.hold(Side::sell, 50, kFirst, kOther);  // of what the first holds
    ASSERT_EQ(w.books.portfolio.free_cash(kUsd), whole_money(5000));
    w.books.deposit(whole_money(-4900));
    EXPECT_EQ(w.review(reduce_only(buy(50)), kOther),
              denial(DenialReason::insufficient_cash, "100", "5000", whole_qty(1)));
}

// --- hedging ------------------------------------------------------------------------------------

/// A margin account of 10,000 that asks for half of what is held.
World hedged(Settings limits = {}, HedgedMargin margin = HedgedMargin::gross) {
    Instrument share = test::share("A.NYSE");
    share.margin.initial = test::rate("0.5");
    return World{AccountKind::margin,
                 std::move(limits),
                 test::table_of({share, test::share("B.NYSE")}),
                 {.mode = PositionMode::hedging, .margin = margin}};
}
OrderSpec of_leg(Leg leg, OrderSpec spec) {
    spec.leg = leg;
    return spec;
}

TEST(Gate, denies_a_leg_where_positions_are_netted) {
    World w{AccountKind::margin};
    EXPECT_EQ(w.review(of_leg(Leg::long_leg, buy(1))), denial(DenialReason::unknown_leg, "0", "0"));
}

TEST(GateHedging, reduce_only_means_a_leg_of_the_strategy) {
    World w = hedged();
    w.hold(Side::buy, 50);
    w.hold(Side::sell, 50, kFirst, kOther);
    EXPECT_EQ(w.review(reduce_only(sell(60))), std::nullopt);  // the venue fills no more than 50
    EXPECT_EQ(w.review(of_leg(Leg::long_leg, sell(60))), std::nullopt);
    EXPECT_EQ(w.review(reduce_only(sell(1)), kOther), denial(DenialReason::reduce_only, "0", "1"));
    EXPECT_EQ(w.review(of_leg(Leg::short_leg, buy(1))),
              denial(DenialReason::reduce_only, "0", "1"));
    EXPECT_EQ(w.review(reduce_only(of_leg(Leg::long_leg, buy(1)))),
              denial(DenialReason::malformed, "0", "0"));
}

/// Of two orders that close the same leg the second may open the other one.
TEST(GateHedging, closes_a_leg_whatever_holds_and_opens_nothing_beyond) {
    World w = hedged();
    w.hold(Side::buy, 50);
    w.hold(Side::sell, 70, kFirst, kOther);
    w.gate.apply(halt());
    EXPECT_EQ(w.review(sell(50)), std::nullopt);
    EXPECT_EQ(w.review(sell(51)), denial(DenialReason::trading_halted, "50", "51", whole_qty(50)));
    ASSERT_TRUE(w.send(limit(sell(20), "100")));
    EXPECT_EQ(w.review(sell(31)), denial(DenialReason::trading_halted, "30", "31", whole_qty(30)));
    EXPECT_EQ(w.review(buy(70), kOther), std::nullopt);
    EXPECT_EQ(w.review(of_leg(Leg::short_leg, sell(1)), kOther),
              denial(DenialReason::trading_halted, "0", "1"));
}

TEST(GateHedging, position_limit_holds_for_longs_and_for_shorts) {
    World w = hedged(limits({"position <= 50"}));
    w.hold(Side::buy, 40);
    w.hold(Side::sell, 45, kFirst, kOther);
    EXPECT_EQ(w.review(buy(11)), denial(DenialReason::position_limit, "50", "51", whole_qty(10)));
    EXPECT_EQ(w.review(sell(6), kOther),
              denial(DenialReason::position_limit, "50", "51", whole_qty(5)));
    EXPECT_EQ(w.review(buy(45), kOther), std::nullopt);
    // 45 close its short leg, 10 more are long beside the other's 40.
    EXPECT_EQ(w.review(buy(55), kOther), std::nullopt);
    EXPECT_EQ(w.review(buy(56), kOther),
              denial(DenialReason::position_limit, "50", "51", whole_qty(55)));
}

TEST(GateHedging, gross_exposure_counts_both_sides) {
    World w = hedged(limits({"gross <= 9000"}));
    w.hold(Side::buy, 40);
    w.hold(Side::sell, 40, kFirst, kOther);
    EXPECT_EQ(w.review(buy(11)),
              denial(DenialReason::notional_limit, "9000", "9100", whole_qty(10)));
    EXPECT_EQ(w.review(of_leg(Leg::short_leg, sell(10))), std::nullopt);
}

TEST(GateHedging, margin_is_needed_as_the_rule_says) {
    // 40 long and 40 short at 100: in full 4,000 of the 10,000 are bound, else 2,000.
    const auto refused = [](HedgedMargin rule, const OrderSpec& spec) {
        World w = hedged({}, rule);
        w.hold(Side::buy, 40);
        w.hold(Side::sell, 40, kFirst, kOther);
        return w.review(spec);
    };
    EXPECT_EQ(refused(HedgedMargin::gross, buy(121)),
              denial(DenialReason::insufficient_margin, "6000", "6050", whole_qty(120)));
    EXPECT_EQ(refused(HedgedMargin::larger, buy(161)),
              denial(DenialReason::insufficient_margin, "8000", "8050", whole_qty(160)));
    EXPECT_EQ(refused(HedgedMargin::net, buy(201)),
              denial(DenialReason::insufficient_margin, "10000", "10050", whole_qty(200)));
    // 40 close the long leg and free their margin for 40 of the short one.
    EXPECT_EQ(refused(HedgedMargin::gross, sell(200)), std::nullopt);
    EXPECT_EQ(refused(HedgedMargin::gross, sell(201)),
              denial(DenialReason::insufficient_margin, "6000", "6050", whole_qty(200)));
}

// --- properties ---------------------------------------------------------------------------------

/// A world with random limits; no two of them are equal, so that a denial tells which it was.
World draw_world(AccountKind kind) {
    Settings limits;
    const auto maybe = [&limits](const std::string& text) {
        if (test::Any<bool>::draw()) limits.limits.push_back(test::must(parse_limit(text)));
    };
    maybe(fmt::format("position <= {}", 1 + *rc::gen::inRange(0, 50)));
    maybe(fmt::format("notional <= {}", 2 + 2 * *rc::gen::inRange(0, 2500)));
    maybe(fmt::format("gross <= {}", 2 * *rc::gen::inRange(0, 4500) + 1));
    maybe("orders <= 1 per 1s");
    const bool hedges = kind == AccountKind::margin && test::Any<bool>::draw();
    return World{kind,
                 limits,
                 test::table_of({test::share("A.NYSE"), test::share("B.NYSE")}),
                 {.mode = hedges ? PositionMode::hedging : PositionMode::netting}};
}

RC_GTEST_PROP(GateProperty, what_only_reduces_always_passes, ()) {
    World w = draw_world(AccountKind::margin);
    const bool is_long = test::Any<bool>::draw();
    const auto held = 1 + static_cast<std::int64_t>(test::draw_below(100));
    w.hold(is_long ? Side::buy : Side::sell, held, kSecond);  // whose market price nobody knows
    if (test::Any<bool>::draw()) w.books.deposit(whole_money(-50'000));
    if (test::Any<bool>::draw()) w.gate.apply(halt());
    for (auto i = test::draw_below(3); i > 0; --i) w.review(buy(1));

    const auto units =
        1 + static_cast<std::int64_t>(test::draw_below(static_cast<std::size_t>(held)));
    OrderSpec spec = is_long ? sell(units, kSecond) : buy(units, kSecond);
    spec.reduce_only = test::Any<bool>::draw();
    RC_ASSERT(!w.review(spec).has_value());
}

RC_GTEST_PROP(GateProperty, reductions_that_passed_never_turn_the_position_around, ()) {
    World w{AccountKind::cash};
    const auto held = static_cast<std::int64_t>(test::draw_below(20));
    if (held > 0) w.hold(Side::buy, held);
    std::vector<OrderId> sent;
    for (int i = 0; i < 8; ++i) {
        const auto id = w.send(sell(1 + static_cast<std::int64_t>(test::draw_below(10))));
        if (id) sent.push_back(*id);
    }
    for (const OrderId id : sent) w.fill(id, w.orders.find(id)->leaves(), price("100"));
    RC_ASSERT(w.books.portfolio.position(kFirst).qty.raw >= 0);
}

/// Whatever passes and is filled, whole, at what it was reviewed at leaves cash at or above zero.
RC_GTEST_PROP(GateProperty, approved_orders_filled_as_reviewed_never_overdraw_a_cash_account, ()) {
    Instrument share = test::share("A.NYSE");
    share.fees.taker = basis_points(*rc::gen::inRange(0, 100));
    share.fees.per_unit = money("0.005");
    share.fees.minimum = whole_money(*rc::gen::inRange(0, 3));
    if (test::Any<bool>::draw()) share.fees.maximum = test::rate("0.01");
    World w{AccountKind::cash, {}, test::table_of({share, test::share("B.NYSE")})};
    w.books.trades_at(kSecond, price("7.31"));
    std::vector<OrderId> sent;
    for (int i = 0; i < 20; ++i) {
        const InstrumentId id{static_cast<std::uint32_t>(test::draw_below(2))};
        OrderSpec spec = buy(1 + static_cast<std::int64_t>(test::draw_below(120)), id);
        if (test::Any<bool>::draw()) {
            spec = limit(spec, std::to_string(1 + test::draw_below(150)));
        }
        if (const auto order = w.send(spec)) sent.push_back(*order);
        if (!sent.empty() && test::Any<bool>::draw()) {
            const OrderId filled = sent.back();
            sent.pop_back();
            const orders::Order& order = *w.orders.find(filled);
            const Price now = *w.books.market.price_for(order.instrument(), Side::buy);
            w.fill(filled, order.leaves(), order.terms.limit_price.value_or(now));
        }
        RC_ASSERT(w.books.portfolio.cash(kUsd).raw >= 0);
    }
}

/// `would_pass` is the largest quantity that passes: it does, and one lot more does not.
RC_GTEST_PROP(GateProperty, would_pass_is_the_largest_that_passes, ()) {
    const auto kind = test::Any<bool>::draw() ? AccountKind::cash : AccountKind::margin;
    World w = draw_world(kind);
    const auto held = static_cast<std::int64_t>(test::draw_below(60));
    if (held > 0) w.hold(Side::buy, held);
    const bool buys = test::Any<bool>::draw();
    const auto units = 1 + static_cast<std::int64_t>(test::draw_below(300));
    OrderSpec spec = buys ? buy(units) : sell(units);
    const auto refused = w.review(spec);
    RC_PRE((refused && refused->would_pass));
    w.rule.reset();
    RC_TAG(std::string{to_string(refused->reason)});
    const Qty best = *refused->would_pass;
    RC_ASSERT(best.raw < spec.qty.raw);
    spec.qty = best + whole_qty(1);
    const auto still = w.review(spec);
    RC_ASSERT(still.has_value());
    if (best.raw == 0) return;
    spec.qty = best;
    const auto passed = w.review(spec);
    // all limits let it through; cash or margin, which come behind them, may not
    RC_ASSERT((!passed || !w.rule));
    RC_ASSERT((!passed || passed->reason != refused->reason || passed->limit != refused->limit));
}

}  // namespace
}  // namespace tradewind::risk
