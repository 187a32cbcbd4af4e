// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/random.hpp"
#include "research/search/sampler.hpp"

namespace tradewind::research {

/// Tries for one point that the constraints allow. Where so many fail, a space allows less than
/// about one point in ten thousand, and the search ends.
inline constexpr int kDrawsMax = 100'000;

/// Every dimension by itself, evenly.
[[nodiscard]] Point draw_uniform(const SearchSpace& space, base::Random& random);

/// Draws until a point is allowed; nullopt after kDrawsMax.
template <typename Draw>
[[nodiscard]] std::optional<Point> draw_allowed(const Allowed& allowed, const Draw& draw) {
    for (int i = 0; i < kDrawsMax; ++i) {
        Point point = draw();
        if (!allowed || allowed(point)) return point;
    }
    return std::nullopt;
}

}  // namespace tradewind::research
