// SPDX-License-Identifier: Apache-2.0
#include "portfolio/ledger.hpp"

#include "domain/names.hpp"

namespace tradewind::portfolio {
namespace {

constexpr auto kAccountNames = names<Account>("cash", "inventory", "realised", "fees", "dividends",
                                              "funding", "interest", "capital", "fx");
static_assert(kAccountNames.text.size() == kAccounts);

}  // namespace

std::string_view to_string(Account value) { return kAccountNames.of(value); }

CurrencyIndex Ledger::open(Currency currency) {
    for (CurrencyIndex i = 0; i < rows_.size(); ++i) {
        if (rows_[i].currency == currency) return i;
    }
    rows_.push_back({.currency = currency, .balance = {}});
    return rows_.size() - 1;
}

Money Ledger::balance(Currency currency, Account account) const {
    for (CurrencyIndex i = 0; i < rows_.size(); ++i) {
        if (rows_[i].currency == currency) return balance(i, account);
    }
    return {};
}

Money Ledger::sum(CurrencyIndex currency) const {
    Money total;
    for (const Money& balance : rows_[currency].balance) total += balance;
    return total;
}

}  // namespace tradewind::portfolio
