// SPDX-License-Identifier: Apache-2.0
#include "research/sweep/summary.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "measures/moments.hpp"
#include "monitor/statistics.hpp"

namespace tradewind::research {
namespace {

bool has_value(const TrialResult& trial) {
    return !trial.figures.empty() && trial.outcome.value && trial.outcome.violation == 0;
}

/// Places on a grid, a dimension each.
using Places = std::vector<std::uint64_t>;

std::optional<Places> places_of(const SearchSpace& space, const Point& point) {
    Places out;
    const auto dimensions = space.dimensions();
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
        const auto count = dimensions[i].count();
        if (!count) return std::nullopt;
        if (dimensions[i].kind == DimensionKind::list) {
            out.push_back(static_cast<std::uint64_t>(point[i]));
        } else {
            const double place =
                dimensions[i].step > 0 && *count > 1
                    ? std::round((point[i] - dimensions[i].low) / dimensions[i].step)
                    : 0;
            out.push_back(static_cast<std::uint64_t>(std::max(0.0, place)));
        }
    }
    return out;
}

using Grid = std::map<Places, const TrialResult*>;

Grid grid_of(std::span<const TrialResult* const> trials, const SearchSpace& space) {
    Grid out;
    for (const TrialResult* trial : trials) {
        const auto places = places_of(space, trial->point);
        if (!places) return {};
        out.emplace(*places, trial);
    }
    return out;
}

template <typename Visit>
void for_each_neighbour(const Grid& grid, const Places& at, const Visit& visit) {
    for (std::size_t i = 0; i < at.size(); ++i) {
        for (const int step : {-1, 1}) {
            Places next = at;
            if (step < 0 && next[i] == 0) continue;
            next[i] += step < 0 ? ~std::uint64_t{0} : 1;
            if (const auto found = grid.find(next); found != grid.end()) visit(*found);
        }
    }
}

/// Everything that hangs together with `start`, which leaves the grid.
Region take_region(Grid& grid, const SearchSpace& space, Grid::iterator start) {
    const std::size_t dimensions = space.dimensions().size();
    Region out{.trials = 0,
               .best = -HUGE_VAL,
               .mean = 0,
               .low = std::vector<double>(dimensions, HUGE_VAL),
               .high = std::vector<double>(dimensions, -HUGE_VAL)};
    std::vector<Grid::value_type> open{*start};
    grid.erase(start);
    double sum = 0;
    while (!open.empty()) {
        const auto [places, trial] = open.back();
        open.pop_back();
        ++out.trials;
        sum += *trial->outcome.value;
        out.best = std::max(out.best, *trial->outcome.value);
        for (std::size_t i = 0; i < dimensions; ++i) {
            out.low[i] = std::min(out.low[i], trial->point[i]);
            out.high[i] = std::max(out.high[i], trial->point[i]);
        }
        std::vector<Grid::value_type> found;
        for_each_neighbour(grid, places,
                           [&](const Grid::value_type& next) { found.push_back(next); });
        for (const Grid::value_type& next : found) {
            open.push_back(next);
            grid.erase(next.first);
        }
    }
    out.mean = sum / static_cast<double>(out.trials);
    return out;
}

}  // namespace

std::vector<const TrialResult*> ranking(std::span<const TrialResult> trials) {
    std::vector<const TrialResult*> out;
    for (const TrialResult& trial : trials) {
        if (!trial.figures.empty() && trial.outcome.value) out.push_back(&trial);
    }
    std::sort(out.begin(), out.end(), [](const TrialResult* a, const TrialResult* b) {
        if (is_better(a->outcome, b->outcome)) return true;
        return !is_better(b->outcome, a->outcome) && a->number < b->number;
    });
    return out;
}

TrialTally tally(std::span<const TrialResult> trials) {
    TrialTally out;
    for (const TrialResult& trial : trials) {
        out.refused += trial.refused.empty() ? 0U : 1U;
        out.stopped += trial.stopped ? 1U : 0U;
        out.pruned += trial.pruned ? 1U : 0U;
        if (trial.figures.empty()) continue;
        ++out.ran;
        out.undefined += trial.outcome.value ? 0U : 1U;
        out.violating += trial.outcome.violation > 0 ? 1U : 0U;
    }
    return out;
}

std::vector<RungTally> tally_rungs(std::span<const TrialResult> trials,
                                   const PruneSettings& prune) {
    std::vector<RungTally> out;
    for (const double share : prune.rungs) out.push_back({.share = share});
    for (const TrialResult& trial : trials) {
        for (std::size_t i = 0; i < trial.rungs.size(); ++i) ++out[i].came;
        if (trial.pruned) ++out[trial.rungs.size() - 1].pruned;
    }
    return out;
}

double share_run(std::span<const TrialResult> trials, const PruneSettings& prune) {
    double sum = 0;
    std::size_t count = 0;
    for (const TrialResult& trial : trials) {
        if (!trial.pruned && trial.figures.empty()) continue;
        sum += trial.pruned ? prune.rungs[trial.rungs.size() - 1] : 1;
        ++count;
    }
    return count > 0 ? sum / static_cast<double>(count) : 1;
}

