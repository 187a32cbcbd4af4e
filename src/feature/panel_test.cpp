// SPDX-License-Identifier: Apache-2.0
#include "feature/panel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>

#include "base/random.hpp"

namespace tradewind::feature {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMinute = 60'000'000'000;
using Column = std::vector<double>;

/// Bars of one feed; what is not given here is made of the close.
struct Bars {
    std::vector<std::int64_t> known_at;
    std::array<Column, kBarFieldCount> columns;

    void add(std::int64_t known, double close) {
        const double values[] = {
            close, close + 1, close - 1, close, 100, static_cast<double>(known) / 1e9, 0, 0};
        known_at.push_back(known);
        for (std::size_t i = 0; i < kBarFieldCount; ++i) columns[i].push_back(values[i]);
    }
    [[nodiscard]] BarRows view(std::size_t from, std::size_t end) const {
        BarRows out{.known_at = std::span{known_at}.subspan(from, end - from)};
        for (std::size_t i = 0; i < kBarFieldCount; ++i) out.columns[i] = columns[i].data() + from;
        return out;
    }
};

/// What a panel is fed, feed by feed.
struct World {
    std::vector<Bars> bars;
    std::vector<std::vector<Fact>> facts;
};

/// By member, then by output.
using Table = std::vector<std::vector<Column>>;

std::shared_ptr<const Graph> graph_of(const std::vector<FeatureText>& features,
                                      const Surroundings& surroundings = {}) {
    auto graph = Graph::compile(features, surroundings);
    EXPECT_TRUE(graph.has_value()) << describe(graph.error());
    return std::make_shared<const Graph>(std::move(*graph));
}

std::string error_of(std::string expression, const Surroundings& surroundings = {}) {
    const auto graph =
        Graph::compile(std::vector<FeatureText>{{"x", std::move(expression)}}, surroundings);
    return graph ? "none" : describe(graph.error().error);
}

/// Runs in calls that end at the instants given (the last one ends all).
Table run(Panel panel, const World& world, const std::vector<std::int64_t>& ends = {}) {
    EXPECT_EQ(panel.bar_feeds().size(), world.bars.size());
    EXPECT_EQ(panel.fact_feeds().size(), world.facts.size());
    Table out(panel.members().size(), std::vector<Column>(panel.graph().outputs().size()));
    std::vector<std::size_t> bars_at(world.bars.size()), facts_at(world.facts.size());
    for (std::size_t call = 0; call <= ends.size(); ++call) {
        const std::int64_t end = call < ends.size() ? ends[call] : INT64_MAX;
        std::vector<BarRows> bars;
        std::vector<std::span<const Fact>> facts;
        for (std::size_t i = 0; i < world.bars.size(); ++i) {
            const auto& known = world.bars[i].known_at;
            const auto to = std::upper_bound(known.begin(), known.end(), end) - known.begin();
            bars.push_back(world.bars[i].view(bars_at[i], static_cast<std::size_t>(to)));
            bars_at[i] = static_cast<std::size_t>(to);
        }
        for (std::size_t i = 0; i < world.facts.size(); ++i) {
            const auto rest = std::span{world.facts[i]}.subspan(facts_at[i]);
            const auto to = std::find_if(rest.begin(), rest.end(),
                                         [&](const Fact& fact) { return fact.known_at > end; });
            facts.push_back(rest.first(static_cast<std::size_t>(to - rest.begin())));
            facts_at[i] += facts.back().size();
        }
        EXPECT_TRUE(panel.run({.bars = bars, .facts = facts}, [&](const Panel::Rows& got) {
            for (std::size_t i = 0; i < got.columns.size(); ++i) {
                Column& column = out[got.member][i];
                column.insert(column.end(), got.columns[i], got.columns[i] + got.rows);
            }
            return true;
        }));
    }
    return out;
}

bool same_bytes(const Table& a, const Table& b) {
    for (std::size_t member = 0; member < a.size(); ++member) {
        for (std::size_t i = 0; i < a[member].size(); ++i) {
            if (!std::equal(a[member][i].begin(), a[member][i].end(), b[member][i].begin(),
                            b[member][i].end(), [](double x, double y) {
                                return std::bit_cast<std::uint64_t>(x) ==
                                       std::bit_cast<std::uint64_t>(y);
                            })) {
                return false;
            }
        }
    }
    return true;
}

void expect_column(const Column& got, const Column& expected) {
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        if (std::isnan(expected[i])) {
            EXPECT_TRUE(std::isnan(got[i])) << "row " << i << " is " << got[i];
        } else {
            EXPECT_DOUBLE_EQ(got[i], expected[i]) << "row " << i;
        }
    }
}

