// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/event.hpp"

/// How far an instrument goes in a bar, for stops and sizes. Of fewer bars than asked for it is
/// that of those that there are.
namespace tradewind::market {

/// Wilder's mean of true ranges: of the first `bars` the plain mean, then (bars - 1) parts of what
/// was and one of the new. In price.
class MeanTrueRange {
public:
    explicit MeanTrueRange(std::uint32_t bars) : bars_(bars) {}

    void add(const Bar& bar);
    /// Prices from here on are this many times what they were.
    void rescale(double ratio);
    /// 0 before the first bar.
    [[nodiscard]] double value() const { return value_; }
    [[nodiscard]] bool is_warm() const { return seen_ == bars_; }

private:
    std::uint32_t bars_;
    std::uint32_t seen_ = 0;
    double value_ = 0;
    std::optional<double> close_{};
};

/// Deviation of the last `bars` log returns from close to close, n - 1. Of one bar.
class ReturnDeviation {
public:
    explicit ReturnDeviation(std::uint32_t bars) : bars_(bars) {}

    void add(const Bar& bar);
    void rescale(double ratio);
    /// 0 before the second return.
    [[nodiscard]] double value() const { return value_; }
    [[nodiscard]] bool is_warm() const { return returns_.size() == bars_; }

private:
    std::uint32_t bars_;
    std::uint32_t oldest_ = 0;
    std::vector<double> returns_;  ///< a ring
    double value_ = 0;
    std::optional<double> close_{};
};

}  // namespace tradewind::market
