// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/instrument.hpp"
#include "ports/history.hpp"

namespace tradewind::apps {

/// Markets that are yet to come, for what looks a run's wishes up: each instrument has trades,
/// quotes and a book, and no row of them.
class MarketsAhead final : public ports::History {
public:
    MarketsAhead() = default;
    MarketsAhead(MarketsAhead&& from) noexcept
        : instruments_(std::move(from.instruments_)), series_(std::move(from.series_)) {}

    void add(Instrument instrument);

    [[nodiscard]] std::span<const ports::Series> series() const override { return series_; }
    [[nodiscard]] const Instrument* find_instrument(std::string_view symbol) const override;
    /// There are none.
    [[nodiscard]] std::expected<std::unique_ptr<ports::ChunkReader>, ports::HistoryError> read(
        const ports::SeriesKey& key, Timestamp from, Timestamp to) const override;

private:
    std::map<std::string, Instrument, std::less<>> instruments_;
    std::vector<ports::Series> series_;
};

}  // namespace tradewind::apps
