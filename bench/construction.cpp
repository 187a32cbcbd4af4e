// SPDX-License-Identifier: Apache-2.0
// Portfolios of many assets; bench/construction.py measures cvxpy's solvers beside them.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "construction/hierarchical.hpp"
#include "construction/mean_variance.hpp"
#include "construction/risk_parity.hpp"
#include "support/covariances.hpp"

namespace {

using namespace tradewind;

construction::Allocation allocation_of(const std::vector<double>& covariance, std::size_t n) {
    construction::Allocation out;
    out.universe = {.names = test::asset_names(n), .covariance = covariance};
    out.expected = test::random_returns(1, n);
    out.constraints.upper.assign(n, 0.05);
    return out;
}

void mean_variance_long_only(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    const auto covariance = test::random_covariance(1, n);
    const auto allocation = allocation_of(covariance, n);
    for (auto _ : state) {
        auto found = construction::mean_variance(allocation, 5);
        if (!found) state.SkipWithError(describe(found.error()).c_str());
        benchmark::DoNotOptimize(found);
    }
}
BENCHMARK(mean_variance_long_only)->Arg(200)->Arg(500)->Unit(benchmark::kMillisecond);

void mean_variance_with_turnover_and_gross(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    const auto covariance = test::random_covariance(1, n);
    auto allocation = allocation_of(covariance, n);
    allocation.constraints.lower.assign(n, -0.02);
    allocation.constraints.gross_max = 1.6;
    allocation.constraints.turnover_max = 1;
    allocation.current.assign(n, 1.0 / static_cast<double>(n));
    allocation.costs.linear.assign(n, 1e-4);
    for (auto _ : state) {
        auto found = construction::mean_variance(allocation, 5);
        if (!found) state.SkipWithError(describe(found.error()).c_str());
        benchmark::DoNotOptimize(found);
    }
}
BENCHMARK(mean_variance_with_turnover_and_gross)->Arg(200)->Arg(500)->Unit(benchmark::kMillisecond);

void equal_risk(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    const auto covariance = test::random_covariance(1, n);
    for (auto _ : state) {
        auto found =
            construction::equal_risk({.names = test::asset_names(n), .covariance = covariance});
        benchmark::DoNotOptimize(found);
    }
}
BENCHMARK(equal_risk)->Arg(500)->Unit(benchmark::kMillisecond);

void hierarchical(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    const auto covariance = test::random_covariance(1, n);
    for (auto _ : state) {
        auto found =
            construction::hierarchical({.names = test::asset_names(n), .covariance = covariance});
        benchmark::DoNotOptimize(found);
    }
}
BENCHMARK(hierarchical)->Arg(500)->Unit(benchmark::kMillisecond);

}  // namespace
