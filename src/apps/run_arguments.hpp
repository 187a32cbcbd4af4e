// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "adapters/catalog/catalog.hpp"
#include "apps/output.hpp"
#include "apps/run_config.hpp"
#include "apps/trial_counting.hpp"

namespace CLI {
class App;
}

namespace tradewind::apps {

/// The settings of a run as they stand on a command line; what every verb that runs strategies
/// takes.
struct RunArguments {
    std::string config;
    std::vector<std::string> assignments;
    std::vector<std::pair<std::string_view, std::vector<std::string>>> flags;  ///< key -> values
};

/// Adds --config, --set and the flags of `run_options`. `arguments` outlives the parsing.
void add_run_arguments(CLI::App& verb, RunArguments& arguments);

/// Adds the flags that say which bars: --catalog, --instrument, --interval, --from, --to.
void add_bar_arguments(CLI::App& verb, RunArguments& arguments);

/// The file first, then --set, then the flags. The error is one line.
[[nodiscard]] std::expected<RunConfig, std::string> gather_wishes(const RunArguments& arguments);
/// The same of a run over a catalog, which must be named.
[[nodiscard]] std::expected<RunConfig, std::string> gather(const RunArguments& arguments);

/// What failed, and with which code the program ends.
struct RunFailure {
    ExitCode code = kExitFailed;
    std::string text;
};

[[nodiscard]] std::expected<std::unique_ptr<catalog::Catalog>, RunFailure> open_catalog(
    const std::string& path);

/// nullptr where the user wants none.
[[nodiscard]] std::expected<std::unique_ptr<trials::TrialFile>, RunFailure> ledger_of(
    const LedgerChoice& choice, const std::string& catalog);

template <typename T>
std::expected<T, RunFailure> or_fail(std::expected<T, std::string> result, ExitCode code) {
    if (!result) return std::unexpected(RunFailure{code, std::move(result).error()});
    if constexpr (std::is_void_v<T>) {
        return {};
    } else {
        return std::move(result).value();
    }
}
template <typename T>
std::expected<T, RunFailure> or_bad_input(std::expected<T, std::string> result) {
    return or_fail(std::move(result), kExitBadInput);
}
template <typename T>
std::expected<T, RunFailure> or_failed(std::expected<T, std::string> result) {
    return or_fail(std::move(result), kExitFailed);
}

}  // namespace tradewind::apps
