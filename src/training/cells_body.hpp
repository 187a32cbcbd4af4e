// SPDX-License-Identifier: Apache-2.0
// Included once by each of cells_plain.cpp, cells_avx2.cpp and cells_avx512.cpp inside a namespace
// of its own. Nothing of the standard library stands here: what two files compile for different
// processors must not be merged by the linker.

inline float clamped(float x, float low, float high) {
    x = x > low ? x : low;
    return x < high ? x : high;
}

/// 2^n p(r) with x = n ln 2 + r, p the Taylor polynomial of degree 7; as in ml/kernels.
inline float exp_of(float x) {
    x = clamped(x, -87.0F, 88.0F);
    // adding 1.5 x 2^23 leaves the whole number nearest to x / ln 2 in the last bits
    const float shifted = x * 1.44269504F + 12582912.0F;
    const float n = shifted - 12582912.0F;
    float r = x - n * 0.693359375F;  // ln 2 in two parts, the first of 10 bits
    r = r + n * 2.12194440e-4F;
    float p = r * (1.0F / 5040) + 1.0F / 720;
    p = p * r + 1.0F / 120;
    p = p * r + 1.0F / 24;
    p = p * r + 1.0F / 6;
    p = p * r + 0.5F;
    p = p * r + 1.0F;
    p = p * r + 1.0F;
    const int power = (__builtin_bit_cast(int, shifted) << 23) + __builtin_bit_cast(int, 1.0F);
    return p * __builtin_bit_cast(float, power);
}
inline float sigmoid_of(float x) { return 1.0F / (1.0F + exp_of(-x)); }
/// Eigen's rational function of degrees 13 and 6; as in ml/kernels.
inline float tanh_of(float x) {
    x = clamped(x, -7.90531110F, 7.90531110F);
    const float s = x * x;
    float p = s * -2.76076847742355e-16F + 2.00018790482477e-13F;
    p = p * s + -8.60467152213735e-11F;
    p = p * s + 5.12229709037114e-08F;
    p = p * s + 1.48572235717979e-05F;
    p = p * s + 6.37261928875436e-04F;
    p = p * s + 4.89352455891786e-03F;
    float q = s * 1.19825839466702e-06F + 1.18534705686654e-04F;
    q = q * s + 2.26843463243900e-03F;
    q = q * s + 4.89352518554385e-03F;
    return p * x / q;
}

inline void lstm_forward(size_type rows, size_type width, float* gates, const float* before,
                         float* state, float* hidden) {
    for (size_type row = 0; row < rows; ++row) {
        float* __restrict i = gates + row * 4 * width;
        float* __restrict f = i + width;
        float* __restrict g = f + width;
        float* __restrict o = g + width;
        float* __restrict c = state + row * width;
        float* __restrict h = hidden + row * width;
        for (size_type j = 0; j < width; ++j) {
            i[j] = sigmoid_of(i[j]);
            f[j] = sigmoid_of(f[j]);
            g[j] = tanh_of(g[j]);
            o[j] = sigmoid_of(o[j]);
        }
        if (before == nullptr) {
            for (size_type j = 0; j < width; ++j) c[j] = i[j] * g[j];
        } else {
            const float* __restrict last = before + row * width;
            for (size_type j = 0; j < width; ++j) c[j] = f[j] * last[j] + i[j] * g[j];
        }
        for (size_type j = 0; j < width; ++j) h[j] = o[j] * tanh_of(c[j]);
    }
}

inline void lstm_backward(size_type rows, size_type width, float* gates, const float* before,
                          const float* state, const float* hidden_gradient, float* state_gradient) {
    for (size_type row = 0; row < rows; ++row) {
        float* __restrict i = gates + row * 4 * width;
        float* __restrict f = i + width;
        float* __restrict g = f + width;
        float* __restrict o = g + width;
        const float* __restrict c = state + row * width;
        const float* __restrict dh = hidden_gradient + row * width;
        float* __restrict dc = state_gradient + row * width;
        const float* __restrict last = before == nullptr ? nullptr : before + row * width;
        for (size_type j = 0; j < width; ++j) {
            const float out = tanh_of(c[j]);
            const float to_state = dc[j] + dh[j] * o[j] * (1.0F - out * out);
            const float kept = f[j];
            f[j] = last == nullptr ? 0.0F : to_state * last[j] * kept * (1.0F - kept);
            const float in = i[j];
            i[j] = to_state * g[j] * in * (1.0F - in);
            g[j] = to_state * in * (1.0F - g[j] * g[j]);
            o[j] = dh[j] * out * o[j] * (1.0F - o[j]);
            dc[j] = to_state * kept;
        }
    }
}

