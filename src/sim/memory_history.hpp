// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "ports/history.hpp"

namespace tradewind::sim {

/// Recorded series held in vectors: for tests and generated markets. Fill it, then read it.
class MemoryHistory final : public ports::History {
public:
    /// A symbol that is there already gets the new definition.
    void add_instrument(Instrument instrument);
    /// `columns` has at least one row, ts not decreasing, and the columns of the kind; the key
    /// is new.
    void add_series(const ports::SeriesKey& key, ports::Columns columns);

    [[nodiscard]] std::span<const ports::Series> series() const override { return series_; }
    [[nodiscard]] const Instrument* find_instrument(std::string_view symbol) const override;
    [[nodiscard]] std::expected<std::unique_ptr<ports::ChunkReader>, ports::HistoryError> read(
        const ports::SeriesKey& key, Timestamp from, Timestamp to) const override;

private:
    std::map<std::string, Instrument, std::less<>> instruments_;
    std::map<ports::SeriesKey, ports::Columns> columns_;
    std::vector<ports::Series> series_;
};

}  // namespace tradewind::sim
