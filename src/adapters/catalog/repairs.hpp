// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/catalog/error.hpp"
#include "disk/files.hpp"
#include "ports/history.hpp"

/// What was done to a series to make a new version of it, and what stood there before.
namespace tradewind::catalog {

/// One row that was changed, or dropped. Cells are those of ports::column_names, in the units of
/// the columns.
struct RowChange {
    std::uint64_t row = 0;  ///< in the version before, from 0
    std::string rule;
    std::vector<std::int64_t> before;
    std::optional<std::vector<std::int64_t>> after;  ///< absent: dropped

    friend bool operator==(const RowChange&, const RowChange&) = default;
};

/// One version of a series: everything that tells it from the one before.
struct RepairRecord {
    ports::SeriesKey key;
    std::uint64_t number = 0;        ///< of the version, from 1
    std::vector<std::string> files;  ///< read from them; empty: from the version before
    std::vector<std::string> rules;  ///< that were asked for
    std::uint64_t rows_before = 0, rows_after = 0;
    std::string digest_before, digest_after;  ///< SHA-256 of those rows
    std::vector<RowChange> changes;           ///< in the order of rows

    friend bool operator==(const RepairRecord&, const RepairRecord&) = default;
};

/// JSON lines: one that describes the version, then one for each change.
[[nodiscard]] std::string encode_repairs(const RepairRecord& record);
/// The error says what is wrong with the text, and on which line.
[[nodiscard]] std::expected<RepairRecord, std::string> decode_repairs(std::string_view text);

/// "repairs/SPY.ARCA/bar-1d/3.jsonl" below the catalog.
[[nodiscard]] std::string repairs_path(const ports::SeriesKey& key, std::uint64_t number);
/// Numbers of the versions that a series has records of, in order.
[[nodiscard]] std::expected<std::vector<std::uint64_t>, Error> list_repairs(
    const std::string& catalog, const ports::SeriesKey& key);
/// Durable before it returns. Whoever writes holds the catalog's transaction.
[[nodiscard]] Result write_repairs(const std::string& catalog, const RepairRecord& record);
[[nodiscard]] std::expected<RepairRecord, Error> read_repairs(const std::string& catalog,
                                                              const ports::SeriesKey& key,
                                                              std::uint64_t number);
void remove_repairs(const std::string& catalog, const ports::SeriesKey& key, std::uint64_t number);

/// SHA-256 of the first `rows` rows, column by column.
[[nodiscard]] std::string digest_of(const ports::Columns& columns, std::uint64_t rows);

/// The rows before the changes: the first `rows_after` rows of `columns` go back to the
/// `rows_before` that they were made of; rows behind them stay. nullopt where the changes do not
/// fit.
[[nodiscard]] std::optional<ports::Columns> undo_repairs(const RepairRecord& record,
                                                         const ports::Columns& columns);

}  // namespace tradewind::catalog
