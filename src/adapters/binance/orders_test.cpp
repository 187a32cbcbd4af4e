// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/orders.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <string>

#include "adapters/binance/decode.hpp"
#include "support/must.hpp"

namespace tradewind::binance {
namespace {

using test::price;
using test::qty;

constexpr RunTag kRun{0xa1b2c3d4};
constexpr OrderId kOrder = OrderId::of(StrategyId{3}, 77);
constexpr InstrumentId kInstrument{5};
constexpr const char* kId = "tw-a1b2c3d4-000300000000004d";

OrderIntent order_of(OrderType type, TimeInForce force = TimeInForce::gtc) {
    OrderIntent out{.id = kOrder};
    out.spec.type = type;
    out.spec.time_in_force = force;
    out.spec.qty = qty("0.5");
    if (has_limit(type)) out.spec.limit_price = price("60000.1");
    if (has_trigger(type)) out.spec.trigger_price = price("61000");
    return out;
}

TEST(BinanceOrders, ids_are_short_plain_and_reversible) {
    EXPECT_EQ(client_order_id(kRun, kOrder), kId);
    EXPECT_EQ(parse_client_order_id(kRun, kId), kOrder);
    EXPECT_FALSE(parse_client_order_id(RunTag{1}, kId)) << "another run's";
    for (const char* other : {"", "tw-", "mUvoqJxFIILMdfAW5iGSOW", "tw-A1B2C3D4-000300000000004d",
                              "tw-a1b2c3d4_000300000000004d", "tw-a1b2c3d4-000300000000004g"}) {
        EXPECT_FALSE(parse_client_order_id(kRun, other)) << other;
    }
}

RC_GTEST_PROP(BinanceOrders, every_id_comes_back, (std::uint32_t run, std::uint64_t order)) {
    const std::string id = client_order_id({run}, {order});
    RC_ASSERT(id.size() <= 36U);
    RC_ASSERT(parse_client_order_id({run}, id) == OrderId{order});
}

struct Spoken {
    Segment segment;
    OrderIntent order;
    std::string query;  ///< without symbol, id and form of the answer
};

TEST(BinanceOrders, every_type_that_the_venue_has_is_spoken_in_its_words) {
    constexpr auto kSpot = Segment::spot;
    constexpr auto kFutures = Segment::usd_m;
    auto post_only = order_of(OrderType::limit);
    post_only.spec.post_only = true;
    auto iceberg = order_of(OrderType::limit);
    iceberg.spec.display_qty = qty("0.1");
    auto trailing = order_of(OrderType::trailing_stop_market);
    trailing.spec.side = Side::sell;
    trailing.spec.trailing = TrailingOffset{OffsetUnit::basis_points, 100 * base::kDecimalOne};
    trailing.spec.trigger_price.reset();
    auto reducing = order_of(OrderType::stop_market);
    reducing.spec.reduce_only = true;
    reducing.spec.trigger_by = TriggerBy::mark;
    auto dated = order_of(OrderType::limit, TimeInForce::gtd);
    dated.spec.expire_at = Timestamp{1693207680'123'456'789};
    const std::array kCases{
        Spoken{kSpot, order_of(OrderType::market), "side=BUY&type=MARKET&quantity=0.5"},
        Spoken{kSpot, order_of(OrderType::limit, TimeInForce::ioc),
               "side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.5&price=60000.1"},
        Spoken{kSpot, post_only, "side=BUY&type=LIMIT_MAKER&quantity=0.5&price=60000.1"},
        Spoken{kSpot, order_of(OrderType::stop_market),
               "side=BUY&type=STOP_LOSS&quantity=0.5&stopPrice=61000"},
        Spoken{kSpot, order_of(OrderType::stop_limit),
               "side=BUY&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=0.5&price=60000.1&"
               "stopPrice=61000"},
        Spoken{kSpot, order_of(OrderType::market_if_touched),
               "side=BUY&type=TAKE_PROFIT&quantity=0.5&stopPrice=61000"},
        Spoken{kSpot, order_of(OrderType::limit_if_touched),
               "side=BUY&type=TAKE_PROFIT_LIMIT&timeInForce=GTC&quantity=0.5&price=60000.1&"
               "stopPrice=61000"},
        Spoken{kSpot, trailing, "side=SELL&type=STOP_LOSS&quantity=0.5&trailingDelta=100"},
        Spoken{kSpot, iceberg,
               "side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5&price=60000.1&icebergQty=0.1"},
        Spoken{kFutures, order_of(OrderType::stop_limit),
               "side=BUY&type=STOP&timeInForce=GTC&quantity=0.5&price=60000.1&stopPrice=61000"},
        Spoken{kFutures, order_of(OrderType::limit_if_touched),
               "side=BUY&type=TAKE_PROFIT&timeInForce=GTC&quantity=0.5&price=60000.1&"
               "stopPrice=61000"},
        Spoken{kFutures, order_of(OrderType::market_if_touched),
               "side=BUY&type=TAKE_PROFIT_MARKET&quantity=0.5&stopPrice=61000"},
        Spoken{kFutures, post_only,
               "side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.5&price=60000.1"},
        Spoken{kFutures, dated,
               "side=BUY&type=LIMIT&timeInForce=GTD&goodTillDate=1693207680000&quantity=0.5&price="
               "60000.1"},
        Spoken{kFutures, trailing,
               "side=SELL&type=TRAILING_STOP_MARKET&quantity=0.5&callbackRate=1"},
        Spoken{kFutures, reducing,
               "side=BUY&type=STOP_MARKET&quantity=0.5&stopPrice=61000&reduceOnly=true&"
               "workingType=MARK_PRICE"},
    };
    for (const Spoken& c : kCases) {
        const RequestMaker maker{.segment = c.segment, .run = kRun};
        const auto request = maker.submit(c.order, "BTCUSDT");
        ASSERT_TRUE(request) << c.query << ": " << to_string(request.error());
        EXPECT_EQ(request->path, c.segment == kSpot ? "/api/v3/order" : "/fapi/v1/order");
        EXPECT_EQ(request->parameters.query(),
                  "symbol=BTCUSDT&" + c.query + "&newClientOrderId=" + kId +
                      (c.segment == kSpot ? "&newOrderRespType=FULL" : "&newOrderRespType=RESULT"));
    }
}

struct Lacking {
    Segment segment;
    OrderIntent order;
    OrderRefusal refusal;
};

TEST(BinanceOrders, what_the_venue_lacks_is_refused_and_never_bent) {
    const auto with = [](OrderIntent order, auto change) {
        change(order.spec);
        return order;
    };
    const auto limit = order_of(OrderType::limit);
    const auto stop = order_of(OrderType::stop_market);
    const auto trailing = order_of(OrderType::trailing_stop_market);
    using Spec = OrderSpec;
    const std::array kCases{
        Lacking{Segment::spot, order_of(OrderType::trailing_stop_limit), OrderRefusal::order_type},
        Lacking{Segment::usd_m, order_of(OrderType::trailing_stop_limit), OrderRefusal::order_type},
        Lacking{Segment::spot, order_of(OrderType::limit, TimeInForce::day),
                OrderRefusal::time_in_force},
        Lacking{Segment::spot, order_of(OrderType::limit, TimeInForce::gtd),
                OrderRefusal::time_in_force},
        Lacking{Segment::usd_m, order_of(OrderType::limit, TimeInForce::gtd),
                OrderRefusal::time_in_force},
        Lacking{Segment::spot, order_of(OrderType::market, TimeInForce::fok),
                OrderRefusal::time_in_force},
        Lacking{Segment::spot, with(limit, [](Spec& s) { s.reduce_only = true; }),
                OrderRefusal::reduce_only},
        Lacking{Segment::spot, with(limit, [](Spec& s) { s.leg = Leg::long_leg; }),
                OrderRefusal::leg},
        Lacking{Segment::usd_m, with(limit, [](Spec& s) { s.leg = Leg::long_leg; }),
                OrderRefusal::leg},
        Lacking{Segment::spot, with(stop, [](Spec& s) { s.trigger_by = TriggerBy::mark; }),
                OrderRefusal::trigger_by},
        Lacking{Segment::usd_m, with(stop, [](Spec& s) { s.trigger_by = TriggerBy::mid; }),
                OrderRefusal::trigger_by},
        Lacking{Segment::usd_m, with(limit, [](Spec& s) { s.display_qty = Qty{1}; }),
                OrderRefusal::display_qty},
        Lacking{Segment::spot, with(stop, [](Spec& s) { s.post_only = true; }),
                OrderRefusal::post_only},
        Lacking{
            Segment::usd_m,
            with(order_of(OrderType::limit, TimeInForce::ioc), [](Spec& s) { s.post_only = true; }),
            OrderRefusal::post_only},
        Lacking{Segment::spot, with(limit, [](Spec& s) { s.limit_price.reset(); }),
                OrderRefusal::missing_price},
        Lacking{Segment::usd_m, with(stop, [](Spec& s) { s.trigger_price.reset(); }),
                OrderRefusal::missing_price},
        Lacking{Segment::spot, trailing, OrderRefusal::trailing_offset},
        Lacking{Segment::usd_m,
                with(trailing,
                     [](Spec& s) {
                         s.trailing =
                             TrailingOffset{OffsetUnit::basis_points, 15 * base::kDecimalOne};
                     }),
                OrderRefusal::trailing_offset},
    };
    int number = 0;
    for (const Lacking& c : kCases) {
        const RequestMaker maker{.segment = c.segment, .run = kRun};
        const auto request = maker.submit(c.order, "BTCUSDT");
        ASSERT_FALSE(request) << number;
        EXPECT_EQ(request.error(), c.refusal) << number << " " << to_string(request.error());
        ++number;
    }
}

TEST(BinanceOrders, a_leg_says_what_reduce_only_would_in_hedge_mode) {
    const RequestMaker maker{.segment = Segment::usd_m, .run = kRun, .hedge_mode = true};
    auto order = order_of(OrderType::market);
    EXPECT_EQ(maker.submit(order, "BTCUSDT").error(), OrderRefusal::leg);
    order.spec.side = Side::sell;
    order.spec.leg = Leg::long_leg;
    order.spec.reduce_only = true;
    const auto request = maker.submit(order, "BTCUSDT");
    ASSERT_TRUE(request);
    EXPECT_TRUE(request->parameters.query().contains("positionSide=LONG"));
    EXPECT_FALSE(request->parameters.query().contains("reduceOnly"));
    order.spec.leg = Leg::short_leg;
    EXPECT_EQ(maker.submit(order, "BTCUSDT").error(), OrderRefusal::reduce_only);
}

TEST(BinanceOrders, cancels_queries_and_changes_by_our_id) {
    const RequestMaker spot{.segment = Segment::spot, .run = kRun};
    const RequestMaker futures{.segment = Segment::usd_m, .run = kRun};
    const std::string by_id = std::string{"symbol=BTCUSDT&origClientOrderId="} + kId;
    EXPECT_EQ(spot.cancel(kOrder, "BTCUSDT").method, Method::remove);
    EXPECT_EQ(spot.cancel(kOrder, "BTCUSDT").parameters.query(), by_id);
    EXPECT_EQ(futures.query(kOrder, "BTCUSDT").method, Method::get);
    auto changed = order_of(OrderType::limit);
    changed.id = OrderId::of(StrategyId{3}, 78);
    const auto again = spot.replace(kOrder, changed, "BTCUSDT");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->path, "/api/v3/order/cancelReplace");
    EXPECT_EQ(again->parameters.query(),
              "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5&price=60000.1&"
              "cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=tw-a1b2c3d4-"
              "000300000000004d&newClientOrderId=tw-a1b2c3d4-000300000000004e&newOrderRespType="
              "FULL");
    const auto amended = futures.replace(kOrder, changed, "BTCUSDT");
    ASSERT_TRUE(amended);
    EXPECT_EQ(amended->method, Method::put);
    EXPECT_EQ(
        amended->parameters.query(),
        std::string{"symbol=BTCUSDT&side=BUY&quantity=0.5&price=60000.1&origClientOrderId="} + kId);
    EXPECT_EQ(futures.replace(kOrder, order_of(OrderType::stop_market), "BTCUSDT").error(),
              OrderRefusal::change);
}

TEST(BinanceOrders, a_pair_cancels_each_other_with_the_limit_on_the_far_side) {
    const RequestMaker maker{.segment = Segment::spot, .run = kRun};
    auto limit = order_of(OrderType::limit);
    auto stop = order_of(OrderType::stop_limit);
    stop.id = OrderId::of(StrategyId{3}, 78);
    limit.spec.side = stop.spec.side = Side::sell;
    const auto request = maker.submit_oco(limit, stop, "BTCUSDT");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->path, "/api/v3/orderList/oco");
    EXPECT_EQ(request->parameters.query(),
              "symbol=BTCUSDT&side=SELL&quantity=0.5&aboveType=LIMIT_MAKER&abovePrice=60000.1&"
              "aboveClientOrderId=tw-a1b2c3d4-000300000000004d&belowType=STOP_LOSS_LIMIT&"
              "belowStopPrice=61000&belowPrice=60000.1&belowTimeInForce=GTC&"
              "belowClientOrderId=tw-a1b2c3d4-000300000000004e&newOrderRespType=RESULT");
    stop.spec.qty = qty("0.4");
    EXPECT_EQ(maker.submit_oco(limit, stop, "BTCUSDT").error(), OrderRefusal::contingency);
    const RequestMaker futures{.segment = Segment::usd_m, .run = kRun};
    EXPECT_EQ(futures.submit_oco(limit, limit, "BTCUSDT").error(), OrderRefusal::contingency);
    limit.links.contingency = Contingency::oco;
    EXPECT_EQ(maker.submit(limit, "BTCUSDT").error(), OrderRefusal::contingency)
        << "one of a pair alone would lose its sibling";
}

// --- reports ----------------------------------------------------------------------------------

OrderReport report_of(ExecutionType execution, VenueOrderStatus status) {
    OrderReport out;
    out.client_order_id = kId;
    out.execution = execution;
    out.status = status;
    out.type = VenueOrderType::limit;
    out.qty = qty("2");
    out.price = price("100");
    return out;
}

TEST(BinanceOrders, every_execution_type_becomes_its_event) {
    using enum ExecutionType;
    using Status = VenueOrderStatus;
    struct Case {
        ExecutionType execution;
        VenueOrderStatus status;
        OrderEventKind kind;
        OrderDetail detail;
    };
    const std::array kCases{
        Case{new_order, Status::new_order, OrderEventKind::accepted, {}},
        Case{canceled, Status::canceled, OrderEventKind::canceled, VenueReason::requested},
        Case{expired, Status::expired, OrderEventKind::expired, VenueReason::time_in_force},
        Case{trade_prevention, Status::expired_in_match, OrderEventKind::expired,
             VenueReason::other},
        Case{amendment, Status::new_order, OrderEventKind::replaced,
             OrderTerms{.qty = qty("2"), .limit_price = price("100"), .trigger_price = {}}},
    };
    for (const Case& c : kCases) {
        const auto event = to_order_event(report_of(c.execution, c.status), kRun, kInstrument);
        ASSERT_TRUE(event);
        EXPECT_EQ(event->kind, c.kind);
        EXPECT_EQ(event->detail, c.detail);
        EXPECT_EQ(event->order, kOrder);
        EXPECT_EQ(event->instrument, kInstrument);
    }
    auto refused = report_of(rejected, Status::rejected);
    refused.reject_reason = "INSUFFICIENT_BALANCES";
    const auto event = to_order_event(refused, kRun, kInstrument);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, OrderEventKind::rejected);
    EXPECT_EQ(event->detail, OrderDetail{VenueReason::insufficient_funds});
    EXPECT_EQ(event->text, "INSUFFICIENT_BALANCES") << "the venue's words are kept";
}

