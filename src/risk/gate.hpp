// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "domain/command.hpp"
#include "risk/exposures.hpp"
#include "risk/limit_book.hpp"
#include "risk/proposal.hpp"
#include "risk/settings.hpp"

namespace tradewind::risk {

/// The one door between a wish and the world: approves, or denies with the numbers. It reads the
/// books as they stand, orders that were approved a moment ago included. Unknown is no. What only
/// reduces a position, and every cancel, always passes.
///
/// Where positions are hedged the position that an order may reduce is the leg of its strategy that
/// it leads out of. A limit of a position holds for an instrument's longs and for its shorts, and
/// gross exposure counts both.
class Gate {
public:
    /// `settings` passed `check`. `calendar`: whose days a loss is counted in.
    Gate(const Books& books, Settings settings, CalendarKind calendar, std::size_t strategies);

    /// An approved order may be smaller than what was asked for: then `shrunk` says why. What is
    /// approved is valid until the next review.
    [[nodiscard]] std::expected<ApprovedOrder, Denial> review(const OrderIntent& intent,
                                                              Timestamp now);
    [[nodiscard]] std::expected<ApprovedReplace, Denial> review(const ReplaceIntent& intent,
                                                                Timestamp now);
    /// What `review` would approve, without a trace of having been asked.
    [[nodiscard]] std::expected<Qty, Denial> preview(const OrderIntent& intent, Timestamp now);
    /// Why the order that was approved last is smaller than what was asked for.
    [[nodiscard]] const std::optional<Denial>& shrunk() const { return shrunk_; }
    /// A cancel goes out. It always passes; limits of cancels count it.
    void on_cancel(StrategyId strategy, InstrumentId instrument, Timestamp now) {
        limits_.on_cancel(strategy, instrument, now);
    }

    /// A person's word on what may be done replaces every earlier one of the same scope. One
    /// without a name is a machine's, and only tightens: it stands beside the earlier ones. True
    /// where a person lets the whole account trade again: what is lost by then does not count.
    bool apply(const Override& order);
    /// A brake's. To active: it lets go of its warning.
    void apply(const StateChange& change);
    /// Whether that brake's state holds there already, for as long.
    [[nodiscard]] bool holds(const StateChange& change) const;
    /// Whether a working order would add to what is held.
    [[nodiscard]] bool adds(const orders::Order& order, Timestamp now) const;
    /// The strictest state that holds for the strategy in the instrument.
    [[nodiscard]] TradingState state(StrategyId strategy, InstrumentId instrument,
                                     Timestamp now) const;
    /// That of a scope alone, and of what it lies in; absent: of everything.
    [[nodiscard]] TradingState state_of(const std::optional<StrategyId>& strategy,
                                        const std::optional<InstrumentId>& instrument,
                                        Timestamp now) const;
    /// Whether any state but active was ever set.
    [[nodiscard]] bool has_states() const { return !scopes_.empty(); }

    /// The account is worth that.
    void mark(Timestamp now, Money equity) { limits_.mark(now, equity); }
    [[nodiscard]] LimitBook& limits() { return limits_; }
    [[nodiscard]] const LimitBook& limits() const { return limits_; }
    [[nodiscard]] const Settings& settings() const { return settings_; }

private:
    struct Scope {
        std::optional<InstrumentId> instrument;
        std::optional<StrategyId> strategy;
        std::optional<Timestamp> until;
        TradingState state = TradingState::active;
        std::optional<std::uint16_t> brake;

        friend bool operator==(const Scope&, const Scope&) = default;
    };
    using Refused = std::optional<Denial>;

    /// What may be sent of the proposal.
    [[nodiscard]] std::expected<Qty, Denial> check(Proposal& proposal);
    [[nodiscard]] std::expected<Qty, Denial> check_growth(Proposal& proposal);
    [[nodiscard]] Refused check_parent(const OrderIntent& intent) const;
    [[nodiscard]] Refused check_leg(const OrderSpec& spec) const;
    [[nodiscard]] static Refused check_expiry(const Proposal& proposal);
    [[nodiscard]] Refused check_reduce_only(const Proposal& proposal) const;
    [[nodiscard]] Refused check_state(const Proposal& proposal) const;
    [[nodiscard]] Refused check_restricted(const Proposal& proposal) const;
    [[nodiscard]] Refused check_self_trade(const Proposal& proposal) const;
    [[nodiscard]] Refused check_duplicate(const Proposal& proposal) const;
    [[nodiscard]] Refused check_size(const Proposal& proposal) const;
    [[nodiscard]] Refused check_funds(const Proposal& proposal) const;
    [[nodiscard]] Refused check_cash(const Proposal& proposal) const;
    [[nodiscard]] Refused check_margin(const Proposal& proposal) const;
    [[nodiscard]] std::optional<Money> cash_of_working_buys(const Proposal& proposal) const;
    void on_sent(Proposal proposal, bool is_new);

    Books books_;
    Settings settings_;
    ProposalReader reader_;
    LimitBook limits_;
    std::vector<Scope> scopes_;
    std::vector<std::uint8_t> is_restricted_;  ///< by instrument
    std::optional<Denial> shrunk_;
    OrderIntent smaller_;  ///< the order that was made smaller
    /// The last order of each strategy, where duplicates are denied.
    struct Sent {
        OrderSpec spec;
        Timestamp at = kTimestampMin;
    };
    std::vector<Sent> last_sent_;
};

}  // namespace tradewind::risk
