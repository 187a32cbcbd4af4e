// SPDX-License-Identifier: Apache-2.0
// Compiled for AVX-512 (F, DQ, BW, VL); see kernels.hpp for what may be included.
#include "ml/kernels/bodies.hpp"

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include <immintrin.h>

namespace tradewind::ml::kernels {
namespace {

struct Avx512 {
    using F = __m512;
    static constexpr std::size_t width = 16;
    static constexpr std::size_t rows = 8;
    static constexpr std::size_t registers = 8;

    static F load(const float* from) { return _mm512_loadu_ps(from); }
    static void store(float* to, F x) { _mm512_storeu_ps(to, x); }
    static F set(float x) { return _mm512_set1_ps(x); }
    static F add(F a, F b) { return _mm512_add_ps(a, b); }
    static F sub(F a, F b) { return _mm512_sub_ps(a, b); }
    static F mul(F a, F b) { return _mm512_mul_ps(a, b); }
    static F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
    static F divide(F a, F b) { return _mm512_div_ps(a, b); }
    static F max(F a, F b) { return _mm512_max_ps(a, b); }
    static F min(F a, F b) { return _mm512_min_ps(a, b); }
    static F zero_if_nan(F x) {
        return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), x);
    }
    static F times_power(F x, F shifted) {
        return _mm512_scalef_ps(x, _mm512_sub_ps(shifted, set(12582912.0F)));
    }
    static float sum(F x) {
        const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
        __m128 quarter = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
        quarter = _mm_add_ps(quarter, _mm_movehl_ps(quarter, quarter));
        return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)));
    }
    static float largest(F x) { return _mm512_reduce_max_ps(x); }

    /// Which of the next level sixteen trees come to: node `at` of each, of a level of `size`.
    static __m512i down(const Forest::Node* level, __m512i at, __m512i trees, int size,
                        const float* x) {
        // Nodes are 8 bytes, threshold and slot, and are fetched as one.
        const __m512i place = _mm512_add_epi32(_mm512_slli_epi32(at, 4), trees);
        const __m512i low = _mm512_i32gather_epi64(_mm512_castsi512_si256(place), level, 8);
        const __m512i high = _mm512_i32gather_epi64(_mm512_extracti64x4_epi64(place, 1), level, 8);
        const __m512i even =
            _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
        const __m512 threshold = _mm512_castsi512_ps(_mm512_permutex2var_epi32(low, even, high));
        const __m512i slot = _mm512_permutex2var_epi32(low, odd, high);
        const __m512 value = _mm512_i32gather_ps(slot, x, 4);
        const __mmask16 right = _mm512_cmp_ps_mask(value, threshold, _CMP_NLT_UQ);
        return _mm512_mask_add_epi32(at, right, at, _mm512_set1_epi32(size));
    }
    /// Of sixteen values, halves on halves.
    static double wide_sum(__m512 x) {
        const __m512d eight = _mm512_add_pd(_mm512_cvtps_pd(_mm512_castps512_ps256(x)),
                                            _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1)));
        const __m256d four =
            _mm256_add_pd(_mm512_castpd512_pd256(eight), _mm512_extractf64x4_pd(eight, 1));
        const __m128d two =
            _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
        return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
    }
    /// N packs of the same depth and score: while one waits for memory the others go on.
    template <std::size_t N>
    static void add_packs(const Forest& forest, const Forest::Pack* packs, const float* x,
                          double* sums) {
        const __m512i trees =
            _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        __m512i at[N];
        const Forest::Node* level[N];
        for (std::size_t i = 0; i < N; ++i) {
            at[i] = _mm512_setzero_si512();
            level[i] = forest.nodes + packs[i].nodes;
        }
        for (std::uint32_t d = 0; d < packs->depth; ++d) {
            for (std::size_t i = 0; i < N; ++i) {
                at[i] = down(level[i], at[i], trees, 1 << d, x);
                level[i] += Forest::kTrees << d;
            }
        }
        for (std::size_t i = 0; i < N; ++i) {
            const __m512i place = _mm512_add_epi32(_mm512_slli_epi32(at[i], 4), trees);
            sums[packs->score] +=
                wide_sum(_mm512_i32gather_ps(place, forest.values + packs[i].values, 4));
        }
    }
    static bool alike(const Forest::Pack& a, const Forest::Pack& b) {
        return a.depth == b.depth && a.score == b.score;
    }
    static void forest(const Forest& all, const float* x, double* sums) {
        std::size_t i = 0;
        while (i < all.pack_count) {
            const Forest::Pack* const packs = all.packs + i;
            const std::size_t left = all.pack_count - i;
            if (left >= 4 && alike(packs[0], packs[1]) && alike(packs[0], packs[2]) &&
                alike(packs[0], packs[3])) {
                add_packs<4>(all, packs, x, sums);
                i += 4;
            } else {
                add_packs<1>(all, packs, x, sums);
                ++i;
            }
        }
    }
};

constexpr Kernels kAvx512 = Bodies<Avx512>::kernels("AVX-512");

}  // namespace

const Kernels* const avx512 = &kAvx512;

}  // namespace tradewind::ml::kernels

#else
namespace tradewind::ml::kernels {
const Kernels* const avx512 = nullptr;
}
#endif
