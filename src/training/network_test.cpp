// SPDX-License-Identifier: Apache-2.0
// Networks beside what room ml serves of them, and their gradients beside finite differences.
// Beside libtorch's own layers they stand in parity_test.cpp.
#include "training/network.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "ml/predictor.hpp"
#include "support/random_models.hpp"
#include "training/loss.hpp"
#include "training/stored_network.hpp"

namespace tradewind::training {
namespace {

using support::card_of;

struct Options {
    ml::Family family;
    const char* settings;
    std::uint32_t window;
};

const ml::Target kClasses{.task = ml::Task::classes, .levels = {-1, 0, 1}};
const ml::Target kValue{.task = ml::Task::value, .levels = {}};
const ml::Target kQuantiles{.task = ml::Task::quantiles, .levels = {0.1, 0.5, 0.9}};

std::vector<Options> all_options() {
    return {{ml::Family::logistic, "{}", 6},
            {ml::Family::mlp, R"({"hidden":[17]})", 6},
            {ml::Family::mlp, R"({"hidden":[33,8,5]})", 3},
            {ml::Family::lstm, R"({"pooling":"last"})", 9},
            {ml::Family::lstm, R"({"pooling":"attention"})", 9},
            {ml::Family::lstm, R"({"layers":3,"hidden":24,"pooling":"attention"})", 20},
            {ml::Family::lstm, R"({"layers":2,"hidden":7})", 1},
            {ml::Family::transformer, "{}", 8},
            {ml::Family::transformer, R"({"causal":false,"pooling":"mean"})", 8},
            {ml::Family::transformer, R"({"patch":4,"heads":2,"width":24,"layers":1})", 16},
            {ml::Family::transformer, R"({"pooling":"mean","feedforward":9,"heads":1})", 12}};
}

/// Raw scores of a network to those that a predictor gives.
void to_served(const ml::Target& target, const StoredNetwork& stored, std::vector<float>& scores) {
    std::vector<double> wide(scores.begin(), scores.end());
    if (target.task == ml::Task::quantiles) to_quantiles(wide);
    for (std::size_t k = 0; k < scores.size(); ++k) {
        scores[k] = static_cast<float>(wide[k] * stored.score_scale + stored.score_centre);
    }
}

class Parity : public testing::TestWithParam<Options> {};

/// The dividend of an error that is relative to the largest score.
double largest(const std::vector<float>& scores) {
    double out = 0.1;
    for (const float one : scores) out = std::max(out, std::abs(static_cast<double>(one)));
    return out;
}

TEST_P(Parity, what_ml_serves_is_what_is_trained) {
    for (const ml::Target& target : {kClasses, kValue, kQuantiles}) {
        const ml::ModelCard card =
            card_of(GetParam().family, target, GetParam().window, 5, GetParam().settings);
        const ml::Model model = support::random_model(card, 3);
        auto stored = open_network(model);
        ASSERT_TRUE(stored.has_value()) << stored.error();
        const auto predictor = ml::make_predictor(model);
        base::Random random{4};
        for (int round = 0; round < 20; ++round) {
            std::vector<float> raw =
                support::normals(random, std::size_t{card.window} * 5, 0.3, 3.0);
            if (round % 4 == 0) raw[raw.size() / 2] = std::numeric_limits<float>::quiet_NaN();
            std::vector<float> served(target.scores());
            predictor->predict(raw, served);
            std::vector<float> window(raw.size());
            stored->scale(raw, card, window);
            std::vector<float> trained(target.scores());
            stored->network->predict(window.data(), 1, trained.data());
            to_served(target, *stored, trained);
            for (std::size_t k = 0; k < served.size(); ++k) {
                EXPECT_NEAR(served[k], trained[k], 1e-5 * largest(trained));
            }
        }
    }
}

TEST_P(Parity, its_gradients_are_those_of_finite_differences) {
    const ml::ModelCard card =
        card_of(GetParam().family, kClasses, GetParam().window, 5, GetParam().settings);
    auto stored = open_network(support::random_model(card, 5));
    ASSERT_TRUE(stored.has_value());
    Network& network = *stored->network;
    base::Random random{6};
    constexpr std::size_t kRows = 3;
    const auto windows =
        support::normals(random, kRows * stored->plan.window * stored->plan.features, 0, 1);
    const auto seeds = support::normals(random, kRows * 3, 0, 1);
    const auto sum = [&](const std::vector<float>& at) {
        std::vector<float> scores(kRows * 3);
        network.predict(at.data(), kRows, scores.data());
        double out = 0.0;
        for (std::size_t i = 0; i < scores.size(); ++i) {
            out += static_cast<double>(scores[i]) * static_cast<double>(seeds[i]);
        }
        return out;
    };
    std::vector<float> inputs(windows.size());
    network.input_gradient(windows.data(), kRows, seeds.data(), inputs.data());
    constexpr float kStep = 4e-3F;
    const double here = sum(windows);
    std::size_t kinks = 0;  // of relu: there the slopes of both sides differ
    const auto expect_slope = [&](double above, double below, float gradient) {
        const double step = static_cast<double>(kStep);
        const double slope = (above - below) / (2.0 * step);
        if (std::abs(above - 2.0 * here + below) / step > 0.02) {
            ++kinks;
            return;
        }
        EXPECT_NEAR(slope, gradient, 3e-3 + 0.01 * std::abs(slope));
    };
    std::vector<float> moved = windows;
    for (std::size_t i = 0; i < windows.size(); i += 7) {
        moved[i] = windows[i] + kStep;
        const double above = sum(moved);
        moved[i] = windows[i] - kStep;
        expect_slope(above, sum(moved), inputs[i]);
        moved[i] = windows[i];
    }
    std::vector<float> scores(kRows * 3);
    network.forward(windows.data(), kRows, 1, scores.data());
    network.backward(seeds.data());
    const std::size_t size = size_of(parameters_of(stored->plan));
    const std::vector<float> gradient(network.gradient(), network.gradient() + size);
    constexpr std::size_t kTried = 150;
    for (std::size_t i = 0; i < size; i += 1 + size / kTried) {
        float& weight = network.weights()[i];
        const float before = weight;
        weight = before + kStep;
        const double above = sum(windows);
        weight = before - kStep;
        expect_slope(above, sum(windows), gradient[i]);
        weight = before;
    }
    EXPECT_LT(kinks, kTried / 5);
}

INSTANTIATE_TEST_SUITE_P(Families, Parity, testing::ValuesIn(all_options()));

TEST(Network, dropout_is_that_of_its_seed_and_absent_where_it_serves) {
    NetworkPlan plan{.architecture = Architecture::lstm, .features = 3, .window = 4, .scores = 2};
    plan.width = 8;
    plan.dropout = 0.5;
    const auto network = make_torch_network(plan);
    const auto weights = initial_weights(parameters_of(plan), 1);
    std::copy(weights.begin(), weights.end(), network->weights());
    base::Random random{2};
    const auto windows = support::normals(random, std::size_t{5} * 12, 0, 1);
    const auto run = [&](std::uint64_t seed) {
        std::vector<float> scores(10);
        network->forward(windows.data(), 5, seed, scores.data());
        return scores;
    };
    std::vector<float> served(10);
    network->predict(windows.data(), 5, served.data());
    EXPECT_EQ(run(1), run(1));
    EXPECT_NE(run(1), run(2));
    EXPECT_NE(run(1), served);
}

}  // namespace
}  // namespace tradewind::training