Bars bars_at(const std::vector<std::pair<std::int64_t, double>>& closes) {
    Bars out;
    for (const auto& [minute, close] : closes) out.add(minute * kMinute, close);
    return out;
}

// --- joins ---------------------------------------------------------------------------------------

TEST(Join, takes_the_last_bar_of_another_instrument_known_at_the_instant) {
    Panel panel{graph_of({{"x", "of(\"SPY.ARCA\", close)"}}), {{.symbol = "X"}}};
    ASSERT_EQ(panel.bar_feeds().size(), 2U);
    EXPECT_EQ(panel.bar_feeds()[1].symbol, "SPY.ARCA");
    const World world{.bars = {bars_at({{10, 1}, {20, 2}, {30, 3}, {40, 4}}),
                               bars_at({{20, 7}, {21, 8}, {40, 9}, {41, 10}})},
                      .facts = {}};
    expect_column(run(std::move(panel), world)[0][0], {kNaN, 7, 8, 9});
}

TEST(Join, works_an_expression_out_on_the_other_bars) {
    Panel panel{graph_of({{"x", "close / on(1h, ret(1))"}}), {{.symbol = "X"}}};
    EXPECT_EQ(panel.bar_feeds()[1].symbol, "X");
    EXPECT_EQ(panel.bar_feeds()[1].interval, hours(1));
    const World world{.bars = {bars_at({{60, 1}, {119, 2}, {120, 3}, {190, 4}}),
                               bars_at({{60, 10}, {120, 20}, {180, 50}})},
                      .facts = {}};
    expect_column(run(std::move(panel), world)[0][0], {kNaN, kNaN, 3, 4 / 1.5});
}

TEST(Join, forgets_what_is_older_than_it_may_be) {
    const auto graph = graph_of({{"x", "of(\"Y\", close, max_age=5m)"}});
    const World world{
        .bars = {bars_at({{10, 1}, {15, 1}, {16, 1}, {30, 1}}), bars_at({{10, 7}, {29, 8}})},
        .facts = {}};
    expect_column(run(Panel{graph, {{.symbol = "X"}}}, world)[0][0], {7, 7, kNaN, 8});
    expect_column(run(Panel{graph, {{.symbol = "X"}}}, world,
                      {12 * kMinute, 15 * kMinute, 20 * kMinute})[0][0],
                  {7, 7, kNaN, 8});
}

TEST(Join, says_both_which_instrument_and_which_bars) {
    const auto graph =
        graph_of({{"a", "of(\"Y\", on(1d, close))"}, {"b", "on(1d, of(\"Y\", close))"}});
    const Panel panel{graph, {{.symbol = "X"}}};
    ASSERT_EQ(panel.bar_feeds().size(), 2U);
    EXPECT_EQ(panel.bar_feeds()[1].symbol, "Y");
    EXPECT_EQ(panel.bar_feeds()[1].interval, days(1));
    EXPECT_EQ(graph->outputs()[0].slot, graph->outputs()[1].slot);
}

