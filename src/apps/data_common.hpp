// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "adapters/catalog/catalog.hpp"
#include "apps/data_options.hpp"
#include "ports/history.hpp"
#include "wire/input_error.hpp"

/// What the verbs under `tradewind data` share.
namespace tradewind::apps {

/// One line for a person, and the exit code.
struct Failure {
    int exit_code = 1;
    std::string text;
};

[[nodiscard]] Failure bad_usage(std::string text);
[[nodiscard]] Failure as_failure(const wire::InputError& error);
[[nodiscard]] Failure as_failure(const catalog::Error& error);
[[nodiscard]] Failure as_failure(const ports::HistoryError& error);
/// Prints "tradewind: TEXT" to standard error and returns the exit code.
[[nodiscard]] int report(const Failure& failure);

/// The series that an instrument, a kind and, for bars, an interval name.
[[nodiscard]] std::expected<ports::SeriesKey, Failure> parse_series_key(std::string_view instrument,
                                                                        std::string_view kind,
                                                                        std::string_view interval);

/// The definition to use for `symbol`: what the catalog has, else what file and options say, else
/// the venue's default. Options that contradict the catalog are refused.
[[nodiscard]] std::expected<Instrument, Failure> resolve_instrument(
    const Instrument* stored, const std::string& symbol, const InstrumentOptions& options);

/// The definitions in a JSON file.
[[nodiscard]] std::expected<std::vector<Instrument>, Failure> read_instrument_file(
    const std::string& path);

/// Stores `count` rows of a series in portions; `append(rows, n)` makes the next n.
[[nodiscard]] std::expected<void, Failure> store_rows(
    catalog::Transaction& transaction, const ports::SeriesKey& key, std::uint64_t count,
    const std::function<void(ports::Columns& rows, std::size_t n)>& append);

/// "12,345,678"
[[nodiscard]] std::string with_commas(std::uint64_t value);

/// A line on the terminal that tells how far a long work is; nothing where standard error is no
/// terminal, or in the first second.
class Progress {
public:
    Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();
    void show(std::string_view text);
    [[nodiscard]] double seconds() const;

private:
    std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point shown_;
    bool is_terminal_;
    bool is_dirty_ = false;
};

}  // namespace tradewind::apps
