// SPDX-License-Identifier: Apache-2.0
#include "training/product.hpp"

#include "base/assert.hpp"

extern "C" {
// Of BLAS (Fortran's interface, column-major); Debian has no header of it beside libtorch.
void sgemm_(const char* transpose_a, const char* transpose_b, const int* m, const int* n,
            const int* k, const float* alpha, const float* a, const int* lda, const float* b,
            const int* ldb, const float* beta, float* c, const int* ldc);
}

namespace tradewind::training {
namespace {

int narrow(std::size_t n) {
    ASSERT(n <= 0x7FFFFFFF);
    return static_cast<int>(n);
}

}  // namespace

void multiply(ProductSize size, MatrixIn a, MatrixIn b, MatrixOut c, bool adds, float factor) {
    if (size.rows == 0 || size.columns == 0) return;
    // read by columns, a row-major matrix is its transpose: c' = b' a'
    const int rows = narrow(size.columns);
    const int columns = narrow(size.rows);
    const int depth = narrow(size.depth);
    const int a_stride = narrow(a.stride);
    const int b_stride = narrow(b.stride);
    const int c_stride = narrow(c.stride);
    const float keep = adds ? 1.0F : 0.0F;
    sgemm_(b.transposed ? "T" : "N", a.transposed ? "T" : "N", &rows, &columns, &depth, &factor,
           b.data, &b_stride, a.data, &a_stride, &keep, c.data, &c_stride);
}

}  // namespace tradewind::training
