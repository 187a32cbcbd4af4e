// SPDX-License-Identifier: Apache-2.0
// A whole decision: a row of 16 features in, a prediction with its votes out, by an ensemble of the
// five families over a window of 64 rows; on one core.
#include "ml/ensemble.hpp"

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "support/random_models.hpp"

namespace tradewind {
namespace {

using ml::Family;

constexpr std::uint32_t kWindow = 64;
constexpr std::uint32_t kColumns = 16;
constexpr std::size_t kRows = 1000;

const ml::Target kTwo{.task = ml::Task::classes, .levels = {-1, 1}};
const ml::Target kValue{.task = ml::Task::value, .levels = {}};
const ml::Target kQuantiles{.task = ml::Task::quantiles, .levels = {0.1, 0.5, 0.9}};

std::vector<ml::Model> members(const ml::Target& target) {
    std::vector<ml::Model> out;
    const auto add = [&](Family family, const char* settings) {
        const auto card = support::card_of(family, target, kWindow, kColumns, settings);
        out.push_back(
            family == Family::xgboost
                ? support::random_forest(card, 1, {.trees = 200, .depth = 6, .leaf_early = 0.0})
                : support::random_model(card, 1));
    };
    add(Family::logistic, "{}");
    add(Family::mlp, R"({"hidden":[64,32]})");
    add(Family::lstm, R"({"layers":2,"hidden":64,"pooling":"attention"})");
    add(Family::transformer, R"({"layers":2,"width":64,"heads":4,"feedforward":128})");
    add(Family::xgboost, "{}");
    return out;
}

/// Votes and calibrations fitted on noise: they take as long as on anything else.
ml::EnsembleCard card_of(std::size_t members, ml::VotingMethod method) {
    base::Random random{5};
    std::vector<double> said, returns;
    std::vector<std::uint32_t> truth;
    for (std::size_t i = 0; i < kRows; ++i) {
        truth.push_back(static_cast<std::uint32_t>(random.below(2)));
        returns.push_back(0.01 * random.normal());
        for (std::size_t m = 0; m < members; ++m) {
            const double up = random.uniform();
            said.insert(said.end(), {1 - up, up});
        }
    }
    ml::EnsembleSettings settings;
    settings.voting.method = method;
    settings.sets = ml::SetKind::lac;
    auto out = ml::fit_ensemble(
        settings,
        {.votes = {.members = members, .classes = 2, .probabilities = said, .truth = truth},
         .returns = returns});
    ASSERT(out.has_value());
    out->target = kTwo;
    return std::move(*out);
}

/// The same of numbers.
ml::EnsembleCard number_card_of(std::size_t members, const ml::Target& target,
                                ml::VotingMethod method) {
    base::Random random{5};
    std::vector<double> said, truth;
    for (std::size_t i = 0; i < kRows; ++i) {
        truth.push_back(random.normal());
        for (std::size_t m = 0; m < members; ++m) {
            const double centre = random.normal();
            for (std::size_t k = 0; k < target.scores(); ++k) {
                said.push_back(centre + static_cast<double>(k));
            }
        }
    }
    ml::EnsembleSettings settings;
    settings.numbers.voting.method = method;
    settings.numbers.sense = ml::NumberSense::simple_return;
    auto out = ml::fit_number_ensemble(
        settings, {.members = members, .levels = target.levels, .said = said, .truth = truth});
    ASSERT(out.has_value());
    out->target = target;
    return std::move(*out);
}

std::unique_ptr<ml::Ensemble> ensemble_of(const ml::Target& target, ml::VotingMethod method) {
    const std::vector<ml::Model> models = members(target);
    ml::EnsembleCard card = target.task == ml::Task::classes
                                ? card_of(models.size(), method)
                                : number_card_of(models.size(), target, method);
    card.origin = models.front().card.origin;
    std::vector<ml::KnownModel> known;
    std::vector<std::string> addresses(models.size());
    for (std::size_t m = 0; m < models.size(); ++m) {
        addresses[m] = card.members[m].address = std::string(64, static_cast<char>('a' + m));
        known.push_back({.address = addresses[m], .model = &models[m]});
    }
    auto out = ml::Ensemble::make(card, known, card.origin.schema_hash, 1);
    ASSERT(out.has_value());
    return std::move(*out);
}

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

void decision(benchmark::State& state, const ml::Target& target, ml::VotingMethod method) {
    const auto ensemble = ensemble_of(target, method);
    base::Random random{9};
    std::vector<double> row(kColumns), taken;
    taken.reserve(1'000'000);
    for (std::size_t i = 0; i < std::size_t{2} * kWindow; ++i) {
        for (double& x : row) x = random.normal();
        ensemble->push(0, row);
        benchmark::DoNotOptimize(ensemble->predict(0, {}, {}).up);
    }
    for (auto _ : state) {
        for (double& x : row) x = random.normal();
        const double before = worked();
        ensemble->push(0, row);
        benchmark::DoNotOptimize(ensemble->predict(0, {}, {}).up);
        taken.push_back(worked() - before);
    }
    state.counters["p50_us"] = share_of(taken, 0.5);
    state.counters["p99_us"] = share_of(taken, 0.99);
}

BENCHMARK_CAPTURE(decision, equal, kTwo, ml::VotingMethod::equal)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(decision, stacking, kTwo, ml::VotingMethod::stacking)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(decision, online, kTwo, ml::VotingMethod::online)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(decision, value, kValue, ml::VotingMethod::stacking)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(decision, quantiles, kQuantiles, ml::VotingMethod::stacking)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tradewind
