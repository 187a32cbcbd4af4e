// SPDX-License-Identifier: Apache-2.0
#include "monitor/overfitting.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.hpp"

namespace tradewind::monitor {
namespace {

std::vector<double> noise(std::uint64_t seed, std::size_t n, double mean = 0) {
    base::Random random(seed);
    std::vector<double> out(n);
    for (double& one : out) one = mean + 0.01 * random.normal();
    return out;
}

Overfitting validate(const std::vector<std::vector<double>>& trials, std::size_t blocks) {
    CrossValidation validation(trials.front().size(), blocks);
    for (const auto& one : trials) validation.add(one);
    return validation.evaluate().value();
}

// Bailey and Lopez de Prado (2012), "minimum track record length": an annual Sharpe ratio of 2
// against 1 at 95 %: 3.24 years of normal monthly returns, 4.99 with skew -0.72 and kurtosis 5.78.
TEST(MinimumTrackRecord, equals_the_papers_examples) {
    const double month = 1 / std::sqrt(12.0);
    EXPECT_NEAR(*minimum_track_record({2 * month, 0, 0, 3}, month, 0.95) / 12, 3.24, 0.005);
    EXPECT_NEAR(*minimum_track_record({2 * month, 0, -0.72, 5.78}, month, 0.95) / 12, 4.99, 0.005);
}

TEST(MinimumTrackRecord, is_undefined_at_or_below_the_threshold) {
    EXPECT_FALSE(minimum_track_record({0.1, 0, 0, 3}, 0.1, 0.95).has_value());
    EXPECT_FALSE(minimum_track_record({-0.1, 0, 0, 3}, 0, 0.95).has_value());
}

RC_GTEST_PROP(MinimumTrackRecord, is_where_the_probabilistic_ratio_reaches_the_confidence, ()) {
    const double sharpe = *rc::gen::inRange(10, 300) / 1000.0;
    const double skew = *rc::gen::inRange(-20, 20) / 10.0;
    const double kurtosis = 1 + skew * skew + *rc::gen::inRange(1, 100) / 10.0;
    const auto n = minimum_track_record({sharpe, 0, skew, kurtosis}, 0, 0.95);
    RC_PRE(n.has_value() && *n > 2);
    const auto above = static_cast<std::size_t>(std::ceil(*n));
    RC_ASSERT(*probabilistic_sharpe({sharpe, above, skew, kurtosis}, 0) >= 0.95 - 1e-12);
    RC_ASSERT(*probabilistic_sharpe({sharpe, above - 1, skew, kurtosis}, 0) <= 0.95 + 1e-12);
}

// Bailey, Borwein, Lopez de Prado and Zhu (2014): "if only five years of data are available, no
// more than forty-five independent model configurations should be tried".
TEST(MinimumBacktest, equals_the_papers_example) {
    EXPECT_NEAR(*minimum_backtest_years(45, 1.0), 5.0, 0.05);
    EXPECT_FALSE(minimum_backtest_years(1, 1.0).has_value());
    EXPECT_FALSE(minimum_backtest_years(45, 0.0).has_value());
}

TEST(CrossValidation, of_noise_is_a_coin_toss_and_of_skill_is_near_zero) {
    std::vector<std::vector<double>> trials;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) trials.push_back(noise(seed, 960));
    const Overfitting worthless = validate(trials, 12);
    EXPECT_EQ(worthless.combinations, 924U);
    EXPECT_GT(worthless.pbo, 0.3);
    trials[7] = noise(8, 960, 0.003);
    const Overfitting skilled = validate(trials, 12);
    EXPECT_LT(skilled.pbo, 0.01);
    EXPECT_LT(skilled.probability_of_loss, 0.01);
    EXPECT_GT(skilled.mean_out_of_sample, 0.2);
}

TEST(CrossValidation, ranks_equal_trials_in_the_middle) {
    const auto one = noise(1, 64);
    const Overfitting same = validate({one, one, one}, 4);
    for (const double logit : same.logits) EXPECT_DOUBLE_EQ(logit, 0);
    EXPECT_EQ(same.pbo, 1);
}

TEST(CrossValidation, counts_a_trial_that_never_trades_as_zero) {
    const Overfitting out = validate({std::vector<double>(64, 0.0), noise(1, 64, -0.02)}, 4);
    for (const double sharpe : out.in_sample) EXPECT_EQ(sharpe, 0);
    EXPECT_EQ(out.pbo, 0);
}

TEST(CrossValidation, leaves_the_oldest_returns_out_where_blocks_do_not_divide) {
    const auto a = noise(1, 67);
    const auto b = noise(2, 67);
    const auto tail = [](const std::vector<double>& all) {
        return std::vector<double>(all.end() - 64, all.end());
    };
    const Overfitting whole = validate({a, b}, 8);
    EXPECT_EQ(whole.periods, 64U);
    EXPECT_EQ(whole.in_sample, validate({tail(a), tail(b)}, 8).in_sample);
}

TEST(CrossValidation, needs_two_trials) {
    CrossValidation validation(64, 4);
    validation.add(noise(1, 64));
    EXPECT_FALSE(validation.evaluate().has_value());
}

TEST(EffectiveTrials, are_one_for_copies_and_all_for_independent_ones) {
    std::vector<double> copies;
    std::vector<double> independent;
    const auto one = noise(1, 2000);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        copies.insert(copies.end(), one.begin(), one.end());
        const auto other = noise(seed, 2000);
        independent.insert(independent.end(), other.begin(), other.end());
    }
    const auto few = effective_trials({copies, 20, 2000}).value();
    EXPECT_NEAR(few.by_eigenvalues, 1, 1e-9);
    EXPECT_NEAR(few.by_mean_correlation, 1, 1e-9);
    const auto many = effective_trials({independent, 20, 2000}).value();
    EXPECT_NEAR(many.by_eigenvalues, 20, 0.5);
    EXPECT_NEAR(many.by_mean_correlation, 20, 0.5);
}

TEST(EffectiveTrials, do_not_depend_on_which_side_of_the_matrix_is_longer) {
    // Ten groups of copies: ten trials, whether the matrix is higher or wider.
    for (const std::size_t copies : {5U, 50U}) {
        std::vector<double> values;
        for (std::uint64_t group = 1; group <= 10; ++group) {
            const auto one = noise(group, 200);
            for (std::size_t i = 0; i < copies; ++i) {
                values.insert(values.end(), one.begin(), one.end());
            }
        }
        const auto out = effective_trials({values, 10 * copies, 200}).value();
        EXPECT_NEAR(out.by_eigenvalues, 10, 1) << copies;
    }
}

TEST(EffectiveTrials, leave_constant_trials_out) {
    std::vector<double> values(300, 0.0);
    EXPECT_FALSE(effective_trials({values, 3, 100}).has_value());
}

}  // namespace
}  // namespace tradewind::monitor
