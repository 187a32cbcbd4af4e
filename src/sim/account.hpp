// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "sim/account_kind.hpp"

namespace tradewind::sim {

/// The account as the venue keeps it: what it lends on, not what a portfolio reports.
///
/// Every trade exchanges quantity for cash in the settlement currency, derivatives too: their cash
/// then holds the cost of what is open, and cash plus the value of all positions is the equity
/// either way.
class Account {
public:
    Account(const InstrumentTable& table, AccountKind kind);

    void add(Currency currency, Money amount);
    [[nodiscard]] Money cash(Currency currency) const;
    [[nodiscard]] Qty position(InstrumentId instrument) const {
        return positions_[instrument.value];
    }
    /// The last price; the exchange writes it with every piece of market data.
    [[nodiscard]] Price& mark(InstrumentId instrument) { return marks_[instrument.value]; }
    [[nodiscard]] Price mark(InstrumentId instrument) const { return marks_[instrument.value]; }

    struct Deal {
        InstrumentId instrument;
        Side side = Side::buy;
        Price price;
        Qty qty;
        Money fee;
        Currency fee_currency{};  ///< unknown: the settlement currency
    };
    /// The balance that bears interest: cash, with what derivatives and currency pairs are worth
    /// (their cash holds their cost), less what shorts were sold for (it stands as collateral).
    [[nodiscard]] Money interest_base(Currency currency) const;
    /// Equity, and the maintenance margin of all positions.
    struct Standing {
        Money equity;
        Money required;
    };
    /// In a currency, with `priced` at `price` and everything else at its mark; nullopt where a
    /// position or a debt has no rate. Balances of unknown worth count nothing.
    [[nodiscard]] std::optional<Standing> standing(Currency currency, InstrumentId priced,
                                                   Price price) const;
    /// Cash, and coins or currency that are held as a position.
    [[nodiscard]] Money holdings(Currency currency) const;
    /// `amount` in another currency, at the last price of the first pair in the table that has
    /// one; nullopt where none does.
    [[nodiscard]] std::optional<Money> convert(Money amount, Currency from, Currency to) const;
    /// Whether the deal can be paid for, or its margin met. Deals that only reduce always can.
    [[nodiscard]] bool affords(const Deal& deal) const;
    void apply(const Deal& deal);

    /// A split restates the position and the mark.
    void split(const CorporateAction& action);
    /// A cash dividend or a delisting's payment of `amount` a share.
    void pay(InstrumentId instrument, Price amount);
    void close(InstrumentId instrument) { positions_[instrument.value] = {}; }

private:
    [[nodiscard]] bool pays_cash(const Deal& deal) const;
    [[nodiscard]] bool meets_margin(const Deal& deal) const;

    struct Balance {
        Currency currency;
        Money amount;
    };

    const InstrumentTable* table_;
    AccountKind kind_;
    std::vector<Balance> balances_;  ///< few; in the order of first use
    std::vector<Qty> positions_;
    std::vector<Price> marks_;
};

}  // namespace tradewind::sim
