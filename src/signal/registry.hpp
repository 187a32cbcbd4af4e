// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/instrument.hpp"
#include "signal/params.hpp"
#include "signal/strategy.hpp"

namespace tradewind::signal {

/// What a strategy is made from.
struct StrategySetup {
    const InstrumentTable& instruments;
    std::span<const InstrumentId> traded;  ///< the instruments that it gets events of
    const Params& params;
    std::span<const std::string> features{};  ///< names of what `on_features` brings
    bool has_meta = false;                    ///< its predictions have `meta`
};

/// One line of text on failure.
using MadeStrategy = std::expected<std::unique_ptr<Strategy>, std::string>;

/// A strategy that comes with Tradewind.
struct BuiltIn {
    std::string_view name;
    std::string_view summary;  ///< one line, with the parameters and their defaults
    MadeStrategy (*make)(const StrategySetup&);
    /// Parameters that are expressions over features: the strategy is made without them, and each
    /// that is given is a feature of that name.
    std::span<const std::string_view> expressions{};
    bool sizes = true;  ///< asks `Sizing` how large its positions are
};

[[nodiscard]] std::span<const BuiltIn> built_in_strategies();

/// nullptr: there is none of that name.
[[nodiscard]] const BuiltIn* find_built_in(std::string_view name);
/// The error names the strategies that there are.
[[nodiscard]] MadeStrategy make_built_in(std::string_view name, const StrategySetup& setup);

}  // namespace tradewind::signal
