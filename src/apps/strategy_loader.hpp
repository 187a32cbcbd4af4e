// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "signal/registry.hpp"

namespace tradewind::apps {

/// Whether a strategy's name is that of a shared library: it ends in ".so".
[[nodiscard]] bool is_library(std::string_view name);

/// SHA-256 of a file that a run hangs on: a library, a source of facts.
[[nodiscard]] std::expected<std::string, std::string> file_hash(const std::string& path);

/// A built-in strategy by name, or one from a shared library by the path of its file. Libraries
/// stay loaded until the process ends.
[[nodiscard]] signal::MadeStrategy make_strategy(const std::string& name,
                                                 const signal::StrategySetup& setup);

}  // namespace tradewind::apps
