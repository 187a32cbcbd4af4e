// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "apps/strategy_models.hpp"
#include "domain/prediction.hpp"

namespace tradewind::apps {

/// What stood behind an order: the prediction that the strategy was told last of the instrument
/// before it asked for the order, and the rows that it was made of.
struct DecisionTrace {
    std::string order;     ///< "0:12"
    std::string decision;  ///< the order in words
    std::string symbol;
    Timestamp at{};           ///< when the order was sent
    Prediction prediction{};  ///< its votes are those below
    std::vector<Vote> votes;
    std::string ensemble;     ///< address
    std::vector<float> rows;  ///< [window, columns], the newest last
    std::size_t columns = 0;
    ModelsRun models;
};

/// Replays a run's journal up to an order. Every decision on the way is held to the recorded one.
/// The error is one line: no such order, a run without models, a journal that does not replay.
[[nodiscard]] std::expected<DecisionTrace, std::string> trace_decision(const std::string& journal,
                                                                       const std::string& order);

}  // namespace tradewind::apps
