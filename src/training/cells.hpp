// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tradewind::training {

/// The parts of networks between their products, value by value, with their gradients. Compiled for
/// several processors (cells_body.hpp) and chosen at run time: one machine always takes the same.
struct Cells {
    /// A step of an LSTM for `rows` rows of `width` cells. `gates` [rows, 4 width], in the order i,
    /// f, g, o, become sigmoid and tanh of themselves; `before` [rows, width] are the cells' states
    /// before, or null for 0; `state` and `hidden` [rows, width] come out.
    void (*lstm_forward)(std::size_t rows, std::size_t width, float* gates, const float* before,
                         float* state, float* hidden);
    /// Its gradient: `gates` as they came out become the gradient of what they were before.
    /// `hidden_gradient` [rows, width]; `state_gradient` is of the state from later steps, and
    /// becomes that from this one.
    void (*lstm_backward)(std::size_t rows, std::size_t width, float* gates, const float* before,
                          const float* state, const float* hidden_gradient, float* state_gradient);
    /// Softmax of the rows of a square matrix, in place; causal: of row i the first i + 1, and 0
    /// after.
    void (*softmax)(std::size_t size, bool causal, float* x);
    /// `gradient` of what softmax made becomes that of what it was made of, times `factor`.
    void (*softmax_backward)(std::size_t size, bool causal, const float* softmax, float* gradient,
                             float factor);
    /// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) of x + bias [columns]; `x` becomes the
    /// sum.
    void (*gelu_forward)(std::size_t rows, std::size_t columns, const float* bias, float* x,
                         float* out);
    /// `gradient` becomes that by x.
    void (*gelu_backward)(std::size_t n, const float* x, float* gradient);
};

/// For this processor.
[[nodiscard]] const Cells& cells();

}  // namespace tradewind::training
