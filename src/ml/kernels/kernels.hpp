// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// The inner loops of models, once for each kind of processor.
///
/// The files that are compiled for a newer processor include this header and nothing else that has
/// code in it: what they emit may be kept by the linker for the whole program.
namespace tradewind::ml::kernels {

/// Buffers are whole groups of floats; what is behind the last value is 0, or is never used.
constexpr std::size_t kGroup = 16;
/// Columns of a matrix that stand beside each other in memory: panels [columns / 32][depth][32].
constexpr std::size_t kPanel = 32;

constexpr std::size_t rounded_up(std::size_t n, std::size_t unit) {
    return (n + unit - 1) / unit * unit;
}

/// c[r, n] = start[r, n] + bias[n] + sum_k a[r, k] b[k, n]
struct Multiply {
    std::size_t rows = 0;
    std::size_t depth = 0;
    std::size_t columns = 0;  ///< whole groups
    const float* a = nullptr;
    std::size_t a_stride = 0;
    const float* b = nullptr;
    std::size_t b_stride = kPanel;  ///< from one k to the next
    std::size_t b_panel = 0;        ///< from a panel to the next
    const float* bias = nullptr;    ///< nullptr: 0
    const float* start = nullptr;   ///< nullptr: 0; may be c
    std::size_t start_stride = 0;
    float* c = nullptr;
    std::size_t c_stride = 0;
    /// Takes the panels from the last to the first. Every second product with a matrix of twice
    /// the first cache then begins with the half that is still there.
    bool backwards = false;
};

struct Norm {
    std::size_t rows = 0;
    std::size_t width = 0;   ///< values of a row
    std::size_t stride = 0;  ///< whole groups
    const float* x = nullptr;
    const float* weight = nullptr;  ///< 0 behind the width, as the bias
    const float* bias = nullptr;
    float* y = nullptr;
};

/// Trees side by side, sixteen in a pack; those of a pack add to the same score, and are as deep as
/// the deepest of them: where one ends earlier, its leaf stands for all below.
///
///     level d of a pack: 2^d nodes of each of its trees, [node][tree]
///     its values: 2^depth of each tree, [leaf][tree]
///
/// Node n of a level has n and n + 2^d of the next: right if not x < threshold.
struct Forest {
    static constexpr std::size_t kTrees = 16;

    struct Node {
        float threshold = 0;
        std::uint32_t slot = 0;  ///< of x
    };
    struct Pack {
        std::uint32_t depth = 0;
        std::uint32_t score = 0;
        std::size_t nodes = 0;   ///< where its nodes begin
        std::size_t values = 0;  ///< where its values begin
    };
    const Node* nodes = nullptr;
    const float* values = nullptr;
    const Pack* packs = nullptr;
    std::size_t pack_count = 0;
};

struct Kernels {
    const char* name;
    void (*multiply)(const Multiply&);
    void (*norm)(const Norm&);
    /// x = clamp((x - centre) scale, -clip, clip), of NaN 0. n whole groups, as below.
    void (*standardise)(float* x, const float* centre, const float* scale, float clip,
                        std::size_t n);
    /// gates [4, n] i, f, g, o; c and h [n]: the next state.
    void (*lstm_cell)(const float* gates, float* c, float* h, std::size_t n);
    /// The first `valid` become exponentials that sum to 1, the rest of n zeros.
    void (*softmax)(float* x, std::size_t valid, std::size_t n);
    void (*gelu)(float* x, std::size_t n);
    void (*relu)(float* x, std::size_t n);
    void (*exponential)(float* x, std::size_t n);
    void (*sigmoid)(float* x, std::size_t n);
    void (*tanh)(float* x, std::size_t n);
    float (*dot)(const float* a, const float* b, std::size_t n);
    /// y = keep y + take x
    void (*blend)(float* y, float keep, const float* x, float take, std::size_t n);
    /// Adds the leaves that x falls into to sums [scores].
    void (*forest)(const Forest&, const float* x, double* sums);
};

extern const Kernels plain;
/// nullptr on other architectures.
extern const Kernels* const avx2;
extern const Kernels* const avx512;

/// The fastest that this processor has.
const Kernels& best();
/// Those that this processor has, the plain ones first; nullptr beyond them.
const Kernels* available(std::size_t i);

}  // namespace tradewind::ml::kernels
