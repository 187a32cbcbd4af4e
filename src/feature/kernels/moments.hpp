// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/quad.hpp"
#include "feature/kernels/two_blocks.hpp"

namespace tradewind::feature {

namespace detail {

struct MomentsFold {
    static constexpr std::size_t kInputs = 1;
    static constexpr bool kIsAnchored = true;
    template <typename T>
    struct Part {
        T sum, squares;
    };

    template <typename T>
    [[gnu::always_inline]] static Part<T> none() {
        return {.sum = 0.0, .squares = 0.0};
    }
    template <typename T>
    [[gnu::always_inline]] static void append(Part<T>& part, const std::array<T, 1>& row) {
        part.sum += row[0];
        part.squares += row[0] * row[0];
    }
    template <typename T>
    [[gnu::always_inline]] static void prepend(Part<T>& part, const std::array<T, 1>& row,
                                               double /*rows*/) {
        append(part, row);
    }
    template <typename T>
    [[gnu::always_inline]] static Part<T> join(const Part<T>& end, const Part<T>& begin,
                                               double /*rows*/) {
        return {.sum = end.sum + begin.sum, .squares = end.squares + begin.squares};
    }
};

}  // namespace detail

/// Of the values of a window.
template <typename T>
struct Moments {
    T anchor, sum, squares;  ///< of distances from the anchor
    double share;            ///< of one value
    double sample_share;     ///< of one value of a sample: 1 / (n - 1)

    [[nodiscard, gnu::always_inline]] T mean() const { return anchor + sum * share; }
    /// Of the population: divided by the number of values. Exactly 0 where all are equal.
    [[nodiscard, gnu::always_inline]] T variance() const {
        return larger((squares - sum * sum * share) * share, T{0.0});
    }
    /// Of a sample: divided by one less.
    [[nodiscard, gnu::always_inline]] T sample_variance() const {
        return larger((squares - sum * sum * share) * sample_share, T{0.0});
    }
    [[nodiscard, gnu::always_inline]] T deviation() const { return root(variance()); }
};

/// Mean and variance of a window.
class RollingMoments {
public:
    explicit RollingMoments(std::size_t period)
        : blocks_(period),
          share_(1.0 / static_cast<double>(period)),
          sample_share_(1.0 / (static_cast<double>(period) - 1.0)) {}

    [[nodiscard]] std::size_t period() const { return blocks_.period(); }
    [[nodiscard]] std::size_t lookback() const { return blocks_.lookback(); }
    void add(double value) { blocks_.add({value}); }
    [[nodiscard]] bool is_full() const { return blocks_.is_full(); }
    [[nodiscard]] Moments<double> now() const { return of(blocks_.part(), blocks_.anchor()); }
    [[nodiscard]] double mean() const { return now().mean(); }
    [[nodiscard]] double variance() const { return now().variance(); }
    [[nodiscard]] double deviation() const { return now().deviation(); }

    /// As in TwoBlocks; `figure(moments, value)`.
    template <typename Figure>
    [[gnu::always_inline]] void add_rows(const double* const* in, double* const* out,
                                         std::size_t rows, const Figure& figure) {
        blocks_.add_rows(in, out, rows, [&](const auto& part, const auto& anchor, const auto& row) {
            return figure(of(part, anchor), row[0]);
        });
    }

private:
    template <template <typename> typename Part, typename T>
    [[nodiscard, gnu::always_inline]] Moments<T> of(const Part<T>& part,
                                                    const std::array<T, 1>& anchor) const {
        return {.anchor = anchor[0],
                .sum = part.sum,
                .squares = part.squares,
                .share = share_,
                .sample_share = sample_share_};
    }

    TwoBlocks<detail::MomentsFold> blocks_;
    double share_;         ///< of one value
    double sample_share_;  ///< infinite for a period of 1
};

}  // namespace tradewind::feature
