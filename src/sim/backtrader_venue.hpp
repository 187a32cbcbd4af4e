// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/bar_venue.hpp"

namespace tradewind::sim {

/// backtrader's broker: once a step (all bars that close at one instant) it checks what was sent
/// since the last step against the cash, then tries every order in the order of acceptance on its
/// instrument's whole bar.
///
/// Known differences: an instrument without a bar in a step is left alone (backtrader tries its
/// orders on the old bar again); every instrument trades like a stock; amounts are exact decimals,
/// not binary floating point.
class BacktraderVenue final : public BarVenue {
public:
    BacktraderVenue(OrderDesk& desk, const FillRules& rules);

    void submit(const OrderIntent& intent) override;
    void replace(const ReplaceOrder& command) override;
    void cancel(const CancelOrder& command) override;
    void step(std::span<const BarMeeting> bars) override;
    void meet(const CorporateAction& action) override;
    void end_of_data() override;

    /// Orders that it holds.
    [[nodiscard]] const std::uint32_t* busy() const override { return &held_; }
    [[nodiscard]] bool sees_all_at_once() const override { return true; }

private:
    /// A parent and its children, `_pchildren` there.
    struct Family {
        OrderId parent;
        std::vector<OrderId> members;
    };
    struct BatchPosition {
        InstrumentId instrument;
        Qty qty;
    };
    /// A trade taken apart by what it does to a position.
    struct Parts {
        Qty closed;
        Qty opened;
    };

    [[nodiscard]] static Parts parts_of(Qty position, Side side, Qty qty);
    [[nodiscard]] Money cash_after(const VenueOrder& order, Money cash, Qty qty, Price price) const;
    [[nodiscard]] Currency currency_of(const VenueOrder& order) const;
    [[nodiscard]] Family* family_of(const VenueOrder& order);
    void check_submitted();
    void accept(OrderSlot slot);
    void try_order(VenueOrder& order, const BarMeeting& meeting);
    void execute(VenueOrder& order, const Hit& hit, const BarMeeting& meeting);
    void cancel_pending(OrderId id);
    void drop(VenueOrder& order, OrderEventKind kind, VenueReason reason);
    void dissolve_family(const VenueOrder& order);
    void finish_family_member(const VenueOrder& order);
    void cancel_rivals(const VenueOrder& order);
    void tidy();

    OrderDesk& desk_;
    const FillRules& rules_;
    std::vector<OrderSlot> submitted_;
    std::vector<OrderSlot> pending_;  ///< in the order of acceptance
    std::vector<OrderId> to_activate_;
    std::vector<Family> families_;
    std::uint32_t held_ = 0;
};

}  // namespace tradewind::sim
