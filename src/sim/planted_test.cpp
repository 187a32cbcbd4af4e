// SPDX-License-Identifier: Apache-2.0
// Planted markets against the accuracy that they promise. Seeds are fixed; the bounds are four
// standard errors of a share.
#include "sim/planted.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace tradewind::sim {
namespace {

constexpr PlantedMarket kMarkets[] = {PlantedMarket::ar, PlantedMarket::regimes,
                                      PlantedMarket::interaction, PlantedMarket::memory,
                                      PlantedMarket::gate};
constexpr std::size_t kRows = 100'000;

PlantedSettings settings(PlantedMarket market, double accuracy, std::uint64_t seed) {
    PlantedSettings out{
        .market = market, .bayes_accuracy = accuracy, .seed = seed, .volatility = 0.02};
    out.instrument.symbol = "PLANTED.SIM";
    out.instrument.tick = Price{1'000};
    out.instrument.lot = Qty{1'000'000};
    out.start = parse_timestamp("2024-01-02").value();
    return out;
}

ports::Columns bars_of(const PlantedSettings& s, std::size_t rows = kRows) {
    ports::Columns out{ports::SeriesKind::bar};
    PlantedBars{s}.append(out, rows);
    return out;
}

double four_errors(double accuracy, double rows) {
    return 4 * std::sqrt(accuracy * (1 - accuracy) / rows);
}

PlantedTally tally_of(const PlantedSettings& s, const ports::Columns& bars) {
    RuleTally out{s};
    out.take(bars);
    return out.tally();
}

/// How often `rule(rows up to t)` says which way t + 1 goes.
double accuracy_of(const ports::Columns& bars, const std::function<int(std::size_t)>& rule) {
    const auto& close = bars.columns[ports::BarColumns::close];
    double right = 0;
    for (std::size_t t = 1; t + 1 < bars.rows(); ++t) {
        right += rule(t) == (close[t + 1] > close[t] ? 1 : -1) ? 1 : 0;
    }
    return right / static_cast<double>(bars.rows() - 2);
}

TEST(PlantedBars, the_bayes_rule_read_from_bars_alone_is_right_as_often_as_promised) {
    for (const PlantedMarket market : kMarkets) {
        for (const double asked : {0.5, 0.53, 0.6, 0.75, 0.9}) {
            const double accuracy = std::min(asked, bayes_accuracy_max(market));
            for (const std::uint64_t seed : {1U, 7U, 2024U}) {
                const PlantedSettings s = settings(market, accuracy, seed);
                const PlantedTally tally = tally_of(s, bars_of(s));
                ASSERT_GT(tally.rows, kRows - 20);
                EXPECT_NEAR(tally.accuracy(), accuracy, four_errors(accuracy, kRows))
                    << to_string(market) << " seed " << seed;
            }
        }
    }
}

TEST(PlantedBars, go_up_as_often_as_down) {
    for (const PlantedMarket market : kMarkets) {
        const PlantedSettings s = settings(market, 0.6, 5);
        const PlantedTally tally = tally_of(s, bars_of(s));
        // directions hang together over some ten bars: as if there were a third as many
        EXPECT_NEAR(tally.base_rate(), 0.5, four_errors(0.5, kRows / 3.0)) << to_string(market);
        EXPECT_LT(tally.flat, 20U);
    }
}

TEST(PlantedBars, a_rule_that_looks_at_the_last_return_alone_is_at_chance_where_more_is_needed) {
    for (const PlantedMarket market : {PlantedMarket::regimes, PlantedMarket::interaction}) {
        for (const std::uint64_t seed : {1U, 7U, 2024U}) {
            const ports::Columns bars = bars_of(settings(market, 0.75, seed));
            const auto& close = bars.columns[ports::BarColumns::close];
            const double accuracy =
                accuracy_of(bars, [&](std::size_t t) { return close[t] > close[t - 1] ? 1 : -1; });
            // regimes last 40 bars: as if there were a fortieth as many
            const double rows = market == PlantedMarket::regimes ? kRows / 40.0 : kRows;
            EXPECT_NEAR(accuracy, 0.5, four_errors(0.5, rows)) << to_string(market);
        }
    }
}

TEST(PlantedBars, a_gate_opens_where_volume_is_above_its_middle) {
    const double accuracy = 0.7;
    const ports::Columns bars = bars_of(settings(PlantedMarket::gate, accuracy, 3));
    const auto& close = bars.columns[ports::BarColumns::close];
    const auto& volume = bars.columns[ports::BarColumns::volume];
    std::vector<std::int64_t> sorted = volume;
    std::nth_element(sorted.begin(), sorted.begin() + kRows / 2, sorted.end());
    double rows[2] = {}, right[2] = {};
    for (std::size_t t = 1; t + 1 < bars.rows(); ++t) {
        const std::size_t is_above = volume[t] > sorted[kRows / 2] ? 1 : 0;
        rows[is_above] += 1;
        right[is_above] += (close[t] > close[t - 1]) == (close[t + 1] > close[t]) ? 1 : 0;
    }
    EXPECT_NEAR(right[0] / rows[0], 0.5, four_errors(0.5, rows[0]));
    EXPECT_NEAR(right[1] / rows[1], 2 * accuracy - 0.5, four_errors(0.9, rows[1]));
}

TEST(PlantedBars, volume_alone_is_at_chance_in_an_interaction) {
    const ports::Columns bars = bars_of(settings(PlantedMarket::interaction, 0.75, 3));
    const auto& volume = bars.columns[ports::BarColumns::volume];
    std::vector<std::int64_t> sorted = volume;
    std::nth_element(sorted.begin(), sorted.begin() + kRows / 2, sorted.end());
    const std::int64_t middle = sorted[kRows / 2];
    const double accuracy =
        accuracy_of(bars, [&](std::size_t t) { return volume[t] > middle ? 1 : -1; });
    EXPECT_NEAR(accuracy, 0.5, four_errors(0.5, kRows));
}

TEST(PlantedBars, the_last_return_tells_only_a_part_of_a_hidden_signal_or_a_memory) {
    for (const PlantedMarket market : {PlantedMarket::ar, PlantedMarket::memory}) {
        const ports::Columns bars = bars_of(settings(market, 0.6, 3));
        const auto& close = bars.columns[ports::BarColumns::close];
        const double accuracy =
            accuracy_of(bars, [&](std::size_t t) { return close[t] > close[t - 1] ? 1 : -1; });
        EXPECT_GT(accuracy, 0.51) << to_string(market);
        EXPECT_LT(accuracy, 0.58) << to_string(market);
    }
}

TEST(PlantedBars, the_rule_of_another_market_is_no_better_than_the_right_one) {
    for (const PlantedMarket market : kMarkets) {
        const PlantedSettings s = settings(market, 0.7, 11);
        const ports::Columns bars = bars_of(s);
        for (const PlantedMarket other : kMarkets) {
            if (other == market) continue;
            // where volume is high the interaction's follows the last return, and that of the
            // regimes always does, as all bars of a gate are calm: both are as good as its own
            const bool follows =
                other == PlantedMarket::interaction || other == PlantedMarket::regimes;
            if (market == PlantedMarket::gate && follows) continue;
            const PlantedTally tally = tally_of(settings(other, 0.7, 11), bars);
            EXPECT_LT(tally.accuracy(), 0.7 - four_errors(0.7, kRows))
                << to_string(market) << to_string(other);
        }
    }
}

TEST(PlantedBars, have_the_volatility_asked_for_and_bars_that_could_be_real) {
    for (const PlantedMarket market : kMarkets) {
        const PlantedSettings s = settings(market, 0.6, 2);
        const ports::Columns bars = bars_of(s);
        const auto& c = bars.columns;
        double squares = 0;
        for (std::size_t i = 0; i < bars.rows(); ++i) {
            ASSERT_TRUE(i == 0 || c[0][i] - c[0][i - 1] == s.interval.ns);
            ASSERT_TRUE(i == 0 || c[1][i] == c[4][i - 1]);
            ASSERT_LE(c[3][i], std::min(c[1][i], c[4][i]));
            ASSERT_GE(c[2][i], std::max(c[1][i], c[4][i]));
            ASSERT_GT(c[3][i], 0);
            ASSERT_GT(c[5][i], 0);
            for (std::size_t k = 1; k <= 4; ++k) ASSERT_EQ(c[k][i] % s.instrument.tick.raw, 0);
            const double r = std::log(static_cast<double>(c[4][i]) / static_cast<double>(c[1][i]));
            squares += r * r;
        }
        EXPECT_NEAR(std::sqrt(squares / kRows) / s.step(), 1, 0.02) << to_string(market);
    }
}

TEST(PlantedBars, are_the_same_from_the_same_seed_in_any_portions) {
    for (const PlantedMarket market : kMarkets) {
        const PlantedSettings s = settings(market, 0.6, 2);
        const ports::Columns whole = bars_of(s, 1000);
        ports::Columns parts{ports::SeriesKind::bar};
        PlantedBars twice{s};
        twice.append(parts, 300);
        twice.append(parts, 700);
        EXPECT_EQ(whole.columns, parts.columns);
        EXPECT_NE(whole.columns, bars_of(settings(market, 0.6, 3), 1000).columns);
    }
}

TEST(PlantedBars, prices_stay_as_near_as_is_said) {
    for (const PlantedMarket market : kMarkets) {
        for (const double asked : {0.6, 0.9}) {
            const double accuracy = std::min(asked, bayes_accuracy_max(market));
            double widest = 0, said = 0;
            for (std::uint64_t seed = 0; seed < 20; ++seed) {
                const PlantedSettings s = settings(market, accuracy, seed);
                const ports::Columns bars = bars_of(s, 20'000);
                said = log_price_deviation(s, bars.rows());
                for (const std::int64_t close : bars.columns[ports::BarColumns::close]) {
                    widest = std::max(widest, std::abs(std::log(to_double(Price{close}) / 100)));
                }
            }
            EXPECT_LT(widest, 4 * said) << to_string(market) << accuracy;
            EXPECT_GT(widest, said / 3) << to_string(market) << accuracy;
        }
    }
}

TEST(PlantedBars, ticks_that_would_swallow_returns_are_told) {
    PlantedSettings s = settings(PlantedMarket::ar, 0.6, 2);
    EXPECT_TRUE(is_fine_enough(s));
    s.instrument.tick = Price{10'000'000};  // 0.01, of bars that move by 0.02
    EXPECT_FALSE(is_fine_enough(s));
}

TEST(PlantedTruth, comes_back_as_it_was_written) {
    const PlantedTruths truths{
        {"PLANTED.SIM", {PlantedMarket::memory, 0.6, 7, "1h"}},
        {"PLANTED2.SIM", {PlantedMarket::ar, 0.55, 18'000'000'000'000'000'000U, "1m"}}};
    const auto back = parse_planted(to_json(truths));
    ASSERT_TRUE(back.has_value()) << back.error();
    EXPECT_EQ(*back, truths);
}

TEST(PlantedTruth, what_is_none_is_refused_by_name) {
    EXPECT_EQ(parse_planted("[1]").error(), "it is no JSON object");
    EXPECT_EQ(parse_planted(R"({"A.SIM": {"market": "planted-luck"}})").error(),
              "A.SIM: its market is missing or none");
    EXPECT_EQ(parse_planted(R"({"A.SIM": {"market": "planted-ar", "bayes_accuracy": 2}})").error(),
              "A.SIM: its bayes_accuracy is missing or none");
    EXPECT_EQ(
        parse_planted(R"({"A.SIM": {"market": "planted-ar", "bayes_accuracy": 0.6, "seed": -1}})")
            .error(),
        "A.SIM: its seed is missing or none");
}

}  // namespace
}  // namespace tradewind::sim
