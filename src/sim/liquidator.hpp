// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

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
        return is_on() && desk_.account().sides(instrument).gross().raw != 0;
    }

    /// Where on its way the price leaves the position (cross: the account) without the margin that
    /// it asks for.
    [[nodiscard]] std::optional<Price> breach(const Holding& of, const PricePath& path) const;
    /// Cross: a fall of its price, not a rise, brings the account nearer to a liquidation.
    [[nodiscard]] bool suffers_from_a_fall(InstrumentId instrument) const;
    /// Cross: of what is held, the largest position that has lost by the fall (the rise), of equal
    /// ones the first.
    [[nodiscard]] Holding loser(InstrumentId instrument, bool by_a_fall) const;
    /// Closes the position at `at` less slippage and tells it.
    void close(const Holding& of, Price at, bool ambiguous);
    /// Cross margin that is still short: the position that asks for most margin, of equal ones the
    /// first of the table.
    [[nodiscard]] std::optional<Holding> next_to_close() const;
    /// Tells a margin call when what stands behind the position gets scarce, once until it is
    /// enough again.
    void look(InstrumentId instrument);

private:
    [[nodiscard]] std::optional<Account::Standing> standing(const Holding& of, Price price) const;
    [[nodiscard]] Currency currency_of(InstrumentId instrument) const;
    [[nodiscard]] Price no_worse_than_bankrupt(const Holding& of, Price price) const;
    void look_at(const Holding& of);

    OrderDesk& desk_;
    const MarginSettings& settings_;
    HoldingRows<bool> called_;  ///< cross: the first instrument stands for the account
};

}  // namespace tradewind::sim
