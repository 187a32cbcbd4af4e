// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "monitor/overfitting.hpp"

/// Whether the best of many trials beats a benchmark by more than luck, by bootstrap.
namespace tradewind::monitor {

/// How often each period was drawn, [rows = resamples, cols = periods], row-major.
struct Resamples {
    std::size_t resamples = 0;
    std::size_t periods = 0;
    double mean_block = 1;  ///< periods that follow each other, on average
    std::vector<std::uint16_t> counts{};
};

struct BootstrapSettings {
    std::size_t resamples = 1000;
    double mean_block = 0;  ///< 0: the square root of the periods
    std::uint64_t seed = 1;
};

/// The stationary bootstrap: blocks that begin anywhere, of geometric length, round the end:
/// Politis and Romano, "The stationary bootstrap", Journal of the American Statistical Association
/// 89 (1994). `periods` from 2 to 65,535.
[[nodiscard]] Resamples stationary_bootstrap(std::size_t periods,
                                             const BootstrapSettings& settings);

/// Probabilities of a best trial at least as good as this one where no trial is better than the
/// benchmark, or where the best is none: it counts as the benchmark itself. A probability of 0 is
/// one under 1 / resamples.
struct RealityCheck {
    std::size_t best = 0;  ///< trial with the highest mean
    double best_mean = 0;  ///< of its returns over the benchmark's
    std::size_t resamples = 0;
    double mean_block = 1;
    /// White, "A reality check for data snooping", Econometrica 68 (2000).
    double white = 0;
    /// Hansen, "A test for superior predictive ability", Journal of Business and Economic
    /// Statistics 23 (2005): means over their standard errors, so that a wild trial does not hide a
    /// steady one. `consistent` is the one to read; `lower` leaves all that are worse than the
    /// benchmark out, `upper` takes all of them for as good as it.
    double spa_lower = 0;
    double spa_consistent = 0;
    double spa_upper = 0;
};

/// `excess` are the trials' returns less the benchmark's. nullopt where there is no trial, or none
/// that varies. Takes time in proportion to trials x periods x resamples (one core: 10,000 x 2,500
/// x 1,000 in some ten seconds).
[[nodiscard]] std::optional<RealityCheck> reality_check(const ReturnMatrix& excess,
                                                        const Resamples& resamples);

}  // namespace tradewind::monitor
