// SPDX-License-Identifier: Apache-2.0
// Stacking against scipy (tests/reference/numbers_reference.py); the rest by hand and by
// properties.
#include "ml/number_voting.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/random.hpp"

namespace tradewind::ml {
namespace {

using Json = nlohmann::json;

constexpr VotingMethod kMethods[] = {VotingMethod::equal, VotingMethod::weighted,
                                     VotingMethod::stacking, VotingMethod::online,
                                     VotingMethod::regimes};
const std::vector<double> kLevels{0.1, 0.5, 0.9};

/// Three members: of even regimes the first knows the truth, of odd ones the second, the third
/// never does.
struct Rows {
    Rows(std::size_t n, bool of_quantiles, std::uint64_t seed, std::size_t regime_rows = 10) {
        base::Random random{seed};
        for (std::size_t i = 0; i < n; ++i) {
            regimes.push_back(static_cast<std::uint32_t>(i / regime_rows % 2));
            const double centre = random.normal();
            truth.push_back(centre + 0.5 * random.normal());
            for (std::size_t m = 0; m < 3; ++m) {
                const double value = m == regimes[i] ? centre : random.normal();
                if (!of_quantiles) {
                    said.push_back(value);
                    continue;
                }
                said.insert(said.end(), {value - 0.64, value, value + 0.64});
            }
        }
        rows = {.members = 3, .said = said, .truth = truth, .regimes = regimes};
        if (of_quantiles) rows.levels = kLevels;
    }
    [[nodiscard]] std::span<const double> row(std::size_t i) const {
        const std::size_t each = 3 * rows.scores();
        return std::span{said}.subspan(i * each, each);
    }
    std::vector<double> said, truth;
    std::vector<std::uint32_t> regimes;
    NumberRows rows;
};

Json cases(const char* name) {
    std::ifstream file("tests/reference/numbers.json");
    return Json::parse(file)[name];
}

/// A file's case as rows; the vectors outlive them.
struct Case {
    explicit Case(const Json& from)
        : said(from["said"].get<std::vector<double>>()),
          truth(from["truth"].get<std::vector<double>>()) {
        if (from.contains("levels")) levels = from["levels"].get<std::vector<double>>();
        rows = {.members = from["members"], .levels = levels, .said = said, .truth = truth};
    }
    std::vector<double> said, truth, levels;
    NumberRows rows;
};

TEST(NumberVoting, stacking_of_values_is_that_of_scipy) {
    const Json all = cases("value_stacking");
    ASSERT_EQ(all.size(), 3U);
    for (const Json& from : all) {
        const Case one{from};
        const auto found =
            NumberVoting::fit({.method = VotingMethod::stacking, .l2 = from["l2"]}, one.rows);
        const auto weighted = NumberVoting::fit({.method = VotingMethod::weighted}, one.rows);
        ASSERT_TRUE(found.has_value() && weighted.has_value());
        for (std::size_t m = 0; m < one.rows.members; ++m) {
            EXPECT_NEAR(found->weights()[m], from["expected"]["weights"][m], 2e-5);
            EXPECT_NEAR(weighted->weights()[m], from["expected"]["weighted"][m], 1e-9);
        }
    }
}

double pinball_of(const NumberVoting& voting, const NumberRows& rows) {
    const std::size_t k = rows.levels.size(), each = k * rows.members;
    std::vector<double> out(k);
    double sum = 0;
    for (std::size_t i = 0; i < rows.truth.size(); ++i) {
        voting.vote(rows.said.subspan(i * each, each), 0, out);
        for (std::size_t level = 0; level < k; ++level) {
            const double error = rows.truth[i] - out[level];
            sum += std::max(rows.levels[level] * error, (rows.levels[level] - 1) * error);
        }
    }
    return sum / static_cast<double>(rows.truth.size() * k);
}

TEST(NumberVoting, stacking_of_quantiles_loses_no_more_than_the_linear_program_of_scipy) {
    const Json all = cases("quantile_stacking");
    ASSERT_EQ(all.size(), 2U);
    for (const Json& from : all) {
        const Case one{from};
        const NumberVoting found =
            NumberVoting::fit({.method = VotingMethod::stacking, .l2 = 0}, one.rows).value();
        const double best = from["expected"]["loss"];
        const double loss = pinball_of(found, one.rows);
        EXPECT_GT(loss, best - 1e-9);
        EXPECT_LT(loss, best * 1.0005);
        for (std::size_t m = 0; m < one.rows.members; ++m) {
            EXPECT_NEAR(found.weights()[m], from["expected"]["weights"][m], 0.03);
        }
    }
}

TEST(NumberVoting, weights_are_shares_whatever_the_method) {
    for (const bool of_quantiles : {false, true}) {
        const Rows some{400, of_quantiles, 1};
        for (const VotingMethod method : kMethods) {
            const auto voting = NumberVoting::fit({.method = method}, some.rows);
            ASSERT_TRUE(voting.has_value()) << voting.error();
            for (const std::uint32_t regime : {0U, 1U, 9U}) {
                const auto w = voting->weights(regime);
                EXPECT_NEAR(std::accumulate(w.begin(), w.end(), 0.0), 1, 1e-9);
                for (const double one : w) EXPECT_GE(one, 0);
            }
        }
    }
}

TEST(NumberVoting, equal_votes_are_the_mean_of_each_level) {
    const Rows some{5, true, 2};
    const NumberVoting voting{3, kLevels};
    std::vector<double> out(3);
    voting.vote(some.row(4), 0, out);
    const auto said = some.row(4);
    for (std::size_t k = 0; k < 3; ++k) {
        EXPECT_NEAR(out[k], (said[k] + said[3 + k] + said[6 + k]) / 3, 1e-15);
    }
}

TEST(NumberVoting, each_regime_listens_to_the_member_that_knows_it) {
    for (const bool of_quantiles : {false, true}) {
        const Rows some{2000, of_quantiles, 3};
        const NumberVoting voting =
            NumberVoting::fit({.method = VotingMethod::regimes}, some.rows).value();
        EXPECT_GT(voting.weights(0)[0], 0.7);
        EXPECT_GT(voting.weights(1)[1], 0.7);
        EXPECT_NEAR(voting.weights(7)[0], voting.weights(7)[1], 0.1);  // never seen: of all rows
        EXPECT_LT(voting.weights(7)[2], 0.1);
    }
}

TEST(NumberVoting, online_weights_go_over_to_the_member_that_has_become_right) {
    for (const bool of_quantiles : {false, true}) {
        const Rows some{800, of_quantiles, 4, 400};
        NumberVoting voting =
            NumberVoting::fit({.method = VotingMethod::online, .half_life = 30}, some.rows).value();
        EXPECT_GT(voting.weights()[1], 0.6);
        const Rows later{400, of_quantiles, 5, 400};
        for (std::size_t i = 0; i < 400; ++i) voting.learn(later.row(i), later.truth[i]);
        EXPECT_GT(voting.weights()[0], 0.6);
    }
}

TEST(NumberVoting, an_online_step_is_the_exponentiated_gradient) {
    const std::vector<double> said{1, 3, 0, 0, 2, 2}, truth{2, 1, 2};
    // equal votes are 2, 0, 2: squared errors 0, 1, 0, of mean 1 / 3
    const NumberRows rows{.members = 2, .said = said, .truth = truth};
    NumberVoting voting = NumberVoting::fit({.method = VotingMethod::online}, rows).value();
    EXPECT_NEAR(voting.weights()[0], 0.5, 1e-15);  // no forecast differs where there is an error
    const std::vector<double> next{0.0, 0.2};
    voting.learn(next, 0.15);  // said 0.1: gradients (0.1 - 0.15) (x - 0.1) x 3
    const double first = std::exp(-(-0.05) * (-0.1) * 3), second = std::exp(-(-0.05) * 0.1 * 3);
    EXPECT_NEAR(voting.weights()[0], first / (first + second), 1e-12);
}

TEST(NumberVoting, comes_back_as_it_was_and_learns_on) {
    for (const bool of_quantiles : {false, true}) {
        const Rows some{300, of_quantiles, 6};
        for (const VotingMethod method : kMethods) {
            NumberVoting voting =
                NumberVoting::fit({.method = method, .half_life = 20}, some.rows).value();
            auto back = NumberVoting::parse(voting.to_json());
            ASSERT_TRUE(back.has_value()) << back.error();
            EXPECT_EQ(*back, voting);
            back->learn(some.row(0), 0.1);
            voting.learn(some.row(0), 0.1);
            EXPECT_EQ(*back, voting);
        }
    }
}

TEST(NumberVoting, refuses_what_cannot_be_fitted_and_fields_that_are_wrong) {
    const NumberRows none{.members = 2, .said = {}, .truth = {}};
    EXPECT_TRUE(NumberVoting::fit({.method = VotingMethod::equal}, none).has_value());
    EXPECT_EQ(NumberVoting::fit({.method = VotingMethod::stacking}, none).error(),
              "there are no rows to fit votes on");
    Rows some{20, false, 7};
    some.rows.regimes = {};
    EXPECT_EQ(NumberVoting::fit({.method = VotingMethod::regimes}, some.rows).error(),
              "votes by regime need the rows' regimes");
    some.said[3] = std::nan("");
    EXPECT_EQ(NumberVoting::fit({.method = VotingMethod::weighted}, some.rows).error(),
              "a member's forecast, or what came, is no number");
    const Json whole = Json::parse(NumberVoting{2, {}}.to_json());
    const auto error = [&](const char* field, const Json& value) {
        Json bad = whole;
        bad[field] = value;
        const auto out = NumberVoting::parse(bad.dump());
        return out ? std::string{"taken"} : out.error();
    };
    EXPECT_EQ(error("members", 2), "taken");
    EXPECT_EQ(error("weights", {0.5}), "weights: not one a member");
    EXPECT_EQ(error("weights", {-0.5, 1.5}), "weights: should be from 0 to 1");
    EXPECT_EQ(error("scale", 0), "scale: should be above 0");
    EXPECT_EQ(error("gradients", {1}), "gradients: not one a member");
    EXPECT_EQ(error("members", 0), "members: there are none");
}

}  // namespace
}  // namespace tradewind::ml
