// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ports/trial_ledger.hpp"
#include "research/backtest.hpp"
#include "research/search/expression.hpp"
#include "research/search/pruner.hpp"
#include "research/search/search.hpp"
#include "research/sweep/shared_bars.hpp"

namespace tradewind::research {

/// What one trial came to.
struct TrialResult {
    std::uint64_t number = 0;
    Point point{};
    std::string refused{};  ///< why the strategy does not take these parameters; empty: it ran
    bool stopped = false;   ///< it fell too deep, and its run was ended there
    bool pruned = false;    ///< others left it behind: it was ended at the last of `rungs`
    /// The objective at each rung that it came to, of the data until there; kNoFigure where
    /// undefined.
    std::vector<double> rungs{};
    Outcome outcome{};
    std::vector<double> figures{};  ///< by `figure_names`; empty where it did not run to its end
    /// Span, count and moments of its returns, for the ledger; nothing else is filled in.
    ports::TrialRecord record{};
    /// Returns of the days of the whole span; zeros where the equity fell to nothing. Empty where
    /// it did not run to its end, or there was no room for more.
    std::vector<double> returns{};
};

/// What every trial of a sweep shares.
struct SweepInput {
    const InstrumentTable& instruments;
    const ports::History& history;
    sim::WorldSettings world;
    engine::EngineSettings engine;
    std::optional<ports::SeriesKey> benchmark{};
    double annual_factor = 252;
    double risk_free = 0;  ///< a year
    /// A trial whose marked equity has fallen by this share of its peak is hopeless, and ends
    /// there.
    std::optional<double> stop_drawdown{};
    std::optional<PruneSettings> prune{};  ///< absent: trials are not compared on their way
    const SharedBars* bars = nullptr;      ///< absent: every trial reads the history itself
};

/// The strategies of a trial; the error says why these parameters make none, one line. Called from
/// several threads.
using MakeStrategies =
    std::function<std::expected<std::vector<engine::StrategySlot>, std::string>(const ParamTexts&)>;

/// Judges and runs trials; any thread may run one.
class Sweep {
public:
    /// `objective` and `constraints` are over `figure_names` and then the names of the space.
    struct Aims {
        Expression objective;
        std::vector<Expression> constraints{};
    };
    [[nodiscard]] static std::expected<Sweep, std::string> create(SweepInput input,
                                                                  MakeStrategies make, Aims aims);

    /// The error is one line, and ends the sweep: the data could not be read. Without a pruner the
    /// trial is not compared with others.
    [[nodiscard]] std::expected<TrialResult, std::string> run(const Trial& trial,
                                                              const SearchSpace& space,
                                                              const Pruner* pruner = nullptr) const;
    /// The whole backtest behind a trial, stepped through bar after bar, without shortcuts.
    [[nodiscard]] std::expected<BacktestResult, std::string> backtest(
        std::vector<engine::StrategySlot> strategies, std::optional<monitor::Trials> trials) const;

    /// The objective's value of these figures at a point; nullopt where undefined.
    [[nodiscard]] std::optional<double> value_of(std::vector<double> figures, const Point& point,
                                                 const SearchSpace& space) const;
    [[nodiscard]] const SweepInput& input() const { return input_; }

private:
    Sweep(SweepInput input, MakeStrategies make, Aims aims);
    [[nodiscard]] BacktestInput input_for(std::vector<engine::StrategySlot> strategies) const;
    /// Fills in the rungs and what follows from them; true goes on.
    [[nodiscard]] bool look(TrialResult& trial, const SearchSpace& space, const Pruner& pruner,
                            const BacktestResult& so_far) const;
    void set_rungs();
    [[nodiscard]] Outcome judge(const TrialResult& result, const SearchSpace& space) const;

    SweepInput input_;
    MakeStrategies make_;
    Aims aims_;
    std::vector<monitor::EquityPoint> benchmark_;
    std::vector<Timestamp> rungs_;                                    ///< of `input_.prune`
    std::vector<std::vector<monitor::EquityPoint>> benchmark_until_;  ///< [rung]
};

/// Told of each trial as it ends, in no particular order, one at a time.
using OnTrial = std::function<void(const TrialResult& result)>;

struct SearchRun {
    const Sweep& sweep;
    std::size_t jobs = 1;  ///< threads
    /// Trials that were run before, by number: taken as they are. Emptied as they are taken.
    std::map<std::uint64_t, TrialResult>& known;
    OnTrial on_trial{};
};

/// Returns of all trials together take no more; those of later trials are left out.
inline constexpr std::size_t kReturnsBytesMax = std::size_t{512} << 20U;

/// Runs a search to its end. The results by number, the same whatever `jobs` and `known`. The error
/// is one line.
[[nodiscard]] std::expected<std::vector<TrialResult>, std::string> run_search(Search& search,
                                                                              const SearchRun& run);

}  // namespace tradewind::research
