// SPDX-License-Identifier: Apache-2.0
// Compiled for AVX2 and FMA; see kernels.hpp for what may be included.
#include "ml/kernels/bodies.hpp"

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>

namespace tradewind::ml::kernels {
namespace {

struct Avx2 {
    using F = __m256;
    static constexpr std::size_t width = 8;
    static constexpr std::size_t rows = 3;
    static constexpr std::size_t registers = 8;

    static F load(const float* from) { return _mm256_loadu_ps(from); }
    static void store(float* to, F x) { _mm256_storeu_ps(to, x); }
    static F set(float x) { return _mm256_set1_ps(x); }
    static F add(F a, F b) { return _mm256_add_ps(a, b); }
    static F sub(F a, F b) { return _mm256_sub_ps(a, b); }
    static F mul(F a, F b) { return _mm256_mul_ps(a, b); }
    static F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
    static F divide(F a, F b) { return _mm256_div_ps(a, b); }
    static F max(F a, F b) { return _mm256_max_ps(a, b); }
    static F min(F a, F b) { return _mm256_min_ps(a, b); }
    static F zero_if_nan(F x) { return _mm256_and_ps(x, _mm256_cmp_ps(x, x, _CMP_ORD_Q)); }
    static F times_power(F x, F shifted) {
        const __m256i power = _mm256_add_epi32(_mm256_slli_epi32(_mm256_castps_si256(shifted), 23),
                                               _mm256_set1_epi32(0x3f800000));
        return _mm256_mul_ps(x, _mm256_castsi256_ps(power));
    }
    static float sum(F x) {
        __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
        half = _mm_add_ps(half, _mm_movehl_ps(half, half));
        return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
    }
    static float largest(F x) {
        __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
        half = _mm_max_ps(half, _mm_movehl_ps(half, half));
        return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
    }

    /// Which of the next level eight trees come to: node `at` of each, of a level of `size`.
    static __m256i down(const Forest::Node* level, __m256i at, __m256i trees, int size,
                        const float* x) {
        const __m256i place = _mm256_add_epi32(_mm256_slli_epi32(at, 5), trees);
        const int* const words = reinterpret_cast<const int*>(level);
        const __m256 threshold = _mm256_castsi256_ps(_mm256_i32gather_epi32(words, place, 4));
        const __m256i slot = _mm256_i32gather_epi32(words + 1, place, 4);
        const __m256 value = _mm256_i32gather_ps(x, slot, 4);
        const __m256 left = _mm256_cmp_ps(value, threshold, _CMP_LT_OQ);
        return _mm256_add_epi32(
            at, _mm256_andnot_si256(_mm256_castps_si256(left), _mm256_set1_epi32(size)));
    }
    /// Of sixteen values, halves on halves.
    static double wide_sum(__m256 low, __m256 high) {
        const __m256d first = _mm256_add_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(low)),
                                            _mm256_cvtps_pd(_mm256_castps256_ps128(high)));
        const __m256d second = _mm256_add_pd(_mm256_cvtps_pd(_mm256_extractf128_ps(low, 1)),
                                             _mm256_cvtps_pd(_mm256_extractf128_ps(high, 1)));
        const __m256d four = _mm256_add_pd(first, second);
        const __m128d two =
            _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
        return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
    }
    static double pack_sum(const Forest& forest, const Forest::Pack& pack, const float* x) {
        const __m256i first = _mm256_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14);
        const __m256i second = _mm256_add_epi32(first, _mm256_set1_epi32(16));
        __m256i a = _mm256_setzero_si256();
        __m256i b = a;
        const Forest::Node* level = forest.nodes + pack.nodes;
        for (std::uint32_t d = 0; d < pack.depth; ++d) {
            a = down(level, a, first, 1 << d, x);
            b = down(level, b, second, 1 << d, x);
            level += Forest::kTrees << d;
        }
        const float* const values = forest.values + pack.values;
        a = _mm256_add_epi32(_mm256_slli_epi32(a, 4), _mm256_srli_epi32(first, 1));
        b = _mm256_add_epi32(_mm256_slli_epi32(b, 4), _mm256_srli_epi32(second, 1));
        return wide_sum(_mm256_i32gather_ps(values, a, 4), _mm256_i32gather_ps(values, b, 4));
    }
    static void forest(const Forest& all, const float* x, double* sums) {
        for (std::size_t i = 0; i < all.pack_count; ++i) {
            sums[all.packs[i].score] += pack_sum(all, all.packs[i], x);
        }
    }
};

constexpr Kernels kAvx2 = Bodies<Avx2>::kernels("AVX2");

}  // namespace

const Kernels* const avx2 = &kAvx2;

}  // namespace tradewind::ml::kernels

#else
namespace tradewind::ml::kernels {
const Kernels* const avx2 = nullptr;
}
#endif
