// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/quad.hpp"

namespace tradewind::feature {

/// What the last `period` rows come to, put together of two parts as in van Herk's extremes: rows
/// come in blocks of `period`, and a window is the end of the block before and the beginning of
/// this one. What each end comes to is reckoned once a block is full, the beginning grows row by
/// row. Nothing is ever taken away again: no error is older than the window, and a row costs two
/// steps, amortised.
///
/// Rows are reckoned from an anchor, the last row of the block before (of this one once it is
/// full). It is a row of the window itself: sums of squares of distances from it lose nothing that
/// matters to how large it is, and are exactly 0 where all rows are equal.
///
/// A fold says what is reckoned, for doubles and for Quads:
///
///     static constexpr std::size_t kInputs;
///     template <typename T> struct Part;                      // of some rows in a row
///     static Part<T> none<T>();                               // of none
///     static void append(Part<T>&, const std::array<T, kInputs>& row);
///     static void prepend(Part<T>&, const std::array<T, kInputs>& row, double rows);
///     static Part<T> join(const Part<T>& end, const Part<T>& begin, double rows);
///
/// `row` is a row's distance from the anchor where `kIsAnchored`; `rows` how many the part has, in
/// `join` that of the beginning.
template <typename Fold>
class TwoBlocks {
public:
    static constexpr std::size_t kInputs = Fold::kInputs;
    template <typename T>
    using Part = typename Fold::template Part<T>;
    template <typename T>
    using Row = std::array<T, kInputs>;

    explicit TwoBlocks(std::size_t period)
        : rows_(period), ends_(period, none()), period_(period) {}

    [[nodiscard]] std::size_t period() const { return period_; }
    [[nodiscard]] std::size_t lookback() const { return period_ - 1; }
    [[nodiscard]] bool is_full() const { return is_full_; }
    void add(const Row<double>& row) {
        rows_[next_] = row;
        Fold::append(begin_, distance(row, anchor_));
        if (++next_ == period_) turn();
    }
    /// Of the rows so far while there are fewer than `period`.
    [[nodiscard]] Part<double> part() const {
        return Fold::join(ends_[next_], begin_, static_cast<double>(next_));
    }
    [[nodiscard]] const Row<double>& anchor() const { return anchor_; }
    /// Of the window once it is full, in no order.
    [[nodiscard]] const std::vector<Row<double>>& rows() const { return rows_; }
    /// The row that came `ago` rows before the newest; ago < period.
    [[nodiscard]] const Row<double>& back(std::size_t ago) const {
        const std::size_t newest = next_ == 0 ? period_ - 1 : next_ - 1;
        return rows_[newest >= ago ? newest - ago : newest + period_ - ago];
    }

    /// Adds many rows once it is full. `figure(part, anchor, row)` makes of each what goes to
    /// `out`, a value or an array of them; it is called with doubles and with Quads.
    template <typename Figure>
    [[gnu::always_inline]] void add_rows(const double* const* in, double* const* out,
                                         std::size_t rows, const Figure& figure) {
        std::size_t at = 0;
        const auto add_until = [&](std::size_t end) {
            for (; at < end; ++at) {
                const Row<double> row = row_of<double>(in, at);
                add(row);
                put(figure(part(), anchor_, row), out, at);
            }
        };
        if (period_ <= kLongest && rows >= (2 + Quad::kCount) * period_) {
            add_until(2 * period_ - next_);  // a whole block at least
            at = add_blocks(in, out, at, rows, figure);
        }
        add_until(rows);
    }

private:
    /// Of a block that is taken beside others.
    static constexpr std::size_t kLongest = 128;

