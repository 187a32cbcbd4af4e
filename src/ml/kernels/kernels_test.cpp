// SPDX-License-Identifier: Apache-2.0
#include "ml/kernels/kernels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace tradewind::ml::kernels {
namespace {

constexpr std::size_t kAtOnce = 1024;

struct Worst {
    double relative = 0;
    double absolute = 0;
    double at = 0;
};

/// `function` beside `truth`, the C library's in double precision, at every `step`th float from
/// -most to most.
template <typename Truth>
Worst worst_of(void (*function)(float*, std::size_t), Truth truth, float most) {
    constexpr std::uint32_t step = 1021;
    Worst out;
    std::array<float, kAtOnce> x{};
    std::array<float, kAtOnce> y{};
    const std::uint32_t end = std::bit_cast<std::uint32_t>(most);
    for (std::uint32_t bits = 0; bits <= end;) {
        for (std::size_t i = 0; i < kAtOnce; i += 2) {
            x[i] = std::bit_cast<float>(std::min(bits, end));
            x[i + 1] = -x[i];
            bits += step;
        }
        y = x;
        function(y.data(), kAtOnce);
        for (std::size_t i = 0; i < kAtOnce; ++i) {
            const double want = truth(static_cast<double>(x[i]));
            const double error = std::abs(static_cast<double>(y[i]) - want);
            out.absolute = std::fmax(out.absolute, error);
            if (want == 0 || error / std::abs(want) <= out.relative) continue;
            out.relative = error / std::abs(want);
            out.at = static_cast<double>(x[i]);
        }
    }
    return out;
}

class EachKernels : public ::testing::TestWithParam<std::size_t> {
protected:
    void SetUp() override {
        if (available(GetParam()) == nullptr) GTEST_SKIP() << "not on this processor";
    }
    static const Kernels& of() { return *available(GetParam()); }
};

// The last bit of a float near 1 is 1.2e-7; below the smallest normal one, 1.2e-38, digits are
// lost.
TEST_P(EachKernels, exponential_is_right_to_three_units_of_the_last_bit) {
    const auto worst = worst_of(of().exponential, [](double x) { return std::exp(x); }, 87.0F);
    EXPECT_LT(worst.relative, 3e-7) << worst.at;
}

TEST_P(EachKernels, exponential_beyond_its_range_is_that_of_the_end) {
    std::array<float, kGroup> x{-1e30F, -88.0F, 88.0F, 1e30F};
    of().exponential(x.data(), x.size());
    EXPECT_GT(x[0], 0);
    EXPECT_EQ(x[0], x[1]);
    EXPECT_EQ(x[2], x[3]);
    EXPECT_TRUE(std::isfinite(x[3]));
}

TEST_P(EachKernels, sigmoid_is_right_to_five_units_of_the_last_bit) {
    const auto truth = [](double x) { return 1 / (1 + std::exp(-x)); };
    EXPECT_LT(worst_of(of().sigmoid, truth, 80.0F).relative, 5e-7);
    EXPECT_LT(worst_of(of().sigmoid, truth, 3e38F).absolute, 3e-7);
}

TEST_P(EachKernels, tanh_is_right_to_five_units_of_the_last_bit) {
    const auto truth = [](double x) { return std::tanh(x); };
    const auto worst = worst_of(of().tanh, truth, 3e38F);
    EXPECT_LT(worst.absolute, 5e-7);
    std::array<float, kGroup> small{1e-30F, -1e-30F, 1e-10F, 1e-3F, 0.1F};
    const auto x = small;
    of().tanh(small.data(), small.size());
    for (std::size_t i = 0; i < 5; ++i) {
        const double want = std::tanh(static_cast<double>(x[i]));
        EXPECT_NEAR(static_cast<double>(small[i]), want, 5e-7 * std::abs(want));
    }
}

TEST_P(EachKernels, gelu_is_right_to_a_millionth) {
    const auto truth = [](double x) {
        const double u = 0.79788456080286535588 * (x + 0.044715 * x * x * x);
        return 0.5 * x * (1 + std::tanh(u));
    };
    const auto worst = worst_of(of().gelu, truth, 100.0F);
    EXPECT_LT(worst.absolute, 1e-5);  // of 100
    EXPECT_LT(worst_of(of().gelu, truth, 4.0F).absolute, 1e-6);
}

TEST_P(EachKernels, softmax_sums_to_one_and_hides_what_is_not_valid) {
    for (const std::size_t valid : {1U, 7U, 16U, 33U, 64U}) {
        std::vector<float> x(64, 1e9F);
        for (std::size_t i = 0; i < valid; ++i) x[i] = static_cast<float>(i % 5) * 20;
        of().softmax(x.data(), valid, x.size());
        double sum = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            sum += static_cast<double>(x[i]);
            if (i >= valid) {
                EXPECT_EQ(x[i], 0);
            }
        }
        EXPECT_NEAR(sum, 1, 1e-6);
    }
}

/// Products of every shape that a network may have, beside three loops.
TEST_P(EachKernels, products_are_those_of_three_loops) {
    for (const std::size_t rows : {1U, 2U, 3U, 5U, 8U, 13U, 16U}) {
        for (const std::size_t depth : {1U, 2U, 7U, 8U, 33U}) {
            for (const std::size_t columns : {16U, 32U, 48U, 80U, 112U, 128U, 272U}) {
                const std::size_t panels = rounded_up(columns, kPanel);
                std::vector<float> a(rows * depth);
                std::vector<float> b(panels * depth);
                std::vector<float> c(rows * columns, 7);
                std::vector<float> bias(columns);
                for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i % 7) - 3;
                for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i % 11) - 5;
                for (std::size_t i = 0; i < columns; ++i) bias[i] = static_cast<float>(i);
                for (const bool backwards : {false, true}) {
                    std::vector<float> got = c;
                    of().multiply({.rows = rows,
                                   .depth = depth,
                                   .columns = columns,
                                   .a = a.data(),
                                   .a_stride = depth,
                                   .b = b.data(),
                                   .b_panel = depth * kPanel,
                                   .bias = bias.data(),
                                   .start = got.data(),
                                   .start_stride = columns,
                                   .c = got.data(),
                                   .c_stride = columns,
                                   .backwards = backwards});
                    for (std::size_t r = 0; r < rows; ++r) {
                        for (std::size_t n = 0; n < columns; ++n) {
                            float want = 7 + bias[n];
                            for (std::size_t k = 0; k < depth; ++k) {
                                want += a[r * depth + k] *
                                        b[n / kPanel * depth * kPanel + k * kPanel + n % kPanel];
                            }
                            ASSERT_EQ(got[r * columns + n], want)  // whole numbers: exact
                                << rows << ' ' << depth << ' ' << columns;
                        }
                    }
                }
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(AllOfThis, EachKernels, ::testing::Values(0U, 1U, 2U));

}  // namespace
}  // namespace tradewind::ml::kernels
