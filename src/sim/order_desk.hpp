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
#include "sim/fill_rules.hpp"
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

/// Reports in the order in which they were made, which with one latency is that in which they
/// arrive.
class ReportQueue {
public:
    [[nodiscard]] bool empty() const { return head_ == all_.size(); }
    [[nodiscard]] Timestamp next_ts() const { return empty() ? kTimestampMax : all_[head_].ts; }
    /// A new one at the end, to be filled in.
    Report& add() { return all_.emplace_back(); }
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
    static constexpr std::size_t kCompactAt = 4096;
    std::vector<Report> all_;
    std::size_t head_ = 0;
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
    [[nodiscard]] WorldCounts& counts() { return counts_; }
    [[nodiscard]] const WorldCounts& counts() const { return counts_; }
    [[nodiscard]] ReportQueue& reports() { return reports_; }

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
    /// The order is no more, but its slot stays until `release`.
    void end(VenueOrder& order);
    void release(OrderSlot slot) { free_.push_back(slot); }

    void report(OrderEventKind kind, const VenueOrder& order, const OrderDetail& detail = {});
    void report_to(OrderId id, InstrumentId instrument, OrderEventKind kind,
                   const OrderDetail& detail);
    void report_terms(OrderEventKind kind, const VenueOrder& order);
    [[nodiscard]] Money fee(const VenueOrder& order, Price price, Qty qty,
                            Liquidity liquidity) const;

    struct Execution {
        Price price;
        Qty qty;
        Liquidity liquidity = Liquidity::taker;
        Money fee;
        FillBasis basis;
        Timestamp true_at;  ///< when it was true
    };
    /// Books a fill: the order, the account, the report.
    void execute(VenueOrder& order, const Execution& execution);

    /// The terms of `order` with a change, where they fit it; nullopt where they do not.
    [[nodiscard]] std::optional<OrderSpec> changed(const VenueOrder& order,
                                                   const OrderChange& change) const;
    /// Restates a resting order for a split: quantity that is left up, prices down by the ratio,
    /// onto the grid. The new total is what was filled plus what is left now. False: less than a
    /// lot is left.
    [[nodiscard]] bool restate(VenueOrder& order, const CorporateAction& split) const;

private:
    [[nodiscard]] Report& add_report(Timestamp true_at);

    InstrumentTable table_;
    WorldSettings settings_;
    Account account_;
    WorldCounts counts_;
    ReportQueue reports_;
    Moment now_;
    std::vector<VenueOrder> orders_;
    std::vector<OrderSlot> free_;
    base::IdMap by_id_;
    std::uint64_t trades_ = 0;
    std::uint64_t ticks_ = 0;
};

}  // namespace tradewind::sim
