// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"
#include "ml/architecture.hpp"
#include "ml/networks.hpp"
#include "ml/packed.hpp"

namespace tradewind::ml {
namespace {

using kernels::kGroup;
using kernels::kPanel;
using kernels::rounded_up;

/// Rows of tokens whose attention is worked out together.
constexpr std::size_t kBlock = 16;

struct NormWeights {
    Buffer weight;
    Buffer bias;
};

/// Each head's queries, keys and values are whole groups, with zeros behind.
struct TransformerLayer {
    NormWeights norm_attention;
    Linear query;      ///< over sqrt(D / heads)
    Linear key_value;  ///< [keys of all heads, values of all heads]
    Linear out;
    NormWeights norm_feedforward;
    Linear up;
    Linear down;
};

struct TransformerWeights {
    Architecture net;
    std::size_t tokens;
    std::size_t padded;       ///< width
    std::size_t head;         ///< width of a head
    std::size_t head_padded;  ///< the same, whole groups
    std::size_t all_heads;    ///< heads x head_padded
    Linear embed;
    Buffer position;
    std::vector<TransformerLayer> layers{};
    NormWeights norm{};
    Linear scores{};

    explicit TransformerWeights(const Model& model)
        : net{*architecture_of(model.card)},
          tokens{model.card.window / net.patch},
          padded{rounded_up(net.width, kPanel)},
          head{net.width / net.heads},
          head_padded{rounded_up(head, kGroup)},
          all_heads{net.heads * head_padded},
          embed{pack(model, "embed", net.width, net.patch * model.card.inputs.size())},
          position{tokens * padded + kPanel} {
        const auto& positions = floats(model, "position");
        for (std::size_t t = 0; t < tokens; ++t) {
            std::copy_n(positions.data() + t * net.width, net.width, position.data() + t * padded);
        }
        for (std::size_t i = 0; i < net.layers; ++i) {
            layers.push_back(layer(model, fmt::format("l{}.", i)));
        }
        norm = norm_of(model, "ln");
        scores = pack(model, "head", model.card.target.scores(), net.width);
    }

private:
    [[nodiscard]] NormWeights norm_of(const Model& model, const std::string& name) const {
        return {.weight = Buffer{floats(model, name + ".w"), padded},
                .bias = Buffer{floats(model, name + ".b"), padded}};
    }
    /// Columns of `parts` matrices [D, D] from the first'th on of [q, k, v], heads padded.
    [[nodiscard]] Linear heads_of(const Model& model, const std::string& name, std::size_t first,
                                  std::size_t parts, float scale) const {
        const auto& w = floats(model, name + ".w");
        const auto& b = floats(model, name + ".b");
        const auto source = [&](std::size_t column) -> std::size_t {
            const std::size_t part = first + column / all_heads;
            const std::size_t in_part = column % all_heads;
            return part * net.width + in_part / head_padded * head + in_part % head_padded;
        };
        const auto real = [&](std::size_t column) { return column % head_padded < head; };
        return pack(
            parts * all_heads, net.width,
            [&](std::size_t column, std::size_t k) {
                return real(column) ? w[source(column) * net.width + k] * scale : 0.0F;
            },
            [&](std::size_t column) { return real(column) ? b[source(column)] * scale : 0.0F; });
    }
    /// What attention found [all_heads] -> [D].
    [[nodiscard]] Linear out_of(const Model& model, const std::string& name) const {
        const auto& w = floats(model, name + ".w");
        const auto& b = floats(model, name + ".b");
        return pack(
            net.width, all_heads,
            [&](std::size_t column, std::size_t k) {
                const std::size_t from = k / head_padded * head + k % head_padded;
                return k % head_padded < head ? w[column * net.width + from] : 0.0F;
            },
            [&](std::size_t column) { return b[column]; });
    }
    [[nodiscard]] TransformerLayer layer(const Model& model, const std::string& name) const {
        return {
            .norm_attention = norm_of(model, name + "ln1"),
            .query = heads_of(model, name + "qkv", 0, 1, 1 / std::sqrt(static_cast<float>(head))),
            .key_value = heads_of(model, name + "qkv", 1, 2, 1),
            .out = out_of(model, name + "out"),
            .norm_feedforward = norm_of(model, name + "ln2"),
            .up = pack(model, name + "ff1", net.feedforward, net.width),
            .down = pack(model, name + "ff2", net.width, net.feedforward)};
    }
};

class Transformer final : public Predictor {
public:
    Transformer(const Model& model, const kernels::Kernels& kernels)
        : card_{model.card},
          kernels_{kernels},
          weights_{model},
          inputs_{model, model.card.window},
          outputs_{model},
          tokens_{weights_.tokens},
          stride_{rounded_up(weights_.net.width, kPanel)},
          heads_stride_{rounded_up(weights_.all_heads, kPanel)},
          key_value_stride_{rounded_up(2 * weights_.all_heads, kPanel)},
          up_stride_{rounded_up(weights_.net.feedforward, kPanel)},
          read_{inputs_.values()},
          x_{tokens_ * stride_},
          normed_{tokens_ * stride_},
          query_{tokens_ * heads_stride_},
          key_value_{tokens_ * key_value_stride_},
          keys_{rounded_up(tokens_, kPanel) * weights_.head},
          attention_{kBlock * rounded_up(tokens_, kGroup)},
          found_{tokens_ * heads_stride_},
          up_{tokens_ * up_stride_},
          raw_{weights_.scores.columns} {}

