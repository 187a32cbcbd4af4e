// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "domain/position_mode.hpp"
#include "sim/account_kind.hpp"
#include "sim/holding.hpp"

namespace tradewind::sim {

/// The account as the venue keeps it: what it lends on, not what a portfolio reports.
///
/// Every trade exchanges quantity for cash in the settlement currency, derivatives too: their cash
/// then holds the cost of what is open, and cash plus the value of all positions is the equity
/// either way.
///
/// Hedging: each strategy has a long and a short leg of an instrument. A deal that names no leg
/// closes the strategy's other leg first, and opens its own with the rest.
class Account {
public:
    Account(const InstrumentTable& table, AccountKind kind, PositionSettings positions = {});

    void add(Currency currency, Money amount);
    [[nodiscard]] Money cash(Currency currency) const;
    [[nodiscard]] Qty position(InstrumentId instrument) const {
        return positions_[instrument.value];
    }
    /// Longs and shorts: where hedged, sums of the legs.
    [[nodiscard]] Sides sides(InstrumentId instrument) const;
    /// What is held there; shorts below zero.
    [[nodiscard]] Qty held(const Holding& of) const {
        return of.leg ? legs_.get(of) : position(of.instrument);
    }
    /// What is open of an instrument, by strategy, then leg.
    [[nodiscard]] std::vector<Holding> open_in(InstrumentId instrument) const;
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
        StrategyId strategy{};
        std::optional<Leg> leg{};  ///< hedging
    };
    /// How much such a deal could close. Of `deal` its quantity does not count.
    [[nodiscard]] Qty closable(const Deal& deal) const;
    /// Where a part of the deal belongs that only opens, or only closes.
    [[nodiscard]] Holding holding_of(const Deal& deal) const;

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
    /// Where hedged, the deal names its leg.
    void apply(const Deal& deal);

    /// A split restates what is held and the mark.
    void split(const CorporateAction& action);
    /// A cash dividend or a delisting's payment of `amount` a share.
    void pay(InstrumentId instrument, Price amount);
    void close(InstrumentId instrument) {
        positions_[instrument.value] = {};
        if (mode_.hedges()) legs_.clear(instrument);
    }

private:
    [[nodiscard]] bool pays_cash(const Deal& deal) const;
    [[nodiscard]] bool meets_margin(const Deal& deal) const;
    [[nodiscard]] Sides sides_after(const Deal& deal) const;

    struct Held {
        const Instrument& of;
        Price mark;
        Sides sides;
    };
    /// What it is worth, and what of it asks for margin.
    struct Worth {
        Money net;
        Money margined;
    };
    [[nodiscard]] std::optional<Worth> worth_of(const Held& held, Currency currency) const;

    struct Balance {
        Currency currency;
        Money amount;
    };

    const InstrumentTable* table_;
    AccountKind kind_;
    std::vector<Balance> balances_;  ///< few; in the order of first use
    std::vector<Qty> positions_;
    std::vector<Price> marks_;
    PositionSettings mode_;
    HoldingRows<Qty> legs_;  ///< empty where netted
};

}  // namespace tradewind::sim
