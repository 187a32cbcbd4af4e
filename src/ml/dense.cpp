// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "base/try.hpp"
#include "ml/architecture.hpp"
#include "ml/networks.hpp"
#include "ml/packed.hpp"

namespace tradewind::ml {
namespace {

/// Logistic regression and MLP: the window's rows one after another through linear maps, with relu
/// after each but the last.
class Dense final : public Predictor {
public:
    Dense(const Model& model, const kernels::Kernels& kernels)
        : card_{model.card},
          kernels_{kernels},
          inputs_{model, model.card.window},
          outputs_{model},
          from_{inputs_.values()} {
        std::size_t width = inputs_.values();
        std::size_t most = width;
        const auto add = [&](const std::string& name, std::size_t units) {
            layers_.push_back(pack(model, name, units, width));
            width = units;
            most = std::max(most, layers_.back().columns);
        };
        if (card_.family == Family::mlp) {
            const auto hidden = architecture_of(card_)->hidden;
            for (std::size_t i = 0; i < hidden.size(); ++i) add(fmt::format("l{}", i), hidden[i]);
        }
        add("head", card_.target.scores());
        from_ = Buffer{most};
        to_ = Buffer{most};
    }

    [[nodiscard]] const ModelCard& card() const override { return card_; }

    void predict(std::span<const float> rows, std::span<float> scores) override {
        inputs_.read(rows, from_, kernels_);
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            if (i > 0) kernels_.relu(from_.data(), layers_[i - 1].columns);
            kernels::Multiply product = layers_[i].times(from_.data(), 0, 1);
            product.c = to_.data();
            kernels_.multiply(product);
            std::swap(from_, to_);
        }
        outputs_.write(from_.data(), scores);
    }

private:
    ModelCard card_;
    const kernels::Kernels& kernels_;
    Inputs inputs_;
    Outputs outputs_;
    std::vector<Linear> layers_;
    Buffer from_;
    Buffer to_;
};

}  // namespace

std::unique_ptr<Predictor> make_dense(const Model& model, const kernels::Kernels& kernels) {
    return std::make_unique<Dense>(model, kernels);
}

}  // namespace tradewind::ml
