// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "feature/kernel_indicator.hpp"

/// The largest and the smallest of the last `period` values, by van Herk's two blocks: values come
/// in blocks of `period`, and a window is the end of the block before and the beginning of this
/// one. The extreme of each end is known once a block is full, that of the beginning grows with it:
/// no branch hangs on a value, and a value costs two comparisons, amortised.
namespace tradewind::feature {

struct Largest {
    static constexpr double kNone = -std::numeric_limits<double>::infinity();
    static double of(double a, double b) { return larger(a, b); }
    /// Whether the extreme goes on from one value to a later one.
    static bool goes_on(double from, double to) { return to >= from; }
};
struct Smallest {
    static constexpr double kNone = std::numeric_limits<double>::infinity();
    static double of(double a, double b) { return smaller(a, b); }
    static bool goes_on(double from, double to) { return to <= from; }
};

/// Of equal values the earliest.
struct FirstLargest : Largest {
    static bool goes_on(double from, double to) { return to > from; }
};
struct FirstSmallest : Smallest {
    static bool goes_on(double from, double to) { return to < from; }
};

template <typename Order>
class RollingExtreme {
public:
    explicit RollingExtreme(std::size_t period) : ends_(period, Order::kNone), period_(period) {}

    [[nodiscard]] std::size_t lookback() const { return period_ - 1; }
    /// The extreme of the values so far while there are fewer than `period`.
    double add(double value) {
        ends_[next_] = value;
        begin_ = Order::of(begin_, value);
        if (++next_ == period_) return turn();
        return Order::of(begin_, ends_[next_]);
    }
    [[nodiscard]] bool is_full() const { return is_full_; }
    template <bool Warm>
    double next(double value) {
        const double extreme = add(value);
        return Warm || is_full_ ? extreme : kNaN;
    }

private:
    /// The block is full: its values become the extremes from each to the last.
    [[gnu::always_inline]] double turn() {
        double end = Order::kNone;
        for (std::size_t i = period_; i-- > 0;) {
            end = Order::of(end, ends_[i]);
            ends_[i] = end;
        }
        next_ = 0;
        begin_ = Order::kNone;
        is_full_ = true;
        return end;
    }

    /// Before `next_` values of this block, from there on extremes of the block before.
    std::vector<double> ends_;
    double begin_ = Order::kNone;
    std::size_t period_;
    std::size_t next_ = 0;
    bool is_full_ = false;
};

using RollingMax = RollingExtreme<Largest>;
using RollingMin = RollingExtreme<Smallest>;

/// The largest of one series and the smallest of another in step.
class RollingRange {
public:
    struct Range {
        double highest, lowest;
    };

    explicit RollingRange(std::size_t period) : ends_(period, kNone), period_(period) {}

    [[nodiscard]] std::size_t lookback() const { return period_ - 1; }
    Range add(double high, double low) {
        ends_[next_] = {.highest = high, .lowest = low};
        begin_ = wider(begin_, ends_[next_]);
        if (++next_ == period_) return turn();
        return wider(begin_, ends_[next_]);
    }
    [[nodiscard]] bool is_full() const { return is_full_; }
    template <bool Warm>
    Range next(double high, double low) {
        const Range range = add(high, low);
        return Warm || is_full_ ? range : Range{.highest = kNaN, .lowest = kNaN};
    }

private:
    static constexpr Range kNone{.highest = Largest::kNone, .lowest = Smallest::kNone};

    static Range wider(Range a, Range b) {
        return {.highest = larger(a.highest, b.highest), .lowest = smaller(a.lowest, b.lowest)};
    }
    [[gnu::always_inline]] Range turn() {
        Range end = kNone;
        for (std::size_t i = period_; i-- > 0;) ends_[i] = end = wider(end, ends_[i]);
        next_ = 0;
        begin_ = kNone;
        is_full_ = true;
        return end;
    }

    std::vector<Range> ends_;  ///< as in RollingExtreme
    Range begin_ = kNone;
    std::size_t period_;
    std::size_t next_ = 0;
    bool is_full_ = false;
};

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
