// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ml/kernels/kernels.hpp"

/// The loops of kernels.hpp over vectors V of a processor, a type of the including file alone. V
/// has F, `width`, `rows` (of a tile), `groups` (of columns in a product with one row) and the
/// operations used here.
namespace tradewind::ml::kernels {

template <typename V>
struct Bodies {
    using F = typename V::F;
    static constexpr std::size_t kLanes = kGroup / V::width;  // vectors in a group

    // ---- elementary functions -------------------------------------------------------------------

    /// 2^n p(r) with x = n ln 2 + r; p is the Taylor polynomial of degree 7: of |r| <= ln 2 / 2 its
    /// error is below 2^-27.
    static F exp_of(F x) {
        x = V::min(V::max(x, V::set(-87.0F)), V::set(88.0F));
        // Adding 1.5 x 2^23 leaves the whole number nearest to x / ln 2 in the last bits.
        const F shifted = V::fma(x, V::set(1.44269504F), V::set(12582912.0F));
        const F n = V::sub(shifted, V::set(12582912.0F));
        F r = V::fma(n, V::set(-0.693359375F), x);  // ln 2 in two parts, the first of 10 bits
        r = V::fma(n, V::set(2.12194440e-4F), r);
        F p = V::fma(r, V::set(1.0F / 5040), V::set(1.0F / 720));
        p = V::fma(p, r, V::set(1.0F / 120));
        p = V::fma(p, r, V::set(1.0F / 24));
        p = V::fma(p, r, V::set(1.0F / 6));
        p = V::fma(p, r, V::set(0.5F));
        p = V::fma(p, r, V::set(1.0F));
        p = V::fma(p, r, V::set(1.0F));
        return V::times_power(p, shifted);
    }
    /// 1 + e^-x, below infinity.
    static F one_and_exp_of_minus(F x) {
        return V::add(V::set(1.0F), exp_of(V::sub(V::set(0.0F), V::max(x, V::set(-80.0F)))));
    }
    static F sigmoid_of(F x) { return V::divide(V::set(1.0F), one_and_exp_of_minus(x)); }

    struct Ratio {
        F over;
        F under;
    };
    /// A rational function of degrees 13 and 6, as in Eigen (MathFunctionsImpl.h, ptanh_float);
    /// beyond 7.9 tanh is 1 in floats.
    static Ratio tanh_ratio_of(F x) {
        x = V::min(V::max(x, V::set(-7.90531110F)), V::set(7.90531110F));
        const F s = V::mul(x, x);
        F p = V::fma(s, V::set(-2.76076847742355e-16F), V::set(2.00018790482477e-13F));
        p = V::fma(p, s, V::set(-8.60467152213735e-11F));
        p = V::fma(p, s, V::set(5.12229709037114e-08F));
        p = V::fma(p, s, V::set(1.48572235717979e-05F));
        p = V::fma(p, s, V::set(6.37261928875436e-04F));
        p = V::fma(p, s, V::set(4.89352455891786e-03F));
        F q = V::fma(s, V::set(1.19825839466702e-06F), V::set(1.18534705686654e-04F));
        q = V::fma(q, s, V::set(2.26843463243900e-03F));
        q = V::fma(q, s, V::set(4.89352518554385e-03F));
        return {.over = V::mul(p, x), .under = q};
    }
    static F tanh_of(F x) {
        const Ratio tanh = tanh_ratio_of(x);
        return V::divide(tanh.over, tanh.under);
    }
    /// sigmoid(x) tanh(y) with one quotient, which takes as long as sixteen products.
    static F sigmoid_tanh_of(F x, F y) {
        const Ratio tanh = tanh_ratio_of(y);
        return V::divide(tanh.over, V::mul(tanh.under, one_and_exp_of_minus(x)));
    }
    /// x / 2 (1 + tanh u) is x sigmoid(2 u), which keeps its digits where tanh is near -1.
    static F gelu_of(F x) {
        const F cube = V::mul(V::mul(x, x), x);
        const F u = V::fma(cube, V::set(0.044715F), x);
        return V::mul(x, sigmoid_of(V::mul(u, V::set(1.59576912F))));
    }

