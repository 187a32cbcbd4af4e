// SPDX-License-Identifier: Apache-2.0
#include "domain/order_status.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <utility>

namespace tradewind {
namespace {

using enum OrderStatus;
using Kind = OrderEventKind;

OrderStatus status_at(int i) { return static_cast<OrderStatus>(i); }
Kind kind_at(int i) { return static_cast<Kind>(i); }

TEST(OrderStatus, accepts_in_a_final_status_only_late_reports_of_what_the_venue_did) {
    // Everything that may still arrive for an order that is over; whatever is not here is refused.
    const std::set<std::pair<OrderStatus, Kind>> late{
        {filled, Kind::busted},
        {canceled, Kind::busted},
        {expired, Kind::busted},
        {canceled, Kind::partially_filled},
        {canceled, Kind::filled},
        {expired, Kind::partially_filled},
        {expired, Kind::filled},
        {filled, Kind::cancel_rejected},
        {filled, Kind::replace_rejected},
        {canceled, Kind::cancel_rejected},
        {expired, Kind::cancel_rejected},
        {canceled, Kind::replace_rejected},
        {expired, Kind::replace_rejected},
    };
    for (int s = 0; s < kOrderStatusCount; ++s) {
        if (!is_final(status_at(s))) continue;
        for (int e = 0; e < kOrderEventKindCount; ++e) {
            EXPECT_EQ(transition(status_at(s), kind_at(e)).has_value(),
                      late.contains({status_at(s), kind_at(e)}))
                << to_string(status_at(s)) << " " << to_string(kind_at(e));
        }
    }
}

TEST(OrderStatus, never_revives_an_order_that_is_over) {
    for (int s = 0; s < kOrderStatusCount; ++s) {
        if (!is_final(status_at(s))) continue;
        for (int e = 0; e < kOrderEventKindCount; ++e) {
            const auto next = transition(status_at(s), kind_at(e));
            if (!next) continue;
            EXPECT_TRUE(is_final(next->next)) << to_string(status_at(s)) << to_string(kind_at(e));
            EXPECT_FALSE(next->restores);
        }
    }
}

struct Case {
    OrderStatus from;
    Kind event;
    OrderStatus to;
};

TEST(OrderStatus, takes_reports_that_overtook_each_other) {
    constexpr Case cases[] = {
        {submitted, Kind::partially_filled, partially_filled},  // a fill before its acknowledgement
        {submitted, Kind::filled, filled},
        {submitted, Kind::canceled, canceled},
        {submitted, Kind::expired, expired},
        {partially_filled, Kind::accepted, partially_filled},  // the acknowledgement after the fill
        {triggered, Kind::accepted, triggered},
        {pending_cancel, Kind::filled, filled},  // the cancel lost the race
        {pending_cancel, Kind::partially_filled, pending_cancel},
        {canceled, Kind::filled, filled},
        {expired, Kind::partially_filled, expired},
        {pending_replace, Kind::canceled, canceled},
        {pending_replace, Kind::cancel_pending, pending_cancel},
        {pending_cancel, Kind::replaced, pending_cancel},
        {filled, Kind::cancel_rejected, filled},
        {filled, Kind::busted, canceled},
    };
    for (const Case& c : cases) {
        const auto next = transition(c.from, c.event);
        ASSERT_TRUE(next.has_value()) << to_string(c.from) << " " << to_string(c.event);
        EXPECT_EQ(next->next, c.to) << to_string(c.from) << " " << to_string(c.event);
    }
}

TEST(OrderStatus, ends_requests_by_going_back) {
    EXPECT_TRUE(transition(pending_replace, Kind::replaced)->restores);
    EXPECT_TRUE(transition(pending_replace, Kind::replace_rejected)->restores);
    EXPECT_TRUE(transition(pending_cancel, Kind::cancel_rejected)->restores);
}

TEST(OrderStatus, is_denied_by_us_and_rejected_by_the_venue) {
    EXPECT_TRUE(transition(initialized, Kind::denied).has_value());
    EXPECT_FALSE(transition(initialized, Kind::rejected).has_value());
    EXPECT_TRUE(transition(submitted, Kind::rejected).has_value());
    EXPECT_FALSE(transition(submitted, Kind::denied).has_value());
    EXPECT_FALSE(transition(accepted, Kind::rejected).has_value());
}

TEST(OrderStatus, does_not_fill_what_never_left_us) {
    for (const OrderStatus s : {initialized, denied, emulated, rejected}) {
        EXPECT_FALSE(transition(s, Kind::filled).has_value()) << to_string(s);
        EXPECT_FALSE(transition(s, Kind::partially_filled).has_value()) << to_string(s);
    }
}

TEST(OrderStatus, can_be_reached_from_the_first) {
    std::set<OrderStatus> reached{initialized};
    for (int round = 0; round < kOrderStatusCount; ++round) {
        for (const OrderStatus s : std::set<OrderStatus>(reached)) {
            for (int e = 0; e < kOrderEventKindCount; ++e) {
                if (const auto next = transition(s, kind_at(e))) reached.insert(next->next);
            }
        }
    }
    EXPECT_EQ(reached.size(), static_cast<std::size_t>(kOrderStatusCount));
}

TEST(OrderStatus, lets_every_open_order_end) {
    for (int s = 0; s < kOrderStatusCount; ++s) {
        if (is_final(status_at(s))) continue;
        bool ends = false;
        for (int e = 0; e < kOrderEventKindCount; ++e) {
            const auto next = transition(status_at(s), kind_at(e));
            ends = ends || (next && is_final(next->next));
        }
        EXPECT_TRUE(ends) << to_string(status_at(s));
    }
}

}  // namespace
}  // namespace tradewind
