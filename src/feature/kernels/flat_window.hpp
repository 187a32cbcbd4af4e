// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <vector>

#include "feature/kernels/quad.hpp"

namespace tradewind::feature {

/// A window as it lies in memory, the oldest value first.
class OneWindow {
public:
    using Value = double;

    OneWindow(const double* values, std::size_t period) : values_(values), period_(period) {}

    [[nodiscard]] std::size_t period() const { return period_; }
    [[gnu::always_inline]] double operator[](std::size_t place) const { return values_[place]; }
    /// Of `of(value)` over the first `count` values: every fourth into one of four sums, so that
    /// the processor adds several at once, and the last up to three one by one.
    template <typename Of>
    [[nodiscard, gnu::always_inline]] double sum(std::size_t count, const Of& of) const {
        Quad sums{0.0};
        std::size_t i = 0;
        for (; i + Quad::kCount <= count; i += Quad::kCount) sums += of(Quad::load(values_ + i));
        double sum = (sums.values[0] + sums.values[1]) + (sums.values[2] + sums.values[3]);
        for (; i < count; ++i) sum += of(values_[i]);
        return sum;
    }

private:
    const double* values_;
    std::size_t period_;
};

/// The windows of four rows, one after another; the same bytes in each lane.
class FourWindows {
public:
    using Value = Quad;

    FourWindows(const double* values, std::size_t period) : values_(values), period_(period) {}

    [[nodiscard]] std::size_t period() const { return period_; }
    [[gnu::always_inline]] Quad operator[](std::size_t place) const {
        return Quad::load(values_ + place);
    }
    template <typename Of>
    [[nodiscard, gnu::always_inline]] Quad sum(std::size_t count, const Of& of) const {
        Quad first{0.0}, second{0.0}, third{0.0}, fourth{0.0};
        std::size_t i = 0;
        for (; i + Quad::kCount <= count; i += Quad::kCount) {
            first += of((*this)[i]);
            second += of((*this)[i + 1]);
            third += of((*this)[i + 2]);
            fourth += of((*this)[i + 3]);
        }
        Quad sum = (first + second) + (third + fourth);
        for (; i < count; ++i) sum += of((*this)[i]);
        return sum;
    }

private:
    const double* values_;
    std::size_t period_;
};

/// The last `period` values side by side in memory, for what has to look at each of them.
class FlatWindow {
public:
    explicit FlatWindow(std::size_t period)
        : values_(period + std::max(period, kRoom)), period_(period) {}

    [[nodiscard]] std::size_t period() const { return period_; }
    [[nodiscard]] std::size_t lookback() const { return period_ - 1; }
    void add(double value) {
        if (end_ == values_.size()) make_room();
        values_[end_++] = value;
    }
    [[nodiscard]] bool is_full() const { return end_ >= period_; }
    /// Only once it is full.
    [[nodiscard]] OneWindow now() const { return {values_.data() + end_ - period_, period_}; }

    /// Adds many rows once it is full; `figure(window)` is called with one and with four.
    template <typename Figure>
    [[gnu::always_inline]] void add_rows(const double* in, double* out, std::size_t rows,
                                         const Figure& figure) {
        while (rows > 0) {
            if (end_ == values_.size()) make_room();
            const std::size_t count = std::min(rows, values_.size() - end_);
            std::copy_n(in, count, values_.data() + end_);
            const double* windows = values_.data() + end_ + 1 - period_;
            std::size_t row = 0;
            for (; row + Quad::kCount <= count; row += Quad::kCount) {
                figure(FourWindows{windows + row, period_}).put(out + row, 1);
            }
            for (; row < count; ++row) out[row] = figure(OneWindow{windows + row, period_});
            end_ += count;
            in += count;
            out += count;
            rows -= count;
        }
    }

private:
    static constexpr std::size_t kRoom = 128;

    void make_room() {
        std::copy_n(values_.data() + end_ - (period_ - 1), period_ - 1, values_.data());
        end_ = period_ - 1;
    }

    std::vector<double> values_;
    std::size_t period_;
    std::size_t end_ = 0;
};

}  // namespace tradewind::feature
