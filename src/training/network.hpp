// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// Networks with weights and gradients in flat arrays, whatever differentiates them. Read by
/// translation units of C++17 too (libtorch's), so nothing newer stands here.
namespace tradewind::training {

enum class Architecture : std::uint8_t { logistic, mlp, lstm, transformer };

/// Which network; ml/model.hpp has the equations.
struct NetworkPlan {
    Architecture architecture{};
    std::size_t features = 1;  ///< F
    std::size_t window = 1;    ///< W
    std::size_t scores = 1;    ///< K

    std::vector<std::size_t> hidden{};  ///< mlp
    std::size_t layers = 1;             ///< lstm, transformer
    std::size_t width = 1;              ///< lstm: H, transformer: D
    bool attention_pooling = false;     ///< lstm
    std::size_t heads = 1;              ///< transformer, as all below
    std::size_t feedforward = 1;
    std::size_t patch = 1;
    bool mean_pooling = false;
    bool causal = true;
    bool sinusoidal = false;
    double dropout = 0.0;

    [[nodiscard]] std::size_t tokens() const { return window / patch; }
};

/// How a parameter begins.
enum class Initial : std::uint8_t {
    uniform,  ///< in +- 1 / sqrt(fan_in), as torch::nn::Linear and LSTM begin
    zero,     ///< biases of normalisations, the query of the pooling, all of a logistic regression
    one,      ///< their gains
    small_normal,  ///< of deviation 0.02: learned positions
    sinusoidal,    ///< Vaswani et al. 2017, section 3.5
};

struct Parameter {
    std::string name;  ///< as in ml/model.hpp
    std::vector<std::size_t> shape;
    Initial initial{};
    std::size_t fan_in = 1;
    bool decays = false;    ///< matrices do; biases, gains and positions do not
    bool trained = true;    ///< sinusoidal positions stay
    std::size_t begin = 0;  ///< in the flat array
    std::size_t size = 0;
};

/// All of a network's parameters, in the order of the flat arrays.
[[nodiscard]] std::vector<Parameter> parameters_of(const NetworkPlan& plan);
[[nodiscard]] std::size_t size_of(const std::vector<Parameter>& parameters);
/// One seed gives one array.
[[nodiscard]] std::vector<float> initial_weights(const std::vector<Parameter>& parameters,
                                                 std::uint64_t seed);

/// A network at work. Belongs to one thread; computes in that thread alone.
class Network {
public:
    Network() = default;
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;
    virtual ~Network() = default;

    /// [size_of(parameters)], to be read and written between calls.
    [[nodiscard]] virtual float* weights() = 0;
    /// The last `backward`'s, of the same shape; may be changed.
    [[nodiscard]] virtual float* gradient() = 0;

    /// `windows` [n, W, F] scaled, `scores` [n, K]: as trained, with dropout drawn from the seed.
    virtual void forward(const float* windows, std::size_t n, std::uint64_t dropout_seed,
                         float* scores) = 0;
    /// `score_gradient` [n, K] of a loss, after `forward` of the same n.
    virtual void backward(const float* score_gradient) = 0;

    /// As served, without dropout.
    virtual void predict(const float* windows, std::size_t n, float* scores) = 0;
    /// The gradient of sum_nk `score_gradient` x scores by the windows [n, W, F], without dropout.
    virtual void input_gradient(const float* windows, std::size_t n, const float* score_gradient,
                                float* gradient) = 0;
};

/// By libtorch. Weights begin at 0.
[[nodiscard]] std::unique_ptr<Network> make_torch_network(const NetworkPlan& plan);
/// Threads of libtorch and of the BLAS below it, in this process.
void use_one_thread();

}  // namespace tradewind::training
