// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace at {
class Tensor;
}

/// Parts of networks with a gradient of our own, where libtorch's are many small steps.
namespace tradewind::training {

struct LstmWeights {
    const at::Tensor& w_in;   ///< [4H, F]
    const at::Tensor& w_rec;  ///< [4H, H]
    const at::Tensor& bias;   ///< [4H]
};

/// `x` [T, n, F] -> hidden states [T, n, H], from states of 0. The input's product is one for all
/// steps.
[[nodiscard]] at::Tensor lstm_layer(const at::Tensor& x, const LstmWeights& weights);

/// `qkv` [n, T, 3D] -> [n, T, D]: softmax(q k' / sqrt(D / heads)) v for each head, read where they
/// lie.
[[nodiscard]] at::Tensor attention(const at::Tensor& qkv, std::int64_t heads, bool causal);

/// gelu(x w' + bias), `x` [..., in], `w` [out, in].
[[nodiscard]] at::Tensor linear_gelu(const at::Tensor& x, const at::Tensor& w,
                                     const at::Tensor& bias);

}  // namespace tradewind::training
