// SPDX-License-Identifier: Apache-2.0
#include "base/id_map.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <map>

namespace tradewind::base {
namespace {

/// Ids as orders have them: a few owners in the upper bits, counts in the lower ones.
std::uint64_t id_of(std::uint64_t owner, std::uint64_t count) { return owner << 48 | count; }

RC_GTEST_PROP(IdMap, holds_what_a_map_holds, ()) {
    IdMap ours;
    std::map<std::uint64_t, std::uint32_t> theirs;
    const int steps = *rc::gen::inRange(1, 400);
    for (int i = 0; i < steps; ++i) {
        const std::uint64_t id =
            id_of(*rc::gen::inRange<std::uint64_t>(0, 3), *rc::gen::inRange<std::uint64_t>(1, 60));
        if (*rc::gen::inRange(0, 3) == 0) {
            ours.erase(id);
            theirs.erase(id);
        } else {
            ours.set(id, static_cast<std::uint32_t>(i));
            theirs[id] = static_cast<std::uint32_t>(i);
        }
    }
    RC_ASSERT(ours.size() == theirs.size());
    for (std::uint64_t owner = 0; owner < 3; ++owner) {
        for (std::uint64_t count = 1; count < 60; ++count) {
            const std::uint64_t id = id_of(owner, count);
            const auto at = theirs.find(id);
            RC_ASSERT(ours.find(id).has_value() == (at != theirs.end()));
            if (at != theirs.end()) RC_ASSERT(*ours.find(id) == at->second);
        }
    }
}

}  // namespace
}  // namespace tradewind::base
