// SPDX-License-Identifier: Apache-2.0
// C++17, as network.cpp. Linked into bench_training alone.
#include "training/libtorch_loop.hpp"

#include <torch/torch.h>

#include <algorithm>

namespace tradewind::training {
namespace {

constexpr std::int64_t kWidth = 64;
constexpr std::int64_t kLayers = 2;
constexpr std::int64_t kHeads = 4;
constexpr std::int64_t kFeedforward = 128;
constexpr double kDropout = 0.1;

struct Lstm : torch::nn::Module {
    explicit Lstm(std::int64_t features)
        : layers(torch::nn::LSTMOptions(features, kWidth)
                     .num_layers(kLayers)
                     .dropout(kDropout)
                     .batch_first(true)),
          head(kWidth, 2) {
        register_module("layers", layers);
        register_module("head", head);
    }
    at::Tensor forward(const at::Tensor& x) { return head(std::get<0>(layers(x)).select(1, -1)); }
    torch::nn::LSTM layers;
    torch::nn::Linear head;
};

/// Normalised before attention and feedforward, as ours.
struct Block : torch::nn::Module {
    Block()
        : norm_attention(torch::nn::LayerNormOptions({kWidth})),
          norm_wide(torch::nn::LayerNormOptions({kWidth})),
          attention(torch::nn::MultiheadAttentionOptions(kWidth, kHeads)),
          wide(kWidth, kFeedforward),
          narrow(kFeedforward, kWidth),
          dropout(kDropout) {
        register_module("norm_attention", norm_attention);
        register_module("norm_wide", norm_wide);
        register_module("attention", attention);
        register_module("wide", wide);
        register_module("narrow", narrow);
        register_module("dropout", dropout);
    }
    at::Tensor forward(at::Tensor x, const at::Tensor& later) {
        const at::Tensor y = norm_attention(x);
        x = x + dropout(std::get<0>(attention->forward(y, y, y, {}, false, later)));
        return x + dropout(narrow(at::gelu(wide(norm_wide(x)), "tanh")));
    }
    torch::nn::LayerNorm norm_attention;
    torch::nn::LayerNorm norm_wide;
    torch::nn::MultiheadAttention attention;
    torch::nn::Linear wide;
    torch::nn::Linear narrow;
    torch::nn::Dropout dropout;
};

struct Transformer : torch::nn::Module {
    Transformer(std::int64_t features, std::int64_t window)
        : embed(features, kWidth),
          norm(torch::nn::LayerNormOptions({kWidth})),
          head(kWidth, 2),
          position(register_parameter("position", 0.02 * torch::randn({window, 1, kWidth}))),
          later(torch::ones({window, window}, torch::kBool).triu(1)) {
        register_module("embed", embed);
        register_module("norm", norm);
        register_module("head", head);
        for (std::int64_t i = 0; i < kLayers; ++i) {
            blocks.push_back(
                register_module("block" + std::to_string(i), std::make_shared<Block>()));
        }
    }
    at::Tensor forward(const at::Tensor& windows) {
        at::Tensor x = embed(windows.transpose(0, 1)) + position;
        for (const auto& block : blocks) x = block->forward(x, later);
        return head(norm(x.select(0, -1)));
    }
    torch::nn::Linear embed;
    torch::nn::LayerNorm norm;
    torch::nn::Linear head;
    at::Tensor position;
    at::Tensor later;
    std::vector<std::shared_ptr<Block>> blocks;
};

template <typename Net>
double epoch(Net& net, LoopSize size) {
    const auto rows = static_cast<std::int64_t>(size.rows);
    const auto batch = static_cast<std::int64_t>(size.batch);
    const at::Tensor windows = torch::randn(
        {rows, static_cast<std::int64_t>(size.window), static_cast<std::int64_t>(size.features)});
    const at::Tensor labels = torch::randint(0, 2, {rows}, torch::kLong);
    torch::optim::AdamW optimiser(net.parameters(), torch::optim::AdamWOptions(1e-3));
    net.train();
    const at::Tensor order = torch::randperm(rows);
    double sum = 0.0;
    for (std::int64_t from = 0; from < rows; from += batch) {
        const at::Tensor chosen = order.slice(0, from, std::min(from + batch, rows));
        const at::Tensor loss = torch::nn::functional::cross_entropy(
            net.forward(windows.index_select(0, chosen)), labels.index_select(0, chosen));
        optimiser.zero_grad();
        loss.backward();
        torch::nn::utils::clip_grad_norm_(net.parameters(), 1.0);
        optimiser.step();
        sum += loss.template item<double>() * static_cast<double>(chosen.size(0));
    }
    return sum / static_cast<double>(rows);
}

}  // namespace

double lstm_epoch_of_libtorch(LoopSize size) {
    Lstm net{static_cast<std::int64_t>(size.features)};
    return epoch(net, size);
}

double transformer_epoch_of_libtorch(LoopSize size) {
    Transformer net{static_cast<std::int64_t>(size.features),
                    static_cast<std::int64_t>(size.window)};
    return epoch(net, size);
}

}  // namespace tradewind::training