/// Sixteen sums side by side: one chain of additions would wait for itself.
constexpr size_type kChains = 16;

inline void softmax_row(size_type n, float* __restrict x) {
    float top[kChains];
    for (size_type k = 0; k < kChains; ++k) top[k] = x[0];
    size_type j = 0;
    for (; j + kChains <= n; j += kChains) {
        for (size_type k = 0; k < kChains; ++k) top[k] = top[k] > x[j + k] ? top[k] : x[j + k];
    }
    for (; j < n; ++j) top[0] = top[0] > x[j] ? top[0] : x[j];
    float most = top[0];
    for (size_type k = 1; k < kChains; ++k) most = most > top[k] ? most : top[k];
    for (j = 0; j < n; ++j) x[j] = exp_of(x[j] - most);
    float sums[kChains] = {};
    for (j = 0; j + kChains <= n; j += kChains) {
        for (size_type k = 0; k < kChains; ++k) sums[k] += x[j + k];
    }
    for (; j < n; ++j) sums[0] += x[j];
    float sum = 0.0F;
    for (size_type k = 0; k < kChains; ++k) sum += sums[k];
    const float share = 1.0F / sum;
    for (j = 0; j < n; ++j) x[j] *= share;
}

inline void softmax(size_type size, bool causal, float* x) {
    for (size_type row = 0; row < size; ++row) {
        const size_type n = causal ? row + 1 : size;
        softmax_row(n, x + row * size);
        for (size_type j = n; j < size; ++j) x[row * size + j] = 0.0F;
    }
}

inline void softmax_backward(size_type size, bool causal, const float* softmax_of, float* gradient,
                             float factor) {
    for (size_type row = 0; row < size; ++row) {
        const size_type n = causal ? row + 1 : size;
        const float* __restrict p = softmax_of + row * size;
        float* __restrict d = gradient + row * size;
        float sums[kChains] = {};
        size_type j = 0;
        for (; j + kChains <= n; j += kChains) {
            for (size_type k = 0; k < kChains; ++k) sums[k] += p[j + k] * d[j + k];
        }
        for (; j < n; ++j) sums[0] += p[j] * d[j];
        float sum = 0.0F;
        for (size_type k = 0; k < kChains; ++k) sum += sums[k];
        for (j = 0; j < n; ++j) d[j] = factor * p[j] * (d[j] - sum);
        for (j = n; j < size; ++j) d[j] = 0.0F;
    }
}

// x / 2 (1 + tanh u) is x sigmoid(2 u)
constexpr float kGeluLinear = 1.59576912F;
constexpr float kGeluCubic = 0.0713548163F;

inline void gelu_forward(size_type rows, size_type columns, const float* __restrict bias, float* x,
                         float* out) {
    for (size_type row = 0; row < rows; ++row) {
        float* __restrict from = x + row * columns;
        float* __restrict to = out + row * columns;
        for (size_type j = 0; j < columns; ++j) {
            const float at = from[j] + bias[j];
            from[j] = at;
            to[j] = at * sigmoid_of(at * (kGeluLinear + kGeluCubic * at * at));
        }
    }
}

inline void gelu_backward(size_type n, const float* __restrict x, float* __restrict gradient) {
    for (size_type i = 0; i < n; ++i) {
        const float at = x[i];
        const float square = at * at;
        const float s = sigmoid_of(at * (kGeluLinear + kGeluCubic * square));
        const float slope = kGeluLinear + 3.0F * kGeluCubic * square;
        gradient[i] *= s * (1.0F + at * (1.0F - s) * slope);
    }
}

constexpr Cells kCells{lstm_forward,     lstm_backward, softmax,
                       softmax_backward, gelu_forward,  gelu_backward};
