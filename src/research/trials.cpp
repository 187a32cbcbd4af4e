// SPDX-License-Identifier: Apache-2.0
#include "research/trials.hpp"

#include <algorithm>
#include <cmath>

#include "base/try.hpp"
#include "measures/moments.hpp"
#include "monitor/overfitting.hpp"
#include "monitor/statistics.hpp"

namespace tradewind::research {

std::optional<monitor::Trials> TrialCount::for_deflation() const {
    if (!sharpe_variance) return std::nullopt;
    return monitor::Trials{.count = trials, .sharpe_variance = *sharpe_variance};
}

void TrialCounter::add(const ports::TrialRecord& record) {
    if (record.strategy != family_.strategy || record.instruments != family_.instruments) return;
    ++runs_;
    if (!settings_.insert(record.data_hash + record.settings_hash).second) return;
    if (record.sharpe) sharpes_.push_back(*record.sharpe);
}

TrialCount TrialCounter::count() const {
    TrialCount out{.runs = runs_,
                   .trials = settings_.size(),
                   .with_sharpe = sharpes_.size(),
                   .sharpe_variance = std::nullopt};
    if (const auto deviation = measures::sample_deviation(sharpes_)) {
        out.sharpe_variance = *deviation * *deviation;
    }
    return out;
}

std::expected<TrialCount, std::string> count_trials(const ports::TrialLedger& ledger,
                                                    const TrialFamily& family) {
    TrialCounter counter{family};
    TRY_VOID(ledger.for_each([&](const ports::TrialRecord& record) { counter.add(record); }));
    return counter.count();
}

const std::string& group_id(const ports::TrialRecord& record) {
    return record.search.empty() ? record.settings_hash : record.search;
}

bool is_better_trial(const ports::TrialRecord& a, const ports::TrialRecord& b) {
    if (a.objective || b.objective) return a.objective > b.objective;
    return a.sharpe > b.sharpe;  // an absent one is below any
}

void TrialGroups::add(const ports::TrialRecord& record) {
    const std::string& id = group_id(record);
    const auto [place, is_new] = places_.emplace(id, groups_.size());
    if (is_new) {
        groups_.push_back(
            {.id = id,
             .origin = record.origin,
             .family = {.strategy = record.strategy, .instruments = record.instruments},
             .first_made = record.made_at,
             .last_made = record.made_at,
             .from = record.from,
             .to = record.to,
             .best = std::nullopt});
    }
    TrialGroup& group = groups_[place->second];
    group.last_made = std::max(group.last_made, record.made_at);
    group.from = std::min(group.from, record.from);
    group.to = std::max(group.to, record.to);
    ++group.runs;
    if (!trials_.insert(id + record.data_hash + record.settings_hash).second) return;
    ++group.trials;
    group.stopped += record.end == ports::TrialEnd::stopped ? 1U : 0U;
    group.pruned += record.end == ports::TrialEnd::pruned ? 1U : 0U;
    if (record.end != ports::TrialEnd::whole) return;
    if (!group.best || is_better_trial(record, *group.best)) group.best = record;
}

double RiskFreeRate::period() const { return std::pow(1 + annual_rate, 1 / annual_factor) - 1; }

void describe_returns(ports::TrialRecord& record, std::span<const monitor::EquityPoint> equity,
                      const RiskFreeRate& risk_free) {
    if (equity.empty()) return;
    record.from = equity.front().ts;
    record.to = equity.back().ts;
    auto excess = monitor::returns_of(equity);
    if (!excess) return;
    record.returns = excess->size();
    for (double& one : *excess) one -= risk_free.period();
    const auto deviation = measures::sample_deviation(*excess);
    if (!deviation || *deviation == 0) return;
    record.sharpe = *measures::mean(*excess) / *deviation;
    record.skew = measures::skewness(*excess);
    record.kurtosis = measures::raw_kurtosis(*excess);
}

void deflate(monitor::Metrics& metrics, const ports::TrialRecord& record, const TrialCount& count) {
    metrics.trials = count.trials;
    metrics.dsr.reset();
    const auto trials = count.for_deflation();
    if (!trials || !record.sharpe || !record.skew || !record.kurtosis) return;
    metrics.dsr = monitor::deflated_sharpe({.sharpe = *record.sharpe,
                                            .n = static_cast<std::size_t>(record.returns),
                                            .skew = *record.skew,
                                            .kurtosis = *record.kurtosis},
                                           *trials);
}

}  // namespace tradewind::research
