// SPDX-License-Identifier: Apache-2.0
#include "ml/lstm.hpp"

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

/// Gates are [4, padded] i, f, g, o: each is whole groups, so the cell has no ends to look after.
struct LstmLayer {
    Linear in;
    Linear recurrent;  ///< its constant is 0
};

/// The weights, without any state.
struct LstmWeights {
    std::size_t width = 0;
    std::size_t padded = 0;
    bool attention = false;
    std::vector<LstmLayer> layers{};
    Buffer query{};  ///< over sqrt(width)
    Linear head{};   ///< of [pooled, h], each padded

    explicit LstmWeights(const Model& model) {
        const Architecture net = *architecture_of(model.card);
        width = net.width;
        padded = rounded_up(width, kGroup);
        attention = net.attention;
        std::size_t depth = model.card.inputs.size();
        for (std::size_t i = 0; i < net.layers; ++i) {
            layers.push_back(
                {.in = pack_gates(floats(model, fmt::format("l{}.w_in", i)), depth,
                                  floats(model, fmt::format("l{}.b", i))),
                 .recurrent = pack_gates(floats(model, fmt::format("l{}.w_rec", i)), width, {})});
            depth = width;
        }
        if (attention) pack_query(model);
        pack_head(model);
    }

private:
    [[nodiscard]] Linear pack_gates(const std::vector<float>& w, std::size_t depth,
                                    const std::vector<float>& b) const {
        const auto place = [this](std::size_t column) {
            return column / padded * width + column % padded;
        };
        return pack(
            4 * padded, depth,
            [&](std::size_t column, std::size_t k) {
                return column % padded < width ? w[place(column) * depth + k] : 0.0F;
            },
            [&](std::size_t column) {
                return column % padded < width && !b.empty() ? b[place(column)] : 0.0F;
            });
    }
    void pack_query(const Model& model) {
        query = Buffer{floats(model, "pool.query"), padded};
        const float scale = 1 / std::sqrt(static_cast<float>(width));
        for (std::size_t i = 0; i < width; ++i) query.data()[i] *= scale;
    }
    void pack_head(const Model& model) {
        const auto& w = floats(model, "head.w");
        const auto& b = floats(model, "head.b");
        const std::size_t parts = attention ? 2 : 1;
        head = pack(
            model.card.target.scores(), parts * padded,
            [&](std::size_t column, std::size_t k) {
                return k % padded < width
                           ? w[column * parts * width + k / padded * width + k % padded]
                           : 0.0F;
            },
            [&](std::size_t column) { return b[column]; });
    }
};

/// A window at once: what a layer reads of its input is one product for all rows, which takes each
/// weight from memory once; only the recurrent half goes row by row.
class Lstm final : public Predictor {
public:
    Lstm(const Model& model, const kernels::Kernels& kernels)
        : card_{model.card},
          kernels_{kernels},
          weights_{model},
          inputs_{model, model.card.window},
          outputs_{model},
          x_{inputs_.values()},
          gates_{4 * weights_.padded * model.card.window},
          now_{4 * weights_.padded},
          hidden_{model.card.window * weights_.padded},
          cell_{weights_.padded},
          attention_{model.card.window},
          last_{2 * weights_.padded},
          raw_{weights_.head.columns} {}

    [[nodiscard]] const ModelCard& card() const override { return card_; }

    void predict(std::span<const float> rows, std::span<float> scores) override {
        inputs_.read(rows, x_, kernels_);
        const float* x = x_.data();
        std::size_t stride = card_.inputs.size();
        for (const LstmLayer& layer : weights_.layers) {
            run(layer, x, stride);
            x = hidden_.data();
            stride = weights_.padded;
        }
        pool();
        kernels::Multiply product = weights_.head.times(last_.data(), 0, 1);
        product.c = raw_.data();
        kernels_.multiply(product);
        outputs_.write(raw_.data(), scores);
    }

private:
    void run(const LstmLayer& layer, const float* x, std::size_t stride) {
        const std::size_t gates = 4 * weights_.padded;
        kernels::Multiply in = layer.in.times(x, stride, card_.window);
        in.c = gates_.data();
        in.c_stride = gates;
        kernels_.multiply(in);
        cell_.clear();
        const float* row = gates_.data();
        for (std::size_t t = 0; t < card_.window; ++t) {
            float* const h = hidden_.data() + t * weights_.padded;
            if (t > 0) {
                kernels::Multiply next = layer.recurrent.times(h - weights_.padded, 0, 1);
                next.bias = nullptr;
                next.start = gates_.data() + t * gates;
                next.c = now_.data();
                next.backwards = t % 2 != 0;
                kernels_.multiply(next);
                row = now_.data();
            }
            kernels_.lstm_cell(row, cell_.data(), h, weights_.padded);
        }
    }
    /// [pooled, h_last], or h_last.
    void pool() {
        const std::size_t width = weights_.padded;
        const std::size_t window = card_.window;
        float* last = last_.data();
        if (weights_.attention) {
            for (std::size_t t = 0; t < window; ++t) {
                attention_.data()[t] =
                    kernels_.dot(hidden_.data() + t * width, weights_.query.data(), width);
            }
            kernels_.softmax(attention_.data(), window, attention_.size());
            kernels_.multiply({.rows = 1,
                               .depth = window,
                               .columns = width,
                               .a = attention_.data(),
                               .b = hidden_.data(),
                               .b_stride = width,
                               .b_panel = kPanel,
                               .c = last});
            last += width;
        }
        std::copy_n(hidden_.data() + (window - 1) * width, width, last);
    }

