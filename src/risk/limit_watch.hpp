// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "measures/scenario_risk.hpp"
#include "risk/account_watch.hpp"
#include "risk/exposures.hpp"
#include "risk/settings.hpp"

namespace tradewind::risk {

class Statistics;

/// How much of a limit was used.
struct LimitUse {
    double most = 0;             ///< of its number, at the worst instant; 1: all of it
    Timestamp most_at{};         ///< when that was
    std::uint64_t exceeded = 0;  ///< orders that took what it measures, or left it, beyond it
    /// By day, the last instant's; NaN: not known. Of those that hold at every instant.
    std::vector<float> by_day{};
};

/// Looks at the books behind the gate's back: after each order that went out, whether every hard
/// limit still holds, worked out anew from positions and orders one by one. What the gate adds up
/// as it goes along is not trusted here, so that a fault in it shows.
///
/// What the market alone moves beyond a limit is no fault of an order's: it is seen in `most`, and
/// `exceeded` counts it only where an order made it more.
class LimitWatch {
public:
    LimitWatch(const Books& books, const Settings& settings, std::size_t strategies);

    /// Where returns, betas, clusters and volumes are read, which are facts of the market and not
    /// of the gate; without it limits on them are not looked at.
    void measure_by(Statistics* statistics) { statistics_ = statistics; }

    /// The order stands in the orders book. `account`: as at this instant.
    void on_sent(const orders::Order& order, const AccountWatch& account);
    /// A change of it stands there; it asked for this before.
    void on_changed(const orders::Order& order, const OrderSpec& before, Timestamp now,
                    const AccountWatch& account);
    void on_cancel(StrategyId strategy, InstrumentId instrument, Timestamp now);
    /// The day that ends with the last mark.
    void on_day_end(Timestamp now, const AccountWatch& account);

    [[nodiscard]] std::span<const LimitUse> uses() const { return uses_; }
    [[nodiscard]] std::span<const Timestamp> days() const { return days_; }
    [[nodiscard]] std::uint64_t exceeded() const;

private:
    /// One of the things that a limit is of.
    struct Thing {
        std::size_t limit = 0;
        std::vector<InstrumentId> members{};
        std::optional<StrategyId> strategy{};
        std::optional<InstrumentId> to{};  ///< of a beta; absent: to the benchmark
    };
    struct Seen {
        std::optional<double> with{};     ///< nullopt: not known
        std::optional<double> without{};  ///< as if the order were not there
    };

    void add_things(std::size_t limit, const Settings& settings, std::size_t strategies);
    [[nodiscard]] std::optional<double> measure(const Thing& thing, const AccountWatch& account,
                                                const orders::Order* sent,
                                                const orders::Order* left_out) const;
    /// What members come to if all that works is filled, base currency.
    struct BothSides {
        double gross = 0;
        double upper = 0;  ///< net, all buys filled and no sell
        double lower = 0;  ///< all sells and no buy
    };
    [[nodiscard]] std::optional<BothSides> both_sides(const Thing& thing, const orders::Order* sent,
                                                      const orders::Order* left_out) const;
    [[nodiscard]] std::optional<double> exposure(const Thing& thing, bool is_net,
                                                 const orders::Order* sent,
                                                 const orders::Order* left_out) const;
    [[nodiscard]] std::optional<double> of_order(const Limit& limit, StrategyId strategy,
                                                 const OrderSpec& spec) const;
    /// Beyond the market on the worse side, of its price; 0 of an order that names none.
    [[nodiscard]] std::optional<double> beyond_market(const OrderSpec& spec) const;
    /// In medians of what the strategy sent before; 0 while that is too little.
    [[nodiscard]] std::optional<double> against_usual(StrategyId strategy,
                                                      const OrderSpec& spec) const;
    [[nodiscard]] std::optional<double> notional_of(const OrderSpec& spec) const;
    /// VaR or ES of all that is held and works, over the days that all of it has.
    [[nodiscard]] bool is_lost(InstrumentId instrument) const;
    [[nodiscard]] double lost() const;
    [[nodiscard]] std::optional<double> tail(Measure which, const orders::Order* sent,
                                             const orders::Order* left_out) const;
    [[nodiscard]] std::optional<double> of_cluster(const Thing& thing,
                                                   const orders::Order& sent) const;
    [[nodiscard]] std::optional<double> days_to_close(InstrumentId instrument) const;
    [[nodiscard]] std::optional<double> net_beta(std::optional<InstrumentId> to,
                                                 const orders::Order* sent,
                                                 const orders::Order* left_out) const;
    [[nodiscard]] std::optional<double> margin() const;
    /// What all of its longs, or its shorts, could come to if what works is filled, the larger.
    [[nodiscard]] std::optional<double> larger_side(InstrumentId instrument,
                                                    const orders::Order* sent,
                                                    const orders::Order* left_out) const;
    /// An order, or a change of one, that was let through.
    struct Look {
        const orders::Order& order;
        const OrderSpec& spec;  ///< what is left of it
        Timestamp now;
        bool is_new = true;
    };
    void check(const Look& look, const AccountWatch& account);
    void count(const orders::Order& order, Timestamp now, double notional);
    [[nodiscard]] double number_of(const Limit& limit, const AccountWatch& account) const;
    [[nodiscard]] bool only_reduces(const orders::Order& order) const;
    void note(std::size_t limit, Timestamp at, double use);

    Books books_;
    Statistics* statistics_ = nullptr;
    std::vector<Limit> limits_;
    std::vector<Thing> things_;
    std::vector<LimitUse> uses_;
    std::vector<Timestamp> days_;
    struct Sent {
        Timestamp at;
        InstrumentId instrument;
        StrategyId strategy;
        double notional;
    };
    std::vector<Sent> sent_;       ///< within the longest window
    std::vector<Sent> cancelled_;  ///< likewise
    Duration longest_{};
    std::vector<std::vector<double>> usual_;  ///< by strategy: notionals of its last orders
    /// Scenarios of a day for a set of instruments.
    struct Scenarios {
        std::size_t days = 0;
        std::vector<InstrumentId> of{};
        std::optional<measures::ScenarioRisk> made{};
    };
    mutable Scenarios scenarios_{};
};

}  // namespace tradewind::risk
