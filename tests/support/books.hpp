// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "market/market.hpp"
#include "portfolio/portfolio.hpp"

/// Small worlds for tests of what reads the books.
namespace tradewind::test {

/// A US share in cents, whole units, without fees.
[[nodiscard]] inline Instrument share(std::string_view symbol) {
    Instrument out;
    out.symbol = symbol;
    out.quote = out.settlement = kUsd;
    return out;
}

[[nodiscard]] inline InstrumentTable table_of(std::initializer_list<Instrument> instruments) {
    InstrumentTable table;
    for (const Instrument& instrument : instruments) table.add(instrument);
    return table;
}

inline constexpr InstrumentId kFirst{0};
inline constexpr InstrumentId kSecond{1};

/// The books without orders: what is worth what, and who holds how much.
struct Books {
    explicit Books(InstrumentTable table, portfolio::Settings settings = {})
        : instruments(std::move(table)), market(instruments), portfolio(instruments, settings) {}
    Books(const Books&) = delete;
    Books& operator=(const Books&) = delete;

    void deposit(Money amount, Currency currency = kUsd) {
        portfolio.apply(CashFlow{currency, amount, CashReason::deposit});
    }
    void trades_at(InstrumentId id, Price price, Timestamp ts = {}) {
        market.apply(ts, Trade{.instrument = id, .price = price, .size = whole_qty(1)});
        portfolio.mark(id, price);
    }
    void fill(StrategyId strategy, InstrumentId id, Side side, Qty qty, Price price) {
        portfolio.apply_fill(strategy, id,
                             {.price = price,
                              .qty = qty,
                              .side = side,
                              .fee_currency = kUsd,
                              .basis = {.reference = price}});
    }

    InstrumentTable instruments;
    market::Market market;
    portfolio::Portfolio portfolio;
};

}  // namespace tradewind::test
