// SPDX-License-Identifier: Apache-2.0
#include "research/sweep/sweep.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>
#include <utility>

#include "base/try.hpp"
#include "monitor/metrics.hpp"
#include "research/sweep/figures.hpp"
#include "research/trials.hpp"

namespace tradewind::research {
namespace {

/// Trials asked for at a time: enough that no thread waits long for the last of them.
constexpr std::size_t kBatch = 1024;

/// Of the whole span, one a day; zeros where the equity fell to nothing, so that no return stands
/// on it.
std::vector<double> returns_or_zeros(const BacktestResult& result) {
    auto returns = monitor::returns_of(result.equity);
    if (returns) return std::move(*returns);
    return std::vector<double>(result.equity.size() - 1);
}

}  // namespace

Sweep::Sweep(SweepInput input, MakeStrategies make, Aims aims)
    : input_(std::move(input)), make_(std::move(make)), aims_(std::move(aims)) {}

std::expected<Sweep, std::string> Sweep::create(SweepInput input, MakeStrategies make, Aims aims) {
    Sweep out{std::move(input), std::move(make), std::move(aims)};
    out.set_rungs();
    if (out.input_.bars == nullptr) return out;
    // One currency: what is deposited is the start capital.
    Money capital;
    for (const CashFlow& flow : out.input_.world.deposits) capital += flow.amount;
    BacktestInput plain = out.input_for({});
    plain.benchmark = out.input_.benchmark;
    out.benchmark_ = TRY(benchmark_curve(plain, capital));
    for (const Timestamp rung : out.rungs_) {
        out.benchmark_until_.push_back(TRY(benchmark_curve(plain, capital, rung)));
    }
    return out;
}

void Sweep::set_rungs() {
    if (!input_.prune) return;
    Timestamp first = kTimestampMax, last = kTimestampMin;
    for (const ports::SeriesKey& key : input_.world.series) {
        const ports::Series* series = input_.history.find(key);
        const bool is_market = key.kind != ports::SeriesKind::corporate_action &&
                               key.kind != ports::SeriesKind::funding &&
                               key.kind != ports::SeriesKind::news;
        if (!is_market || series == nullptr || series->rows == 0) continue;
        first = std::min(first, series->first);
        last = std::max(last, series->last);
    }
    first = std::max(first, input_.world.from.value_or(kTimestampMin));
    last = std::min(last, input_.world.to.value_or(kTimestampMax));
    const auto span = static_cast<double>(last.ns - first.ns);
    for (const double share : input_.prune->rungs) {
        rungs_.push_back({first.ns + std::llround(share * span)});
    }
}

BacktestInput Sweep::input_for(std::vector<engine::StrategySlot> strategies) const {
    return {.instruments = input_.instruments,
            .history = input_.bars != nullptr ? input_.bars->history() : input_.history,
            .world = input_.world,
            .engine = input_.engine,
            .strategies = std::move(strategies),
            .benchmark = benchmark_.empty() ? input_.benchmark : std::nullopt,
            .annual_factor = input_.annual_factor,
            .risk_free = input_.risk_free,
            .stop_drawdown = input_.stop_drawdown,
            .track = input_.bars != nullptr ? &input_.bars->track() : nullptr,
            .benchmark_curve = benchmark_};
}

std::expected<BacktestResult, std::string> Sweep::backtest(
    std::vector<engine::StrategySlot> strategies, std::optional<monitor::Trials> trials) const {
    return run_backtest({.instruments = input_.instruments,
                         .history = input_.history,
                         .world = input_.world,
                         .engine = input_.engine,
                         .strategies = std::move(strategies),
                         .benchmark = input_.benchmark,
                         .annual_factor = input_.annual_factor,
                         .risk_free = input_.risk_free,
                         .trials = trials,
                         .steps = true});
}

bool Sweep::look(TrialResult& trial, const SearchSpace& space, const Pruner& pruner,
                 const BacktestResult& so_far) const {
    const auto value = value_of(figures_of(so_far), trial.point, space);
    const std::size_t rung = trial.rungs.size();
    trial.rungs.push_back(value.value_or(kNoFigure));
    trial.pruned = pruner.is_hopeless(rung, value);
    if (trial.pruned) {
        trial.outcome = {.value = value, .violation = 0, .rungs_left = rungs_.size() - rung};
    }
    return !trial.pruned;
}

std::expected<TrialResult, std::string> Sweep::run(const Trial& trial, const SearchSpace& space,
                                                   const Pruner* pruner) const {
    TrialResult out{.number = trial.number, .point = trial.point};
    out.outcome.violation = HUGE_VAL;
    auto strategies = make_(space.params(trial.point));
    if (!strategies) {
        out.refused = std::move(strategies).error();
        return out;
    }
    BacktestInput input = input_for(std::move(*strategies));
    if (pruner != nullptr) {
        input.checkpoints = {.at = rungs_,
                             .go_on =
                                 [&](std::size_t, const BacktestResult& so_far) {
                                     return look(out, space, *pruner, so_far);
                                 },
                             .benchmark_curves = benchmark_until_};
    }
    const BacktestResult result = TRY(run_backtest(std::move(input)));
    describe_returns(out.record, result.equity,
                     {.annual_rate = input_.risk_free, .annual_factor = input_.annual_factor});
    out.stopped = result.stopped;
    if (result.stopped) {
        out.record.sharpe = out.record.skew = out.record.kurtosis = std::nullopt;
        return out;
    }
    if (out.pruned) return out;
    out.returns = returns_or_zeros(result);
    out.figures = figures_of(result);
    out.outcome = judge(out, space);
    return out;
}

namespace {

/// Figures, then the point: what expressions are over.
std::vector<double> with_point(std::vector<double> figures, const Point& point,
                               const SearchSpace& space) {
    const auto dimensions = space.dimensions();
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
        figures.push_back(dimensions[i].number(point[i]).value_or(kNoFigure));
    }
    return figures;
}

}  // namespace