TEST(Join, reads_others_from_within) {
    // the ratio of daily closes, as it stood at the last daily bar of X
    Panel panel{graph_of({{"x", "on(1d, close / of(\"Y\", close))"}}), {{.symbol = "X"}}};
    ASSERT_EQ(panel.bar_feeds().size(), 3U);
    EXPECT_EQ(panel.bar_feeds()[1].symbol, "Y");
    EXPECT_EQ(panel.bar_feeds()[2].symbol, "X");
    const World world{.bars = {bars_at({{5, 1}, {10, 1}, {15, 1}, {20, 1}, {25, 1}}),
                               bars_at({{9, 2}, {12, 4}, {20, 5}}), bars_at({{10, 10}, {20, 30}})},
                      .facts = {}};
    expect_column(run(std::move(panel), world)[0][0], {kNaN, 5, 5, 6, 6});
}

TEST(Join, takes_features_by_name_to_other_bars) {
    Panel panel{graph_of({{"double", "close * 2"}, {"x", "of(\"Y\", double) - double"}}),
                {{.symbol = "X"}}};
    const World world{.bars = {bars_at({{1, 1}, {2, 2}}), bars_at({{1, 10}, {2, 20}})},
                      .facts = {}};
    expect_column(run(std::move(panel), world)[0][1], {18, 36});
}

TEST(Join, names_what_is_wrong) {
    const std::string of =
        "of(\"SPY.ARCA\", close) takes an instrument in quotes and an expression";
    EXPECT_EQ(error_of("of(close, open)"), "column 4: " + of);
    EXPECT_EQ(error_of("of(\"Y\")"), "column 1: " + of);
    EXPECT_EQ(error_of("on(5, open)"),
              "column 4: on(1d, close) takes the length of a bar and an expression");
    EXPECT_EQ(error_of("of(\"Y\", close, 3)"), "column 16: of takes one thing more, max_age=3d");
    EXPECT_EQ(error_of("of(\"Y\", clse)"),
              "column 9: there is no clse; the bar has open, high, low, close, volume, time, "
              "session_open, session_close; do you mean close?");
    EXPECT_EQ(
        error_of("on(1d, rank(close))"),
        "column 8: rank compares instruments row by row: it cannot stand inside of of(...) or "
        "on(...)");
    EXPECT_EQ(error_of("1 + on(1d, macd())"),
              "column 12: there are several outputs: say which, .macd or .signal or .histogram");
}

// --- across --------------------------------------------------------------------------------------

/// The value of one instant for members that have closes there.
Column across(std::string expression, const Column& closes,
              const std::vector<std::uint32_t>& groups = {}) {
    std::vector<Panel::Member> members;
    World world;
    for (std::size_t i = 0; i < closes.size(); ++i) {
        members.push_back({.symbol = std::string(1, static_cast<char>('A' + i)),
                           .groups = {groups.empty() ? 0 : groups[i]}});
        world.bars.push_back(bars_at({{1, closes[i]}}));
    }
    const Table table = run(
        Panel{graph_of({{"x", std::move(expression)}}, {.groups = {"sector"}}), std::move(members)},
        world);
    Column out;
    for (const auto& columns : table) out.push_back(columns[0][0]);
    return out;
}

TEST(Across, ranks_with_equal_values_sharing_their_places) {
    expect_column(across("rank(close)", {5, 1, 3, 3}), {1, 0.25, 0.625, 0.625});
    expect_column(across("rank(close)", {5}), {1});
    expect_column(across("rank(close, sector)", {5, 1, 3, 4}, {0, 1, 0, 1}), {1, 0.5, 0.5, 1});
}

TEST(Across, leaves_out_what_is_missing) {
    expect_column(across("rank(log(close))", {5, -1, 3}), {1, kNaN, 0.5});
    expect_column(across("cs_count(log(close))", {5, -1, 3}), {2, kNaN, 2});
}

TEST(Across, neutralizes_by_group_and_by_a_series) {
    expect_column(across("neutralize(close)", {1, 2, 6}), {-2, -1, 3});
    expect_column(across("neutralize(close, sector)", {1, 3, 10, 30}, {0, 0, 1, 1}),
                  {-1, 1, -10, 10});
    // y = 2x + 1 leaves nothing; a constant series leaves what the mean does
    expect_column(across("neutralize(close * 2 + 1, close)", {1, 2, 4}), {0, 0, 0});
    expect_column(across("neutralize(close, close * 0)", {1, 2, 6}), {-2, -1, 3});
}

