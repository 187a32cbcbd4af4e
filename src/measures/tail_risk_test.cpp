// SPDX-License-Identifier: Apache-2.0
// `tail_risk` itself is held to empyrical and scipy by research/metrics_reference_test.cpp.
#include "measures/tail_risk.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "measures/distributions.hpp"
#include "measures/reference_for_tests.hpp"

namespace tradewind::measures {
namespace {

RC_GTEST_PROP(CornishFisher, is_a_distribution_on_all_of_maillards_domain, ()) {
    const double skew = *rc::gen::inRange(-240, 240) / 100.0;
    const double kurtosis = *rc::gen::inRange(0, 800) / 100.0;
    // Maillard (2012), condition for the transformation to rise everywhere.
    const double square = skew * skew;
    const bool inside =
        square / 9 - 4 * (kurtosis / 8 - square / 6) * (1 - kurtosis / 8 + 5 * square / 36) <= 0 &&
        kurtosis / 8 - square / 6 > 0;
    if (inside) RC_ASSERT((CornishFisher{skew, kurtosis}.rises()));
}

RC_GTEST_PROP(CornishFisher, rises_where_it_says_so, ()) {
    const CornishFisher expansion{*rc::gen::inRange(-240, 240) / 100.0,
                                  *rc::gen::inRange(-200, 1200) / 100.0};
    bool rises = true;
    for (double z = -5; z < 5; z += 0.01) {
        rises = rises && expansion.quantile(z + 0.01) > expansion.quantile(z);
    }
    if (expansion.rises()) RC_ASSERT(rises);
}

TEST(ParametricRisk, falls_back_to_the_larger_of_normal_and_history) {
    std::vector<double> crash = random_returns(2, 300, 1).values;
    crash[50] = -0.6;
    auto sorted = crash;
    std::ranges::sort(sorted);
    const TailRisk all = tail_risk(crash, sorted, 0.01);
    ASSERT_FALSE(all.var_cornish_fisher.has_value());
    const ParametricRisk risk = parametric_risk(crash, 0.01).value();
    EXPECT_EQ(risk.method, ParametricMethod::fallback);
    EXPECT_EQ(risk.var, std::max(*all.var_normal, *all.var_historical));
    EXPECT_EQ(risk.es, std::max(*all.es_normal, *all.es_historical));
    EXPECT_EQ(risk.es, *all.es_historical);
}

TEST(ParametricRisk, of_tame_returns_is_cornish_fishers) {
    const auto tame = random_returns(3, 300, 1).values;
    auto sorted = tame;
    std::ranges::sort(sorted);
    const ParametricRisk risk = parametric_risk(tame, 0.05).value();
    EXPECT_EQ(risk.method, ParametricMethod::cornish_fisher);
    EXPECT_EQ(risk.var, *tail_risk(tame, sorted, 0.05).var_cornish_fisher);
    EXPECT_GT(risk.es, risk.var);
}

TEST(ParametricRisk, is_undefined_without_returns_that_move) {
    EXPECT_EQ(parametric_risk(std::vector{0.1}, 0.05).error().kind, ErrorKind::too_few_rows);
    EXPECT_EQ(parametric_risk(std::vector{0.1, 0.1}, 0.05).error().kind, ErrorKind::constant);
    EXPECT_EQ(parametric_risk(std::vector{0.1, std::nan("")}, 0.05).error().row, 1U);
    EXPECT_EQ(parametric_risk(std::vector{0.1, 0.2}, 0.5).error().kind, ErrorKind::out_of_range);
}

}  // namespace
}  // namespace tradewind::measures
