// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "feature/kernel_indicator.hpp"

/// What candlestick patterns are made of: a history of bars, and candles that are held against the
/// average of those before them.
///
/// The averages are TA-Lib's candle settings: ranges of the ten or five bars before the candle.
/// They are added up anew for each bar, so no rounding is older than its window. TA-Lib keeps a
/// running sum. The two are equal to the bit as long as the ranges of a window make less than its
/// lowest price: each price is then a multiple of that price's last place, so are the ranges and
/// their sums, none has more than 53 bits, and no order of additions rounds. Beyond that, TA-Lib's
/// sum keeps what it once rounded, and ours does not.
namespace tradewind::feature {

/// Some rows in a row, one a lane.
using Lanes [[gnu::vector_size(16)]] = double;
inline constexpr std::size_t kLanes = sizeof(Lanes) / sizeof(double);

enum class Column : std::uint8_t {
    open,
    high,
    low,
    close,
    // Of this bar.
    top,
    bottom,
    body,
    range,
    shadows,
    // Of the ten bars before it; the last of the five.
    average_body,
    average_range,
    average_shadows,
    average_range_of_five,
};
inline constexpr std::size_t kColumns = 13;
inline constexpr std::size_t kPrices = 4;

/// What a pattern reads.
struct CandleNeeds {
    std::array<bool, kColumns> columns{};
    std::size_t bars = 0;   ///< before its own
    std::size_t reach = 0;  ///< the same, with those that went into averages

    constexpr void add(Column column, std::size_t ago) {
        columns[static_cast<std::size_t>(column)] = true;
        columns[static_cast<std::size_t>(averaged(column))] = true;
        bars = std::max(bars, ago);
        reach = std::max(reach, ago + period(column));
    }
    constexpr void add(const CandleNeeds& other) {
        for (std::size_t i = 0; i < kColumns; ++i) columns[i] = columns[i] || other.columns[i];
    }
    [[nodiscard]] constexpr bool has(Column column) const {
        return columns[static_cast<std::size_t>(column)];
    }
    /// TA-Lib's warm-up: the bars before, and the longest average whatever candle it is of.
    [[nodiscard]] constexpr std::size_t lookback() const {
        std::size_t longest = 0;
        for (std::size_t i = 0; i < kColumns; ++i) {
            if (columns[i]) longest = std::max(longest, period(static_cast<Column>(i)));
        }
        return bars + longest;
    }
    /// What an average is of; a column that is none, itself.
    static constexpr Column averaged(Column column) {
        switch (column) {
            case Column::average_body: return Column::body;
            case Column::average_range:
            case Column::average_range_of_five: return Column::range;
            case Column::average_shadows: return Column::shadows;
            case Column::open:
            case Column::high:
            case Column::low:
            case Column::close:
            case Column::top:
            case Column::bottom:
            case Column::body:
            case Column::range:
            case Column::shadows: break;
        }
        return column;
    }
    static constexpr std::size_t period(Column column) {
        if (column < Column::average_body) return 0;
        return column == Column::average_range_of_five ? 5 : 10;
    }
};

/// The last bars of a stream, a column each price, and what is computed of them.
class CandleHistory {
public:
    /// Few enough for all columns to stay in the nearest cache.
    static constexpr std::size_t kBlock = 64;

    /// Computes no columns but those needed.
    explicit CandleHistory(const CandleNeeds& needs) : needs_(needs) {}

