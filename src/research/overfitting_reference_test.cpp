// SPDX-License-Identifier: Apache-2.0
// Cross-validation, effective trials and the reality check against
// tests/reference/overfitting.json, which numpy, scipy and arch computed
// (tests/reference/overfitting_reference.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "monitor/overfitting.hpp"
#include "monitor/reality_check.hpp"

namespace tradewind::research {
namespace {

using nlohmann::json;

struct Returns {
    std::vector<double> values;
    std::size_t trials = 0;
    std::size_t periods = 0;

    [[nodiscard]] monitor::ReturnMatrix view() const { return {values, trials, periods}; }
};

Returns returns_of(const json& rows) {
    Returns out{.values = {}, .trials = rows.size(), .periods = rows[0].size()};
    for (const json& row : rows) {
        for (const json& value : row) out.values.push_back(value.get<double>());
    }
    return out;
}

monitor::Resamples resamples_of(const json& ability, std::size_t periods) {
    monitor::Resamples out{.resamples = ability["counts"].size(),
                           .periods = periods,
                           .mean_block = ability["mean_block"]};
    for (const json& one : ability["counts"]) {
        for (const char c : one.get<std::string>()) {
            out.counts.push_back(static_cast<std::uint16_t>(c - '0'));
        }
    }
    return out;
}

class OverfittingReference : public testing::Test {
protected:
    OverfittingReference() {
        std::ifstream file("tests/reference/overfitting.json");
        cases_ = json::parse(file)["cases"];
    }
    json cases_;
};

TEST_F(OverfittingReference, cross_validation_equals_the_paper_written_out_in_numpy) {
    ASSERT_EQ(cases_.size(), 4U);
    for (const json& one : cases_) {
        const std::string name = one["name"];
        const json& expected = one["cross_validation"];
        const Returns returns = returns_of(one["returns"]);
        monitor::CrossValidation validation(returns.periods, one["blocks"]);
        for (std::size_t i = 0; i < returns.trials; ++i) validation.add(returns.view().row(i));
        const auto ours = validation.evaluate().value();
        EXPECT_EQ(ours.combinations, expected["combinations"]) << name;
        EXPECT_NEAR(ours.pbo, expected["pbo"], 1e-12) << name;
        EXPECT_NEAR(ours.probability_of_loss, expected["probability_of_loss"], 1e-12) << name;
        EXPECT_NEAR(*ours.degradation_slope, expected["degradation_slope"], 1e-9) << name;
        EXPECT_NEAR(*ours.degradation_intercept, expected["degradation_intercept"], 1e-9) << name;
        EXPECT_NEAR(*ours.degradation_r2, expected["degradation_r2"], 1e-9) << name;
        EXPECT_NEAR(ours.mean_in_sample, expected["mean_in_sample"], 1e-9) << name;
        EXPECT_NEAR(ours.mean_out_of_sample, expected["mean_out_of_sample"], 1e-9) << name;
        std::vector<double> logits = ours.logits;
        std::ranges::sort(logits);
        const std::size_t stride = std::max<std::size_t>(1, logits.size() / 20);
        for (std::size_t i = 0; i < expected["logits_sorted"].size(); ++i) {
            EXPECT_NEAR(logits[i * stride], expected["logits_sorted"][i], 1e-9) << name;
        }
    }
}

TEST_F(OverfittingReference, effective_trials_equal_numpy) {
    for (const json& one : cases_) {
        const Returns returns = returns_of(one["returns"]);
        const auto ours = monitor::effective_trials(returns.view()).value();
        const auto trials = static_cast<double>(ours.trials);
        const json& expected = one["effective"];
        EXPECT_NEAR(ours.by_eigenvalues, expected["by_eigenvalues"], 1e-9) << one["name"];
        EXPECT_NEAR(ours.mean_correlation, expected["mean_correlation"], 1e-9) << one["name"];
        EXPECT_NEAR(ours.by_mean_correlation,
                    std::clamp(expected["by_mean_correlation"].get<double>(), 1.0, trials), 1e-9)
            << one["name"];
    }
}

TEST_F(OverfittingReference, reality_check_equals_arch_on_the_draws_that_it_made) {
    for (const json& one : cases_) {
        const Returns returns = returns_of(one["returns"]);
        const json& expected = one["superior_ability"];
        const auto ours =
            monitor::reality_check(returns.view(), resamples_of(expected, returns.periods)).value();
        EXPECT_NEAR(ours.white, expected["white"], 1e-12) << one["name"];
        EXPECT_NEAR(ours.spa_lower, expected["spa_lower"], 1e-12) << one["name"];
        EXPECT_NEAR(ours.spa_consistent, expected["spa_consistent"], 1e-12) << one["name"];
        EXPECT_NEAR(ours.spa_upper, expected["spa_upper"], 1e-12) << one["name"];
    }
}

}  // namespace
}  // namespace tradewind::research
