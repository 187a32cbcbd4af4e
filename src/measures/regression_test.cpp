// SPDX-License-Identifier: Apache-2.0
#include "measures/regression.hpp"

#include <gtest/gtest.h>

#include "measures/reference_for_tests.hpp"

namespace tradewind::measures {
namespace {

// statsmodels 0.15: OLS(y, add_constant(x), missing="drop").
TEST(FactorExposure, equals_statsmodels) {
    const auto cases = reference("regression");
    ASSERT_EQ(cases.size(), 2U);
    for (const auto& one : cases) {
        const auto returns = numbers_of(one["returns"]);
        const OwnedTable factors = table_of(one["factors"]);
        const FactorExposure fit = factor_exposure(returns, factors.view()).value();
        EXPECT_NEAR(fit.alpha, one["alpha"], 1e-13);
        expect_equal(fit.betas, one["betas"], 1e-11);
        expect_equal(fit.errors, one["errors"], 1e-11);
        EXPECT_NEAR(*fit.r2, one["r2"], 1e-12);
        EXPECT_NEAR(fit.residual_deviation, one["residual_deviation"], 1e-13);
        EXPECT_EQ(fit.rows, one["rows"].get<std::size_t>());
    }
}

TEST(FactorExposure, is_exact_where_there_is_no_residual) {
    const std::vector<double> market{0.01, -0.02, 0.03, 0.005};
    std::vector<double> returns;
    for (const double one : market) returns.push_back(0.001 + 1.5 * one);
    const FactorExposure fit = beta_to(returns, market).value();
    EXPECT_NEAR(fit.betas[0], 1.5, 1e-14);
    EXPECT_NEAR(fit.alpha, 0.001, 1e-16);
    EXPECT_NEAR(*fit.r2, 1, 1e-14);
    EXPECT_FALSE(beta_to(std::vector(4, 0.0), market).value().r2.has_value());
}

TEST(FactorExposure, names_the_factor_that_depends_on_others) {
    OwnedTable factors = random_returns(3, 40, 3);
    for (std::size_t i = 0; i < 40; ++i) {
        factors.values[3 * i + 2] = factors.values[3 * i] - 2 * factors.values[3 * i + 1];
    }
    const auto returns = random_returns(4, 40, 1).values;
    EXPECT_EQ(factor_exposure(returns, factors.view()).error(),
              (Error{.kind = ErrorKind::singular, .row = 2}));
    EXPECT_EQ(beta_to(returns, std::vector(40, 0.1)).error(),
              (Error{.kind = ErrorKind::singular, .row = 0}));
}

TEST(FactorExposure, refuses_what_it_cannot_use) {
    const std::vector<double> three{0.1, 0.2, 0.1};
    EXPECT_EQ(beta_to(three, std::vector{0.1, 0.2}).error().kind, ErrorKind::wrong_shape);
    EXPECT_EQ(beta_to(std::vector{0.1, 0.2, std::nan("")}, three).error(),
              (Error{.kind = ErrorKind::too_few_rows, .row = 2, .value = 3}));
    EXPECT_EQ(beta_to(three, {}).error().kind, ErrorKind::empty);
    EXPECT_EQ(
        beta_to(three, std::vector{0.1, std::numeric_limits<double>::infinity(), 0.1}).error().row,
        1U);
}

}  // namespace
}  // namespace tradewind::measures