    ModelCard card_;
    const kernels::Kernels& kernels_;
    LstmWeights weights_;
    Inputs inputs_;
    Outputs outputs_;
    Buffer x_;
    Buffer gates_;
    Buffer now_;
    Buffer hidden_;
    Buffer cell_;
    Buffer attention_;
    Buffer last_;
    Buffer raw_;
};

}  // namespace

/// The softmax over all rows so far is kept as its largest exponent, and what sums to it of that: a
/// row of a larger one scales down what was there (Milakov and Gimelshein, "Online normalizer
/// calculation for softmax", 2018).
class LstmStream::State {
public:
    State(const Model& model, const kernels::Kernels& kernels)
        : kernels_{kernels},
          weights_{model},
          inputs_{model, 1},
          outputs_{model},
          x_{inputs_.values()},
          gates_{4 * weights_.padded},
          pooled_{weights_.padded},
          last_{2 * weights_.padded},
          raw_{weights_.head.columns} {
        for (std::size_t i = 0; i < weights_.layers.size(); ++i) {
            cells_.emplace_back(weights_.padded);
            hidden_.emplace_back(weights_.padded);
        }
    }

    void begin() {
        for (Buffer& one : cells_) one.clear();
        for (Buffer& one : hidden_) one.clear();
        pooled_.clear();
        most_ = 0;
        sum_ = 0;
    }

    void step(std::span<const float> row) {
        inputs_.read(row, x_, kernels_);
        const float* x = x_.data();
        for (std::size_t i = 0; i < weights_.layers.size(); ++i) {
            kernels::Multiply in = weights_.layers[i].in.times(x, 0, 1);
            in.c = gates_.data();
            kernels_.multiply(in);
            kernels::Multiply again = weights_.layers[i].recurrent.times(hidden_[i].data(), 0, 1);
            again.start = gates_.data();
            again.c = gates_.data();
            kernels_.multiply(again);
            kernels_.lstm_cell(gates_.data(), cells_[i].data(), hidden_[i].data(), weights_.padded);
            x = hidden_[i].data();
        }
        if (weights_.attention) add(hidden_.back());
    }

    void read(std::span<float> scores) {
        float* last = last_.data();
        if (weights_.attention) {
            ASSERT(sum_ > 0);
            kernels_.blend(last, 0, pooled_.data(), 1 / sum_, weights_.padded);
            last += weights_.padded;
        }
        std::copy_n(hidden_.back().data(), weights_.padded, last);
        kernels::Multiply product = weights_.head.times(last_.data(), 0, 1);
        product.c = raw_.data();
        kernels_.multiply(product);
        outputs_.write(raw_.data(), scores);
    }

private:
    void add(const Buffer& h) {
        const float exponent = kernels_.dot(h.data(), weights_.query.data(), weights_.padded);
        const float most = sum_ > 0 ? std::max(most_, exponent) : exponent;
        const float keep = sum_ > 0 ? std::exp(most_ - most) : 0.0F;
        const float take = std::exp(exponent - most);
        kernels_.blend(pooled_.data(), keep, h.data(), take, weights_.padded);
        sum_ = sum_ * keep + take;
        most_ = most;
    }

    const kernels::Kernels& kernels_;
    LstmWeights weights_;
    Inputs inputs_;
    Outputs outputs_;
    std::vector<Buffer> cells_{};
    std::vector<Buffer> hidden_{};
    Buffer x_;
    Buffer gates_;
    Buffer pooled_;
    Buffer last_;
    Buffer raw_;
    float most_ = 0;
    float sum_ = 0;
};

LstmStream::LstmStream(const Model& model) {
    ASSERT(model.card.family == Family::lstm && check(model).has_value());
    state_ = std::make_unique<State>(model, kernels::best());
}
LstmStream::~LstmStream() = default;
LstmStream::LstmStream(LstmStream&&) noexcept = default;
LstmStream& LstmStream::operator=(LstmStream&&) noexcept = default;

void LstmStream::begin() { state_->begin(); }
void LstmStream::step(std::span<const float> row) { state_->step(row); }
void LstmStream::read(std::span<float> scores) { state_->read(scores); }

std::unique_ptr<Predictor> make_lstm(const Model& model, const kernels::Kernels& kernels) {
    return std::make_unique<Lstm>(model, kernels);
}

}  // namespace tradewind::ml
