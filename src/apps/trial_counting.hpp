// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/catalog/catalog.hpp"
#include "adapters/trials/trial_file.hpp"
#include "apps/run_settings.hpp"
#include "ports/trial_ledger.hpp"
#include "research/trials.hpp"

namespace CLI {
class App;
}

/// How the verbs enter their runs into the ledger of trials.
namespace tradewind::apps {

/// --ledger FILE, --no-ledger.
struct LedgerChoice {
    std::string file;  ///< empty: the catalog's own
    bool none = false;
};

void add_ledger_options(CLI::App& verb, LedgerChoice& choice);

/// The ledger that a run is to be entered into, opened and checked before it starts; nullptr where
/// the user wants none.
[[nodiscard]] std::expected<std::unique_ptr<trials::TrialFile>, trials::Error> open_ledger(
    const LedgerChoice& choice, const std::string& catalog);

/// The file of `choice`, or the catalog's own.
[[nodiscard]] std::filesystem::path ledger_path(const LedgerChoice& choice,
                                                const std::string& catalog);

[[nodiscard]] research::TrialFamily family_of(const RunSettings& settings);

/// First 16 hexadecimal digits of the SHA-256 of the names and contents of the series played.
[[nodiscard]] std::string data_hash(const RunSettings& settings, const catalog::Catalog& catalog);

/// What is known of a run before it starts; the rest comes from `research::describe_returns`.
[[nodiscard]] ports::TrialRecord trial_of(const RunSettings& settings,
                                          const catalog::Catalog& catalog,
                                          std::string_view settings_hash,
                                          ports::TrialOrigin origin);

/// What the ledger said about a run, for its output.
struct CountedTrials {
    std::string ledger;  ///< the file
    research::TrialCount count;
};

}  // namespace tradewind::apps
