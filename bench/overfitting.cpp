// SPDX-License-Identifier: Apache-2.0
// What the multiplicity of a search costs to judge: cross-validation, effective trials, reality
// check.
#include "monitor/overfitting.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <vector>

#include "base/random.hpp"
#include "monitor/reality_check.hpp"

namespace tradewind::monitor {
namespace {

constexpr std::size_t kPeriods = 2500;

/// Returns of trials that share a part of each day, one trial after the other.
std::vector<double> returns_of(std::size_t trials) {
    base::Random random(1);
    std::vector<double> market(kPeriods);
    for (double& one : market) one = random.normal();
    std::vector<double> out;
    out.reserve(trials * kPeriods);
    for (std::size_t i = 0; i < trials * kPeriods; ++i) {
        out.push_back(0.01 * (0.7 * market[i % kPeriods] + random.uniform() - 0.5));
    }
    return out;
}

/// Trials of 2,500 days, added one after the other and judged over 12,870 combinations of 16
/// blocks.
void cross_validation(benchmark::State& state) {
    const auto trials = static_cast<std::size_t>(state.range(0));
    const auto values = returns_of(trials);
    const ReturnMatrix returns{values, trials, kPeriods};
    for (auto _ : state) {
        CrossValidation validation(kPeriods, 16);
        for (std::size_t i = 0; i < trials; ++i) validation.add(returns.row(i));
        benchmark::DoNotOptimize(validation.evaluate());
    }
}
BENCHMARK(cross_validation)->Arg(1000)->Arg(10'000)->Unit(benchmark::kSecond);

void effective_trials_of(benchmark::State& state) {
    const auto trials = static_cast<std::size_t>(state.range(0));
    const auto values = returns_of(trials);
    for (auto _ : state) {
        benchmark::DoNotOptimize(effective_trials({values, trials, kPeriods}));
    }
}
BENCHMARK(effective_trials_of)->Arg(1000)->Arg(10'000)->Unit(benchmark::kSecond);

/// A thousand draws of the stationary bootstrap.
void reality_check_of(benchmark::State& state) {
    const auto trials = static_cast<std::size_t>(state.range(0));
    const auto values = returns_of(trials);
    for (auto _ : state) {
        const Resamples draws = stationary_bootstrap(kPeriods, {});
        benchmark::DoNotOptimize(reality_check({values, trials, kPeriods}, draws));
    }
}
BENCHMARK(reality_check_of)->Arg(1000)->Arg(10'000)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace tradewind::monitor
