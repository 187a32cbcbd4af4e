// SPDX-License-Identifier: Apache-2.0
#include "sim/liquidator.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "sim/fill_rules.hpp"

namespace tradewind::sim {

Liquidator::Liquidator(OrderDesk& desk)
    : desk_(desk), settings_(desk.settings().margin), called_(desk.table().size()) {}

Currency Liquidator::currency_of(InstrumentId instrument) const {
    const Instrument& of = desk_.table().at(instrument);
    return of.settlement.known() ? of.settlement : of.quote;
}

std::optional<Account::Standing> Liquidator::standing(const Holding& of, Price price) const {
    if (const IsolatedMargin* isolated = desk_.isolated_margin()) {
        return isolated->standing(of, desk_.account().held(of), price);
    }
    return desk_.account().standing(currency_of(of.instrument), of.instrument, price);
}

std::optional<Price> Liquidator::breach(const Holding& of, const PricePath& path) const {
    return first_breach(path, desk_.table().at(of.instrument).tick, [&](Price price) {
        const auto now = standing(of, price);
        return now && now->equity < now->required;
    });
}

/// A unit of price moves equity by what is held, and what is asked for by its share of what asks.
bool Liquidator::suffers_from_a_fall(InstrumentId instrument) const {
    const Sides sides = desk_.account().sides(instrument);
    const PositionSettings& mode = desk_.settings().positions;
    if (!mode.hedges()) return sides.longs.raw > 0;
    const Rate keeps = desk_.table().at(instrument).margin.maintenance;
    return base::Int128{sides.net().raw} * base::kDecimalOne >
           base::Int128{margined(sides, mode.margin).raw} * keeps.raw;
}

Holding Liquidator::loser(InstrumentId instrument, bool by_a_fall) const {
    const auto all = desk_.account().open_in(instrument);
    ASSERT(!all.empty());
    const auto loss = [&](const Holding& of) {
        const Qty held = desk_.account().held(of);
        return by_a_fall ? held : -held;
    };
    return *std::ranges::max_element(all, {}, loss);
}

/// Isolated: the price at which nothing is left behind the position, onto the tick on our side.
Price Liquidator::no_worse_than_bankrupt(const Holding& holding, Price price) const {
    const IsolatedMargin* isolated = desk_.isolated_margin();
    if (isolated == nullptr) return price;
    const Instrument& of = desk_.table().at(holding.instrument);
    const Qty held = desk_.account().held(holding);
    const auto is_solvent = [&](Price at) {
        return isolated->standing(holding, held, at).equity.raw >= 0;
    };
    if (is_solvent(price)) return price;
    // Value is linear in the price: from here as far as the debt is worth.
    const Money debt = abs(isolated->standing(holding, held, price).equity);
    const Money unit = notional(Price{base::kDecimalOne}, held, of);
    const auto way =
        base::mul_div(debt.raw, base::kDecimalOne, unit.raw, base::Rounding::half_even);
    ASSERT(way.has_value() && *way <= INT64_MAX && *way >= INT64_MIN);
    const Price bankrupt = price + PriceDelta{static_cast<std::int64_t>(*way)};
    const Price kept =
        round_to_tick(bankrupt, of.tick, held.raw > 0 ? TickRounding::up : TickRounding::down);
    return kept;
}

void Liquidator::close(const Holding& holding, Price at, bool ambiguous) {
    const Instrument& of = desk_.table().at(holding.instrument);
    const Qty held = desk_.account().held(holding);
    const Side side = held.raw > 0 ? Side::sell : Side::buy;
    const Price slid = slipped(
        {.side = side, .reference = at, .qty = abs(held), .volume = {}, .limit = std::nullopt},
        desk_.settings().slippage, of);
    const Price price = no_worse_than_bankrupt(holding, slid);
    const Money fee = multiply(abs(notional(price, held, of)), settings_.liquidation_fee);
    desk_.close_out(holding, {.price = price,
                              .qty = abs(held),
                              .fee = fee,
                              .basis = {.reference = at, .ambiguous = ambiguous},
                              .true_at = desk_.now_ts()});
}

std::optional<Holding> Liquidator::next_to_close() const {
    if (is_isolated()) return std::nullopt;
    std::optional<Holding> most;
    Money most_required;
    for (const Instrument& of : desk_.table().all()) {
        for (const Holding& holding : desk_.account().open_in(of.id)) {
            const Price mark = desk_.account().mark(of.id);
            const auto now = standing(holding, mark);
            if (!now || now->equity >= now->required) return std::nullopt;
            const Money value = abs(notional(mark, desk_.account().held(holding), of));
            const auto worth =
                desk_.account().convert(multiply(value, of.margin.maintenance), currency_of(of.id),
                                        currency_of(InstrumentId{0}));
            if (!worth || (most && *worth <= most_required)) continue;
            most = holding;
            most_required = *worth;
        }
    }
    return most;
}

void Liquidator::look(InstrumentId instrument) {
    if (!watches(instrument)) return;
    if (!is_isolated()) return look_at({.instrument = instrument});
    for (const Holding& of : desk_.account().open_in(instrument)) look_at(of);
}

void Liquidator::look_at(const Holding& of) {
    const auto now = standing(of, desk_.account().mark(of.instrument));
    const bool is_scarce = now && now->equity < multiply(now->required, settings_.call_at);
    bool& called = called_.at(is_isolated() ? of : Holding{});
    const bool is_news = is_scarce && !called;
    called = is_scarce;
    if (!is_news) return;
    ++desk_.counts().margin_calls;
    desk_.tell_account(
        MarginCall{.instrument = is_isolated() ? std::optional{of.instrument} : std::nullopt,
                   .currency = currency_of(of.instrument),
                   .equity = now->equity,
                   .required = now->required,
                   .strategy = of.leg ? std::optional{of.strategy} : std::nullopt,
                   .leg = of.leg});
}

}  // namespace tradewind::sim