TEST(Across, scales_and_measures) {
    expect_column(across("cs_zscore(close)", {1, 2, 3}), {-1, 0, 1});
    expect_column(across("cs_zscore(close)", {2, 2}), {kNaN, kNaN});
    expect_column(across("cs_scale(close)", {1, -3}), {0.25, -0.75});
    expect_column(across("cs_mean(close)", {1, 2, 6}), {3, 3, 3});
    expect_column(across("cs_std(close)", {1, 3}), {std::sqrt(2.0), std::sqrt(2.0)});
    expect_column(across("cs_quantile(close, 0.25)", {4, 0, 8}), {2, 2, 2});
    expect_column(across("cs_winsorize(close, 0.25)", {0, 4, 8}), {2, 4, 6});
}

TEST(Across, compares_only_those_that_have_a_row_at_the_instant) {
    // B starts late, C dies early, and one minute has only A
    const World world{.bars = {bars_at({{1, 1}, {2, 1}, {3, 1}, {4, 1}}), bars_at({{3, 5}, {4, 5}}),
                               bars_at({{1, 0.5}, {3, 9}})},
                      .facts = {}};
    const auto graph = graph_of({{"x", "rank(close)"}});
    const std::vector<Panel::Member> members{{.symbol = "A"}, {.symbol = "B"}, {.symbol = "C"}};
    const Table whole = run(Panel{graph, members}, world);
    expect_column(whole[0][0], {1, 1, 1.0 / 3, 0.5});
    expect_column(whole[1][0], {2.0 / 3, 1});
    expect_column(whole[2][0], {0.5, 1});
    EXPECT_TRUE(same_bytes(run(Panel{graph, members, 1}, world), whole));
}

TEST(Across, may_be_read_by_windows_and_by_others) {
    const auto graph = graph_of({{"r", "rank(close)"},
                                 {"moved", "delta(r)"},
                                 {"again", "rank(sma(r, 2) + open * 0)"},
                                 {"plain", "close + 1"}});
    EXPECT_EQ(graph->stages(), 3U);
    const World world{
        .bars = {bars_at({{1, 1}, {2, 3}, {3, 1}}), bars_at({{1, 2}, {2, 2}, {3, 2}})},
        .facts = {}};
    const Table table = run(Panel{graph, {{.symbol = "A"}, {.symbol = "B"}}}, world);
    expect_column(table[0][0], {0.5, 1, 0.5});
    expect_column(table[0][1], {kNaN, 0.5, -0.5});
    expect_column(table[0][2], {kNaN, 0.75, 0.75});
    expect_column(table[1][3], {3, 3, 3});
}

TEST(Across, names_what_is_wrong) {
    const Surroundings around{.groups = {"sector"}};
    EXPECT_EQ(error_of("rank()"), "column 1: rank takes a series, and none is given");
    EXPECT_EQ(error_of("rank(close, open)"), "column 13: rank takes 1 series");
    EXPECT_EQ(
        error_of("rank(close, sector)"),
        "column 13: there is no sector; say which instruments it groups: --group sector=FILE");
    EXPECT_EQ(error_of("neutralize(close, secto)", around),
              "column 19: there is no secto; say which instruments it groups: --group secto=FILE; "
              "do you mean sector?");
    EXPECT_EQ(error_of("sector + 1", around),
              "column 1: sector groups instruments and is no series: it stands in rank(x, sector), "
              "neutralize(x, sector)");
    EXPECT_EQ(error_of("cs_winsorize(close, 0.7)"),
              "column 1: cs_winsorize: q is a number from 0 to 0.5, not 0.7");
}

// --- facts ---------------------------------------------------------------------------------------

const Surroundings kSources{.sources = {{"news", SourceKind::news, true},
                                        {"fomc", SourceKind::calendar},
                                        {"vix", SourceKind::series}},
                            .groups = {}};

