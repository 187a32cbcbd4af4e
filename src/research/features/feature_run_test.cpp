// SPDX-License-Identifier: Apache-2.0
// What a strategy is told of features inside a run is, to the bit, what history gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>

#include "base/random.hpp"
#include "research/backtest.hpp"
#include "research/features/feature_bars.hpp"
#include "sim/memory_history.hpp"

namespace tradewind::research {
namespace {

constexpr std::int64_t kUnit = 1'000'000'000;

/// By instrument: when, and the values.
using Told = std::map<std::uint32_t, std::vector<std::pair<std::int64_t, std::vector<double>>>>;

class Listener final : public signal::Strategy {
public:
    explicit Listener(Told& told) : told_(told) {}
    void on_features(signal::Context& context, const signal::FeatureRow& row) override {
        EXPECT_EQ(context.now(), row.known_at);
        told_[row.instrument.value].emplace_back(
            row.known_at.ns, std::vector<double>{row.values.begin(), row.values.end()});
    }

private:
    Told& told_;
};

/// Minute bars with holes; two hours for each symbol, the third starts late.
struct Market {
    sim::MemoryHistory history;
    InstrumentTable instruments;
    std::vector<ports::SeriesKey> series;

    Market() {
        base::Random random{3};
        for (const std::string symbol : {"A.X", "B.X", "C.X"}) {
            Instrument instrument;
            instrument.symbol = symbol;
            instrument.asset_class = AssetClass::crypto_spot;
            history.add_instrument(instrument);
            instruments.add(instrument);
            ports::Columns bars{ports::SeriesKind::bar};
            std::int64_t price = 100 * kUnit;
            for (std::int64_t minute = symbol == "C.X" ? 30 : 0; minute < 400; ++minute) {
                if (random.below(5) == 0) continue;
                const std::int64_t open = price;
                price += (static_cast<std::int64_t>(random.below(201)) - 100) * (kUnit / 100);
                const std::int64_t row[] = {minute * 60 * kUnit,
                                            open,
                                            std::max(open, price),
                                            std::min(open, price),
                                            price,
                                            static_cast<std::int64_t>(random.below(50)) * kUnit};
                for (std::size_t i = 0; i < 6; ++i) bars.columns[i].push_back(row[i]);
            }
            series.push_back(
                {.symbol = symbol, .kind = ports::SeriesKind::bar, .spec = time_bars(minutes(1))});
            history.add_series(series.back(), std::move(bars));
        }
    }
};

/// What a source tells of an instrument; empty: of all.
std::vector<feature::Fact> facts_of(std::uint32_t source, const std::string& symbol) {
    base::Random random{source * 10 + (symbol == "A.X" ? 1U : symbol == "B.X" ? 2U : 3U)};
    std::vector<feature::Fact> out;
    for (std::int64_t minute = 0; minute < 400; ++minute) {
        if (random.below(9) != 0) continue;
        // some between bars, some at the very close of one, some of what is due later
        const std::int64_t known = minute * 60 * kUnit + (random.below(2) == 0 ? 0 : kUnit);
        const bool is_due = source == 1 && random.below(2) == 0;
        out.push_back({.known_at = known,
                       .at = known + (is_due ? 3600 * kUnit : 0),
                       .kind = is_due ? feature::FactKind::schedule : feature::FactKind::value,
                       .value = random.uniform() - 0.5,
                       .forecast = random.uniform(),
                       .previous = random.uniform()});
    }
    return out;
}

Told history_tells(const Market& market, const PanelPlan& plan) {
    FeatureData data;
    const feature::Panel panel = plan.make(1);
    for (const feature::Panel::FactFeed& feed : panel.fact_feeds()) {
        data.facts.push_back(facts_of(feed.source, feed.symbol));
    }
    for (const feature::Panel::BarFeed& feed : panel.bar_feeds()) {
        const ports::SeriesKey key{
            .symbol = feed.symbol, .kind = ports::SeriesKind::bar, .spec = time_bars(minutes(1))};
        data.bars.push_back(
            *read_feature_bars(market.history, *market.history.find_instrument(feed.symbol), key));
    }
    Told out;
    const auto done = compute_features(
        plan, data,
        [&](std::size_t member,
            const ports::FeatureRows& rows) -> std::expected<void, std::string> {
            for (std::size_t i = 0; i < rows.rows(); ++i) {
                std::vector<double> values;
                for (const double* column : rows.columns) values.push_back(column[i]);
                out[static_cast<std::uint32_t>(member)].emplace_back(rows.known_at[i], values);
            }
            return {};
        });
    EXPECT_TRUE(done.has_value());
    return out;
}

Told run_tells(const Market& market, const PanelPlan& plan) {
    Told out;
    engine::FeaturePlan features{.graph = plan.graph};
    const feature::Panel panel = plan.make(1);
    for (const feature::Panel::FactFeed& feed : panel.fact_feeds()) {
        features.facts.push_back({.source = feed.source,
                                  .symbol = feed.symbol,
                                  .facts = facts_of(feed.source, feed.symbol)});
    }
    engine::StrategySlot slot{.name = "listener",
                              .strategy = std::make_unique<Listener>(out),
                              .instruments = {},
                              .bars = time_bars(minutes(1))};
    for (const feature::Panel::Member& member : plan.members) {
        slot.instruments.push_back(market.instruments.find(member.symbol)->id);
        features.groups.push_back(member.groups);
    }
    slot.features = std::move(features);
    std::vector<engine::StrategySlot> slots;
    slots.push_back(std::move(slot));
    sim::WorldSettings world;
    world.series = market.series;
    world.deposits = {{.currency = kUsd, .amount = whole_money(1000)}};
    const auto result = run_backtest({.instruments = market.instruments,
                                      .history = market.history,
                                      .world = world,
                                      .engine = {},
                                      .strategies = std::move(slots)});
    EXPECT_TRUE(result.has_value()) << result.error();
    return out;
}

void expect_same(const Told& run, const Told& history) {
    ASSERT_EQ(run.size(), history.size());
    for (const auto& [instrument, rows] : history) {
        const auto& other = run.at(instrument);
        ASSERT_EQ(other.size(), rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            EXPECT_EQ(other[i].first, rows[i].first);
            for (std::size_t k = 0; k < rows[i].second.size(); ++k) {
                EXPECT_EQ(std::bit_cast<std::uint64_t>(other[i].second[k]),
                          std::bit_cast<std::uint64_t>(rows[i].second[k]))
                    << "row " << i << " feature " << k;
            }
        }
    }
}

PanelPlan plan_of(const std::vector<feature::FeatureText>& features,
                  const feature::Surroundings& around = {}) {
    auto graph = feature::Graph::compile(features, around);
    EXPECT_TRUE(graph.has_value()) << feature::describe(graph.error());
    PanelPlan out{.graph = std::make_shared<const feature::Graph>(std::move(*graph)),
                  .members = {}};
    std::uint32_t group = 0;
    for (const std::string symbol : {"A.X", "B.X", "C.X"}) {
        out.members.push_back(
            {.symbol = symbol, .groups = std::vector<std::uint32_t>(around.groups.size(), group)});
        group = 1 - group;
    }
    return out;
}

TEST(FeaturesInARun, of_own_bars_are_those_of_history) {
    const Market market;
    const PanelPlan plan =
        plan_of({{"r", "rsi(14)"}, {"z", "zscore(log(close/ref(close,5)),20)"}, {"t", "time"}});
    expect_same(run_tells(market, plan), history_tells(market, plan));
}

TEST(FeaturesInARun, that_compare_and_join_instruments_are_those_of_history) {
    const Market market;
    const PanelPlan plan = plan_of({{"r", "rank(ret(5))"},
                                    {"n", "neutralize(ema(r, 5), sector)"},
                                    {"c", "corr(ret(1), of(\"B.X\", ret(1)), 10)"},
                                    {"last", "of(\"C.X\", close)"}},
                                   {.sources = {}, .groups = {"sector"}});
    const Told told = run_tells(market, plan);
    expect_same(told, history_tells(market, plan));
    EXPECT_GT(told.at(0).size(), 250U);
}

TEST(FeaturesInARun, of_news_calendars_and_series_are_those_of_history) {
    using feature::SourceKind;
    const Market market;
    const PanelPlan plan = plan_of({{"mood", "sentiment_decay(news, 30m)"},
                                    {"count", "rank(news_count(news, 1h))"},
                                    {"due", "minutes_to(fomc) + minutes_since(fomc)"},
                                    {"told", "fomc.surprise - vix * close"}},
                                   {.sources = {{"news", SourceKind::news, true},
                                                {"fomc", SourceKind::calendar, false},
                                                {"vix", SourceKind::series, false}},
                                    .groups = {}});
    expect_same(run_tells(market, plan), history_tells(market, plan));
}

}  // namespace
}  // namespace tradewind::research
