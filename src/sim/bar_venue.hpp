// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "domain/command.hpp"
#include "domain/event.hpp"
#include "sim/order_desk.hpp"
#include "sim/strict_venue.hpp"

namespace tradewind::sim {

/// A venue that meets whole bars as they close, as the brokers of other engines do. What a bar did
/// is reported when it closes.
class BarVenue {
public:
    BarVenue() = default;
    BarVenue(const BarVenue&) = delete;
    BarVenue& operator=(const BarVenue&) = delete;
    virtual ~BarVenue() = default;

    virtual void submit(const OrderIntent& intent) = 0;
    virtual void replace(const ReplaceOrder& command) = 0;
    virtual void cancel(const CancelOrder& command) = 0;
    /// Bars that close at one instant: of all instruments where `sees_all_at_once`, else of one.
    virtual void step(std::span<const BarMeeting> bars) = 0;
    virtual void meet(const CorporateAction& action) = 0;
    virtual void end_of_data() = 0;

    /// 0: no step is needed. The address stays.
    [[nodiscard]] virtual const std::uint32_t* busy() const = 0;
    /// Whether what closes at one instant is one step whatever its instrument, before a strategy
    /// sees any of it; else a strategy sees one instrument's bar before the next one is met.
    [[nodiscard]] virtual bool sees_all_at_once() const = 0;
};

/// The venue of the desk's mode; none where the mode meets the inside of bars and ticks (strict).
[[nodiscard]] std::unique_ptr<BarVenue> make_bar_venue(OrderDesk& desk);

/// The bar of a step that an order meets; none where its instrument has none.
[[nodiscard]] const BarMeeting* bar_for(std::span<const BarMeeting> bars, const VenueOrder& order);

/// What a corporate action does to the account and to the orders of its instrument.
/// `for_each_order` visits all of them; `drop` ends one.
template <typename ForEachOrder, typename Drop>
void take_action(OrderDesk& desk, const CorporateAction& action, const ForEachOrder& for_each_order,
                 const Drop& drop) {
    const auto for_each_of = [&](const auto& visit) {
        for_each_order([&](VenueOrder& order) {
            if (!order.ended && order.spec.instrument == action.instrument) visit(order);
        });
    };
    switch (action.kind) {
        case CorporateActionKind::split:
            desk.account().split(action);
            for_each_of([&](VenueOrder& order) {
                if (desk.restate(order, action)) {
                    desk.report_terms(OrderEventKind::adjusted, order);
                } else {
                    drop(order, VenueReason::other);
                }
            });
            break;
        case CorporateActionKind::cash_dividend:
            desk.account().pay(action.instrument, action.amount);
            break;
        case CorporateActionKind::symbol_change: break;
        case CorporateActionKind::delisting:
            desk.account().pay(action.instrument, action.amount);
            desk.account().close(action.instrument);
            for_each_of([&](VenueOrder& order) { drop(order, VenueReason::delisted); });
            break;
    }
}

}  // namespace tradewind::sim
