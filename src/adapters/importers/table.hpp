// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/importers/stamp.hpp"
#include "ports/history.hpp"
#include "wire/csv.hpp"

namespace tradewind::importers {

/// Rows handed on at a time: as many as the catalog puts into one segment, which saves a copy.
inline constexpr std::size_t kBatchRows = std::size_t{1} << 17;

/// What a cell of the file becomes.
enum class CellKind : std::uint8_t {
    skip,
    integer,      ///< a plain whole number, taken as it is
    exchange_ts,  ///< a whole number that counts as the stamps do; 0: not told
    decimal,      ///< in units of 1e-9
    stamp,        ///< an instant by the plan's format; goes to slot kTsSlot
    time_of_day,  ///< "09:05:00" of a date in another column
    side,         ///< buy, sell or nothing -> Aggressor
    hex,          ///< bit mask
    flag,         ///< 0 or 1, true or false
};

/// Places in a row while it is being read.
inline constexpr std::size_t kTsSlot = 0;
inline constexpr std::size_t kTimeOfDaySlot = 11;
inline constexpr std::size_t kConditionsSlot = 12;
inline constexpr std::size_t kSuspiciousSlot = 13;
inline constexpr std::size_t kZeroSlot = 14;  ///< no cell writes here: it stays 0
inline constexpr std::size_t kSlots = 15;
using RowSlots = std::array<std::int64_t, kSlots>;

/// One column of the file.
struct Cell {
    CellKind kind = CellKind::skip;
    std::uint8_t slot = 0;
    bool may_be_empty = false;  ///< then it counts as `if_empty`
    std::int64_t if_empty = 0;
    std::string name;
};

/// A price that the row does not have; a series whose prices all are so gets no row.
inline constexpr std::int64_t kNoPrice = INT64_MIN;

/// One series that the rows go to, column by column out of the slots.
struct Output {
    ports::SeriesKind kind = ports::SeriesKind::bar;
    BarSpec spec;
    std::array<std::uint8_t, ports::kColumnsMax> slots{};
    std::array<std::string, ports::kColumnsMax> names;  ///< of the file's columns, for messages
    bool has_exchange_time = false;  ///< the last slot is that of `ts_exch`, which may be missing

    [[nodiscard]] std::size_t columns() const {
        return has_exchange_time ? ports::column_count_max(kind) : ports::column_count(kind);
    }
};

/// How stamps become instants.
struct StampRule {
    /// How the number of an integer stamp counts: from 1970, or from midnight of `midnight` on the
    /// zone's wall clock (LEAN).
    enum class Kind : std::uint8_t { text, epoch, of_day };
    Kind kind = Kind::epoch;
    StampFormat format;        ///< of texts
    std::int64_t unit_ns = 1;  ///< of numbers
    Timestamp midnight;        ///< of_day: the file's date, as if it were UTC
    Zone zone;                 ///< where the stamp names none
    bool label_is_date =
        false;  ///< daily bars of shares: the wall date at 00:00 UTC, whatever the zone
    bool mixed_offsets = false;  ///< rows may name different offsets
};

struct RowChecks {
    bool allow_negative = false;
    bool round = false;  ///< decimals past the ninth are rounded half to even
    bool decimal_comma = false;
    bool skip_null_rows = false;     ///< rows whose prices are empty or "null"
    bool skip_crossed = false;       ///< quotes whose bid is above the ask
    bool all_trades = false;         ///< also those that do not count as the last sale
    std::int64_t price_divisor = 1;  ///< LEAN equities: 10,000
    /// For whoever looks for dirt: rows come as they are, in the order of the file, whatever time
    /// and prices they have. A row that lacks one of its prices still is none.
    bool keep_dirty = false;
    /// Where set, a record that is no row is told here, and the reading goes on.
    std::function<void(const wire::InputError&)> unreadable;
};

/// Trades with any of these conditions do not count as the last sale: cash (2), next day (4),
/// seller's option (8), derivatively priced (200), out of sequence (4000), stock-option (40000),
/// average price (100000), price variation (400000), official close (1000000), prior reference
/// price (2000000), official open (4000000), odd lot (80000000). The numbers are those of LEAN's
/// equity format (its readme, "Tick Sale Conditions").
inline constexpr std::int64_t kNotLastSale = 0x8754'420e;

struct TablePlan {
    std::vector<Cell> cells;  ///< one for each column of the file
    std::vector<Output> outputs;
    StampRule stamps;
    RowChecks checks;
    bool has_conditions = false;
};

struct TableStats {
    std::uint64_t rows = 0;  ///< handed on, over all outputs
    std::uint64_t not_last_sale = 0;
    std::uint64_t one_sided = 0;  ///< quote bars whose side was empty
    std::uint64_t null_rows = 0;
    std::uint64_t crossed = 0;
    std::uint64_t book_messages = 0;
    std::uint64_t book_snapshots = 0;
    std::uint64_t before_snapshot = 0;  ///< messages of a book that came before the first snapshot
    std::uint64_t book_gaps = 0;        ///< messages of a book whose predecessor is missing
    std::uint64_t passed_over = 0;      ///< messages of a capture that are of another kind

    TableStats& operator+=(const TableStats& other);
};

using BatchSink =
    std::function<std::expected<void, wire::InputError>(const Output&, const ports::Chunk&)>;

/// Reads the rest of the file. Rows of each output come in order of time, strictly for bars, unless
/// the checks keep dirt.
/// Whatever is wrong is an error that names line, field, text and mend.
[[nodiscard]] std::expected<TableStats, wire::InputError> read_table(wire::CsvReader& reader,
                                                                     const TablePlan& plan,
                                                                     const BatchSink& sink);

}  // namespace tradewind::importers