    [[nodiscard]] const ModelCard& card() const override { return card_; }

    void predict(std::span<const float> rows, std::span<float> scores) override {
        inputs_.read(rows, read_, kernels_);
        embed();
        for (std::size_t i = 0; i < weights_.layers.size(); ++i) {
            // Of the last layer nothing but the last token is read, unless their mean is.
            const bool last = i + 1 == weights_.layers.size() && !weights_.net.mean;
            run(weights_.layers[i], last ? tokens_ - 1 : 0);
        }
        pool();
        kernels::Multiply product = weights_.scores.times(normed_.data(), 0, 1);
        product.c = raw_.data();
        kernels_.multiply(product);
        outputs_.write(raw_.data(), scores);
    }

private:
    void embed() {
        const std::size_t depth = weights_.embed.depth;
        kernels::Multiply product = weights_.embed.times(read_.data(), depth, tokens_);
        product.start = weights_.position.data();
        product.start_stride = stride_;
        product.c = x_.data();
        product.c_stride = stride_;
        kernels_.multiply(product);
    }
    void norm(const NormWeights& weights, std::size_t from) {
        kernels_.norm({.rows = tokens_ - from,
                       .width = weights_.net.width,
                       .stride = stride_,
                       .x = x_.data() + from * stride_,
                       .weight = weights.weight.data(),
                       .bias = weights.bias.data(),
                       .y = normed_.data() + from * stride_});
    }
    /// to = from W + b, of the tokens from `first` on.
    void linear(const Linear& weights, const Buffer& from, std::size_t from_stride, Buffer& to,
                std::size_t to_stride, std::size_t first) {
        kernels::Multiply product =
            weights.times(from.data() + first * from_stride, from_stride, tokens_ - first);
        product.c = to.data() + first * to_stride;
        product.c_stride = to_stride;
        kernels_.multiply(product);
    }
    /// x += from W + b.
    void add_linear(const Linear& weights, const Buffer& from, std::size_t from_stride,
                    std::size_t first) {
        kernels::Multiply product =
            weights.times(from.data() + first * from_stride, from_stride, tokens_ - first);
        product.c = x_.data() + first * stride_;
        product.c_stride = stride_;
        product.start = product.c;
        product.start_stride = stride_;
        kernels_.multiply(product);
    }

