// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <tuple>

#include "feature/kernels/two_blocks.hpp"

namespace tradewind::feature {

namespace detail {

/// Of `Summed` series; more may come along to the figure.
template <std::size_t Summed, std::size_t Inputs>
struct SumsFold {
    static constexpr std::size_t kInputs = Inputs;
    static constexpr bool kIsAnchored = false;
    template <typename T>
    struct Part {
        std::array<T, Summed> sums;
    };

    template <typename T>
    [[gnu::always_inline]] static Part<T> none() {
        Part<T> out;
        out.sums.fill(T{0.0});
        return out;
    }
    template <typename T>
    [[gnu::always_inline]] static void append(Part<T>& part, const std::array<T, Inputs>& row) {
        for (std::size_t i = 0; i < Summed; ++i) part.sums[i] += row[i];
    }
    template <typename T>
    [[gnu::always_inline]] static void prepend(Part<T>& part, const std::array<T, Inputs>& row,
                                               double /*rows*/) {
        append(part, row);
    }
    template <typename T>
    [[gnu::always_inline]] static Part<T> join(const Part<T>& end, const Part<T>& begin,
                                               double /*rows*/) {
        Part<T> out;
        for (std::size_t i = 0; i < Summed; ++i) out.sums[i] = end.sums[i] + begin.sums[i];
        return out;
    }
};

}  // namespace detail

/// Sums of several series over a window, in step. A sum of zeros is exactly 0, whatever came
/// before. Series after the first `Summed` are not summed: a figure of many rows finds their values
/// beside the sums.
template <std::size_t Summed, std::size_t Inputs = Summed>
class RollingSums {
public:
    explicit RollingSums(std::size_t period) : blocks_(period) {}

    [[nodiscard]] std::size_t lookback() const { return blocks_.lookback(); }
    void add(const std::array<double, Inputs>& row) { blocks_.add(row); }
    [[nodiscard]] std::array<double, Summed> now() const { return blocks_.part().sums; }
    [[nodiscard]] bool is_full() const { return blocks_.is_full(); }

    /// As in TwoBlocks; `figure(sums, row)`.
    template <typename Figure>
    [[gnu::always_inline]] void add_rows(const std::array<const double*, Inputs>& in,
                                         double* const* out, std::size_t rows,
                                         const Figure& figure) {
        blocks_.add_rows(in.data(), out, rows,
                         [&](const auto& part, const auto& /*anchor*/, const auto& row) {
                             return figure(part.sums, row);
                         });
    }

private:
    TwoBlocks<detail::SumsFold<Summed, Inputs>> blocks_;
};

}  // namespace tradewind::feature
