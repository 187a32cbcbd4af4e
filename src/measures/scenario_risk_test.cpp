// SPDX-License-Identifier: Apache-2.0
#include "measures/scenario_risk.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

#include "measures/reference_for_tests.hpp"

namespace tradewind::measures {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

ScenarioRisk risk_of(const OwnedTable& table, std::span<const double> exposures, double tail) {
    auto out = ScenarioRisk::create({.scenarios = table.view(), .tail = tail}).value();
    EXPECT_TRUE(out.set_exposures(exposures));
    return out;
}

std::vector<double> var_of(std::span<const TailLoss> losses) {
    std::vector<double> out;
    for (const TailLoss& one : losses) out.push_back(one.var);
    return out;
}

std::vector<double> es_of(std::span<const TailLoss> losses) {
    std::vector<double> out;
    for (const TailLoss& one : losses) out.push_back(one.es);
    return out;
}

double sum_of(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
}

// numpy's quantile, Acerbi and Tasche's definition written out in numpy, scipy's normal.
TEST(ScenarioRisk, equals_numpy) {
    const auto cases = reference("portfolio");
    ASSERT_EQ(cases.size(), 3U);
    for (const auto& one : cases) {
        const auto exposures = numbers_of(one["exposures"]);
        ScenarioRisk risk = risk_of(table_of(one["returns"]), exposures, one["tail"]);
        const TailLoss total = risk.risk();
        EXPECT_NEAR(total.var, one["var"], 1e-9 * total.var);
        EXPECT_NEAR(total.es, one["es"], 1e-9 * total.es);
        const auto components = risk.components();
        expect_equal(var_of(components), one["component_var"], 1e-10);
        expect_equal(es_of(components), one["component_es"], 1e-10);
    }
}

TEST(NormalRisk, equals_scipy_and_adds_up) {
    for (const auto& one : reference("portfolio")) {
        const auto exposures = numbers_of(one["exposures"]);
        const SquareMatrix covariance{.size = exposures.size(),
                                      .values = numbers_of(one["covariance"])};
        const NormalRisk risk = normal_risk(covariance, exposures, one["tail"]).value();
        EXPECT_NEAR(risk.total.var, one["normal_var"], 1e-10 * risk.total.var);
        EXPECT_NEAR(risk.total.es, one["normal_es"], 1e-10 * risk.total.es);
        expect_equal(var_of(risk.components), one["normal_component_var"], 1e-10);
        expect_equal(es_of(risk.components), one["normal_component_es"], 1e-10);
        EXPECT_NEAR(sum_of(var_of(risk.components)), risk.total.var, 1e-10 * risk.total.var);
    }
}

TEST(NormalRisk, refuses_what_is_no_covariance) {
    const SquareMatrix indefinite{.size = 2, .values = {1, 2, 2, 1}};
    EXPECT_EQ(normal_risk(indefinite, std::vector{1.0, -1.0}, 0.05).error().kind,
              ErrorKind::not_semidefinite);
    EXPECT_EQ(normal_risk(indefinite, std::vector{1.0}, 0.05).error().kind, ErrorKind::wrong_shape);
    EXPECT_EQ(normal_risk(indefinite, std::vector{1.0, 1.0}, 0.5).error().kind,
              ErrorKind::out_of_range);
    EXPECT_EQ(normal_risk({.size = 1, .values = {kNaN}}, std::vector{1.0}, 0.05).error().kind,
              ErrorKind::not_finite);
}

struct Book {
    OwnedTable scenarios{};
    std::vector<double> exposures{};
    double tail = 0.05;
};

Book any_book() {
    base::Random random(*rc::gen::inRange<std::uint64_t>(1, 1'000'000));
    Book out{.scenarios = random_returns(random.next(), *rc::gen::inRange<std::size_t>(1, 120),
                                         *rc::gen::inRange<std::size_t>(1, 8)),
             .tail = *rc::gen::inRange(1, 50) / 100.0};
    for (std::size_t i = 0; i < out.scenarios.columns; ++i) {
        out.exposures.push_back(1e5 * random.normal());
    }
    return out;
}

RC_GTEST_PROP(ScenarioRisk, components_add_up_to_the_whole, ()) {
    const Book book = any_book();
    ScenarioRisk risk = risk_of(book.scenarios, book.exposures, book.tail);
    const TailLoss total = risk.risk();
    const auto components = risk.components();
    RC_ASSERT(std::abs(sum_of(var_of(components)) - total.var) < 1e-6);
    RC_ASSERT(std::abs(sum_of(es_of(components)) - total.es) < 1e-6);
    RC_ASSERT(total.es >= total.var - 1e-9);
}

RC_GTEST_PROP(ScenarioRisk, es_of_two_books_is_at_most_the_sum_of_theirs, ()) {
    const Book book = any_book();
    std::vector<double> other = book.exposures;
    std::vector<double> both = book.exposures;
    for (std::size_t i = 0; i < other.size(); ++i) {
        other[i] = 1e5 * std::sin(static_cast<double>(i) + book.exposures[0]);
        both[i] += other[i];
    }
    const double one = risk_of(book.scenarios, book.exposures, book.tail).risk().es;
    const double two = risk_of(book.scenarios, other, book.tail).risk().es;
    RC_ASSERT(risk_of(book.scenarios, both, book.tail).risk().es <= one + two + 1e-6);
}

RC_GTEST_PROP(ScenarioRisk, grows_with_size_and_shrinks_with_the_tail, ()) {
    const Book book = any_book();
    const TailLoss once = risk_of(book.scenarios, book.exposures, book.tail).risk();
    std::vector<double> twice = book.exposures;
    for (double& one : twice) one *= 2;
    const TailLoss doubled = risk_of(book.scenarios, twice, book.tail).risk();
    RC_ASSERT(std::abs(doubled.var - 2 * once.var) < 1e-6);
    RC_ASSERT(std::abs(doubled.es - 2 * once.es) < 1e-6);
    const TailLoss further = risk_of(book.scenarios, book.exposures, book.tail / 2).risk();
    RC_ASSERT(further.var >= once.var - 1e-9);
    RC_ASSERT(further.es >= once.es - 1e-9);
}

RC_GTEST_PROP(ScenarioRisk, of_an_order_is_that_of_the_book_after_it, ()) {
    const Book book = any_book();
    ScenarioRisk risk = risk_of(book.scenarios, book.exposures, book.tail);
    const TailLoss before = risk.risk();
    const auto instrument = *rc::gen::inRange<std::size_t>(0, book.exposures.size());
    const ExposureChange order{.instrument = instrument, .exposure = 3e4};
    const TailLoss with = risk.risk_with({&order, 1}).value();
    RC_ASSERT(risk.risk() == before);
    std::vector<double> after = book.exposures;
    after[instrument] += order.exposure;
    const TailLoss afresh = risk_of(book.scenarios, after, book.tail).risk();
    RC_ASSERT(std::abs(with.var - afresh.var) < 1e-7);
    RC_ASSERT(std::abs(with.es - afresh.es) < 1e-7);
    RC_ASSERT(risk.apply(order).has_value());
    RC_ASSERT(risk.risk() == with);
}

TEST(ScenarioRisk, marginals_are_the_slope_of_the_risk) {
    const OwnedTable scenarios = random_returns(3, 200, 3);
    ScenarioRisk risk = risk_of(scenarios, std::vector{1e5, -5e4, 0.0}, 0.05);
    const TailLoss before = risk.risk();
    const auto marginals = risk.marginals();
    for (std::size_t i = 0; i < 3; ++i) {
        const ExposureChange small{.instrument = i, .exposure = 0.01};
        const TailLoss after = risk.risk_with({&small, 1}).value();
        EXPECT_NEAR((after.var - before.var) / 0.01, marginals[i].var, 1e-6);
        EXPECT_NEAR((after.es - before.es) / 0.01, marginals[i].es, 1e-6);
    }
}

TEST(ScenarioRisk, refuses_missing_scenarios_and_orders_in_unknown_instruments) {
    OwnedTable holes = random_returns(4, 20, 2);
    holes.values[7] = kNaN;
    EXPECT_EQ(ScenarioRisk::create({.scenarios = holes.view()}).error(),
              (Error{.kind = ErrorKind::missing_value, .row = 3, .column = 1}));
    EXPECT_EQ(ScenarioRisk::create({}).error().kind, ErrorKind::empty);
    const OwnedTable scenarios = random_returns(4, 20, 2);
    for (const double tail : {0.0, 1.0, kNaN}) {
        EXPECT_EQ(ScenarioRisk::create({.scenarios = scenarios.view(), .tail = tail}).error().kind,
                  ErrorKind::out_of_range);
    }
    ScenarioRisk risk = risk_of(scenarios, std::vector{1.0, 1.0}, 0.05);
    EXPECT_EQ(risk.set_exposures(std::vector{1.0}).error().kind, ErrorKind::wrong_shape);
    EXPECT_EQ(risk.set_exposures(std::vector{1.0, kNaN}).error().column, 1U);
    const ExposureChange unknown{.instrument = 2, .exposure = 1};
    EXPECT_EQ(risk.risk_with({&unknown, 1}).error().kind, ErrorKind::wrong_shape);
    const ExposureChange endless{.instrument = 0,
                                 .exposure = std::numeric_limits<double>::infinity()};
    EXPECT_EQ(risk.apply(endless).error().kind, ErrorKind::not_finite);
    EXPECT_EQ(risk.exposures()[0], 1);
}

}  // namespace
}  // namespace tradewind::measures
