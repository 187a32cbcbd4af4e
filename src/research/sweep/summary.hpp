// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/overfitting.hpp"
#include "monitor/reality_check.hpp"
#include "research/search/space.hpp"
#include "research/sweep/sweep.hpp"

/// What a finished search says, and how much of it may be luck.
namespace tradewind::research {

/// Trials whose value could be told apart, best first.
[[nodiscard]] std::vector<const TrialResult*> ranking(std::span<const TrialResult> trials);

struct TrialTally {
    std::uint64_t ran = 0;        ///< to their end
    std::uint64_t refused = 0;    ///< parameters that the strategy does not take
    std::uint64_t stopped = 0;    ///< fell too deep
    std::uint64_t pruned = 0;     ///< left behind by others
    std::uint64_t undefined = 0;  ///< ran, but the objective has no value
    std::uint64_t violating = 0;  ///< ran, but miss a constraint
};
[[nodiscard]] TrialTally tally(std::span<const TrialResult> trials);

/// What happened at one rung.
struct RungTally {
    double share = 0;  ///< of the span
    std::uint64_t came = 0;
    std::uint64_t pruned = 0;
};
[[nodiscard]] std::vector<RungTally> tally_rungs(std::span<const TrialResult> trials,
                                                 const PruneSettings& prune);
/// Share of the span that the trials ran through, on average; those that were stopped or refused
/// left out. 1 where none was pruned.
[[nodiscard]] double share_run(std::span<const TrialResult> trials, const PruneSettings& prune);

/// Searched parameters whose value in `best` is the first or the last of their range: the optimum
/// may lie beyond.
[[nodiscard]] std::vector<std::string> at_the_edge(const SearchSpace& space, const Point& best);

/// Trials next to each other on a grid that are all among the best tenth.
struct Region {
    std::size_t trials = 0;
    double best = 0;           ///< objective
    double mean = 0;           ///< objective
    std::vector<double> low;   ///< a value a dimension
    std::vector<double> high;  ///< included
};
/// The largest first, at most `most`. Neighbours differ by one place in one dimension; empty where
/// a dimension is not a grid.
[[nodiscard]] std::vector<Region> good_regions(std::span<const TrialResult> trials,
                                               const SearchSpace& space, std::size_t most);

/// The best trial's neighbours on the grid, itself left out: a peak that stands alone is luck.
struct Neighbourhood {
    std::size_t trials = 0;
    double mean = 0;  ///< objective
    double worst = 0;
};
[[nodiscard]] std::optional<Neighbourhood> neighbourhood(std::span<const TrialResult> trials,
                                                         const SearchSpace& space,
                                                         const TrialResult& best);

/// The one-period Sharpe ratios of trials: how many have one, and how they vary. nullopt under two.
/// Of a pruned trial it is that of the part which it ran: without the worst they would vary less,
/// and flatter the best.
[[nodiscard]] std::optional<monitor::Trials> trials_of(std::span<const TrialResult> trials);

/// Moments of returns over a risk-free rate of one period, for the probabilistic and the deflated
/// Sharpe ratio; nullopt where they do not vary.
[[nodiscard]] std::optional<monitor::SharpeSample> sharpe_sample(std::span<const double> returns,
                                                                 double risk_free_period);

/// Probability of backtest overfitting over the trials that ran to their end, in so many blocks of
/// time (fewer where there are fewer days); nullopt under two trials or four days, or where returns
/// were not kept.
[[nodiscard]] std::optional<monitor::Overfitting> overfitting_of(
    std::span<const TrialResult> trials, std::size_t blocks);

/// So many returns of all trials together are resampled at most: some ten seconds of one core.
inline constexpr std::size_t kResampledMax = 25'000'000;

/// White's reality check and Hansen's test of the trials that ran to their end against not trading
/// at all; nullopt where there are more than kResampledMax returns, or they were not kept.
[[nodiscard]] std::optional<monitor::RealityCheck> reality_of(std::span<const TrialResult> trials,
                                                              std::uint64_t seed);

}  // namespace tradewind::research
