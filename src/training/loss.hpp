// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ml/model.hpp"

namespace tradewind::training {

/// How wrong scores are.
///
///     classes     -log softmax(scores)[label]
///     value       Huber's of the difference, quadratic up to 1 (of the label's deviations)
///     quantiles   the mean over the levels of the pinball loss (Koenker and Bassett 1978) of
///                 q_k = scores_0 + sum over 1..k of softplus(scores): they never cross.
///                 `apart`: of q_k = scores_k, as trees have them
struct Loss {
    ml::Task task = ml::Task::classes;
    std::vector<double> levels{};  ///< quantiles
    std::size_t scores = 1;        ///< K
    bool apart = false;

    /// The sum of weight x loss. `raw` [n, K]; `labels` [n] as in Samples. Where `gradient` [n, K]
    /// is not empty it becomes that of the sum.
    [[nodiscard]] double sum(std::span<const float> raw, std::span<const float> labels,
                             std::span<const float> weights, std::span<float> gradient) const;
};

/// `raw` [K] of a network to quantiles, in place; and the gradient by the quantiles to that by the
/// raw scores they came from, in place.
void to_quantiles(std::span<double> raw);
void back_from_quantiles(std::span<const double> raw, std::span<double> gradient);

}  // namespace tradewind::training
