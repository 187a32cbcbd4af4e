// SPDX-License-Identifier: Apache-2.0
// C++17, as network.cpp.
#include "training/layers.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "training/cells.hpp"
#include "training/product.hpp"

namespace tradewind::training {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

std::size_t extent(const at::Tensor& tensor, std::int64_t dimension) {
    return static_cast<std::size_t>(tensor.size(dimension));
}

float* data(const at::Tensor& tensor) { return tensor.data_ptr<float>(); }

struct LstmSize {
    std::size_t steps;
    std::size_t rows;
    std::size_t inputs;
    std::size_t width;
    [[nodiscard]] std::size_t states() const { return rows * width; }
};

LstmSize size_of(const at::Tensor& x, const at::Tensor& w_rec) {
    return {extent(x, 0), extent(x, 1), extent(x, 2), extent(w_rec, 1)};
}

struct LstmFunction : Function<LstmFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                              const at::Tensor& w_in, const at::Tensor& w_rec,
                              const at::Tensor& bias) {
        const at::Tensor x = input.contiguous();
        const LstmSize size = size_of(x, w_rec);
        const std::size_t gate_stride = 4 * size.width;
        at::Tensor gates =
            bias.expand({x.size(0), x.size(1), bias.size(0)}).clone(at::MemoryFormat::Contiguous);
        multiply({size.steps * size.rows, gate_stride, size.inputs}, {data(x), size.inputs},
                 {data(w_in), size.inputs, true}, {data(gates), gate_stride}, true);
        const at::Tensor state = at::empty({x.size(0), x.size(1), w_rec.size(1)});
        at::Tensor hidden = at::empty_like(state);
        for (std::size_t t = 0; t < size.steps; ++t) {
            float* const now = data(gates) + t * size.rows * gate_stride;
            const std::size_t at = t * size.states();
            const std::size_t before = at - (t == 0 ? 0 : size.states());
            if (t > 0) {
                multiply({size.rows, gate_stride, size.width}, {data(hidden) + before, size.width},
                         {data(w_rec), size.width, true}, {now, gate_stride}, true);
            }
            cells().lstm_forward(size.rows, size.width, now,
                                 t == 0 ? nullptr : data(state) + before, data(state) + at,
                                 data(hidden) + at);
        }
        context->save_for_backward({x, w_in, w_rec, gates, state, hidden});
        return hidden;
    }

    static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
        const tensor_list saved = context->get_saved_variables();
        const at::Tensor& x = saved[0];
        const at::Tensor& w_rec = saved[2];
        const LstmSize size = size_of(x, w_rec);
        const std::size_t gate_stride = 4 * size.width;
        // the gates become their gradients: nobody asks for them again
        const at::Tensor& gates = saved[3];
        const at::Tensor& hidden = saved[5];
        steps_backward(saved, gradients[0].contiguous(), size);

        const at::Tensor to_w_in = at::empty_like(saved[1]);
        multiply({gate_stride, size.inputs, size.steps * size.rows},
                 {data(gates), gate_stride, true}, {data(x), size.inputs},
                 {data(to_w_in), size.inputs}, false);
        const at::Tensor to_w_rec = at::zeros_like(w_rec);
        if (size.steps > 1) {
            multiply({gate_stride, size.width, (size.steps - 1) * size.rows},
                     {data(gates) + size.rows * gate_stride, gate_stride, true},
                     {data(hidden), size.width}, {data(to_w_rec), size.width}, false);
        }
        at::Tensor to_x;
        if (context->needs_input_grad(0)) {
            to_x = at::empty_like(x);
            multiply({size.steps * size.rows, size.inputs, gate_stride}, {data(gates), gate_stride},
                     {data(saved[1]), size.inputs}, {data(to_x), size.inputs}, false);
        }
        return {to_x, to_w_in, to_w_rec, gates.flatten(0, 1).sum(0)};
    }

private:
    /// From the last step to the first.
    static void steps_backward(const tensor_list& saved, const at::Tensor& gradient,
                               const LstmSize& size) {
        const at::Tensor& w_rec = saved[2];
        const at::Tensor& gates = saved[3];
        const at::Tensor& state = saved[4];
        const std::size_t gate_stride = 4 * size.width;
        const at::Tensor to_state = at::zeros({gradient.size(1), gradient.size(2)});
        const at::Tensor to_hidden = gradient.select(0, -1).clone();
        for (std::size_t t = size.steps; t-- > 0;) {
            float* const now = data(gates) + t * size.rows * gate_stride;
            const float* const before = t == 0 ? nullptr : data(state) + (t - 1) * size.states();
            cells().lstm_backward(size.rows, size.width, now, before,
                                  data(state) + t * size.states(), data(to_hidden), data(to_state));
            if (t == 0) break;
            // what the step before gave, and what this one hands back to it
            to_hidden.copy_(gradient.select(0, static_cast<std::int64_t>(t) - 1));
            multiply({size.rows, size.width, gate_stride}, {now, gate_stride},
                     {data(w_rec), size.width}, {data(to_hidden), size.width}, true);
        }
    }
};

/// One head of one window, in place.
struct Head {
    std::size_t tokens;
    std::size_t each;
    std::size_t width;
    float* q;
    float* k;
    float* v;

    [[nodiscard]] MatrixIn in(const float* of, bool transposed = false) const {
        return {of, 3 * width, transposed};
    }
    [[nodiscard]] MatrixOut out(float* to) const { return {to, 3 * width}; }
    [[nodiscard]] ProductSize square() const { return {tokens, tokens, each}; }
    [[nodiscard]] ProductSize wide() const { return {tokens, each, tokens}; }
};

