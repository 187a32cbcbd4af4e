// SPDX-License-Identifier: Apache-2.0
// The set alpha158 over a universe, on one new bar, and what a stream of it keeps. Beside it by
// pandas: bench/features.py.
#include <benchmark/benchmark.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "feature/graph.hpp"
#include "feature/panel.hpp"
#include "feature/sets.hpp"

namespace {

// NOLINTBEGIN(*-avoid-non-const-global-variables): what `new` counts is nowhere else to be found.
std::atomic<std::uint64_t> allocations{0};
std::atomic<std::uint64_t> allocated_bytes{0};
// NOLINTEND(*-avoid-non-const-global-variables)

}  // namespace

// Not inlined: g++ would hold the pairs of malloc and free for pairs of different kinds.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    allocated_bytes.fetch_add(bytes, std::memory_order_relaxed);
    if (void* place = std::malloc(bytes == 0 ? 1 : bytes)) return place;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* place) noexcept { std::free(place); }
[[gnu::noinline]] void operator delete(void* place, std::size_t /*bytes*/) noexcept {
    std::free(place);
}

namespace tradewind::feature {
namespace {

constexpr std::size_t kInstruments = 500;
constexpr std::size_t kDays = 5'000;
constexpr std::size_t kThreads = 2;

std::shared_ptr<const Graph> alpha158() {
    return std::make_shared<const Graph>(Graph::compile(*feature_set("alpha158")).value());
}

/// Days of a random walk.
struct Bars {
    std::vector<std::int64_t> known_at;
    std::array<std::vector<double>, kFieldCount> columns;

    explicit Bars(std::uint64_t seed) {
        base::Random random{seed};
        double price = 100.0;
        for (auto& column : columns) column.assign(kDays, 0.0);
        for (std::size_t day = 0; day < kDays; ++day) {
            const double open = price;
            price = std::max(1.0, price * (1.0 + 0.04 * (random.uniform() - 0.5)));
            set(Field::open, day, open);
            set(Field::high, day, std::max(open, price) * (1.0 + 0.01 * random.uniform()));
            set(Field::low, day, std::min(open, price) * (1.0 - 0.01 * random.uniform()));
            set(Field::close, day, price);
            set(Field::volume, day, 1e6 * (0.5 + random.uniform()));
            known_at.push_back(static_cast<std::int64_t>(day + 1) * 86'400'000'000'000);
        }
    }
    [[nodiscard]] BarRows rows(std::size_t from, std::size_t count) const {
        BarRows out{.known_at = std::span{known_at}.subspan(from, count)};
        for (std::size_t i = 0; i < kFieldCount; ++i) out.columns[i] = columns[i].data() + from;
        return out;
    }

private:
    void set(Field field, std::size_t day, double value) {
        columns[static_cast<std::size_t>(field)][day] = value;
    }
};

/// Runs rows of one instrument through a panel of it.
void run(Panel& panel, const BarRows& rows) {
    panel.run({.bars = {&rows, 1}}, [](const Panel::Rows& found) {
        benchmark::DoNotOptimize(found.columns.data());
        return true;
    });
}

/// Instruments `first`, `first + kThreads`, ... on whatever core is free: `./dev bench` pins its
/// benches to one.
void run_part(const std::shared_ptr<const Graph>& graph, const std::vector<Bars>& universe,
              std::size_t first) {
    cpu_set_t all;
    CPU_ZERO(&all);
    for (std::size_t core = 0; core < CPU_SETSIZE; ++core) CPU_SET(core, &all);
    sched_setaffinity(0, sizeof all, &all);
    for (std::size_t i = first; i < universe.size(); i += kThreads) {
        Panel panel{graph, {{.symbol = "A"}}};
        run(panel, universe[i].rows(0, kDays));
    }
}

/// Items are values: 158 a day and instrument.
void alpha158_universe(benchmark::State& state) {
    const auto graph = alpha158();
    std::vector<Bars> universe;
    for (std::size_t i = 0; i < kInstruments; ++i) universe.emplace_back(i);
    for ([[maybe_unused]] auto _ : state) {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < kThreads; ++i) {
            threads.emplace_back([&, i] { run_part(graph, universe, i); });
        }
    }
    state.SetItemsProcessed(
        state.iterations() *
        static_cast<std::int64_t>(kInstruments * kDays * graph->outputs().size()));
}
BENCHMARK(alpha158_universe)->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1);

/// One bar at a time, each timed by itself, the clock's own 20 to 30 ns included.
void alpha158_new_bar(benchmark::State& state) {
    constexpr std::size_t kWarm = 200;
    const auto graph = alpha158();
    const Bars bars{1};
    const std::uint64_t bytes_before = allocated_bytes;
    Panel panel{graph, {{.symbol = "A"}}, 1};
    const std::uint64_t state_bytes = allocated_bytes - bytes_before;
    std::vector<double> taken;
    taken.reserve(kDays);
    std::uint64_t allocated = 0;
    for ([[maybe_unused]] auto _ : state) {
        for (std::size_t day = 0; day < kDays; ++day) {
            const std::uint64_t before = allocations;
            const auto start = std::chrono::steady_clock::now();
            run(panel, bars.rows(day, 1));
            const std::chrono::duration<double, std::micro> time =
                std::chrono::steady_clock::now() - start;
            allocated += allocations - before;
            if (day >= kWarm) taken.push_back(time.count());
        }
    }
    std::sort(taken.begin(), taken.end());
    state.counters["median_us"] = taken[taken.size() / 2];
    state.counters["p99_us"] = taken[taken.size() * 99 / 100];
    state.counters["allocations"] = static_cast<double>(allocated);
    state.counters["state_bytes"] = static_cast<double>(state_bytes);
}
BENCHMARK(alpha158_new_bar)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace tradewind::feature
