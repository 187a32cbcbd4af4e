// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sim/bar_venue.hpp"

namespace tradewind::sim {

/// NautilusTrader's OrderMatchingEngine with an L1 book made of bars: each bar is four prices,
/// open, high, low, close, each with a quarter of its volume, and every order meets each of them. A
/// strategy sees the bar afterwards, and what it sends meets the close.
///
/// Known differences: a buy that cannot be paid is cancelled as it fills (there it is denied before
/// it is sent); a reduce-only order is cut as it fills, not as the position shrinks; a market order
/// is acknowledged; trailing offsets in basis points are rounded onto the tick against us.
class NautilusVenue final : public BarVenue {
public:
    explicit NautilusVenue(OrderDesk& desk);

    void submit(const OrderIntent& intent) override;
    void replace(const ReplaceOrder& command) override;
    void cancel(const CancelOrder& command) override;
    void step(std::span<const BarMeeting> bars) override;
    void meet(const CorporateAction& action) override;
    void end_of_data() override;

    /// Always: the last price point's size stands in the book when an order comes.
    [[nodiscard]] const std::uint32_t* busy() const override { return &always_; }
    [[nodiscard]] bool sees_all_at_once() const override { return false; }

private:
    /// One side of the book.
    struct Best {
        Price price;
        Qty size;
    };
    /// The prices that orders are matched with. A maker's fill moves them to its limit for the rest
    /// of a pass.
    struct Core {
        Price bid;
        Price ask;
        Price last;
    };
    struct Market {
        bool is_known = false;  ///< there was a price
        Best bid;
        Best ask;
        Core core;
        std::optional<Core> before_move;
        bool at_market = true;         ///< stops fill at the market, not at their trigger
        std::vector<OrderSlot> buys;   ///< the highest price first
        std::vector<OrderSlot> sells;  ///< the lowest price first
    };

    [[nodiscard]] Market& market_of(const VenueOrder& order) {
        return markets_[order.spec.instrument.value];
    }
    [[nodiscard]] Market& market_of(InstrumentId id) { return markets_[id.value]; }
    [[nodiscard]] bool is_matched(const VenueOrder& order, Price limit);
    [[nodiscard]] bool is_reached(const VenueOrder& order, Price trigger);

    [[nodiscard]] bool waits_for_a_bar(const LatencyModel& latency) const;
    void take(const SubmitOrder& command);
    void take(const CancelOrder& command);
    void take(const ReplaceOrder& command);
    void take_late(const OrderIntent& intent);
    [[nodiscard]] VenueReason refusal_of(const VenueOrder& order);
    void arrive(OrderSlot slot);
    void rest(OrderSlot slot);

    void sweep(const BarMeeting& meeting);
    void sweep(const BarMeeting& bids, const BarView& ask);
    void meet_price(Market& market, Best bid, Best ask);
    void pass(Market& market);
    void follow(VenueOrder& order, const Market& market);
    void match(VenueOrder& order);
    void set_off(VenueOrder& order);

    void fill_as_market(VenueOrder& order);
    void fill_as_limit(VenueOrder& order, Liquidity liquidity);
    void move_core(const VenueOrder& order, Price to);
    void apply(VenueOrder& order, Price price, Qty size, Liquidity liquidity);
    void execute(VenueOrder& order, Price reference, Qty qty, Liquidity liquidity);

    void after_fill(VenueOrder& order);
    void wake_children(const VenueOrder& parent);
    [[nodiscard]] std::vector<OrderSlot> siblings_of(OrderId id, const OrderLinks& links);
    void end_siblings(VenueOrder& filled);
    void finish(VenueOrder& order);
    void drop(VenueOrder& order, OrderEventKind kind, VenueReason reason);
    void drop_alone(VenueOrder& order, OrderEventKind kind, VenueReason reason);
    template <typename Visit>
    void for_each_held(const Visit& visit);
    void tidy();

    OrderDesk& desk_;
    std::vector<Market> markets_;
    std::vector<OrderSlot> sleepers_;               ///< children whose parent has not filled
    std::vector<OrderSlot> gone_;                   ///< slots to release
    std::vector<Command> in_flight_;                ///< sent with latency; they arrive after a bar
    std::unordered_set<std::uint64_t> settled_;     ///< parents to be, filled or rejected: their
                                                    ///< children are on their own; never walked
    std::unordered_set<std::uint64_t> done_lists_;  ///< of which a member ended
    Timestamp last_step_ = kTimestampMin;
    std::uint32_t always_ = 1;
};

}  // namespace tradewind::sim
