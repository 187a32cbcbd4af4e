// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "research/search/sampler.hpp"
#include "research/search/space.hpp"

namespace tradewind::research {

enum class SamplerKind : std::uint8_t { grid, random, tpe, cma_es };

/// "grid", "random", "tpe", "cma-es".
[[nodiscard]] std::string_view to_string(SamplerKind kind);
[[nodiscard]] std::optional<SamplerKind> parse_sampler_kind(std::string_view text);

/// More trials than this are refused: at a millisecond each they would take three hours, and their
/// multiplicity would leave no result standing.
inline constexpr std::uint64_t kTrialsMax = 10'000'000;

struct SearchSettings {
    SearchSpace space;
    SamplerKind sampler = SamplerKind::grid;
    /// How many; absent for a grid: all of it. Required for every other sampler.
    std::optional<std::uint64_t> trials{};
    std::uint64_t seed = 1;
    /// Trials that tpe proposes at a time, to be run beside each other. It changes the search: give
    /// it, and do not derive it from the number of cores, where results are to be repeated
    /// elsewhere.
    std::size_t batch = 8;
    /// Trials that tpe draws evenly before anything is estimated.
    std::size_t startup = 10;
    Allowed allowed{};
    /// What `allowed` stands for, for messages: "fast < slow".
    std::string allowed_text{};
};

struct Trial {
    std::uint64_t number = 0;  ///< from 0, in the order of asking
    Point point;
};

/// A search, asked for trials and told what they came to.
///
/// The trial of each number depends on the settings and on the outcomes told of earlier numbers
/// alone, whatever the number of threads and the order of telling: results wait until their batch
/// is complete. So a search is resumed by asking again from the start and telling what is already
/// known instead of running it.
///
///     while (!search.finished()) {
///         while (auto trial = search.ask()) ...;  // run it, here or on another thread
///         search.tell(number, outcome);           // any order, one thread
///     }
class Search {
public:
    /// The error is one line with the mend: a grid without points or with too many of them, a
    /// dimension that the sampler cannot use, no budget.
    [[nodiscard]] static std::expected<Search, std::string> create(SearchSettings settings);

    /// The next trial; nullopt where results have to be told first, or none is left.
    [[nodiscard]] std::optional<Trial> ask();
    /// `number` was asked and not told before.
    void tell(std::uint64_t number, const Outcome& outcome);
    /// Whether every trial was asked and told.
    [[nodiscard]] bool finished();

    /// Trials of the whole search; of a grid with constraints, those that they allow. A sampler
    /// that exhausts a small space ends before.
    [[nodiscard]] std::uint64_t total() const { return total_; }
    [[nodiscard]] std::uint64_t told() const { return told_; }
    [[nodiscard]] const SearchSpace& space() const { return settings_->space; }

private:
    Search(std::unique_ptr<SearchSettings> settings, std::unique_ptr<Sampler> sampler,
           std::uint64_t total);
    void refill();

    // The sampler refers to the settings: they keep their place when the search moves.
    std::unique_ptr<SearchSettings> settings_;
    std::unique_ptr<Sampler> sampler_;
    std::uint64_t total_ = 0;
    std::uint64_t asked_ = 0;
    std::uint64_t told_ = 0;
    bool exhausted_ = false;
    std::deque<Point> waiting_;  ///< proposed, not yet asked
    // The batch that the sampler waits for: what was told of each number of it so far.
    std::uint64_t batch_first_ = 0;
    std::vector<Told> batch_;
    std::vector<bool> batch_told_;
    std::size_t batch_missing_ = 0;
};

}  // namespace tradewind::research
