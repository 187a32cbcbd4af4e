// SPDX-License-Identifier: Apache-2.0
#include "adapters/importers/row_batches.hpp"

#include <fmt/format.h>

#include "base/decimal.hpp"
#include "base/try.hpp"

namespace tradewind::importers {
namespace {

using ports::BookRowFlags;
using ports::SeriesKind;
using Level = ports::BookLevelColumns;
using Order = ports::BookOrderColumns;

std::string decimal(std::int64_t raw) { return base::format_decimal(raw, base::kDecimals); }

bool is_snapshot(const TickRow& row) { return (row[Level::flags] & BookRowFlags::snapshot) != 0; }

/// An L3 row that names a resting order has a price; a clearing of the book has none.
bool has_price(SeriesKind kind, const TickRow& row) {
    return kind != SeriesKind::book_order ||
           row[Order::action] != static_cast<std::int64_t>(BookAction::clear);
}

}  // namespace

RowBatches::RowBatches(SeriesKind kind, const RowChecks& checks, const BatchSink& sink)
    : kind_(kind),
      checks_(checks),
      sink_(sink),
      output_{.kind = kind, .spec = {}, .slots = {}, .names = {}},
      columns_(ports::Columns::widest(kind)) {}

std::optional<RowProblem> RowBatches::add(const TickRow& row) {
    if (auto fault = fault_of(row)) return fault;
    last_ts_ = row[ports::kTs];
    if (kind_ != SeriesKind::book_level) {
        if (!push(row)) return RowProblem{};
        return std::nullopt;
    }
    const bool begins = !held_ || breaks_ || !same_message(*held_, row);
    breaks_ = false;
    if (begins) begin_message(row);
    if (held_) {
        if (begins) (*held_)[Level::flags] |= BookRowFlags::last;
        if (!push(*held_)) return RowProblem{};
    }
    held_ = row;
    return std::nullopt;
}

std::optional<RowProblem> RowBatches::fault_of(const TickRow& row) const {
    const std::int64_t ts = row[ports::kTs];
    if (ts < last_ts_) {
        return RowProblem{.field = "ts",
                          .problem = fmt::format("{} comes after {}", to_string(Timestamp{ts}),
                                                 to_string(Timestamp{last_ts_})),
                          .mend = "sort the file by time"};
    }
    return fault_of_prices(row);
}

std::optional<RowProblem> RowBatches::fault_of_prices(const TickRow& row) const {
    const auto price_fault = [&](std::size_t column) -> std::optional<RowProblem> {
        if (row[column] > 0 || checks_.allow_negative) return std::nullopt;
        return RowProblem{.field = "price",
                          .problem = fmt::format("{} is not above 0", decimal(row[column])),
                          .mend = "give --allow-negative if that is right"};
    };
    const auto size_fault = [&](std::size_t column) -> std::optional<RowProblem> {
        if (row[column] >= 0) return std::nullopt;
        return RowProblem{.field = "size",
                          .problem = fmt::format("{} is negative", decimal(row[column])),
                          .mend = "give 0 or more; 0 removes a level"};
    };
    if (kind_ == SeriesKind::quote) {
        using Quote = ports::QuoteColumns;
        if (row[Quote::bid] > row[Quote::ask]) {
            return RowProblem{
                .field = "bid",
                .problem = fmt::format("{} is above the ask {}", decimal(row[Quote::bid]),
                                       decimal(row[Quote::ask])),
                .mend = "remove the crossed quote or give --skip-crossed"};
        }
        for (const std::size_t column : {Quote::bid, Quote::ask}) {
            if (auto fault = price_fault(column)) return fault;
        }
        for (const std::size_t column : {Quote::bid_size, Quote::ask_size}) {
            if (auto fault = size_fault(column)) return fault;
        }
        return std::nullopt;
    }
    const bool is_trade = kind_ == SeriesKind::trade;
    if (has_price(kind_, row)) {
        if (auto fault = price_fault(is_trade ? ports::TradeColumns::price : Level::price)) {
            return fault;
        }
    }
    return size_fault(is_trade ? ports::TradeColumns::size : Level::size);
}

bool RowBatches::same_message(const TickRow& a, const TickRow& b) {
    return a[Level::ts] == b[Level::ts] && a[Level::ts_exch] == b[Level::ts_exch] &&
           is_snapshot(a) == is_snapshot(b) &&
           a[Level::first_update_id] == b[Level::first_update_id] &&
           a[Level::last_update_id] == b[Level::last_update_id];
}

/// Two messages follow on one another where the later names the earlier as its predecessor, or
/// begins with the next id (Binance, "How to manage a local order book correctly", futures and
/// spot). A snapshot follows on nothing, and nothing is told of what follows on it: messages that
/// it holds already may come after it.
void RowBatches::begin_message(const TickRow& row) {
    ++stats_.book_messages;
    if (is_snapshot(row)) {
        ++stats_.book_snapshots;
        snapshot_seen_ = true;
        if (row[Level::last_update_id] > last_update_) last_update_ = 0;
        return;
    }
    if (!snapshot_seen_) ++stats_.before_snapshot;
    const std::int64_t last = row[Level::last_update_id];
    const std::int64_t previous = row[Level::previous_update_id];
    const std::int64_t expected = previous != 0 ? previous : row[Level::first_update_id] - 1;
    if (last_update_ != 0 && last != 0 && expected != last_update_) ++stats_.book_gaps;
    last_update_ = last;
}

/// False with `sink_error_` set.
bool RowBatches::push(const TickRow& row) {
    if (columns_.rows() == kBatchRows) {
        auto done = sink_(output_, columns_.view());
        if (!done) {
            sink_error_ = std::move(done).error();
            return false;
        }
        columns_.clear();
    }
    for (std::size_t i = 0; i < columns_.columns.size(); ++i) columns_.columns[i].push_back(row[i]);
    ++stats_.rows;
    return true;
}

std::expected<TableStats, wire::InputError> RowBatches::finish() {
    if (held_) {
        (*held_)[Level::flags] |= BookRowFlags::last;
        if (!push(*held_)) return std::unexpected(std::move(*sink_error_));
        held_.reset();
    }
    if (columns_.rows() > 0) TRY_VOID(sink_(output_, columns_.view()));
    columns_.clear();
    return stats_;
}

}  // namespace tradewind::importers
