// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

namespace tradewind::base {

/// An integer that names one kind of thing. Ids compare and hash; they have no arithmetic.
template <typename Tag, typename Int>
struct StrongId {
    using Underlying = Int;
    Int value{};

    constexpr StrongId() = default;
    explicit constexpr StrongId(Int v) : value(v) {}
    friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

}  // namespace tradewind::base
