// SPDX-License-Identifier: Apache-2.0
#include "sim/memory_history.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace tradewind::sim {
namespace {

using ports::Chunk;

/// All rows in one chunk.
class OneChunk final : public ports::ChunkReader {
public:
    explicit OneChunk(const Chunk& chunk) : chunk_(chunk) {}

    std::expected<std::optional<Chunk>, ports::HistoryError> next() override {
        if (chunk_.rows == 0) return std::nullopt;
        const Chunk out = chunk_;
        chunk_.rows = 0;
        return out;
    }

private:
    Chunk chunk_;
};

}  // namespace

void MemoryHistory::add_instrument(Instrument instrument) {
    std::string symbol = instrument.symbol;
    instruments_.insert_or_assign(std::move(symbol), std::move(instrument));
}

void MemoryHistory::add_series(const ports::SeriesKey& key, ports::Columns columns) {
    const Chunk chunk = columns.view();
    ASSERT(chunk.rows > 0);
    ASSERT(columns.columns.size() == ports::column_count(key.kind) ||
           columns.columns.size() == ports::column_count_max(key.kind));
    const auto ts = chunk.column(ports::kTs);
    ASSERT(std::is_sorted(ts.begin(), ts.end()));
    const ports::Series entry{
        .key = key, .rows = chunk.rows, .first = {ts.front()}, .last = {ts.back()}};
    ASSERT(columns_.emplace(key, std::move(columns)).second);
    const auto place = std::lower_bound(
        series_.begin(), series_.end(), key,
        [](const ports::Series& s, const ports::SeriesKey& k) { return s.key < k; });
    series_.insert(place, entry);
}

const Instrument* MemoryHistory::find_instrument(std::string_view symbol) const {
    const auto found = instruments_.find(symbol);
    return found == instruments_.end() ? nullptr : &found->second;
}

std::expected<std::unique_ptr<ports::ChunkReader>, ports::HistoryError> MemoryHistory::read(
    const ports::SeriesKey& key, Timestamp from, Timestamp to) const {
    const auto found = columns_.find(key);
    if (found == columns_.end()) {
        return std::unexpected(
            ports::HistoryError{.kind = ports::HistoryErrorKind::unknown_series,
                                .text = "no series " + ports::to_string(key) + " in memory"});
    }
    return std::make_unique<OneChunk>(ports::slice(found->second.view(), from, to));
}

}  // namespace tradewind::sim
