// SPDX-License-Identifier: Apache-2.0
#include "sim/queue_model.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "sim/book_impact.hpp"
#include "sim/fixed_exponent.hpp"

namespace tradewind::sim {
namespace {

// --- logarithms and powers on whole numbers
// ----------------------------------------------------------

RC_GTEST_PROP(FixedExponent, log2_is_that_of_the_library_within_its_bound, (std::uint64_t x)) {
    RC_PRE(x > 0U);
    const double got = static_cast<double>(log2_fixed(x)) / 4294967296.0;
    RC_ASSERT(std::abs(got - std::log2(static_cast<double>(x))) < 1e-9);
}

RC_GTEST_PROP(FixedExponent, exp2_is_that_of_the_library_within_its_bound, ()) {
    const auto x = *rc::gen::inRange<std::int64_t>(0, std::int64_t{40} << kLogBits);
    const double got = static_cast<double>(exp2_minus_fixed(x)) / 4611686018427387904.0;
    const double expected = std::exp2(-static_cast<double>(x) / 4294967296.0);
    RC_ASSERT(std::abs(got - expected) < 1e-15 + expected * 1e-12);
}

TEST(FixedExponent, halves_at_every_half_life) {
    EXPECT_EQ(decayed(1'000'000, 0, 10), 1'000'000);
    EXPECT_EQ(decayed(1'000'000, 10, 10), 500'000);
    EXPECT_EQ(decayed(1'000'000, 30, 10), 125'000);
    EXPECT_EQ(decayed(1'000'000, 5, 10), 707'106);  // 1 / sqrt(2)
    EXPECT_EQ(decayed(-1'000'000, 20, 10), -250'000);
    EXPECT_EQ(decayed(INT64_MAX, INT64_MAX, 1), 0);
    EXPECT_EQ(decayed(5, 1, 0), 0);
}

// --- the laws
// ----------------------------------------------------------------------------------------

Qty units(double n) { return {static_cast<std::int64_t>(n * 1e9)}; }

/// The laws as HftBacktest documents them ("Order Fill"), in floating point.
double reference(QueueKind kind, double n, double a, double b) {
    switch (kind) {
        case QueueKind::pessimistic: return 1;
        case QueueKind::power: return std::pow(b, n) / (std::pow(b, n) + std::pow(a, n));
        case QueueKind::power2: return std::pow(b, n) / std::pow(a + b, n);
        case QueueKind::power3: return 1 - std::pow(a / (a + b), n);
        case QueueKind::log: return std::log(1 + b) / (std::log(1 + b) + std::log(1 + a));
        case QueueKind::log2: return std::log(1 + b) / std::log(1 + a + b);
    }
    __builtin_unreachable();
}

RC_GTEST_PROP(QueueLaws, are_those_documented, ()) {
    const auto kind = static_cast<QueueKind>(*rc::gen::inRange(1, 6));
    const double n = *rc::gen::element(0.5, 1.0, 2.0, 3.0, 7.5);
    // From a ten-thousandth of a unit: below, the logarithm's last digit shows.
    const auto a = *rc::gen::inRange<std::int64_t>(100'000, 1'000'000'000'000);
    const auto b = *rc::gen::inRange<std::int64_t>(100'000, 1'000'000'000'000);
    const QueueModel model{.kind = kind, .exponent = units(n).raw};
    const double got = static_cast<double>(behind_share(model, {a}, {b})) / 1e9;
    const double expected =
        reference(kind, n, static_cast<double>(a) / 1e9, static_cast<double>(b) / 1e9);
    RC_ASSERT(std::abs(got - expected) < 1e-5);
}

TEST(QueueLaws, decide_alone_where_one_side_is_empty) {
    for (const char* text : {"pessimistic", "power:2", "power2", "power3", "log", "log2"}) {
        const QueueModel model = parse_queue_model(text).value();
        EXPECT_EQ(behind_share(model, units(5), {}), 0) << text;
        EXPECT_EQ(behind_share(model, {}, units(5)), 1'000'000'000) << text;
    }
}

TEST(QueueModel, reads_what_it_writes) {
    for (const char* text : {"pessimistic", "power:3", "power2:0.5", "power3:100", "log", "log2"}) {
        EXPECT_EQ(to_string(parse_queue_model(text).value()), text);
    }
    EXPECT_EQ(to_string(parse_queue_model("power").value()), "power:3");
    for (const char* bad : {"", "exact", "power:", "power:0", "power:-1", "power:101", "log:2",
                            "pessimistic:1", "power:x"}) {
        EXPECT_FALSE(parse_queue_model(bad).has_value()) << bad;
    }
}

// --- a place in the queue
// ----------------------------------------------------------------------------

TEST(QueuePlaces, move_only_as_far_as_the_level_shows_where_we_are_pessimistic) {
    QueuePlace place{.ahead = units(10), .printed = {}};
    level_changed(place, {}, units(10), units(15));
    EXPECT_EQ(place.ahead, units(10));
    level_changed(place, {}, units(15), units(11));
    EXPECT_EQ(place.ahead, units(10));
    level_changed(place, {}, units(11), units(4));
    EXPECT_EQ(place.ahead, units(4));
    level_changed(place, {}, units(4), units(40));
    EXPECT_EQ(place.ahead, units(4));
}

TEST(QueuePlaces, do_not_count_twice_what_prints_explain) {
    const QueueModel model = parse_queue_model("power2:1").value();
    QueuePlace place{.ahead = units(10), .printed = {}};
    EXPECT_EQ(printed_at(place, units(4)), Qty{});
    EXPECT_EQ(place.ahead, units(6));
    // 20 were shown: 6 ahead, 10 behind, 4 printed. Of the decrease by 12, 8 were cancels: 10/16
    // of them behind us, the other 3 ahead.
    level_changed(place, model, units(20), units(8));
    EXPECT_EQ(place.ahead, units(3));
    EXPECT_EQ(place.printed, Qty{});
}

TEST(QueuePlaces, give_what_a_print_has_beyond_them) {
    QueuePlace place{.ahead = units(10), .printed = {}};
    EXPECT_EQ(printed_at(place, units(13)), units(3));
    EXPECT_EQ(place.ahead, Qty{});
    EXPECT_EQ(printed_at(place, units(2)), units(2));
}

RC_GTEST_PROP(QueuePlaces, stay_between_nothing_and_what_is_shown, ()) {
    const auto kind = static_cast<QueueKind>(*rc::gen::inRange(0, 6));
    const QueueModel model{.kind = kind, .exponent = units(2).raw};
    Qty shown{*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000)};
    QueuePlace place{.ahead = shown, .printed = {}};
    const QueueModel pessimist{};
    QueuePlace worst = place;
    for (int i = 0; i < 20; ++i) {
        if (*rc::gen::arbitrary<bool>()) {
            const Qty print{*rc::gen::inRange<std::int64_t>(0, 1'000'000'000)};
            RC_ASSERT(printed_at(place, print) >= printed_at(worst, print));
        } else {
            const Qty now{*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000)};
            level_changed(place, model, shown, now);
            level_changed(worst, pessimist, shown, now);
            shown = now;
            RC_ASSERT(place.ahead <= shown);
        }
        RC_ASSERT(place.ahead.raw >= 0);
        RC_ASSERT(place.ahead <= worst.ahead);  // no law is worse for us than the pessimist's
    }
}

// --- impact
// ------------------------------------------------------------------------------------------

TEST(Impact, reads_what_it_writes) {
    for (const char* text : {"none", "linear:5:500ms", "sqrt:0.5:2s"}) {
        EXPECT_EQ(to_string(parse_impact_model(text).value()), text);
    }
    for (const char* bad : {"", "linear", "linear:5", "linear:-1:1s", "linear:5:0s", "cubic:5:1s",
                            "sqrt:x:1s", "none:5:1s", "linear:10001:1s"}) {
        EXPECT_FALSE(parse_impact_model(bad).has_value()) << bad;
    }
}

TEST(Impact, grows_with_what_was_taken_and_fades) {
    const ImpactModel linear = parse_impact_model("linear:100:1m").value();
    const Price price{100'000'000'000};
    ImpactShift shift;
    EXPECT_EQ(shift.at(linear, {0}), PriceDelta{});
    shift.take(linear, {.price = price, .taken = units(50), .shown = units(100)}, {0});
    EXPECT_EQ(shift.at(linear, {0}), PriceDelta{500'000'000});  // half of 100 bps of 100
    EXPECT_EQ(shift.at(linear, Timestamp{} + minutes(1)), PriceDelta{250'000'000});
    shift.take(linear, {.price = price, .taken = units(100), .shown = units(100)},
               Timestamp{} + minutes(1));
    EXPECT_EQ(shift.at(linear, Timestamp{} + minutes(1)), PriceDelta{1'250'000'000});

    const ImpactModel root = parse_impact_model("sqrt:100:1m").value();
    ImpactShift other;
    other.take(root, {.price = price, .taken = units(25), .shown = units(100)}, {0});
    EXPECT_EQ(other.at(root, {0}), PriceDelta{500'000'000});  // sqrt(1/4) of 1
}

TEST(Impact, has_a_limit) {
    const ImpactModel model = parse_impact_model("linear:10000:1m").value();
    ImpactShift shift;
    shift.take(model, {.price = {INT64_MAX}, .taken = {INT64_MAX}, .shown = {1}}, {0});
    EXPECT_EQ(shift.at(model, {0}).raw, INT64_MAX / 2);
}

}  // namespace
}  // namespace tradewind::sim
