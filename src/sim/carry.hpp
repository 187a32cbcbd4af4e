// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "sim/account.hpp"

/// What it costs, or earns, to hold a position or a balance over night.
namespace tradewind::sim {

/// A yearly rate that holds from an instant on.
struct RateFrom {
    Timestamp from = kTimestampMin;
    Rate a_year;

    friend bool operator==(const RateFrom&, const RateFrom&) = default;
};

/// What borrowing a share costs who is short of it: a rate a year on its value.
struct BorrowCost {
    std::string symbol;           ///< "*": every instrument without one of its own
    std::vector<RateFrom> rates;  ///< by time; before the first nothing is charged

    friend bool operator==(const BorrowCost&, const BorrowCost&) = default;
};

/// Interest on a balance.
struct CashInterest {
    Currency currency;
    Rate debit;   ///< a year, paid on what is below zero
    Rate credit;  ///< a year, earned on what is above

    friend bool operator==(const CashInterest&, const CashInterest&) = default;
};

/// What a position in a currency pair gets for one night, in quote currency a unit; negative is
/// paid.
struct SwapPoints {
    std::string symbol;
    PriceDelta for_long;
    PriceDelta for_short;

    friend bool operator==(const SwapPoints&, const SwapPoints&) = default;
};

/// A currency's deposit rate: pairs without swap points roll at the difference of two of them.
struct DepositRate {
    Currency currency;
    Rate a_year;

    friend bool operator==(const DepositRate&, const DepositRate&) = default;
};

struct CarrySettings {
    std::vector<BorrowCost> borrow{};
    std::vector<CashInterest> interest{};
    std::vector<SwapPoints> swaps{};
    std::vector<DepositRate> deposit_rates{};
    Rate rollover_markup{};        ///< a year, off both sides where rates make the rollover
    std::int64_t year_days = 360;  ///< a day's share of a yearly rate: 360 or 365

    [[nodiscard]] bool accrues_daily() const { return !borrow.empty() || !interest.empty(); }
    [[nodiscard]] bool rolls() const { return !swaps.empty() || !deposit_rates.empty(); }
    friend bool operator==(const CarrySettings&, const CarrySettings&) = default;
};

/// What is wrong with the settings, in one line; nullopt where nothing is.
[[nodiscard]] std::optional<std::string> fault_of(const CarrySettings& settings,
                                                  const InstrumentTable& table);
/// A sentence each; none where nothing accrues.
[[nodiscard]] std::vector<std::string> describe(const CarrySettings& settings);

/// Accrues on what an account holds at an instant: borrow cost and interest at 00:00 UTC, every
/// calendar day; rollover of currency pairs at 17:00 New York on weekdays, three nights on
/// Wednesday. Values are at the venue's last prices; without one nothing accrues.
class Carry {
public:
    /// `table` outlives it.
    Carry(const InstrumentTable& table, CarrySettings settings);

    /// The first instant after `now` at which something accrues; kTimestampMax where nothing ever
    /// does.
    void start(Timestamp now);
    [[nodiscard]] Timestamp next() const { return daily_ < rollover_ ? daily_ : rollover_; }
    /// What is due at `next`, which moves on. The account is left as it is.
    [[nodiscard]] std::vector<CashFlow> take_due(const Account& account);

private:
    void accrue_borrow(const Account& account, Timestamp at, std::vector<CashFlow>& out) const;
    void accrue_interest(const Account& account, std::vector<CashFlow>& out) const;
    void roll(const Account& account, int nights, std::vector<CashFlow>& out) const;
    [[nodiscard]] Money rollover_of(const Instrument& pair, Qty held, Price mark) const;
    [[nodiscard]] Money a_day(Money amount, Rate a_year) const;
    [[nodiscard]] std::optional<Rate> deposit_rate(Currency currency) const;

    const InstrumentTable& table_;
    CarrySettings settings_;
    std::vector<const BorrowCost*> borrow_of_;  ///< by instrument; nullptr: free
    std::vector<const SwapPoints*> swap_of_;    ///< by instrument; nullptr: by rates, if any
    Timestamp daily_ = kTimestampMax;
    Timestamp rollover_ = kTimestampMax;
};

}  // namespace tradewind::sim
