// SPDX-License-Identifier: Apache-2.0
#include "apps/trial_counting.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/sha256.hpp"

namespace tradewind::apps {
namespace {

constexpr std::size_t kHashDigits = 16;

std::string joined(const std::vector<std::string>& parts, std::string_view by) {
    std::string out;
    for (const std::string& part : parts) out += (out.empty() ? "" : std::string{by}) + part;
    return out;
}

std::string params_text(const RunSettings& settings) {
    std::vector<std::string> parts;
    for (const StrategyRun& run : settings.strategies) {
        for (const auto& [name, value] : run.params.entries) {
            parts.push_back(fmt::format("{}={}", name, value));
        }
    }
    return joined(parts, " ");
}

}  // namespace

void add_ledger_options(CLI::App& verb, LedgerChoice& choice) {
    auto* file = verb.add_option("--ledger", choice.file,
                                 "the ledger that every run is entered into; default: TRIALS in "
                                 "the catalog");
    file->take_last();
    verb.add_flag("--no-ledger", choice.none,
                  "do not enter this run: its result says that it was not counted")
        ->excludes(file);
}

std::expected<std::unique_ptr<trials::TrialFile>, trials::Error> open_ledger(
    const LedgerChoice& choice, const std::string& catalog) {
    if (choice.none) return nullptr;
    return trials::TrialFile::open(ledger_path(choice, catalog));
}

std::filesystem::path ledger_path(const LedgerChoice& choice, const std::string& catalog) {
    if (choice.file.empty()) return trials::default_path(catalog);
    return choice.file;
}

research::TrialFamily family_of(const RunSettings& settings) {
    std::vector<std::string> strategies;
    for (const StrategyRun& run : settings.strategies) {
        strategies.push_back(std::filesystem::path{run.name}.stem().string());
    }
    std::vector<std::string> symbols;
    for (const Instrument& one : settings.instruments.all()) symbols.push_back(one.symbol);
    std::ranges::sort(strategies);
    std::ranges::sort(symbols);
    return {.strategy = joined(strategies, "+"), .instruments = joined(symbols, ",")};
}

std::string data_hash(const RunSettings& settings, const catalog::Catalog& catalog) {
    std::string text;
    for (const auto* all : {&settings.data, &settings.finer}) {
        for (const ports::Series& series : *all) {
            text += ports::to_string(series.key) + "\n" + catalog.content_of(series.key);
        }
    }
    return base::sha256_hex(std::as_bytes(std::span{text})).substr(0, kHashDigits);
}

ports::TrialRecord trial_of(const RunSettings& settings, const catalog::Catalog& catalog,
                            std::string_view settings_hash, ports::TrialOrigin origin) {
    research::TrialFamily family = family_of(settings);
    ports::TrialRecord out;
    out.origin = origin;
    out.strategy = std::move(family.strategy);
    out.instruments = std::move(family.instruments);
    out.data_hash = data_hash(settings, catalog);
    out.settings_hash = settings_hash;
    out.params = params_text(settings);
    return out;
}

}  // namespace tradewind::apps
