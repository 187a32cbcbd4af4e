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
    if (out.input_.bars == nullptr) return out;
    // One currency: what is deposited is the start capital.
    Money capital;
    for (const CashFlow& flow : out.input_.world.deposits) capital += flow.amount;
    BacktestInput plain = out.input_for({});
    plain.benchmark = out.input_.benchmark;
    out.benchmark_ = TRY(benchmark_curve(plain, capital));
    return out;
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

std::expected<TrialResult, std::string> Sweep::run(const Trial& trial,
                                                   const SearchSpace& space) const {
    TrialResult out{.number = trial.number, .point = trial.point};
    out.outcome.violation = HUGE_VAL;
    auto strategies = make_(space.params(trial.point));
    if (!strategies) {
        out.refused = std::move(strategies).error();
        return out;
    }
    const BacktestResult result = TRY(run_backtest(input_for(std::move(*strategies))));
    describe_returns(out.record, result.equity,
                     {.annual_rate = input_.risk_free, .annual_factor = input_.annual_factor});
    out.stopped = result.stopped;
    if (result.stopped) {
        out.record.sharpe = out.record.skew = out.record.kurtosis = std::nullopt;
        return out;
    }
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
    Crew(const SearchRun& run, const SearchSpace& space) : run_(run), space_(space) {}

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
            auto result = run_.sweep.run(trials[i], space_);
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
    Crew crew{run, search.space()};
    while (!search.finished()) {
        std::vector<Trial> to_run;
        std::vector<TrialResult> done;
        while (to_run.size() < kBatch) {
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
            returns_bytes += result.returns.size() * sizeof(double);
            if (returns_bytes > kReturnsBytesMax) result.returns = {};
            const std::size_t place = result.number;
            if (all.size() <= place) all.resize(place + 1);
            all[place] = std::move(result);
        }
    }
    return all;
}

}  // namespace tradewind::research
