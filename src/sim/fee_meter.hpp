// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "domain/instrument.hpp"
#include "sim/account.hpp"
#include "sim/fee_tiers.hpp"

namespace tradewind::sim {

/// Works out what a fill costs, and counts what was traded.
class FeeMeter {
public:
    /// `table` and `account` outlive it.
    FeeMeter(const InstrumentTable& table, const Account& account, FeeTerms terms);

    /// By schedule and tier, in quote currency.
    [[nodiscard]] Money fee(const FeeQuery& query, InstrumentId instrument, Timestamp now) {
        if (terms_.tiers.empty()) [[likely]]
            return fee_of(query, table_.at(instrument));
        return tiered_fee(query, instrument, now);
    }

    struct Charge {
        Money amount;
        Currency currency;
    };
    /// What is taken for a fee of so much quote currency: the schedule's currency at the venue's
    /// last rate; the quote currency itself where that rate is unknown, or where the balance of a
    /// currency other than the settlement's is too short (coins held as a position count).
    [[nodiscard]] Charge charge(Money fee, InstrumentId instrument) const {
        const Instrument& of = table_.at(instrument);
        const Currency settlement = of.settlement.known() ? of.settlement : of.quote;
        const Currency wanted = of.fees.currency.known() ? of.fees.currency : settlement;
        if (wanted == of.quote) [[likely]]
            return {.amount = fee, .currency = wanted};
        return charge_in(wanted, settlement, fee, of);
    }
    void traded(InstrumentId instrument, Qty qty, Money amount, Timestamp now) {
        if (!terms_.tiers.empty()) [[unlikely]]
            count(instrument, qty, amount, now);
    }

private:
    [[nodiscard]] Money tiered_fee(const FeeQuery& query, InstrumentId instrument, Timestamp now);
    [[nodiscard]] Charge charge_in(Currency wanted, Currency settlement, Money fee,
                                   const Instrument& of) const;
    void count(InstrumentId instrument, Qty qty, Money amount, Timestamp now);
    void set_tier(const FeeTier& tier);

    const InstrumentTable& table_;
    const Account& account_;
    FeeTerms terms_;
    RollingVolume volume_;
    std::vector<Instrument> priced_;  ///< the table's instruments with the rates of the tier
    std::int64_t priced_day_ = INT64_MIN;
};

}  // namespace tradewind::sim
