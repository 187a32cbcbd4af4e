// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "monitor/metrics.hpp"

namespace tradewind::monitor {

struct TradeRecorderSettings {
    std::size_t strategies = 1;
    std::size_t kept = 1'000'000;  ///< closed trades kept; later ones are counted
};

/// One fill as the recorder needs it.
struct RecordedFill {
    Timestamp ts;
    StrategyId strategy;
    InstrumentId instrument;
    Fill fill;
    Money fee;  ///< in the instrument's quote currency
    Tag tag;    ///< the order's
    /// Units of account currency for one of quote currency.
    Price rate{base::kDecimalOne};
};

/// Builds closed trades from fills, for each strategy and instrument: from flat to flat; a fill
/// that flips the position closes one and opens the next (its fee is shared by quantity). Scaled
/// entries and exits are averaged. The rate of the last fill turns quote currency into account
/// currency.
class TradeRecorder {
public:
    TradeRecorder(const InstrumentTable& instruments, TradeRecorderSettings settings);

    void on_fill(const RecordedFill& fill);
    /// A bar over which positions were held: its extremes move the excursions, and it counts as a
    /// bar held.
    void on_bar(const Bar& bar);
    /// A price between bars.
    void on_mark(InstrumentId instrument, Price price);
    /// Restates what is open.
    void on_split(const CorporateAction& action);

    /// In the order of exit.
    [[nodiscard]] std::span<const ClosedTrade> closed() const { return closed_; }
    [[nodiscard]] std::uint64_t closed_count() const { return closed_count_; }
    /// What is still open, as if closed at `mark` now.
    [[nodiscard]] std::vector<ClosedTrade> open_at(Timestamp ts) const;

private:
    std::vector<ClosedTrade> closed_;
    std::uint64_t closed_count_ = 0;
};

}  // namespace tradewind::monitor
