// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/reasons.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tradewind::binance {
namespace {

struct Case {
    Segment segment;
    VenueError error;
    ErrorAction action;
    VenueReason reason;
    std::optional<DenialReason> denial{};
};

TEST(BinanceReasons, codes_and_words_of_the_documentation_are_typed) {
    using enum ErrorAction;
    constexpr auto kSpot = Segment::spot;
    constexpr auto kFutures = Segment::usd_m;
    const std::array kCases{
        Case{kSpot,
             {-1003, "Too many requests queued."},
             slow_down,
             VenueReason::other,
             DenialReason::order_rate},
        Case{kSpot,
             {-1007, "Timeout waiting for response from backend server."},
             ask_status,
             VenueReason::other},
        Case{kSpot,
             {-1013, "Filter failure: LOT_SIZE"},
             give_up,
             VenueReason::bad_order,
             DenialReason::off_lot},
        Case{kSpot,
             {-1013, "Filter failure: NOTIONAL"},
             give_up,
             VenueReason::bad_order,
             DenialReason::below_min_notional},
        Case{kSpot,
             {-1013, "Filter failure: PERCENT_PRICE_BY_SIDE"},
             give_up,
             VenueReason::price_limit},
        Case{kSpot,
             {-1021, "Timestamp for this request is outside of the recvWindow."},
             set_clock,
             VenueReason::other},
        Case{kSpot,
             {-1022, "Signature for this request is not valid."},
             check_key,
             VenueReason::other},
        Case{kSpot,
             {-2010, "Account has insufficient balance for requested action."},
             give_up,
             VenueReason::insufficient_funds,
             DenialReason::insufficient_cash},
        Case{kSpot,
             {-2010, "Order would immediately match and take."},
             give_up,
             VenueReason::would_take,
             DenialReason::would_cross_post_only},
        Case{kSpot,
             {-2010, "Duplicate order sent."},
             give_up,
             VenueReason::bad_order,
             DenialReason::duplicate},
        Case{kSpot,
             {-2011, "Unknown order sent."},
             give_up,
             VenueReason::unknown_order,
             DenialReason::unknown_order},
        Case{kSpot,
             {-2013, "Order does not exist."},
             give_up,
             VenueReason::unknown_order,
             DenialReason::unknown_order},
        Case{kSpot, {-2014, "API-key format invalid."}, check_key, VenueReason::other},
        Case{kSpot,
             {-2015, "Invalid API-key, IP, or permissions for action."},
             check_key,
             VenueReason::other},
        Case{kFutures,
             {-2019, "Margin is insufficient."},
             give_up,
             VenueReason::insufficient_funds,
             DenialReason::insufficient_margin},
        Case{kSpot,
             {-2021, "Order cancel-replace partially failed."},
             ask_status,
             VenueReason::other},
        Case{
            kFutures, {-2021, "Order would immediately trigger."}, give_up, VenueReason::bad_order},
        Case{kFutures,
             {-2022, "ReduceOnly Order is rejected."},
             give_up,
             VenueReason::would_not_reduce,
             DenialReason::reduce_only},
        Case{kFutures,
             {-4164, "Order's notional must be no smaller than 5."},
             give_up,
             VenueReason::bad_order,
             DenialReason::below_min_notional},
        Case{kFutures,
             {-5022, "Post Only order will be rejected."},
             give_up,
             VenueReason::would_take,
             DenialReason::would_cross_post_only},
    };
    for (const Case& c : kCases) {
        const ErrorMeaning meaning = meaning_of(c.error, c.segment);
        EXPECT_TRUE(meaning.is_known) << c.error.code;
        EXPECT_EQ(meaning.action, c.action) << c.error.code << c.error.text;
        EXPECT_EQ(meaning.reason, c.reason) << c.error.code << c.error.text;
        EXPECT_EQ(meaning.denial, c.denial) << c.error.code << c.error.text;
    }
}

TEST(BinanceReasons, a_code_that_is_not_known_never_counts_as_done_or_not_done) {
    const ErrorMeaning meaning = meaning_of({-9999, "?"}, Segment::spot);
    EXPECT_FALSE(meaning.is_known);
    EXPECT_EQ(meaning.action, ErrorAction::ask_status);
    EXPECT_FALSE(meaning_of({-4164, "?"}, Segment::spot).is_known) << "a code of futures";
}

}  // namespace
}  // namespace tradewind::binance
