// SPDX-License-Identifier: Apache-2.0
#include "measures/scenarios.hpp"

#include <gtest/gtest.h>

#include "measures/covariance.hpp"
#include "measures/moments.hpp"
#include "measures/reference_for_tests.hpp"
#include "measures/scenario_risk.hpp"
#include "measures/volatility.hpp"

namespace tradewind::measures {
namespace {

const SquareMatrix kCovariance{.size = 2, .values = {4e-4, 1e-4, 1e-4, 1e-4}};

std::vector<double> column_of(const ReturnsTable& table, std::size_t column) {
    std::vector<double> out;
    for (std::size_t i = 0; i < table.rows(); ++i) out.push_back(table.at(i, column));
    return out;
}

double var_of(const Scenarios& scenarios, double tail) {
    auto risk = ScenarioRisk::create({.scenarios = scenarios.view(), .tail = tail}).value();
    EXPECT_TRUE(risk.set_exposures(std::vector{1.0, 0.0}));
    return risk.risk().var;
}

TEST(Simulate, draws_from_the_covariance) {
    for (const auto df : {std::optional<double>{}, std::optional(6.0)}) {
        const auto drawn =
            simulate(kCovariance, {.scenarios = 200'000, .seed = 3, .degrees_of_freedom = df})
                .value();
        const auto sample = sample_covariance(drawn.view(), MissingRows::refuse).value();
        for (std::size_t i = 0; i < 4; ++i) {
            EXPECT_NEAR(sample.matrix.values[i], kCovariance.values[i], 0.02 * 4e-4);
        }
    }
}

// scipy 1.17: stats.norm.ppf(0.01) = -2.326348, stats.t(4).ppf(0.01) = -3.746947; of variance 1 the
// latter is -2.649492. Standard error of the quantile of 200,000 draws is about 0.01.
TEST(Simulate, has_the_tail_of_its_distribution) {
    const Simulation normal{.scenarios = 200'000, .seed = 5};
    EXPECT_NEAR(var_of(simulate(kCovariance, normal).value(), 0.01), 2.326348 * 0.02, 0.0006);
    const Simulation student{.scenarios = 200'000, .seed = 5, .degrees_of_freedom = 4};
    EXPECT_NEAR(var_of(simulate(kCovariance, student).value(), 0.01), 2.649492 * 0.02, 0.0008);
    const auto drawn = simulate(kCovariance, student).value();
    EXPECT_GT(*raw_kurtosis(column_of(drawn.view(), 0)), 5);
}

TEST(Simulate, repeats_itself_and_takes_singular_covariances) {
    const SquareMatrix singular{.size = 2, .values = {1e-4, 2e-4, 2e-4, 4e-4}};
    const Simulation seven{.scenarios = 100, .seed = 7};
    const auto drawn = simulate(singular, seven).value();
    EXPECT_EQ(drawn.values, simulate(singular, seven).value().values);
    EXPECT_NE(drawn.values, simulate(singular, {.scenarios = 100, .seed = 8}).value().values);
    for (std::size_t i = 0; i < 100; ++i) {
        EXPECT_NEAR(drawn.view().at(i, 1), 2 * drawn.view().at(i, 0), 1e-9);
    }
}

TEST(Simulate, refuses_what_is_no_covariance_or_has_no_variance) {
    EXPECT_EQ(simulate({.size = 2, .values = {1, 2, 2, 1}}, {}).error().kind,
              ErrorKind::not_semidefinite);
    EXPECT_EQ(simulate(kCovariance, {.degrees_of_freedom = 2}).error().kind,
              ErrorKind::out_of_range);
    EXPECT_EQ(simulate(kCovariance, {.scenarios = 0}).error().kind, ErrorKind::empty);
}

TEST(FilteredHistory, scales_each_return_to_the_volatility_that_is_expected) {
    const OwnedTable history = random_returns(11, 300, 2);
    const auto filtered = filtered_history(history.view(), {.decay = 0.9}).value();
    const auto returns = column_of(history.view(), 1);
    const auto variances = ewma_variances(returns, 0.9).value();
    for (const std::size_t i : {0U, 100U, 299U}) {
        EXPECT_NEAR(filtered.view().at(i, 1),
                    returns[i] / std::sqrt(variances[i]) * std::sqrt(variances[300]), 1e-15);
    }
}

TEST(FilteredHistory, by_garch_keeps_the_mean_apart) {
    const OwnedTable history{.values = numbers_of(reference("garch")[0]["returns"]), .columns = 1};
    const auto filtered =
        filtered_history(history.view(), {.model = VolatilityModel::garch}).value();
    const Garch fit = fit_garch(history.values).value();
    const auto variances = garch_variances(fit, history.values);
    EXPECT_NEAR(
        filtered.values[700],
        fit.mean + (history.values[700] - fit.mean) * std::sqrt(variances.back() / variances[700]),
        1e-15);
}

// A market that has gone calm: plain history still sees the storm, filtered history does not.
TEST(FilteredHistory, follows_the_volatility_of_the_day) {
    OwnedTable history = random_returns(12, 400, 2);
    for (std::size_t i = 0; i < 400; ++i) history.values[i] *= 4;  // the first 200 rows
    const Scenarios plain{.values = history.values, .columns = 2};
    const auto filtered = filtered_history(history.view(), {}).value();
    EXPECT_LT(var_of(filtered, 0.05), 0.6 * var_of(plain, 0.05));
}

TEST(FilteredHistory, names_the_instrument_that_it_cannot_filter) {
    OwnedTable still = random_returns(13, 150, 3);
    for (std::size_t i = 0; i < 150; ++i) still.values[3 * i + 2] = 0;
    EXPECT_EQ(filtered_history(still.view(), {}).error(),
              (Error{.kind = ErrorKind::constant, .row = 0, .column = 2}));
    EXPECT_EQ(filtered_history(still.view(), {.model = VolatilityModel::garch}).error().column, 2U);
    still.values[4] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(filtered_history(still.view(), {}).error().kind, ErrorKind::missing_value);
}

}  // namespace
}  // namespace tradewind::measures
