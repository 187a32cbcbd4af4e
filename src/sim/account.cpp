// SPDX-License-Identifier: Apache-2.0
#include "sim/account.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace tradewind::sim {
namespace {

Qty scaled(Qty qty, std::int64_t numerator, std::int64_t denominator) {
    const auto out = base::mul_div(qty.raw, numerator, denominator, base::Rounding::down);
    ASSERT(out.has_value() && *out <= INT64_MAX && *out >= INT64_MIN);
    return {static_cast<std::int64_t>(*out)};
}

Currency settlement_of(const Instrument& instrument) {
    return instrument.settlement.known() ? instrument.settlement : instrument.quote;
}

Currency fee_currency_of(const Account::Deal& deal, const Instrument& instrument) {
    return deal.fee_currency.known() ? deal.fee_currency : settlement_of(instrument);
}

}  // namespace

Account::Account(const InstrumentTable& table, AccountKind kind, PositionSettings positions)
    : table_(&table),
      kind_(kind),
      positions_(table.size()),
      marks_(table.size()),
      mode_(positions),
      legs_(positions.hedges() ? table.size() : 0) {}

Sides Account::sides(InstrumentId instrument) const {
    if (!mode_.hedges()) return sides_of(position(instrument));
    Sides out;
    for (const auto& entry : legs_.of(instrument)) {
        out.longs += std::max(entry.value, Qty{});
        out.shorts += std::max(-entry.value, Qty{});
    }
    return out;
}

std::vector<Holding> Account::open_in(InstrumentId instrument) const {
    if (!mode_.hedges()) {
        if (position(instrument).raw == 0) return {};
        return {Holding{.instrument = instrument}};
    }
    std::vector<Holding> out;
    for (const auto& entry : legs_.of(instrument)) {
        if (entry.value.raw == 0) continue;
        out.push_back({.instrument = instrument, .strategy = entry.strategy, .leg = entry.leg});
    }
    return out;
}

Qty Account::closable(const Deal& deal) const {
    const Leg closes = leg_closed_by(deal.side);
    if (deal.leg && *deal.leg != closes) return {};
    const Qty held =
        mode_.hedges()
            ? legs_.get({.instrument = deal.instrument, .strategy = deal.strategy, .leg = closes})
            : position(deal.instrument);
    return std::max(deal.side == Side::buy ? -held : held, Qty{});
}

Holding Account::holding_of(const Deal& deal) const {
    if (!mode_.hedges()) return {.instrument = deal.instrument};
    return {.instrument = deal.instrument, .strategy = deal.strategy, .leg = deal.leg};
}

void Account::add(Currency currency, Money amount) {
    const auto found = std::find_if(balances_.begin(), balances_.end(),
                                    [&](const Balance& b) { return b.currency == currency; });
    if (found != balances_.end()) {
        found->amount += amount;
    } else {
        balances_.push_back({.currency = currency, .amount = amount});
    }
}

Money Account::cash(Currency currency) const {
    const auto found = std::find_if(balances_.begin(), balances_.end(),
                                    [&](const Balance& b) { return b.currency == currency; });
    return found == balances_.end() ? Money{} : found->amount;
}

Money Account::interest_base(Currency currency) const {
    Money sum = cash(currency);
    for (const Instrument& of : table_->all()) {
        if (settlement_of(of) != currency) continue;
        const bool borrowed = of.is_derivative() || of.asset_class == AssetClass::fx_pair;
        const Qty counted = borrowed ? positions_[of.id.value] : -sides(of.id).shorts;
        if (counted.raw != 0) sum += notional(marks_[of.id.value], counted, of);
    }
    return sum;
}

std::optional<Account::Standing> Account::standing(Currency currency, InstrumentId priced,
                                                   Price price) const {
    Standing out;
    for (const Balance& balance : balances_) {
        const auto worth = convert(balance.amount, balance.currency, currency);
        if (!worth && balance.amount.raw < 0) return std::nullopt;
        if (worth) out.equity += *worth;
    }
    for (const Instrument& of : table_->all()) {
        const Sides held = sides(of.id);
        if (held.gross().raw == 0) continue;
        const Price mark = of.id == priced ? price : marks_[of.id.value];
        const auto worth = worth_of({.of = of, .mark = mark, .sides = held}, currency);
        if (!worth) return std::nullopt;
        out.equity += worth->net;
        out.required += multiply(worth->margined, of.margin.maintenance);
    }
    return out;
}

Money Account::holdings(Currency currency) const {
    Money sum = cash(currency);
    for (const Instrument& pair : table_->all()) {
        if (pair.base != currency || pair.is_derivative()) continue;
        sum += {base::Int128{positions_[pair.id.value].raw} * base::Int128{base::kDecimalOne}};
    }
    return sum;
}

