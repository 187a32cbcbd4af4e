// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/int128.hpp"
#include "domain/numbers.hpp"

/// The few running values that the built-in strategies stand on.
namespace tradewind::signal {

/// Simple moving average. The window's sum is kept in whole units of 1e-9, so it never drifts,
/// however many values pass.
class Sma {
public:
    explicit Sma(std::size_t period)
        : window_(period), period_(period), length_(static_cast<double>(period)) {}

    void add(Price price) {
        const Price oldest = window_[next_];
        window_[next_] = price;
        if (++next_ == period_) {
            next_ = 0;
            full_ = true;
        }
        // Nearly every sum fits 64 bits, which takes a third of the work.
        std::int64_t change = 0, sum = 0;
        const bool fits = is_narrow_ && !__builtin_sub_overflow(price.raw, oldest.raw, &change) &&
                          !__builtin_add_overflow(narrow_, change, &sum);
        if (!fits) [[unlikely]]
            return add_widely(price, oldest);
        narrow_ = sum;
    }
    [[nodiscard]] bool ready() const { return full_; }
    [[nodiscard]] double value() const { return sum() / 1e9 / length_; }
    /// The period, as the divisor of a mean.
    [[nodiscard]] double length() const { return length_; }
    /// Of the window, in units of 1e-9.
    [[nodiscard]] double sum() const {
        return is_narrow_ ? narrow_sum() : static_cast<double>(wide_);
    }
    /// The sum fits 64 bits.
    [[nodiscard]] bool is_narrow() const { return is_narrow_; }
    /// `sum`, where that is so: one instruction, where that of 128 bits is a call.
    [[nodiscard]] double narrow_sum() const { return static_cast<double>(narrow_); }
    /// The same as `value` from the nearest double of each price, their sum rounded once: what
    /// Python's math.fsum gives for prices from 1e-6 on, and with it backtrader. Differs from
    /// `value` in the last digit. Walks the window.
    [[nodiscard]] double value_of_doubles() const {
        base::Int128 sum = 0;  // in units of 2^-72: 100,000 of the largest prices fit
        for (const Price price : window_)
            sum += static_cast<base::Int128>(to_double(price) * 0x1p72);
        return static_cast<double>(sum) * 0x1p-72 / length_;
    }

private:
    [[gnu::noinline]] void add_widely(Price newest, Price oldest) {
        const base::Int128 before = is_narrow_ ? base::Int128{narrow_} : wide_;
        wide_ = before + base::Int128{newest.raw} - base::Int128{oldest.raw};
        narrow_ = static_cast<std::int64_t>(wide_);
        is_narrow_ = narrow_ == wide_;
    }

    std::vector<Price> window_;
    std::size_t period_;
    double length_;
    std::size_t next_ = 0;
    std::int64_t narrow_ = 0;  ///< the sum, while it fits
    base::Int128 wide_ = 0;    ///< the sum, while it does not
    bool is_narrow_ = true;
    bool full_ = false;
};

/// Exponential moving average with alpha = 2 / (period + 1), started from the mean of the first
/// `period` values.
class Ema {
public:
    explicit Ema(std::size_t period)
        : period_(period), alpha_(2.0 / (static_cast<double>(period) + 1.0)) {}

    void add(double value) {
        if (count_ >= period_) {
            value_ += alpha_ * (value - value_);
            return;
        }
        value_ += value;
        if (++count_ == period_) value_ /= static_cast<double>(period_);
    }
    [[nodiscard]] bool ready() const { return count_ >= period_; }
    [[nodiscard]] double value() const { return value_; }

private:
    std::size_t period_;
    double alpha_;
    std::size_t count_ = 0;
    double value_ = 0.0;
};

/// Relative strength index: J. W. Wilder, "New Concepts in Technical Trading Systems" (1978), p.
/// 63-70. The first averages are means of the first `period` gains and losses, then smoothed by 1 /
/// period.
class Rsi {
public:
    explicit Rsi(std::size_t period) : period_(period) {}

    void add(double price) {
        if (!has_last_) {
            last_ = price;
            has_last_ = true;
            return;
        }
        const double change = price - last_;
        last_ = price;
        const double gain = change > 0.0 ? change : 0.0, loss = change < 0.0 ? -change : 0.0;
        const auto n = static_cast<double>(period_);
        if (count_ < period_) {
            gain_ += gain / n;
            loss_ += loss / n;
            ++count_;
        } else {
            gain_ += (gain - gain_) / n;
            loss_ += (loss - loss_) / n;
        }
    }
    [[nodiscard]] bool ready() const { return count_ >= period_; }
    /// 0 to 100; nullopt where no price moved at all.
    [[nodiscard]] std::optional<double> value() const {
        const double sum = gain_ + loss_;
        if (sum == 0.0) return std::nullopt;
        return 100.0 * gain_ / sum;
    }

private:
    std::size_t period_;
    std::size_t count_ = 0;
    double last_ = 0.0;
    double gain_ = 0.0;
    double loss_ = 0.0;
    bool has_last_ = false;
};

/// Highest and lowest of the last `period` bars: a monotone queue each, O(1) amortised.
class Channel {
public:
    explicit Channel(std::size_t period) : highs_(period), lows_(period), period_(period) {}

    void add(Price high, Price low) {
        highs_.push(high, count_, period_, [](Price a, Price b) { return a <= b; });
        lows_.push(low, count_, period_, [](Price a, Price b) { return a >= b; });
        ++count_;
    }
    [[nodiscard]] bool ready() const { return count_ >= period_; }
    [[nodiscard]] Price highest() const { return highs_.front(); }
    [[nodiscard]] Price lowest() const { return lows_.front(); }

private:
    /// A ring of (value, index) whose values only get worse from front to back.
    class MonotoneQueue {
    public:
        explicit MonotoneQueue(std::size_t capacity) : ring_(capacity) {}

        template <typename Worse>
        void push(Price price, std::uint64_t index, std::size_t period, Worse worse) {
            while (size_ > 0 && worse(at(size_ - 1).price, price)) --size_;
            if (size_ > 0 && at(0).index + period <= index) {
                head_ = (head_ + 1) % ring_.size();
                --size_;
            }
            ring_[(head_ + size_) % ring_.size()] = {price, index};
            ++size_;
        }
        [[nodiscard]] Price front() const { return ring_[head_].price; }

    private:
        struct Entry {
            Price price;
            std::uint64_t index = 0;
        };
        [[nodiscard]] const Entry& at(std::size_t i) const {
            return ring_[(head_ + i) % ring_.size()];
        }

        std::vector<Entry> ring_;
        std::size_t head_ = 0;
        std::size_t size_ = 0;
    };

    MonotoneQueue highs_;
    MonotoneQueue lows_;
    std::size_t period_;
    std::uint64_t count_ = 0;
};

}  // namespace tradewind::signal
