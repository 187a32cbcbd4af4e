// SPDX-License-Identifier: Apache-2.0
#include "exchange/rules.hpp"

#include <algorithm>

namespace tradewind::exchange {
namespace {

/// The last place that the venue tells, in units of 1e-9 and of 1e-18.
constexpr std::int64_t kUnit = 10;
constexpr base::Int128 kMoneyUnit = 10'000'000'000;
/// What Binance allows at most where an instrument says nothing.
constexpr std::int64_t kQtyMaxDefault = 9'000;
constexpr std::int64_t kPriceMaxDefault = 1'000'000;
constexpr std::int64_t kMarketPartOfMax = 10;

std::int64_t up_to_unit(std::int64_t raw) {
    return std::max(kUnit, (raw + kUnit - 1) / kUnit * kUnit);
}

bool is_on_grid(std::int64_t raw, std::int64_t step) { return step == 0 || raw % step == 0; }

std::optional<Refusal> check_price(Price price, const Rules& rules) {
    const bool ok = price >= rules.price_min && price <= rules.price_max &&
                    is_on_grid(price.raw, rules.tick.raw);
    return ok ? std::nullopt : std::optional{Refusal::price_filter};
}

bool is_lot(Qty qty, Qty max, const Rules& rules) {
    return qty >= rules.qty_min && qty <= max && is_on_grid(qty.raw, rules.step.raw);
}

std::optional<Refusal> check_iceberg(const OrderTerms& terms, const Rules& rules) {
    if (!terms.iceberg || terms.iceberg->raw == 0) return std::nullopt;
    if (!is_lot(*terms.iceberg, rules.qty_max, rules)) return Refusal::lot_size;
    if (*terms.iceberg >= *terms.qty) return Refusal::iceberg_exceeds_qty;
    const std::int64_t parts = (terms.qty->raw + terms.iceberg->raw - 1) / terms.iceberg->raw;
    return parts <= rules.iceberg_parts_max ? std::nullopt : std::optional{Refusal::iceberg_parts};
}

}  // namespace

Rules rules_of(const Instrument& instrument) {
    Rules out;
    out.tick = {up_to_unit(instrument.tick.raw)};
    out.step = {up_to_unit(instrument.lot.raw)};
    while (multiply(out.tick, out.step).raw % kMoneyUnit != 0) out.step.raw *= 10;
    out.price_min = out.tick;
    out.price_max = {kPriceMaxDefault * base::kDecimalOne};
    out.qty_min = std::max(instrument.min_qty, out.step);
    out.qty_min.raw = (out.qty_min.raw + out.step.raw - 1) / out.step.raw * out.step.raw;
    out.qty_max = instrument.max_qty.value_or(whole_qty(kQtyMaxDefault));
    out.qty_max.raw -= out.qty_max.raw % out.step.raw;
    out.market_qty_max = {out.qty_max.raw / kMarketPartOfMax};
    out.market_qty_max.raw -= out.market_qty_max.raw % out.step.raw;
    out.notional_min = instrument.min_notional;
    out.notional_max = instrument.max_notional;
    out.maker_fee = instrument.fees.maker;
    out.taker_fee = instrument.fees.taker;
    return out;
}

Money fee_on(Money received, Rate rate) {
    const Money exact = multiply(received, rate);
    return {exact.raw - exact.raw % kMoneyUnit};
}

std::optional<Refusal> check_terms(const OrderTerms& terms, const Rules& rules) {
    if (terms.price) {
        if (const auto refusal = check_price(*terms.price, rules)) return refusal;
    }
    if (terms.stop) {
        if (const auto refusal = check_price(*terms.stop, rules)) return refusal;
    }
    if (terms.qty) {
        if (!is_lot(*terms.qty, rules.qty_max, rules)) return Refusal::lot_size;
        if (terms.kind == OrderKind::market && *terms.qty > rules.market_qty_max) {
            return Refusal::market_lot_size;
        }
        if (const auto refusal = check_iceberg(terms, rules)) return refusal;
    }
    if (terms.price && terms.qty && !is_notional_allowed(*terms.price, *terms.qty, rules)) {
        return Refusal::notional;
    }
    if (terms.quote_qty && *terms.quote_qty < rules.notional_min) return Refusal::notional;
    if (terms.trailing_bps && (*terms.trailing_bps < rules.trailing_bps_min ||
                               *terms.trailing_bps > rules.trailing_bps_max)) {
        return Refusal::trailing_delta;
    }
    return std::nullopt;
}

bool is_within_percent(Price price, Price average, const Rules& rules) {
    const base::Int128 scaled = base::Int128{price.raw} * rules.multiplier_down_inverse;
    return base::Int128{price.raw} <= base::Int128{average.raw} * rules.multiplier_up &&
           scaled >= average.raw;
}

bool is_notional_allowed(Price price, Qty qty, const Rules& rules) {
    const Money value = multiply(price, qty);
    return value >= rules.notional_min && (!rules.notional_max || value <= *rules.notional_max);
}

}  // namespace tradewind::exchange
