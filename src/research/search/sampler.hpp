// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "research/search/space.hpp"

namespace tradewind::research {

/// What a trial came to. Higher values are better.
struct Outcome {
    std::optional<double> value;  ///< nullopt: undefined, worse than any number
    double violation = 0;         ///< 0: all constraints hold; else by how much they are missed
    /// Rungs that it was not let on to; 0: it ran to its end. Else the value is that of its last.
    std::size_t rungs_left = 0;
};

/// Whether `a` is better than `b`: constraints first, then how far it came, then the value.
[[nodiscard]] bool is_better(const Outcome& a, const Outcome& b);

struct Told {
    Point point;
    Outcome outcome;
};

/// Places of the trials, the best first; of equal ones the earlier first.
[[nodiscard]] std::vector<std::size_t> best_first(std::span<const Told> told);

/// Constraints that a point alone decides ("fast < slow"); empty allows all.
using Allowed = std::function<bool(const Point&)>;

/// Proposes points, a batch at a time, and learns from what came of them. A sampler is a pure
/// function of its seed and of the batches it learned from: not of time, threads or addresses.
class Sampler {
public:
    Sampler() = default;
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;
    virtual ~Sampler() = default;

    /// The next batch; empty where the search is exhausted.
    virtual std::vector<Point> propose() = 0;
    /// All of the last batch, in its order. Where `needs_results` is false this is never called.
    virtual void learn(std::span<const Told> batch) = 0;
    /// Whether `propose` must wait for the results of the batch before.
    [[nodiscard]] virtual bool needs_results() const = 0;
};

/// Every point of the grid, the last dimension fastest.
[[nodiscard]] std::unique_ptr<Sampler> make_grid_sampler(const SearchSpace& space, Allowed allowed);
/// Independent uniform draws (of the logarithm where a dimension says so).
[[nodiscard]] std::unique_ptr<Sampler> make_random_sampler(const SearchSpace& space,
                                                           Allowed allowed, std::uint64_t seed);

struct TpeSettings {
    std::uint64_t seed = 1;
    std::size_t startup = 10;  ///< drawn evenly before anything is estimated
    /// Proposed at a time, to be run beside each other. Of 1 each trial knows of all before it.
    std::size_t batch = 1;
};
/// Tree-structured Parzen estimators (Bergstra et al. 2011): the best tenth of the trials, at most
/// 25, against the rest, all dimensions at once, the best of 24 candidates. Points of a grid are
/// not tried twice while others are found.
[[nodiscard]] std::unique_ptr<Sampler> make_tpe_sampler(const SearchSpace& space, Allowed allowed,
                                                        const TpeSettings& settings);
/// CMA-ES with restarts (Hansen 2016, Auger and Hansen 2005). Lists are taken for numbers in their
/// order. A coordinate on a grid is rounded, and its deviation kept above 0.3 of a step.
[[nodiscard]] std::unique_ptr<Sampler> make_cma_es_sampler(const SearchSpace& space,
                                                           Allowed allowed, std::uint64_t seed);

}  // namespace tradewind::research