std::optional<double> Sweep::value_of(std::vector<double> figures, const Point& point,
                                      const SearchSpace& space) const {
    return aims_.objective.number(with_point(std::move(figures), point, space));
}

Outcome Sweep::judge(const TrialResult& result, const SearchSpace& space) const {
    const std::vector<double> values = with_point(result.figures, result.point, space);
    Outcome out{.value = aims_.objective.number(values), .violation = 0};
    for (const Expression& constraint : aims_.constraints) {
        out.violation += constraint.violation(values);
    }
    return out;
}

// --- many trials ---------------------------------------------------------------------------------

namespace {

/// Runs trials on several threads; results in the trials' order.
class Crew {
public:
    Crew(const SearchRun& run, const SearchSpace& space, const Pruner* pruner)
        : run_(run), space_(space), pruner_(pruner) {}

    [[nodiscard]] std::expected<std::vector<TrialResult>, std::string> work(
        std::span<const Trial> trials) {
        results_.assign(trials.size(), {});
        next_ = 0;
        {
            std::vector<std::jthread> threads;
            const std::size_t wanted = std::min(run_.jobs, trials.size());
            for (std::size_t i = 1; i < wanted; ++i) threads.emplace_back([&] { toil(trials); });
            toil(trials);
        }
        if (!error_.empty()) return std::unexpected(error_);
        return std::move(results_);
    }

private:
    void toil(std::span<const Trial> trials) {
        for (std::size_t i = next_++; i < trials.size(); i = next_++) {
            auto result = run_.sweep.run(trials[i], space_, pruner_);
            const std::scoped_lock lock{mutex_};
            if (!result) {
                error_ = std::move(result).error();
                next_ = trials.size();
                return;
            }
            if (run_.on_trial) run_.on_trial(*result);
            results_[i] = std::move(*result);
        }
    }

    const SearchRun& run_;
    const SearchSpace& space_;
    const Pruner* pruner_;
    std::atomic<std::size_t> next_ = 0;
    std::mutex mutex_;  ///< of error_ and of whoever is told
    std::string error_;
    std::vector<TrialResult> results_;
};

}  // namespace

std::expected<std::vector<TrialResult>, std::string> run_search(Search& search,
                                                                const SearchRun& run) {
    std::vector<TrialResult> all;
    std::size_t returns_bytes = 0;
    std::optional<Pruner> pruner;
    if (const auto& prune = run.sweep.input().prune) pruner.emplace(*prune);
    const std::size_t most = pruner ? pruner->settings().round : kBatch;
    Crew crew{run, search.space(), pruner ? &*pruner : nullptr};
    while (!search.finished()) {
        std::vector<Trial> to_run;
        std::vector<TrialResult> done;
        // A round is as large where its trials are known already: a search that goes on compares
        // the same ones.
        while (to_run.size() + done.size() < most) {
            auto trial = search.ask();
            if (!trial) break;
            const auto known = run.known.find(trial->number);
            if (known == run.known.end()) {
                to_run.push_back(std::move(*trial));
            } else {
                done.push_back(std::move(known->second));
                run.known.erase(known);
            }
        }
        for (TrialResult& result : TRY(crew.work(to_run))) done.push_back(std::move(result));
        for (TrialResult& result : done) {
            search.tell(result.number, result.outcome);
            if (pruner) pruner->learn(result.rungs, !result.figures.empty());
            returns_bytes += result.returns.size() * sizeof(double);
            if (returns_bytes > kReturnsBytesMax) result.returns = {};
            const std::size_t place = result.number;
            if (all.size() <= place) all.resize(place + 1);
            all[place] = std::move(result);
        }
        if (pruner) pruner->end_round();
    }
    return all;
}

}  // namespace tradewind::research
