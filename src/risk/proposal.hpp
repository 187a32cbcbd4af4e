// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "domain/command.hpp"
#include "risk/exposures.hpp"

namespace tradewind::risk {

/// An order, or a change of one, as the checks see it.
struct Proposal {
    const OrderSpec& spec;  ///< what is left to fill
    const Instrument& instrument;
    StrategyId strategy;
    Timestamp now;
    Price price{};                            ///< what it is valued at
    const orders::Order* replaces = nullptr;  ///< a working order that it stands in for
};

/// What works in one instrument, the proposal's own quantity left out.
struct Working {
    Qty buys;
    Qty sells;
};

/// What the books say of a proposal: what it would close, what works beside it, what it asks for.
class ProposalReader {
public:
    explicit ProposalReader(const Books& books) : books_(books) {}

    [[nodiscard]] bool hedges() const { return books_.portfolio.settings().positions.hedges(); }
    /// With everything that works before it it does not outgrow what it closes. The venue itself
    /// keeps what only closes from outgrowing it.
    [[nodiscard]] bool only_reduces(const Proposal& proposal) const;
    /// How much of it would only reduce.
    [[nodiscard]] Qty reducible(const Proposal& proposal) const;
    /// What the whole account holds.
    [[nodiscard]] Qty held(const Proposal& proposal) const;
    /// What the strategy holds that such an order leads out of: where hedged, of the leg that it
    /// closes.
    [[nodiscard]] Qty own_closable(const Proposal& proposal) const;
    /// What such an order leads towards none: of the account's position, where hedged of the
    /// strategy's leg.
    [[nodiscard]] Qty closable(const Proposal& proposal) const;
    /// What the position limit counts: the account's, where hedged what it holds on the side of the
    /// order that it opens, less what it closes of its strategy's own first.
    [[nodiscard]] Qty counted_position(const Proposal& proposal) const;
    [[nodiscard]] Working working(const Proposal& proposal) const;
    /// What an order is worth, at the worse of its own price and the market's; nullopt without one.
    [[nodiscard]] std::optional<Price> value_price(const OrderSpec& spec) const;
    /// Of a working one, with the changes that are under way.
    [[nodiscard]] std::optional<Price> value_price(const orders::Order& order) const;

    /// The account's stake in the instrument, or the strategy's, with `qty` of the proposal;
    /// nullopt where something is held and has no mark.
    [[nodiscard]] std::optional<Stake> stake(const Exposures& exposures, const Proposal& proposal,
                                             Qty qty, std::optional<StrategyId> strategy) const;

    /// Initial margin, in base currency, of what works beside the proposal; nullopt without a rate.
    [[nodiscard]] std::optional<Money> margin_of_working(const Proposal& proposal) const;
    /// And what `qty` of the proposal would ask for more, its fee too.
    [[nodiscard]] std::optional<Money> margin_needed(const Proposal& proposal, Qty qty) const;

private:
    [[nodiscard]] Qty closing_before(const Proposal& proposal) const;
    [[nodiscard]] Qty more_margined(const Proposal& proposal, Qty qty) const;

    Books books_;
};

/// The largest number of whole lots below `refused`, and not below `free`, that passes; what passes
/// does so at every smaller quantity down to `free` too. 63 questions at most, and only where an
/// order is denied.
template <typename Passes>
Qty largest_passing(Qty free, Qty refused, Qty lot, const Passes& passes) {
    std::int64_t good = free.raw / lot.raw, bad = (refused.raw + lot.raw - 1) / lot.raw;
    while (bad - good > 1) {
        const std::int64_t middle = good + (bad - good) / 2;
        (passes(Qty{middle * lot.raw}) ? good : bad) = middle;
    }
    return {good * lot.raw};
}

/// None where it is below zero.
[[nodiscard]] Qty whole_lots(Qty qty, const Instrument& instrument);
/// A working order as it stands now, what is left of it; where changes are under way, the most that
/// it may have become, at the limit that reaches farthest.
[[nodiscard]] OrderSpec as_it_stands(const orders::Order& order);
/// The change asks for less of the same, at a price that is no worse for us: a part of a cancel.
[[nodiscard]] bool only_shrinks(const OrderSpec& wanted, const OrderSpec& now);
/// Whichever side of liquidity the fills turn out to be on.
[[nodiscard]] Money worst_fee(Price price, Qty qty, const Instrument& instrument);

}  // namespace tradewind::risk
