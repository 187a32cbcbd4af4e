// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/id_map.hpp"
#include "domain/command.hpp"
#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "sim/account.hpp"
#include "sim/fee_meter.hpp"
#include "sim/fill_rules.hpp"
#include "sim/liquidation.hpp"
#include "sim/moment.hpp"
#include "sim/settings.hpp"
#include "sim/venue_order.hpp"
#include "sim/world.hpp"

namespace tradewind::sim {

using OrderSlot = std::uint32_t;

/// A report on its way to us.
struct Report {
    Timestamp ts;        ///< when it reaches us
    Timestamp ts_event;  ///< when it was true
    OrderEvent event;
};

/// Reports in the order in which they arrive; of those that arrive at one instant, in that in which
/// they were made.
class ReportQueue {
public:
    [[nodiscard]] bool empty() const { return head_ == all_.size(); }
    [[nodiscard]] Timestamp next_ts() const { return empty() ? kTimestampMax : all_[head_].ts; }
    /// A new one of an order, to be filled in, behind all that arrive no later. It arrives later
    /// than `ts` where it may not yet: before `hold_until`'s instant, or, where `in_order`, before
    /// a report of the same order.
    Report& add(Timestamp ts, OrderId order, bool in_order) {
        if (ts < not_before_) ts = not_before_;
        if (!empty() && ts < all_.back().ts) [[unlikely]]
            return insert(ts, order, in_order);
        Report& out = all_.emplace_back();
        out.ts = ts;
        out.event.order = order;
        return out;
    }
    /// When the latest of those under way arrives; kTimestampMin where none is.
    [[nodiscard]] Timestamp last_ts() const { return empty() ? kTimestampMin : all_.back().ts; }
    /// No later report arrives before.
    void hold_until(Timestamp at) { not_before_ = at; }
    /// The first; not empty.
    [[nodiscard]] const Report& front() const { return all_[head_]; }
    void drop_front() {
        ++head_;
        if (empty()) {
            all_.clear();
            head_ = 0;
        } else if (head_ >= kCompactAt) {
            all_.erase(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(head_));
            head_ = 0;
        }
    }

private:
    Report& insert(Timestamp ts, OrderId order, bool in_order);

    static constexpr std::size_t kCompactAt = 4096;
    Timestamp not_before_ = kTimestampMin;
    std::vector<Report> all_;
    std::size_t head_ = 0;
};

/// What changed the account, or is about to, on its way to us.
struct AccountNews {
    Timestamp ts;        ///< when it reaches us
    Timestamp ts_event;  ///< when it was true
    Payload payload;
};

/// What every mode's venue shares: the orders it holds, the account, the reports that it sends.
class OrderDesk {
public:
    OrderDesk(const InstrumentTable& table, const WorldSettings& settings);
    OrderDesk(const OrderDesk&) = delete;
    OrderDesk& operator=(const OrderDesk&) = delete;

    [[nodiscard]] const InstrumentTable& table() const { return table_; }
    [[nodiscard]] const WorldSettings& settings() const { return settings_; }
    [[nodiscard]] const Instrument& instrument(const VenueOrder& order) const {
        return table_.at(order.spec.instrument);
    }
    [[nodiscard]] Account& account() { return account_; }
    [[nodiscard]] const Account& account() const { return account_; }
    [[nodiscard]] WorldCounts& counts() { return counts_; }
    [[nodiscard]] const WorldCounts& counts() const { return counts_; }
    [[nodiscard]] ReportQueue& reports() { return reports_; }
    [[nodiscard]] const ReportQueue& reports() const { return reports_; }

    /// The venue's now: what is reported is stamped with it.
    void set_now(const Moment& now) { now_ = now; }
    [[nodiscard]] const Moment& now() const { return now_; }
    [[nodiscard]] Timestamp now_ts() const { return {now_.ts}; }

    /// Counts the ticks and insides of bars that the venue met, for `VenueOrder::met`.
    void count_tick() { ++ticks_; }
    [[nodiscard]] std::uint64_t ticks() const { return ticks_; }
    /// The order works from now on.
    void start(VenueOrder& order) const {
        order.since = now_;
        order.met = ticks_;
    }