std::optional<Account::Worth> Account::worth_of(const Held& held, Currency currency) const {
    const auto value = [&](Qty qty) {
        return convert(notional(held.mark, qty, held.of), settlement_of(held.of), currency);
    };
    const auto net = value(held.sides.net());
    if (!net) return std::nullopt;
    if (!mode_.hedges()) return Worth{.net = *net, .margined = abs(*net)};
    const auto counted = value(margined(held.sides, mode_.margin));
    if (!counted) return std::nullopt;
    return Worth{.net = *net, .margined = abs(*counted)};
}

Sides Account::sides_after(const Deal& deal) const {
    if (!mode_.hedges()) {
        return sides_of(position(deal.instrument) + signed_qty(deal.side, deal.qty));
    }
    Sides out = sides(deal.instrument);
    const Qty closes = std::min(closable(deal), deal.qty);
    const bool buys = deal.side == Side::buy;
    (buys ? out.shorts : out.longs) -= closes;
    (buys ? out.longs : out.shorts) += deal.qty - closes;
    return out;
}

bool Account::affords(const Deal& deal) const {
    if (deal.qty <= closable(deal)) return true;
    const bool lends = kind_ == AccountKind::margin || table_->at(deal.instrument).is_derivative();
    return lends ? meets_margin(deal) : pays_cash(deal);
}

bool Account::pays_cash(const Deal& deal) const {
    const Instrument& instrument = table_->at(deal.instrument);
    if (deal.side == Side::sell) {
        // A coin or currency may have been deposited instead of bought.
        const Money held = instrument.base.known() ? cash(instrument.base) : Money{};
        const Qty wanted = deal.qty - std::max(position(deal.instrument), Qty{});
        return held >= Money{base::Int128{wanted.raw} * base::Int128{base::kDecimalOne}};
    }
    const Money cost = notional(deal.price, deal.qty, instrument);
    const bool fee_in_cash = fee_currency_of(deal, instrument) == settlement_of(instrument);
    return cash(settlement_of(instrument)) >= (fee_in_cash ? cost + deal.fee : cost);
}

std::optional<Money> Account::convert(Money amount, Currency from, Currency to) const {
    if (from == to || amount.raw == 0) return amount;
    for (const Instrument& pair : table_->all()) {
        const Price price = marks_[pair.id.value];
        if (price.raw <= 0 || pair.is_derivative()) continue;
        if (pair.base == from && pair.quote == to)
            return scale(amount, price.raw, base::kDecimalOne);
        if (pair.base == to && pair.quote == from)
            return scale(amount, base::kDecimalOne, price.raw);
    }
    return std::nullopt;
}

bool Account::meets_margin(const Deal& deal) const {
    const Instrument& traded = table_->at(deal.instrument);
    const Currency currency = settlement_of(traded);
    Money equity, used;
    const auto fee = convert(deal.fee, fee_currency_of(deal, traded), currency);
    equity -= fee.value_or(deal.fee);
    for (const Balance& balance : balances_) {
        const auto worth = convert(balance.amount, balance.currency, currency);
        if (!worth && balance.amount.raw < 0) return false;  // a debt of unknown size
        if (worth) equity += *worth;
    }
    for (const Instrument& instrument : table_->all()) {
        const bool is_traded = instrument.id == deal.instrument;
        const Sides held = is_traded ? sides_after(deal) : sides(instrument.id);
        const Price mark = is_traded ? deal.price : marks_[instrument.id.value];
        if (is_traded) {
            equity -= notional(deal.price, signed_qty(deal.side, deal.qty), instrument);
        }
        if (held.gross().raw == 0) continue;
        const auto worth = worth_of({.of = instrument, .mark = mark, .sides = held}, currency);
        if (!worth) return false;
        equity += worth->net;
        used += multiply(worth->margined, instrument.margin.initial);
    }
    return equity >= used;
}

void Account::apply(const Deal& deal) {
    const Instrument& instrument = table_->at(deal.instrument);
    const Qty traded = signed_qty(deal.side, deal.qty);
    positions_[deal.instrument.value] += traded;
    if (mode_.hedges()) {
        ASSERT(deal.leg.has_value());
        legs_.at(holding_of(deal)) += traded;
    }
    add(settlement_of(instrument), -notional(deal.price, traded, instrument));
    if (deal.fee.raw != 0) add(fee_currency_of(deal, instrument), -deal.fee);
}

void Account::split(const CorporateAction& action) {
    Qty& held = positions_[action.instrument.value];
    Price& last = marks_[action.instrument.value];
    held = scaled(held, action.new_shares, action.old_shares);
    if (mode_.hedges()) {
        held = {};
        for (auto& entry : legs_.of(action.instrument)) {
            entry.value = scaled(entry.value, action.new_shares, action.old_shares);
            held += entry.value;
        }
    }
    last = {scaled({last.raw}, action.old_shares, action.new_shares).raw};
}

void Account::pay(InstrumentId instrument, Price amount) {
    const Instrument& of = table_->at(instrument);
    add(settlement_of(of), notional(amount, position(instrument), of));
}

}  // namespace tradewind::sim