Column with_facts(std::string expression, const std::vector<std::int64_t>& minutes,
                  std::vector<Fact> facts) {
    Bars bars;
    for (const std::int64_t minute : minutes) bars.add(minute * kMinute, 1);
    for (Fact& fact : facts) {
        fact.known_at *= kMinute;
        fact.at *= kMinute;
    }
    const auto graph = graph_of({{"x", std::move(expression)}}, kSources);
    const World world{.bars = {bars}, .facts = {facts}};
    const Table whole = run(Panel{graph, {{.symbol = "X"}}}, world);
    EXPECT_TRUE(same_bytes(
        run(Panel{graph, {{.symbol = "X"}}, 1}, world, {3 * kMinute, 25 * kMinute}), whole));
    return whole[0][0];
}

TEST(Facts, counts_down_to_what_is_known_to_come) {
    const std::vector<Fact> schedule{
        {.known_at = 5, .at = 30, .kind = FactKind::schedule},
        {.known_at = 12, .at = 20, .kind = FactKind::schedule},
        {.known_at = 20, .at = 20, .value = 1, .forecast = kNaN, .previous = kNaN}};
    expect_column(with_facts("minutes_to(fomc)", {1, 10, 15, 20, 21, 30, 31}, schedule),
                  {kNaN, 20, 5, 0, 9, 0, kNaN});
    expect_column(with_facts("minutes_since(fomc)", {1, 10, 19, 20, 21, 35}, schedule),
                  {kNaN, kNaN, kNaN, 0, 1, 5});
}

TEST(Facts, tells_a_release_only_once_it_is_known_and_its_revision_after_it) {
    const std::vector<Fact> releases{
        {.known_at = 10, .at = 10, .value = 3, .forecast = 2, .previous = 1},
        {.known_at = 20, .at = 20, .value = 5, .forecast = kNaN, .previous = 3},
        {.known_at = 30, .at = 10, .value = 99, .forecast = 2, .previous = 1},
        {.known_at = 40, .at = 20, .value = 6, .forecast = 4, .previous = 3}};
    const std::vector<std::int64_t> minutes{9, 10, 20, 30, 40};
    expect_column(with_facts("fomc.actual", minutes, releases), {kNaN, 3, 5, 5, 6});
    // of the second none is known at first: what is revised is that of the first
    expect_column(with_facts("fomc.surprise", minutes, releases), {kNaN, 1, 1, 97, 2});
    expect_column(with_facts("fomc.previous", minutes, releases), {kNaN, 1, 3, 3, 3});
}

TEST(Facts, lets_sentiment_fade) {
    const std::vector<Fact> news{{.known_at = 10, .at = 10, .value = 1},
                                 {.known_at = 20, .at = 20, .value = -0.5}};
    expect_column(with_facts("sentiment_decay(news, 10m)", {5, 10, 20, 30}, news), {0, 1, 0, 0});
    expect_column(with_facts("sentiment_mean(news, 10m)", {5, 10, 20, 300}, news), {kNaN, 1, 0, 0});
    expect_column(with_facts("news_count(news, 10m)", {5, 10, 19, 20, 29, 30}, news),
                  {0, 1, 1, 1, 1, 0});
}

TEST(Facts, reads_a_series_by_its_name_alone) {
    const std::vector<Fact> vix{{.known_at = 10, .at = 1, .value = 20},
                                {.known_at = 20, .at = 11, .value = 30}};
    expect_column(with_facts("vix / 10", {9, 10, 19, 20}, vix), {kNaN, 2, 2, 3});
    expect_column(with_facts("delta(vix.value)", {9, 10, 19, 20}, vix), {kNaN, kNaN, 0, 10});
}

TEST(Facts, gives_each_instrument_its_own_news) {
    const Panel panel{graph_of({{"x", "news_count(news, 1d) + vix"}}, kSources),
                      {{.symbol = "A"}, {.symbol = "B"}}};
    ASSERT_EQ(panel.fact_feeds().size(), 3U);
    EXPECT_EQ(panel.fact_feeds()[0].symbol, "A");
    EXPECT_EQ(panel.fact_feeds()[1].symbol, "B");
    EXPECT_EQ(panel.fact_feeds()[2].symbol, "");
}

