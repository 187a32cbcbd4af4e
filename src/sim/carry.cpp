// SPDX-License-Identifier: Apache-2.0
#include "sim/carry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/hash.hpp"
#include "domain/calendar.hpp"

namespace tradewind::sim {
namespace {

constexpr std::string_view kEverything = "*";
constexpr int kNightsOfWednesday = 3;

std::string percent(Rate rate) {
    return base::format_decimal(rate.raw, base::kDecimals - 2) + " %";
}

/// Of recorded rates: two runs with the same line had the same recording.
std::uint32_t checksum(const std::vector<RateFrom>& rates) {
    std::uint32_t sum = 0;
    for (const RateFrom& one : rates) {
        const std::int64_t cells[] = {one.from.ns, one.a_year.raw};
        sum = base::crc32c(std::as_bytes(std::span{cells}), sum);
    }
    return sum;
}

Timestamp midnight_after(Timestamp t) { return start_of(utc_date(t)) + days(1); }

/// A pair settles two days later: who holds over Wednesday's roll holds over the weekend.
int nights_of(Timestamp rollover) {
    const Session session = *session_at(CalendarKind::fx_week, rollover - nanoseconds(1));
    const std::chrono::weekday day{std::chrono::sys_days{session.date}};
    return day == std::chrono::Wednesday ? kNightsOfWednesday : 1;
}

bool has_spot_value(const Instrument& instrument) { return !instrument.is_derivative(); }

}  // namespace

std::optional<std::string> fault_of(const CarrySettings& settings, const InstrumentTable& table) {
    if (settings.year_days != 360 && settings.year_days != 365) {
        return fmt::format("a year of {} days: say 360 or 365", settings.year_days);
    }
    for (const BorrowCost& cost : settings.borrow) {
        if (cost.symbol != kEverything && table.find(cost.symbol) == nullptr) {
            return fmt::format("borrow cost of {}: the run has no such instrument", cost.symbol);
        }
        for (std::size_t i = 1; i < cost.rates.size(); ++i) {
            if (cost.rates[i - 1].from < cost.rates[i].from) continue;
            return fmt::format("borrow cost of {}: its rates go back in time at {}", cost.symbol,
                               to_string(cost.rates[i].from));
        }
    }
    for (const SwapPoints& swap : settings.swaps) {
        const Instrument* pair = table.find(swap.symbol);
        if (pair == nullptr || pair->asset_class != AssetClass::fx_pair) {
            return fmt::format("swap points of {}: the run has no such currency pair", swap.symbol);
        }
    }
    return std::nullopt;
}

std::vector<std::string> describe(const CarrySettings& settings) {
    std::vector<std::string> out;
    for (const BorrowCost& cost : settings.borrow) {
        const std::string whom = cost.symbol == kEverything ? "any share" : cost.symbol;
        const std::string rate = cost.rates.size() == 1
                                     ? percent(cost.rates.front().a_year)
                                     : fmt::format("the {} recorded rates ({:08x})",
                                                   cost.rates.size(), checksum(cost.rates));
        out.push_back(fmt::format(
            "Borrow cost: {} a year on the value of what is short of {} at 00:00 UTC, over {} days "
            "a year.",
            rate, whom, settings.year_days));
    }
    for (const CashInterest& one : settings.interest) {
        out.push_back(fmt::format(
            "Interest on {}: {} a year on what is owed and {} on what is there at 00:00 UTC, over "
            "{} days a year.",
            to_string(one.currency), percent(one.debit), percent(one.credit), settings.year_days));
    }
    for (const SwapPoints& swap : settings.swaps) {
        out.push_back(fmt::format("Swap points: {} {} a unit and night for longs, {} for shorts.",
                                  swap.symbol, to_string(swap.for_long),
                                  to_string(swap.for_short)));
    }
    for (const DepositRate& one : settings.deposit_rates) {
        out.push_back(fmt::format("Deposit rate: {} {} a year, over {} days.",
                                  to_string(one.currency), percent(one.a_year),
                                  settings.year_days));
    }
    if (settings.rolls()) {
        out.push_back(fmt::format(
            "Rollover: at 17:00 New York on weekdays, three nights on Wednesday, by {}; a markup "
            "of {} a year.",
            settings.swaps.empty()           ? "the difference of deposit rates"
            : settings.deposit_rates.empty() ? "swap points"
                                             : "swap points, else the difference of deposit rates",
            percent(settings.rollover_markup)));
    }
    return out;
}

Carry::Carry(const InstrumentTable& table, CarrySettings settings)
    : table_(table),
      settings_(std::move(settings)),
      borrow_of_(table.size()),
      swap_of_(table.size()) {
    for (const BorrowCost& cost : settings_.borrow) {
        for (const Instrument& instrument : table.all()) {
            const BorrowCost*& of = borrow_of_[instrument.id.value];
            const bool is_own = cost.symbol == instrument.symbol;
            if (is_own || (cost.symbol == kEverything && of == nullptr)) of = &cost;
        }
    }
    for (const SwapPoints& swap : settings_.swaps) {
        if (const Instrument* pair = table.find(swap.symbol)) swap_of_[pair->id.value] = &swap;
    }
}

void Carry::start(Timestamp now) {
    if (settings_.accrues_daily()) daily_ = midnight_after(now);
    if (settings_.rolls()) rollover_ = session_from(CalendarKind::fx_week, now).close;
}

std::vector<CashFlow> Carry::take_due(const Account& account) {
    std::vector<CashFlow> out;
    const Timestamp at = next();
    if (daily_ == at) {
        accrue_borrow(account, at, out);
        accrue_interest(account, out);
        daily_ = midnight_after(at);
    }
    if (rollover_ == at) {
        roll(account, nights_of(at), out);
        rollover_ = session_from(CalendarKind::fx_week, at).close;
    }
    return out;
}

Money Carry::a_day(Money amount, Rate a_year) const {
    return scale(amount, a_year.raw, settings_.year_days * base::kDecimalOne);
}

/// A derivative's short borrows nothing; a currency pair's pays by rollover.
void Carry::accrue_borrow(const Account& account, Timestamp at, std::vector<CashFlow>& out) const {
    for (const Instrument& of : table_.all()) {
        const BorrowCost* cost = borrow_of_[of.id.value];
        const Qty shorts = account.sides(of.id).shorts;
        if (cost == nullptr || shorts.raw == 0 || !has_spot_value(of)) continue;
        if (of.asset_class == AssetClass::fx_pair) continue;
        const auto later = std::find_if(cost->rates.begin(), cost->rates.end(),
                                        [&](const RateFrom& r) { return r.from > at; });
        if (later == cost->rates.begin()) continue;
        const Money value = abs(notional(account.mark(of.id), shorts, of));
        const Money amount = -a_day(value, (later - 1)->a_year);
        if (amount.raw == 0) continue;
        out.push_back({.currency = of.quote, .amount = amount, .reason = CashReason::borrow_cost});
    }
}

void Carry::accrue_interest(const Account& account, std::vector<CashFlow>& out) const {
    for (const CashInterest& of : settings_.interest) {
        const Money balance = account.interest_base(of.currency);
        const Money amount = a_day(balance, balance.raw < 0 ? of.debit : of.credit);
        if (amount.raw == 0) continue;
        out.push_back({.currency = of.currency, .amount = amount, .reason = CashReason::interest});
    }
}

void Carry::roll(const Account& account, int nights, std::vector<CashFlow>& out) const {
    for (const Instrument& pair : table_.all()) {
        if (pair.asset_class != AssetClass::fx_pair) continue;
        const Sides held = account.sides(pair.id);
        for (const Qty side : {held.longs, -held.shorts}) {
            if (side.raw == 0) continue;
            const Money night = rollover_of(pair, side, account.mark(pair.id));
            const Money amount = scale(night, nights, 1);
            if (amount.raw == 0) continue;
            out.push_back(
                {.currency = pair.quote, .amount = amount, .reason = CashReason::rollover});
        }
    }
}

/// One night's. A long pair holds its base currency and owes the quote currency.
Money Carry::rollover_of(const Instrument& pair, Qty held, Price mark) const {
    if (const SwapPoints* swap = swap_of_[pair.id.value]) {
        const PriceDelta points = held.raw > 0 ? swap->for_long : swap->for_short;
        return scale(multiply(points, abs(held)), pair.multiplier.raw, base::kDecimalOne);
    }
    const auto base = deposit_rate(pair.base), quote = deposit_rate(pair.quote);
    if (!base || !quote) return {};
    const Money value = notional(mark, held, pair);
    return a_day(value, {base->raw - quote->raw}) - a_day(abs(value), settings_.rollover_markup);
}

std::optional<Rate> Carry::deposit_rate(Currency currency) const {
    const auto found = std::find_if(settings_.deposit_rates.begin(), settings_.deposit_rates.end(),
                                    [&](const DepositRate& r) { return r.currency == currency; });
    if (found == settings_.deposit_rates.end()) return std::nullopt;
    return found->a_year;
}

}  // namespace tradewind::sim
