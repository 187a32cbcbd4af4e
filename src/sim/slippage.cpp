// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/assert.hpp"
#include "base/int128.hpp"
#include "sim/fill_rules.hpp"

namespace tradewind::sim {
namespace {

using base::Int128;
using base::kDecimalOne;
using base::Rounding;

constexpr Int128 kBasisPointsOne = 10'000;

std::int64_t scaled(Int128 value, Int128 numerator, Int128 denominator) {
    const auto out = base::mul_div(value, numerator, denominator, Rounding::half_even);
    ASSERT(out.has_value() && *out >= INT64_MIN && *out <= INT64_MAX);
    return static_cast<std::int64_t>(*out);
}

std::int64_t magnitude(Price price) { return price.raw < 0 ? -price.raw : price.raw; }

/// (qty / volume)^2 in units of 1e-9; more than the whole volume counts as the whole.
Int128 squared_share(Qty qty, Qty volume) {
    if (volume.raw <= 0) return 0;
    const Int128 share = std::min<Int128>(scaled(qty.raw, kDecimalOne, volume.raw), kDecimalOne);
    return share * share / kDecimalOne;
}

bool on_grid(Price price, Price tick) { return price.raw % tick.raw == 0; }

/// To where it costs more.
TickRounding against(Side side) {
    return side == Side::buy ? TickRounding::up : TickRounding::down;
}

Price toward_worse(Side side, Price from, PriceDelta by) {
    return side == Side::buy ? from + by : from - by;
}

}  // namespace

PriceDelta impact(const SlippageQuery& query, const SlippageModel& model,
                  const Instrument& instrument) {
    const std::int64_t price = magnitude(query.reference);
    switch (model.kind) {
        case SlippageKind::none: return {};
        case SlippageKind::basis_points:
            return {scaled(price, model.value, kBasisPointsOne * kDecimalOne)};
        case SlippageKind::ticks: return {scaled(instrument.tick.raw, model.value, kDecimalOne)};
        case SlippageKind::volume_share: {
            const std::int64_t full = scaled(price, model.value, kDecimalOne);
            return {scaled(full, squared_share(query.qty, query.volume), kDecimalOne)};
        }
    }
    __builtin_unreachable();
}

Price slipped(const SlippageQuery& query, const SlippageModel& model,
              const Instrument& instrument) {
    Price out = toward_worse(query.side, query.reference, impact(query, model, instrument));
    if (on_grid(query.reference, instrument.tick)) {
        out = round_to_tick(out, instrument.tick, against(query.side));
    }
    return query.limit && better(query.side, *query.limit, out) ? *query.limit : out;
}

PriceDelta offset_at(const TrailingOffset& offset, Price market, const Instrument& instrument) {
    switch (offset.unit) {
        case OffsetUnit::price: return {offset.value};
        case OffsetUnit::ticks: return {scaled(instrument.tick.raw, offset.value, kDecimalOne)};
        case OffsetUnit::basis_points:
            return {scaled(magnitude(market), offset.value, kBasisPointsOne * kDecimalOne)};
    }
    __builtin_unreachable();
}

void trail(VenueOrder& order, Price market, const Instrument& instrument, bool onto_grid) {
    OrderSpec& spec = order.spec;
    const auto put = [&](Price from, const TrailingOffset& offset) {
        const Price out = toward_worse(spec.side, from, offset_at(offset, market, instrument));
        const bool round = onto_grid && on_grid(market, instrument.tick);
        return round ? round_to_tick(out, instrument.tick, against(spec.side)) : out;
    };
    const Price moved = put(market, *spec.trailing);
    // Better for us is nearer to the market: a sell stop rises, a buy stop falls.
    if (spec.trigger_price && !better(spec.side, moved, *spec.trigger_price)) return;
    spec.trigger_price = moved;
    if (spec.trailing_limit) spec.limit_price = put(moved, *spec.trailing_limit);
}

void start_trail(VenueOrder& order, std::optional<Price> market, const Instrument& instrument,
                 bool onto_grid) {
    OrderSpec& spec = order.spec;
    if (!spec.trigger_price) {
        if (market) trail(order, *market, instrument, onto_grid);
    } else if (spec.trailing_limit && !spec.limit_price) {
        const Price from = *spec.trigger_price;
        spec.limit_price =
            toward_worse(spec.side, from, offset_at(*spec.trailing_limit, from, instrument));
    }
}

}  // namespace tradewind::sim
