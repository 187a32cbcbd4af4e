// SPDX-License-Identifier: Apache-2.0
#include "risk/brakes.hpp"

#include <algorithm>

#include "risk/ratio.hpp"

namespace tradewind::risk {
namespace {

using base::Rounding;

constexpr Money kLowest{-(base::Int128{1} << 120)}, kHighest{base::Int128{1} << 120};

Money seconds_between(Timestamp before, Timestamp now) {
    return {base::Int128{(now - before).ns} * base::kDecimalOne};
}

bool counts_things(Condition condition) {
    return condition == Condition::rejects || condition == Condition::denials ||
           condition == Condition::closed_trades || condition == Condition::losing_trades;
}
bool sums_amounts(Condition condition) {
    return condition == Condition::slippage || condition == Condition::trade_losses;
}
bool is_of_account(const Brake& brake) {
    return brake.condition == Condition::drawdown || brake.condition == Condition::loss ||
           brake.condition == Condition::pnl_jump;
}

}  // namespace

Brakes::Brakes(const Books& books, std::span<const Brake> brakes, std::size_t strategies)
    : books_(books), brakes_(brakes.begin(), brakes.end()), strategies_(strategies) {
    for (const Brake& brake : brakes_) {
        const std::size_t keys = keys_of(brake.scope);
        first_seat_.push_back(seats_.size());
        seats_.resize(seats_.size() + keys);
        const auto most = static_cast<std::size_t>(brake.at.raw / kMoneyOne) + 1;
        for (std::size_t i = 0; i < keys; ++i) {
            counts_.push_back(counts_things(brake.condition)
                                  ? std::optional{RateWindow{brake.window, most}}
                                  : std::nullopt);
            sums_.push_back(sums_amounts(brake.condition) ? std::optional{SumWindow{brake.window}}
                                                          : std::nullopt);
            weights_.push_back(brake.condition == Condition::slippage
                                   ? std::optional{SumWindow{brake.window}}
                                   : std::nullopt);
        }
        const bool is_windowed = brake.condition == Condition::drawdown && brake.window.ns > 0;
        const bool is_of_time = brake.condition == Condition::stale ||
                                brake.condition == Condition::clock_jump ||
                                brake.condition == Condition::pnl_jump;
        watches_every_event_ = watches_every_event_ || is_windowed || is_of_time;
        watches_account_ = watches_account_ || is_of_account(brake);
    }
    peaks_.resize(brakes_.size());
    if (!watches_account_) calm_ = {.low = kLowest, .high = kHighest, .until = kTimestampMax};
}

std::size_t Brakes::keys_of(ScopeKind scope) const {
    if (scope == ScopeKind::instrument) return books_.instruments.size();
    return scope == ScopeKind::strategy ? strategies_ : 1;
}

std::size_t Brakes::key_of(ScopeKind scope, StrategyId strategy, InstrumentId instrument) {
    if (scope == ScopeKind::instrument) return instrument.value;
    return scope == ScopeKind::strategy ? strategy.value : 0;
}

// --- firing -------------------------------------------------------------------------------------

void Brakes::tell(const At& at, TradingState to, std::optional<Timestamp> until, Money reading) {
    const Brake& brake = brakes_[at.brake];
    StateChange change{.to = to,
                       .brake = static_cast<std::uint16_t>(at.brake),
                       .until = until,
                       .limit = brake.at,
                       .actual = reading};
    const auto key = static_cast<std::uint32_t>(at.key);
    if (brake.scope == ScopeKind::instrument) change.instrument = InstrumentId{key};
    if (brake.scope == ScopeKind::strategy) {
        change.strategy = StrategyId{static_cast<std::uint16_t>(key)};
    }
    fired_.push_back(change);
}

/// What the brake's measure is now at the thing.
void Brakes::take(const At& at, Timestamp now, Money reading) {
    const Brake& brake = brakes_[at.brake];
    Seat& seat = seats_[seat_of(at)];
    if (seat.until && *seat.until <= now) seat = Seat{};
    if (reading > brake.at) {
        if (!seat.is_armed) return;
        seat.is_armed = false;
        seat.warns = brake.state == TradingState::warn;
        if (brake.lasts) seat.until = now + *brake.lasts;
        return tell(at, brake.state, seat.until, reading);
    }
    if (seat.is_armed || reading >= brake.rearm || seat.until) return;
    seat.is_armed = true;
    if (!seat.warns) return;
    seat.warns = false;
    tell(at, TradingState::active, std::nullopt, reading);
}

// --- what happens -------------------------------------------------------------------------------

void Brakes::on_event(Timestamp now) {
    if (!watches_every_event_) return;
    for (std::size_t b = 0; b < brakes_.size(); ++b) {
        if (brakes_[b].condition == Condition::clock_jump && before_) {
            take({b, 0}, now, seconds_between(*before_, now));
        }
        if (brakes_[b].condition == Condition::stale) check_stale(b, now);
    }
    before_ = now;
}

/// Of what is held or worked in; of what has no price yet nothing can be held.
void Brakes::check_stale(std::size_t brake, Timestamp now) {
    const auto check = [&](InstrumentId id) {
        if (!books_.market.mark(id)) return;
        take({brake, id.value}, now, seconds_between(books_.market.updated(id), now));
    };
    for (const InstrumentId id : books_.portfolio.held()) check(id);
    for (const orders::Order* order : books_.orders.open_orders()) {
        if (books_.portfolio.position(order->instrument()).is_flat()) check(order->instrument());
    }
}

/// From the peak of the time that the brake looks back on.
Money Brakes::windowed_fall(std::size_t brake, Timestamp now, Money equity) {
    std::deque<Peak>& peaks = peaks_[brake];
    while (!peaks.empty() && now - peaks.front().at >= brakes_[brake].window) peaks.pop_front();
    while (!peaks.empty() && peaks.back().equity <= equity) peaks.pop_back();
    peaks.push_back({now, equity});
    return ratio_of(peaks.front().equity - equity, peaks.front().equity);
}

void Brakes::mark(Timestamp now, const AccountWatch& watch) {
    const Money equity = watch.equity();
    if (!watches_account_) {
        equity_ = equity;
        return;
    }
    const bool is_calm = now <= calm_.until && equity >= calm_.low && equity <= calm_.high;
    if (is_calm && !watches_every_event_) [[likely]] {
        equity_ = equity;
        return;
    }
    for (std::size_t b = 0; b < brakes_.size(); ++b) {
        const Brake& brake = brakes_[b];
        switch (brake.condition) {
            case Condition::drawdown:
                take({b, 0}, now,
                     brake.window.ns > 0 ? windowed_fall(b, now, equity)
                                         : ratio_of(watch.fall(), watch.peak()));
                break;
            case Condition::loss:
                take({b, 0}, now, ratio_of(watch.loss(), watch.day_start()));
                break;
            case Condition::pnl_jump:
                if (equity_) take({b, 0}, now, ratio_of(abs(equity - *equity_), *equity_));
                break;
            default: break;
        }
    }
    equity_ = equity;
    calm_ = calm_around(watch);
}

void Brakes::on_flow(Money amount, const AccountWatch& watch) {
    if (!watch.is_marked()) return;
    for (std::deque<Peak>& peaks : peaks_) {
        for (Peak& one : peaks) one.equity += amount;
    }
    if (equity_) *equity_ += amount;
    if (watches_account_) calm_ = calm_around(watch);
}

void Brakes::rebase(const AccountWatch& account) {
    for (std::size_t b = 0; b < brakes_.size(); ++b) {
        if (!is_of_account(brakes_[b])) continue;
        seats_[first_seat_[b]] = Seat{};
        peaks_[b].clear();
    }
    if (watches_account_ && account.is_marked()) calm_ = calm_around(account);
}

void Brakes::count(Condition condition, StrategyId strategy, InstrumentId instrument,
                   Timestamp now) {
    for (std::size_t b = 0; b < brakes_.size(); ++b) {
        const Brake& brake = brakes_[b];
        if (brake.condition != condition) continue;
        const At at{b, key_of(brake.scope, strategy, instrument)};
        RateWindow& window = *counts_[seat_of(at)];
        window.add(now);
        take(at, now, whole_money(static_cast<std::int64_t>(window.count(now))));
    }
}

void Brakes::on_reject(StrategyId strategy, InstrumentId instrument, Timestamp now) {
    count(Condition::rejects, strategy, instrument, now);
}

void Brakes::on_denial(StrategyId strategy, InstrumentId instrument, Timestamp now) {
    count(Condition::denials, strategy, instrument, now);
}

void Brakes::on_fill(StrategyId strategy, InstrumentId instrument, Timestamp now,
                     const Slipped& slipped) {
    for (std::size_t b = 0; b < brakes_.size(); ++b) {
        if (brakes_[b].condition != Condition::slippage) continue;
        const At at{b, key_of(brakes_[b].scope, strategy, instrument)};
        SumWindow& costs = *sums_[seat_of(at)];
        SumWindow& traded = *weights_[seat_of(at)];
        costs.add(now, slipped.cost);
        traded.add(now, slipped.notional);
        take(at, now, ratio_of(costs.sum(now), traded.sum(now)));
    }
}

void Brakes::on_trade(StrategyId strategy, InstrumentId instrument, Timestamp now, Money net) {
    count(Condition::closed_trades, strategy, instrument, now);
    if (net.raw < 0) count(Condition::losing_trades, strategy, instrument, now);
    for (std::size_t b = 0; b < brakes_.size(); ++b) {
        if (brakes_[b].condition != Condition::trade_losses) continue;
        const At at{b, key_of(brakes_[b].scope, strategy, instrument)};
        SumWindow& lost = *sums_[seat_of(at)];
        lost.add(now, -net);
        take(at, now, ratio_of(lost.sum(now), equity_.value_or(Money{})));
    }
}

bool Brakes::asks_statistics() const {
    return std::any_of(brakes_.begin(), brakes_.end(),
                       [](const Brake& one) { return one.condition == Condition::correlation; });
}

void Brakes::on_correlation(Timestamp now, std::optional<double> mean) {
    if (!mean) return;
    constexpr double kUnits = 1e9;
    const auto nano = static_cast<std::int64_t>(std::clamp(*mean, 0.0, 1.0) * kUnits);
    for (std::size_t b = 0; b < brakes_.size(); ++b) {
        if (brakes_[b].condition != Condition::correlation) continue;
        take({b, 0}, now, Money{base::Int128{nano} * base::kDecimalOne});
    }
}

// --- many marks at once -------------------------------------------------------------------------

/// A seat waits for its measure to rise above `at`, or to fall below `rearm`. What lapses is asked
/// about at every mark.
CalmEquity Brakes::calm_around(const AccountWatch& watch) const {
    CalmEquity out{.low = kLowest, .high = kHighest, .until = kTimestampMax};
    const auto stay = [&](Money low, Money high) {
        out.low = std::max(out.low, low);
        out.high = std::min(out.high, high);
    };
    for (std::size_t b = 0; b < brakes_.size(); ++b) {
        const Brake& brake = brakes_[b];
        if (!is_of_account(brake)) continue;
        const Seat& seat = seats_[first_seat_[b]];
        if (seat.until) out.until = std::min(out.until, *seat.until - nanoseconds(1));
        const bool is_fall = brake.condition == Condition::drawdown;
        const Money from = is_fall ? watch.peak() : watch.day_start();
        if (is_fall) stay(kLowest, from);  // a new peak moves the line
        if (!is_fall) out.until = std::min(out.until, watch.day_end());
        // rounded so that on the line itself nothing changes
        if (seat.is_armed) {
            stay(from - share_of(abs(from), brake.at, Rounding::floor), kHighest);
        } else {
            stay(kLowest, from - share_of(abs(from), brake.rearm, Rounding::ceil));
        }
    }
    return out;
}

}  // namespace tradewind::risk
