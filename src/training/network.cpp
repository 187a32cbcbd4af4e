// SPDX-License-Identifier: Apache-2.0
// C++17: clang cannot read libtorch 1.13's headers as anything newer.
#include "training/network.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <malloc.h>

#include <cmath>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "training/dropout.hpp"
#include "training/layers.hpp"

namespace tradewind::training {
namespace {

std::int64_t whole(std::size_t n) { return static_cast<std::int64_t>(n); }

std::vector<std::int64_t> whole(const std::vector<std::size_t>& shape) {
    std::vector<std::int64_t> out;
    out.reserve(shape.size());
    for (const std::size_t n : shape) out.push_back(whole(n));
    return out;
}

/// torch reads through pointers that are not const.
at::Tensor view(const float* data, at::IntArrayRef shape) {
    return at::from_blob(const_cast<float*>(data), shape, at::kFloat);
}

class TorchNetwork final : public Network {
public:
    explicit TorchNetwork(const NetworkPlan& plan)
        : plan_(plan),
          parameters_(parameters_of(plan)),
          weights_(size_of(parameters_), 0.0F),
          gradient_(weights_.size(), 0.0F) {
        for (const Parameter& one : parameters_) {
            const auto shape = whole(one.shape);
            at::Tensor tensor = view(weights_.data() + one.begin, shape);
            tensor.requires_grad_(one.trained);
            // Gradients are added up where we read them; see backward().
            if (one.trained) tensor.mutable_grad() = view(gradient_.data() + one.begin, shape);
            named_.emplace(one.name, std::move(tensor));
        }
    }

    float* weights() override { return weights_.data(); }
    float* gradient() override { return gradient_.data(); }

    void forward(const float* windows, std::size_t n, std::uint64_t dropout_seed,
                 float* scores) override {
        Dropout dropout{plan_.dropout, dropout_seed};
        last_ = run(view_of(windows, n), &dropout);
        copy(last_, scores);
    }

    void backward(const float* score_gradient) override {
        std::memset(gradient_.data(), 0, gradient_.size() * sizeof(float));
        torch::autograd::backward({last_}, {view(score_gradient, last_.sizes())});
        last_.reset();
    }

    void predict(const float* windows, std::size_t n, float* scores) override {
        const at::NoGradGuard no_gradient;
        copy(run(view_of(windows, n), nullptr), scores);
    }

    void input_gradient(const float* windows, std::size_t n, const float* score_gradient,
                        float* gradient) override {
        at::Tensor x = view_of(windows, n).clone().requires_grad_(true);
        const at::Tensor scores = run(x, nullptr);
        const auto found =
            torch::autograd::grad({scores}, {x}, {view(score_gradient, scores.sizes())});
        copy(found[0], gradient);
    }

private:
    static void copy(const at::Tensor& from, float* to) {
        const at::Tensor flat = from.detach().contiguous();
        std::memcpy(to, flat.data_ptr<float>(),
                    static_cast<std::size_t>(flat.numel()) * sizeof(float));
    }

    at::Tensor view_of(const float* windows, std::size_t n) const {
        return view(windows, {whole(n), whole(plan_.window), whole(plan_.features)});
    }

    const at::Tensor& named(const std::string& name) const { return named_.at(name); }

    at::Tensor linear(const at::Tensor& x, const std::string& name) const {
        return at::linear(x, named(name + ".w"), named(name + ".b"));
    }

    at::Tensor dropped(const at::Tensor& x, Dropout* dropout) const {
        if (dropout == nullptr || !dropout->drops()) return x;
        at::Tensor mask = at::empty_like(x, at::MemoryFormat::Contiguous);
        dropout->fill(mask.data_ptr<float>(), static_cast<std::size_t>(mask.numel()));
        return x * mask;
    }

