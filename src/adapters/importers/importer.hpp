// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/importers/stamp.hpp"
#include "adapters/importers/table.hpp"
#include "domain/instrument.hpp"
#include "ports/history.hpp"
#include "wire/input_error.hpp"

namespace tradewind::importers {

enum class Format : std::uint8_t {
    csv,      ///< ours: ts,open,high,low,close,volume | ts,bid_open,...,ask_close (two series) |
              ///< ts,bid,ask,... | ts,price,size,side,...
    yahoo,    ///< Date,Open,High,Low,Close,Adj Close,Volume in any order
    binance,  ///< klines, with or without header, in milliseconds or microseconds; depth files
    lean,     ///< LEAN zips: the file's name says the date and whether it holds trades or quotes
    tardis,   ///< tardis.dev CSV: trades, quotes, incremental_book_L2, book_snapshot_N
    bybit,    ///< Bybit order-book files: one JSON message a line
    capture,  ///< raw websocket messages: local nanoseconds, a space, JSON
    custom,   ///< any table, by `map`
};

[[nodiscard]] std::string_view to_string(Format format);
[[nodiscard]] std::optional<Format> parse_format(std::string_view text);
/// "csv, yahoo, ...": for error lines and help.
[[nodiscard]] std::string format_names();

/// "open" comes from the file's column "Open"; several columns are date and time of a stamp.
struct ColumnMapping {
    std::string field;                 ///< ts, open, high, low, close, volume, bid, ask, ...
    std::vector<std::string> columns;  ///< names in the header, or numbers from 1
};

/// Parses "ts=Date+Time,open=Open". The error says what is wrong.
[[nodiscard]] std::expected<std::vector<ColumnMapping>, std::string> parse_mapping(
    std::string_view text);

struct ImportRequest {
    Format format = Format::csv;
    ports::SeriesKind kind = ports::SeriesKind::bar;
    BarSpec spec;           ///< of bars; lean quote bars become two series, bid and ask
    Instrument instrument;  ///< asset class and venue decide LEAN's scale and zone
    std::string path;
    std::string entry;                        ///< of a zip with several files
    std::vector<ColumnMapping> map;           ///< custom
    std::optional<StampFormat> stamp_format;  ///< custom
    std::optional<Zone> zone;                 ///< of stamps that name none
    std::optional<char> delimiter;            ///< custom
    bool no_header = false;                   ///< custom
    std::size_t skip_lines = 0;               ///< custom: before the header, or before the data
    bool mixed_offsets = false;
    bool after_snapshot = false;  ///< of a book: a file before this one had a snapshot
    RowChecks checks;
    /// Called now and then with the bytes taken and the bytes there are.
    std::function<void(std::uint64_t, std::uint64_t)> progress;
};

/// Reads one file, front to back, in constant memory, and hands its rows on.
[[nodiscard]] std::expected<TableStats, wire::InputError> import_file(const ImportRequest& request,
                                                                      const BatchSink& sink);

}  // namespace tradewind::importers
