// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "monitor/metrics.hpp"
#include "ports/trial_ledger.hpp"

/// The ledger of trials, read for the deflated Sharpe ratio.
namespace tradewind::research {

/// All trials of one strategy on the same instruments, whatever their span, bars, fees or
/// parameters.
struct TrialFamily {
    std::string strategy;     ///< name; of several, joined by '+', in order
    std::string instruments;  ///< symbols in order, joined by ','

    friend bool operator==(const TrialFamily&, const TrialFamily&) = default;
};

/// What the ledger knows of one family.
struct TrialCount {
    std::uint64_t runs = 0;         ///< records
    std::uint64_t trials = 0;       ///< different settings among them
    std::uint64_t with_sharpe = 0;  ///< different settings with a Sharpe ratio
    /// Sample variance over the different settings of their one-period Sharpe ratios; nullopt under
    /// two of them.
    std::optional<double> sharpe_variance;

    /// For `monitor::MetricsInput`; nullopt where there is no variance to speak of.
    [[nodiscard]] std::optional<monitor::Trials> for_deflation() const;
};

[[nodiscard]] TrialCount count_trials(std::span<const ports::TrialRecord> records,
                                      const TrialFamily& family);

/// Fills in what follows from a run's equity: span, number of returns, one-period Sharpe ratio over
/// the risk-free rate of a period, skew and raw kurtosis.
void describe_returns(ports::TrialRecord& record, std::span<const monitor::EquityPoint> equity,
                      double risk_free_period);

}  // namespace tradewind::research
