// SPDX-License-Identifier: Apache-2.0
#include "apps/markets_ahead.hpp"

#include <fmt/format.h>

#include <utility>

namespace tradewind::apps {

void MarketsAhead::add(Instrument instrument) {
    const std::string symbol = instrument.symbol;
    if (!instruments_.insert_or_assign(symbol, std::move(instrument)).second) return;
    for (const ports::SeriesKind kind :
         {ports::SeriesKind::trade, ports::SeriesKind::quote, ports::SeriesKind::book_level}) {
        series_.push_back({.key = {.symbol = symbol, .kind = kind, .spec = {}},
                           .rows = 0,
                           .first = {},
                           .last = {}});
    }
}

const Instrument* MarketsAhead::find_instrument(std::string_view symbol) const {
    const auto at = instruments_.find(symbol);
    return at == instruments_.end() ? nullptr : &at->second;
}

std::expected<std::unique_ptr<ports::ChunkReader>, ports::HistoryError> MarketsAhead::read(
    const ports::SeriesKey& key, Timestamp, Timestamp) const {
    return std::unexpected(
        ports::HistoryError{.kind = ports::HistoryErrorKind::unknown_series,
                            .text = fmt::format("{}: is yet to come", to_string(key))});
}

}  // namespace tradewind::apps
