// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "adapters/importers/importer.hpp"

namespace tradewind::importers {

/// Reads a zip of QuantConnect's LEAN (formats: the readme files of its Data folder). Hour and
/// daily files carry "YYYYMMDD HH:MM", all others milliseconds since midnight of the date in the
/// file's name. Prices of shares are ten-thousandths. Stamps are New York time for US shares, UTC-5
/// for FXCM, else UTC (LEAN's market-hours database); `request.zone` overrides.
[[nodiscard]] std::expected<TableStats, wire::InputError> import_lean(const ImportRequest& request,
                                                                      const BatchSink& sink);

/// The date that a file's name begins with: "20131007_trade.zip".
[[nodiscard]] std::optional<Date> date_in_name(std::string_view path);

}  // namespace tradewind::importers
