// SPDX-License-Identifier: Apache-2.0
#include "risk/stop_watch.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tradewind::risk {
namespace {

/// +1 of a long position, -1 of a short one.
double sign_of(Qty qty) { return qty.raw > 0 ? 1.0 : -1.0; }

template <typename Gauges, typename What>
void for_gauge(Gauges& gauge, const What& what) {
    std::visit(
        [&](auto& one) {
            if constexpr (requires { one.value(); }) what(one);
        },
        gauge);
}

}  // namespace

StopWatch::StopWatch(std::vector<Stop> stops, const InstrumentTable& instruments)
    : stops_(std::move(stops)), instruments_(instruments), rows_(instruments.size()) {
    for (Row& row : rows_) {
        for (const Stop& stop : stops_) {
            Gauge& gauge = row.gauges.emplace_back();
            if (stop.kind == StopKind::atr || stop.kind == StopKind::chandelier) {
                gauge = market::MeanTrueRange{stop.bars};
            } else if (stop.kind == StopKind::volatility) {
                gauge = market::ReturnDeviation{stop.bars};
            }
        }
    }
    watches_losses_ = std::ranges::any_of(
        stops_, [](const Stop& stop) { return stop.kind == StopKind::portfolio; });
}

void StopWatch::on_position(const Held& held) {
    Row& row = rows_[held.instrument.value];
    Watch& watch = row.watches[static_cast<std::size_t>(held.leg)];
    if (held.qty == watch.qty && held.average == watch.average) return;
    const bool is_new = watch.qty.raw == 0 || (watch.qty.raw > 0) != (held.qty.raw > 0);
    if (held.qty.raw == 0 || is_new) watch = {};
    if (held.qty.raw == 0) return;
    watch.qty = held.qty;
    watch.average = held.average;
    if (is_new) {
        watch.best = held.average;
        watch.since = held.since;
        watch.ranges_at_entry.resize(stops_.size());
    }
    tighten(held.instrument, watch);
}

void StopWatch::on_bar(const Bar& bar) {
    Row& row = rows_[bar.instrument.value];
    if (!row.spec) row.spec = bar.spec;
    if (*row.spec != bar.spec) return;
    for (Gauge& gauge : row.gauges) for_gauge(gauge, [&](auto& one) { one.add(bar); });
    for (Watch& watch : row.watches) {
        if (watch.qty.raw == 0) continue;
        ++watch.bars;
        tighten(bar.instrument, watch);
    }
}

void StopWatch::on_move(const Move& move) {
    Row& row = rows_[move.instrument.value];
    for (Watch& watch : row.watches) {
        if (watch.qty.raw == 0) continue;
        const bool is_long = watch.qty.raw > 0;
        const bool is_after = move.from >= watch.since;
        const double reached = to_double(!is_after ? move.close : is_long ? move.high : move.low);
        watch.best = is_long ? std::max(watch.best, reached) : std::min(watch.best, reached);
        tighten(move.instrument, watch);
    }
}

void StopWatch::on_split(InstrumentId instrument, std::int64_t new_shares,
                         std::int64_t old_shares) {
    Row& row = rows_[instrument.value];
    const double ratio = static_cast<double>(old_shares) / static_cast<double>(new_shares);
    const auto scaled = [&](Price price) {
        return Price{std::llround(static_cast<double>(price.raw) * ratio)};
    };
    for (Gauge& gauge : row.gauges) for_gauge(gauge, [&](auto& one) { one.rescale(ratio); });
    for (Watch& watch : row.watches) {
        watch.average *= ratio;
        watch.best *= ratio;
        for (double& range : watch.ranges_at_entry) range *= ratio;
        if (watch.level) watch.level->price = scaled(watch.level->price);
    }
}

std::optional<double> StopWatch::level_of(std::size_t stop, const Row& row,
                                          const Watch& watch) const {
    const Stop& rule = stops_[stop];
    const double sign = sign_of(watch.qty);
    double gauge = 0;
    for_gauge(row.gauges[stop], [&](const auto& one) { gauge = one.value(); });
    switch (rule.kind) {
        case StopKind::fixed: return watch.average * (1 - sign * rule.distance);
        case StopKind::trailing: return watch.best * (1 - sign * rule.distance);
        case StopKind::atr:
            if (watch.ranges_at_entry[stop] <= 0) return std::nullopt;
            return watch.average - sign * rule.distance * watch.ranges_at_entry[stop];
        case StopKind::chandelier:
            if (gauge <= 0) return std::nullopt;
            return watch.best - sign * rule.distance * gauge;
        case StopKind::volatility:
            if (gauge <= 0) return std::nullopt;
            return watch.best * std::exp(-sign * rule.distance * gauge);
        case StopKind::time:
        case StopKind::portfolio: return std::nullopt;
    }
    __builtin_unreachable();
}

/// Takes each stop's level where it is tighter than the one that there is.
void StopWatch::tighten(InstrumentId instrument, Watch& watch) {
    const Row& row = rows_[instrument.value];
    const bool is_long = watch.qty.raw > 0;
    for (std::size_t i = 0; i < stops_.size(); ++i) {
        // where no range was known at the entry the first one stands for it
        double& at_entry = watch.ranges_at_entry[i];
        if (stops_[i].kind == StopKind::atr && at_entry <= 0) {
            at_entry = std::get<market::MeanTrueRange>(row.gauges[i]).value();
        }
        const auto wanted = level_of(i, row, watch);
        if (!wanted) continue;
        const auto price = round_to_tick(*wanted, instruments_.at(instrument).tick,
                                         is_long ? TickRounding::up : TickRounding::down);
        if (!price || price->raw <= 0) continue;
        const bool is_tighter =
            !watch.level || (is_long ? *price > watch.level->price : *price < watch.level->price);
        if (is_tighter) watch.level = Level{.price = *price, .stop = i};
    }
}

std::optional<std::size_t> StopWatch::due(InstrumentId instrument, Leg leg, Timestamp now) const {
    const Watch& held = watch(instrument, leg);
    if (held.qty.raw == 0) return std::nullopt;
    for (std::size_t i = 0; i < stops_.size(); ++i) {
        const Stop& stop = stops_[i];
        if (stop.kind != StopKind::time) continue;
        const bool is_over =
            stop.bars > 0 ? held.bars >= stop.bars : now - held.since >= stop.after;
        if (is_over) return i;
    }
    return std::nullopt;
}

std::optional<std::size_t> StopWatch::due_at_loss(double share_of_equity) const {
    for (std::size_t i = 0; i < stops_.size(); ++i) {
        const Stop& stop = stops_[i];
        if (stop.kind == StopKind::portfolio && share_of_equity >= stop.distance) return i;
    }
    return std::nullopt;
}

}  // namespace tradewind::risk
