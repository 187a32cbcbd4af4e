// SPDX-License-Identifier: Apache-2.0
// What risk costs to measure: covariances of 500 instruments, VaR of 200 positions over 500
// scenarios.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "measures/covariance.hpp"
#include "measures/scenario_risk.hpp"
#include "measures/scenarios.hpp"
#include "measures/spectrum.hpp"
#include "measures/volatility.hpp"

namespace tradewind::measures {
namespace {

std::vector<double> returns_of(std::size_t rows, std::size_t columns) {
    base::Random random(1);
    std::vector<double> out(rows * columns);
    for (double& one : out) one = 0.01 * random.normal();
    return out;
}

/// One day of returns; of every 50th instrument none with the argument 1.
void ewma_update(benchmark::State& state) {
    constexpr std::size_t kInstruments = 500;
    constexpr std::size_t kDays = 64;
    auto returns = returns_of(kDays, kInstruments);
    if (state.range(0) == 1) {
        for (std::size_t i = 0; i < returns.size(); i += 50) returns[i] = std::nan("");
    }
    EwmaCovariance ewma = EwmaCovariance::create({.instruments = kInstruments}).value();
    std::size_t day = 0;
    for (auto _ : state) {
        const auto row = std::span(returns).subspan(day * kInstruments, kInstruments);
        benchmark::DoNotOptimize(ewma.update(row).has_value());
        day = (day + 1) % kDays;
    }
}
BENCHMARK(ewma_update)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

void ewma_portfolio_variance(benchmark::State& state) {
    constexpr std::size_t kInstruments = 500;
    const auto returns = returns_of(1, kInstruments);
    EwmaCovariance ewma = EwmaCovariance::create({.instruments = kInstruments}).value();
    benchmark::DoNotOptimize(ewma.update(returns).has_value());
    for (auto _ : state) benchmark::DoNotOptimize(ewma.variance_of(returns).value());
}
BENCHMARK(ewma_portfolio_variance)->Unit(benchmark::kMicrosecond);

void shrunk_covariance(benchmark::State& state) {
    const auto returns = returns_of(500, 500);
    for (auto _ : state) {
        benchmark::DoNotOptimize(shrunk_to_constant_correlation({.values = returns, .columns = 500},
                                                                MissingRows::refuse));
    }
}
BENCHMARK(shrunk_covariance)->Unit(benchmark::kMillisecond);

void spectrum(benchmark::State& state) {
    const auto returns = returns_of(1000, 500);
    const auto matrix =
        sample_covariance({.values = returns, .columns = 500}, MissingRows::refuse).value().matrix;
    for (auto _ : state) benchmark::DoNotOptimize(spectrum_of(matrix).value());
}
BENCHMARK(spectrum)->Unit(benchmark::kMillisecond);

constexpr std::size_t kPositions = 200;
constexpr std::size_t kScenarios = 500;

ScenarioRisk book_of_200() {
    const auto returns = returns_of(kScenarios, kPositions);
    auto risk =
        ScenarioRisk::create({.scenarios = {.values = returns, .columns = kPositions}}).value();
    benchmark::DoNotOptimize(risk.set_exposures(std::vector<double>(kPositions, 1e5)).has_value());
    return risk;
}

/// VaR and ES with one more order.
void incremental_var(benchmark::State& state) {
    ScenarioRisk risk = book_of_200();
    ExposureChange order{.exposure = 5e4};
    for (auto _ : state) {
        benchmark::DoNotOptimize(risk.risk_with({&order, 1}).value());
        order.instrument = (order.instrument + 1) % kPositions;
    }
}
BENCHMARK(incremental_var)->Unit(benchmark::kMicrosecond);

/// What each of the positions adds.
void component_var(benchmark::State& state) {
    const ScenarioRisk risk = book_of_200();
    for (auto _ : state) benchmark::DoNotOptimize(risk.components());
}
BENCHMARK(component_var)->Unit(benchmark::kMicrosecond);

/// Scenarios of 200 instruments at the volatility of the day, 500 days.
void filtered_scenarios(benchmark::State& state) {
    const auto returns = returns_of(kScenarios, kPositions);
    for (auto _ : state) {
        benchmark::DoNotOptimize(filtered_history({.values = returns, .columns = kPositions}, {}));
    }
}
BENCHMARK(filtered_scenarios)->Unit(benchmark::kMillisecond);

void garch_fit(benchmark::State& state) {
    const auto returns = returns_of(kScenarios, 1);
    for (auto _ : state) benchmark::DoNotOptimize(fit_garch(returns));
}
BENCHMARK(garch_fit)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tradewind::measures
