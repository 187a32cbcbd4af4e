// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>

#include "adapters/importers/importer.hpp"
#include "wire/text_file.hpp"

namespace tradewind::importers {

/// Reads recorded messages of exchanges, one JSON text a line, for the kind that the request names;
/// messages of other kinds are passed over and counted.
/// - capture: a line is the local receive time in nanoseconds, a space, the message as it came
///   (what HftBacktest's collector writes). Binance: depthUpdate, REST depth snapshot, trade,
///   bookTicker; Hyperliquid: l2Book (every one a snapshot), trades.
/// - bybit: a line is a message of Bybit's order-book files (`ob500`); `ts` is the system's time,
///   `cts` the matching engine's.
[[nodiscard]] std::expected<TableStats, wire::InputError> import_capture(
    const ImportRequest& request, const BatchSink& sink);
/// The same out of an open file.
[[nodiscard]] std::expected<TableStats, wire::InputError> read_capture(const ImportRequest& request,
                                                                       wire::TextFile& file,
                                                                       const BatchSink& sink);

}  // namespace tradewind::importers
