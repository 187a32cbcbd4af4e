// SPDX-License-Identifier: Apache-2.0
// For any processor that g++ or clang compiles for: vectors of four, which become what it has.
#include <cstdint>

#include "ml/kernels/bodies.hpp"

namespace tradewind::ml::kernels {
namespace {

struct Plain {
    using F = float __attribute__((vector_size(16), aligned(4), may_alias));
    using I = std::int32_t __attribute__((vector_size(16)));
    static constexpr std::size_t width = 4;
    static constexpr std::size_t rows = 2;
    static constexpr std::size_t registers = 8;

    static F load(const float* from) { return *reinterpret_cast<const F*>(from); }
    static void store(float* to, F x) { *reinterpret_cast<F*>(to) = x; }
    static F set(float x) { return F{x, x, x, x}; }
    static F add(F a, F b) { return a + b; }
    static F sub(F a, F b) { return a - b; }
    static F mul(F a, F b) { return a * b; }
    static F fma(F a, F b, F c) { return a * b + c; }
    static F divide(F a, F b) { return a / b; }
    static F max(F a, F b) { return a > b ? a : b; }
    static F min(F a, F b) { return a < b ? a : b; }
    static F zero_if_nan(F x) { return x == x ? x : F{}; }  // NOLINT(misc-redundant-expression)
    static F times_power(F x, F shifted) {
        return x * reinterpret_cast<F>((reinterpret_cast<I>(shifted) << 23) + 0x3f800000);
    }
    static float sum(F x) { return (x[0] + x[2]) + (x[1] + x[3]); }
    static float largest(F x) {
        float out = x[0];
        for (int i = 1; i < 4; ++i) out = x[i] > out ? x[i] : out;
        return out;
    }

    /// Sixteen walks side by side: none waits for another.
    static void pack(const Forest& forest, const Forest::Pack& pack, const float* x, double* sums) {
        std::size_t at[Forest::kTrees] = {};
        const Forest::Node* level = forest.nodes + pack.nodes;
        for (std::uint32_t d = 0; d < pack.depth; ++d) {
            const std::size_t size = std::size_t{1} << d;
            for (std::size_t i = 0; i < Forest::kTrees; ++i) {
                const Forest::Node node = level[at[i] * Forest::kTrees + i];
                at[i] += x[node.slot] < node.threshold ? 0 : size;
            }
            level += size * Forest::kTrees;
        }
        const float* const values = forest.values + pack.values;
        double sum[Forest::kTrees];
        for (std::size_t i = 0; i < Forest::kTrees; ++i) {
            sum[i] = static_cast<double>(values[at[i] * Forest::kTrees + i]);
        }
        // Halves on halves, as the other kernels do: the bytes are the same.
        for (std::size_t n = Forest::kTrees / 2; n > 0; n /= 2) {
            for (std::size_t i = 0; i < n; ++i) sum[i] += sum[i + n];
        }
        sums[pack.score] += sum[0];
    }
    static void forest(const Forest& all, const float* x, double* sums) {
        for (std::size_t i = 0; i < all.pack_count; ++i) pack(all, all.packs[i], x, sums);
    }
};

}  // namespace

constexpr Kernels plain = Bodies<Plain>::kernels("plain");

}  // namespace tradewind::ml::kernels
