// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>

#include "adapters/importers/importer.hpp"

namespace tradewind::importers {

/// Reads corporate actions or funding rates in our own format, columns found by name:
/// - corporate actions: `ts,kind,new_shares,old_shares,amount,new_symbol`, as `tradewind data
/// export` writes them;
///   or `ts,symbol,event,value` with event split (value: new shares per old) or dividend (cash a
///   share), of which only the rows with the instrument's ticker count;
/// - funding: `ts,rate[,mark]` or `ts,funding_rate[,mark]`.
/// Dates are instants at 00:00 UTC. Rows must not go back in time.
[[nodiscard]] std::expected<TableStats, wire::InputError> import_facts(const ImportRequest& request,
                                                                       const BatchSink& sink);

}  // namespace tradewind::importers
