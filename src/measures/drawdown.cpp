// SPDX-License-Identifier: Apache-2.0
#include "measures/drawdown.hpp"

#include <algorithm>
#include <cmath>

namespace tradewind::measures {

std::expected<void, Error> DrawdownTracker::update(double value) {
    if (!std::isfinite(value)) {
        return std::unexpected(Error{.kind = ErrorKind::not_finite, .value = value});
    }
    value_ = value;
    const bool is_peak = !peak_ || value >= *peak_;
    if (is_peak) peak_ = value;
    below_ = is_peak ? 0 : below_ + 1;
    if (const auto now = drawdown()) deepest_ = std::max(deepest_.value_or(0), *now);
    return {};
}

std::optional<double> DrawdownTracker::fall() const {
    if (!peak_) return std::nullopt;
    return *peak_ - value_;
}

std::optional<double> DrawdownTracker::drawdown() const {
    if (!peak_ || !(*peak_ > 0)) return std::nullopt;
    return (*peak_ - value_) / *peak_;
}

}  // namespace tradewind::measures
