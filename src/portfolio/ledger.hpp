// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "domain/numbers.hpp"

namespace tradewind::portfolio {

/// Where money stands or came from. Cash and inventory are what we have; the others say why, with
/// the sign turned (a profit is a credit, so below zero), so that each currency sums to zero.
enum class Account : std::uint8_t {
    cash,
    inventory,  ///< what is held, at cost; below zero for shorts
    realised,   ///< profit and loss of closed positions
    fees,
    dividends,
    funding,
    interest,  ///< earned and paid, borrow costs and rollover too
    capital,   ///< deposits less withdrawals, corrections
    fx,        ///< the two ends of a conversion between currencies
};
inline constexpr std::size_t kAccounts = static_cast<std::size_t>(Account::fx) + 1;

[[nodiscard]] std::string_view to_string(Account value);

/// Index of a currency in a Ledger.
using CurrencyIndex = std::size_t;

/// Double entry in several currencies: `post` alone writes, and adds to one account what it takes
/// from another.
class Ledger {
public:
    /// The index of a currency; it stays the same. A new currency gets the next one.
    CurrencyIndex open(Currency currency);

    /// Two sides of a posting.
    struct Posting {
        Account debit = Account::cash;
        Account credit = Account::capital;
        Money amount;  ///< added to `debit`, taken from `credit`; may be negative
    };
    void post(CurrencyIndex currency, const Posting& posting) {
        Row& row = rows_[currency];
        row.balance[static_cast<std::size_t>(posting.debit)] += posting.amount;
        row.balance[static_cast<std::size_t>(posting.credit)] -= posting.amount;
    }

    [[nodiscard]] Money balance(CurrencyIndex currency, Account account) const {
        return rows_[currency].balance[static_cast<std::size_t>(account)];
    }
    /// 0 for a currency that was never opened.
    [[nodiscard]] Money balance(Currency currency, Account account) const;
    /// Over all accounts of one currency; zero, always.
    [[nodiscard]] Money sum(CurrencyIndex currency) const;
    [[nodiscard]] std::size_t size() const { return rows_.size(); }
    [[nodiscard]] Currency currency(CurrencyIndex index) const { return rows_[index].currency; }

private:
    struct Row {
        Currency currency;
        std::array<Money, kAccounts> balance{};
    };
    std::vector<Row> rows_;
};

}  // namespace tradewind::portfolio
