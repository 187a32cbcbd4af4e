// SPDX-License-Identifier: Apache-2.0
#include "ports/history.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"

namespace tradewind::ports {
namespace {

constexpr std::array<std::string_view, BarColumns::count> kBarNames{"ts",  "open",  "high",
                                                                    "low", "close", "volume"};
constexpr std::array<std::string_view, QuoteColumns::count_max> kQuoteNames{
    "ts", "bid", "ask", "bid_size", "ask_size", "ts_exch"};
constexpr std::array<std::string_view, TradeColumns::count_max> kTradeNames{"ts", "price", "size",
                                                                            "aggressor", "ts_exch"};
constexpr std::array<std::string_view, CorporateActionColumns::count> kActionNames{
    "ts",           "kind",         "new_shares",   "old_shares",  "amount",
    "new_symbol_0", "new_symbol_1", "new_symbol_2", "new_symbol_3"};
constexpr std::array<std::string_view, FundingColumns::count> kFundingNames{"ts", "rate", "mark",
                                                                            "has_mark"};

constexpr std::array<std::string_view, BookLevelColumns::count> kBookLevelNames{
    "ts",
    "ts_exch",
    "flags",
    "side",
    "price",
    "size",
    "first_update_id",
    "last_update_id",
    "previous_update_id"};
constexpr std::array<std::string_view, BookOrderColumns::count> kBookOrderNames{
    "ts", "ts_exch", "flags", "side", "price", "size", "action", "order", "sequence"};

constexpr std::array<SeriesKind, 8> kKinds{
    SeriesKind::bar,     SeriesKind::quote,      SeriesKind::trade, SeriesKind::corporate_action,
    SeriesKind::funding, SeriesKind::book_level, SeriesKind::news,  SeriesKind::book_order};

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
        case SeriesKind::book_order: return "book-order";
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
        case SeriesKind::book_level: return kBookLevelNames;
        case SeriesKind::book_order: return kBookOrderNames;
        case SeriesKind::news: return {};
    }
    __builtin_unreachable();
}

std::size_t column_count(SeriesKind kind) {
    switch (kind) {
        case SeriesKind::quote: return QuoteColumns::count;
        case SeriesKind::trade: return TradeColumns::count;
        case SeriesKind::bar:
        case SeriesKind::corporate_action:
        case SeriesKind::funding:
        case SeriesKind::book_level:
        case SeriesKind::book_order:
        case SeriesKind::news: return column_names(kind).size();
    }
    __builtin_unreachable();
}

std::optional<std::size_t> exchange_time_column(SeriesKind kind) {
    switch (kind) {
        case SeriesKind::quote: return QuoteColumns::ts_exch;
        case SeriesKind::trade: return TradeColumns::ts_exch;
        case SeriesKind::book_level: return BookLevelColumns::ts_exch;
        case SeriesKind::book_order: return BookOrderColumns::ts_exch;
        case SeriesKind::bar:
        case SeriesKind::corporate_action:
        case SeriesKind::funding:
        case SeriesKind::news: return std::nullopt;
    }
    __builtin_unreachable();
}

std::string to_string(const SeriesKey& key) {
    if (key.kind != SeriesKind::bar) return fmt::format("{} {}", key.symbol, to_string(key.kind));
    return fmt::format("{} bar {}", key.symbol, tradewind::to_string(key.spec));
}

Columns Columns::widest(SeriesKind kind) {
    Columns out;
    out.columns.resize(column_count_max(kind));
    return out;
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
        if (chunk.columns[i] == nullptr) {
            columns[i].resize(columns[i].size() + chunk.rows);
            continue;
        }
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
