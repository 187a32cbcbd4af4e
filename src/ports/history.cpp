// SPDX-License-Identifier: Apache-2.0
#include "ports/history.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"

namespace tradewind::ports {
namespace {

constexpr std::array<std::string_view, BarColumns::count> kBarNames{"ts",  "open",  "high",
                                                                    "low", "close", "volume"};
constexpr std::array<std::string_view, QuoteColumns::count> kQuoteNames{"ts", "bid", "ask",
                                                                        "bid_size", "ask_size"};
constexpr std::array<std::string_view, TradeColumns::count> kTradeNames{"ts", "price", "size",
                                                                        "aggressor"};
constexpr std::array<std::string_view, CorporateActionColumns::count> kActionNames{
    "ts",           "kind",         "new_shares",   "old_shares",  "amount",
    "new_symbol_0", "new_symbol_1", "new_symbol_2", "new_symbol_3"};
constexpr std::array<std::string_view, FundingColumns::count> kFundingNames{"ts", "rate", "mark",
                                                                            "has_mark"};

constexpr std::array<SeriesKind, 7> kKinds{
    SeriesKind::bar,     SeriesKind::quote,      SeriesKind::trade, SeriesKind::corporate_action,
    SeriesKind::funding, SeriesKind::book_level, SeriesKind::news};

}  // namespace

std::string_view to_string(SeriesKind kind) {
    switch (kind) {
        case SeriesKind::bar: return "bar";
        case SeriesKind::quote: return "quote";
        case SeriesKind::trade: return "trade";
        case SeriesKind::corporate_action: return "corporate-action";
        case SeriesKind::funding: return "funding";
        case SeriesKind::book_level: return "book-level";
        case SeriesKind::news: return "news";
    }
    __builtin_unreachable();
}

std::optional<SeriesKind> parse_series_kind(std::string_view text) {
    const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                     [&](SeriesKind k) { return to_string(k) == text; });
    return found == kKinds.end() ? std::nullopt : std::optional{*found};
}

std::span<const std::string_view> column_names(SeriesKind kind) {
    switch (kind) {
        case SeriesKind::bar: return kBarNames;
        case SeriesKind::quote: return kQuoteNames;
        case SeriesKind::trade: return kTradeNames;
        case SeriesKind::corporate_action: return kActionNames;
        case SeriesKind::funding: return kFundingNames;
        case SeriesKind::book_level:
        case SeriesKind::news: return {};
    }
    __builtin_unreachable();
}

std::string to_string(const SeriesKey& key) {
    if (key.kind != SeriesKind::bar) return fmt::format("{} {}", key.symbol, to_string(key.kind));
    return fmt::format("{} bar {}", key.symbol, tradewind::to_string(key.spec));
}

Chunk Columns::view() const {
    Chunk out{.rows = rows(), .columns = {}};
    for (std::size_t i = 0; i < columns.size(); ++i) {
        ASSERT(columns[i].size() == out.rows);
        out.columns[i] = columns[i].data();
    }
    return out;
}

void Columns::append(const Chunk& chunk) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto from = chunk.column(i);
        columns[i].insert(columns[i].end(), from.begin(), from.end());
    }
}

void Columns::clear() {
    for (auto& column : columns) column.clear();
}

Chunk slice(const Chunk& chunk, Timestamp from, Timestamp to) {
    const auto ts = chunk.column(kTs);
    const auto first = std::lower_bound(ts.begin(), ts.end(), from.ns) - ts.begin();
    const auto last = std::lower_bound(ts.begin() + first, ts.end(), to.ns) - ts.begin();
    Chunk out{.rows = static_cast<std::size_t>(last - first), .columns = chunk.columns};
    for (const std::int64_t*& column : out.columns) {
        if (column != nullptr) column += first;
    }
    return out;
}

const Series* History::find(const SeriesKey& key) const {
    const auto all = series();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Series& s) { return s.key == key; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace tradewind::ports
