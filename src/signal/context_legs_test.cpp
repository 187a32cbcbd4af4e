// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "signal/context.hpp"
#include "support/books.hpp"
#include "support/must.hpp"

namespace tradewind::signal {
namespace {

using test::kFirst;
using test::price;

constexpr StrategyId kMe{0};

class NoOrders final : public WorkingOrders {
public:
    void plain(StrategyId, InstrumentId, std::vector<WorkingOrder>& out) const override {
        out.clear();
    }
};

struct Desk {
    explicit Desk(PositionMode mode)
        : books(test::table_of({test::share("A.NYSE")}),
                {.kind = portfolio::AccountKind::margin, .positions = {.mode = mode}}) {}

    [[nodiscard]] std::vector<OrderSpec> asked() {
        std::vector<OrderSpec> out;
        while (const Intent* intent = context.take_next()) {
            out.push_back(std::get<OrderIntent>(*intent).spec);
        }
        return out;
    }

    test::Books books;
    NoOrders orders;
    Context context{kMe,
                    {.instruments = books.instruments,
                     .market = books.market,
                     .portfolio = books.portfolio,
                     .orders = orders}};
};

TEST(ContextLegs, both_are_seen_and_a_target_is_their_sum) {
    Desk desk{PositionMode::hedging};
    desk.books.fill(kMe, kFirst, Side::buy, whole_qty(30), price("10"));
    desk.books.fill(kMe, kFirst, Side::sell, whole_qty(10), price("10"));
    EXPECT_EQ(desk.context.position(kFirst, Leg::long_leg), whole_qty(30));
    EXPECT_EQ(desk.context.position(kFirst, Leg::short_leg), whole_qty(-10));
    EXPECT_EQ(desk.context.position(kFirst), whole_qty(20));
    desk.context.target(kFirst, whole_qty(5));
    const auto asked = desk.asked();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].side, Side::sell);
    EXPECT_EQ(asked[0].qty, whole_qty(15));
    EXPECT_FALSE(asked[0].leg.has_value());  // it closes the long leg as far as that goes
}

TEST(ContextLegs, one_position_is_on_one_side) {
    Desk desk{PositionMode::netting};
    desk.books.fill(kMe, kFirst, Side::sell, whole_qty(10), price("10"));
    EXPECT_EQ(desk.context.position(kFirst, Leg::long_leg), Qty{});
    EXPECT_EQ(desk.context.position(kFirst, Leg::short_leg), whole_qty(-10));
}

TEST(ContextLegs, bracket_protects_the_leg_that_its_entry_opens) {
    Desk desk{PositionMode::hedging};
    const OrderSpec stop{.instrument = kFirst,
                         .side = Side::sell,
                         .type = OrderType::stop_market,
                         .qty = whole_qty(5),
                         .trigger_price = price("9")};
    const OrderSpec entry{.instrument = kFirst, .leg = Leg::long_leg, .qty = whole_qty(5)};
    desk.context.submit_bracket({.entry = entry, .stop_loss = stop, .take_profit = std::nullopt});
    const auto asked = desk.asked();
    ASSERT_EQ(asked.size(), 2U);
    EXPECT_EQ(asked[1].leg, Leg::long_leg);
    EXPECT_TRUE(asked[1].reduce_only);
    EXPECT_TRUE(only_closes(asked[1]));
}

}  // namespace
}  // namespace tradewind::signal
