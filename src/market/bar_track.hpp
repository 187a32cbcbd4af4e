// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "domain/event.hpp"

namespace tradewind::market {

/// Columns of one bar series, all of one length: prices and volumes in units of 1e-9, instants in
/// nanoseconds. `open_ts` and `close_ts` are the span of each bar, not its label.
struct BarTrackColumns {
    std::span<const std::int64_t> open_ts{};
    std::span<const std::int64_t> close_ts{};
    std::span<const std::int64_t> open{};
    std::span<const std::int64_t> high{};
    std::span<const std::int64_t> low{};
    std::span<const std::int64_t> close{};
    std::span<const std::int64_t> volume{};
};

/// Rows [first, end).
struct BarRows {
    std::size_t first = 0;
    std::size_t end = 0;

    [[nodiscard]] std::size_t count() const { return end - first; }
};

/// Prices from `low` to `high`, both in; empty where `low` is above.
struct PriceBand {
    Price low{INT64_MIN};
    Price high{INT64_MAX};
};

/// A whole bar series in memory, with the extremes of its parts: what lies over many bars is asked
/// for at the cost of a few. Immutable, so that the runs of a sweep share it; any thread.
class BarTrack {
public:
    /// The columns outlive the track.
    BarTrack(InstrumentId instrument, const BarSpec& spec, const BarTrackColumns& columns);

    [[nodiscard]] std::size_t rows() const { return columns_.close.size(); }
    [[nodiscard]] const BarSpec& spec() const { return spec_; }
    [[nodiscard]] InstrumentId instrument() const { return instrument_; }
    [[nodiscard]] const BarTrackColumns& columns() const { return columns_; }
    [[nodiscard]] Timestamp close_ts(std::size_t row) const { return {columns_.close_ts[row]}; }
    [[nodiscard]] Price close(std::size_t row) const { return {columns_.close[row]}; }
    [[nodiscard]] Bar bar(std::size_t row) const;

    /// The lowest low and the highest high. `rows` is not empty.
    [[nodiscard]] PriceBand range(BarRows rows) const;
    /// The first row whose close lies outside the band; `rows.end` where none does.
    [[nodiscard]] std::size_t first_close_outside(BarRows rows, PriceBand band) const;
    /// The first row that closes later than `ts`; `rows.end` where none does.
    [[nodiscard]] std::size_t first_after(BarRows rows, Timestamp ts) const;

private:
    /// Extremes of so many bars in a row.
    struct Block {
        std::int64_t lowest_low = INT64_MAX;
        std::int64_t highest_high = INT64_MIN;
        std::int64_t lowest_close = INT64_MAX;
        std::int64_t highest_close = INT64_MIN;

        void add(const Block& other);
        [[nodiscard]] bool closes_within(PriceBand band) const {
            return lowest_close >= band.low.raw && highest_close <= band.high.raw;
        }
    };
    static constexpr std::size_t kBlock = 16;
    static constexpr std::size_t kGroup = kBlock * kBlock;

    InstrumentId instrument_;
    BarSpec spec_;
    BarTrackColumns columns_;
    std::vector<Block> blocks_;  ///< whole ones of kBlock bars
    std::vector<Block> groups_;  ///< whole ones of kGroup bars
};

}  // namespace tradewind::market
