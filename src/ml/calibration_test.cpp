// SPDX-License-Identifier: Apache-2.0
// Against tests/reference/predictions.json, which scikit-learn computed
// (tests/reference/predictions_reference.py), and by properties.
#include "ml/calibration.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/random.hpp"

namespace tradewind::ml {
namespace {

using Json = nlohmann::json;

Json reference(const char* kind) {
    std::ifstream file("tests/reference/predictions.json");
    return Json::parse(file)[kind];
}

std::vector<double> numbers(const Json& from) { return from.get<std::vector<double>>(); }

TEST(Calibration, is_that_of_scikit_learn) {
    const Json cases = reference("calibrations");
    ASSERT_EQ(cases.size(), 12U);
    for (const Json& from : cases) {
        const auto probabilities = numbers(from["probabilities"]),
                   weights = numbers(from["weights"]);
        const auto truth = from["truth"].get<std::vector<std::uint32_t>>();
        const ClassRows rows{.classes = from["classes"],
                             .probabilities = probabilities,
                             .truth = truth,
                             .weights = weights};
        const auto method = parse_calibration_method(from["method"].get<std::string>()).value();
        const Calibration found = fit_calibration(method, rows).value();
        auto asked = numbers(from["asked"]);
        // theirs stop their descent earlier
        const double tolerance = method == CalibrationMethod::isotonic ? 1e-12 : 1e-4;
        for (std::size_t i = 0; i < asked.size(); i += rows.classes) {
            found.apply(std::span{asked}.subspan(i, rows.classes));
        }
        for (std::size_t i = 0; i < asked.size(); ++i) {
            ASSERT_NEAR(asked[i], from["expected"][i], tolerance)
                << from["method"] << rows.classes << (weights.empty() ? "" : " weighted");
        }
    }
}

TEST(Calibration, isotonic_curves_are_those_of_scikit_learn) {
    for (const Json& from : reference("isotonic")) {
        const auto x = numbers(from["x"]), y = numbers(from["y"]), w = numbers(from["weights"]);
        const RisingCurve found = fit_isotonic(x, y, w);
        const auto asked = numbers(from["asked"]);
        for (std::size_t i = 0; i < asked.size(); ++i) {
            EXPECT_NEAR(found.at(asked[i]), from["expected"][i], 1e-12) << asked[i];
        }
    }
}

/// Too sure of itself: what it tells as p comes true as often as p squared does, of the classes.
struct Rows {
    Rows(std::size_t n, std::size_t classes, std::uint64_t seed) {
        base::Random random{seed};
        for (std::size_t i = 0; i < n; ++i) {
            std::vector<double> told(classes), true_ones(classes);
            double sum = 0, true_sum = 0;
            for (std::size_t c = 0; c < classes; ++c) {
                const double logit = random.normal();
                sum += told[c] = std::exp(2 * logit);
                true_sum += true_ones[c] = std::exp(logit);
            }
            double left = random.uniform() * true_sum;
            std::uint32_t came = 0;
            while (came + 1 < classes && (left -= true_ones[came]) > 0) ++came;
            truth.push_back(came);
            for (const double p : told) probabilities.push_back(p / sum);
        }
        rows = {.classes = classes, .probabilities = probabilities, .truth = truth};
    }
    std::vector<double> probabilities;
    std::vector<std::uint32_t> truth;
    ClassRows rows;
};

TEST(Calibration, makes_later_rows_mean_what_they_say) {
    for (const std::size_t classes : {2U, 4U}) {
        const Rows fitted{4000, classes, 1};
        for (const auto method : {CalibrationMethod::platt, CalibrationMethod::isotonic,
                                  CalibrationMethod::temperature}) {
            Rows later{4000, classes, 2};
            const double before = log_loss(later.rows).value();
            const Calibration found = fit_calibration(method, fitted.rows).value();
            for (std::size_t i = 0; i < later.probabilities.size(); i += classes) {
                found.apply(std::span{later.probabilities}.subspan(i, classes));
            }
            EXPECT_LT(log_loss(later.rows).value(), before - 0.03) << to_string(method);
            if (method == CalibrationMethod::temperature) {
                EXPECT_NEAR(found.temperature, 2, 0.1);
            }
        }
    }
}

TEST(Calibration, comes_back_from_json_to_the_bit) {
    for (const std::size_t classes : {2U, 3U}) {
        const Rows some{200, classes, 3};
        for (const auto method : {CalibrationMethod::none, CalibrationMethod::platt,
                                  CalibrationMethod::isotonic, CalibrationMethod::temperature}) {
            const Calibration made = fit_calibration(method, some.rows).value();
            const auto back = parse_calibration(to_json(made));
            ASSERT_TRUE(back.has_value()) << back.error();
            EXPECT_EQ(*back, made);
        }
    }
}

TEST(Calibration, gives_probabilities_whatever_it_is_given) {
    for (const std::size_t classes : {2U, 3U}) {
        const Rows some{200, classes, 4};
        for (const auto method : {CalibrationMethod::none, CalibrationMethod::platt,
                                  CalibrationMethod::isotonic, CalibrationMethod::temperature}) {
            const Calibration made = fit_calibration(method, some.rows).value();
            for (std::size_t sure = 0; sure < classes; ++sure) {
                std::vector<double> p(classes);
                p[sure] = 1;
                made.apply(p);
                double sum = 0;
                for (const double one : p) {
                    EXPECT_TRUE(one >= 0 && one <= 1) << to_string(method);
                    sum += one;
                }
                EXPECT_NEAR(sum, 1, 1e-12);
            }
        }
    }
}

TEST(Calibration, refuses_what_it_cannot_learn_from_with_a_line) {
    const std::vector<double> p{0.5, 0.5, 0.6, 0.4};
    const std::vector<std::uint32_t> ups{1, 1};
    const ClassRows rows{.probabilities = p, .truth = ups};
    EXPECT_EQ(fit_calibration(CalibrationMethod::platt, rows).error(),
              "class 0 never came in the 2 rows to calibrate on");
    EXPECT_EQ(fit_calibration(CalibrationMethod::isotonic, ClassRows{}).error(),
              "class 0 never came in the 0 rows to calibrate on");
    const std::vector<double> bad{std::numeric_limits<double>::quiet_NaN(), 0.5, 0.6, 0.4};
    EXPECT_EQ(
        fit_calibration(CalibrationMethod::platt, {.probabilities = bad, .truth = ups}).error(),
        "row 0 has no number");
}

TEST(Calibration, refuses_json_that_is_none_by_the_field) {
    const auto error = [](const char* json) { return parse_calibration(json).error(); };
    EXPECT_EQ(error("[]"), "it is no JSON object");
    EXPECT_EQ(error(R"({"method":"luck","classes":2})"), "method: it is no way to calibrate");
    EXPECT_EQ(error(R"({"method":"platt","classes":1})"), "classes: should be 2 at least");
    EXPECT_EQ(error(R"({"method":"platt","classes":3,"lines":[]})"), "lines: not one a class");
    EXPECT_EQ(error(R"({"method":"isotonic","classes":2,"curves":[{"x":[1,0],"y":[0,1]}]})"),
              "curves: one of them is none that rises from 0 to 1");
    EXPECT_EQ(error(R"({"method":"isotonic","classes":2,"curves":[{"x":[0,1],"y":[0,2]}]})"),
              "curves: one of them is none that rises from 0 to 1");
    EXPECT_EQ(error(R"({"method":"temperature","classes":2,"temperature":0})"),
              "temperature: should be above 0");
}

}  // namespace
}  // namespace tradewind::ml
