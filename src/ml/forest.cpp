// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/assert.hpp"
#include "ml/networks.hpp"
#include "ml/packed.hpp"

namespace tradewind::ml {
namespace {

using Pack = kernels::Forest::Pack;
using PackedNode = kernels::Forest::Node;

constexpr std::size_t kTrees = kernels::Forest::kTrees;
/// A pack holds all nodes that a tree of its depth could have; deeper ones are walked one by one.
constexpr std::size_t kPackDepthMax = 8;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// The arrays of a model.
struct ForestView {
    const std::vector<std::int64_t>& start;
    const std::vector<std::int64_t>& score;
    const std::vector<std::int64_t>& feature;
    const std::vector<float>& threshold;
    const std::vector<std::int64_t>& left;
    const std::vector<std::int64_t>& right;
    const std::vector<std::int64_t>& missing_left;
    const std::vector<float>& value;
    std::size_t features;

    explicit ForestView(const Model& model)
        : start{whole(model, "tree.start")},
          score{whole(model, "tree.score")},
          feature{whole(model, "node.feature")},
          threshold{floats(model, "node.threshold")},
          left{whole(model, "node.left")},
          right{whole(model, "node.right")},
          missing_left{whole(model, "node.missing_left")},
          value{floats(model, "node.value")},
          features{model.card.window * model.card.inputs.size()} {}

    [[nodiscard]] std::size_t root(std::size_t tree) const {
        return static_cast<std::size_t>(start[tree]);
    }
    [[nodiscard]] bool is_leaf(std::size_t node) const { return feature[node] < 0; }
    /// Both children, by their places among all nodes.
    [[nodiscard]] std::pair<std::size_t, std::size_t> children(std::size_t tree,
                                                               std::size_t node) const {
        return {root(tree) + static_cast<std::size_t>(left[node]),
                root(tree) + static_cast<std::size_t>(right[node])};
    }
    /// A missing value goes left where the node's slot has minus infinity for it, right where it
    /// has infinity: no node asks whether its value is there.
    [[nodiscard]] PackedNode packed(std::size_t node) const {
        const auto slot =
            static_cast<std::size_t>(feature[node]) + (missing_left[node] != 0 ? 0 : features);
        return {.threshold = threshold[node], .slot = static_cast<std::uint32_t>(slot)};
    }
    /// Splits from the root to the farthest leaf.
    [[nodiscard]] std::size_t depth(std::size_t tree) const {
        std::size_t deepest = 0;
        std::vector<std::pair<std::size_t, std::size_t>> todo{{root(tree), 0}};
        while (!todo.empty()) {
            const auto [node, at] = todo.back();
            todo.pop_back();
            deepest = std::max(deepest, at);
            if (is_leaf(node)) continue;
            const auto [l, r] = children(tree, node);
            todo.emplace_back(l, at + 1);
            todo.emplace_back(r, at + 1);
        }
        return deepest;
    }

private:
    static const std::vector<std::int64_t>& whole(const Model& model, std::string_view name) {
        const auto* found = model.arrays.values<std::int64_t>(name);
        ASSERT(found != nullptr);
        return *found;
    }
};

/// A node of a tree that is walked alone.
struct WalkedNode {
    PackedNode split{};
    std::uint32_t left = 0;  ///< 0: a leaf, since no child is the root of the first tree
    std::uint32_t right = 0;
    float value = 0;
};

struct WalkedTree {
    std::uint32_t root = 0;
    std::uint32_t score = 0;
};

class ForestPredictor final : public Predictor {
public:
    ForestPredictor(const Model& model, const kernels::Kernels& kernels)
        : card_{model.card},
          kernels_{kernels},
          base_{floats(model, "base")},
          columns_{card_.origin.columns.size()},
          together_{card_.inputs.size() == columns_},
          chosen_{card_.window * card_.inputs.size()},
          slots_{2 * card_.inputs.size() * card_.window},
          sums_(base_.size()) {
        const ForestView view{model};
        std::vector<std::vector<std::pair<std::size_t, std::size_t>>> by_score(base_.size());
        for (std::size_t tree = 0; tree < view.score.size(); ++tree) {
            const std::size_t depth = view.depth(tree);
            const auto score = static_cast<std::size_t>(view.score[tree]);
            if (depth > kPackDepthMax) {
                add_walked(view, tree);
            } else {
                by_score[score].emplace_back(depth, tree);
            }
        }
        for (std::size_t score = 0; score < by_score.size(); ++score) {
            add_packs(view, score, std::move(by_score[score]));
        }
        forest_ = {.nodes = nodes_.data(),
                   .values = values_.data(),
                   .packs = packs_.data(),
                   .pack_count = packs_.size()};
    }

    [[nodiscard]] const ModelCard& card() const override { return card_; }