TEST(Facts, names_what_is_wrong) {
    EXPECT_EQ(error_of("minutes_to(payrolls)"),
              "column 12: there is no source payrolls; name one: --source payrolls=calendar:FILE");
    EXPECT_EQ(error_of("minutes_to(formc)", kSources),
              "column 12: there is no source formc; name one: --source formc=calendar:FILE; do you "
              "mean fomc?");
    EXPECT_EQ(error_of("minutes_to(news)", kSources),
              "column 12: news is a source of news; minutes_to does not take these");
    EXPECT_EQ(error_of("sentiment_decay(news)", kSources),
              "column 1: sentiment_decay takes a source and a duration, as in "
              "sentiment_decay(news, 6h)");
    EXPECT_EQ(error_of("sentiment_decay(news, 6)", kSources),
              "column 23: a duration above 0 is due here, as in sentiment_decay(news, 6h)");
    EXPECT_EQ(error_of("fomc + 1", kSources),
              "column 1: fomc is no series: say fomc.actual or minutes_to(fomc)");
    EXPECT_EQ(error_of("fomc.actul", kSources),
              "column 6: fomc has no actul; it has actual, forecast, previous, surprise");
    EXPECT_EQ(error_of("on(1d, vix)", kSources),
              "column 8: vix is asked at the row's own instant: it cannot stand inside of of(...) "
              "or on(...)");
}

// --- all of it -----------------------------------------------------------------------------------

/// Instruments with holes that start late and die early, others to join, facts at any time.
World random_world(const Panel& panel, std::uint64_t seed) {
    base::Random random{seed};
    World out;
    for (const Panel::BarFeed& feed : panel.bar_feeds()) {
        Bars bars;
        double close = 100;
        const std::uint64_t skip = feed.track == 0 ? 4 : 2 + random.below(9);
        const auto begin = static_cast<std::int64_t>(random.below(300));
        const auto end = 700 + static_cast<std::int64_t>(random.below(600));
        for (std::int64_t minute = begin; minute < end; ++minute) {
            if (random.below(skip) == 0 && feed.track == 0) continue;
            if (random.below(skip) != 0 && feed.track != 0) continue;
            close = std::max(1.0, close + random.uniform() - 0.5);
            bars.add(minute * kMinute, random.below(50) == 0 ? kNaN : close);
        }
        out.bars.push_back(std::move(bars));
    }
    for (const Panel::FactFeed& feed : panel.fact_feeds()) {
        std::vector<Fact> facts;
        for (std::int64_t minute = 0; minute < 1300; ++minute) {
            if (random.below(20) != 0) continue;
            const bool is_schedule = feed.source == 1 && random.below(2) == 0;
            const auto ahead = static_cast<std::int64_t>(is_schedule ? random.below(200) : 0);
            facts.push_back({.known_at = minute * kMinute,
                             .at = (minute + ahead) * kMinute,
                             .kind = is_schedule ? FactKind::schedule : FactKind::value,
                             .value = random.uniform() * 2 - 1,
                             .forecast = random.uniform(),
                             .previous = random.uniform()});
        }
        out.facts.push_back(std::move(facts));
    }
    return out;
}

std::vector<FeatureText> everything() {
    return {{"mom", "log(close / ref(close, 5))"},
            {"r", "rank(mom)"},
            {"smooth", "ema(r, 7)"},
            {"neutral", "neutralize(smooth, sector)"},
            {"again", "cs_zscore(neutral + sentiment_decay(news, 30m)) * close"},
            {"resid", "neutralize(mom, sma(close, 9), sector)"},
            {"spy", "corr(ret(1), of(\"SPY\", ret(1)), 10)"},
            {"hour", "close / on(1h, sma(close, 3)) - of(\"SPY\", on(1h, rsi(3)), max_age=2h)"},
            {"nested", "on(1h, close / of(\"SPY\", close))"},
            {"event", "minutes_to(fomc) + minutes_since(fomc)"},
            {"told", "fomc.surprise * vix"},
            {"much", "news_count(news, 3h)"}};
}