std::vector<std::string> at_the_edge(const SearchSpace& space, const Point& best) {
    std::vector<std::string> out;
    const auto dimensions = space.dimensions();
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
        const Dimension& one = dimensions[i];
        if (one.kind == DimensionKind::list || !(one.low < one.high)) continue;
        const auto count = one.count();
        const double last = count ? one.value_at(*count - 1) : one.high;
        if (best[i] <= one.low || best[i] >= last) out.push_back(one.name);
    }
    return out;
}

std::vector<Region> good_regions(std::span<const TrialResult> trials, const SearchSpace& space,
                                 std::size_t most) {
    std::vector<const TrialResult*> best;
    for (const TrialResult* trial : ranking(trials)) {
        if (has_value(*trial)) best.push_back(trial);
    }
    best.resize((best.size() + 9) / 10);
    Grid grid = grid_of(best, space);
    std::vector<Region> out;
    while (!grid.empty()) out.push_back(take_region(grid, space, grid.begin()));
    std::sort(out.begin(), out.end(), [](const Region& a, const Region& b) {
        if (a.trials != b.trials) return a.trials > b.trials;
        return a.best != b.best ? a.best > b.best : a.low < b.low;
    });
    if (out.size() > most) out.resize(most);
    return out;
}

std::optional<Neighbourhood> neighbourhood(std::span<const TrialResult> trials,
                                           const SearchSpace& space, const TrialResult& best) {
    std::vector<const TrialResult*> valued;
    for (const TrialResult& trial : trials) {
        if (!trial.figures.empty() && trial.outcome.value) valued.push_back(&trial);
    }
    const Grid grid = grid_of(valued, space);
    const auto at = places_of(space, best.point);
    if (grid.empty() || !at) return std::nullopt;
    Neighbourhood out{.trials = 0, .mean = 0, .worst = HUGE_VAL};
    for_each_neighbour(grid, *at, [&](const Grid::value_type& next) {
        ++out.trials;
        out.mean += *next.second->outcome.value;
        out.worst = std::min(out.worst, *next.second->outcome.value);
    });
    if (out.trials == 0) return std::nullopt;
    out.mean /= static_cast<double>(out.trials);
    return out;
}

std::optional<monitor::SharpeSample> sharpe_sample(std::span<const double> returns,
                                                   double risk_free_period) {
    const auto mean = measures::mean(returns), deviation = measures::sample_deviation(returns);
    const auto skew = measures::skewness(returns), kurtosis = measures::raw_kurtosis(returns);
    if (!mean || !deviation || *deviation == 0 || !skew || !kurtosis) return std::nullopt;
    return monitor::SharpeSample{.sharpe = (*mean - risk_free_period) / *deviation,
                                 .n = returns.size(),
                                 .skew = *skew,
                                 .kurtosis = *kurtosis};
}

std::optional<monitor::Trials> trials_of(std::span<const TrialResult> trials) {
    std::vector<double> ratios;
    for (const TrialResult& trial : trials) {
        if (trial.record.sharpe) ratios.push_back(*trial.record.sharpe);
    }
    const auto deviation = measures::sample_deviation(ratios);
    if (ratios.size() < 2 || !deviation) return std::nullopt;
    return monitor::Trials{.count = ratios.size(), .sharpe_variance = *deviation * *deviation};
}

std::optional<monitor::Overfitting> overfitting_of(std::span<const TrialResult> trials,
                                                   std::size_t blocks) {
    std::optional<monitor::CrossValidation> validation;
    std::size_t periods = 0;
    for (const TrialResult& trial : trials) {
        if (trial.figures.empty()) continue;
        if (trial.returns.empty()) return std::nullopt;
        if (!validation) {
            periods = trial.returns.size();
            blocks = std::min(blocks, periods / 2 / 2 * 2);
            if (blocks < 2) return std::nullopt;
            validation.emplace(periods, blocks);
        }
        validation->add(trial.returns);
    }
    return validation ? validation->evaluate() : std::nullopt;
}

std::optional<monitor::RealityCheck> reality_of(std::span<const TrialResult> trials,
                                                std::uint64_t seed) {
    constexpr std::size_t kPeriodsMax = 65'535;
    std::vector<double> values;
    std::size_t count = 0, periods = 0;
    for (const TrialResult& trial : trials) {
        if (trial.figures.empty()) continue;
        ++count;
        periods = trial.returns.size();
        if (periods < 2 || periods > kPeriodsMax || count * periods > kResampledMax) {
            return std::nullopt;
        }
        values.insert(values.end(), trial.returns.begin(), trial.returns.end());
    }
    if (count == 0) return std::nullopt;
    return monitor::reality_check({.values = values, .trials = count, .periods = periods},
                                  monitor::stationary_bootstrap(periods, {.seed = seed}));
}

}  // namespace tradewind::research
