// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>

#include "adapters/importers/importer.hpp"

namespace tradewind::importers {

/// Reads a table of order-book rows, columns found by name:
/// - csv, book-level: `ts,type,side,price,size` and, where it has them, `ts_exch,first_update_id,
///   last_update_id,prev_update_id`; type snapshot or delta, side bid or ask, size 0 removes;
/// - csv, book-order: `ts,action,side,price,size,order_id` and, where it has them,
///   `ts_exch,flags,sequence`; actions A add, M modify, C cancel, T trade, F fill, R clear and
///   flags as Databento's schema "mbo" has them; a side may be empty;
/// - binance, book-level: the depth files of Binance's historical data,
///   `symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu`, milliseconds;
/// - tardis, book-level: `incremental_book_L2` and `book_snapshot_N` of tardis.dev, microseconds;
///   every row of the latter is a snapshot.
/// Rows of one file with the same instants, type and update ids are one message.
[[nodiscard]] std::expected<TableStats, wire::InputError> import_book(const ImportRequest& request,
                                                                      const BatchSink& sink);
/// The same out of an open file.
[[nodiscard]] std::expected<TableStats, wire::InputError> read_book(const ImportRequest& request,
                                                                    wire::CsvReader& reader,
                                                                    const BatchSink& sink);

}  // namespace tradewind::importers