TEST(BinanceOrders, trades_become_fills_with_their_fee) {
    auto trade = report_of(ExecutionType::trade, VenueOrderStatus::partially_filled);
    trade.last_qty = qty("0.5");
    trade.last_price = price("99.5");
    trade.is_maker = true;
    trade.commission = parse_money("0.0001").value();
    trade.commission_asset = "BNB";
    trade.trade_id = 42;
    const auto event = to_order_event(trade, kRun, kInstrument);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, OrderEventKind::partially_filled);
    const auto& fill = std::get<Fill>(event->detail);
    EXPECT_EQ(fill.price, price("99.5"));
    EXPECT_EQ(fill.qty, qty("0.5"));
    EXPECT_EQ(fill.liquidity, Liquidity::maker);
    EXPECT_EQ(fill.fee, parse_money("0.0001").value());
    EXPECT_EQ(fill.fee_currency, *Currency::parse("BNB"));
    EXPECT_EQ(fill.trade_number, 42U);
    trade.last_qty = {};
    EXPECT_EQ(to_order_event(trade, kRun, kInstrument).error(), ReportFault::bad_fill);
}

TEST(BinanceOrders, a_cancel_of_spot_names_the_order_that_was_cancelled) {
    auto report = report_of(ExecutionType::canceled, VenueOrderStatus::canceled);
    report.client_order_id = "someId";
    report.original_client_order_id = kId;
    EXPECT_EQ(to_order_event(report, kRun, kInstrument)->order, kOrder);
    report.original_client_order_id = "anotherId";
    EXPECT_EQ(to_order_event(report, kRun, kInstrument).error(), ReportFault::not_ours);
}

}  // namespace
}  // namespace tradewind::binance
