// SPDX-License-Identifier: Apache-2.0
// Our metrics against tests/reference/predictions.json, which scikit-learn, scipy, pandas,
// statsmodels and numpy computed (tests/reference/predictions_reference.py).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "ml/metrics.hpp"

namespace tradewind::ml {
namespace {

using Json = nlohmann::json;

constexpr double kTolerance = 1e-10;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Json reference(const char* kind) {
    std::ifstream file("tests/reference/predictions.json");
    return Json::parse(file)[kind];
}

std::vector<double> numbers(const Json& from) { return from.get<std::vector<double>>(); }

struct Case {
    explicit Case(const Json& from)
        : probabilities(numbers(from["probabilities"])),
          truth(from["truth"].get<std::vector<std::uint32_t>>()),
          weights(numbers(from["weights"])),
          rows{.classes = from["classes"],
               .probabilities = probabilities,
               .truth = truth,
               .weights = weights} {}
    std::vector<double> probabilities;
    std::vector<std::uint32_t> truth;
    std::vector<double> weights;
    ClassRows rows;
};

TEST(Metrics, of_classes_are_those_of_scikit_learn_and_statsmodels) {
    const Json cases = reference("classes");
    ASSERT_GE(cases.size(), 5U);
    for (const Json& from : cases) {
        const Case one{from};
        const Json& expected = from["expected"];
        const auto found = accuracy(one.rows).value();
        EXPECT_NEAR(found.value, expected["accuracy"], kTolerance) << from["name"];
        EXPECT_NEAR(found.base_rate, expected["base_rate"], kTolerance) << from["name"];
        EXPECT_NEAR(found.interval.low, expected["wilson_low"], kTolerance) << from["name"];
        EXPECT_NEAR(found.interval.high, expected["wilson_high"], kTolerance) << from["name"];
        EXPECT_NEAR(log_loss(one.rows).value(), expected["log_loss"], kTolerance) << from["name"];
        EXPECT_NEAR(brier(one.rows).value(), expected["brier"], kTolerance) << from["name"];
        EXPECT_NEAR(auc(one.rows).value(), expected["auc"], kTolerance) << from["name"];
        const auto matrix = confusion(one.rows);
        for (std::size_t i = 0; i < matrix.size(); ++i) {
            EXPECT_NEAR(matrix[i], expected["confusion"][i], kTolerance) << from["name"];
        }
    }
}

TEST(Metrics, calibration_curves_are_those_of_scikit_learn) {
    for (const Json& from : reference("curves")) {
        const auto probability = numbers(from["probability"]);
        const auto positive = from["positive"].get<std::vector<std::uint8_t>>();
        const auto kind = from["strategy"] == "uniform" ? Bins::equal_width : Bins::equal_count;
        const auto curve = calibration_curve(probability, positive, 10, kind);
        ASSERT_EQ(curve.size(), from["predicted"].size());
        double error = 0, rows = 0;
        for (std::size_t i = 0; i < curve.size(); ++i) {
            const double predicted = from["predicted"][i], realised = from["realised"][i];
            EXPECT_NEAR(curve[i].predicted, predicted, kTolerance);
            EXPECT_NEAR(curve[i].realised, realised, kTolerance);
            error += curve[i].weight * std::abs(predicted - realised);
            rows += curve[i].weight;
        }
        EXPECT_EQ(rows, 400.0);
        EXPECT_NEAR(expected_calibration_error(curve).value(), error / rows, kTolerance);
    }
}

TEST(Metrics, information_coefficients_are_those_of_scipy_and_pandas) {
    for (const Json& from : reference("correlations")) {
        const auto scores = numbers(from["scores"]), values = numbers(from["values"]);
        const auto starts = from["starts"].get<std::vector<std::size_t>>();
        const Json& expected = from["expected"];
        EXPECT_NEAR(information_coefficient(scores, values).value(), expected["ic"], kTolerance);
        EXPECT_NEAR(rank_information_coefficient(scores, values).value(), expected["rank_ic"],
                    kTolerance);
        const PeriodRows rows{.scores = scores, .values = values, .starts = starts};
        const auto ics = information_coefficients(rows, Correlation::pearson);
        const auto rank_ics = information_coefficients(rows, Correlation::spearman);
        ASSERT_EQ(ics.size(), expected["ics"].size());
        ASSERT_EQ(rank_ics.size(), expected["rank_ics"].size());
        for (std::size_t i = 0; i < ics.size(); ++i) {
            EXPECT_NEAR(ics[i], expected["ics"][i], kTolerance);
            EXPECT_NEAR(rank_ics[i], expected["rank_ics"][i], kTolerance);
        }
        const auto ratio = icir(ics).value();
        EXPECT_NEAR(ratio.ratio, expected["icir"], kTolerance);
        EXPECT_NEAR(ratio.t, expected["t"], kTolerance * 10);
        const auto quantiles = quantile_returns(scores, values, 5);
        for (std::size_t q = 0; q < 5; ++q) {
            ASSERT_EQ(quantiles[q].mean.has_value(), !expected["quantiles"][q].is_null());
            if (!quantiles[q].mean) continue;
            EXPECT_NEAR(*quantiles[q].mean, expected["quantiles"][q], kTolerance);
        }
    }
}

TEST(Metrics, of_values_are_those_of_scikit_learn) {
    for (const Json& from : reference("values")) {
        const auto truth = numbers(from["truth"]), predicted = numbers(from["predicted"]),
                   weights = numbers(from["weights"]);
        const ValueRows rows{.predicted = predicted, .truth = truth, .weights = weights};
        const Json& expected = from["expected"];
        EXPECT_NEAR(mean_squared_error(rows).value(), expected["mse"], kTolerance);
        EXPECT_NEAR(mean_absolute_error(rows).value(), expected["mae"], kTolerance);
        EXPECT_NEAR(r_squared(rows).value(), expected["r2"], kTolerance);
        EXPECT_NEAR(pinball_loss(rows, 0.1).value(), expected["pinball_0.1"], kTolerance);
        EXPECT_NEAR(pinball_loss(rows, 0.8).value(), expected["pinball_0.8"], kTolerance);
    }
}

TEST(Metrics, rows_of_which_nothing_was_said_count_for_the_coverage_alone) {
    const std::vector<double> p{0.9, 0.1, 0.2, 0.8, kNan, kNan, 0.6, 0.4};
    const std::vector<std::uint32_t> truth{0, 1, 0, 1};
    const std::vector<std::uint8_t> quiet{0, 0, 1, 0};
    const ClassRows rows{.probabilities = p, .truth = truth, .abstains = quiet};
    EXPECT_EQ(coverage(rows).value(), 0.75);
    EXPECT_EQ(accuracy(rows).value().rows, 3.0);
    EXPECT_NEAR(accuracy(rows).value().value, 2.0 / 3, kTolerance);
    EXPECT_NEAR(log_loss(rows).value(), -(std::log(0.9) + std::log(0.8) + std::log(0.4)) / 3,
                kTolerance);
    EXPECT_EQ(confusion(rows), (std::vector<double>{1, 0, 1, 1}));
}

TEST(Metrics, what_is_undefined_is_none) {
    const std::vector<double> p{0.9, 0.1, 0.2, 0.8}, constant{1, 1, 1}, some{1, 2, 3};
    const std::vector<std::uint32_t> ones{1, 1};
    const std::vector<std::uint8_t> positives{1, 1, 1}, all_quiet{1, 1};
    const ClassRows one_class{.probabilities = p, .truth = ones};
    EXPECT_FALSE(auc(one_class).has_value());
    EXPECT_TRUE(log_loss(one_class).has_value());
    const ClassRows quiet{.probabilities = p, .truth = ones, .abstains = all_quiet};
    EXPECT_FALSE(accuracy(quiet).has_value());
    EXPECT_FALSE(log_loss(quiet).has_value());
    EXPECT_EQ(coverage(quiet).value(), 0.0);
    EXPECT_FALSE(accuracy(ClassRows{}).has_value());
    EXPECT_FALSE(coverage(ClassRows{}).has_value());
    EXPECT_FALSE(auc(some, positives).has_value());
    EXPECT_FALSE(information_coefficient(constant, some).has_value());
    EXPECT_FALSE(rank_information_coefficient(some, constant).has_value());
    EXPECT_FALSE(information_coefficient(std::vector{kNan, 1.0}, std::vector{1.0, 2.0}));
    EXPECT_FALSE(icir(std::vector{0.1}).has_value());
    EXPECT_FALSE(icir(std::vector{0.1, 0.1, 0.1}).has_value());
    EXPECT_FALSE(r_squared({.predicted = some, .truth = constant}).has_value());
    EXPECT_FALSE(turnover(some, 3).has_value());
    EXPECT_FALSE(wilson(0, 0).has_value());
    EXPECT_TRUE(calibration_curve({}, {}, 10).empty());
    EXPECT_FALSE(expected_calibration_error({}).has_value());
}

TEST(Metrics, turnover_is_the_share_traded_an_instant) {
    // from all in one to all in the other, and half of it out
    EXPECT_EQ(turnover(std::vector{1.0, 0.0, 0.0, 1.0, 0.0, 0.5}, 2).value(), (2.0 + 0.5) / 2);
}

TEST(Metrics, intervals_cover_what_lies_in_them) {
    const std::vector<double> low{0, 0, 0, 0}, high{1, 1, 1, 3}, truth{0, 1, 1.1, -1};
    const IntervalRows rows{.low = low, .high = high, .truth = truth};
    EXPECT_EQ(interval_coverage(rows).value(), 0.5);
    EXPECT_EQ(mean_width(rows).value(), 1.5);
}

TEST(Metrics, constant_scores_fall_into_no_quantile_but_the_middle) {
    const std::vector<double> constant(9, 0.5);
    std::vector<double> values(9);
    std::iota(values.begin(), values.end(), 0.0);
    const auto found = quantile_returns(constant, values, 3);
    EXPECT_FALSE(found[0].mean || found[2].mean);
    EXPECT_EQ(found[1].mean.value(), 4.0);
}

}  // namespace
}  // namespace tradewind::ml
