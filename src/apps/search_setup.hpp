// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "adapters/catalog/catalog.hpp"
#include "apps/run_arguments.hpp"
#include "apps/run_settings.hpp"
#include "apps/trial_counting.hpp"
#include "research/search/search.hpp"
#include "research/sweep/shared_bars.hpp"
#include "research/sweep/sweep.hpp"
#include "signal/kernel.hpp"

namespace CLI {
class App;
}

namespace tradewind::apps {

/// A search as it stands on a command line; what `optimize` and `walkforward` share.
struct SearchArguments {
    std::vector<std::string> params;
    std::string method = "grid";
    std::optional<std::uint64_t> trials;
    std::uint64_t seed = 1;
    std::string objective = "sharpe";
    std::vector<std::string> constraints;
    std::size_t jobs = 0;  ///< 0: all cores
    std::optional<double> stop_drawdown;
    std::string prune;  ///< empty: nothing is
    std::vector<double> prune_at;
    std::optional<std::size_t> round;
};

void add_search_arguments(CLI::App& verb, SearchArguments& arguments);

/// The arguments, read and checked; the same for every window of a walk-forward.
struct SearchPlan {
    research::SearchSettings search;
    research::Sweep::Aims aims;
    std::size_t jobs = 1;
    std::optional<double> stop_drawdown;
    std::optional<research::PruneSettings> prune{};

    [[nodiscard]] const research::SearchSpace& space() const { return search.space; }
};
/// The error is one line that names the argument and the mend.
[[nodiscard]] std::expected<SearchPlan, std::string> read_search(const SearchArguments& arguments);

/// One run's settings made ready for many trials of its strategy.
class TrialDesk {
public:
    /// `catalog` and `plan` outlive the desk. The run has one strategy.
    [[nodiscard]] static std::expected<std::unique_ptr<TrialDesk>, RunFailure> create(
        RunSettings settings, const catalog::Catalog& catalog, const SearchPlan& plan);
    TrialDesk(const TrialDesk&) = delete;
    TrialDesk& operator=(const TrialDesk&) = delete;

    [[nodiscard]] const RunSettings& settings() const { return settings_; }
    /// The settings with the searched parameters put in.
    [[nodiscard]] RunSettings settings_with(const research::ParamTexts& searched) const;
    [[nodiscard]] const research::Sweep& sweep() const { return *sweep_; }
    /// Whether trials pass over quiet bars; if not, why.
    [[nodiscard]] bool is_fast() const { return kernel_ != nullptr; }
    [[nodiscard]] const std::string& why_not_fast() const { return why_not_; }
    /// Bars, or other rows, that one trial goes through.
    [[nodiscard]] std::uint64_t rows() const;

private:
    explicit TrialDesk(RunSettings settings) : settings_(std::move(settings)) {}
    [[nodiscard]] std::expected<std::vector<engine::StrategySlot>, std::string> make(
        const research::ParamTexts& searched) const;

    RunSettings settings_;
    std::unique_ptr<research::SharedBars> bars_;
    std::unique_ptr<signal::SignalKernel> kernel_;
    std::string why_not_;
    std::optional<research::Sweep> sweep_;
};

/// One line where a search came to nothing: every trial refused, or the objective undefined in all.
[[nodiscard]] std::expected<void, std::string> check_outcome(
    const std::vector<research::TrialResult>& trials, const TrialDesk& desk,
    const SearchPlan& plan);

/// The trials that ran, as the ledger wants them. `search` names the search, or is empty.
[[nodiscard]] std::vector<ports::TrialRecord> records_of(
    const TrialDesk& desk, const SearchPlan& plan, const std::vector<research::TrialResult>& trials,
    const catalog::Catalog& catalog, ports::TrialOrigin origin, const std::string& search);
/// First 16 hexadecimal digits of a text's SHA-256.
[[nodiscard]] std::string hash_of(const std::string& text);

[[nodiscard]] nlohmann::ordered_json prune_json(const research::PruneSettings& prune);
/// A point as JSON: numbers where they are numbers.
[[nodiscard]] nlohmann::ordered_json params_json(const research::SearchSpace& space,
                                                 const research::Point& point);

}  // namespace tradewind::apps
