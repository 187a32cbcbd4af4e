// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "domain/time.hpp"

/// Which rows a model may be trained on, so that it has seen nothing of those it is tested on
/// (Lopez de Prado, Advances in Financial Machine Learning, chapter 7 and 12).
namespace tradewind::research::labels {

/// What a labelled row looked at, in nanoseconds since 1970, both ends in.
struct Span {
    std::int64_t from = 0;
    std::int64_t until = 0;
};

/// Places in a list of spans.
using Places = std::vector<std::size_t>;

/// Of `train` those that share no instant with a span of `test` (purging, 7.4.1; a span that begins
/// or ends where one of test does is purged too, as there) and that do not begin within `embargo`
/// after the end of a test span (7.4.2). Spans may come in any order, those of several instruments
/// among one another.
[[nodiscard]] Places purge(std::span<const Span> spans, std::span<const std::size_t> train,
                           std::span<const std::size_t> test, Duration embargo);

struct Split {
    Places train;
    Places test;
    std::vector<std::size_t> folds{};  ///< of cross-validation: which parts are the test, ascending
};

/// Places by `from` in `folds` parts of nearly the same size, in the order of time; rows of one
/// instant are never in two. The error is one line: too few rows.
[[nodiscard]] std::expected<std::vector<Places>, std::string> parts_by_time(
    std::span<const Span> spans, std::size_t folds);

/// K-fold (7.4): places by `from` in `folds` parts of nearly the same size, each of them once the
/// test; rows of one instant are never in two. The error is one line.
[[nodiscard]] std::expected<std::vector<Split>, std::string> purged_k_fold(
    std::span<const Span> spans, std::size_t folds, Duration embargo);

struct Combinations {
    std::size_t folds = 6;
    std::size_t test_folds = 2;
    Duration embargo{};
};
inline constexpr std::size_t kSplitsMax = 10'000;
/// Combinatorial purged cross-validation (12.4): every choice of `test_folds` folds once the test.
[[nodiscard]] std::expected<std::vector<Split>, std::string> combinatorial_purged(
    std::span<const Span> spans, const Combinations& settings);

/// Backtest paths through all folds (12.4.2), [path][fold]: the split whose test of the fold is on
/// the path. Each path has every fold once, and each split's test of a fold is on one path: of n
/// folds with k as test there are C(n - 1, k - 1). `splits` as `combinatorial_purged` gives them.
[[nodiscard]] std::vector<std::vector<std::size_t>> backtest_paths(std::span<const Split> splits,
                                                                   std::size_t folds);

struct WalkForward {
    std::size_t train_rows = 0;  ///< the newest of those before the test, before purging; 0: all
    std::size_t least_rows = 1;  ///< before the first test
    std::size_t test_rows = 1;   ///< the last test may be shorter
};
/// Tests one after another in time, each with rows before it to train on, of which none looks at an
/// instant of the test.
[[nodiscard]] std::expected<std::vector<Split>, std::string> walk_forward(
    std::span<const Span> spans, const WalkForward& settings);

}  // namespace tradewind::research::labels
