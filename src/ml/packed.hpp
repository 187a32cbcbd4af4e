// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "ml/kernels/kernels.hpp"
#include "ml/model.hpp"

/// Weights and scratch as the kernels read them, made once.
namespace tradewind::ml {

/// Floats from a cache line on, whole groups, zeros at first.
class Buffer {
public:
    Buffer() = default;
    explicit Buffer(std::size_t n);
    /// The values, and zeros up to n.
    Buffer(std::span<const float> values, std::size_t n);

    [[nodiscard]] float* data() { return values_.get(); }
    [[nodiscard]] const float* data() const { return values_.get(); }
    [[nodiscard]] std::size_t size() const { return size_; }
    void clear();

private:
    struct Free {
        void operator()(float* values) const;
    };
    std::unique_ptr<float[], Free> values_;
    std::size_t size_ = 0;
};

/// A linear map as panels of columns (see kernels::Multiply), its constant beside it.
struct Linear {
    std::size_t depth = 0;
    std::size_t columns = 0;  ///< whole groups
    Buffer weights{};
    Buffer bias{};

    /// `rows` products with rows of `a`; where they start from, and whither they go, is the
    /// caller's.
    [[nodiscard]] kernels::Multiply times(const float* a, std::size_t a_stride,
                                          std::size_t rows) const;
};

/// `at(column, k)` gives the weights, `constant(column)` what is added.
template <typename At, typename Constant>
Linear pack(std::size_t columns, std::size_t depth, At at, Constant constant) {
    Linear out{.depth = depth, .columns = kernels::rounded_up(columns, kernels::kGroup)};
    out.weights = Buffer{kernels::rounded_up(columns, kernels::kPanel) * depth};
    out.bias = Buffer{out.columns};
    for (std::size_t column = 0; column < columns; ++column) {
        const std::size_t panel = column / kernels::kPanel * depth * kernels::kPanel;
        for (std::size_t k = 0; k < depth; ++k) {
            out.weights.data()[panel + k * kernels::kPanel + column % kernels::kPanel] =
                at(column, k);
        }
        out.bias.data()[column] = constant(column);
    }
    return out;
}

/// The values of an array that `check` has found.
[[nodiscard]] const std::vector<float>& floats(const Model& model, std::string_view name);
/// Of `name`.w [columns, depth] and `name`.b.
[[nodiscard]] Linear pack(const Model& model, std::string_view name, std::size_t columns,
                          std::size_t depth);

/// Rows as they come -> what a network reads: the columns chosen, scaled and clamped.
class Inputs {
public:
    Inputs(const Model& model, std::size_t rows);

    /// `raw` [rows, columns]; x [rows, F], whole groups.
    void read(std::span<const float> raw, Buffer& x, const kernels::Kernels& kernels) const;
    /// Of a buffer that takes them.
    [[nodiscard]] std::size_t values() const { return rows_ * chosen_.size(); }
    [[nodiscard]] std::size_t columns() const { return columns_; }

private:
    std::size_t rows_;
    std::size_t columns_;
    std::vector<std::uint32_t> chosen_;
    bool together_;  ///< the chosen columns stand beside each other
    Buffer centre_;
    Buffer scale_;
    float clip_;
};

/// Copies chosen columns of each row.
void choose(std::span<const float> raw, std::size_t columns, std::span<const std::uint32_t> chosen,
            float* to);

/// What a network says -> scores: in the label's unit, quantiles ascending, finite.
class Outputs {
public:
    explicit Outputs(const Model& model);
    void write(const float* raw, std::span<float> scores) const;

private:
    Task task_;
    std::size_t scores_;
    float centre_ = 0;
    float scale_ = 1;
};

/// What is not finite, of weights beyond all reason, becomes 0.
void make_finite(std::span<float> scores);

}  // namespace tradewind::ml
