// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/time.hpp"

namespace tradewind::ports {

/// What a trial was run for. The numbers are part of the ledger's format on disk.
enum class TrialOrigin : std::uint8_t { backtest = 1, optimize = 2, walkforward = 3 };

/// "backtest", "optimize", "walkforward".
[[nodiscard]] std::string_view to_string(TrialOrigin origin);

/// How far a trial came. The numbers are part of the ledger's format on disk.
enum class TrialEnd : std::uint8_t {
    whole = 0,    ///< it saw all of its data
    stopped = 1,  ///< it fell too deep, and was ended there
    pruned = 2,   ///< others of its search left it behind, and it was ended there
};

/// "whole", "stopped", "pruned".
[[nodiscard]] std::string_view to_string(TrialEnd end);

/// One run over data, whatever came of it: what the multiplicity of a result is counted from.
struct TrialRecord {
    TrialOrigin origin = TrialOrigin::backtest;
    TrialEnd end = TrialEnd::whole;
    Timestamp made_at;  ///< when it was run; the ledger fills it in where it is 0
    /// The family: all trials of one strategy on the same instruments count against each other,
    /// whatever their span, bars, fees or parameters. The strategy's name; of several, joined by
    /// '+', in order.
    std::string strategy;
    std::string instruments;    ///< symbols in order, joined by ','
    std::string data_hash;      ///< of the series that were played: 16 hexadecimal digits
    std::string settings_hash;  ///< of all settings: the same run again is no new trial
    std::string params;         ///< "fast=10 slow=30"
    std::string search;         ///< names the search it was part of; empty: none
    Timestamp from;             ///< of the equity's samples, first and last
    Timestamp to;
    std::uint64_t returns = 0;  ///< periodic returns that the moments are of
    /// Of the returns, one period; nullopt where they are constant, or the trial was stopped. Of a
    /// pruned one that of the part which it ran.
    std::optional<double> sharpe;
    std::optional<double> skew;
    std::optional<double> kurtosis;  ///< raw
    /// What the search maximised; nullopt: undefined, or no search. Of a pruned trial the value at
    /// which it was ended.
    std::optional<double> objective;

    friend bool operator==(const TrialRecord&, const TrialRecord&) = default;
};

/// The record of every run ever made. Records are only ever added.
class TrialLedger {
public:
    TrialLedger() = default;
    TrialLedger(const TrialLedger&) = delete;
    TrialLedger& operator=(const TrialLedger&) = delete;
    virtual ~TrialLedger() = default;

    /// Adds records in order, durably: after a kill all of them stand but at most the last, torn
    /// one. Safe beside other processes. The error is one line for a person.
    [[nodiscard]] virtual std::expected<void, std::string> append(
        std::span<const TrialRecord> records) = 0;
    /// Calls `each` with every record so far, in order of entry, those of other processes included.
    [[nodiscard]] virtual std::expected<void, std::string> for_each(
        const std::function<void(const TrialRecord&)>& each) const = 0;
};

}  // namespace tradewind::ports
