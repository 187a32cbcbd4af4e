// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "ml/model.hpp"

namespace tradewind::training {

/// Which trees of a booster go into a forest, and how.
struct TreeChoice {
    std::size_t trees = 0;        ///< the first so many
    std::size_t first_score = 0;  ///< of the scores, that XGBoost's first output adds to
    float leaf_factor = 1.0F;
};

/// Trees in the layout of ml/model.hpp, of one booster after another.
class Forest {
public:
    /// `features`: W F.
    explicit Forest(std::size_t features) : gain_(features, 0.0) {}

    /// `json`: a booster as XGBoost 1.7 saves it. Nodes that pruning left unreachable are left
    /// out. The error: it is none.
    [[nodiscard]] std::expected<void, std::string> append(std::string_view json, TreeChoice choice);
    /// `base` [K]: what scores begin with.
    [[nodiscard]] std::vector<ml::Tensor> arrays(const std::vector<float>& base) const;
    [[nodiscard]] std::size_t trees() const { return score_.size(); }

private:
    std::vector<std::int64_t> start_{0};
    std::vector<std::int64_t> score_;
    std::vector<std::int64_t> feature_;
    std::vector<float> threshold_;
    std::vector<std::int64_t> left_;
    std::vector<std::int64_t> right_;
    std::vector<std::int64_t> missing_left_;
    std::vector<float> value_;
    std::vector<float> cover_;
    std::vector<double> gain_;

    friend class TreeReader;
};

}  // namespace tradewind::training
