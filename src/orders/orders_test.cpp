// SPDX-License-Identifier: Apache-2.0
#include "orders/orders.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace tradewind::orders {
namespace {

using Kind = OrderEventKind;

constexpr StrategyId kOne{0}, kTwo{1};
constexpr InstrumentId kSpy{0}, kAapl{1};

Price price(std::string_view text) { return parse_price(text).value(); }

OrdersSettings small(std::size_t closed_kept = 8) {
    return {.instruments = 2, .strategies = 2, .closed_kept = closed_kept};
}

OrderIntent intent(StrategyId strategy, std::uint64_t sequence, Side side, std::int64_t units) {
    OrderIntent out;
    out.id = OrderId::of(strategy, sequence);
    out.spec.instrument = kSpy;
    out.spec.side = side;
    out.spec.qty = whole_qty(units);
    return out;
}

OrderEvent event(Kind kind, OrderId id, OrderDetail detail = {}) {
    OrderEvent out;
    out.kind = kind;
    out.order = id;
    out.detail = detail;
    return out;
}

Fill fill(Side side, std::int64_t units, std::string_view at, std::uint64_t number) {
    Fill out;
    out.side = side;
    out.qty = whole_qty(units);
    out.price = price(at);
    out.fee = whole_money(1);
    out.fee_currency = kUsd;
    out.trade_number = number;
    return out;
}

/// A book with one buy order of 100 that the venue has accepted.
struct Working {
    Orders orders{small()};
    OrderId id = OrderId::of(kOne, 1);