    void predict(std::span<const float> rows, std::span<float> scores) override {
        ASSERT(rows.size() == card_.window * columns_ && scores.size() == base_.size());
        const float* x = rows.data();
        if (!together_) {
            choose(rows, columns_, card_.inputs, chosen_.data());
            x = chosen_.data();
        }
        spread(x);
        std::fill(sums_.begin(), sums_.end(), 0.0);
        kernels_.forest(forest_, slots_.data(), sums_.data());
        for (const WalkedTree& tree : walked_) sums_[tree.score] += walk(tree.root);
        for (std::size_t k = 0; k < scores.size(); ++k) {
            scores[k] = static_cast<float>(static_cast<double>(base_[k]) + sums_[k]);
        }
        make_finite(scores);
        // Of quantiles that cross, the ones in order are nearer to the truth (Chernozhukov,
        // Fernandez-Val and Galichon, "Quantile and probability curves without crossing", 2010).
        if (card_.target.task == Task::quantiles) std::sort(scores.begin(), scores.end());
    }

private:
    void spread(const float* x) {
        const std::size_t n = card_.window * card_.inputs.size();
        float* const low = slots_.data();
        float* const high = low + n;
        for (std::size_t i = 0; i < n; ++i) low[i] = x[i] == x[i] ? x[i] : -kInfinity;
        for (std::size_t i = 0; i < n; ++i) high[i] = x[i] == x[i] ? x[i] : kInfinity;
    }

    [[nodiscard]] double walk(std::uint32_t at) const {
        while (walked_nodes_[at].left != 0) {
            const WalkedNode& node = walked_nodes_[at];
            at = slots_.data()[node.split.slot] < node.split.threshold ? node.left : node.right;
        }
        return static_cast<double>(walked_nodes_[at].value);
    }

    void add_walked(const ForestView& view, std::size_t tree) {
        const auto shift = static_cast<std::int64_t>(walked_nodes_.size());
        const std::size_t from = view.root(tree);
        const auto end = static_cast<std::size_t>(view.start[tree + 1]);
        walked_.push_back({.root = static_cast<std::uint32_t>(shift),
                           .score = static_cast<std::uint32_t>(view.score[tree])});
        for (std::size_t node = from; node < end; ++node) {
            WalkedNode out{.value = view.value[node]};
            if (!view.is_leaf(node)) {
                out = {.split = view.packed(node),
                       .left = static_cast<std::uint32_t>(shift + view.left[node]),
                       .right = static_cast<std::uint32_t>(shift + view.right[node])};
            }
            walked_nodes_.push_back(out);
        }
    }

    /// Trees of like depth stand together, so that little is padding.
    void add_packs(const ForestView& view, std::size_t score,
                   std::vector<std::pair<std::size_t, std::size_t>> trees) {
        std::sort(trees.begin(), trees.end());
        for (std::size_t i = 0; i < trees.size(); i += kTrees) {
            const std::size_t count = std::min(kTrees, trees.size() - i);
            const std::size_t depth = trees[i + count - 1].first;
            packs_.push_back({.depth = static_cast<std::uint32_t>(depth),
                              .score = static_cast<std::uint32_t>(score),
                              .nodes = nodes_.size(),
                              .values = values_.size()});
            nodes_.resize(nodes_.size() + ((std::size_t{1} << depth) - 1) * kTrees);
            values_.resize(values_.size() + (std::size_t{1} << depth) * kTrees);
            for (std::size_t lane = 0; lane < count; ++lane) {
                fill(view, trees[i + lane].second,
                     {.lane = lane, .node = view.root(trees[i + lane].second)});
            }
        }
    }

    struct Place {
        std::size_t lane = 0;   ///< of the last pack
        std::size_t node = 0;   ///< of all
        std::size_t level = 0;  ///< in the pack
        std::size_t at = 0;     ///< in the level
    };
    /// At most kPackDepthMax deep. A leaf above the last level is itself both of its children.
    void fill(const ForestView& view, std::size_t tree, Place place) {
        const Pack& pack = packs_.back();
        const std::size_t size = std::size_t{1} << place.level;
        if (place.level == pack.depth) {
            values_[pack.values + place.at * kTrees + place.lane] = view.value[place.node];
            return;
        }
        std::pair<std::size_t, std::size_t> children{place.node, place.node};
        if (!view.is_leaf(place.node)) {
            children = view.children(tree, place.node);
            nodes_[pack.nodes + (size - 1 + place.at) * kTrees + place.lane] =
                view.packed(place.node);
        }
        fill(view, tree, {place.lane, children.first, place.level + 1, place.at});
        fill(view, tree, {place.lane, children.second, place.level + 1, place.at + size});
    }

    ModelCard card_;
    const kernels::Kernels& kernels_;
    std::vector<float> base_;
    std::size_t columns_;
    bool together_;
    Buffer chosen_;
    Buffer slots_;  ///< [2, F]: missing values as minus infinity, then as infinity
    std::vector<double> sums_;
    std::vector<PackedNode> nodes_{};
    std::vector<float> values_{};
    std::vector<Pack> packs_{};
    kernels::Forest forest_{};
    std::vector<WalkedNode> walked_nodes_{};
    std::vector<WalkedTree> walked_{};
};

}  // namespace

std::unique_ptr<Predictor> make_forest(const Model& model, const kernels::Kernels& kernels) {
    return std::make_unique<ForestPredictor>(model, kernels);
}

}  // namespace tradewind::ml
