// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "domain/ids.hpp"
#include "domain/order.hpp"

namespace tradewind::sim {

/// A position that stands on its own at the venue: of the account, or where hedged one leg of one
/// strategy.
struct Holding {
    InstrumentId instrument;
    StrategyId strategy{};     ///< of the leg
    std::optional<Leg> leg{};  ///< absent: netted

    friend bool operator==(const Holding&, const Holding&) = default;
};

/// A value for each holding, made when it is first written to. Of one instrument they lie in the
/// order of strategies and legs.
template <typename Value>
class HoldingRows {
public:
    struct Entry {
        StrategyId strategy;
        std::optional<Leg> leg;
        Value value{};

        [[nodiscard]] bool is_of(const Holding& of) const {
            return strategy == of.strategy && leg == of.leg;
        }
    };

    explicit HoldingRows(std::size_t instruments) : rows_(instruments) {}

    [[nodiscard]] Value& at(const Holding& of) {
        auto& row = rows_[of.instrument.value];
        const auto place = std::find_if(row.begin(), row.end(), [&](const Entry& entry) {
            return entry.is_of(of) || comes_after(entry, of);
        });
        if (place != row.end() && place->is_of(of)) return place->value;
        return row.insert(place, Entry{.strategy = of.strategy, .leg = of.leg})->value;
    }
    /// What was never written to is as it was made.
    [[nodiscard]] Value get(const Holding& of) const {
        for (const Entry& entry : rows_[of.instrument.value]) {
            if (entry.is_of(of)) return entry.value;
        }
        return {};
    }
    [[nodiscard]] std::span<const Entry> of(InstrumentId instrument) const {
        return rows_[instrument.value];
    }
    [[nodiscard]] std::span<Entry> of(InstrumentId instrument) { return rows_[instrument.value]; }
    void clear(InstrumentId instrument) { rows_[instrument.value].clear(); }

private:
    static bool comes_after(const Entry& entry, const Holding& of) {
        if (entry.strategy != of.strategy) return of.strategy < entry.strategy;
        return of.leg < entry.leg;
    }

    std::vector<std::vector<Entry>> rows_;
};

}  // namespace tradewind::sim
