// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <tuple>
#include <vector>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/quad.hpp"
#include "feature/kernels/two_blocks.hpp"

/// The largest and the smallest of the last `period` values, by van Herk's two blocks (see
/// TwoBlocks): no branch hangs on a value, and a value costs two comparisons, amortised.
namespace tradewind::feature {

struct Largest {
    static constexpr double kNone = -std::numeric_limits<double>::infinity();
    template <typename T>
    [[gnu::always_inline]] static T of(const T& a, const T& b) {
        return larger(a, b);
    }
    /// Whether the extreme goes on from one value to a later one.
    static bool goes_on(double from, double to) { return to >= from; }
};
struct Smallest {
    static constexpr double kNone = std::numeric_limits<double>::infinity();
    template <typename T>
    [[gnu::always_inline]] static T of(const T& a, const T& b) {
        return smaller(a, b);
    }
    static bool goes_on(double from, double to) { return to <= from; }
};

/// Of equal values the earliest.
struct FirstLargest : Largest {
    static bool goes_on(double from, double to) { return to > from; }
};
struct FirstSmallest : Smallest {
    static bool goes_on(double from, double to) { return to < from; }
};

namespace detail {

template <typename Order>
struct ExtremeFold {
    static constexpr std::size_t kInputs = 1;
    static constexpr bool kIsAnchored = false;
    template <typename T>
    struct Part {
        T extreme;
    };

    template <typename T>
    [[gnu::always_inline]] static Part<T> none() {
        return {Order::kNone};
    }
    template <typename T>
    [[gnu::always_inline]] static void append(Part<T>& part, const std::array<T, 1>& row) {
        part.extreme = Order::of(part.extreme, row[0]);
    }
    template <typename T>
    [[gnu::always_inline]] static void prepend(Part<T>& part, const std::array<T, 1>& row,
                                               double /*rows*/) {
        append(part, row);
    }
    template <typename T>
    [[gnu::always_inline]] static Part<T> join(const Part<T>& end, const Part<T>& begin,
                                               double /*rows*/) {
        return {Order::of(begin.extreme, end.extreme)};
    }
};

/// The largest of the first input and the smallest of the last.
template <std::size_t Inputs>
struct RangeFold {
    static constexpr std::size_t kInputs = Inputs;
    static constexpr bool kIsAnchored = false;
    template <typename T>
    struct Part {
        T highest, lowest;
    };

    template <typename T>
    [[gnu::always_inline]] static Part<T> none() {
        return {.highest = Largest::kNone, .lowest = Smallest::kNone};
    }
    template <typename T>
    [[gnu::always_inline]] static void append(Part<T>& part, const std::array<T, Inputs>& row) {
        part = {.highest = larger(part.highest, row.front()),
                .lowest = smaller(part.lowest, row.back())};
    }
    template <typename T>
    [[gnu::always_inline]] static void prepend(Part<T>& part, const std::array<T, Inputs>& row,
                                               double /*rows*/) {
        append(part, row);
    }
    template <typename T>
    [[gnu::always_inline]] static Part<T> join(const Part<T>& end, const Part<T>& begin,
                                               double /*rows*/) {
        return {.highest = larger(begin.highest, end.highest),
                .lowest = smaller(begin.lowest, end.lowest)};
    }
};

}  // namespace detail

template <typename Order>
class RollingExtreme {
public:
    explicit RollingExtreme(std::size_t period) : blocks_(period) {}

    [[nodiscard]] std::size_t lookback() const { return blocks_.lookback(); }
    /// The extreme of the values so far while there are fewer than `period`.
    double add(double value) {
        blocks_.add({value});
        return blocks_.part().extreme;
    }
    [[nodiscard]] bool is_full() const { return blocks_.is_full(); }
    template <bool Warm>
    double next(double value) {
        const double extreme = add(value);
        return Warm || is_full() ? extreme : kNaN;
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        blocks_.add_rows(in, out, rows, [](const auto& part, const auto&... /*anchor and row*/) {
            return part.extreme;
        });
    }

private:
    TwoBlocks<detail::ExtremeFold<Order>> blocks_;
};

using RollingMax = RollingExtreme<Largest>;
using RollingMin = RollingExtreme<Smallest>;

/// The largest of one series and the smallest of another, or of the same, in step.
template <std::size_t Inputs>
class RollingHighLow {
public:
    using Range = typename detail::RangeFold<Inputs>::template Part<double>;

    explicit RollingHighLow(std::size_t period) : blocks_(period) {}

    [[nodiscard]] std::size_t lookback() const { return blocks_.lookback(); }
    template <typename... Values>
    Range add(Values... values) {
        blocks_.add({values...});
        return now();
    }
    [[nodiscard]] Range now() const { return blocks_.part(); }
    [[nodiscard]] bool is_full() const { return blocks_.is_full(); }
    template <bool Warm, typename... Values>
    Range next(Values... values) {
        const Range range = add(values...);
        return Warm || is_full() ? range : Range{.highest = kNaN, .lowest = kNaN};
    }
    /// As in TwoBlocks; `figure(range, newest...)`.
    template <typename Figure>
    [[gnu::always_inline]] void add_rows(const double* const* in, double* const* out,
                                         std::size_t rows, const Figure& figure) {
        blocks_.add_rows(
            in, out, rows, [&](const auto& range, const auto& /*anchor*/, const auto& row) {
                return std::apply([&](const auto&... newest) { return figure(range, newest...); },
                                  row);
            });
    }

private:
    TwoBlocks<detail::RangeFold<Inputs>> blocks_;
};

using RollingRange = RollingHighLow<2>;
using RollingSpan = RollingHighLow<1>;

/// As RollingExtreme, and how many values ago the extreme came: of equal ones the latest, or the
/// earliest where the order says so.
template <typename Order>
class RollingExtremeAge {
public:
    struct Extreme {
        double value;
        std::size_t age;
    };

    explicit RollingExtremeAge(std::size_t period)
        : ends_(period, End{.value = Order::kNone, .place = 0}), period_(period) {}

    [[nodiscard]] std::size_t lookback() const { return period_ - 1; }
    Extreme add(double value) {
        const std::size_t now = next_;
        ends_[now] = {.value = value, .place = now};
        const bool is_new = Order::goes_on(begin_.value, value);
        begin_ = {.value = is_new ? value : begin_.value, .place = is_new ? now : begin_.place};
        if (++next_ == period_) return turn();
        const End end = ends_[next_];
        const bool is_end = !Order::goes_on(end.value, begin_.value);
        return {.value = is_end ? end.value : begin_.value,
                .age = now + (is_end ? period_ - end.place : 0 - begin_.place)};
    }
    [[nodiscard]] bool is_full() const { return is_full_; }

private:
    struct End {
        double value;
        std::size_t place;  ///< in its block
    };

    [[gnu::always_inline]] Extreme turn() {
        End end{.value = Order::kNone, .place = 0};
        for (std::size_t i = period_; i-- > 0;) {
            const bool beats = !Order::goes_on(ends_[i].value, end.value);
            end = {.value = beats ? ends_[i].value : end.value, .place = beats ? i : end.place};
            ends_[i] = end;
        }
        next_ = 0;
        begin_ = {.value = Order::kNone, .place = 0};
        is_full_ = true;
        return {.value = end.value, .age = period_ - 1 - end.place};
    }

    std::vector<End> ends_;
    End begin_{.value = Order::kNone, .place = 0};
    std::size_t period_;
    std::size_t next_ = 0;
    bool is_full_ = false;
};

}  // namespace tradewind::feature
