// SPDX-License-Identifier: Apache-2.0
#include "domain/denial.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "domain/instrument.hpp"

namespace tradewind {
namespace {

Price price(std::string_view text) { return parse_price(text).value(); }

Instrument share() {
    Instrument out = default_instrument("SPY.ARCA").value();
    out.min_qty = whole_qty(1);
    out.max_qty = whole_qty(10'000);
    out.min_notional = whole_money(10);
    out.max_notional = whole_money(100'000);
    return out;
}

OrderSpec market_order() { return {.qty = whole_qty(100)}; }

OrderSpec limit_order() {
    return {.type = OrderType::limit, .qty = whole_qty(100), .limit_price = price("50")};
}

OrderSpec trailing_limit() {
    return {.type = OrderType::trailing_stop_limit,
            .qty = whole_qty(100),
            .trailing = TrailingOffset{.unit = OffsetUnit::ticks, .value = base::kDecimalOne},
            .trailing_limit = TrailingOffset{.unit = OffsetUnit::ticks, .value = 0}};
}

OrderSpec stop_order() {
    return {.type = OrderType::stop_market, .qty = whole_qty(100), .trigger_price = price("50")};
}

TEST(Validate, passes_every_complete_order) {
    OrderSpec gtd = limit_order();
    gtd.time_in_force = TimeInForce::gtd;
    gtd.expire_at = Timestamp{1};
    OrderSpec iceberg = limit_order();
    iceberg.display_qty = whole_qty(10);
    OrderSpec post_only = limit_order();
    post_only.post_only = true;
    for (const OrderSpec& spec :
         {market_order(), limit_order(), stop_order(), trailing_limit(), gtd, iceberg, post_only}) {
        const auto denial = validate(spec, share());
        EXPECT_FALSE(denial.has_value()) << describe(*denial);
    }
}

struct Case {
    const char* what;
    DenialReason reason;
    OrderSpec spec;
    std::function<void(OrderSpec&)> spoil;
};

TEST(Validate, names_what_is_wrong) {
    const Case cases[] = {
        {"no quantity", DenialReason::malformed, market_order(), [](auto& s) { s.qty = {}; }},
        {"negative quantity", DenialReason::malformed, market_order(),
         [](auto& s) { s.qty = whole_qty(-1); }},
        {"limit without price", DenialReason::malformed, limit_order(),
         [](auto& s) { s.limit_price.reset(); }},
        {"market with price", DenialReason::malformed, market_order(),
         [](auto& s) { s.limit_price = price("1"); }},
        {"stop without trigger", DenialReason::malformed, stop_order(),
         [](auto& s) { s.trigger_price.reset(); }},
        {"limit with trigger", DenialReason::malformed, limit_order(),
         [](auto& s) { s.trigger_price = price("1"); }},
        {"trailing without offset", DenialReason::malformed, trailing_limit(),
         [](auto& s) { s.trailing.reset(); }},
        {"offset that does not trail", DenialReason::malformed, stop_order(),
         [](auto& s) { s.trailing = TrailingOffset{.value = 1}; }},
        {"gtd without a time", DenialReason::malformed, limit_order(),
         [](auto& s) { s.time_in_force = TimeInForce::gtd; }},
        {"gtc with a time", DenialReason::malformed, limit_order(),
         [](auto& s) { s.expire_at = Timestamp{1}; }},
        {"stop at once", DenialReason::malformed, stop_order(),
         [](auto& s) { s.time_in_force = TimeInForce::ioc; }},
        {"post-only market order", DenialReason::malformed, market_order(),
         [](auto& s) { s.post_only = true; }},
        {"post-only at once", DenialReason::malformed, limit_order(),
         [](auto& s) {
             s.post_only = true;
             s.time_in_force = TimeInForce::fok;
         }},
        {"shows more than it has", DenialReason::malformed, limit_order(),
         [](auto& s) { s.display_qty = whole_qty(101); }},
        {"half a cent", DenialReason::off_tick, limit_order(),
         [](auto& s) { s.limit_price = price("50.005"); }},
        {"half a share", DenialReason::off_lot, market_order(),
         [](auto& s) { s.qty = Qty{1'500'000'000}; }},
        {"too many", DenialReason::above_max_qty, market_order(),
         [](auto& s) { s.qty = whole_qty(10'001); }},
        {"too little money", DenialReason::below_min_notional, limit_order(),
         [](auto& s) { s.limit_price = price("0.09"); }},
        {"too much money", DenialReason::above_max_notional, limit_order(),
         [](auto& s) { s.limit_price = price("1000.01"); }},
    };
    for (const Case& c : cases) {
        OrderSpec spec = c.spec;
        c.spoil(spec);
        const auto denial = validate(spec, share());
        ASSERT_TRUE(denial.has_value()) << c.what;
        EXPECT_EQ(denial->reason, c.reason) << c.what << ": " << describe(*denial);
    }
}

TEST(Validate, says_which_quantity_would_pass) {
    OrderSpec spec = market_order();
    spec.qty = Qty{1'500'000'000};
    EXPECT_EQ(validate(spec, share())->would_pass, whole_qty(1));
    spec.qty = whole_qty(20'000);
    EXPECT_EQ(validate(spec, share())->would_pass, whole_qty(10'000));
}

TEST(Denial, reads_as_one_line_with_its_numbers) {
    OrderSpec spec = market_order();
    spec.qty = whole_qty(20'000);
    EXPECT_EQ(describe(*validate(spec, share())),
              "above_max_qty: limit 10000, actual 20000; 10000 would pass");
}

}  // namespace
}  // namespace tradewind