    template <F (*f)(F)>
    static void map(float* x, std::size_t n) {
        for (std::size_t i = 0; i < n; i += V::width) V::store(x + i, f(V::load(x + i)));
    }
    static F relu_of(F x) { return V::max(x, V::set(0.0F)); }

    // ---- products -------------------------------------------------------------------------------

    static const float* group_of(const Multiply& m, std::size_t column) {
        return m.b + column / kPanel * m.b_panel + column % kPanel;
    }

    static F begin_at(const Multiply& m, std::size_t row, std::size_t column) {
        F out = m.bias == nullptr ? V::set(0.0F) : V::load(m.bias + column);
        if (m.start != nullptr) {
            out = V::add(out, V::load(m.start + row * m.start_stride + column));
        }
        return out;
    }

    /// R rows and G groups of columns, which stay in registers.
    template <std::size_t R, std::size_t G>
    static void tile(const Multiply& m, std::size_t row, std::size_t column) {
        constexpr std::size_t n = G * kLanes;
        F sums[R][n];
        const float* b[G];
        for (std::size_t g = 0; g < G; ++g) b[g] = group_of(m, column + g * kGroup);
        for (std::size_t r = 0; r < R; ++r) {
            for (std::size_t i = 0; i < n; ++i) {
                sums[r][i] = begin_at(m, row + r, column + i * V::width);
            }
        }
        const float* const a = m.a + row * m.a_stride;
        for (std::size_t k = 0; k < m.depth; ++k) {
            F of_b[n];
            for (std::size_t i = 0; i < n; ++i) {
                of_b[i] = V::load(b[i / kLanes] + k * m.b_stride + i % kLanes * V::width);
            }
            for (std::size_t r = 0; r < R; ++r) {
                const F of_a = V::set(a[r * m.a_stride + k]);
                for (std::size_t i = 0; i < n; ++i) {
                    sums[r][i] = V::fma(of_a, of_b[i], sums[r][i]);
                }
            }
        }
        for (std::size_t r = 0; r < R; ++r) {
            for (std::size_t i = 0; i < n; ++i) {
                V::store(m.c + (row + r) * m.c_stride + column + i * V::width, sums[r][i]);
            }
        }
    }

    template <std::size_t G>
    static void rows_of(const Multiply& m, std::size_t row, std::size_t column) {
        for (; row + V::rows <= m.rows; row += V::rows) tile<V::rows, G>(m, row, column);
        if constexpr (V::rows > 4) {
            if (row + 4 <= m.rows) {
                tile<4, G>(m, row, column);
                row += 4;
            }
        }
        for (; row < m.rows; ++row) tile<1, G>(m, row, column);
    }

