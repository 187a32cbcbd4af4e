// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "ml/model.hpp"

namespace tradewind::ml {

/// A model at work. Allocates nothing once made; belongs to one thread.
class Predictor {
public:
    Predictor() = default;
    Predictor(const Predictor&) = delete;
    Predictor& operator=(const Predictor&) = delete;
    virtual ~Predictor() = default;

    [[nodiscard]] virtual const ModelCard& card() const = 0;
    /// `rows` [W, columns of a row]: the newest last. `scores` [K]. Scores are finite whatever the
    /// rows hold.
    virtual void predict(std::span<const float> rows, std::span<float> scores) = 0;
};

[[nodiscard]] std::unique_ptr<Predictor> make_predictor(const Model& model);

/// Probabilities of a classes task, in place.
void softmax(std::span<float> scores);

}  // namespace tradewind::ml