    /// Takes an order over. Why not, where it cannot: unknown instrument, id in use, terms that do
    /// not fit.
    [[nodiscard]] VenueReason fault_of(const OrderIntent& order) const;
    [[nodiscard]] OrderSlot add(const OrderIntent& order);
    [[nodiscard]] VenueOrder& at(OrderSlot slot) { return orders_[slot]; }
    [[nodiscard]] const VenueOrder& at(OrderSlot slot) const { return orders_[slot]; }
    [[nodiscard]] std::optional<OrderSlot> find(OrderId id) const;
    [[nodiscard]] bool empty() const { return by_id_.size() == 0; }
    [[nodiscard]] std::size_t size() const { return by_id_.size(); }
    /// The order is no more, but its slot stays until `release`.
    void end(VenueOrder& order);
    void release(OrderSlot slot) { free_.push_back(slot); }

    void report(OrderEventKind kind, const VenueOrder& order, const OrderDetail& detail = {});
    void report_to(OrderId id, InstrumentId instrument, OrderEventKind kind,
                   const OrderDetail& detail);
    void report_terms(OrderEventKind kind, const VenueOrder& order);
    /// In quote currency, by schedule and tier.
    [[nodiscard]] Money fee(const VenueOrder& order, Price price, Qty qty, Liquidity liquidity);

    struct Execution {
        Price price;
        Qty qty;
        Liquidity liquidity = Liquidity::taker;
        Money fee;  ///< in quote currency; taken in the one that the schedule names
        FillBasis basis{};
        Timestamp true_at{};  ///< when it was true
    };
    /// What the execution does to the account, the fee as it would be taken now.
    [[nodiscard]] Account::Deal deal_of(const VenueOrder& order, const Execution& execution) const;
    /// How much of the order could close what is held: of its leg where hedged.
    [[nodiscard]] Qty closable(StrategyId strategy, const OrderSpec& spec) const;
    /// Closes a position without an order of ours, as a taker; `execution.fee` comes on top of the
    /// schedule's. Isolated margin pays no more than stands behind the position.
    void close_out(const Holding& of, const Execution& execution);
    /// nullptr where margin is not isolated.
    [[nodiscard]] const IsolatedMargin* isolated_margin() const {
        return isolated_ ? &*isolated_ : nullptr;
    }
    [[nodiscard]] IsolatedMargin* isolated_margin() { return isolated_ ? &*isolated_ : nullptr; }

    /// News of the account, true now: it reaches us after every report made before, and before
    /// every later one.
    void tell_account(const Payload& payload);
    [[nodiscard]] std::vector<AccountNews>& news() { return news_; }
    /// Books a fill: the order, the account, the report. Where hedged, what closes the strategy's
    /// other leg and what then opens its own are reported one after the other.
    void execute(VenueOrder& order, const Execution& execution);

    /// The terms of `order` with a change, where they fit it; nullopt where they do not.
    [[nodiscard]] std::optional<OrderSpec> changed(const VenueOrder& order,
                                                   const OrderChange& change) const;
    /// Restates a resting order for a split: quantity that is left up, prices down by the ratio,
    /// onto the grid. The new total is what was filled plus what is left now. False: less than a
    /// lot is left.
    [[nodiscard]] bool restate(VenueOrder& order, const CorporateAction& split) const;

private:
    [[nodiscard]] Report& add_report(Timestamp true_at, OrderId order);
    void execute_part(VenueOrder& order, const Execution& execution, std::optional<Leg> leg);

    InstrumentTable table_;
    WorldSettings settings_;
    Account account_;
    std::optional<IsolatedMargin> isolated_;
    FeeMeter fees_;
    LatencySource report_latency_;
    WorldCounts counts_;
    ReportQueue reports_;
    std::vector<AccountNews> news_;
    Moment now_;
    std::vector<VenueOrder> orders_;
    std::vector<OrderSlot> free_;
    base::IdMap by_id_;
    std::uint64_t trades_ = 0;
    std::uint64_t ticks_ = 0;
};

}  // namespace tradewind::sim
