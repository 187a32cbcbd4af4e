// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/quad.hpp"
#include "feature/kernels/two_blocks.hpp"

namespace tradewind::feature {

namespace detail {

struct ComomentsFold {
    static constexpr std::size_t kInputs = 2;
    static constexpr bool kIsAnchored = true;
    template <typename T>
    struct Part {
        T x, y, xx, yy, xy;
    };

    template <typename T>
    [[gnu::always_inline]] static Part<T> none() {
        return {.x = 0.0, .y = 0.0, .xx = 0.0, .yy = 0.0, .xy = 0.0};
    }
    template <typename T>
    [[gnu::always_inline]] static void append(Part<T>& part, const std::array<T, 2>& row) {
        part.x += row[0];
        part.y += row[1];
        part.xx += row[0] * row[0];
        part.yy += row[1] * row[1];
        part.xy += row[0] * row[1];
    }
    template <typename T>
    [[gnu::always_inline]] static void prepend(Part<T>& part, const std::array<T, 2>& row,
                                               double /*rows*/) {
        append(part, row);
    }
    template <typename T>
    [[gnu::always_inline]] static Part<T> join(const Part<T>& end, const Part<T>& begin,
                                               double /*rows*/) {
        return {.x = end.x + begin.x,
                .y = end.y + begin.y,
                .xx = end.xx + begin.xx,
                .yy = end.yy + begin.yy,
                .xy = end.xy + begin.xy};
    }
};

}  // namespace detail

/// Of the pairs of a window.
template <typename T>
struct Comoments {
    T xx, yy, xy;  ///< sums of products of distances from the means; exactly 0 where all are equal
    T x_rise, y_rise;  ///< of the means above the anchors
    T x_anchor, y_anchor;
    double share;  ///< of one pair

    [[gnu::always_inline]] Comoments(const detail::ComomentsFold::Part<T>& part,
                                     const std::array<T, 2>& anchor, double share_of_one)
        : xx(larger(part.xx - part.x * part.x * share_of_one, T{0.0})),
          yy(larger(part.yy - part.y * part.y * share_of_one, T{0.0})),
          xy(part.xy - part.x * part.y * share_of_one),
          x_rise(part.x * share_of_one),
          y_rise(part.y * share_of_one),
          x_anchor(anchor[0]),
          y_anchor(anchor[1]),
          share(share_of_one) {}

    [[nodiscard, gnu::always_inline]] T x_mean() const { return x_anchor + x_rise; }
    [[nodiscard, gnu::always_inline]] T y_mean() const { return y_anchor + y_rise; }
    [[nodiscard, gnu::always_inline]] T sample_covariance() const {
        return xy * (share / (1.0 - share));
    }
    /// `otherwise` where one of the two does not vary.
    [[nodiscard, gnu::always_inline]] T correlation(double otherwise) const {
        const T found = smaller(larger(xy / root(xx * yy), T{-1.0}), T{1.0});
        return if_above(smaller(xx, yy), T{0.0}, found, T{otherwise});
    }
    /// Of the line of y over x.
    [[nodiscard, gnu::always_inline]] T slope(double otherwise) const {
        return if_above(xx, T{0.0}, xy / xx, T{otherwise});
    }
};

/// How two series vary together in a window.
class RollingComoments {
public:
    explicit RollingComoments(std::size_t period)
        : blocks_(period), share_(1.0 / static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return blocks_.lookback(); }
    void add(double x, double y) { blocks_.add({x, y}); }
    [[nodiscard]] bool is_full() const { return blocks_.is_full(); }
    [[nodiscard]] Comoments<double> now() const {
        return {blocks_.part(), blocks_.anchor(), share_};
    }
    /// Sum of the squared distances of y from the line over x. Where it explains nearly all, they
    /// are added up one by one: O(period).
    [[nodiscard]] double unexplained() const {
        constexpr double kRest = 0x1p-20;
        const Comoments<double> window = now();
        const double rise = window.slope(kNaN), rest = window.yy - rise * window.xy;
        if (window.yy == 0.0 && window.xx > 0.0) return 0.0;
        if (rest > window.yy * kRest) return rest;
        double sum = 0.0;
        for (const auto& [x, y] : blocks_.rows()) {
            const double off = (y - window.y_mean()) - rise * (x - window.x_mean());
            sum += off * off;
        }
        return sum;
    }

    /// As in TwoBlocks; `figure(comoments, x, y)`.
    template <typename Figure>
    [[gnu::always_inline]] void add_rows(const double* const* in, double* const* out,
                                         std::size_t rows, const Figure& figure) {
        const double share = share_;
        blocks_.add_rows(
            in, out, rows,
            [&]<typename T>(const detail::ComomentsFold::Part<T>& part,
                            const std::array<T, 2>& anchor, const std::array<T, 2>& row) {
                return figure(Comoments<T>{part, anchor, share}, row[0], row[1]);
            });
    }

private:
    TwoBlocks<detail::ComomentsFold> blocks_;
    double share_;  ///< of one pair
};

}  // namespace tradewind::feature
