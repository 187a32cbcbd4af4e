// SPDX-License-Identifier: Apache-2.0
#include "base/random.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>

namespace tradewind::base {
namespace {

TEST(Random, gives_the_published_sequence_of_seed_zero) {
    // the Rust crates rand_xoshiro and rand, xoshiro256plusplus.rs, test stable_seed_from_u64:
    // xoshiro256++ seeded by splitmix64 from 0.
    constexpr std::array<std::uint64_t, 10> expected{
        5987356902031041503U, 7051070477665621255U, 6633766593972829180U,  211316841551650330U,
        9136120204379184874U, 379361710973160858U,  15813423377499357806U, 15596884590815070553U,
        5439680534584881407U, 1369371744833522710U};
    Random random(0);
    for (const std::uint64_t value : expected) EXPECT_EQ(random.next(), value);
}

TEST(Random, repeats_itself_from_its_seed) {
    Random a(42), b(42), c(43);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t value = a.next();
        EXPECT_EQ(value, b.next());
        differs = differs || value != c.next();
    }
    EXPECT_TRUE(differs);
}

RC_GTEST_PROP(Random, stays_below_its_bound, (std::uint64_t seed)) {
    const auto bound = *rc::gen::positive<std::uint64_t>();
    Random random(seed);
    for (int i = 0; i < 20; ++i) RC_ASSERT(random.below(bound) < bound);
}

RC_GTEST_PROP(Random, uniform_lies_in_the_half_open_unit_interval, (std::uint64_t seed)) {
    Random random(seed);
    for (int i = 0; i < 20; ++i) {
        const double u = random.uniform();
        RC_ASSERT(u >= 0.0);
        RC_ASSERT(u < 1.0);
    }
}

TEST(Random, below_gives_every_value_equally_often) {
    // Chi-squared with 9 degrees of freedom: 27.9 is passed once in a thousand seeds.
    Random random(1);
    std::array<int, 10> count{};
    constexpr int draws = 100'000;
    for (int i = 0; i < draws; ++i) ++count[random.below(10)];
    double chi = 0;
    for (const int n : count) chi += (n - draws / 10.0) * (n - draws / 10.0) / (draws / 10.0);
    EXPECT_LT(chi, 27.9);
}

TEST(Random, normal_and_exponential_have_their_moments) {
    Random random(7);
    constexpr int draws = 200'000;
    double sum = 0, squares = 0, fourth = 0, waits = 0;
    for (int i = 0; i < draws; ++i) {
        const double z = random.normal();
        sum += z;
        squares += z * z;
        fourth += z * z * z * z;
        waits += random.exponential();
    }
    // Five standard errors.
    const double n = draws;
    EXPECT_NEAR(sum / n, 0.0, 5.0 / std::sqrt(n));
    EXPECT_NEAR(squares / n, 1.0, 5.0 * std::sqrt(2.0 / n));
    EXPECT_NEAR(fourth / n, 3.0, 5.0 * std::sqrt(96.0 / n));
    EXPECT_NEAR(waits / n, 1.0, 5.0 / std::sqrt(n));
}

}  // namespace
}  // namespace tradewind::base
