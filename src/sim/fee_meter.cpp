// SPDX-License-Identifier: Apache-2.0
#include "sim/fee_meter.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace tradewind::sim {

FeeMeter::FeeMeter(const InstrumentTable& table, const Account& account, FeeTerms terms)
    : table_(table), account_(account), terms_(std::move(terms)), volume_(terms_.window_days) {
    if (terms_.tiers.empty()) return;
    priced_ = table.all();
    if (!terms_.volume_currency.known() && !priced_.empty()) {
        terms_.volume_currency = priced_.front().quote;
    }
}

void FeeMeter::set_tier(const FeeTier& tier) {
    for (Instrument& instrument : priced_) {
        instrument.fees.maker = tier.maker;
        instrument.fees.taker = tier.taker;
    }
}

/// The tier of a day is that of the days before, so that it is looked up once a day.
Money FeeMeter::tiered_fee(const FeeQuery& query, InstrumentId instrument, Timestamp now) {
    if (const std::int64_t today = utc_day(now); today != priced_day_) {
        priced_day_ = today;
        const Money volume = volume_.before(now);
        const auto above = std::find_if(terms_.tiers.begin() + 1, terms_.tiers.end(),
                                        [&](const FeeTier& tier) { return tier.volume > volume; });
        set_tier(*(above - 1));
    }
    return fee_of(query, priced_[instrument.value]);
}

FeeMeter::Charge FeeMeter::charge_in(Currency wanted, Currency settlement, Money fee,
                                     const Instrument& of) const {
    const bool is_third = wanted != settlement;
    const Money due = is_third ? fee - multiply(fee, terms_.discount) : fee;
    const auto amount = account_.convert(due, of.quote, wanted);
    if (!amount || (is_third && account_.holdings(wanted) < *amount)) {
        return {.amount = fee, .currency = of.quote};
    }
    return {.amount = *amount, .currency = wanted};
}

void FeeMeter::count(InstrumentId instrument, Qty qty, Money amount, Timestamp now) {
    const Instrument& of = table_.at(instrument);
    const Money in_base{base::Int128{qty.raw} * base::Int128{base::kDecimalOne}};
    const auto counted = of.base == terms_.volume_currency
                             ? std::optional{in_base}
                             : account_.convert(amount, of.quote, terms_.volume_currency);
    if (counted) volume_.add(now, *counted);
}

}  // namespace tradewind::sim
