// SPDX-License-Identifier: Apache-2.0
#include "market/bar_gauges.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace tradewind::market {
namespace {

double deviation_of(std::span<const double> values) {
    double sum = 0;
    for (const double value : values) sum += value;
    const double mean = sum / static_cast<double>(values.size());
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

void MeanTrueRange::add(const Bar& bar) {
    double high = to_double(bar.high);
    double low = to_double(bar.low);
    if (close_) {
        high = std::max(high, *close_);
        low = std::min(low, *close_);
    }
    seen_ = std::min(seen_ + 1, bars_);
    value_ += (high - low - value_) / seen_;
    close_ = to_double(bar.close);
}

void MeanTrueRange::rescale(double ratio) {
    value_ *= ratio;
    if (close_) *close_ *= ratio;
}

void ReturnDeviation::add(const Bar& bar) {
    const std::optional<double> before = std::exchange(close_, to_double(bar.close));
    if (!before || *before <= 0 || *close_ <= 0) return;
    const double change = std::log(*close_ / *before);
    if (returns_.size() < bars_) {
        returns_.push_back(change);
    } else {
        returns_[oldest_] = change;
        oldest_ = (oldest_ + 1) % bars_;
    }
    if (returns_.size() >= 2) value_ = deviation_of(returns_);
}

void ReturnDeviation::rescale(double ratio) {
    if (close_) *close_ *= ratio;
}

}  // namespace tradewind::market
