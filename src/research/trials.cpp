// SPDX-License-Identifier: Apache-2.0
#include "research/trials.hpp"

#include <set>
#include <vector>

#include "monitor/statistics.hpp"

namespace tradewind::research {

std::optional<monitor::Trials> TrialCount::for_deflation() const {
    if (!sharpe_variance) return std::nullopt;
    return monitor::Trials{.count = trials, .sharpe_variance = *sharpe_variance};
}

TrialCount count_trials(std::span<const ports::TrialRecord> records, const TrialFamily& family) {
    TrialCount out;
    std::vector<double> sharpes;
    std::set<std::string_view> seen;
    for (const ports::TrialRecord& one : records) {
        if (one.strategy != family.strategy || one.instruments != family.instruments) continue;
        ++out.runs;
        if (!seen.insert(one.settings_hash).second) continue;
        ++out.trials;
        if (one.sharpe) sharpes.push_back(*one.sharpe);
    }
    out.with_sharpe = sharpes.size();
    if (const auto deviation = monitor::sample_deviation(sharpes)) {
        out.sharpe_variance = *deviation * *deviation;
    }
    return out;
}

void describe_returns(ports::TrialRecord& record, std::span<const monitor::EquityPoint> equity,
                      double risk_free_period) {
    if (equity.empty()) return;
    record.from = equity.front().ts;
    record.to = equity.back().ts;
    auto excess = monitor::returns_of(equity);
    if (!excess) return;
    record.returns = excess->size();
    for (double& one : *excess) one -= risk_free_period;
    const auto deviation = monitor::sample_deviation(*excess);
    if (!deviation || *deviation == 0) return;
    record.sharpe = *monitor::mean(*excess) / *deviation;
    record.skew = monitor::skewness(*excess);
    record.kurtosis = monitor::raw_kurtosis(*excess);
}

}  // namespace tradewind::research
