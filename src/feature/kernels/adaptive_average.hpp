// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/dominant_cycle.hpp"

namespace tradewind::feature {

/// An average that follows faster the less the phase turns, and one that follows it.
class AdaptiveAverage {
public:
    AdaptiveAverage(double fast, double slow) : fast_(fast), slow_(slow) {}

    [[nodiscard]] static std::size_t lookback() { return kCycleLookback; }
    template <bool Warm>
    std::array<double, 2> next(double price) {
        if (cycle_.take<Warm>(price)) follow(price);
        if (!Warm && rows_++ < kCycleLookback) return {kNaN, kNaN};
        return {mama_, fama_};
    }

private:
    [[gnu::always_inline]] void follow(double price) {
        const double ratio = cycle_.quadrature() / cycle_.in_phase();
        const double degrees =
            cycle_.in_phase() != 0.0 ? std::atan(ratio) * kDegreesPerRadian : 0.0;
        const double turned = larger(degrees_ - degrees, 1.0);
        degrees_ = degrees;
        // Not turned at all it is the fast limit, even where that is below the slow one.
        const double weight = turned > 1.0 ? larger(fast_ / turned, slow_) : fast_;
        mama_ = weight * price + (1.0 - weight) * mama_;
        fama_ = 0.5 * weight * mama_ + (1.0 - 0.5 * weight) * fama_;
    }

    DominantCycle cycle_{kCycleStart};
    double fast_;
    double slow_;
    double degrees_ = 0.0;
    double mama_ = 0.0, fama_ = 0.0;
    std::size_t rows_ = 0;
};

/// The first of the two alone, with its usual limits: an average that knows no period.
class MesaAverage {
public:
    [[nodiscard]] static std::size_t lookback() { return AdaptiveAverage::lookback(); }
    template <bool Warm>
    double next(double price) {
        return average_.next<Warm>(price)[0];
    }

private:
    AdaptiveAverage average_{0.5, 0.05};
};

}  // namespace tradewind::feature
