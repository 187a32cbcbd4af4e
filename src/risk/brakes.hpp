// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "domain/command.hpp"
#include "risk/account_watch.hpp"
#include "risk/brake.hpp"
#include "risk/exposures.hpp"
#include "risk/window.hpp"

namespace tradewind::risk {

/// Equities between which, until an instant, no brake of the account changes anything.
struct CalmEquity {
    Money low;
    Money high;
    Timestamp until;
};

/// All brakes of a user: folds what happens, and says when one fires. It acts on nothing itself.
class Brakes {
public:
    Brakes(const Books& books, std::span<const Brake> brakes, std::size_t strategies);

    [[nodiscard]] bool empty() const { return brakes_.empty(); }
    /// Whether one of them may fire at any event, not only where equity moves: then none may be
    /// passed over.
    [[nodiscard]] bool watches_every_event() const { return watches_every_event_; }

    void on_event(Timestamp now);
    /// A person lets the whole account trade again: falls and losses are counted from `account` on,
    /// and brakes that fired on them fire anew.
    void rebase(const AccountWatch& account);
    void mark(Timestamp now, const AccountWatch& watch);
    /// Capital came or went, in base currency; `watch` knows of it.
    void on_flow(Money amount, const AccountWatch& watch);
    void on_reject(StrategyId strategy, InstrumentId instrument, Timestamp now);
    void on_denial(StrategyId strategy, InstrumentId instrument, Timestamp now);
    /// What a fill cost against the price before it, and its notional, both in base currency.
    struct Slipped {
        Money cost;
        Money notional;
    };
    void on_fill(StrategyId strategy, InstrumentId instrument, Timestamp now,
                 const Slipped& slipped);
    /// Its net profit, in base currency.
    void on_trade(StrategyId strategy, InstrumentId instrument, Timestamp now, Money net);

    /// Whether one asks for the mean correlation of returns.
    [[nodiscard]] bool asks_statistics() const;
    /// As each day ends; absent: not known.
    void on_correlation(Timestamp now, std::optional<double> mean);

    /// What has fired, or let go of a warning, since the last `clear`. `from` is not told here.
    [[nodiscard]] std::span<const StateChange> fired() const { return fired_; }
    void clear() { fired_.clear(); }

    /// At the last mark; none before the first.
    [[nodiscard]] const CalmEquity& calm() const { return calm_; }

private:
    /// A brake at one thing: the portfolio, an instrument, a strategy.
    struct Seat {
        bool is_armed = true;
        bool warns = false;
        std::optional<Timestamp> until{};
    };
    struct At {
        std::size_t brake = 0;
        std::size_t key = 0;  ///< 0, or the id of the instrument or the strategy
    };
    struct Peak {
        Timestamp at;
        Money equity;
    };

    [[nodiscard]] std::size_t keys_of(ScopeKind scope) const;
    [[nodiscard]] static std::size_t key_of(ScopeKind scope, StrategyId strategy,
                                            InstrumentId instrument);
    [[nodiscard]] std::size_t seat_of(const At& at) const { return first_seat_[at.brake] + at.key; }
    void take(const At& at, Timestamp now, Money reading);
    void tell(const At& at, TradingState to, std::optional<Timestamp> until, Money reading);
    void count(Condition condition, StrategyId strategy, InstrumentId instrument, Timestamp now);
    [[nodiscard]] Money windowed_fall(std::size_t brake, Timestamp now, Money equity);
    void check_stale(std::size_t brake, Timestamp now);
    [[nodiscard]] CalmEquity calm_around(const AccountWatch& watch) const;

    Books books_;
    std::vector<Brake> brakes_;
    std::size_t strategies_;
    std::vector<std::size_t> first_seat_;  ///< by brake
    std::vector<Seat> seats_;
    std::vector<std::optional<RateWindow>> counts_;         ///< by seat
    std::vector<std::optional<SumWindow>> sums_, weights_;  ///< by seat
    std::vector<std::deque<Peak>> peaks_;                   ///< by brake: falling from its front
    bool watches_every_event_ = false;
    bool watches_account_ = false;
    std::optional<Timestamp> before_;  ///< the event before this one
    std::optional<Money> equity_;      ///< at the mark before this one
    CalmEquity calm_{.low = {1}, .high = {0}, .until = kTimestampMin};
    std::vector<StateChange> fired_;
};

}  // namespace tradewind::risk
