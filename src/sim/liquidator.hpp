// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "sim/liquidation.hpp"
#include "sim/order_desk.hpp"

namespace tradewind::sim {

/// Watches what stands behind the desk's positions, and closes them for the venue.
class Liquidator {
public:
    /// `desk` outlives it.
    explicit Liquidator(OrderDesk& desk);

    [[nodiscard]] bool is_on() const { return settings_.liquidates != Liquidates::never; }
    [[nodiscard]] bool is_isolated() const { return settings_.liquidates == Liquidates::isolated; }
    /// Market data of the instrument decide over a position.
    [[nodiscard]] bool watches(InstrumentId instrument) const {
        return is_on() && desk_.account().position(instrument).raw != 0;
    }

    /// Where on its way the price leaves the position without the margin that it asks for.
    [[nodiscard]] std::optional<Price> breach(InstrumentId instrument, const PricePath& path) const;
    /// Closes the position at `at` less slippage and tells it.
    void close(InstrumentId instrument, Price at, bool ambiguous);
    /// Cross margin that is still short: the position that asks for most margin, of equal ones the
    /// first of the table.
    [[nodiscard]] std::optional<InstrumentId> next_to_close() const;
    /// Tells a margin call when what stands behind the position gets scarce, once until it is
    /// enough again.
    void look(InstrumentId instrument);

private:
    [[nodiscard]] std::optional<Account::Standing> standing(InstrumentId instrument,
                                                            Price price) const;
    [[nodiscard]] Currency currency_of(InstrumentId instrument) const;
    [[nodiscard]] Price no_worse_than_bankrupt(InstrumentId instrument, Price price) const;

    OrderDesk& desk_;
    const MarginSettings& settings_;
    std::vector<bool> called_;  ///< by instrument; cross: the first stands for the account
};

}  // namespace tradewind::sim
