// SPDX-License-Identifier: Apache-2.0
#include "engine/feature_tap.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace tradewind::engine {
namespace {

std::vector<feature::Panel::Member> members_of(const FeaturePlan& plan,
                                               const InstrumentTable& instruments,
                                               const std::vector<InstrumentId>& traded) {
    std::vector<feature::Panel::Member> out;
    for (std::size_t i = 0; i < traded.size(); ++i) {
        out.push_back(
            {.symbol = instruments.at(traded[i]).symbol,
             .groups = plan.groups.empty() ? std::vector<std::uint32_t>{} : plan.groups[i]});
    }
    return out;
}

}  // namespace

FeatureTap::FeatureTap(const FeaturePlan& plan, const InstrumentTable& instruments,
                       std::vector<InstrumentId> traded, const BarSpec& bars)
    : traded_(std::move(traded)),
      panel_(plan.graph, members_of(plan, instruments, traded_), 1),
      values_(plan.graph->outputs().size()) {
    for (const feature::Panel::FactFeed& feed : panel_.fact_feeds()) {
        const auto found =
            std::find_if(plan.facts.begin(), plan.facts.end(), [&](const SourceFacts& facts) {
                return facts.source == feed.source && facts.symbol == feed.symbol;
            });
        ASSERT(found != plan.facts.end());
        facts_.push_back(found->facts);
    }
    facts_at_.resize(facts_.size());
    told_.resize(facts_.size());
    for (const feature::Panel::BarFeed& feed : panel_.bar_feeds()) {
        const Instrument* instrument = instruments.find(feed.symbol);
        ASSERT(instrument != nullptr);
        BarSpec spec = bars;
        if (feed.interval.ns > 0) spec = time_bars(feed.interval, bars.source);
        feeds_.push_back({.instrument = instrument->id,
                          .bars = spec,
                          .maker = feature::BarRowMaker{instrument->calendar}});
    }
    rows_.resize(feeds_.size());
}

bool FeatureTap::take(Timestamp closed, const Bar& bar) {
    bool is_taken = false;
    for (Feed& feed : feeds_) {
        if (feed.instrument != bar.instrument || feed.bars != bar.spec) continue;
        // a second bar that ends at the same instant has no order to what it would be joined with
        if (waits() && !feed.known_at.empty() && feed.known_at.back() == closed.ns) continue;
        const auto row = feed.maker.row({.open = bar.open,
                                         .high = bar.high,
                                         .low = bar.low,
                                         .close = bar.close,
                                         .volume = bar.volume},
                                        closed);
        feed.known_at.push_back(closed.ns);
        for (std::size_t i = 0; i < row.size(); ++i) feed.columns[i].push_back(row[i]);
        is_taken = true;
    }
    return is_taken;
}

void FeatureTap::bring_facts(std::int64_t now) {
    for (std::size_t i = 0; i < facts_.size(); ++i) {
        const auto rest = std::span<const feature::Fact>{facts_[i]}.subspan(facts_at_[i]);
        const auto end = std::find_if(rest.begin(), rest.end(), [now](const feature::Fact& fact) {
            return fact.known_at > now;
        });
        told_[i] = rest.first(static_cast<std::size_t>(end - rest.begin()));
        facts_at_[i] += told_[i].size();
    }
}

void FeatureTap::run_panel(const feature::Panel::Sink& sink) {
    std::int64_t now = INT64_MIN;
    for (const Feed& feed : feeds_) {
        if (!feed.known_at.empty()) now = std::max(now, feed.known_at.back());
    }
    bring_facts(now);
    for (std::size_t i = 0; i < feeds_.size(); ++i) {
        rows_[i].known_at = feeds_[i].known_at;
        for (std::size_t k = 0; k < feature::kBarFieldCount; ++k) {
            rows_[i].columns[k] = feeds_[i].columns[k].data();
        }
    }
    panel_.run({.bars = rows_, .facts = told_}, sink);
    for (Feed& feed : feeds_) {
        feed.known_at.clear();
        for (auto& column : feed.columns) column.clear();
    }
}

}  // namespace tradewind::engine
