// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "domain/command.hpp"
#include "domain/ids.hpp"
#include "domain/instrument.hpp"
#include "domain/numbers.hpp"
#include "domain/order.hpp"
#include "domain/time.hpp"
#include "signal/sizer.hpp"

namespace tradewind::market {
class Market;
}
namespace tradewind::portfolio {
class Portfolio;
}

namespace tradewind::signal {

/// An open order as a strategy sees it.
struct WorkingOrder {
    OrderId id{};
    Side side = Side::buy;
    Qty leaves{};
    bool cancel_pending = false;
};

/// What strategies may know of working orders; the engine answers from the orders book.
class WorkingOrders {
public:
    WorkingOrders() = default;
    WorkingOrders(const WorkingOrders&) = delete;
    WorkingOrders& operator=(const WorkingOrders&) = delete;
    virtual ~WorkingOrders() = default;

    /// The strategy's open plain orders in the instrument, oldest first, into `out` (cleared
    /// first). Orders that wait for a trigger or hang on a parent are protection, not position, and
    /// are left out.
    virtual void plain(StrategyId, InstrumentId, std::vector<WorkingOrder>& out) const = 0;
};

/// A protective stop and a target around an entry.
struct Bracket {
    OrderSpec entry{};
    std::optional<OrderSpec> stop_loss{};    ///< opposite side, a stop type
    std::optional<OrderSpec> take_profit{};  ///< opposite side, a limit or if-touched type
};

/// What a strategy sees and may do during one event. Wishes are gathered, and reviewed by the risk
/// gate after the strategy returns.
class Context {
public:
    struct World {
        const InstrumentTable& instruments;
        const market::Market& market;
        const portfolio::Portfolio& portfolio;
        const WorkingOrders& orders;
    };

    Context(StrategyId strategy, World world);

    [[nodiscard]] Timestamp now() const { return now_; }
    [[nodiscard]] const InstrumentTable& instruments() const { return world_.instruments; }
    [[nodiscard]] const market::Market& market() const { return world_.market; }
    [[nodiscard]] const portfolio::Portfolio& portfolio() const { return world_.portfolio; }

    /// This strategy's position, signed: where hedged the sum of its legs.
    [[nodiscard]] Qty position(InstrumentId instrument) const;
    /// What of it is long, or short (below zero). Both at a time where positions are hedged alone;
    /// an order goes to a leg that it names (`OrderSpec::leg`).
    [[nodiscard]] Qty position(InstrumentId instrument, Leg leg) const;
    /// Signed quantity of its working plain orders, what was asked for during this event included.
    [[nodiscard]] Qty working(InstrumentId instrument) const;

    /// Be at this position, where hedged with the sum of the legs: the difference to the position
    /// and the working orders goes out as one market order. Working orders that lead away from the
    /// target are cancelled.
    void target(InstrumentId instrument, Qty position, Tag tag = {});
    /// A new order; its id is known at once.
    OrderId submit(const OrderSpec& spec);
    /// Entry with its protection: the children go live as the entry fills, and cancel each other.
    /// Returns the entry's id.
    OrderId submit_bracket(const Bracket& bracket);
    /// Orders of which a fill or cancel of one cancels the others.
    void submit_oco(std::span<const OrderSpec> specs);
    void replace(OrderId id, const OrderChange& change);
    void cancel(OrderId id);
    /// All of the strategy's plain working orders in the instrument.
    void cancel_working(InstrumentId instrument);
    /// Units worth `share` of the account's equity at the last price, rounded down to the lot; none
    /// where there is no equity left; nullopt while a price, the equity or a rate is unknown.
    [[nodiscard]] std::optional<Qty> units_for_share(InstrumentId instrument, double share) const;
    /// Whether the user has said how large positions are (StrategySlot's `sizing`).
    [[nodiscard]] bool has_sizer() const { return sizer_.has_value(); }
    /// A full position by that rule; nullopt while what it asks for is not known.
    [[nodiscard]] std::optional<Qty> sized(InstrumentId instrument) const;
    /// A Timer event comes at `at` (or at once, if that is past).
    void set_timer(TimerId timer, Timestamp at);

    // --- for the engine ---
    void size_by(Sizer sizer) { sizer_.emplace(std::move(sizer)); }
    /// Before the strategy is told of the bar.
    void read(const Bar& bar);
    void on_split(InstrumentId instrument, double ratio) {
        if (sizer_) sizer_->on_split(instrument, ratio);
    }
    void begin(Timestamp now) { now_ = now; }
    /// Before `from` the strategy is told everything, so that it gets warm, and sends no order. At
    /// the first event from then on the targets that it has set by then are pursued.
    void trade_from(Timestamp from) {
        trades_from_ = from;
        is_holding_ = true;
    }
    [[nodiscard]] bool is_holding() const { return is_holding_; }
    /// After the strategy was called: drops what it may not send yet.
    void hold_back();
    /// Something was asked for since the wishes were last taken to the end.
    [[nodiscard]] bool has_wishes() const { return !intents_.empty(); }
    /// Takes the oldest wish; nullptr where there is none. What was taken is decided on at once: it
    /// stands in the orders book from then on, or was refused, and is no wish any more. Valid until
    /// the strategy is called again.
    [[nodiscard]] const Intent* take_next();
    /// An order of this strategy ended. Where a target waits for cancels that it asked for, it is
    /// pursued again: an order that filled while its cancel was under way has moved the position.
    void order_closed(InstrumentId instrument);

private:
    /// A target that was set while orders were still working that may or may not fill before their
    /// cancel.
    struct Pursuit {
        bool active = false;
        Qty position;
        Tag tag;
        bool is_set = false;  ///< there was a target
    };

    OrderId next_id() { return OrderId::of(strategy_, ++orders_made_); }
    OrderIntent& push();
    OrderId push(const OrderSpec& spec, const OrderLinks& links);
    bool cancel_opposing(InstrumentId instrument, Side wanted);
    [[nodiscard]] std::span<const Intent> wishes() const;
    [[nodiscard]] Qty asked_for(InstrumentId instrument) const;
    [[nodiscard]] bool is_leaving(const WorkingOrder& order) const;

    StrategyId strategy_;
    World world_;
    Timestamp now_;
    std::vector<Intent> intents_;
    std::size_t taken_ = 0;          ///< of intents_
    std::vector<Pursuit> pursuits_;  ///< by instrument
    mutable std::vector<WorkingOrder> scratch_;
    std::uint64_t orders_made_ = 0;
    Timestamp trades_from_ = kTimestampMin;
    bool is_holding_ = false;
    std::optional<Sizer> sizer_{};
};

}  // namespace tradewind::signal
