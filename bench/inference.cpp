// SPDX-License-Identifier: Apache-2.0
// A decision: a window of 64 rows of 16 columns, scores out; on one core, beside libtorch's
// own layers with the same weights and XGBoost's C API with the same trees.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <time.h>
#include <xgboost/c_api.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "ml/lstm.hpp"
#include "ml/networks.hpp"
#include "ml/tree_shap.hpp"
#include "support/random_models.hpp"
#include "support/torch_reference.hpp"
#include "training/booster.hpp"
#include "training/forest.hpp"
#include "training/stored_network.hpp"

namespace tradewind {
namespace {

using ml::Family;
using support::card_of;

constexpr std::uint32_t kWindow = 64;
constexpr std::uint32_t kColumns = 16;
constexpr std::size_t kValues = std::size_t{kWindow} * kColumns;
constexpr std::size_t kWindows = 64;  // different ones, so that no branch is learnt by heart
constexpr std::size_t kTrees = 200;

const ml::Target kThree{.task = ml::Task::classes, .levels = {-1, 0, 1}};
const ml::Target kValue{.task = ml::Task::value, .levels = {}};

std::vector<std::vector<float>> windows() {
    base::Random random{7};
    std::vector<std::vector<float>> out;
    for (std::size_t i = 0; i < kWindows; ++i) {
        out.push_back(support::normals(random, kValues, 0, 1.2));
    }
    return out;
}

/// 200 trees of depth 6, trained on noise; XGBoost's own bytes beside our model of them.
struct Trees {
    ml::Model model;
    std::string bytes;
};

Trees train_trees() {
    constexpr std::size_t rows = 3000;
    base::Random random{3};
    const auto features = support::normals(random, rows * kValues, 0, 1.2);
    const auto labels = support::normals(random, rows, 0, 1);
    const auto data =
        training::TreeRows::make(features, labels, std::vector<float>(rows, 1)).value();
    const std::vector<const training::TreeRows*> known{&data};
    auto booster = training::Booster::make(known,
                                           {{"verbosity", "0"},
                                            {"nthread", "1"},
                                            {"tree_method", "hist"},
                                            {"max_depth", "6"},
                                            {"max_bin", "32"},
                                            {"base_score", "0"},
                                            {"eta", "0.05"},
                                            {"objective", "reg:squarederror"}},
                                           {})
                       .value();
    for (std::size_t i = 0; i < kTrees; ++i) {
        ASSERT(booster.update(static_cast<int>(i), data).has_value());
    }
    training::Forest forest{kValues};
    ASSERT(forest.append(booster.save("json").value(), {.trees = kTrees}).has_value());
    Trees out{.model = {.card = card_of(Family::xgboost, kValue, kWindow, kColumns), .arrays = {}},
              .bytes = booster.save("ubj").value()};
    out.model.arrays.tensors = forest.arrays({0.0F});
    return out;
}

const Trees& trees() {
    static const Trees once = train_trees();
    return once;
}

ml::Model model_of(const std::string& name) {
    if (name == "trees") return trees().model;
    const auto net = [](Family family, const char* settings) {
        return support::random_model(card_of(family, kThree, kWindow, kColumns, settings), 1);
    };
    if (name == "lstm") {
        return net(Family::lstm, R"({"layers":2,"hidden":64,"pooling":"attention"})");
    }
    if (name == "transformer") {
        return net(Family::transformer, R"({"layers":2,"width":64,"heads":4,"feedforward":128})");
    }
    return name == "mlp" ? net(Family::mlp, R"({"hidden":[64,32]})") : net(Family::logistic, "{}");
}

constexpr std::array kNames{"logistic", "mlp", "lstm", "transformer", "trees"};

/// Microseconds that this thread was at work: what others took of the core is not in it.
double worked() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

double share_of(std::vector<double>& taken, double share) {
    const auto at = static_cast<std::size_t>(static_cast<double>(taken.size() - 1) * share);
    std::nth_element(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(at), taken.end());
    return taken[at];
}

/// Each call timed by itself: every second one by the wall's clock, its own 20 to 30 ns included,
/// the others by the thread's, whose 0.2 us are taken off.
template <typename Call>
void time_calls(benchmark::State& state, Call call) {
    using Clock = std::chrono::steady_clock;
    std::vector<double> taken;
    std::vector<double> work;
    std::vector<double> nothing;
    std::size_t i = 0;
    for ([[maybe_unused]] auto _ : state) {
        if (i % 2 == 0) {
            const auto begin = Clock::now();
            call(i++);
            const std::chrono::duration<double, std::micro> passed = Clock::now() - begin;
            taken.push_back(passed.count());
        } else {
            const double first = worked();
            const double second = worked();
            call(i++);
            work.push_back(worked() - second);
            nothing.push_back(second - first);
        }
    }
    if (work.empty()) return;
    state.counters["p50_us"] = share_of(taken, 0.5);
    state.counters["p99_us"] = share_of(taken, 0.99);
    state.counters["p99_worked_us"] = share_of(work, 0.99) - share_of(nothing, 0.5);
}

void decision(benchmark::State& state, const std::string& name,
              const ml::kernels::Kernels& kernels) {
    const ml::Model model = model_of(name);
    const auto predictor = ml::make_predictor(model, kernels);
    const auto rows = windows();
    std::vector<float> scores(model.card.target.scores());
    time_calls(state, [&](std::size_t i) {
        predictor->predict(rows[i % kWindows], scores);
        benchmark::DoNotOptimize(scores.data());
    });
}

void all_five(benchmark::State& state) {
    std::vector<std::unique_ptr<ml::Predictor>> predictors;
    for (const char* name : kNames) predictors.push_back(ml::make_predictor(model_of(name)));
    const auto rows = windows();
    std::vector<float> scores(kThree.scores());
    time_calls(state, [&](std::size_t i) {
        for (const auto& one : predictors) {
            one->predict(rows[i % kWindows], std::span{scores}.first(one->card().target.scores()));
            benchmark::DoNotOptimize(scores.data());
        }
    });
}
BENCHMARK(all_five);

void lstm_step(benchmark::State& state) {
    ml::LstmStream stream{model_of("lstm")};
    const auto rows = windows();
    std::vector<float> scores(kThree.scores());
    stream.begin();
    time_calls(state, [&](std::size_t i) {
        const std::span<const float> window = rows[i / kWindow % kWindows];
        stream.step(window.subspan(i % kWindow * kColumns, kColumns));
        stream.read(scores);
        benchmark::DoNotOptimize(scores.data());
    });
}
BENCHMARK(lstm_step);

void tree_shap(benchmark::State& state) {
    ml::TreeShap shap{trees().model};
    const auto rows = windows();
    std::vector<double> contributions(kValues);
    time_calls(state, [&](std::size_t i) { shap.explain(rows[i % kWindows], contributions); });
}
BENCHMARK(tree_shap)->Unit(benchmark::kMicrosecond);

void by_torch(benchmark::State& state, const std::string& name) {
    training::use_one_thread();
    const ml::Model model = model_of(name);
    const auto stored = training::open_network(model).value();
    const auto torch = support::make_torch_reference(stored.plan, stored.network->weights());
    const auto rows = windows();
    std::vector<float> scaled(kValues);
    std::vector<float> scores(model.card.target.scores());
    time_calls(state, [&](std::size_t i) {
        stored.scale(rows[i % kWindows], model.card, scaled);
        torch->predict(scaled.data(), scores.data());
        benchmark::DoNotOptimize(scores.data());
    });
}

/// One thread, predictions from an array in place, which is the quickest of its ways for one row.
/// The JSON that names the array is made once.
void trees_by_xgboost(benchmark::State& state) {
    const std::string& bytes = trees().bytes;
    BoosterHandle booster = nullptr;
    ASSERT(XGBoosterCreate(nullptr, 0, &booster) == 0 &&
           XGBoosterLoadModelFromBuffer(booster, bytes.data(), bytes.size()) == 0 &&
           XGBoosterSetParam(booster, "nthread", "1") == 0);
    const auto rows = windows();
    std::vector<float> row(kValues);
    const std::string array =
        fmt::format(R"({{"data":[{},true],"shape":[1,{}],"typestr":"<f4","version":3}})",
                    reinterpret_cast<std::uintptr_t>(row.data()), kValues);
    const std::string config =
        R"({"type":1,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,)"
        R"("missing":NaN,"cache_id":0})";
    time_calls(state, [&](std::size_t i) {
        std::copy(rows[i % kWindows].begin(), rows[i % kWindows].end(), row.begin());
        const bst_ulong* shape = nullptr;
        bst_ulong dimensions = 0;
        const float* scores = nullptr;
        ASSERT(XGBoosterPredictFromDense(booster, array.c_str(), config.c_str(), nullptr, &shape,
                                         &dimensions, &scores) == 0);
        benchmark::DoNotOptimize(scores);
    });
    XGBoosterFree(booster);
}
BENCHMARK(trees_by_xgboost);

/// Its matrix of one row is made once.
void tree_shap_by_xgboost(benchmark::State& state) {
    const std::string& bytes = trees().bytes;
    BoosterHandle booster = nullptr;
    ASSERT(XGBoosterCreate(nullptr, 0, &booster) == 0 &&
           XGBoosterLoadModelFromBuffer(booster, bytes.data(), bytes.size()) == 0 &&
           XGBoosterSetParam(booster, "nthread", "1") == 0);
    std::vector<training::TreeRows> rows;
    const std::vector<float> one{1};
    for (const auto& window : windows()) {
        rows.push_back(training::TreeRows::make(window, one, one).value());
    }
    const char* const config =
        R"({"type":2,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true})";
    time_calls(state, [&](std::size_t i) {
        const bst_ulong* shape = nullptr;
        bst_ulong dimensions = 0;
        const float* found = nullptr;
        ASSERT(XGBoosterPredictFromDMatrix(booster, rows[i % kWindows].handle(), config, &shape,
                                           &dimensions, &found) == 0);
        benchmark::DoNotOptimize(found);
    });
    XGBoosterFree(booster);
}
BENCHMARK(tree_shap_by_xgboost)->Unit(benchmark::kMicrosecond);

void add_decisions() {
    for (const std::string name : kNames) {
        for (std::size_t i = 0; ml::kernels::available(i) != nullptr; ++i) {
            const ml::kernels::Kernels& with = *ml::kernels::available(i);
            benchmark::RegisterBenchmark(
                (name + "/" + with.name).c_str(),
                [name, &with](benchmark::State& state) { decision(state, name, with); });
        }
        if (name == "trees") continue;
        benchmark::RegisterBenchmark((name + "_by_libtorch").c_str(),
                                     [name](benchmark::State& state) { by_torch(state, name); });
    }
}

[[maybe_unused]] const bool kAdded = (add_decisions(), true);

}  // namespace
}  // namespace tradewind
