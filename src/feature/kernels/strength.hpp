// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/averages.hpp"

namespace tradewind::feature {

/// Gains and losses from value to value.
struct GainLoss {
    double gain, loss;
};

/// Each smoothed by 1 / n from the mean of the first n.
class SmoothedGains {
public:
    explicit SmoothedGains(std::size_t period) : gain_(rma(period)), loss_(rma(period)) {}

    [[nodiscard]] std::size_t lookback() const { return 1 + gain_.lookback(); }
    template <bool Warm>
    GainLoss next(double value) {
        const double change = value - std::exchange(last_, value);
        is_still_ = change == 0.0;
        if (!Warm && change != change) return {.gain = kNaN, .loss = kNaN};
        return {.gain = gain_.next<Warm>(larger(change, 0.0)),
                .loss = loss_.next<Warm>(larger(-change, 0.0))};
    }

    /// The last value was that before it: gain and loss keep their proportion.
    [[nodiscard]] bool is_still() const { return is_still_; }

private:
    Exponential gain_;
    Exponential loss_;
    double last_ = kNaN;
    bool is_still_ = false;
};

/// Relative strength index. Exactly what it was where the value is: a stochastic of it would show
/// nothing but how it is rounded.
class Rsi {
public:
    explicit Rsi(std::size_t period) : gains_(period) {}

    [[nodiscard]] std::size_t lookback() const { return gains_.lookback(); }
    template <bool Warm>
    double next(double value) {
        const auto [gain, loss] = gains_.next<Warm>(value);
        const double sum = gain + loss;
        const double moved = sum == 0.0 ? 0.0 : 100.0 * (gain / sum);
        const bool stays = (Warm || index_ == index_) && gains_.is_still();
        index_ = pick(stays, index_, moved);
        return index_;
    }

private:
    SmoothedGains gains_;
    double index_ = kNaN;
};

}  // namespace tradewind::feature
