// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "apps/run_settings.hpp"
#include "apps/trial_counting.hpp"
#include "ports/history.hpp"
#include "research/backtest.hpp"
#include "research/envelope.hpp"

namespace tradewind::apps {

/// A finished backtest with what stands around it.
struct BacktestOutput {
    const RunSettings& settings;
    const research::BacktestResult& result;
    std::string settings_hash;
    std::optional<std::string> journal_hash;
    std::optional<CountedTrials> trials;  ///< nullopt: this run was not entered into a ledger
    std::optional<research::Envelope> envelope{};  ///< nullopt: not asked for
    double wall_s = 0.0;                           ///< data to metrics, journal included
};

/// One JSON document and a line end.
[[nodiscard]] std::string json_text(const BacktestOutput& output);
/// The results as a table for people; names the report where there is one.
[[nodiscard]] std::string table_text(const BacktestOutput& output, const std::string& report);
/// One line where orders were denied and nothing traded at all, with the first denial's numbers;
/// else empty.
[[nodiscard]] std::string denial_line(const BacktestOutput& output);
/// The built-in strategies with their parameters, for people.
[[nodiscard]] std::string strategies_text();

/// Whether a file could be written there; an empty path is none to write. The error is one line.
[[nodiscard]] std::expected<void, std::string> check_writable(const std::string& path);
/// Writes a page beside its name and renames it, so that no half-written one is left.
[[nodiscard]] std::expected<void, std::string> write_page(const std::string& html,
                                                          const std::string& path);
/// The HTML report of a backtest.
[[nodiscard]] std::expected<void, std::string> write_report(const BacktestOutput& output,
                                                            const ports::History& history,
                                                            const std::string& path);

}  // namespace tradewind::apps
