// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Ending trials that others have left behind before they have seen all of the data.
namespace tradewind::research {

enum class PruneRule : std::uint8_t {
    /// A trial ends where its value is below the median, at the same rung, of those that ran to
    /// their end: Golovin et al., "Google Vizier", KDD 2017, section 3.2.
    median,
    /// Of all that came to a rung, one in `factor` goes on: Li et al., "A system for massively
    /// parallel hyperparameter tuning" (ASHA), MLSys 2020, algorithm 2.
    halving,
};

struct PruneSettings {
    PruneRule rule = PruneRule::median;
    std::uint64_t factor = 4;  ///< of halving, at least 2
    /// Shares of the data's span at which trials are compared, ascending, between 0 and 1, both
    /// left out.
    std::vector<double> rungs{};
    /// Trials of one round run beside each other and are compared with those of earlier rounds
    /// alone. It changes the search, as a sampler's batch does.
    std::size_t round = 16;
};

inline constexpr std::size_t kRungsMax = 64;

/// "median", "halving", "halving:3", at the rule's own rungs unless some are given. The error is
/// one line.
[[nodiscard]] std::expected<PruneSettings, std::string> parse_prune(std::string_view rule,
                                                                    std::span<const double> rungs);
/// As `parse_prune` takes it.
[[nodiscard]] std::string to_string(const PruneSettings& settings);

/// Compares trials rung by rung. What it answers depends on what it learned of whole rounds, in any
/// order, and on nothing else: so a search prunes the same trials whatever the number of threads
/// and however often it was interrupted.
class Pruner {
public:
    explicit Pruner(PruneSettings settings);

    /// Whether a trial with this value at a rung is to end there. An undefined value never ends
    /// one: nothing is known of it yet. Any thread, between calls of `learn`.
    [[nodiscard]] bool is_hopeless(std::size_t rung, std::optional<double> value) const;
    /// One trial of a round: its values at the rungs that it came to (NaN: undefined), and whether
    /// it ran to its end.
    void learn(std::span<const double> values, bool ran);
    /// After the last trial of a round.
    void end_round();

    [[nodiscard]] const PruneSettings& settings() const { return settings_; }

private:
    PruneSettings settings_;
    std::vector<std::vector<double>> seen_;  ///< [rung], ascending once a round ended
};

}  // namespace tradewind::research