    at::Tensor run(const at::Tensor& x, Dropout* dropout) const {
        switch (plan_.architecture) {
            case Architecture::logistic: return linear(x.flatten(1), "head");
            case Architecture::mlp: return mlp(x.flatten(1), dropout);
            case Architecture::lstm: return lstm(x, dropout);
            case Architecture::transformer: return transformer(x, dropout);
        }
        return {};
    }

    at::Tensor mlp(at::Tensor x, Dropout* dropout) const {
        for (std::size_t i = 0; i < plan_.hidden.size(); ++i) {
            x = dropped(at::relu(linear(x, "l" + std::to_string(i))), dropout);
        }
        return linear(x, "head");
    }

    at::Tensor lstm(const at::Tensor& windows, Dropout* dropout) const {
        // a step's rows one after another: they go through each product together
        at::Tensor x = windows.transpose(0, 1).contiguous();
        for (std::size_t i = 0; i < plan_.layers; ++i) {
            if (i > 0) x = dropped(x, dropout);
            const std::string name = "l" + std::to_string(i);
            x = lstm_layer(x, {named(name + ".w_in"), named(name + ".w_rec"), named(name + ".b")});
        }
        const at::Tensor last = x.select(0, -1);
        if (!plan_.attention_pooling) return linear(dropped(last, dropout), "head");
        const double scale = 1.0 / std::sqrt(static_cast<double>(plan_.width));
        const at::Tensor weight = at::softmax(at::matmul(x, named("pool.query")) * scale, 0);
        const at::Tensor pooled = (x * weight.unsqueeze(2)).sum(0);
        return linear(dropped(at::cat({pooled, last}, 1), dropout), "head");
    }

    at::Tensor transformer(const at::Tensor& windows, Dropout* dropout) const {
        const at::Tensor tokens = windows.reshape(
            {windows.size(0), whole(plan_.tokens()), whole(plan_.patch * plan_.features)});
        at::Tensor x = dropped(linear(tokens, "embed") + named("position"), dropout);
        for (std::size_t i = 0; i < plan_.layers; ++i) {
            const std::string name = "l" + std::to_string(i) + ".";
            const at::Tensor mixed = attention(linear(norm(x, name + "ln1"), name + "qkv"),
                                               whole(plan_.heads), plan_.causal);
            x = x + dropped(linear(mixed, name + "out"), dropout);
            const at::Tensor wide =
                linear_gelu(norm(x, name + "ln2"), named(name + "ff1.w"), named(name + "ff1.b"));
            x = x + dropped(linear(wide, name + "ff2"), dropout);
        }
        const at::Tensor pooled = plan_.mean_pooling ? x.mean(1) : x.select(1, -1);
        return linear(dropped(norm(pooled, "ln"), dropout), "head");
    }

    at::Tensor norm(const at::Tensor& x, const std::string& name) const {
        constexpr double kEpsilon = 1e-5;
        return at::layer_norm(x, {whole(plan_.width)}, named(name + ".w"), named(name + ".b"),
                              kEpsilon);
    }

    NetworkPlan plan_;
    std::vector<Parameter> parameters_;
    std::vector<float> weights_;
    std::vector<float> gradient_;
    std::unordered_map<std::string, at::Tensor> named_;
    at::Tensor last_;
};

}  // namespace

void use_one_thread() {
    at::set_num_threads(1);
    // A number too small for a float's usual form takes a hundred times as long, and is as good as
    // 0 to a network.
    at::globalContext().setFlushDenormal(true);
    // Arrays of a batch come and go; given back to the system each time, their pages would be
    // zeroed anew each time.
    constexpr int kLarge = 1 << 30;
    mallopt(M_MMAP_THRESHOLD, kLarge);
    mallopt(M_TRIM_THRESHOLD, kLarge);
}

std::unique_ptr<Network> make_torch_network(const NetworkPlan& plan) {
    use_one_thread();
    return std::make_unique<TorchNetwork>(plan);
}

}  // namespace tradewind::training
