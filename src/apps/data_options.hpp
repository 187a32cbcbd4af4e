// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the verbs under `tradewind data` were asked, as texts: each verb checks its own.
namespace tradewind::apps {

/// Definition of an instrument that the catalog does not know yet, field by field.
struct InstrumentOptions {
    std::string file;  ///< JSON
    std::optional<std::string> tick, lot, currency, calendar, asset_class, multiplier;
};

struct DataImportOptions {
    std::string catalog;
    std::string format = "csv";
    std::string instrument;
    std::string kind = "bar";
    std::string interval;
    std::string price_source = "last";
    std::vector<std::string> files;
    std::string entry, map, ts_format, zone, delimiter;
    std::size_t skip_lines = 0;
    bool no_header = false, decimal_comma = false, mixed_offsets = false;
    bool round = false, allow_negative = false, all_trades = false, skip_null_rows = false,
         skip_crossed = false;
    bool replace = false;
    InstrumentOptions definition;
    bool json = false;
};

/// A catalog's series, or files before they are imported.
struct DataCheckOptions {
    DataImportOptions input;  ///< `files` empty: the catalog
    std::string kind;         ///< empty: every kind
    std::vector<std::string> instruments;
    std::vector<std::string> rules;       ///< empty: all
    std::vector<std::string> thresholds;  ///< "spike-scale=6"
    std::uint64_t issues_max = 10'000;    ///< of one rule in one series
    std::uint64_t shown = 5;              ///< lines a rule in the table for people
    bool json = false;
};

/// A stored series, or files on their way into the catalog, by named rules.
struct DataCleanOptions {
    DataImportOptions input;  ///< `files` empty: the catalog's own
    std::vector<std::string> rules;
    std::vector<std::string> thresholds;
    bool undo = false;
    bool dry_run = false;
    std::uint64_t shown = 20;  ///< changes in the table for people
    bool json = false;
};

struct DataDownloadOptions {
    std::string catalog;
    std::string source = "binance";
    std::string market = "spot";
    std::string base_url;  ///< empty: the venue's own
    std::string instrument;
    std::string kind = "bar";
    std::string interval = "1m";
    std::string from, to;
    bool json = false;
};

struct DataListOptions {
    std::string catalog;
    bool json = false;
};

struct DataExportOptions {
    std::string catalog;
    std::string instrument;
    std::string kind = "bar";
    std::string interval;
    std::string from, to;
    std::string output;  ///< empty: standard output
};

struct DataGenerateOptions {
    std::string catalog;
    std::string instrument;  ///< empty: DEMO.SIM, or PLANTED.SIM with a market
    std::string model;       ///< empty: gbm
    std::string market;      ///< a planted one; empty: none
    std::optional<double> bayes_accuracy;
    std::uint64_t instruments = 1;  ///< of a planted market
    std::string kind = "bar";
    std::string interval;  ///< empty: 1m, or 1h with a market
    std::string from = "2024-01-02";
    std::uint64_t count = 10'000;
    std::uint64_t seed = 1;
    double price = 100.0;
    std::optional<double> drift;
    double volatility = 0.2;
    bool replace = false;
    InstrumentOptions definition;
    bool json = false;
};

struct DataInstrumentsOptions {
    std::string catalog;
    std::string file;
    bool json = false;
};

// Each returns the exit code.
[[nodiscard]] int run_data_import(const DataImportOptions& options);
[[nodiscard]] int run_data_download(const DataDownloadOptions& options);
[[nodiscard]] int run_data_check(const DataCheckOptions& options);
[[nodiscard]] int run_data_clean(const DataCleanOptions& options);
[[nodiscard]] int run_data_list(const DataListOptions& options);
[[nodiscard]] int run_data_export(const DataExportOptions& options);
[[nodiscard]] int run_data_generate(const DataGenerateOptions& options);
[[nodiscard]] int run_data_verify(const DataListOptions& options);
[[nodiscard]] int run_data_instruments(const DataInstrumentsOptions& options);

}  // namespace tradewind::apps
