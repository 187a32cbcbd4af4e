// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

#include "sim/bar_venue.hpp"

namespace tradewind::sim {

/// A bar as an order meets it.
struct BarLook {
    const BarView& bar;
    const Instrument& instrument;
    const WorldSettings& settings;
    bool reduces = false;  ///< the order would make the position smaller
    /// Where its parent filled, in this very bar, the first after it was sent.
    std::optional<Price> entry;
};

/// The conventions of an engine that tests each order on the whole bar.
struct WholeBarRules {
    /// What the bar does to the order; may move its trail. Prices after slippage.
    Hit (*try_order)(VenueOrder& order, const BarLook& look) = nullptr;
    /// Whether the engine has such an order. `protects`: it has a position or a parent to close.
    bool (*knows)(const OrderSpec& spec, bool protects) = nullptr;
    /// The order's turn within a bar, below `turns`; equal ones in the order of arrival.
    std::uint32_t (*turn)(const VenueOrder& order, const BarLook& look) = nullptr;
    std::uint32_t turns = 1;
    bool market_at_last_price = false;  ///< market orders fill as they come, at the last price
    bool waits_for_session = false;     ///< they do not while the market is closed
    bool rivals_share_a_bar = false;    ///< one that fills ends the others only after the bar
    bool children_share_a_bar = false;  ///< a child meets the bar in which its parent filled
    bool one_deal_a_bar = false;        ///< a market order after another deal of its bar is ignored
    bool pays_the_higher_fee = false;   ///< of maker and taker, whoever took
    bool sees_all_at_once = false;
};

/// The broker of such an engine: fills are whole, volume does not matter.
class WholeBarVenue final : public BarVenue {
public:
    WholeBarVenue(OrderDesk& desk, const WholeBarRules& rules);

    void submit(const OrderIntent& intent) override;
    void replace(const ReplaceOrder& command) override;
    void cancel(const CancelOrder& command) override;
    void step(std::span<const BarMeeting> bars) override;
    void meet(const CorporateAction& action) override;
    void end_of_data() override;

    /// Orders that it holds.
    [[nodiscard]] const std::uint32_t* busy() const override { return &held_; }
    [[nodiscard]] bool sees_all_at_once() const override { return rules_.sees_all_at_once; }

private:
    [[nodiscard]] VenueReason refusal_of(const OrderIntent& intent) const;
    [[nodiscard]] bool fills_on_arrival(const OrderSpec& spec) const;
    [[nodiscard]] bool reduces(InstrumentId instrument, Side side) const;
    [[nodiscard]] BarLook look_of(const VenueOrder& order, const BarView& bar) const;
    void take_turn(std::uint32_t turn, std::span<const BarMeeting> bars);
    void try_order(VenueOrder& order, const BarMeeting& meeting);
    void execute(VenueOrder& order, const Hit& hit, Timestamp true_at);
    void wake_children(const VenueOrder& parent, Price at);
    void end_rivals(const OrderLinks& links);
    void drop(VenueOrder& order, VenueReason reason,
              OrderEventKind kind = OrderEventKind::canceled);
    void tidy();

    /// What filled in the bar that is being met, the first that it could.
    struct Entry {
        OrderId order;
        Price at;
    };

    OrderDesk& desk_;
    const WholeBarRules& rules_;
    std::vector<OrderSlot> pending_;   ///< in the order of arrival
    std::vector<OrderLinks> winners_;  ///< of orders whose rivals end after the bar
    std::vector<Entry> entries_;
    std::vector<Timestamp> last_deal_;          ///< by instrument
    std::unordered_set<std::uint64_t> filled_;  ///< parents to be; looked up, never walked
    std::uint32_t held_ = 0;
};

}  // namespace tradewind::sim
