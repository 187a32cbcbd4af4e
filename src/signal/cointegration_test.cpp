// SPDX-License-Identifier: Apache-2.0
#include "signal/cointegration.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace tradewind::signal {
namespace {

struct Reference {
    struct Pair {
        double x, y, error, variance, slope, intercept;
    };
    std::map<std::string, std::vector<Pair>> pairs;
    std::map<std::string, std::map<std::size_t, double>> tests;  ///< by name and lags
    std::map<std::string, Line> lines;
    std::map<std::size_t, std::vector<double>> criticals;
};

std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> out(1);
    for (const char c : line) {
        if (c == ',') {
            out.emplace_back();
        } else {
            out.back().push_back(c);
        }
    }
    return out;
}

/// tests/reference/pairs_reference.py: statsmodels and numpy.
Reference reference() {
    Reference out;
    std::ifstream file("tests/reference/pairs.csv");
    EXPECT_TRUE(file.is_open()) << "run from the root of the repository";
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        const auto f = fields_of(line);
        const auto number = [&](std::size_t i) { return std::stod(f[i]); };
        if (f[0] == "critical") {
            out.criticals[std::stoul(f[2])] = {number(3), number(4), number(5)};
        } else if (f[0] == "test") {
            out.tests[f[1]][std::stoul(f[2])] = number(3);
        } else if (f[0] == "line") {
            out.lines[f[1]] = {number(2), number(3), number(4)};
        } else {
            out.pairs[f[1]].push_back(
                {number(2), number(3), number(4), number(5), number(6), number(7)});
        }
    }
    return out;
}

std::pair<std::vector<double>, std::vector<double>> prices(
    const std::vector<Reference::Pair>& pairs) {
    std::pair<std::vector<double>, std::vector<double>> out;
    for (const auto& pair : pairs) {
        out.first.push_back(pair.x);
        out.second.push_back(pair.y);
    }
    return out;
}

void expect_near(double ours, double theirs, const std::string& what) {
    EXPECT_NEAR(ours, theirs, 1e-7 * std::max(1.0, std::abs(theirs))) << what;
}

TEST(EngleGranger, equals_statsmodels) {
    const Reference expected = reference();
    ASSERT_EQ(expected.pairs.size(), 3U);
    for (const auto& [name, pairs] : expected.pairs) {
        const auto [x, y] = prices(pairs);
        for (const auto& [lags, t] : expected.tests.at(name)) {
            expect_near(engle_granger(x, y, lags).value(), t, name);
        }
        const Line line = fit_line(x, y).value();
        expect_near(line.slope, expected.lines.at(name).slope, name);
        expect_near(line.intercept, expected.lines.at(name).intercept, name);
        expect_near(line.residual_variance, expected.lines.at(name).residual_variance, name);
    }
}

TEST(EngleGranger, has_the_critical_values_of_mackinnon) {
    for (const auto& [observations, values] : reference().criticals) {
        for (const auto level :
             {Significance::one_percent, Significance::five_percent, Significance::ten_percent}) {
            expect_near(cointegration_critical(level, observations),
                        values[static_cast<std::size_t>(level)], std::to_string(observations));
        }
    }
}

TEST(EngleGranger, tells_what_hangs_together_from_what_does_not) {
    const Reference expected = reference();
    const auto passes = [&](const std::string& name) {
        const auto [x, y] = prices(expected.pairs.at(name));
        return engle_granger(x, y, 1).value() <
               cointegration_critical(Significance::five_percent, x.size());
    };
    EXPECT_TRUE(passes("close"));
    EXPECT_FALSE(passes("apart"));
}

TEST(EngleGranger, says_nothing_of_too_little_or_of_what_does_not_move) {
    const std::vector<double> flat(50, 1.0), few{1, 2, 3};
    std::vector<double> rising;
    for (int i = 0; i < 50; ++i) rising.push_back(i);
    EXPECT_FALSE(engle_granger(flat, rising, 1).has_value());
    EXPECT_FALSE(engle_granger(few, few, 1).has_value());
    EXPECT_FALSE(engle_granger(rising, rising, 1).has_value());  // no residual
}

TEST(KalmanHedge, equals_the_matrices_of_numpy) {
    const Reference expected = reference();
    for (const auto& [name, pairs] : expected.pairs) {
        KalmanHedge hedge({.delta = 1e-4, .variance = 1e-3}, expected.lines.at(name));
        for (const auto& pair : pairs) {
            const auto told = hedge.update(pair.x, pair.y);
            expect_near(told.error, pair.error, name);
            expect_near(told.variance, pair.variance, name);
            expect_near(hedge.slope(), pair.slope, name);
            expect_near(hedge.intercept(), pair.intercept, name);
        }
    }
}

}  // namespace
}  // namespace tradewind::signal
