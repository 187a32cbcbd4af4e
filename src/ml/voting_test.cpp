// SPDX-License-Identifier: Apache-2.0
// Stacking against scikit-learn and scipy (tests/reference/predictions_reference.py); the rest by
// properties.
#include "ml/voting.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/random.hpp"

namespace tradewind::ml {
namespace {

using Json = nlohmann::json;

constexpr VotingMethod kMethods[] = {VotingMethod::equal, VotingMethod::weighted,
                                     VotingMethod::stacking, VotingMethod::online,
                                     VotingMethod::regimes};

/// Members, the later ones the better, each with its own noise.
struct Rows {
    Rows(std::size_t n, std::size_t members, std::size_t classes, std::uint64_t seed,
         double signal = 0.3) {
        base::Random random{seed};
        for (std::size_t i = 0; i < n; ++i) {
            truth.push_back(static_cast<std::uint32_t>(random.below(classes)));
            regimes.push_back(static_cast<std::uint32_t>(i / 10 % 2));
            for (std::size_t m = 0; m < members; ++m) {
                double sum = 0;
                for (std::size_t c = 0; c < classes; ++c) {
                    const double pull = c == truth[i] ? signal * static_cast<double>(m) : 0;
                    probabilities.push_back(std::exp(pull + random.normal()));
                    sum += probabilities.back();
                }
                for (std::size_t c = 1; c <= classes; ++c) {
                    probabilities[probabilities.size() - c] /= sum;
                }
            }
        }
        rows = {.members = members,
                .classes = classes,
                .probabilities = probabilities,
                .truth = truth,
                .regimes = regimes};
    }
    [[nodiscard]] std::span<const double> row(std::size_t i) const {
        const std::size_t n = rows.members * rows.classes;
        return std::span{probabilities}.subspan(i * n, n);
    }
    std::vector<double> probabilities;
    std::vector<std::uint32_t> truth, regimes;
    VoteRows rows;
};

double loss_of(const Voting& voting, const Rows& on) {
    std::vector<double> out(on.rows.classes), weights(on.rows.members);
    double loss = 0;
    for (std::size_t i = 0; i < on.truth.size(); ++i) {
        voting.vote(on.row(i), on.regimes[i], out, weights);
        loss -= std::log(out[on.truth[i]]);
    }
    return loss / static_cast<double>(on.truth.size());
}

double loss_of_member(const Rows& on, std::size_t member) {
    double loss = 0;
    for (std::size_t i = 0; i < on.truth.size(); ++i) {
        loss -= std::log(on.row(i)[member * on.rows.classes + on.truth[i]]);
    }
    return loss / static_cast<double>(on.truth.size());
}

TEST(Voting, stacking_is_that_of_scikit_learn_and_scipy) {
    std::ifstream file("tests/reference/predictions.json");
    const Json cases = Json::parse(file)["stacking"];
    ASSERT_EQ(cases.size(), 5U);
    for (const Json& from : cases) {
        const auto p = from["probabilities"].get<std::vector<double>>();
        const auto truth = from["truth"].get<std::vector<std::uint32_t>>();
        const VoteRows rows{.members = from["members"],
                            .classes = from["classes"],
                            .probabilities = p,
                            .truth = truth};
        const VotingSettings settings{
            .method = VotingMethod::stacking, .l2 = from["l2"], .nonnegative = from["nonnegative"]};
        const Voting found = Voting::fit(settings, rows).value();
        for (std::size_t m = 0; m < rows.members; ++m) {
            EXPECT_NEAR(found.weights()[m], from["expected"]["weights"][m], 2e-4) << from["l2"];
        }
        if (from["expected"].contains("bias")) {
            EXPECT_NEAR(found.biases()[1], from["expected"]["bias"], 2e-4);
        }
        if (from["nonnegative"] == true && rows.classes == 2) {
            EXPECT_EQ(found.weights()[0], 0.0);
        }
    }
}

TEST(Voting, soft_voting_is_the_mean) {
    const Rows some{20, 3, 2, 1};
    const Voting voting{3, 2};
    std::vector<double> out(2), weights(3);
    voting.vote(some.row(4), 0, out, weights);
    EXPECT_NEAR(out[1], (some.row(4)[1] + some.row(4)[3] + some.row(4)[5]) / 3, 1e-15);
    EXPECT_EQ(weights, std::vector<double>(3, 1.0 / 3));
}

TEST(Voting, every_method_is_no_worse_than_the_best_member_where_these_know_different_things) {
    for (const std::size_t classes : {2U, 3U}) {
        const Rows fitted{3000, 4, classes, 1}, later{3000, 4, classes, 2};
        double best = 1e9;
        for (std::size_t m = 0; m < 4; ++m) best = std::min(best, loss_of_member(later, m));
        for (const VotingMethod method : kMethods) {
            const Voting voting = Voting::fit({.method = method}, fitted.rows).value();
            if (method == VotingMethod::equal || method == VotingMethod::weighted) continue;
            EXPECT_LT(loss_of(voting, later), best + 0.005) << to_string(method);
        }
        const Voting equal{4, classes};
        const Voting weighted =
            Voting::fit({.method = VotingMethod::weighted}, fitted.rows).value();
        EXPECT_LT(loss_of(weighted, later), loss_of(equal, later));
    }
}

TEST(Voting, online_weights_lose_no_more_than_their_bound_to_the_best_member) {
    // Vovk (1990): over any rows, ln(members) / rate
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
        for (const double rate : {1.0, 0.5, 0.1}) {
            for (const std::size_t n : {1U, 10U, 1000U}) {
                const Rows some{n, 5, 3, seed, seed % 2 == 0 ? 0.3 : 0.0};
                const VotingSettings settings{.method = VotingMethod::online, .rate = rate};
                // fitted on nothing but a row that tells all members alike
                const std::vector<double> alike(15, 1.0 / 3);
                const std::vector<std::uint32_t> any{0};
                Voting voting =
                    Voting::fit(settings,
                                {.members = 5, .classes = 3, .probabilities = alike, .truth = any})
                        .value();
                std::vector<double> out(3), weights(5);
                double loss = 0;
                for (std::size_t i = 0; i < n; ++i) {
                    voting.vote(some.row(i), 0, out, weights);
                    loss -= std::log(out[some.truth[i]]);
                    voting.learn(some.row(i), some.truth[i]);
                }
                double best = 1e9;
                for (std::size_t m = 0; m < 5; ++m) best = std::min(best, loss_of_member(some, m));
                EXPECT_LE(loss, best * static_cast<double>(n) + std::log(5) / rate + 1e-9);
            }
        }
    }
}

TEST(Voting, a_half_life_lets_weights_follow_who_is_right_now) {
    const VotingSettings forgets{.method = VotingMethod::online, .half_life = 20};
    const std::vector<double> first{0.2, 0.8, 0.8, 0.2};  // member 0 says up, member 1 down
    std::vector<double> p;
    std::vector<std::uint32_t> truth;
    for (int i = 0; i < 400; ++i) {
        p.insert(p.end(), first.begin(), first.end());
        truth.push_back(i < 300 ? 1 : 0);
    }
    const VoteRows rows{.members = 2, .classes = 2, .probabilities = p, .truth = truth};
    EXPECT_GT(Voting::fit(forgets, rows).value().weights()[1], 0.99);
    const VotingSettings keeps{.method = VotingMethod::online};
    EXPECT_GT(Voting::fit(keeps, rows).value().weights()[0], 0.99);
}

TEST(Voting, regimes_have_weights_of_their_own) {
    // member 0 knows in regime 0 what member 1 knows in regime 1
    base::Random random{3};
    std::vector<double> p;
    std::vector<std::uint32_t> truth, regimes;
    for (std::uint32_t i = 0; i < 2000; ++i) {
        truth.push_back(random.uniform() < 0.5 ? 1 : 0);
        regimes.push_back(i % 2 == 0 ? 0 : 2);
        const double knows = truth.back() == 1 ? 0.7 : 0.3,
                     not_at_all = 0.3 + 0.4 * random.uniform();
        for (const bool is_first : {true, false}) {
            const double up = is_first == (i % 2 == 0) ? knows : not_at_all;
            p.insert(p.end(), {1 - up, up});
        }
    }
    const VoteRows rows{
        .members = 2, .classes = 2, .probabilities = p, .truth = truth, .regimes = regimes};
    const Voting voting = Voting::fit({.method = VotingMethod::regimes}, rows).value();
    EXPECT_GT(voting.weights(0)[0], 0.9);
    EXPECT_GT(voting.weights(2)[1], 0.9);
    // regimes that nobody saw
    EXPECT_NEAR(voting.weights(1)[0], 0.5, 0.1);
    EXPECT_NEAR(voting.weights(77)[0], 0.5, 0.1);
}

TEST(Voting, what_votes_say_are_probabilities_and_their_weights_sum_to_1) {
    const Rows some{200, 3, 3, 4};
    for (const VotingMethod method : kMethods) {
        const Voting voting = Voting::fit({.method = method}, some.rows).value();
        const std::vector<double> sure{1, 0, 0, 0, 1, 0, 0, 0, 1};
        std::vector<double> out(3), weights(3);
        voting.vote(sure, 0, out, weights);
        EXPECT_NEAR(out[0] + out[1] + out[2], 1, 1e-12) << to_string(method);
        EXPECT_NEAR(weights[0] + weights[1] + weights[2], 1, 1e-12) << to_string(method);
        for (const double one : out) EXPECT_TRUE(one >= 0 && one <= 1) << to_string(method);
    }
}

TEST(Voting, comes_back_from_json_to_the_bit_and_goes_on_learning_alike) {
    const Rows some{200, 3, 3, 5}, later{50, 3, 3, 6};
    for (const VotingMethod method : kMethods) {
        Voting made = Voting::fit({.method = method, .half_life = 30}, some.rows).value();
        auto back = Voting::parse(made.to_json());
        ASSERT_TRUE(back.has_value()) << back.error();
        EXPECT_EQ(*back, made);
        for (std::size_t i = 0; i < 50; ++i) {
            made.learn(later.row(i), later.truth[i]);
            back->learn(later.row(i), later.truth[i]);
        }
        EXPECT_EQ(back->to_json(), made.to_json()) << to_string(method);
    }
}

TEST(Voting, refuses_what_it_cannot_learn_from_with_a_line) {
    const Rows some{20, 2, 2, 7};
    VoteRows none{.members = 2, .probabilities = {}, .truth = {}};
    EXPECT_EQ(Voting::fit({.method = VotingMethod::stacking}, none).error(),
              "there are no rows to fit votes on");
    VoteRows blind = some.rows;
    blind.regimes = {};
    EXPECT_EQ(Voting::fit({.method = VotingMethod::regimes}, blind).error(),
              "votes by regime need the rows' regimes");
    const std::string json = Voting{2, 2}.to_json();
    Json bad = Json::parse(json);
    bad["weights"] = {1};
    EXPECT_EQ(Voting::parse(bad.dump()).error(), "weights: not one a member");
    bad["weights"] = {1.5, -0.5};
    EXPECT_EQ(Voting::parse(bad.dump()).error(),
              "weights: one is below 0, or beyond any that could be fitted");
    bad = Json::parse(json);
    bad["rate"] = 2;
    EXPECT_EQ(Voting::parse(bad.dump()).error(), "rate: should be in (0, 1]");
    bad = Json::parse(json);
    bad["method"] = "loudest";
    EXPECT_EQ(Voting::parse(bad.dump()).error(), "method: it is no way to vote");
}

}  // namespace
}  // namespace tradewind::ml
