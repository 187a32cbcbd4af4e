// SPDX-License-Identifier: Apache-2.0
#include "market/id_map.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <unordered_map>
#include <vector>

#include "support/generators.hpp"

namespace tradewind::market {
namespace {

/// The ids by index, as the nodes of a book hold them.
struct Held {
    std::vector<std::uint64_t> ids;

    std::uint64_t operator()(std::uint32_t index) const { return ids.at(index); }
};

TEST(IdMap, finds_nothing_in_an_empty_map) {
    const IdMap map(0);
    EXPECT_EQ(map.find(0, Held{}), IdMap::kNone);
    EXPECT_EQ(map.find(UINT64_MAX, Held{}), IdMap::kNone);
}

/// Ids as venues make them: one after another, in steps, with a number of their session in the
/// upper bits, or anything.
std::uint64_t draw_id() {
    const std::uint64_t n = test::draw_below(200);
    switch (test::draw_below(4)) {
        case 0: return n;
        case 1: return n * 4096;
        case 2: return (n % 7) << 48U | n;
        default: return test::Any<std::uint64_t>::draw();
    }
}

RC_GTEST_PROP(IdMap, equals_a_standard_map, ()) {
    IdMap map(test::draw_below(40));
    Held held;
    std::unordered_map<std::uint64_t, std::uint32_t> reference;
    const std::size_t count = test::draw_below(1000);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t id = draw_id();
        const auto found = reference.find(id);
        RC_ASSERT(map.find(id, held) == (found == reference.end() ? IdMap::kNone : found->second));
        if (found == reference.end()) {
            const auto index = static_cast<std::uint32_t>(held.ids.size());
            held.ids.push_back(id);
            map.insert(id, index);
            reference[id] = index;
        } else if (test::draw_below(3) > 0) {
            map.erase(id, found->second);
            reference.erase(found);
        }
        RC_ASSERT(map.size() == reference.size());
    }
    for (const auto& [id, index] : reference) RC_ASSERT(map.find(id, held) == index);
    map.clear();
    for (const auto& [id, index] : reference) RC_ASSERT(map.find(id, held) == IdMap::kNone);
}

}  // namespace
}  // namespace tradewind::market
