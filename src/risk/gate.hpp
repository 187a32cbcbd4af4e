// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "domain/command.hpp"
#include "domain/instrument.hpp"
#include "market/market.hpp"
#include "orders/orders.hpp"
#include "portfolio/portfolio.hpp"

namespace tradewind::risk {

/// What a user allows. Absent: no limit of that kind.
struct Limits {
    std::optional<Qty> max_position{};  ///< magnitude, each instrument, pending orders filled
    std::optional<Money> max_order_notional{};  ///< base currency, each order
    std::optional<Money> max_gross_exposure{};  ///< base currency, account, pending orders filled
    std::optional<std::uint32_t> max_orders_per_second{};

    friend bool operator==(const Limits&, const Limits&) = default;
};

/// The one door between a wish and the world: approves, or denies with the numbers. It reads the
/// books as they stand, orders that were approved a moment ago included. Unknown is no. What only
/// reduces a position, and every cancel, always passes.
///
/// Where positions are hedged the position that an order may reduce is the leg of its strategy that
/// it leads out of. `max_position` holds for an instrument's longs and for its shorts, and
/// `max_gross_exposure` counts both.
class Gate {
public:
    struct Books {
        const InstrumentTable& instruments;
        const market::Market& market;
        const orders::Orders& orders;
        const portfolio::Portfolio& portfolio;
    };

    Gate(Books books, Limits limits) : books_(books), limits_(limits) {}

    [[nodiscard]] std::expected<ApprovedOrder, Denial> review(const OrderIntent& intent,
                                                              Timestamp now);
    [[nodiscard]] std::expected<ApprovedReplace, Denial> review(const ReplaceIntent& intent,
                                                                Timestamp now);

    /// A person's word on what may be done replaces every earlier one of the same scope. One
    /// without a name is a machine's, and only tightens: it stands beside the earlier ones.
    void apply(const Override& order);
    /// The strictest state that holds for the strategy in the instrument.
    [[nodiscard]] TradingState state(StrategyId strategy, InstrumentId instrument,
                                     Timestamp now) const;

private:
    struct Scope {
        std::optional<InstrumentId> instrument;
        std::optional<StrategyId> strategy;
        std::optional<Timestamp> until;
        TradingState state = TradingState::active;

        friend bool operator==(const Scope&, const Scope&) = default;
    };
    /// An order as the checks see it.
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
    using Refused = std::optional<Denial>;

    [[nodiscard]] Refused check(Proposal& proposal) const;
    [[nodiscard]] Refused check_growth(Proposal& proposal) const;
    [[nodiscard]] Refused check_parent(const OrderIntent& intent) const;
    [[nodiscard]] Refused check_leg(const OrderSpec& spec) const;
    [[nodiscard]] static Refused check_expiry(const Proposal& proposal);
    [[nodiscard]] Refused check_reduce_only(const Proposal& proposal) const;
    [[nodiscard]] Refused check_state(const Proposal& proposal) const;
    [[nodiscard]] Refused check_size(const Proposal& proposal) const;
    [[nodiscard]] Refused check_rate(Timestamp now) const;
    [[nodiscard]] Refused check_limits(const Proposal& proposal) const;
    [[nodiscard]] Refused check_position_limit(const Proposal& proposal) const;
    [[nodiscard]] Refused check_order_notional(const Proposal& proposal) const;
    [[nodiscard]] Refused check_gross_exposure(const Proposal& proposal) const;
    [[nodiscard]] Refused check_cash(const Proposal& proposal) const;
    [[nodiscard]] Refused check_margin(const Proposal& proposal) const;

    [[nodiscard]] bool hedges() const { return books_.portfolio.settings().positions.hedges(); }
    [[nodiscard]] Qty held(const Proposal& proposal) const;
    [[nodiscard]] Qty own_closable(const Proposal& proposal) const;
    [[nodiscard]] Qty closable(const Proposal& proposal) const;
    [[nodiscard]] Qty counted_position(const Proposal& proposal) const;
    [[nodiscard]] Qty closing_before(const Proposal& proposal) const;
    [[nodiscard]] bool only_reduces(const Proposal& proposal) const;
    [[nodiscard]] Qty reducible(const Proposal& proposal) const;
    [[nodiscard]] Working working(const Proposal& proposal) const;
    [[nodiscard]] Qty counted(const orders::Order& order) const;
    [[nodiscard]] std::optional<Price> value_price(const OrderSpec& spec) const;
    [[nodiscard]] std::optional<Money> gross_if_all_filled(const Proposal& proposal, Qty qty) const;
    [[nodiscard]] std::optional<Money> cash_of_working_buys(const Proposal& proposal) const;
    [[nodiscard]] std::optional<Money> margin_of_working(const Proposal& proposal) const;
    [[nodiscard]] std::optional<Money> margin_needed(const Proposal& proposal, Qty qty) const;
    [[nodiscard]] Qty more_margined(const Proposal& proposal, Qty qty) const;
    void count_order(Timestamp now);

    Books books_;
    Limits limits_;
    std::vector<Scope> scopes_;
    std::int64_t second_ = INT64_MIN;  ///< the second that `orders_in_second_` counts
    std::uint32_t orders_in_second_ = 0;
};

}  // namespace tradewind::risk
