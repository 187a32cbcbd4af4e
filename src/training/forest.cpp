// SPDX-License-Identifier: Apache-2.0
#include "training/forest.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/try.hpp"

namespace tradewind::training {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kNone = -1;

template <typename T>
std::vector<T> list(const Json& tree, const char* name) {
    std::vector<T> out;
    for (const Json& one : tree.at(name)) {
        // 1.7 writes flags as numbers, others as true and false
        out.push_back(one.is_boolean() ? static_cast<T>(one.get<bool>()) : one.get<T>());
    }
    return out;
}

}  // namespace

/// One tree of XGBoost's, its nodes in an order where each follows its parent.
class TreeReader {
public:
    TreeReader(const Json& tree, Forest& out, float leaf_factor)
        : left_(list<std::int64_t>(tree, "left_children")),
          right_(list<std::int64_t>(tree, "right_children")),
          feature_(list<std::int64_t>(tree, "split_indices")),
          // of a leaf: its value
          condition_(list<float>(tree, "split_conditions")),
          missing_left_(list<std::int64_t>(tree, "default_left")),
          cover_(list<float>(tree, "sum_hessian")),
          gain_(list<float>(tree, "loss_changes")),
          out_(out),
          leaf_factor_(leaf_factor) {}

    /// False where it is no tree.
    bool read() {
        const std::size_t nodes = left_.size();
        for (const std::size_t size : {right_.size(), feature_.size(), condition_.size(),
                                       missing_left_.size(), cover_.size(), gain_.size()}) {
            if (size != nodes) return false;
        }
        std::vector<std::size_t> order{0};
        for (std::size_t i = 0; i < order.size(); ++i) {
            if (order[i] >= nodes || order.size() > nodes) return false;
            append(order[i], static_cast<std::int64_t>(order.size()));
            if (left_[order[i]] == kNone) continue;
            order.push_back(static_cast<std::size_t>(left_[order[i]]));
            order.push_back(static_cast<std::size_t>(right_[order[i]]));
        }
        out_.start_.push_back(static_cast<std::int64_t>(out_.feature_.size()));
        return true;
    }

private:
    void append(std::size_t node, std::int64_t child) {
        const bool leaf = left_[node] == kNone;
        out_.feature_.push_back(leaf ? kNone : feature_[node]);
        out_.threshold_.push_back(leaf ? 0.0F : condition_[node]);
        out_.left_.push_back(leaf ? kNone : child);
        out_.right_.push_back(leaf ? kNone : child + 1);
        out_.missing_left_.push_back(leaf ? 0 : missing_left_[node]);
        out_.value_.push_back(leaf ? condition_[node] * leaf_factor_ : 0.0F);
        // a share of a node's cover is asked for, and one of nothing is none
        out_.cover_.push_back(std::max(cover_[node], std::numeric_limits<float>::min()));
        if (!leaf)
            out_.gain_.at(static_cast<std::size_t>(feature_[node])) +=
                static_cast<double>(gain_[node]);
    }

    std::vector<std::int64_t> left_;
    std::vector<std::int64_t> right_;
    std::vector<std::int64_t> feature_;
    std::vector<float> condition_;
    std::vector<std::int64_t> missing_left_;
    std::vector<float> cover_;
    std::vector<float> gain_;
    Forest& out_;
    float leaf_factor_;
};

std::expected<void, std::string> Forest::append(std::string_view json, TreeChoice choice) {
    const std::unexpected<std::string> bad{"xgboost: its model is not as version 1.7 writes it"};
    try {
        const Json all = Json::parse(json);
        const Json& model = all.at("learner").at("gradient_booster").at("model");
        const Json& trees = model.at("trees");
        const Json& outputs = model.at("tree_info");
        if (choice.trees > trees.size() || outputs.size() != trees.size()) return bad;
        for (std::size_t i = 0; i < choice.trees; ++i) {
            score_.push_back(static_cast<std::int64_t>(choice.first_score) +
                             outputs[i].get<std::int64_t>());
            if (!TreeReader{trees[i], *this, choice.leaf_factor}.read()) return bad;
        }
    } catch (const std::exception&) {  // of the JSON library, and of a feature out of range
        return bad;
    }
    return {};
}

std::vector<ml::Tensor> Forest::arrays(const std::vector<float>& base) const {
    std::vector<ml::Tensor> out;
    const auto add = [&out](const char* name, const auto& values) {
        out.push_back(ml::tensor(name, {values.size()}, values));
    };
    add("base", base);
    add("tree.start", start_);
    add("tree.score", score_);
    add("node.feature", feature_);
    add("node.threshold", threshold_);
    add("node.left", left_);
    add("node.right", right_);
    add("node.missing_left", missing_left_);
    add("node.value", value_);
    add("node.cover", cover_);
    add("gain", gain_);
    return out;
}

}  // namespace tradewind::training
