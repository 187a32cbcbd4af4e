// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "feature/kernel_indicator.hpp"

namespace tradewind::feature {

/// A figure of a window that is kept in step, `figure(window.now(), newest...)`: one value, or an
/// array. It is called with doubles, and with Quads where many rows are taken at once.
template <typename Rolling, typename Figure>
class WindowFigure {
public:
    explicit WindowFigure(std::size_t period, Figure figure = {})
        : window_(period), figure_(std::move(figure)) {}

    [[nodiscard]] std::size_t lookback() const { return window_.lookback(); }
    template <bool Warm, typename... Doubles>
    auto next(Doubles... values) {
        window_.add(values...);
        auto out = figure_(window_.now(), values...);
        if constexpr (!Warm) {
            if (!window_.is_full()) out = unknown(out);
        }
        return out;
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        window_.add_rows(in, out, rows, figure_);
    }

private:
    static double unknown(double /*one*/) { return kNaN; }
    template <std::size_t Outputs>
    static std::array<double, Outputs> unknown(std::array<double, Outputs> several) {
        several.fill(kNaN);
        return several;
    }

    Rolling window_;
    [[no_unique_address]] Figure figure_;
};

template <typename Rolling, auto Figure, std::size_t Inputs = 1, std::size_t Outputs = 1>
[[nodiscard]] std::unique_ptr<Indicator> figure(Args args) {
    return indicator_of<Inputs, Outputs>(
        WindowFigure<Rolling, std::remove_const_t<decltype(Figure)>>{whole(args, 0), Figure});
}

/// A figure that looks at the window's values, `figure(window, newest...)`.
template <typename Rolling, typename Figure>
class WholeWindowFigure {
public:
    explicit WholeWindowFigure(std::size_t period, Figure figure = {})
        : window_(period), figure_(std::move(figure)) {}

    [[nodiscard]] std::size_t lookback() const { return window_.lookback(); }
    template <bool Warm, typename... Doubles>
    double next(Doubles... values) {
        window_.add(values...);
        return Warm || window_.is_full() ? figure_(window_, values...) : kNaN;
    }

private:
    Rolling window_;
    [[no_unique_address]] Figure figure_;
};

template <typename Rolling, auto Figure, std::size_t Inputs = 1>
[[nodiscard]] std::unique_ptr<Indicator> whole_figure(Args args) {
    return indicator_of<Inputs>(
        WholeWindowFigure<Rolling, std::remove_const_t<decltype(Figure)>>{whole(args, 0), Figure});
}

}  // namespace tradewind::feature