    /// Takes rows [from, end) of columns of open, high, low and close, kBlock at most. The columns
    /// have `rows` rows and stay where they are until all of them have been taken.
    void take(std::span<const double* const> in, std::size_t from, std::size_t end,
              std::size_t rows) {
        if (end_ + (end - from) > kTail + kBlock) keep_tail();
        first_ = end_;
        end_ += end - from;
        // Lanes after the last row are read too. The last rows of the columns are always copied.
        const bool was_in_place =
            std::exchange(is_in_place_, from >= kTail && end + kLanes <= rows);
        for (std::size_t i = 0; i < kPrices; ++i) {
            double* here = columns_[i].data() + first_;
            prices_[i] = is_in_place_ ? in[i] + from : here;
            if (is_in_place_) continue;
            if (was_in_place) std::copy_n(in[i] + from - kTail, kTail, here - kTail);
            if (end - from == 1) {
                *here = in[i][from];
            } else {
                std::copy_n(in[i] + from, end - from, here);
            }
        }
        if (detail::kHasWideArithmetic) {
            measure_wide();
        } else {
            measure_plain();
        }
    }
    /// Of the rows taken last, those from `row` on, and of the bars `ago` before them.
    [[nodiscard, gnu::always_inline]] Lanes get(Column column, std::size_t row,
                                                std::size_t ago) const {
        const auto place = static_cast<std::size_t>(column);
        const double* start = place < kPrices ? prices_[place] : columns_[place].data() + first_;
        Lanes out;
        std::memcpy(&out, start + row - ago, sizeof out);
        return out;
    }

private:
    static constexpr std::size_t kTail = 16;  ///< no pattern reaches further back

    void keep_tail() {
        for (std::size_t i = is_in_place_ ? kPrices : 0; i < kColumns; ++i) {
            if (i >= kPrices && !needs_.columns[i]) continue;
            std::copy_n(columns_[i].data() + end_ - kTail, kTail, columns_[i].data());
        }
        end_ = kTail;
    }
    /// Of the first row taken last.
    [[nodiscard, gnu::always_inline]] double* column(Column column) {
        return columns_[static_cast<std::size_t>(column)].data() + first_;
    }
    /// Fills a column for the rows taken last. Plain loops over columns that do not overlap: the
    /// compiler makes of them what the processor has.
    [[gnu::always_inline]] void fill(Column to, auto of) {
        if (!needs_.has(to)) return;
        double* __restrict out = column(to);
        for (std::size_t row = 0; row < end_ - first_; ++row) out[row] = of(row);
    }
    /// Over the bars before a row, the oldest first, as TA-Lib begins.
    template <Column To>
    [[gnu::always_inline]] void average() {
        constexpr std::size_t kPeriod = CandleNeeds::period(To);
        const double* of = column(CandleNeeds::averaged(To));
        fill(To, [of](std::size_t row) {
            const double* oldest = of + row - kPeriod;
            double sum = oldest[0];
            for (std::size_t i = 1; i < kPeriod; ++i) sum += oldest[i];
            return sum / static_cast<double>(kPeriod);
        });
    }
    [[gnu::always_inline]] void measure_all() {
        const auto [open, high, low, close] = prices_;
        fill(Column::top, [=](std::size_t row) { return larger(open[row], close[row]); });
        fill(Column::bottom, [=](std::size_t row) { return smaller(open[row], close[row]); });
        fill(Column::body, [=](std::size_t row) {
            return larger(open[row], close[row]) - smaller(open[row], close[row]);
        });
        fill(Column::range, [=](std::size_t row) { return high[row] - low[row]; });
        fill(Column::shadows, [=](std::size_t row) {
            return (high[row] - larger(open[row], close[row])) +
                   (smaller(open[row], close[row]) - low[row]);
        });
        average<Column::average_body>();
        average<Column::average_range>();
        average<Column::average_shadows>();
        average<Column::average_range_of_five>();
    }
    [[gnu::flatten]] void measure_plain() { measure_all(); }
    TRADEWIND_WIDE_ARITHMETIC [[gnu::flatten]] void measure_wide() { measure_all(); }

    CandleNeeds needs_;
    std::size_t first_ = kTail;  ///< of the rows taken last
    std::size_t end_ = kTail;
    bool is_in_place_ = false;  ///< the prices of the rows taken last were not copied
    std::array<const double*, kPrices> prices_{};
    std::array<std::array<double, kTail + kBlock + kLanes>, kColumns> columns_{};
};

/// Rows of a history as patterns see them.
struct CandleRows {
    using Value = Lanes;
    const CandleHistory* history;
    std::size_t row;

    [[nodiscard, gnu::always_inline]] Lanes get(Column column, std::size_t ago) const {
        return history->get(column, row, ago);
    }
};

/// Finds out, when the program is compiled, what a pattern needs.
struct CandleProbe {
    using Value = double;
    CandleNeeds* needs;

