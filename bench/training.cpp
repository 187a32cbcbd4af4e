// SPDX-License-Identifier: Apache-2.0
// An epoch of 20,000 windows of 64 x 16, batches of 256, on one thread: ours, and libtorch's own
// modules and optimiser in the same run. CPU time.
#include <benchmark/benchmark.h>

#include <random>

#include "training/libtorch_loop.hpp"
#include "training/network.hpp"
#include "training/network_training.hpp"

namespace tradewind::training {
namespace {

constexpr LoopSize kSize{.rows = 20'000, .window = 64, .features = 16, .batch = 256};

Dataset random_rows() {
    std::mt19937 random{1};
    std::normal_distribution<float> normal;
    Dataset out;
    out.rows = kSize.rows + kSize.window - 1;
    out.columns = kSize.features;
    for (std::size_t c = 0; c < out.columns; ++c) {
        out.origin.columns.push_back("c" + std::to_string(c));
    }
    for (std::size_t i = 0; i < out.rows * out.columns; ++i) {
        out.features.push_back(normal(random));
    }
    out.first.assign(out.rows, 0);
    out.weight.assign(out.rows, 1.0);
    for (std::size_t i = 0; i < out.rows; ++i) {
        out.known_at.push_back(static_cast<std::int64_t>(i));
        out.label.push_back(normal(random) > 0.0F ? 1.0 : -1.0);
    }
    return out;
}

void train_epoch(benchmark::State& state, const std::string& family_and_settings) {
    use_one_thread();
    const Dataset data = random_rows();
    const auto job = parse_job(
        R"({"kind":"train","dataset":"-","model":"-","window":64,"train":[[0,20063]],
            "target":{"task":"classes","levels":[-1,1]},"family":)" +
        family_and_settings + "}");
    const auto& train = std::get<TrainJob>(job.value());
    for (auto _ : state) {
        const auto selection = select_samples(data, train);
        const auto model = train_network(train, data, selection.value(), {});
        if (!model) state.SkipWithError(model.error().c_str());
    }
}

void lstm(benchmark::State& state) {
    train_epoch(state, R"("lstm","settings":{"epochs":1,"layers":2,"hidden":64,"pooling":"last"})");
}
void transformer(benchmark::State& state) {
    train_epoch(state, R"("transformer","settings":{"epochs":1,"layers":2,"width":64,"heads":4,
                       "feedforward":128})");
}
void lstm_libtorch(benchmark::State& state) {
    use_one_thread();
    for (auto _ : state) benchmark::DoNotOptimize(lstm_epoch_of_libtorch(kSize));
}
void transformer_libtorch(benchmark::State& state) {
    use_one_thread();
    for (auto _ : state) benchmark::DoNotOptimize(transformer_epoch_of_libtorch(kSize));
}

BENCHMARK(lstm)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK(lstm_libtorch)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK(transformer)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK(transformer_libtorch)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace tradewind::training