    /// One row by G groups of columns. A sum waits for itself as long as four products take, so
    /// with few columns C sums share the depth.
    template <std::size_t G, std::size_t C>
    static void row_tile(const Multiply& m, std::size_t column) {
        constexpr std::size_t n = G * kLanes;
        F sums[C][n];
        const float* b[G];
        for (std::size_t g = 0; g < G; ++g) b[g] = group_of(m, column + g * kGroup);
        for (std::size_t i = 0; i < n; ++i) {
            sums[0][i] = begin_at(m, 0, column + i * V::width);
            for (std::size_t c = 1; c < C; ++c) sums[c][i] = V::set(0.0F);
        }
        std::size_t k = 0;
        for (; k + C <= m.depth; k += C) {
            for (std::size_t c = 0; c < C; ++c) {
                const F a = V::set(m.a[k + c]);
                for (std::size_t i = 0; i < n; ++i) {
                    const float* const from = b[i / kLanes] + (k + c) * m.b_stride;
                    sums[c][i] = V::fma(a, V::load(from + i % kLanes * V::width), sums[c][i]);
                }
            }
        }
        for (; k < m.depth; ++k) {
            const F a = V::set(m.a[k]);
            for (std::size_t i = 0; i < n; ++i) {
                const float* const from = b[i / kLanes] + k * m.b_stride;
                sums[0][i] = V::fma(a, V::load(from + i % kLanes * V::width), sums[0][i]);
            }
        }
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t c = 1; c < C; ++c) sums[0][i] = V::add(sums[0][i], sums[c][i]);
            V::store(m.c + column + i * V::width, sums[0][i]);
        }
    }

    /// `groups` groups of columns from `column` on, the depth shared by C sums, as many groups at
    /// once as there are registers for.
    template <std::size_t C>
    static void row_part(const Multiply& m, std::size_t column, std::size_t groups) {
        constexpr std::size_t at_once =
            V::registers / (C * kLanes) > 0 ? V::registers / (C * kLanes) : 1;
        static_assert(at_once == 1 || at_once == 2 || at_once == 4 || at_once == 8);
        for (std::size_t done = 0; done < groups; done += at_once) {
            row_tile<at_once, C>(m, column + done * kGroup);
        }
    }

    /// One row by many columns: the weights are read once and nothing is kept of them.
    static void multiply_row(const Multiply& m) {
        constexpr std::size_t step = 8 * kGroup;
        const std::size_t whole = m.columns / step;
        for (std::size_t i = 0; i < whole; ++i) {
            row_part<1>(m, (m.backwards ? whole - 1 - i : i) * step, 8);
        }
        std::size_t column = whole * step;
        const std::size_t left = (m.columns - column) / kGroup;
        if ((left & 4U) != 0) {
            row_part<2>(m, column, 4);
            column += 4 * kGroup;
        }
        if ((left & 2U) != 0) {
            row_part<4>(m, column, 2);
            column += 2 * kGroup;
        }
        if ((left & 1U) != 0) row_part<8>(m, column, 1);
    }

    static void multiply(const Multiply& m) {
        if (m.rows == 1) return multiply_row(m);
        std::size_t column = 0;
        for (; column + kPanel <= m.columns; column += kPanel) rows_of<2>(m, 0, column);
        if (column < m.columns) rows_of<1>(m, 0, column);
    }

    // ---- sums over lanes ------------------------------------------------------------------------

    struct Total {
        F of[kLanes];

        static Total zero() {
            Total out;
            for (F& one : out.of) one = V::set(0.0F);
            return out;
        }
        /// Halves on halves: lane i and i + 8, then i + 4, i + 2, i + 1.
        [[nodiscard]] float sum() const {
            F x[kLanes];
            for (std::size_t i = 0; i < kLanes; ++i) x[i] = of[i];
            for (std::size_t n = kLanes / 2; n > 0; n /= 2) {
                for (std::size_t i = 0; i < n; ++i) x[i] = V::add(x[i], x[i + n]);
            }
            return V::sum(x[0]);
        }
    };

    static float dot(const float* a, const float* b, std::size_t n) {
        Total total = Total::zero();
        for (std::size_t at = 0; at < n; at += kGroup) {
            for (std::size_t i = 0; i < kLanes; ++i) {
                const std::size_t j = at + i * V::width;
                total.of[i] = V::fma(V::load(a + j), V::load(b + j), total.of[i]);
            }
        }
        return total.sum();
    }
    static void blend(float* y, float keep, const float* x, float take, std::size_t n) {
        for (std::size_t i = 0; i < n; i += V::width) {
            V::store(y + i,
                     V::fma(V::load(x + i), V::set(take), V::mul(V::load(y + i), V::set(keep))));
        }
    }

    // ---- parts of networks ----------------------------------------------------------------------

    static void standardise(float* x, const float* centre, const float* scale, float clip,
                            std::size_t n) {
        for (std::size_t i = 0; i < n; i += V::width) {
            const F z = V::mul(V::sub(V::load(x + i), V::load(centre + i)), V::load(scale + i));
            const F known = V::zero_if_nan(z);
            V::store(x + i, V::min(V::max(known, V::set(-clip)), V::set(clip)));
        }
    }

    static float mean_of(const Norm& m, const float* x) {
        Total total = Total::zero();
        for (std::size_t at = 0; at < m.stride; at += kGroup) {
            for (std::size_t i = 0; i < kLanes; ++i) {
                total.of[i] = V::add(total.of[i], V::load(x + at + i * V::width));
            }
        }
        return total.sum() / static_cast<float>(m.width);
    }
    static float variance_of(const Norm& m, const float* x, float mean) {
        Total total = Total::zero();
        const std::size_t whole = m.width / kGroup * kGroup;
        for (std::size_t at = 0; at < whole; at += kGroup) {
            for (std::size_t i = 0; i < kLanes; ++i) {
                const F d = V::sub(V::load(x + at + i * V::width), V::set(mean));
                total.of[i] = V::fma(d, d, total.of[i]);
            }
        }
        float squares = total.sum();
        for (std::size_t i = whole; i < m.width; ++i) squares += (x[i] - mean) * (x[i] - mean);
        return squares / static_cast<float>(m.width);
    }
    static void norm_row(const Norm& m, const float* x, float* y) {
        const float mean = mean_of(m, x);
        const F scale = V::set(1.0F / __builtin_sqrtf(variance_of(m, x, mean) + 1e-5F));
        for (std::size_t i = 0; i < m.stride; i += V::width) {
            const F z = V::mul(V::sub(V::load(x + i), V::set(mean)), scale);
            V::store(y + i, V::fma(z, V::load(m.weight + i), V::load(m.bias + i)));
        }
    }
    static void norm(const Norm& m) {
        for (std::size_t r = 0; r < m.rows; ++r) {
            norm_row(m, m.x + r * m.stride, m.y + r * m.stride);
        }
    }

    static void lstm_cell(const float* gates, float* c, float* h, std::size_t n) {
        for (std::size_t j = 0; j < n; j += V::width) {
            const F forget = sigmoid_of(V::load(gates + n + j));
            const F fresh = sigmoid_tanh_of(V::load(gates + j), V::load(gates + 2 * n + j));
            const F cell = V::fma(forget, V::load(c + j), fresh);
            V::store(c + j, cell);
            V::store(h + j, sigmoid_tanh_of(V::load(gates + 3 * n + j), cell));
        }
    }

    static void softmax(float* x, std::size_t valid, std::size_t n) {
        for (std::size_t i = valid; i < n; ++i) x[i] = -1e30F;
        F most = V::set(-1e30F);
        for (std::size_t i = 0; i < n; i += V::width) most = V::max(most, V::load(x + i));
        most = V::set(V::largest(most));
        Total total = Total::zero();
        for (std::size_t at = 0; at < n; at += kGroup) {
            for (std::size_t i = 0; i < kLanes; ++i) {
                float* const to = x + at + i * V::width;
                const F e = exp_of(V::sub(V::load(to), most));
                V::store(to, e);
                total.of[i] = V::add(total.of[i], e);
            }
        }
        const F scale = V::set(1.0F / total.sum());
        for (std::size_t i = 0; i < n; i += V::width) {
            V::store(x + i, V::mul(V::load(x + i), scale));
        }
        for (std::size_t i = valid; i < n; ++i) x[i] = 0;
    }

    static constexpr Kernels kernels(const char* name) {
        return {.name = name,
                .multiply = multiply,
                .norm = norm,
                .standardise = standardise,
                .lstm_cell = lstm_cell,
                .softmax = softmax,
                .gelu = map<gelu_of>,
                .relu = map<relu_of>,
                .exponential = map<exp_of>,
                .sigmoid = map<sigmoid_of>,
                .tanh = map<tanh_of>,
                .dot = dot,
                .blend = blend,
                .forest = V::forest};
    }
};

}  // namespace tradewind::ml::kernels
