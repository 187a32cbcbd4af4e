// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "domain/time.hpp"

namespace tradewind::risk {

/// Which scenarios VaR and ES are taken of.
enum class VarMethod : std::uint8_t {
    historical,  ///< the days as they were
    filtered,    ///< at the volatility that is expected next, by EWMA: measures::filtered_history
};

/// How risk is measured from returns.
struct StatisticsSettings {
    std::size_t history = 250;  ///< days of returns: the scenarios of VaR, and what betas rest on
    double tail = 0.05;         ///< probability outside VaR
    VarMethod method = VarMethod::filtered;
    double participation = 0.1;  ///< share of the volume that we may be, where positions are closed
    double correlated = 0.7;     ///< correlation from which instruments move together
    std::string benchmark{};     ///< symbol that betas are to; empty: none

    friend bool operator==(const StatisticsSettings&, const StatisticsSettings&) = default;
};

/// A day's forecast of risk, and what came of it.
struct RiskDay {
    Timestamp day{};              ///< its last instant
    std::optional<double> var{};  ///< of the day after, base currency, positive is a loss
    std::optional<double> es{};
    double gross = 0;  ///< market value held of what trades, magnitudes
    double lost = 0;   ///< of what may never trade again, at its last price
    /// What these positions, held to the next day's end, came to; nullopt for the last day.
    std::optional<double> pnl{};

    friend bool operator==(const RiskDay&, const RiskDay&) = default;
};

}  // namespace tradewind::risk
