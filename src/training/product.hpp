// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tradewind::training {

/// A row-major matrix by its first value; `stride` from row to row.
struct MatrixIn {
    const float* data;
    std::size_t stride;
    bool transposed = false;  ///< read with rows and columns exchanged
};
struct MatrixOut {
    float* data;
    std::size_t stride;
};
struct ProductSize {
    std::size_t rows;
    std::size_t columns;
    std::size_t depth;
};

/// c = factor x a b + (adds ? c : 0), by the BLAS that libtorch is linked with. Extents below 2^31.
void multiply(ProductSize size, MatrixIn a, MatrixIn b, MatrixOut c, bool adds,
              float factor = 1.0F);

}  // namespace tradewind::training