    [[gnu::always_inline]] static Part<double> none() { return Fold::template none<double>(); }
    template <typename T>
    [[gnu::always_inline]] static Row<T> distance(const Row<T>& row, const Row<T>& anchor) {
        if constexpr (!Fold::kIsAnchored) return row;
        Row<T> out;
        for (std::size_t i = 0; i < kInputs; ++i) out[i] = row[i] - anchor[i];
        return out;
    }
    template <typename T>
    [[gnu::always_inline]] static Row<T> row_of(const double* const* in, std::size_t at) {
        Row<T> out;
        for (std::size_t i = 0; i < kInputs; ++i) out[i] = in[i][at];
        return out;
    }
    [[gnu::always_inline]] static void put(double value, double* const* out, std::size_t at) {
        out[0][at] = value;
    }
    template <std::size_t Outputs>
    [[gnu::always_inline]] static void put(const std::array<double, Outputs>& values,
                                           double* const* out, std::size_t at) {
        for (std::size_t i = 0; i < Outputs; ++i) out[i][at] = values[i];
    }
    [[gnu::always_inline]] void put_four(const Quad& value, double* const* out,
                                         std::size_t at) const {
        value.put(out[0] + at, period_);
    }
    template <std::size_t Outputs>
    [[gnu::always_inline]] void put_four(const std::array<Quad, Outputs>& values,
                                         double* const* out, std::size_t at) const {
        for (std::size_t i = 0; i < Outputs; ++i) values[i].put(out[i] + at, period_);
    }
    /// Blocks side by side, a lane each, from a row on with which one begins; the block before lies
    /// before it. Gives back where it stopped.
    template <typename Figure>
    [[gnu::always_inline]] std::size_t add_blocks(const double* const* in, double* const* out,
                                                  std::size_t at, std::size_t rows,
                                                  const Figure& figure) {
        const std::size_t taken = Quad::kCount * period_, first = at;
        const auto four_of = [&](std::size_t from) {
            Row<Quad> row;
            for (std::size_t i = 0; i < kInputs; ++i) row[i] = Quad{in[i] + from, period_};
            return row;
        };
        for (; at + taken <= rows; at += taken) {
            std::array<Part<Quad>, kLongest> ends;  // NOLINT(*-member-init): written before read
            const Row<Quad> anchor = four_of(at - 1);
            Part<Quad> end = Fold::template none<Quad>();
            double count = 0.0;
            for (std::size_t i = period_; i-- > 0; count += 1.0) {
                Fold::prepend(end, distance(four_of(at - period_ + i), anchor), count);
                ends[i] = end;
            }
            Part<Quad> begin = Fold::template none<Quad>();
            // The last rows of the blocks before; that of the first is written once more.
            put_four(figure(Fold::join(end, begin, 0.0), anchor, anchor), out, at - 1);
            count = 0.0;
            for (std::size_t i = 0; i + 1 < period_; ++i) {
                const Row<Quad> row = four_of(at + i);
                Fold::append(begin, distance(row, anchor));
                count += 1.0;
                put_four(figure(Fold::join(ends[i + 1], begin, count), anchor, row), out, at + i);
            }
        }
        if (at > first) {
            for (std::size_t i = 0; i < period_; ++i) {
                rows_[i] = row_of<double>(in, at - period_ + i);
            }
            turn();
            put(figure(part(), anchor_, anchor_), out, at - 1);
        }
        return at;
    }
    [[gnu::always_inline]] void turn() {
        anchor_ = rows_.back();
        Part<double> end = none();
        double count = 0.0;
        for (std::size_t i = period_; i-- > 0;) {
            Fold::prepend(end, distance(rows_[i], anchor_), count);
            ends_[i] = end;
            count += 1.0;
        }
        begin_ = none();
        next_ = 0;
        is_full_ = true;
    }

    std::vector<Row<double>> rows_;  ///< of this block, then what is left of that before
    /// What the block before comes to from each row on.
    std::vector<Part<double>> ends_;
    Part<double> begin_ = none();
    Row<double> anchor_{};
    std::size_t period_;
    std::size_t next_ = 0;
    bool is_full_ = false;
};

}  // namespace tradewind::feature
