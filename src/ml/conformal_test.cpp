// SPDX-License-Identifier: Apache-2.0
// Quantiles against numpy (tests/reference/predictions_reference.py); coverage by drawing.
#include "ml/conformal.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/random.hpp"

namespace tradewind::ml {
namespace {

using Json = nlohmann::json;

TEST(Conformal, quantiles_are_those_of_numpy) {
    std::ifstream file("tests/reference/predictions.json");
    const Json cases = Json::parse(file)["conformal"];
    ASSERT_EQ(cases.size(), 2U);
    for (const Json& from : cases) {
        for (const auto& [miss, expected] : from["expected"].items()) {
            const auto found =
                conformal_quantile(from["scores"].get<std::vector<double>>(), std::stod(miss));
            ASSERT_EQ(found.has_value(), !expected.is_null()) << miss;
            if (!found) continue;
            EXPECT_EQ(*found, expected.get<double>()) << miss;
        }
    }
}

TEST(Conformal, needs_as_many_scores_as_the_miss_asks_for) {
    EXPECT_FALSE(conformal_quantile(std::vector<double>(8, 1.0), 0.1).has_value());
    EXPECT_EQ(conformal_quantile({1, 2, 3, 4, 5, 6, 7, 8, 9}, 0.1).value(), 9.0);
    EXPECT_FALSE(conformal_quantile({}, 0.9).has_value());
}

/// How often what comes next lies inside, over many draws of `n` rows to fit on: 1 - miss at least,
/// and at most 1 / (n + 1) more of intervals and sets by lac (Lei et al. 2018, theorem 2.1).
template <typename Inside>
void expect_covered(std::size_t n, double miss, Inside inside, bool may_be_more = false) {
    constexpr int kDraws = 20'000;
    base::Random random{5};
    double covered = 0;
    for (int i = 0; i < kDraws; ++i) covered += inside(random) ? 1 : 0;
    const double error = 4 * std::sqrt(miss * (1 - miss) / kDraws);
    EXPECT_GT(covered / kDraws, 1 - miss - error);
    if (may_be_more) return;
    EXPECT_LT(covered / kDraws, 1 - miss + 1 / static_cast<double>(n + 1) + error);
}

TEST(Conformal, intervals_of_residuals_cover_what_comes_next) {
    constexpr std::size_t kRows = 40;
    expect_covered(kRows, 0.1, [](base::Random& random) {
        // a forecast that is off, and errors with heavy tails
        const auto draw = [&] { return std::pow(random.normal(), 3) + 0.5; };
        std::vector<double> predicted(kRows, 0.2), truth;
        for (std::size_t i = 0; i < kRows; ++i) truth.push_back(draw());
        return std::abs(draw() - 0.2) <= residual_radius(predicted, truth, 0.1).value();
    });
}

TEST(Conformal, widened_quantiles_cover_what_comes_next) {
    constexpr std::size_t kRows = 40;
    expect_covered(kRows, 0.2, [](base::Random& random) {
        // too narrow where it is rough
        std::vector<double> low, high, truth;
        const auto draw = [&](std::vector<double>& y) {
            const double scale = 0.5 + random.uniform();
            low.push_back(-scale * scale);
            high.push_back(scale * scale);
            y.push_back(2 * scale * random.normal());
        };
        for (std::size_t i = 0; i < kRows; ++i) draw(truth);
        const double radius =
            quantile_radius({.low = low, .high = high, .truth = truth}, 0.2).value();
        std::vector<double> next;
        draw(next);
        return low.back() - radius <= next[0] && next[0] <= high.back() + radius;
    });
}

TEST(Conformal, sets_of_classes_hold_what_comes_next) {
    constexpr std::size_t kRows = 40, kClasses = 3;
    for (const SetKind kind : {SetKind::lac, SetKind::aps}) {
        expect_covered(
            kRows, 0.25,
            [kind](base::Random& random) {
                std::vector<double> probabilities;
                std::vector<std::uint32_t> truth;
                for (std::size_t i = 0; i <= kRows; ++i) {
                    double sum = 0;
                    std::array<double, kClasses> p{};
                    for (double& one : p) sum += one = random.exponential();
                    for (const double one : p) probabilities.push_back(one / sum);
                    // too sure: what comes is often another one
                    const double at = random.uniform();
                    const double first = std::sqrt(probabilities[i * kClasses]) / 2;
                    truth.push_back(at < first ? 0 : at < (1 + first) / 2 ? 1 : 2);
                }
                const ClassRows rows{
                    .classes = kClasses,
                    .probabilities = std::span{probabilities}.first(kRows * kClasses),
                    .truth = std::span{truth}.first(kRows)};
                const ClassSets sets = fit_class_sets(kind, rows, 0.25).value();
                const auto next = std::span{probabilities}.last(kClasses);
                return ((sets.of(next) >> truth.back()) & 1U) != 0;
            },
            kind == SetKind::aps);
    }
}

TEST(Conformal, a_set_is_of_the_likeliest_classes) {
    const std::vector<double> p{0.2, 0.5, 0.3};
    EXPECT_EQ((ClassSets{.kind = SetKind::lac, .threshold = 0.6}).of(p), 0b010U);
    EXPECT_EQ((ClassSets{.kind = SetKind::lac, .threshold = 0.75}).of(p), 0b110U);
    EXPECT_EQ((ClassSets{.kind = SetKind::lac, .threshold = 0.4}).of(p), 0U);
    EXPECT_EQ((ClassSets{.kind = SetKind::aps, .threshold = 0.4}).of(p), 0b010U);
    EXPECT_EQ((ClassSets{.kind = SetKind::aps, .threshold = 0.75}).of(p), 0b110U);
    EXPECT_EQ((ClassSets{.kind = SetKind::aps, .threshold = 1.0}).of(p), 0b111U);
    EXPECT_EQ(parse_set_kind("aps"), SetKind::aps);
    EXPECT_FALSE(parse_set_kind("all").has_value());
}

}  // namespace
}  // namespace tradewind::ml