    Working() {
        orders.add(intent(kOne, 1, Side::buy, 100), Timestamp{1});
        orders.apply(event(Kind::submitted, id), Timestamp{2});
        OrderEvent accepted = event(Kind::accepted, id);
        accepted.venue_order = "V-1";
        orders.apply(accepted, Timestamp{3});
    }
    Applied filled(std::int64_t units, std::string_view at, std::uint64_t number) {
        return orders.apply(event(Kind::partially_filled, id, fill(Side::buy, units, at, number)),
                            Timestamp{4});
    }
    Applied apply(Kind kind, OrderDetail detail = {}) {
        return orders.apply(event(kind, id, detail), Timestamp{5});
    }
    [[nodiscard]] const Order& order() const { return *orders.find(id); }
};

TEST(Orders, remember_when_each_thing_happened) {
    const Working w;
    EXPECT_EQ(w.order().created, Timestamp{1});
    EXPECT_EQ(w.order().submitted, Timestamp{2});
    EXPECT_EQ(w.order().accepted, Timestamp{3});
    EXPECT_EQ(w.order().last, Timestamp{3});
    EXPECT_EQ(w.order().venue_order.view(), "V-1");
    EXPECT_EQ(w.order().status, OrderStatus::accepted);
}

TEST(Orders, average_their_fills) {
    Working w;
    w.filled(25, "10", 1);
    const Applied last = w.filled(75, "11", 2);
    EXPECT_EQ(w.order().average_price(), price("10.75"));
    EXPECT_EQ(w.order().filled_notional, whole_money(1075));
    EXPECT_EQ(w.order().fees, whole_money(2));
    EXPECT_EQ(w.order().fills, 2U);
    EXPECT_EQ(last.after, OrderStatus::filled);
    EXPECT_TRUE(last.closed_now());
    EXPECT_TRUE(w.orders.open_orders().empty());
}

TEST(Orders, are_filled_by_quantity_and_not_by_label) {
    Working w;
    const Fill late = fill(Side::buy, 40, "10", 1), first = fill(Side::buy, 60, "10", 2);
    EXPECT_EQ(w.apply(Kind::filled, first).after, OrderStatus::partially_filled);
    EXPECT_EQ(w.apply(Kind::partially_filled, late).after, OrderStatus::filled);
    EXPECT_EQ(w.orders.count(Anomaly::illegal_transition), 0U);
}

TEST(Orders, take_a_fill_before_its_acknowledgement) {
    Orders orders(small());
    const OrderId id = OrderId::of(kOne, 1);
    orders.add(intent(kOne, 1, Side::buy, 100), Timestamp{1});
    orders.apply(event(Kind::submitted, id), Timestamp{2});
    const Applied early =
        orders.apply(event(Kind::partially_filled, id, fill(Side::buy, 10, "10", 1)), Timestamp{3});
    EXPECT_EQ(early.anomaly, Anomaly::none);
    EXPECT_EQ(orders.apply(event(Kind::accepted, id), Timestamp{4}).after,
              OrderStatus::partially_filled);
}

TEST(Orders, book_a_repeated_report_once) {
    Working w;
    EXPECT_NE(w.filled(10, "10", 7).booked, nullptr);
    const Applied again = w.filled(10, "10", 7);
    EXPECT_EQ(again.anomaly, Anomaly::duplicate_fill);
    EXPECT_EQ(again.booked, nullptr);
    EXPECT_EQ(w.order().filled, whole_qty(10));
    EXPECT_EQ(w.orders.count(Anomaly::duplicate_fill), 1U);
}

TEST(Orders, book_an_overfill_and_report_it) {
    Working w;
    const Applied over = w.filled(130, "10", 1);
    EXPECT_EQ(over.anomaly, Anomaly::overfill);
    EXPECT_EQ(over.booked->qty, whole_qty(130));
    EXPECT_EQ(over.after, OrderStatus::filled);
    EXPECT_EQ(w.order().filled, whole_qty(130));
    EXPECT_EQ(w.order().leaves(), Qty{});
    EXPECT_EQ(w.filled(5, "10", 2).anomaly, Anomaly::overfill);
    EXPECT_EQ(w.order().filled, whole_qty(135));
}

TEST(Orders, book_a_fill_that_the_table_does_not_allow) {
    Orders orders(small());
    const OrderId id = OrderId::of(kOne, 1);
    orders.add(intent(kOne, 1, Side::buy, 100), Timestamp{1});
    orders.apply(event(Kind::submitted, id), Timestamp{2});
    orders.apply(event(Kind::rejected, id), Timestamp{3});
    const Applied odd =
        orders.apply(event(Kind::partially_filled, id, fill(Side::buy, 10, "10", 1)), Timestamp{4});
    EXPECT_EQ(odd.anomaly, Anomaly::illegal_transition);
    EXPECT_EQ(odd.after, OrderStatus::rejected);
    EXPECT_NE(odd.booked, nullptr);
}

TEST(Orders, keep_an_order_as_it_was_through_an_impossible_report) {
    Working w;
    const Order before = w.order();
    EXPECT_EQ(w.apply(Kind::denied).anomaly, Anomaly::illegal_transition);
    EXPECT_EQ(w.apply(Kind::filled).anomaly, Anomaly::missing_detail);
    EXPECT_EQ(w.apply(Kind::replaced).anomaly, Anomaly::missing_detail);
    EXPECT_EQ(w.apply(Kind::busted, fill(Side::buy, 1, "10", 99)).anomaly, Anomaly::unknown_fill);
    EXPECT_EQ(w.order(), before);
}

TEST(Orders, report_an_order_that_nobody_knows) {
    Orders orders(small());
    const Applied applied = orders.apply(
        event(Kind::filled, OrderId::of(kOne, 9), fill(Side::buy, 1, "10", 1)), Timestamp{1});
    EXPECT_EQ(applied.anomaly, Anomaly::unknown_order);
    EXPECT_EQ(applied.order, nullptr);
    EXPECT_EQ(applied.booked, nullptr);
}

TEST(Orders, take_a_busted_fill_back) {
    Working w;
    w.filled(100, "10", 1);
    // The number alone names the trade.
    const Applied bust = w.apply(Kind::busted, fill(Side::buy, 1, "0", 1));
    EXPECT_EQ(bust.booked->qty, whole_qty(100));
    EXPECT_EQ(bust.booked->price, price("10"));
    EXPECT_EQ(bust.anomaly, Anomaly::none);
    EXPECT_EQ(bust.after, OrderStatus::canceled);
    EXPECT_EQ(bust.booked->side, Side::sell);
    EXPECT_EQ(bust.booked->fee, whole_money(-1));
    EXPECT_EQ(w.order().filled, Qty{});
    EXPECT_EQ(w.order().fees, Money{});
    EXPECT_EQ(w.order().average_price(), std::nullopt);
}

TEST(Orders, book_a_fill_that_beat_its_cancel) {
    Working w;
    w.apply(Kind::cancel_pending);
    w.apply(Kind::canceled);
    const Applied late = w.filled(100, "10", 1);
    EXPECT_EQ(late.anomaly, Anomaly::none);
    EXPECT_EQ(late.after, OrderStatus::filled);
    EXPECT_FALSE(late.closed_now());
    EXPECT_NE(late.booked, nullptr);
}

// --- requests
// ------------------------------------------------------------------------------------------

TEST(Orders, go_back_to_what_they_were_when_a_request_is_refused) {
    Working w;
    w.apply(Kind::replace_pending);
    EXPECT_EQ(w.order().status, OrderStatus::pending_replace);
    EXPECT_EQ(w.apply(Kind::replace_rejected).after, OrderStatus::accepted);
    w.filled(10, "10", 1);
    w.apply(Kind::cancel_pending);
    EXPECT_EQ(w.apply(Kind::cancel_rejected).after, OrderStatus::partially_filled);
}

TEST(Orders, remember_what_happened_while_a_request_was_under_way) {
    Working w;
    w.apply(Kind::replace_pending);
    w.apply(Kind::triggered);
    w.apply(Kind::cancel_pending);
    w.filled(10, "10", 1);
    EXPECT_EQ(w.order().status, OrderStatus::pending_cancel);
    EXPECT_EQ(w.apply(Kind::cancel_rejected).after, OrderStatus::partially_filled);
}

TEST(Orders, are_accepted_even_where_the_acknowledgement_comes_into_a_request) {
    Orders orders(small());
    const OrderId id = OrderId::of(kOne, 1);
    orders.add(intent(kOne, 1, Side::buy, 100), Timestamp{1});
    for (const Kind kind : {Kind::submitted, Kind::cancel_pending, Kind::accepted}) {
        EXPECT_EQ(orders.apply(event(kind, id), Timestamp{2}).anomaly, Anomaly::none);
    }
    EXPECT_EQ(orders.apply(event(Kind::cancel_rejected, id), Timestamp{3}).after,
              OrderStatus::accepted);
}

TEST(Orders, stand_at_their_new_terms) {
    Working w;
    w.filled(10, "10", 1);
    w.apply(Kind::replace_pending);
    w.apply(Kind::replaced,
            OrderTerms{.qty = whole_qty(60), .limit_price = price("9"), .trigger_price = {}});
    EXPECT_EQ(w.order().status, OrderStatus::partially_filled);
    EXPECT_EQ(w.order().leaves(), whole_qty(50));
    EXPECT_EQ(w.order().terms.limit_price, price("9"));
    EXPECT_EQ(w.order().intent.spec.qty, whole_qty(100));
    EXPECT_EQ(w.orders.working(kOne, kSpy), whole_qty(50));
}

/// As long as an answer is missing, any of them may hold.
TEST(Orders, count_for_the_most_that_changes_under_way_may_have_made) {
    Working w;  // 100
    w.filled(10, "10", 1);
    const auto ask = [&](std::int64_t units) {
        w.orders.note_change(w.order(), {.qty = whole_qty(units)}, Timestamp{5});
    };
    const auto make = [&](std::int64_t units) {
        w.apply(Kind::replaced, OrderTerms{.qty = whole_qty(units)});
    };
    ask(150);
    EXPECT_EQ(w.order().leaves(), whole_qty(90));
    EXPECT_EQ(w.order().most_leaves(), whole_qty(140));
    EXPECT_EQ(w.orders.working_buy(kSpy), whole_qty(140));
    EXPECT_EQ(w.orders.working(kOne, kSpy), whole_qty(90));
    ask(60);
    w.apply(Kind::replace_rejected);
    EXPECT_EQ(w.orders.working_buy(kSpy), whole_qty(140));  // it may be the second that was refused
    make(60);
    EXPECT_EQ(w.orders.working_buy(kSpy), whole_qty(50));
    ask(200);
    w.apply(Kind::cancel_pending);
    EXPECT_EQ(w.orders.working_buy(kSpy), whole_qty(190));
    w.apply(Kind::canceled);
    EXPECT_EQ(w.orders.working_buy(kSpy), Qty{});
}

TEST(Orders, restate_what_was_filled_when_shares_split) {
    Working w;
    w.filled(40, "10", 1);
    w.apply(Kind::adjusted,
            OrderTerms{.qty = whole_qty(200), .limit_price = {}, .trigger_price = {}});
    EXPECT_EQ(w.order().filled, whole_qty(80));
    EXPECT_EQ(w.order().leaves(), whole_qty(120));
    EXPECT_EQ(w.order().average_price(), price("5"));
}

// --- what is working
// -------------------------------------------------------------------------------------

TEST(Orders, count_as_working_from_submission_to_the_end) {
    Orders orders(small());
    orders.add(intent(kOne, 1, Side::buy, 100), Timestamp{1});
    EXPECT_EQ(orders.working(kOne, kSpy), Qty{});
    orders.apply(event(Kind::submitted, OrderId::of(kOne, 1)), Timestamp{1});
    EXPECT_EQ(orders.working(kOne, kSpy), whole_qty(100));
    orders.add(intent(kTwo, 1, Side::sell, 30), Timestamp{1});
    orders.apply(event(Kind::submitted, OrderId::of(kTwo, 1)), Timestamp{1});
    EXPECT_EQ(orders.working(kTwo, kSpy), whole_qty(-30));
    EXPECT_EQ(orders.working_buy(kSpy), whole_qty(100));
    EXPECT_EQ(orders.working_sell(kSpy), whole_qty(30));
    EXPECT_EQ(orders.working_buy(kAapl), Qty{});
    orders.apply(event(Kind::canceled, OrderId::of(kOne, 1)), Timestamp{1});
    EXPECT_EQ(orders.working(kOne, kSpy), Qty{});
    EXPECT_EQ(orders.working_buy(kSpy), Qty{});
}

/// An entry with a target and a stop: the list is named by the entry.
struct Bracket {
    Orders orders{small()};
    OrderId entry = OrderId::of(kOne, 1), target = OrderId::of(kOne, 2),
            stop = OrderId::of(kOne, 3);

