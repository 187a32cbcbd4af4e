// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "research/backtest.hpp"

namespace tradewind::research {

/// How much of a result hangs on what bars do not say: which of a stop and its target came first,
/// and what came after an entry inside a bar. Final equities, in the account's currency.
struct Envelope {
    double pessimistic = 0;  ///< what `strict` reports
    double expected = 0;     ///< mean over the draws of sim::Ambiguity::drawn
    double optimistic = 0;
    std::size_t draws = 0;              ///< 0 where nothing was ambiguous: all three are equal
    std::optional<double> deviation{};  ///< sample standard deviation of the draws
    /// (optimistic - pessimistic) / |optimistic - start|: the share of the profit that hangs on it;
    /// above 1 where it decides between profit and loss. nullopt where there is neither.
    std::optional<double> share{};
};

struct EnvelopeSettings {
    std::size_t draws = 32;
    std::uint64_t seed = 1;  ///< the draws' seeds count up from here
};

/// Makes the input of one more run: strategies that know nothing yet. It is given what the world
/// shall assume.
using MakeRun =
    std::function<std::expected<BacktestInput, std::string>(const sim::AmbiguityModel&)>;

/// Runs the backtest again for each assumption; `pessimistic` is the run that there is. Fill mode
/// strict. The error is one line.
[[nodiscard]] std::expected<Envelope, std::string> envelope_of(const BacktestResult& pessimistic,
                                                               const MakeRun& make_run,
                                                               const EnvelopeSettings& settings);

}  // namespace tradewind::research