Head head_of(const at::Tensor& qkv, std::size_t heads, std::size_t index) {
    const std::size_t tokens = extent(qkv, 1);
    const std::size_t width = extent(qkv, 2) / 3;
    const std::size_t each = width / heads;
    float* const q = data(qkv) + index / heads * tokens * 3 * width + index % heads * each;
    return {tokens, each, width, q, q + width, q + 2 * width};
}

struct AttentionFunction : Function<AttentionFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input, std::int64_t heads,
                              bool causal) {
        const at::Tensor qkv = input.contiguous();
        const auto count = static_cast<std::size_t>(heads);
        const std::size_t all = extent(qkv, 0) * count;
        const std::size_t tokens = extent(qkv, 1);
        at::Tensor out = at::empty({qkv.size(0), qkv.size(1), qkv.size(2) / 3});
        const at::Tensor weights = at::empty({qkv.size(0), heads, qkv.size(1), qkv.size(1)});
        for (std::size_t i = 0; i < all; ++i) {
            const Head head = head_of(qkv, count, i);
            float* const p = data(weights) + i * tokens * tokens;
            const float scale = 1.0F / std::sqrt(static_cast<float>(head.each));
            multiply(head.square(), head.in(head.q), head.in(head.k, true), {p, tokens}, false,
                     scale);
            cells().softmax(tokens, causal, p);
            multiply(head.wide(), {p, tokens}, head.in(head.v), out_of(out, head, i, count), false);
        }
        context->save_for_backward({qkv, weights});
        context->saved_data["heads"] = heads;
        context->saved_data["causal"] = causal;
        return out;
    }

    static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
        const tensor_list saved = context->get_saved_variables();
        const at::Tensor& qkv = saved[0];
        const at::Tensor gradient = gradients[0].contiguous();
        const auto count = static_cast<std::size_t>(context->saved_data["heads"].toInt());
        const bool causal = context->saved_data["causal"].toBool();
        const std::size_t tokens = extent(qkv, 1);
        const at::Tensor to_qkv = at::empty_like(qkv);
        const at::Tensor scratch = at::empty({qkv.size(1), qkv.size(1)});
        float* const to_p = data(scratch);
        for (std::size_t i = 0; i < extent(qkv, 0) * count; ++i) {
            const Head head = head_of(qkv, count, i);
            const Head to = head_of(to_qkv, count, i);
            const float* const p = data(saved[1]) + i * tokens * tokens;
            const MatrixOut of_out = out_of(gradient, head, i, count);
            const MatrixIn to_out{of_out.data, of_out.stride};
            multiply(head.wide(), {p, tokens, true}, to_out, to.out(to.v), false);
            multiply(head.square(), to_out, head.in(head.v, true), {to_p, tokens}, false);
            cells().softmax_backward(tokens, causal, p, to_p,
                                     1.0F / std::sqrt(static_cast<float>(head.each)));
            multiply(head.wide(), {to_p, tokens}, head.in(head.k), to.out(to.q), false);
            multiply(head.wide(), {to_p, tokens, true}, head.in(head.q), to.out(to.k), false);
        }
        return {to_qkv, at::Tensor(), at::Tensor()};
    }

private:
    /// Where a head's result lies in [n, T, D].
    static MatrixOut out_of(const at::Tensor& out, const Head& head, std::size_t index,
                            std::size_t heads) {
        return {data(out) + index / heads * head.tokens * head.width + index % heads * head.each,
                head.width};
    }
};

struct GeluFunction : Function<GeluFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                              const at::Tensor& w, const at::Tensor& bias) {
        const at::Tensor x = input.contiguous();
        auto shape = x.sizes().vec();
        shape.back() = w.size(0);
        const at::Tensor before = at::empty(shape);
        at::Tensor out = at::empty(shape);
        const std::size_t rows = static_cast<std::size_t>(x.numel()) / extent(w, 1);
        multiply({rows, extent(w, 0), extent(w, 1)}, {data(x), extent(w, 1)},
                 {data(w), extent(w, 1), true}, {data(before), extent(w, 0)}, false);
        cells().gelu_forward(rows, extent(w, 0), data(bias), data(before), data(out));
        context->save_for_backward({x, w, before});
        return out;
    }

    static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
        const tensor_list saved = context->get_saved_variables();
        const at::Tensor& x = saved[0];
        const at::Tensor& w = saved[1];
        const std::size_t wide = extent(w, 0);
        const std::size_t inputs = extent(w, 1);
        const std::size_t rows = static_cast<std::size_t>(x.numel()) / inputs;
        const at::Tensor to_before = gradients[0].clone(at::MemoryFormat::Contiguous);
        cells().gelu_backward(rows * wide, data(saved[2]), data(to_before));
        const at::Tensor to_x = at::empty_like(x);
        multiply({rows, inputs, wide}, {data(to_before), wide}, {data(w), inputs},
                 {data(to_x), inputs}, false);
        const at::Tensor to_w = at::empty_like(w);
        multiply({wide, inputs, rows}, {data(to_before), wide, true}, {data(x), inputs},
                 {data(to_w), inputs}, false);
        return {to_x, to_w, to_before.reshape({-1, w.size(0)}).sum(0)};
    }
};

}  // namespace

at::Tensor lstm_layer(const at::Tensor& x, const LstmWeights& weights) {
    return LstmFunction::apply(x, weights.w_in, weights.w_rec, weights.bias);
}

at::Tensor attention(const at::Tensor& qkv, std::int64_t heads, bool causal) {
    return AttentionFunction::apply(qkv, heads, causal);
}

at::Tensor linear_gelu(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias) {
    return GeluFunction::apply(x, w, bias);
}

}  // namespace tradewind::training
