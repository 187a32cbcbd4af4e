// SPDX-License-Identifier: Apache-2.0
#include "sim/liquidator.hpp"

#include <algorithm>

#include "sim/fill_rules.hpp"

namespace tradewind::sim {

Liquidator::Liquidator(OrderDesk& desk)
    : desk_(desk), settings_(desk.settings().margin), called_(desk.table().size()) {}

Currency Liquidator::currency_of(InstrumentId instrument) const {
    const Instrument& of = desk_.table().at(instrument);
    return of.settlement.known() ? of.settlement : of.quote;
}

std::optional<Account::Standing> Liquidator::standing(InstrumentId instrument, Price price) const {
    if (const IsolatedMargin* isolated = desk_.isolated_margin()) {
        return isolated->standing(instrument, desk_.account().position(instrument), price);
    }
    return desk_.account().standing(currency_of(instrument), instrument, price);
}

std::optional<Price> Liquidator::breach(InstrumentId instrument, const PricePath& path) const {
    return first_breach(path, desk_.table().at(instrument).tick, [&](Price price) {
        const auto now = standing(instrument, price);
        return now && now->equity < now->required;
    });
}

/// Isolated: the price at which nothing is left behind the position, onto the tick on our side.
Price Liquidator::no_worse_than_bankrupt(InstrumentId instrument, Price price) const {
    const IsolatedMargin* isolated = desk_.isolated_margin();
    if (isolated == nullptr) return price;
    const Instrument& of = desk_.table().at(instrument);
    const Qty held = desk_.account().position(instrument);
    const auto is_solvent = [&](Price at) {
        return isolated->standing(instrument, held, at).equity.raw >= 0;
    };
    if (is_solvent(price)) return price;
    // Value is linear in the price: from here as far as the debt is worth.
    const Money debt = abs(isolated->standing(instrument, held, price).equity);
    const Money unit = notional(Price{base::kDecimalOne}, held, of);
    const auto way =
        base::mul_div(debt.raw, base::kDecimalOne, unit.raw, base::Rounding::half_even);
    ASSERT(way.has_value() && *way <= INT64_MAX && *way >= INT64_MIN);
    const Price bankrupt = price + PriceDelta{static_cast<std::int64_t>(*way)};
    const Price kept =
        round_to_tick(bankrupt, of.tick, held.raw > 0 ? TickRounding::up : TickRounding::down);
    return kept;
}

void Liquidator::close(InstrumentId instrument, Price at, bool ambiguous) {
    const Instrument& of = desk_.table().at(instrument);
    const Qty held = desk_.account().position(instrument);
    const Side side = held.raw > 0 ? Side::sell : Side::buy;
    const Price slid = slipped(
        {.side = side, .reference = at, .qty = abs(held), .volume = {}, .limit = std::nullopt},
        desk_.settings().slippage, of);
    const Price price = no_worse_than_bankrupt(instrument, slid);
    const Money fee = multiply(abs(notional(price, held, of)), settings_.liquidation_fee);
    desk_.close_out(instrument, {.price = price,
                                 .qty = abs(held),
                                 .fee = fee,
                                 .basis = {.reference = at, .ambiguous = ambiguous},
                                 .true_at = desk_.now_ts()});
}

std::optional<InstrumentId> Liquidator::next_to_close() const {
    if (is_isolated()) return std::nullopt;
    std::optional<InstrumentId> most;
    Money most_required;
    for (const Instrument& of : desk_.table().all()) {
        const Qty held = desk_.account().position(of.id);
        if (held.raw == 0) continue;
        const auto now = standing(of.id, desk_.account().mark(of.id));
        if (!now || now->equity >= now->required) return std::nullopt;
        const Money value = abs(notional(desk_.account().mark(of.id), held, of));
        const auto worth =
            desk_.account().convert(multiply(value, of.margin.maintenance), currency_of(of.id),
                                    currency_of(InstrumentId{0}));
        if (!worth || (most && *worth <= most_required)) continue;
        most = of.id;
        most_required = *worth;
    }
    return most;
}

void Liquidator::look(InstrumentId instrument) {
    if (!watches(instrument)) return;
    const auto now = standing(instrument, desk_.account().mark(instrument));
    const bool is_scarce = now && now->equity < multiply(now->required, settings_.call_at);
    const std::size_t who = is_isolated() ? instrument.value : 0;
    const bool is_news = is_scarce && !called_[who];
    called_[who] = is_scarce;
    if (!is_news) return;
    ++desk_.counts().margin_calls;
    desk_.tell_account(
        MarginCall{.instrument = is_isolated() ? std::optional{instrument} : std::nullopt,
                   .currency = currency_of(instrument),
                   .equity = now->equity,
                   .required = now->required});
}

}  // namespace tradewind::sim
