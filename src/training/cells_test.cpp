// SPDX-License-Identifier: Apache-2.0
// Every processor's cells beside the C library's functions, in double precision.
#include "training/cells.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.hpp"
#include "training/cells_of.hpp"

namespace tradewind::training {
namespace {

std::vector<const Cells*> all_cells() {
    std::vector<const Cells*> out{&cells_plain()};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        out.push_back(&cells_avx2());
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
        out.push_back(&cells_avx512());
    }
#endif
    return out;
}

std::vector<float> normals(std::size_t n, double deviation, std::uint64_t seed = 1) {
    base::Random random{seed};
    std::vector<float> out(n);
    for (float& one : out) one = static_cast<float>(deviation * random.normal());
    return out;
}

double wide(float x) { return static_cast<double>(x); }
double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

TEST(Cells, of_an_lstm_are_sigmoids_and_tanhs) {
    constexpr std::size_t kRows = 3;
    constexpr std::size_t kWidth = 21;  // no multiple of a vector
    const auto before = normals(kRows * kWidth, 1.0, 2);
    const auto gates = normals(kRows * 4 * kWidth, 4.0);
    for (const Cells* cells : all_cells()) {
        for (const bool first : {false, true}) {
            auto now = gates;
            std::vector<float> state(kRows * kWidth);
            std::vector<float> hidden(kRows * kWidth);
            cells->lstm_forward(kRows, kWidth, now.data(), first ? nullptr : before.data(),
                                state.data(), hidden.data());
            for (std::size_t i = 0; i < state.size(); ++i) {
                const float* gate = gates.data() + i / kWidth * 4 * kWidth + i % kWidth;
                const double last = first ? 0.0 : wide(before[i]);
                const double c = sigmoid(wide(gate[kWidth])) * last +
                                 sigmoid(wide(gate[0])) * std::tanh(wide(gate[2 * kWidth]));
                EXPECT_NEAR(state[i], c, 1e-6 * (1.0 + std::abs(c)));
                EXPECT_NEAR(hidden[i], sigmoid(wide(gate[3 * kWidth])) * std::tanh(c), 1e-6);
            }
        }
    }
}

TEST(Cells, softmax_sums_to_1_and_sees_nothing_later_where_causal) {
    constexpr std::size_t kSize = 37;
    const auto x = normals(kSize * kSize, 5.0);
    for (const Cells* cells : all_cells()) {
        for (const bool causal : {false, true}) {
            auto out = x;
            cells->softmax(kSize, causal, out.data());
            for (std::size_t row = 0; row < kSize; ++row) {
                const std::size_t n = causal ? row + 1 : kSize;
                double sum = 0.0;
                for (std::size_t j = 0; j < n; ++j) sum += std::exp(wide(x[row * kSize + j]));
                for (std::size_t j = 0; j < kSize; ++j) {
                    const double want = j < n ? std::exp(wide(x[row * kSize + j])) / sum : 0.0;
                    EXPECT_NEAR(out[row * kSize + j], want, 1e-6);
                }
            }
        }
    }
}

TEST(Cells, gelu_is_that_of_tanh_with_its_slope) {
    constexpr std::size_t kSize = 101;
    std::vector<float> x(kSize);
    for (std::size_t i = 0; i < kSize; ++i) x[i] = (static_cast<float>(i) - 50.0F) / 5.0F;
    const std::vector<float> bias(kSize, 0.0F);
    const auto gelu = [](double at) {
        return 0.5 * at * (1.0 + std::tanh(0.7978845608 * (at + 0.044715 * at * at * at)));
    };
    for (const Cells* cells : all_cells()) {
        auto at = x;
        std::vector<float> out(kSize);
        cells->gelu_forward(1, kSize, bias.data(), at.data(), out.data());
        std::vector<float> slope(kSize, 1.0F);
        cells->gelu_backward(kSize, x.data(), slope.data());
        for (std::size_t i = 0; i < kSize; ++i) {
            EXPECT_NEAR(out[i], gelu(wide(x[i])), 2e-6 * (1.0 + std::abs(wide(x[i]))));
            const double step = (gelu(wide(x[i]) + 1e-4) - gelu(wide(x[i]) - 1e-4)) / 2e-4;
            EXPECT_NEAR(slope[i], step, 1e-5);
        }
    }
}

}  // namespace
}  // namespace tradewind::training