    Bracket() {
        OrderIntent parent = intent(kOne, 1, Side::buy, 100);
        parent.links = {.list = entry, .parent = {}, .contingency = Contingency::oto};
        orders.add(parent, Timestamp{1});
        for (const OrderId child : {stop, target}) {
            OrderIntent leg = intent(kOne, child.sequence(), Side::sell, 100);
            leg.links = {.list = entry, .parent = entry, .contingency = Contingency::oco};
            orders.add(leg, Timestamp{1});
        }
        for (const OrderId id : {entry, target, stop}) {
            orders.apply(event(Kind::submitted, id), Timestamp{1});
        }
    }
};

std::vector<OrderId> ids_of(const std::vector<const Order*>& orders) {
    std::vector<OrderId> out;
    for (const Order* order : orders) out.push_back(order->id());
    return out;
}

TEST(Orders, know_their_children_and_siblings) {
    Bracket b;
    EXPECT_EQ(ids_of(b.orders.children(b.entry)), (std::vector{b.target, b.stop}));
    EXPECT_EQ(ids_of(b.orders.siblings(b.target)), (std::vector{b.stop}));
    EXPECT_TRUE(b.orders.siblings(b.entry).empty());
    EXPECT_TRUE(b.orders.children(b.stop).empty());
    b.orders.apply(event(Kind::canceled, b.stop), Timestamp{2});
    EXPECT_TRUE(b.orders.siblings(b.target).empty());
    EXPECT_EQ(ids_of(b.orders.children(b.entry)), (std::vector{b.target}));
}

TEST(Orders, count_children_as_exposure_only_once_their_parent_has_filled) {
    Bracket b;
    EXPECT_EQ(b.orders.working(kOne, kSpy), whole_qty(100));
    EXPECT_EQ(b.orders.working_sell(kSpy), Qty{});
    b.orders.apply(event(Kind::filled, b.entry, fill(Side::buy, 100, "10", 1)), Timestamp{2});
    EXPECT_EQ(b.orders.working(kOne, kSpy), Qty{});
    EXPECT_EQ(b.orders.working_buy(kSpy), Qty{});
    EXPECT_EQ(b.orders.working_sell(kSpy), whole_qty(200));
}

TEST(Orders, that_only_reduce_open_no_exposure) {
    Orders orders(small());
    OrderIntent close = intent(kOne, 1, Side::sell, 100);
    close.spec.reduce_only = true;
    orders.add(close, Timestamp{1});
    orders.apply(event(Kind::submitted, close.id), Timestamp{1});
    EXPECT_EQ(orders.working(kOne, kSpy), whole_qty(-100));
    EXPECT_EQ(orders.working_sell(kSpy), Qty{});
}

TEST(Orders, are_listed_by_id_whatever_order_they_came_in) {
    Orders orders(small());
    for (const std::uint64_t n : {5U, 1U, 3U}) {
        OrderIntent order = intent(kTwo, n, Side::buy, 1);
        if (n == 3) order.spec.instrument = kAapl;
        orders.add(order, Timestamp{1});
    }
    orders.add(intent(kOne, 4, Side::buy, 1), Timestamp{1});
    std::vector<OrderId> all;
    for (const Order* order : orders.open_orders()) all.push_back(order->id());
    EXPECT_EQ(all, (std::vector{OrderId::of(kOne, 4), OrderId::of(kTwo, 1), OrderId::of(kTwo, 3),
                                OrderId::of(kTwo, 5)}));
    ASSERT_EQ(orders.open_of(kAapl).size(), 1U);
    EXPECT_EQ(orders.open_of(kAapl)[0]->id(), OrderId::of(kTwo, 3));
}

// --- memory
// ----------------------------------------------------------------------------------------------

TEST(Orders, use_their_storage_again_over_a_long_run) {
    Orders orders(small(16));
    for (std::uint64_t n = 1; n <= 100'000; ++n) {
        OrderIntent order = intent(kOne, n, n % 2 == 0 ? Side::sell : Side::buy, 10);
        order.links.list = OrderId::of(kOne, n - n % 3);
        orders.add(order, Timestamp{1});
        orders.apply(event(Kind::submitted, order.id), Timestamp{1});
        orders.apply(event(Kind::filled, order.id, fill(order.spec.side, 10, "10", n)),
                     Timestamp{1});
    }
    EXPECT_EQ(orders.added(), 100'000U);
    EXPECT_LE(orders.slots(), 17U);
    EXPECT_NE(orders.find(OrderId::of(kOne, 100'000)), nullptr);
    EXPECT_NE(orders.find(OrderId::of(kOne, 99'985)), nullptr);
    EXPECT_EQ(orders.find(OrderId::of(kOne, 99'984)), nullptr);
    EXPECT_TRUE(orders.open_orders().empty());
}

/// A strategy may ask for a change after it asked for a cancel: odd, counted, and no reason to
/// stop.
TEST(Orders, count_what_the_table_does_not_allow_us_and_leave_the_order_as_it_was) {
    Working w;
    w.orders.note(w.order(), Kind::cancel_pending, Timestamp{5});
    ASSERT_EQ(w.order().status, OrderStatus::pending_cancel);
    w.orders.note(w.order(), Kind::replace_pending, Timestamp{6});
    EXPECT_EQ(w.order().status, OrderStatus::pending_cancel);
    EXPECT_EQ(w.orders.count(Anomaly::illegal_transition), 1U);
}

TEST(OrdersDeathTest, stop_at_an_id_that_was_used_before) {
    Working w;
    EXPECT_DEATH(w.orders.add(intent(kOne, 1, Side::buy, 1), Timestamp{9}), "broken invariant");
}

// --- any history
// -------------------------------------------------------------------------------------------

OrderIntent any_intent(const Orders& orders, const std::vector<OrderId>& before,
                       std::uint64_t sequence) {
    OrderIntent out =
        intent(*rc::gen::element(kOne, kTwo), sequence, *rc::gen::element(Side::buy, Side::sell),
               *rc::gen::inRange<std::int64_t>(1, 50));
    out.spec.instrument = *rc::gen::element(kSpy, kAapl);
    out.spec.reduce_only = *rc::gen::arbitrary<bool>();
    if (!before.empty() && *rc::gen::arbitrary<bool>()) {
        const OrderId parent = *rc::gen::elementOf(before);
        const Order* found = orders.find(parent);
        if (found == nullptr || !found->intent.links.list) return out;
        out.links = {.list = before.front(), .parent = parent, .contingency = Contingency::oco};
    } else if (before.empty()) {
        out.links = {.list = out.id, .parent = {}, .contingency = Contingency::oto};
    }
    return out;
}

OrderDetail any_detail(Kind kind, const Order& order) {
    switch (kind) {
        case Kind::partially_filled:
        case Kind::filled:
        case Kind::busted:
            return fill(order.side(), *rc::gen::inRange<std::int64_t>(1, 30), "10",
                        *rc::gen::inRange<std::uint64_t>(1, 6));
        case Kind::replaced:
        case Kind::adjusted:
            return OrderTerms{.qty = whole_qty(*rc::gen::inRange<std::int64_t>(1, 60)),
                              .limit_price = {},
                              .trigger_price = {}};
        default: return {};
    }
}

/// The sums again, from the open orders alone.
void check_sums(const Orders& orders, std::map<OrderId, std::int64_t>& booked) {
    std::map<std::pair<std::uint16_t, std::uint32_t>, std::int64_t> working;
    std::map<std::uint32_t, std::int64_t> buys, sells;
    for (const Order* order : orders.open_orders()) {
        if (order->status == OrderStatus::initialized) continue;
        const OrderLinks& links = order->intent.links;
        if (!links.parent) {
            working[{order->strategy().value, order->instrument().value}] +=
                signed_qty(order->side(), order->leaves()).raw;
        }
        if (order->intent.spec.reduce_only) continue;
        if (links.parent && booked[*links.parent] == 0) continue;
        (order->side() == Side::buy ? buys : sells)[order->instrument().value] +=
            order->leaves().raw;
    }
    for (std::uint16_t s = 0; s < 2; ++s) {
        for (std::uint32_t i = 0; i < 2; ++i) {
            RC_ASSERT((orders.working(StrategyId{s}, InstrumentId{i}).raw == working[{s, i}]));
        }
    }
    for (std::uint32_t i = 0; i < 2; ++i) {
        RC_ASSERT(orders.working_buy(InstrumentId{i}).raw == buys[i]);
        RC_ASSERT(orders.working_sell(InstrumentId{i}).raw == sells[i]);
    }
}

void check_lists(const Orders& orders) {
    const auto open = orders.open_orders();
    RC_ASSERT(std::is_sorted(open.begin(), open.end(),
                             [](const Order* a, const Order* b) { return a->id() < b->id(); }));
    std::size_t by_instrument = 0;
    for (std::uint32_t i = 0; i < 2; ++i) by_instrument += orders.open_of(InstrumentId{i}).size();
    RC_ASSERT(by_instrument == open.size());
    for (const Order* order : open) {
        RC_ASSERT(order->is_open());
        RC_ASSERT(orders.find(order->id()) == order);
    }
}

RC_GTEST_PROP(Orders, keep_their_sums_and_lists_through_any_history, ()) {
    Orders orders(small(3));
    std::vector<OrderId> ids;
    // What was booked for each order, signed: the fold of the results, independent of the book's
    // own.
    std::map<OrderId, std::int64_t> booked;
    const int steps = *rc::gen::inRange(1, 80);
    for (int i = 0; i < steps; ++i) {
        if (ids.empty() || *rc::gen::inRange(0, 4) == 0) {
            const OrderIntent next = any_intent(orders, ids, static_cast<std::uint64_t>(i) + 1);
            orders.add(next, Timestamp{i});
            ids.push_back(next.id);
            if (*rc::gen::inRange(0, 4) != 0) {
                orders.apply(event(Kind::submitted, next.id), Timestamp{i});
            }
        } else {
            const OrderId id = *rc::gen::elementOf(ids);
            const auto kind = static_cast<Kind>(*rc::gen::inRange(0, kOrderEventKindCount));
            const Order* order = orders.find(id);
            const OrderDetail detail = order != nullptr ? any_detail(kind, *order) : OrderDetail{};
            const Order before = order != nullptr ? *order : Order{};
            const Applied applied = orders.apply(event(kind, id, detail), Timestamp{i});
            RC_ASSERT((applied.anomaly == Anomaly::unknown_order) == (order == nullptr));
            if (applied.booked) {
                booked[id] += signed_qty(applied.booked->side, applied.booked->qty).raw;
            }
            if (order != nullptr && !applied.booked && applied.anomaly != Anomaly::none) {
                RC_ASSERT((*applied.order == before));
            }
            if (kind == Kind::adjusted && applied.anomaly == Anomaly::none) {
                booked[id] = signed_qty(order->side(), order->filled).raw;
            }
        }
        for (const OrderId id : ids) {
            const Order* order = orders.find(id);
            if (order == nullptr) continue;
            RC_ASSERT(signed_qty(order->side(), order->filled).raw == booked[id]);
        }
        check_sums(orders, booked);
        check_lists(orders);
    }
    RC_ASSERT(orders.slots() <= ids.size());
}

}  // namespace
}  // namespace tradewind::orders