    [[nodiscard]] constexpr double get(Column column, std::size_t ago) const {
        needs->add(column, ago);
        return 1.0;
    }
};

/// A bar, and what traders say of it. Upside down, highs are lows and white is black: what holds of
/// a bullish pattern there holds of the bearish one.
template <typename Source>
struct Candle {
    using Value = typename Source::Value;
    using Truth = decltype(Value{} < Value{});

    constexpr Candle(const Source& from, std::size_t bars_ago, bool upside_down)
        : source(from),
          ago(bars_ago),
          flipped(upside_down),
          open(flipped ? -get(Column::open) : get(Column::open)),
          high(flipped ? -get(Column::low) : get(Column::high)),
          low(flipped ? -get(Column::high) : get(Column::low)),
          close(flipped ? -get(Column::close) : get(Column::close)),
          white(flipped ? get(Column::close) < get(Column::open)
                        : get(Column::close) >= get(Column::open)),
          black(flipped ? get(Column::close) >= get(Column::open)
                        : get(Column::close) < get(Column::open)) {}

    [[nodiscard]] constexpr Value top() const {
        return flipped ? -get(Column::bottom) : get(Column::top);
    }
    [[nodiscard]] constexpr Value bottom() const {
        return flipped ? -get(Column::top) : get(Column::bottom);
    }
    [[nodiscard]] constexpr Value body() const { return get(Column::body); }
    [[nodiscard]] constexpr Value range() const { return high - low; }
    [[nodiscard]] constexpr Value upper_shadow() const { return high - top(); }
    [[nodiscard]] constexpr Value lower_shadow() const { return bottom() - low; }

    /// TA-Lib's BodyLong and BodyShort are one number.
    [[nodiscard]] constexpr Truth is_long() const { return body() > get(Column::average_body); }
    [[nodiscard]] constexpr Truth is_short() const { return body() < get(Column::average_body); }
    [[nodiscard]] constexpr Truth is_not_long() const {
        return body() <= get(Column::average_body);
    }
    /// BodyDoji and ShadowVeryShort.
    [[nodiscard]] constexpr Value tiny() const { return 0.1 * get(Column::average_range); }
    [[nodiscard]] constexpr Truth is_doji() const { return body() <= tiny(); }
    /// Without an upper shadow, or nearly.
    [[nodiscard]] constexpr Truth is_shaven_head() const { return upper_shadow() < tiny(); }
    [[nodiscard]] constexpr Truth is_shaven_bottom() const { return lower_shadow() < tiny(); }
    [[nodiscard]] constexpr Truth is_marubozu() const {
        return is_long() & is_shaven_head() & is_shaven_bottom();
    }
    [[nodiscard]] constexpr Value short_shadow() const {
        return get(Column::average_shadows) / 2.0;
    }
    [[nodiscard]] constexpr Value near() const { return 0.2 * get(Column::average_range_of_five); }
    [[nodiscard]] constexpr Value far() const { return 0.6 * get(Column::average_range_of_five); }
    [[nodiscard]] constexpr Value equal() const {
        return 0.05 * get(Column::average_range_of_five);
    }

    [[nodiscard, gnu::always_inline]] constexpr Value get(Column column) const {
        return source.get(column, ago);
    }

    Source source;
    std::size_t ago;
    bool flipped;
    Value open, high, low, close;
    Truth white, black;
};

/// The bars up to one: `bar(0)` is that one, `bar(1)` the one before.
template <typename Source>
struct Candles {
    using Value = typename Source::Value;
    using Truth = typename Candle<Source>::Truth;

    Source source;
    double penetration = 0.0;  ///< into a body, as a part of it
    std::size_t ago = 0;
    bool flipped = false;

    [[nodiscard]] constexpr Candle<Source> operator()(std::size_t bars_ago) const {
        return {source, ago + bars_ago, flipped};
    }
    [[nodiscard]] constexpr Candles before(std::size_t bars) const {
        return {source, penetration, ago + bars, flipped};
    }
    [[nodiscard]] constexpr Candles upside_down() const {
        return {source, penetration, ago, !flipped};
    }
};

}  // namespace tradewind::feature
