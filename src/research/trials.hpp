// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

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
    std::uint64_t trials = 0;       ///< different ones: by settings and data
    std::uint64_t with_sharpe = 0;  ///< different ones with a Sharpe ratio
    /// Sample variance over the different ones of their one-period Sharpe ratios; nullopt under
    /// two of them.
    std::optional<double> sharpe_variance;

    /// For `monitor::MetricsInput`; nullopt where there is no variance to speak of.
    [[nodiscard]] std::optional<monitor::Trials> for_deflation() const;
};

/// Folds records, in any order, into the count of one family.
class TrialCounter {
public:
    explicit TrialCounter(TrialFamily family) : family_(std::move(family)) {}
    void add(const ports::TrialRecord& record);
    [[nodiscard]] TrialCount count() const;

private:
    TrialFamily family_;
    std::uint64_t runs_ = 0;
    std::set<std::string> settings_;  ///< hashes of data and settings
    std::vector<double> sharpes_;
};

/// Of all that the ledger holds. The error is the ledger's.
[[nodiscard]] std::expected<TrialCount, std::string> count_trials(const ports::TrialLedger& ledger,
                                                                  const TrialFamily& family);

/// Trials that belong together: those of one search or walk-forward, or runs of the same settings.
struct TrialGroup {
    std::string id;  ///< of the search; of a run on its own the hash of its settings
    ports::TrialOrigin origin = ports::TrialOrigin::backtest;
    TrialFamily family;
    Timestamp first_made;
    Timestamp last_made;
    Timestamp from;  ///< the earliest and the latest sample of all trials
    Timestamp to;
    std::uint64_t runs = 0;    ///< records
    std::uint64_t trials = 0;  ///< different ones: by settings and data
    std::uint64_t stopped = 0;
    std::uint64_t pruned = 0;
    /// The highest objective of those that ran whole; without objectives the highest Sharpe ratio.
    std::optional<ports::TrialRecord> best;
};

/// Folds records into groups, in order of first entry.
class TrialGroups {
public:
    void add(const ports::TrialRecord& record);
    [[nodiscard]] std::span<const TrialGroup> all() const { return groups_; }

private:
    std::vector<TrialGroup> groups_;
    std::map<std::string, std::size_t> places_;  ///< by id
    std::set<std::string> trials_;               ///< id, data and settings
};
/// By the objective, where one of them has one, else by the Sharpe ratio.
[[nodiscard]] bool is_better_trial(const ports::TrialRecord& a, const ports::TrialRecord& b);
/// The group that a record belongs to.
[[nodiscard]] const std::string& group_id(const ports::TrialRecord& record);

/// A yearly rate, and the periods a year that it is spread over.
struct RiskFreeRate {
    double annual_rate = 0;
    double annual_factor = 252;

    /// (1 + rate)^(1 / factor) - 1, as `monitor::AnnualRate` is taken.
    [[nodiscard]] double period() const;
};

/// Fills in what follows from a run's equity: span, number of returns, one-period Sharpe ratio over
/// the risk-free rate, skew and raw kurtosis.
void describe_returns(ports::TrialRecord& record, std::span<const monitor::EquityPoint> equity,
                      const RiskFreeRate& risk_free);

/// Puts the number of trials and the deflated Sharpe ratio of the trial `record` into its metrics.
void deflate(monitor::Metrics& metrics, const ports::TrialRecord& record, const TrialCount& count);

}  // namespace tradewind::research
