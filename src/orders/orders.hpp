// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/change_set.hpp"
#include "base/id_map.hpp"
#include "orders/order.hpp"

namespace tradewind::orders {

/// What is odd about an event. A venue is outside: nothing that it says may stop us, so this is
/// reported and counted, never asserted.
enum class Anomaly : std::uint8_t {
    none,
    unknown_order,       ///< never ours, or closed so long ago that it is forgotten
    illegal_transition,  ///< the order-status table has no such entry; the status stays
    duplicate_fill,      ///< this trade number was booked before; nothing changed
    overfill,            ///< more than was ordered; booked all the same
    unknown_fill,        ///< a bust of a trade that was never booked; nothing changed
    missing_detail,      ///< a fill without its fill, new terms without terms; nothing changed
};
inline constexpr int kAnomalyCount = static_cast<int>(Anomaly::missing_detail) + 1;

[[nodiscard]] std::string_view to_string(Anomaly value);

/// What one event did.
struct Applied {
    Anomaly anomaly = Anomaly::none;
    OrderStatus before = OrderStatus::initialized;
    OrderStatus after = OrderStatus::initialized;
    /// What the portfolio books for it: the fill as reported, or for a bust its reversal (the other
    /// side, the fee given back). A fill that the status table does not allow, or that overfills,
    /// is booked: the venue has traded.
    /// nullptr where there is nothing to book. Valid until the next `apply`.
    const Fill* booked = nullptr;
    /// nullptr where the order is unknown. Valid until the next `add`.
    const Order* order = nullptr;

    [[nodiscard]] bool closed_now() const { return !is_final(before) && is_final(after); }
};

struct OrdersSettings {
    std::size_t instruments = 1;
    std::size_t strategies = 1;
    std::size_t closed_kept =
        4096;  ///< the latest closed orders that can still be found; at least 1
};

/// The book of orders: a fold of our own decisions (denied, submitted, replace_pending,
/// cancel_pending) and of the venues' reports. One thread owns it. Memory is bounded by the orders
/// open at a time plus `closed_kept`; storage is used again.
class Orders {
public:
    explicit Orders(OrdersSettings settings);

    /// A new order, `initialized`. Its id was never used; instrument and strategy lie within the
    /// settings.
    const Order& add(const OrderIntent& intent, Timestamp ts);
    Applied apply(const OrderEvent& event, Timestamp ts);
    /// What we did ourselves with an order of this book: denied, submitted or cancel_pending. The
    /// event that `apply` would take, without its two hundred bytes; what the table does not allow
    /// is an anomaly here too.
    void note(const Order& order, OrderEventKind kind, Timestamp ts);
    /// Likewise that a change of it was sent. Until that is answered the order counts for the most
    /// that it may have become.
    void note_change(const Order& order, const OrderChange& change, Timestamp ts);

    /// Open orders and the latest closed ones.
    [[nodiscard]] const Order* find(OrderId id) const;
    /// In the order of their ids. The span is valid until the next `add` or `apply`.
    [[nodiscard]] std::span<const Order* const> open_orders() const { return open_; }
    [[nodiscard]] std::span<const Order* const> open_of(InstrumentId instrument) const;

    /// Leaves of the strategy's working orders, buys less sells: what is on the way to its target.
    /// Orders that are not yet submitted, and children of another order, do not count.
    [[nodiscard]] Qty working(StrategyId strategy, InstrumentId instrument) const {
        return {working_[cell(strategy, instrument)]};
    }
    /// The most leaves of the working orders that could open exposure: those that only close do not
    /// count, and a child counts once its parent has filled anything. For the worst case of limits.
    [[nodiscard]] Qty working_buy(InstrumentId instrument) const { return {row(instrument).buy}; }
    [[nodiscard]] Qty working_sell(InstrumentId instrument) const { return {row(instrument).sell}; }

    /// Tells once each instrument of which `working_buy` or `working_sell` has changed since the
    /// last call; the first tells all. For one reader that keeps sums over instruments.
    template <typename Visit>
    void take_changes(const Visit& visit) const {
        changed_.take([&](std::uint32_t index) { visit(InstrumentId{index}); });
    }

    /// Open orders of the same list with the same parent, without itself, in the order of ids.
    [[nodiscard]] std::vector<const Order*> siblings(OrderId id) const;
    /// Open orders whose parent it is, in the order of ids.
    [[nodiscard]] std::vector<const Order*> children(OrderId id) const;

    [[nodiscard]] std::uint64_t added() const { return added_; }
    [[nodiscard]] std::uint64_t count(Anomaly anomaly) const {
        return anomalies_[static_cast<std::size_t>(anomaly)];
    }
    /// Places ever made: open orders at their most, plus `closed_kept`.
    [[nodiscard]] std::size_t slots() const { return slots_.size(); }

private:
    struct Slot {
        Order order;
        std::vector<Fill> trades;   ///< numbered fills that were booked, by number
        std::int64_t working = 0;   ///< what of this order stands in working_
        std::int64_t exposure = 0;  ///< what of it stands in the instrument's row
        std::uint32_t next_in_list = kNone;
        bool is_awaiting_parent = false;  ///< a child whose parent has filled nothing
    };
    struct Closed {
        OrderId id;
        std::uint32_t slot = 0;
    };
    struct Row {
        std::int64_t buy = 0;
        std::int64_t sell = 0;
        std::vector<const Order*> open;
    };
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    [[nodiscard]] std::size_t cell(StrategyId strategy, InstrumentId instrument) const {
        ASSERT(strategy.value < settings_.strategies && instrument.value < settings_.instruments);
        return std::size_t{strategy.value} * settings_.instruments + instrument.value;
    }
    [[nodiscard]] const Row& row(InstrumentId instrument) const {
        ASSERT(instrument.value < rows_.size());
        return rows_[instrument.value];
    }

    std::uint32_t take_slot();
    void retire(std::uint32_t index);
    void expect(const Closed& closed) const;
    void forget(std::uint32_t index);
    void note(std::uint32_t index, OrderEventKind kind, Timestamp ts);
    void link(std::uint32_t index);
    void unlink(std::uint32_t index);
    void recount(Slot& slot);
    void recount_children(const Order& parent);
    [[nodiscard]] bool is_live(const Order& order) const;
    template <typename Keep>
    [[nodiscard]] std::vector<const Order*> listed(OrderId list, Keep keep) const;

    Anomaly apply_fill(Slot& slot, const OrderEvent& event, Timestamp ts);
    Anomaly apply_bust(Slot& slot, const OrderEvent& event, Timestamp ts);
    Anomaly apply_other(Slot& slot, const OrderEvent& event, Timestamp ts);
    Applied finish(std::uint32_t index, OrderStatus before, Anomaly anomaly);
    static void stamp(Order& order, OrderEventKind kind, Timestamp ts);

    OrdersSettings settings_;
    std::deque<Slot> slots_;  ///< a deque: orders never move
    std::vector<std::uint32_t> free_;
    base::IdMap by_id_;
    base::IdMap lists_;  ///< list -> its latest member's slot
    std::vector<const Order*> open_;
    std::vector<Row> rows_;
    std::vector<std::int64_t> working_;
    mutable base::ChangeSet changed_;  ///< instruments; what the reader has not been told
    std::vector<Closed> closed_;       ///< a ring, oldest at closed_next_ once full
    std::size_t closed_next_ = 0;
    std::uint64_t added_ = 0;
    std::optional<Fill> booked_;  ///< by the latest `apply`
    std::array<std::uint64_t, kAnomalyCount> anomalies_{};
};

}  // namespace tradewind::orders
