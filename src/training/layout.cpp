// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <span>
#include <utility>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "training/network.hpp"

namespace tradewind::training {
namespace {

class Layout {
public:
    void add(Parameter parameter) {
        parameter.begin = size_;
        parameter.size = 1;
        for (const std::size_t n : parameter.shape) parameter.size *= n;
        size_ += parameter.size;
        out_.push_back(std::move(parameter));
    }

    void matrix(std::string name, std::size_t rows, std::size_t columns) {
        add({.name = std::move(name),
             .shape = {rows, columns},
             .initial = Initial::uniform,
             .fan_in = columns,
             .decays = true});
    }

    void bias(std::string name, std::size_t rows, std::size_t fan_in) {
        add({.name = std::move(name),
             .shape = {rows},
             .initial = Initial::uniform,
             .fan_in = fan_in});
    }

    /// All that was added so far. A convex loss has one minimum: where it begins is noise alone.
    void begin_at_zero() {
        for (Parameter& one : out_) one.initial = Initial::zero;
    }

    void linear(const std::string& weight, const std::string& bias_name, std::size_t rows,
                std::size_t columns) {
        matrix(weight, rows, columns);
        bias(bias_name, rows, columns);
    }

    void norm(const std::string& name, std::size_t width) {
        add({.name = name + ".w", .shape = {width}, .initial = Initial::one});
        add({.name = name + ".b", .shape = {width}, .initial = Initial::zero});
    }

    void head(std::size_t scores, std::size_t width) { linear("head.w", "head.b", scores, width); }

    std::vector<Parameter> take() { return std::move(out_); }

private:
    std::vector<Parameter> out_;
    std::size_t size_ = 0;
};

void add_mlp(Layout& layout, const NetworkPlan& plan) {
    std::size_t below = plan.window * plan.features;
    for (std::size_t i = 0; i < plan.hidden.size(); ++i) {
        layout.linear(fmt::format("l{}.w", i), fmt::format("l{}.b", i), plan.hidden[i], below);
        below = plan.hidden[i];
    }
    layout.head(plan.scores, below);
}

void add_lstm(Layout& layout, const NetworkPlan& plan) {
    const std::size_t width = plan.width;
    for (std::size_t i = 0; i < plan.layers; ++i) {
        // as torch::nn::LSTM begins: all of a layer in +- 1 / sqrt(H)
        layout.add({.name = fmt::format("l{}.w_in", i),
                    .shape = {4 * width, i == 0 ? plan.features : width},
                    .initial = Initial::uniform,
                    .fan_in = width,
                    .decays = true});
        layout.matrix(fmt::format("l{}.w_rec", i), 4 * width, width);
        layout.bias(fmt::format("l{}.b", i), 4 * width, width);
    }
    if (plan.attention_pooling) {
        layout.add({.name = "pool.query", .shape = {width}, .initial = Initial::zero});
    }
    layout.head(plan.scores, plan.attention_pooling ? 2 * width : width);
}

void add_block(Layout& layout, const NetworkPlan& plan, std::size_t i) {
    const std::string name = fmt::format("l{}.", i);
    const std::size_t width = plan.width;
    layout.norm(name + "ln1", width);
    layout.linear(name + "qkv.w", name + "qkv.b", 3 * width, width);
    layout.linear(name + "out.w", name + "out.b", width, width);
    layout.norm(name + "ln2", width);
    layout.linear(name + "ff1.w", name + "ff1.b", plan.feedforward, width);
    layout.linear(name + "ff2.w", name + "ff2.b", width, plan.feedforward);
}

void add_transformer(Layout& layout, const NetworkPlan& plan) {
    layout.linear("embed.w", "embed.b", plan.width, plan.patch * plan.features);
    layout.add({.name = "position",
                .shape = {plan.tokens(), plan.width},
                .initial = plan.sinusoidal ? Initial::sinusoidal : Initial::small_normal,
                .trained = !plan.sinusoidal});
    for (std::size_t i = 0; i < plan.layers; ++i) add_block(layout, plan, i);
    layout.norm("ln", plan.width);
    layout.head(plan.scores, plan.width);
}

void fill_sinusoidal(std::span<float> out, std::size_t width) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::size_t row = i / width;
        const std::size_t column = i % width;
        const std::size_t even = column - column % 2;
        const double power = static_cast<double>(even) / static_cast<double>(width);
        const double angle = static_cast<double>(row) / std::pow(10000.0, power);
        out[i] = static_cast<float>(column % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
}

void fill(std::span<float> out, const Parameter& parameter, base::Random& random) {
    constexpr double kDeviation = 0.02;
    const double bound = 1.0 / std::sqrt(static_cast<double>(parameter.fan_in));
    switch (parameter.initial) {
        case Initial::zero: break;
        case Initial::one:
            for (float& one : out) one = 1.0F;
            break;
        case Initial::uniform:
            for (float& one : out) {
                one = static_cast<float>((2.0 * random.uniform() - 1.0) * bound);
            }
            break;
        case Initial::small_normal:
            for (float& one : out) one = static_cast<float>(kDeviation * random.normal());
            break;
        case Initial::sinusoidal: fill_sinusoidal(out, parameter.shape[1]); break;
    }
}

}  // namespace

std::vector<Parameter> parameters_of(const NetworkPlan& plan) {
    ASSERT(plan.window % plan.patch == 0);
    Layout layout;
    switch (plan.architecture) {
        case Architecture::logistic:
            layout.head(plan.scores, plan.window * plan.features);
            layout.begin_at_zero();
            break;
        case Architecture::mlp: add_mlp(layout, plan); break;
        case Architecture::lstm: add_lstm(layout, plan); break;
        case Architecture::transformer: add_transformer(layout, plan); break;
    }
    return layout.take();
}

std::size_t size_of(const std::vector<Parameter>& parameters) {
    return parameters.empty() ? 0 : parameters.back().begin + parameters.back().size;
}

std::vector<float> initial_weights(const std::vector<Parameter>& parameters, std::uint64_t seed) {
    base::Random random{seed};
    std::vector<float> out(size_of(parameters), 0.0F);
    for (const Parameter& one : parameters) {
        fill(std::span{out}.subspan(one.begin, one.size), one, random);
    }
    return out;
}

}  // namespace tradewind::training
