// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/assert.hpp"
#include "engine/engine.hpp"
#include "engine/slot.hpp"
#include "risk/statistics.hpp"

/// Many bars at once, on which no strategy acts and no order is open. What a step would do on each
/// of them is a mark and nothing else, and of the marks only a few leave something behind: a new
/// peak or a deeper fall of equity, the last of a day.
namespace tradewind::engine {
namespace {

using base::Int128;
using base::Rounding;

Price clamped(std::optional<Int128> price, Int128 otherwise) {
    const Int128 value = price.value_or(otherwise);
    return {static_cast<std::int64_t>(std::clamp<Int128>(value, INT64_MIN, INT64_MAX))};
}

}  // namespace

bool Engine::is_idle() const {
    // What legs are worth on both sides is more than the price of their sum.
    const bool hedges = portfolio_.settings().positions.hedges();
    return skimmer_ != nullptr && started_ && !error_ && !hedges && aggregators_.empty() &&
           orders_.open_orders().empty() && !skimmer_->context.is_holding() &&
           !brakes_.watches_every_event();
}

std::size_t Engine::skim(const market::BarTrack& track, market::BarRows rows) {
    ASSERT(is_idle() && rows.first < rows.end);
    if (!brakes_.empty()) [[unlikely]]
        rows.end = first_braked(track, rows);
    // a day's first bar is stepped through
    if (watches_days_) rows.end = std::min(rows.end, track.first_after(rows, risk_day_end_));
    if (rows.first == rows.end) return 0;
    const auto& told = slots_of_[track.instrument().value];
    const bool is_told = !told.empty() && skimmer_->wants(track.spec());
    if (is_told) {
        std::size_t read = 0;
        call(*skimmer_, [&](signal::Strategy& s, signal::Context&) { read = s.skim(track, rows); });
        ASSERT(read <= rows.count());
        rows.end = rows.first + read;
    }
    if (rows.count() > 0) pass_over(track, rows);
    return rows.count();
}

/// The first bar at which a brake may fire: that one is stepped through.
std::size_t Engine::first_braked(const market::BarTrack& track, market::BarRows rows) const {
    const InstrumentId id = track.instrument();
    const risk::CalmEquity& calm = brakes_.calm();
    const market::BarRows until{rows.first,
                                std::min(rows.end, track.first_after(rows, calm.until))};
    if (until.count() == 0) return rows.first;
    // without a position equity stands, but what has lapsed may fire again
    if (portfolio_.position(id).qty.raw == 0) return until.end;
    return track.first_close_outside(until, prices_between(id, calm.low, calm.high));
}

void Engine::pass_over(const market::BarTrack& track, market::BarRows rows) {
    const std::size_t last = rows.end - 1;
    const bool is_held = portfolio_.position(track.instrument()).qty.raw != 0;
    seq_ += rows.count();
    now_ = happened_ = track.close_ts(last);
    market_.apply(now_, track.bar(last));
    if (statistics_) {
        for (std::size_t row = rows.first; row < rows.end; ++row) {
            statistics_->on_volume(track.bar(row));
        }
    }
    if (is_held) {
        const market::PriceBand range = track.range(rows);
        trades_.on_bars({.instrument = track.instrument(),
                         .source = track.spec().source,
                         .lowest = range.low,
                         .highest = range.high,
                         .last = track.close(last),
                         .bars = rows.count()});
        mark_each(track, rows);
    }
    mark(track.instrument(), track.close(last));
}

/// Marks the account at the bars whose marks matter, and at the last of each day.
void Engine::mark_each(const market::BarTrack& track, market::BarRows rows) {
    while (rows.first < rows.end) {
        const Timestamp until = sampler_->calm().until;
        const market::BarRows today{rows.first, track.first_after(rows, until)};
        std::size_t row = rows.first;  // a bar of a new day, unless there are more of the old
        if (today.count() > 0) {
            row = track.first_close_outside(today, calm_prices(track.instrument()));
            if (row == today.end) --row;
        }
        mark(track.instrument(), track.close(row));
        sample(track.close_ts(row));
        rows.first = row + 1;
    }
}

/// Prices at which the account, as it is, makes no new peak and falls no deeper than before.
market::PriceBand Engine::calm_prices(InstrumentId id) const {
    const monitor::EquitySampler::Calm calm = sampler_->calm();
    return prices_between(id, calm.low, calm.high);
}

/// Prices at which equity, with what is held, lies between two amounts. Rounded inwards, so that no
/// mark that matters is among them.
market::PriceBand Engine::prices_between(InstrumentId id, Money lowest, Money highest) const {
    const Instrument& instrument = instruments_.at(id);
    const Qty held = portfolio_.position(id).qty;
    const Money value = notional(*portfolio_.mark_of(id), held, instrument);
    const Money rest = *portfolio_.equity() - value;
    // A value is rounded to its unit where a multiplier is not 1.
    const bool is_exact = instrument.multiplier.raw == base::kDecimalOne;
    const Money slack{is_exact ? 0 : 1};
    const Int128 low = (lowest - rest + slack).raw, high = (highest - rest - slack).raw;
    if (low > high) return {.low = {INT64_MAX}, .high = {INT64_MIN}};
    const auto price_of = [&](Int128 worth, Rounding rounding) {
        return is_exact ? base::checked_div(worth, held.raw, rounding)
                        : base::mul_div(worth, base::kDecimalOne,
                                        Int128{held.raw} * instrument.multiplier.raw, rounding);
    };
    const bool is_long = held.raw > 0;
    return {.low = clamped(price_of(is_long ? low : high, Rounding::ceil), INT64_MAX),
            .high = clamped(price_of(is_long ? high : low, Rounding::floor), INT64_MIN)};
}

}  // namespace tradewind::engine
