// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "adapters/importers/table.hpp"
#include "ports/history.hpp"

/// Rows of order books, and ticks out of captures, on their way to the sink.
namespace tradewind::importers {

using TickRow = std::array<std::int64_t, ports::kColumnsMax>;

/// What is wrong with a row.
struct RowProblem {
    std::string field;
    std::string problem;
    std::string mend;
};

/// Collects rows of one series and hands them on in batches. Of book levels it marks the last row
/// of each message and counts what is odd about the stream, without changing it: rows before the
/// first snapshot, and gaps between the update ids of two messages.
class RowBatches {
public:
    RowBatches(ports::SeriesKind kind, const RowChecks& checks, const BatchSink& sink);

    /// nullopt: the row is taken. An `InputError` of the sink comes back by `sink_error`.
    [[nodiscard]] std::optional<RowProblem> add(const TickRow& row);
    /// The next row begins a message, whatever it says.
    void break_message() { breaks_ = true; }
    /// A file before this one had a snapshot.
    void expect_no_snapshot() { snapshot_seen_ = true; }
    /// Hands on what is left.
    [[nodiscard]] std::expected<TableStats, wire::InputError> finish();
    /// Set where the sink refused a batch: what `add` returned then says nothing.
    [[nodiscard]] std::optional<wire::InputError>& sink_error() { return sink_error_; }

private:
    [[nodiscard]] std::optional<RowProblem> fault_of(const TickRow& row) const;
    [[nodiscard]] std::optional<RowProblem> fault_of_prices(const TickRow& row) const;
    [[nodiscard]] static bool same_message(const TickRow& a, const TickRow& b);
    void begin_message(const TickRow& row);
    [[nodiscard]] bool push(const TickRow& row);

    ports::SeriesKind kind_;
    RowChecks checks_;
    const BatchSink& sink_;
    Output output_;
    ports::Columns columns_;
    std::optional<TickRow> held_;  ///< book levels: whether it is the last of its message
    std::int64_t last_ts_ = INT64_MIN;
    std::int64_t last_update_ = 0;
    bool breaks_ = false;
    bool snapshot_seen_ = false;
    TableStats stats_;
    std::optional<wire::InputError> sink_error_;
};

}  // namespace tradewind::importers
