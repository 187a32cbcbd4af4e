// SPDX-License-Identifier: Apache-2.0
#include "market/price_ladder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <iterator>
#include <map>

#include "market/block_ladder.hpp"
#include "support/generators.hpp"

namespace tradewind::market {
namespace {

/// Grows to some hundred levels and shrinks again, several times: blocks split, merge and go.
template <typename Ladder>
void equals_a_sorted_map(bool buys) {
    const Side side = buys ? Side::buy : Side::sell;
    Ladder ladder(side, 1);
    std::map<std::int64_t, std::uint32_t, std::greater<>> best_first;
    const std::size_t width = 1 + test::draw_below(600);
    const std::int64_t sign = buys ? 1 : -1;
    for (std::size_t phase = 0; phase < 4; ++phase) {
        const std::size_t grows = phase % 2 == 0 ? 5 : 1;
        for (std::size_t i = 0; i < 500; ++i) {
            const auto raw = static_cast<std::int64_t>(test::draw_below(width)) - 300;
            const auto place = ladder.place({sign * raw});
            RC_ASSERT(place.found == best_first.contains(raw));
            const bool wanted = test::draw_below(6) < grows;
            if (place.found && !wanted) {
                ladder.erase(place);
                best_first.erase(raw);
            } else if (!place.found && wanted) {
                const auto value = static_cast<std::uint32_t>(phase * 1000 + i);
                ladder.insert(place, {sign * raw}, value);
                best_first[raw] = value;
            }
        }
        RC_ASSERT(ladder.size() == best_first.size());
        std::size_t depth = 0;
        for (const auto& [raw, value] : best_first) {
            RC_ASSERT(ladder.price(depth) == Price{sign * raw});
            RC_ASSERT(ladder.value(depth) == value);
            ++depth;
        }
    }
    while (!best_first.empty()) {
        RC_ASSERT(ladder.best() == best_first.begin()->second);
        ladder.pop_best();
        best_first.erase(best_first.begin());
    }
    RC_ASSERT(ladder.empty());
}

RC_GTEST_PROP(PriceLadder, equals_a_sorted_map, (bool buys)) {
    equals_a_sorted_map<PriceLadder<std::uint32_t>>(buys);
}
RC_GTEST_PROP(BlockLadder, equals_a_sorted_map, (bool buys)) {
    equals_a_sorted_map<BlockLadder<std::uint32_t>>(buys);
}

}  // namespace
}  // namespace tradewind::market
