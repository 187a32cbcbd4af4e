// SPDX-License-Identifier: Apache-2.0
#include "ml/tree_shap.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/assert.hpp"
#include "ml/packed.hpp"

namespace tradewind::ml {
namespace {

const std::vector<std::int64_t>& whole(const Model& model, std::string_view name) {
    const auto* found = model.arrays.values<std::int64_t>(name);
    ASSERT(found != nullptr);
    return *found;
}

/// Of all ways into a node, those that go on into a child. A node without cover is passed half by
/// half.
double share_of(float child, float node) {
    return node > 0 ? static_cast<double>(child) / static_cast<double>(node) : 0.5;
}

constexpr double real(std::size_t n) { return static_cast<double>(n); }

/// 1 / n: quotients would take most of the time.
constexpr auto kInverse = [] {
    std::array<double, kTreeDepthMax + 3> out{};
    for (std::size_t n = 1; n < out.size(); ++n) out[n] = 1 / real(n);
    return out;
}();

}  // namespace

TreeShap::TreeShap(const Model& model)
    : columns_{model.card.origin.columns.size()},
      inputs_{model.card.inputs},
      x_(model.card.window * model.card.inputs.size()) {
    ASSERT(model.card.family == Family::xgboost && check(model).has_value());
    const auto& start = whole(model, "tree.start");
    const auto& score = whole(model, "tree.score");
    const auto& feature = whole(model, "node.feature");
    const auto& cover = floats(model, "node.cover");
    nodes_.resize(feature.size());
    for (const float base : floats(model, "base")) expected_.push_back(static_cast<double>(base));
    for (std::size_t tree = 0; tree < score.size(); ++tree) {
        const auto root = static_cast<std::size_t>(start[tree]);
        for (std::size_t i = root; i < static_cast<std::size_t>(start[tree + 1]); ++i) {
            nodes_[i].value = static_cast<double>(floats(model, "node.value")[i]);
            if (feature[i] < 0) continue;
            const auto left = root + static_cast<std::size_t>(whole(model, "node.left")[i]);
            const auto right = root + static_cast<std::size_t>(whole(model, "node.right")[i]);
            nodes_[i] = {.feature = feature[i],
                         .threshold = floats(model, "node.threshold")[i],
                         .missing_left = whole(model, "node.missing_left")[i] != 0,
                         .left = left,
                         .right = right,
                         .left_share = share_of(cover[left], cover[i]),
                         .right_share = share_of(cover[right], cover[i])};
        }
        trees_.push_back({.root = root, .score = static_cast<std::size_t>(score[tree])});
        expected_[trees_.back().score] += mean_of(root);
    }
    // A path has a step a level and one for the root, and each level keeps a copy of its own.
    constexpr std::size_t most = kTreeDepthMax + 2;
    room_.resize(most * (most + 1) / 2);
}

double TreeShap::mean_of(std::size_t node) const {
    const Node& one = nodes_[node];
    if (one.feature < 0) return one.value;
    return one.left_share * mean_of(one.left) + one.right_share * mean_of(one.right);
}

bool TreeShap::goes_left(const Node& node) const {
    const float x = x_[static_cast<std::size_t>(node.feature)];
    return std::isnan(x) ? node.missing_left : x < node.threshold;
}

void TreeShap::explain(std::span<const float> rows, std::span<double> contributions) {
    ASSERT(rows.size() * inputs_.size() == x_.size() * columns_ &&
           contributions.size() == expected_.size() * x_.size());
    choose(rows, columns_, inputs_, x_.data());
    std::fill(contributions.begin(), contributions.end(), 0.0);
    for (const Tree& tree : trees_) {
        into_ = contributions.subspan(tree.score * x_.size(), x_.size());
        follow({.node = tree.root}, {}, room_);
    }
}

namespace {

/// The paper's EXTEND: one more feature on the path.
template <typename Step>
void extend(std::span<Step> path, Step last) {
    const std::size_t n = path.size() - 1;
    last.weight = n == 0 ? 1 : 0;
    path[n] = last;
    const double share = kInverse[n + 1];
    for (std::size_t i = n; i-- > 0;) {
        path[i + 1].weight += last.known * path[i].weight * real(i + 1) * share;
        path[i].weight *= last.unknown * real(n - i) * share;
    }
}

/// The paper's UNWIND: takes the `which`th out again; `known` is 1 or 0. The last step is then one
/// of no meaning.
template <typename Step>
void unwind(std::span<Step> path, std::size_t which) {
    const std::size_t n = path.size() - 1;
    const Step out = path[which];
    double next = path[n].weight;
    for (std::size_t i = n; i-- > 0;) {
        if (out.known != 0) {
            const double before = path[i].weight;
            path[i].weight = next * real(n + 1) * kInverse[i + 1];
            next = before - path[i].weight * out.unknown * real(n - i) * kInverse[n + 1];
        } else {
            path[i].weight *= real(n + 1) / (out.unknown * real(n - i));
        }
    }
    for (std::size_t i = which; i < n; ++i) {
        path[i].feature = path[i + 1].feature;
        path[i].unknown = path[i + 1].unknown;
        path[i].known = path[i + 1].known;
    }
}

/// The sum of the weights that unwind would leave. What is known is 1, or 0.
template <typename Step>
double unwound_sum(std::span<const Step> path, std::size_t which) {
    const std::size_t n = path.size() - 1;
    const Step& out = path[which];
    double sum = 0;
    if (out.known == 0) {
        for (std::size_t i = 0; i < n; ++i) sum += path[i].weight * kInverse[n - i];
        return sum * real(n + 1) / out.unknown;
    }
    double next = path[n].weight;
    const double share = out.unknown * kInverse[n + 1];
    for (std::size_t i = n; i-- > 0;) {
        const double weight = next * real(n + 1) * kInverse[i + 1];
        sum += weight;
        next = path[i].weight - weight * share * real(n - i);
    }
    return sum;
}

}  // namespace

void TreeShap::add_leaf(std::span<const Step> path, double value) {
    for (std::size_t i = 1; i < path.size(); ++i) {
        const Step& step = path[i];
        into_[static_cast<std::size_t>(step.feature)] +=
            unwound_sum(path, i) * (step.known - step.unknown) * value;
    }
}

void TreeShap::follow(const Entry& entry, std::span<const Step> above, std::span<Step> room) {
    // No set of known features comes here.
    if (entry.unknown == 0 && entry.known == 0) return;
    std::span<Step> path = room.first(above.size() + 1);
    std::copy(above.begin(), above.end(), path.begin());
    extend(path,
           {.feature = entry.feature, .unknown = entry.unknown, .known = entry.known, .weight = 0});
    const Node& node = nodes_[entry.node];
    if (node.feature < 0) return add_leaf(path, node.value);
    double unknown = 1;
    double known = 1;
    const std::span<Step> rest = room.subspan(path.size());
    // A feature stands on a path once: what it was before is taken out, and becomes part of what it
    // is now.
    const auto before = std::find_if(path.begin() + 1, path.end(), [&node](const Step& step) {
        return step.feature == node.feature;
    });
    if (before != path.end()) {
        unknown = before->unknown;
        known = before->known;
        unwind(path, static_cast<std::size_t>(before - path.begin()));
        path = path.first(path.size() - 1);
    }
    const bool left = goes_left(node);
    follow({node.left, node.feature, unknown * node.left_share, left ? known : 0}, path, rest);
    follow({node.right, node.feature, unknown * node.right_share, left ? 0 : known}, path, rest);
}

}  // namespace tradewind::ml
