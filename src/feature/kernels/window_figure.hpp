// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/moments.hpp"

namespace tradewind::feature {

/// A figure of a window that is kept in step.
template <typename Rolling, auto Figure>
class WindowFigure {
public:
    explicit WindowFigure(std::size_t period) : window_(period) {}

    [[nodiscard]] std::size_t lookback() const { return period_of(window_) - 1; }
    template <bool Warm, typename... Doubles>
    double next(Doubles... values) {
        window_.add(values...);
        return Warm || window_.is_full() ? Figure(window_, values...) : kNaN;
    }

private:
    static std::size_t period_of(const RollingMoments& window) { return window.period(); }
    static std::size_t period_of(const auto& window) { return window.lookback() + 1; }

    Rolling window_;
};

template <typename Rolling, auto Figure, std::size_t Inputs = 1>
[[nodiscard]] std::unique_ptr<Indicator> figure(Args args) {
    return indicator_of<Inputs>(WindowFigure<Rolling, Figure>{whole(args, 0)});
}

}  // namespace tradewind::feature
