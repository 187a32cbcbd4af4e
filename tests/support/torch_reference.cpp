// SPDX-License-Identifier: Apache-2.0
// C++17: clang cannot read libtorch 1.13's headers as anything newer.
#include "support/torch_reference.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

namespace tradewind::support {
namespace {

using training::Architecture;
using training::NetworkPlan;

std::int64_t whole(std::size_t n) { return static_cast<std::int64_t>(n); }

class Reference final : public TorchReference {
public:
    Reference(const NetworkPlan& plan, const float* weights) : plan_(plan) {
        const c10::InferenceMode guard;
        for (const training::Parameter& one : training::parameters_of(plan)) {
            std::vector<std::int64_t> shape;
            for (const std::size_t n : one.shape) shape.push_back(whole(n));
            const at::Tensor tensor = at::empty(shape, at::kFloat);
            std::memcpy(tensor.data_ptr<float>(), weights + one.begin, one.size * sizeof(float));
            named_.emplace(one.name, tensor);
        }
        if (plan.architecture == Architecture::lstm) gather_lstm();
        const auto tokens = whole(plan.tokens());
        hidden_ = plan.causal
                      ? at::full({tokens, tokens}, -std::numeric_limits<float>::infinity()).triu(1)
                      : at::zeros({tokens, tokens});
    }

    void predict(const float* window, float* scores) override {
        const c10::InferenceMode guard;
        const at::Tensor x = at::empty({whole(plan_.window), whole(plan_.features)}, at::kFloat);
        std::memcpy(x.data_ptr<float>(), window, plan_.window * plan_.features * sizeof(float));
        const at::Tensor out = run(x).contiguous();
        std::memcpy(scores, out.data_ptr<float>(), plan_.scores * sizeof(float));
    }

private:
    const at::Tensor& named(const std::string& name) const { return named_.at(name); }

    at::Tensor linear(const at::Tensor& x, const std::string& name) const {
        return at::linear(x, named(name + ".w"), named(name + ".b"));
    }
    at::Tensor norm(const at::Tensor& x, const std::string& name) const {
        return at::layer_norm(x, {whole(plan_.width)}, named(name + ".w"), named(name + ".b"),
                              1e-5);
    }

    at::Tensor run(const at::Tensor& x) const {
        switch (plan_.architecture) {
            case Architecture::logistic: return linear(x.view({1, -1}), "head");
            case Architecture::mlp: return mlp(x.view({1, -1}));
            case Architecture::lstm: return lstm(x);
            case Architecture::transformer: return transformer(x);
        }
        return {};
    }

    at::Tensor mlp(at::Tensor x) const {
        for (std::size_t i = 0; i < plan_.hidden.size(); ++i) {
            x = linear(x, "l" + std::to_string(i)).relu_();
        }
        return linear(x, "head");
    }

    /// What torch::nn::LSTM calls: all layers at once.
    void gather_lstm() {
        for (std::size_t i = 0; i < plan_.layers; ++i) {
            const std::string layer = "l" + std::to_string(i);
            lstm_.push_back(named(layer + ".w_in"));
            lstm_.push_back(named(layer + ".w_rec"));
            lstm_.push_back(named(layer + ".b"));
            lstm_.push_back(at::zeros({4 * whole(plan_.width)}));
        }
    }
    at::Tensor lstm(const at::Tensor& x) const {
        const at::Tensor none = at::zeros({whole(plan_.layers), 1, whole(plan_.width)});
        const at::Tensor h = std::get<0>(at::lstm(x.unsqueeze(0), {none, none}, lstm_, true,
                                                  whole(plan_.layers), 0.0, false, false, true))
                                 .squeeze(0);
        const at::Tensor last = h.select(0, -1);
        if (!plan_.attention_pooling) return linear(last, "head");
        const double scale = 1.0 / std::sqrt(static_cast<double>(plan_.width));
        const at::Tensor weight = at::softmax(at::mv(h, named("pool.query")) * scale, 0);
        return linear(at::cat({at::mv(h.t(), weight), last}), "head");
    }

    at::Tensor transformer(const at::Tensor& window) const {
        at::Tensor x = linear(window.view({whole(plan_.tokens()), -1}), "embed");
        x.add_(named("position"));
        for (std::size_t i = 0; i < plan_.layers; ++i) {
            const std::string layer = "l" + std::to_string(i) + ".";
            const at::Tensor mixed = attention(linear(norm(x, layer + "ln1"), layer + "qkv"));
            x.add_(linear(mixed, layer + "out"));
            const at::Tensor wide = at::gelu(linear(norm(x, layer + "ln2"), layer + "ff1"), "tanh");
            x.add_(linear(wide, layer + "ff2"));
        }
        return linear(norm(plan_.mean_pooling ? x.mean(0) : x.select(0, -1), "ln"), "head");
    }

    /// `qkv` [T, 3 D] -> [T, D].
    at::Tensor attention(const at::Tensor& qkv) const {
        const auto tokens = whole(plan_.tokens());
        const auto heads = whole(plan_.heads);
        const at::Tensor parts = qkv.view({tokens, 3, heads, -1}).permute({1, 2, 0, 3});
        const double scale =
            std::sqrt(static_cast<double>(plan_.heads) / static_cast<double>(plan_.width));
        const at::Tensor logits =
            at::baddbmm(hidden_, parts[0], parts[1].transpose(1, 2), 1, scale);
        const at::Tensor mixed = at::bmm(at::softmax(logits, -1), parts[2]);
        return mixed.transpose(0, 1).reshape({tokens, whole(plan_.width)});
    }

    NetworkPlan plan_;
    std::unordered_map<std::string, at::Tensor> named_;
    std::vector<at::Tensor> lstm_;
    at::Tensor hidden_;  ///< [T, T] added to what attention weighs: what comes later is hidden
};

}  // namespace

std::unique_ptr<TorchReference> make_torch_reference(const training::NetworkPlan& plan,
                                                     const float* weights) {
    return std::make_unique<Reference>(plan, weights);
}

}  // namespace tradewind::support
