// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ml/model.hpp"

namespace tradewind::ml {

/// What each value of a window adds to the scores of a forest, exactly: Shapley values of the
/// expectation that follows both ways of a split whose value is not known, by their covers.
/// Lundberg et al., "From local explanations to global understanding with explainable AI for
/// trees", Nature Machine Intelligence 2 (2020), algorithm 2. Held to XGBoost's pred_contribs by
/// training/parity_test.cpp, and to the definition by tree_shap_test.cpp. Belongs to one thread.
class TreeShap {
public:
    /// Of a model of the family xgboost.
    explicit TreeShap(const Model& model);

    /// [K] what the scores are when nothing is known of the window.
    [[nodiscard]] std::span<const double> expected() const { return expected_; }
    /// `rows` [W, columns of a row], the newest the last; `contributions` [K, W, inputs]. Those of
    /// a score and its expected value sum to the score; of quantiles, to what they are before they
    /// are put in order. Adds up in double precision.
    void explain(std::span<const float> rows, std::span<double> contributions);

private:
    struct Node {
        std::int64_t feature = -1;  ///< of the window; -1: a leaf
        float threshold = 0;
        bool missing_left = false;
        std::size_t left = 0;
        std::size_t right = 0;
        double left_share = 0;  ///< of the cover
        double right_share = 0;
        double value = 0;
    };
    struct Tree {
        std::size_t root = 0;
        std::size_t score = 0;
    };
    /// A feature on the way to a node: the share of the ways that go on where it is not known, 1 or
    /// 0 where it is, and the weight of the sets with so many known ones.
    struct Step {
        std::int64_t feature = -1;
        double unknown = 1;
        double known = 1;
        double weight = 1;
    };
    /// What is met on the way into a node.
    struct Entry {
        std::size_t node = 0;
        std::int64_t feature = -1;
        double unknown = 1;
        double known = 1;
    };

    double mean_of(std::size_t node) const;
    /// `path` has room behind it for the ones further down.
    void follow(const Entry& entry, std::span<const Step> above, std::span<Step> room);
    void add_leaf(std::span<const Step> path, double value);
    [[nodiscard]] bool goes_left(const Node& node) const;

    std::size_t columns_;
    std::vector<std::uint32_t> inputs_;
    std::vector<Node> nodes_{};
    std::vector<Tree> trees_{};
    std::vector<double> expected_;
    std::vector<float> x_;
    std::vector<Step> room_{};
    std::span<double> into_{};  ///< of the score at work
};

}  // namespace tradewind::ml
