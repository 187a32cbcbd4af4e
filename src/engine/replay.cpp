// SPDX-License-Identifier: Apache-2.0
#include "engine/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/try.hpp"
#include "engine/describe.hpp"

namespace tradewind::engine {
namespace {

using Next = ports::LogReader::Next;

/// Compares what the engine decided with what the log holds for the same event.
class Comparison {
public:
    explicit Comparison(const InstrumentTable& instruments) : instruments_(instruments) {}

    /// The engine's decisions on the event just replayed; until the log shows its own they are
    /// owed.
    void derived(Sequence seq, std::span<const Decision> decisions) {
        seq_ = seq;
        owed_.assign(decisions.begin(), decisions.end());
    }

    [[nodiscard]] std::optional<Difference> recorded(std::span<const Decision> decisions) {
        const std::size_t count = std::max(decisions.size(), owed_.size());
        for (std::size_t i = 0; i < count; ++i) {
            const Decision* theirs = i < decisions.size() ? &decisions[i] : nullptr;
            const Decision* ours = i < owed_.size() ? &owed_[i] : nullptr;
            if (theirs != nullptr && ours != nullptr && *theirs == *ours) continue;
            return Difference{.seq = seq_, .recorded = text(theirs), .derived = text(ours)};
        }
        equal_ += decisions.size();
        owed_.clear();
        return std::nullopt;
    }

    [[nodiscard]] std::uint64_t equal() const { return equal_; }
    [[nodiscard]] bool owes() const { return !owed_.empty(); }

private:
    [[nodiscard]] std::string text(const Decision* decision) const {
        return decision == nullptr ? "nothing" : describe(*decision, instruments_);
    }

    const InstrumentTable& instruments_;
    Sequence seq_ = 0;
    std::vector<Decision> owed_;
    std::uint64_t equal_ = 0;
};

}  // namespace

std::expected<ReplaySummary, std::string> replay(Engine& engine, ports::LogReader& log,
                                                 const ReplayObserver& observer) {
    ReplaySummary summary;
    Comparison comparison{engine.instruments()};
    while (!summary.difference) {
        const Next next = log.next();
        if (next == Next::failed) return std::unexpected(log.error());
        if (next == Next::decisions) {
            summary.difference = comparison.recorded(log.decisions());
            if (observer.decisions) observer.decisions(log.decisions());
            continue;
        }
        // A torn log may have lost the decisions of its last event; everywhere else they must stand
        // there.
        if (next != Next::torn && comparison.owes()) {
            summary.difference = comparison.recorded({});
            continue;
        }
        summary.torn = next == Next::torn;
        if (next != Next::event) break;
        const auto decisions = engine.step(log.event());
        if (!decisions) return std::unexpected(decisions.error().text);
        if (observer.event) observer.event(log.event());
        comparison.derived(log.event().seq, *decisions);
        ++summary.events;
    }
    summary.decisions = comparison.equal();
    return summary;
}

}  // namespace tradewind::engine
