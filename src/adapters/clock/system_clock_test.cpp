// SPDX-License-Identifier: Apache-2.0
#include "adapters/clock/system_clock.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace tradewind::clock {
namespace {

TEST(SystemClock, tells_the_machines_time_in_utc) {
    const SystemClock clock;
    const std::time_t before = std::time(nullptr);
    const Timestamp now = clock.now();
    const std::time_t after = std::time(nullptr);
    EXPECT_GE(now.ns / 1'000'000'000, before - 1);
    EXPECT_LE(now.ns / 1'000'000'000, after + 1);
}

}  // namespace
}  // namespace tradewind::clock
