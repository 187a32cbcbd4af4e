// SPDX-License-Identifier: Apache-2.0
#include "research/trials.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tradewind::research {
namespace {

ports::TrialRecord trial(const std::string& settings, std::optional<double> sharpe) {
    ports::TrialRecord out;
    out.strategy = "sma-cross";
    out.instruments = "SPY.ARCA";
    out.data_hash = "d";
    out.settings_hash = settings;
    out.sharpe = sharpe;
    return out;
}

TrialCount count(const std::vector<ports::TrialRecord>& records) {
    TrialCounter counter{{.strategy = "sma-cross", .instruments = "SPY.ARCA"}};
    for (const ports::TrialRecord& one : records) counter.add(one);
    return counter.count();
}

TEST(TrialCounter, counts_different_settings_once_and_other_families_not_at_all) {
    ports::TrialRecord other_strategy = trial("e", 9.0);
    other_strategy.strategy = "ema-cross";
    ports::TrialRecord other_instrument = trial("f", 9.0);
    other_instrument.instruments = "QQQ.NASDAQ";
    const TrialCount out = count({trial("a", 0.1), trial("b", 0.3), trial("a", 0.1),
                                  trial("c", std::nullopt), other_strategy, other_instrument});
    EXPECT_EQ(out.runs, 4U);
    EXPECT_EQ(out.trials, 3U);
    EXPECT_EQ(out.with_sharpe, 2U);
    EXPECT_NEAR(out.sharpe_variance.value(), 0.02, 1e-15);
}

TEST(TrialCounter, counts_the_same_settings_on_other_data_again) {
    ports::TrialRecord later = trial("a", 0.2);
    later.data_hash = "e";
    EXPECT_EQ(count({trial("a", 0.1), later}).trials, 2U);
}

TEST(TrialCounter, has_no_variance_of_one_trial) {
    EXPECT_FALSE(count({trial("a", 0.1)}).for_deflation().has_value());
}

TEST(DescribeReturns, leaves_the_ratio_of_a_run_that_never_traded_undefined) {
    const std::vector<monitor::EquityPoint> flat{{{1}, 100}, {{2}, 100}, {{3}, 100}};
    ports::TrialRecord out;
    describe_returns(out, flat, {});
    EXPECT_EQ(out.returns, 2U);
    EXPECT_EQ(out.to, Timestamp{3});
    EXPECT_FALSE(out.sharpe.has_value());
}

TEST(Deflate, lowers_the_probability_as_trials_are_added) {
    ports::TrialRecord record = trial("a", 0.1);
    record.returns = 500;
    record.skew = -0.5;
    record.kurtosis = 5;
    double before = 1;
    for (const std::uint64_t trials : {2U, 10U, 1000U}) {
        monitor::Metrics metrics;
        deflate(metrics, record, {.trials = trials, .sharpe_variance = 0.001});
        EXPECT_EQ(metrics.trials, trials);
        EXPECT_LT(metrics.dsr.value(), before);
        before = *metrics.dsr;
    }
}

}  // namespace
}  // namespace tradewind::research
