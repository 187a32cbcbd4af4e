// SPDX-License-Identifier: Apache-2.0
#include "ml/packed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

#include "base/assert.hpp"

namespace tradewind::ml {
namespace {

constexpr std::align_val_t kLine{64};

/// ln(1 + e^x), which overflows for no x.
float softplus(float x) { return std::max(x, 0.0F) + std::log1p(std::exp(-std::abs(x))); }

}  // namespace

Buffer::Buffer(std::size_t n)
    : size_{kernels::rounded_up(std::max<std::size_t>(n, 1), kernels::kGroup)} {
    values_.reset(static_cast<float*>(::operator new(size_ * sizeof(float), kLine)));
    clear();
}

Buffer::Buffer(std::span<const float> values, std::size_t n) : Buffer{n} {
    ASSERT(values.size() <= size_);
    std::copy(values.begin(), values.end(), values_.get());
}

void Buffer::clear() { std::fill_n(values_.get(), size_, 0.0F); }

void Buffer::Free::operator()(float* values) const { ::operator delete(values, kLine); }

kernels::Multiply Linear::times(const float* a, std::size_t a_stride, std::size_t rows) const {
    return {.rows = rows,
            .depth = depth,
            .columns = columns,
            .a = a,
            .a_stride = a_stride,
            .b = weights.data(),
            .b_panel = depth * kernels::kPanel,
            .bias = bias.data()};
}

const std::vector<float>& floats(const Model& model, std::string_view name) {
    const auto* found = model.arrays.values<float>(name);
    ASSERT(found != nullptr);
    return *found;
}

Linear pack(const Model& model, std::string_view name, std::size_t columns, std::size_t depth) {
    const auto& w = floats(model, fmt::format("{}.w", name));
    const auto& b = floats(model, fmt::format("{}.b", name));
    ASSERT(w.size() == columns * depth && b.size() == columns);
    return pack(
        columns, depth, [&](std::size_t column, std::size_t k) { return w[column * depth + k]; },
        [&](std::size_t column) { return b[column]; });
}

Inputs::Inputs(const Model& model, std::size_t rows)
    : rows_{rows},
      columns_{model.card.origin.columns.size()},
      chosen_{model.card.inputs},
      together_{chosen_.back() - chosen_.front() + 1 == chosen_.size()},
      centre_{values()},
      scale_{values()},
      clip_{floats(model, "clip").front()} {
    const auto& centre = floats(model, "centre");
    const auto& scale = floats(model, "scale");
    for (std::size_t i = 0; i < values(); ++i) {
        centre_.data()[i] = centre[i % chosen_.size()];
        scale_.data()[i] = scale[i % chosen_.size()];
    }
}

void Inputs::read(std::span<const float> raw, Buffer& x, const kernels::Kernels& kernels) const {
    ASSERT(raw.size() == rows_ * columns_ && x.size() >= values());
    if (together_ && chosen_.size() == columns_) {
        std::memcpy(x.data(), raw.data(), raw.size_bytes());
    } else {
        choose(raw, columns_, chosen_, x.data());
    }
    kernels.standardise(x.data(), centre_.data(), scale_.data(), clip_,
                        kernels::rounded_up(values(), kernels::kGroup));
}

void choose(std::span<const float> raw, std::size_t columns, std::span<const std::uint32_t> chosen,
            float* to) {
    for (std::size_t at = 0; at < raw.size(); at += columns) {
        for (const std::uint32_t column : chosen) *to++ = raw[at + column];
    }
}

Outputs::Outputs(const Model& model)
    : task_{model.card.target.task}, scores_{model.card.target.scores()} {
    if (task_ == Task::classes) return;
    centre_ = floats(model, "out.centre").front();
    scale_ = floats(model, "out.scale").front();
}

void Outputs::write(const float* raw, std::span<float> scores) const {
    ASSERT(scores.size() == scores_);
    for (std::size_t k = 0; k < scores.size(); ++k) {
        scores[k] = raw[k];
        if (task_ == Task::quantiles && k > 0) scores[k] = softplus(raw[k]) + scores[k - 1];
    }
    if (task_ != Task::classes) {
        for (float& score : scores) score = score * scale_ + centre_;
    }
    make_finite(scores);
}

void make_finite(std::span<float> scores) {
    for (float& score : scores) {
        if (!std::isfinite(score)) score = 0;
    }
}

}  // namespace tradewind::ml
