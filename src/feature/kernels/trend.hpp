// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/quad.hpp"
#include "feature/kernels/two_blocks.hpp"

namespace tradewind::feature {

namespace detail {

struct TrendFold {
    static constexpr std::size_t kInputs = 1;
    static constexpr bool kIsAnchored = true;
    template <typename T>
    struct Part {
        T sum, by_age;  ///< `by_age`: the newest row counts 0 times, the one before once
    };

    template <typename T>
    [[gnu::always_inline]] static Part<T> none() {
        return {.sum = 0.0, .by_age = 0.0};
    }
    template <typename T>
    [[gnu::always_inline]] static void append(Part<T>& part, const std::array<T, 1>& row) {
        part.by_age += part.sum;
        part.sum += row[0];
    }
    template <typename T>
    [[gnu::always_inline]] static void prepend(Part<T>& part, const std::array<T, 1>& row,
                                               double rows) {
        part.by_age += row[0] * T{rows};
        part.sum += row[0];
    }
    template <typename T>
    [[gnu::always_inline]] static Part<T> join(const Part<T>& end, const Part<T>& begin,
                                               double rows) {
        return {.sum = end.sum + begin.sum,
                .by_age = end.by_age + end.sum * T{rows} + begin.by_age};
    }
};

/// With squares, which only the share of the variance asks for.
struct TrendAndSquaresFold {
    static constexpr std::size_t kInputs = 1;
    static constexpr bool kIsAnchored = true;
    template <typename T>
    struct Part : TrendFold::Part<T> {
        T squares;
    };

    template <typename T>
    [[gnu::always_inline]] static Part<T> none() {
        return {TrendFold::none<T>(), 0.0};
    }
    template <typename T>
    [[gnu::always_inline]] static void append(Part<T>& part, const std::array<T, 1>& row) {
        TrendFold::append<T>(part, row);
        part.squares += row[0] * row[0];
    }
    template <typename T>
    [[gnu::always_inline]] static void prepend(Part<T>& part, const std::array<T, 1>& row,
                                               double rows) {
        TrendFold::prepend<T>(part, row, rows);
        part.squares += row[0] * row[0];
    }
    template <typename T>
    [[gnu::always_inline]] static Part<T> join(const Part<T>& end, const Part<T>& begin,
                                               double rows) {
        return {TrendFold::join<T>(end, begin, rows), end.squares + begin.squares};
    }
};

}  // namespace detail

/// What lines through a window of values at 1, 2, ..., n have in common.
struct TrendShape {
    double n = 0.0, share = 0.0, age_mean = 0.0, per_xx = 0.0;

    TrendShape() = default;
    explicit TrendShape(std::size_t period)
        : n(static_cast<double>(period)),
          share(1.0 / n),
          age_mean((n - 1.0) / 2.0),
          per_xx(12.0 / (n * (n * n - 1.0))) {}
};

/// The least-squares line through the values of a window.
template <typename T>
struct Trend {
    T anchor, sum, by_age;  ///< of distances from the anchor
    TrendShape shape;

    /// Sum of products of distances from the means.
    [[nodiscard, gnu::always_inline]] T xy() const { return sum * shape.age_mean - by_age; }
    [[nodiscard, gnu::always_inline]] T slope() const { return xy() * shape.per_xx; }
    /// Of the line at the newest value, or some rows after it.
    [[nodiscard, gnu::always_inline]] T end(double after = 0.0) const {
        return anchor + (sum * shape.share + slope() * (shape.age_mean + after));
    }
    /// Of the line at the oldest value.
    [[nodiscard, gnu::always_inline]] T begin() const { return end(1.0 - shape.n); }
    /// The newest value less the line there.
    [[nodiscard, gnu::always_inline]] T residual(const T& newest) const {
        return (newest - anchor) - (sum * shape.share + slope() * shape.age_mean);
    }
};

template <typename T>
struct TrendAndSquares : Trend<T> {
    T squares;

    // Sums of squared distances from the mean: of the values, and of the line at them.
    [[nodiscard, gnu::always_inline]] T varies() const {
        return larger(squares - this->sum * this->sum * this->shape.share, T{0.0});
    }
    [[nodiscard, gnu::always_inline]] T explained() const {
        return this->xy() * this->xy() * this->shape.per_xx;
    }
    /// The share of the variance that the line explains; NaN where nothing varies.
    [[nodiscard, gnu::always_inline]] T r_squared() const {
        const T all = varies();
        return if_above(all, T{0.0}, smaller(explained() / all, T{1.0}), T{kNaN});
    }
};

/// The line through a window.
template <typename Fold, template <typename> typename Line>
class RollingLine {
public:
    explicit RollingLine(std::size_t period) : blocks_(period), shape_(period) {}

    [[nodiscard]] std::size_t lookback() const { return blocks_.lookback(); }
    void add(double value) { blocks_.add({value}); }
    [[nodiscard]] bool is_full() const { return blocks_.is_full(); }
    [[nodiscard]] Line<double> now() const { return of(blocks_.part(), blocks_.anchor()); }

    /// Sum of the squared distances of all values from the line. Where it explains nearly all, they
    /// are added up one by one: O(period).
    [[nodiscard]] double unexplained() const {
        constexpr double kRest = 0x1p-20;
        const Line<double> line = now();
        const double varies = line.varies(), rest = varies - line.explained();
        if (varies == 0.0) return 0.0;
        if (rest > varies * kRest) return rest;
        const double mean = line.sum * shape_.share, rise = line.slope();
        double sum = 0.0, x = shape_.age_mean;  // of the newest, less their mean
        for (std::size_t ago = 0; ago < blocks_.period(); ++ago, x -= 1.0) {
            const double off = (blocks_.back(ago)[0] - line.anchor) - mean - rise * x;
            sum += off * off;
        }
        return sum;
    }

    /// As in TwoBlocks; `figure(line, value)`.
    template <typename Figure>
    [[gnu::always_inline]] void add_rows(const double* const* in, double* const* out,
                                         std::size_t rows, const Figure& figure) {
        blocks_.add_rows(in, out, rows, [&](const auto& part, const auto& anchor, const auto& row) {
            return figure(of(part, anchor), row[0]);
        });
    }

private:
    template <typename Part, typename T>
    [[nodiscard, gnu::always_inline]] Line<T> of(const Part& part,
                                                 const std::array<T, 1>& anchor) const {
        Line<T> out;
        out.anchor = anchor[0];
        out.sum = part.sum;
        out.by_age = part.by_age;
        out.shape = shape_;
        if constexpr (requires { part.squares; }) out.squares = part.squares;
        return out;
    }

    TwoBlocks<Fold> blocks_;
    TrendShape shape_;
};

using RollingTrend = RollingLine<detail::TrendFold, Trend>;
using RollingTrendAndSquares = RollingLine<detail::TrendAndSquaresFold, TrendAndSquares>;

}  // namespace tradewind::feature
