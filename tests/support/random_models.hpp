// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "ml/architecture.hpp"
#include "ml/model.hpp"

/// Models with random weights, for tests and benchmarks: same seed, same model.
namespace tradewind::support {

/// A card with all there has to be; `columns` columns, all of them inputs.
inline ml::ModelCard card_of(ml::Family family, ml::Target target, std::uint32_t window,
                             std::uint32_t columns, std::string settings = "{}") {
    ml::ModelCard card;
    card.family = family;
    card.target = std::move(target);
    card.window = window;
    for (std::uint32_t i = 0; i < columns; ++i) {
        card.inputs.push_back(i);
        card.origin.columns.push_back("f" + std::to_string(i));
    }
    card.settings = std::move(settings);
    return card;
}

inline std::vector<float> normals(base::Random& random, std::size_t n, double mean, double sd) {
    std::vector<float> out(n);
    for (float& x : out) x = static_cast<float>(mean + sd * random.normal());
    return out;
}

inline std::size_t count_of(const std::vector<std::size_t>& shape) {
    std::size_t out = 1;
    for (const std::size_t n : shape) out *= n;
    return out;
}

/// Weights of the size that training begins with, so that no layer dies or saturates.
inline ml::Model random_net(const ml::ModelCard& card, std::uint64_t seed) {
    const auto net = ml::architecture_of(card);
    ASSERT(net.has_value());
    base::Random random{seed};
    ml::Model out{.card = card, .arrays = {}};
    for (const ml::ArrayShape& one : ml::arrays_of(card, *net)) {
        const bool positive = one.name == "scale" || one.name == "out.scale";
        const bool norm = one.name.find("ln") != std::string::npos && one.name.ends_with(".w");
        const double sd = one.shape.size() == 2 && one.name != "position"
                              ? 1 / std::sqrt(static_cast<double>(one.shape[1]))
                              : 0.3;
        std::vector<float> values =
            normals(random, count_of(one.shape), positive || norm ? 1 : 0, positive ? 0.1 : sd);
        if (one.name == "clip") values = {5};
        out.arrays.tensors.push_back(ml::tensor(one.name, one.shape, std::move(values)));
    }
    return out;
}

struct ForestOptions {
    std::size_t trees = 20;
    std::size_t depth = 4;
    double leaf_early = 0.1;  ///< chance that a node above the depth is a leaf
};

/// The columns of a forest's nodes while it grows.
struct ForestBuilder {
    std::vector<std::int64_t> feature{}, left{}, right{}, missing_left{};
    std::vector<float> threshold{}, value{}, cover{};

    std::size_t add(float covered) {
        feature.push_back(-1);
        left.push_back(0);
        right.push_back(0);
        missing_left.push_back(0);
        threshold.push_back(0);
        value.push_back(0);
        cover.push_back(covered);
        return feature.size() - 1;
    }
    void grow(base::Random& random, const ForestOptions& options, std::size_t features,
              std::size_t root, std::size_t node, std::size_t depth) {
        if (depth == options.depth || random.uniform() < options.leaf_early) {
            value[node] = static_cast<float>(0.1 * random.normal());
            return;
        }
        const double share = 0.05 + 0.9 * random.uniform();
        const std::size_t l = add(static_cast<float>(static_cast<double>(cover[node]) * share));
        const std::size_t r =
            add(static_cast<float>(static_cast<double>(cover[node]) * (1 - share)));
        feature[node] = static_cast<std::int64_t>(random.below(features));
        threshold[node] = static_cast<float>(random.normal());
        missing_left[node] = static_cast<std::int64_t>(random.below(2));
        left[node] = static_cast<std::int64_t>(l - root);
        right[node] = static_cast<std::int64_t>(r - root);
        grow(random, options, features, root, l, depth + 1);
        grow(random, options, features, root, r, depth + 1);
    }
};

inline ml::Model random_forest(const ml::ModelCard& card, std::uint64_t seed,
                               ForestOptions options) {
    base::Random random{seed};
    const std::size_t features = card.window * card.inputs.size();
    const std::size_t scores = card.target.scores();
    ForestBuilder nodes;
    std::vector<std::int64_t> start{0};
    std::vector<std::int64_t> score;
    for (std::size_t i = 0; i < options.trees; ++i) {
        const std::size_t root = nodes.add(1000);
        nodes.grow(random, options, features, root, root, 0);
        start.push_back(static_cast<std::int64_t>(nodes.feature.size()));
        score.push_back(static_cast<std::int64_t>(i % scores));
    }
    ml::Model out{.card = card, .arrays = {}};
    const auto add = [&out](std::string name, ml::Tensor::Values values) {
        const std::size_t n = std::visit([](const auto& all) { return all.size(); }, values);
        out.arrays.tensors.push_back(ml::tensor(std::move(name), {n}, std::move(values)));
    };
    add("base", normals(random, scores, 0, 0.5));
    add("tree.start", std::move(start));
    add("tree.score", std::move(score));
    add("node.feature", std::move(nodes.feature));
    add("node.threshold", std::move(nodes.threshold));
    add("node.left", std::move(nodes.left));
    add("node.right", std::move(nodes.right));
    add("node.missing_left", std::move(nodes.missing_left));
    add("node.value", std::move(nodes.value));
    add("node.cover", std::move(nodes.cover));
    add("gain", std::vector<double>(features, 1.0));
    return out;
}

/// Of any family.
inline ml::Model random_model(const ml::ModelCard& card, std::uint64_t seed) {
    return card.family == ml::Family::xgboost ? random_forest(card, seed, {})
                                              : random_net(card, seed);
}

}  // namespace tradewind::support