    void run(const TransformerLayer& layer, std::size_t first) {
        norm(layer.norm_attention, 0);
        linear(layer.query, normed_, stride_, query_, heads_stride_, first);
        linear(layer.key_value, normed_, stride_, key_value_, key_value_stride_, 0);
        for (std::size_t i = 0; i < weights_.net.heads; ++i) attend(i, first);
        add_linear(layer.out, found_, heads_stride_, first);
        norm(layer.norm_feedforward, first);
        linear(layer.up, normed_, stride_, up_, up_stride_, first);
        kernels_.gelu(up_.data() + first * up_stride_, (tokens_ - first) * up_stride_);
        add_linear(layer.down, up_, up_stride_, first);
    }

    /// Keys of a head as the panels of a product: [tokens / 32][head][32].
    void turn_keys(std::size_t column) {
        const std::size_t width = weights_.head;
        for (std::size_t t = 0; t < tokens_; ++t) {
            const float* const from = key_value_.data() + t * key_value_stride_ + column;
            float* const to = keys_.data() + t / kPanel * width * kPanel + t % kPanel;
            for (std::size_t j = 0; j < width; ++j) to[j * kPanel] = from[j];
        }
    }
    void attend(std::size_t head, std::size_t first) {
        const std::size_t column = head * weights_.head_padded;
        turn_keys(column);
        for (std::size_t row = first; row < tokens_; row += kBlock) {
            const std::size_t rows = std::min(kBlock, tokens_ - row);
            // What comes later than the last of these rows is hidden from all of them.
            const std::size_t seen = weights_.net.causal ? row + rows : tokens_;
            const std::size_t stride = rounded_up(seen, kGroup);
            kernels_.multiply({.rows = rows,
                               .depth = weights_.head,
                               .columns = stride,
                               .a = query_.data() + row * heads_stride_ + column,
                               .a_stride = heads_stride_,
                               .b = keys_.data(),
                               .b_panel = weights_.head * kPanel,
                               .c = attention_.data(),
                               .c_stride = stride});
            for (std::size_t r = 0; r < rows; ++r) {
                kernels_.softmax(attention_.data() + r * stride,
                                 weights_.net.causal ? row + r + 1 : tokens_, stride);
            }
            kernels_.multiply({.rows = rows,
                               .depth = seen,
                               .columns = weights_.head_padded,
                               .a = attention_.data(),
                               .a_stride = stride,
                               .b = key_value_.data() + weights_.all_heads + column,
                               .b_stride = key_value_stride_,
                               .b_panel = kPanel,
                               .c = found_.data() + row * heads_stride_ + column,
                               .c_stride = heads_stride_});
        }
    }
    /// Leaves what the head reads at the beginning of `normed_`.
    void pool() {
        float* x = x_.data() + (tokens_ - 1) * stride_;
        if (weights_.net.mean) {
            x = x_.data();
            const float share = 1 / static_cast<float>(tokens_);
            kernels_.blend(x, share, x, 0, stride_);
            for (std::size_t t = 1; t < tokens_; ++t) {
                kernels_.blend(x, 1, x_.data() + t * stride_, share, stride_);
            }
        }
        kernels_.norm({.rows = 1,
                       .width = weights_.net.width,
                       .stride = stride_,
                       .x = x,
                       .weight = weights_.norm.weight.data(),
                       .bias = weights_.norm.bias.data(),
                       .y = normed_.data()});
    }

    ModelCard card_;
    const kernels::Kernels& kernels_;
    TransformerWeights weights_;
    Inputs inputs_;
    Outputs outputs_;
    std::size_t tokens_;
    std::size_t stride_;
    std::size_t heads_stride_;
    std::size_t key_value_stride_;
    std::size_t up_stride_;
    Buffer read_;
    Buffer x_;
    Buffer normed_;
    Buffer query_;
    Buffer key_value_;
    Buffer keys_;
    Buffer attention_;
    Buffer found_;
    Buffer up_;
    Buffer raw_;
};

}  // namespace

std::unique_ptr<Predictor> make_transformer(const Model& model, const kernels::Kernels& kernels) {
    return std::make_unique<Transformer>(model, kernels);
}

}  // namespace tradewind::ml