Panel everything_panel(std::size_t block = Panel::kBlock) {
    Surroundings around = kSources;
    around.groups = {"sector"};
    std::vector<Panel::Member> members;
    for (std::uint32_t i = 0; i < 5; ++i) {
        members.push_back(
            {.symbol = std::string(1, static_cast<char>('A' + i)), .groups = {i % 2}});
    }
    return {graph_of(everything(), around), std::move(members), block};
}

TEST(PanelOfAll, gives_the_same_bytes_in_portions_of_any_length) {
    const World world = random_world(everything_panel(), 5);
    const Table whole = run(everything_panel(), world);
    std::size_t with_value = 0;
    for (const auto& columns : whole) {
        for (const Column& column : columns) {
            with_value += static_cast<std::size_t>(std::count_if(
                column.begin(), column.end(), [](double x) { return !std::isnan(x); }));
        }
    }
    EXPECT_GT(with_value, 5'000U);
    std::vector<std::int64_t> every, some;
    for (std::int64_t minute = 0; minute < 1300; ++minute) {
        every.push_back(minute * kMinute);
        if (minute % 37 == 0) some.push_back(minute * kMinute + 1);
    }
    for (const std::size_t block : {1UL, 2UL, 7UL, 128UL, 5000UL}) {
        EXPECT_TRUE(same_bytes(run(everything_panel(block), world), whole)) << block;
        EXPECT_TRUE(same_bytes(run(everything_panel(block), world, every), whole)) << block;
        EXPECT_TRUE(same_bytes(run(everything_panel(block), world, some), whole)) << block;
    }
}

TEST(PanelOfAll, each_instrument_alone_has_the_same_joins_and_facts) {
    // without functions across instruments a member does not hang on the others
    const std::vector<FeatureText> features{everything()[0], everything()[6], everything()[7],
                                            everything()[9], everything()[11]};
    const auto graph = graph_of(features, kSources);
    std::vector<Panel::Member> members{{.symbol = "A"}, {.symbol = "B"}, {.symbol = "C"}};
    const Panel together{graph, members};
    const World world = random_world(together, 9);
    const Table whole = run(Panel{graph, members}, world);
    for (std::size_t i = 0; i < members.size(); ++i) {
        const Panel alone{graph, {members[i]}};
        World own;
        for (const Panel::BarFeed& feed : alone.bar_feeds()) {
            for (std::size_t k = 0; k < together.bar_feeds().size(); ++k) {
                const Panel::BarFeed& other = together.bar_feeds()[k];
                if (other.symbol == feed.symbol && other.track == feed.track) {
                    own.bars.push_back(world.bars[k]);
                }
            }
        }
        for (const Panel::FactFeed& feed : alone.fact_feeds()) {
            for (std::size_t k = 0; k < together.fact_feeds().size(); ++k) {
                const Panel::FactFeed& other = together.fact_feeds()[k];
                if (other.symbol == feed.symbol && other.source == feed.source) {
                    own.facts.push_back(world.facts[k]);
                }
            }
        }
        EXPECT_TRUE(same_bytes(run(Panel{graph, {members[i]}}, own), {whole[i]})) << i;
    }
}

TEST(PanelOfAll, ends_where_the_sink_says) {
    const auto graph = graph_of({{"x", "close"}});
    Bars bars;
    for (std::int64_t i = 0; i < 500; ++i) bars.add(i, 1);
    const BarRows in = bars.view(0, 500);
    std::size_t calls = 0;
    EXPECT_FALSE(Panel(graph, {{.symbol = "X"}}).run({.bars = {&in, 1}}, [&](const Panel::Rows&) {
        return ++calls < 2;
    }));
    EXPECT_EQ(calls, 2U);
}

}  // namespace
}  // namespace tradewind::feature
