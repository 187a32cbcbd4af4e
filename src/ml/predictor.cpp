// SPDX-License-Identifier: Apache-2.0
#include "ml/predictor.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"
#include "ml/networks.hpp"

namespace tradewind::ml {

std::unique_ptr<Predictor> make_predictor(const Model& model, const kernels::Kernels& kernels) {
    ASSERT(check(model).has_value());
    switch (model.card.family) {
        case Family::logistic:
        case Family::mlp: return make_dense(model, kernels);
        case Family::lstm: return make_lstm(model, kernels);
        case Family::transformer: return make_transformer(model, kernels);
        case Family::xgboost: return make_forest(model, kernels);
    }
    ASSERT(false && "a family of no name");
    return nullptr;
}

std::unique_ptr<Predictor> make_predictor(const Model& model) {
    return make_predictor(model, kernels::best());
}

void softmax(std::span<float> scores) {
    if (scores.empty()) return;
    const float most = *std::max_element(scores.begin(), scores.end());
    float sum = 0;
    for (float& score : scores) {
        score = std::exp(score - most);
        sum += score;
    }
    for (float& score : scores) score /= sum;
}

}  // namespace tradewind::ml
