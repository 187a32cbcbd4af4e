// SPDX-License-Identifier: Apache-2.0
#include "market/bar_track.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace tradewind::market {

void BarTrack::Block::add(const Block& other) {
    lowest_low = std::min(lowest_low, other.lowest_low);
    highest_high = std::max(highest_high, other.highest_high);
    lowest_close = std::min(lowest_close, other.lowest_close);
    highest_close = std::max(highest_close, other.highest_close);
}

BarTrack::BarTrack(InstrumentId instrument, const BarSpec& spec, const BarTrackColumns& columns)
    : instrument_(instrument),
      spec_(spec),
      columns_(columns),
      blocks_(columns.close.size() / kBlock),
      groups_(columns.close.size() / kGroup) {
    for (const auto& column : {columns.open_ts, columns.close_ts, columns.open, columns.high,
                               columns.low, columns.volume}) {
        ASSERT(column.size() == rows());
    }
    for (std::size_t row = 0; row < blocks_.size() * kBlock; ++row) {
        blocks_[row / kBlock].add({.lowest_low = columns.low[row],
                                   .highest_high = columns.high[row],
                                   .lowest_close = columns.close[row],
                                   .highest_close = columns.close[row]});
    }
    for (std::size_t i = 0; i < groups_.size() * kBlock; ++i) groups_[i / kBlock].add(blocks_[i]);
}

Bar BarTrack::bar(std::size_t row) const {
    return {.instrument = instrument_,
            .spec = spec_,
            .open_ts = {columns_.open_ts[row]},
            .open = {columns_.open[row]},
            .high = {columns_.high[row]},
            .low = {columns_.low[row]},
            .close = {columns_.close[row]},
            .volume = {columns_.volume[row]}};
}

PriceBand BarTrack::range(BarRows rows) const {
    ASSERT(rows.first < rows.end && rows.end <= this->rows());
    std::int64_t low = INT64_MAX, high = INT64_MIN;
    const auto take = [&](std::int64_t lowest, std::int64_t highest) {
        low = std::min(low, lowest);
        high = std::max(high, highest);
    };
    for (std::size_t row = rows.first; row < rows.end;) {
        if (row % kGroup == 0 && row + kGroup <= rows.end) {
            take(groups_[row / kGroup].lowest_low, groups_[row / kGroup].highest_high);
            row += kGroup;
        } else if (row % kBlock == 0 && row + kBlock <= rows.end) {
            take(blocks_[row / kBlock].lowest_low, blocks_[row / kBlock].highest_high);
            row += kBlock;
        } else {
            take(columns_.low[row], columns_.high[row]);
            ++row;
        }
    }
    return {.low = {low}, .high = {high}};
}

std::size_t BarTrack::first_close_outside(BarRows rows, PriceBand band) const {
    for (std::size_t row = rows.first; row < rows.end;) {
        const bool is_block = row % kBlock == 0 && row + kBlock <= rows.end;
        if (is_block && blocks_[row / kBlock].closes_within(band)) {
            const bool is_group = row % kGroup == 0 && row + kGroup <= rows.end;
            row += is_group && groups_[row / kGroup].closes_within(band) ? kGroup : kBlock;
            continue;
        }
        const std::int64_t close = columns_.close[row];
        if (close < band.low.raw || close > band.high.raw) return row;
        ++row;
    }
    return rows.end;
}

std::size_t BarTrack::first_after(BarRows rows, Timestamp ts) const {
    const auto begin = columns_.close_ts.begin();
    const auto found = std::upper_bound(begin + static_cast<std::ptrdiff_t>(rows.first),
                                        begin + static_cast<std::ptrdiff_t>(rows.end), ts.ns);
    return static_cast<std::size_t>(found - begin);
}

}  // namespace tradewind::market
