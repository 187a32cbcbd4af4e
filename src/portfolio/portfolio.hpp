// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "portfolio/ledger.hpp"

namespace tradewind::portfolio {

enum class AccountKind : std::uint8_t {
    cash,    ///< everything is paid in full; nothing can be sold that is not held
    margin,  ///< positions need their instrument's margin rates
};

struct Settings {
    Currency base = kUsd;  ///< equity is counted in it
    AccountKind kind = AccountKind::cash;
    std::size_t strategies = 1;
};

/// What one strategy, or the whole account, holds of one instrument. Amounts are in the
/// instrument's quote currency.
struct Position {
    Qty qty;     ///< short is below zero
    Money cost;  ///< what the open quantity cost, exactly; below zero for shorts. A flat position
                 ///< has none
    Money realised;   ///< of closed quantity, before fees
    Money fees;       ///< paid
    Money dividends;  ///< received less paid
    Money funding;    ///< received less paid

    [[nodiscard]] bool is_flat() const { return qty.raw == 0; }
    friend bool operator==(const Position&, const Position&) = default;
};

/// What a fill did. Amounts in the instrument's quote currency.
struct FillOutcome {
    Qty before;  ///< the strategy's position
    Qty after;
    Money realised;            ///< of what it closed, before fees
    std::optional<Money> fee;  ///< nullopt where the fee's currency has no known rate
};

/// Money that positions need, in base currency.
struct MarginUse {
    Money initial;
    Money maintenance;
};

/// Market value of what is held, in base currency.
struct Exposure {
    Money gross;  ///< sum of magnitudes
    Money net;    ///< shorts below zero
};

/// The book of positions and cash: a fold of fills, cash flows, corporate actions, funding and
/// marks, kept as double entry in every currency. One thread owns it.
///
/// - Spot (shares, coins, currency pairs) exchanges cash for the thing: a buy takes price x qty of
/// the quote currency
///   and adds as much to inventory at cost. A currency pair is a position in the pair too: a buy of
///   EURUSD lowers cash in USD and no EUR balance appears. Derivatives exchange no cash for the
///   contract; profit and loss goes to cash when it is realised, in the settlement currency (at the
///   rate of that moment; while the rate is unknown, in the quote currency). Multiplier included
///   everywhere.
/// - Average cost: an opening fill adds its notional to the cost; a closing fill takes the closed
/// share of the cost, rounded
///   half to even at 1e-18, and closing all of it takes all. Sums of strategies are the account:
///   its cost is the sum of theirs, so two strategies against each other leave the account flat
///   with the cost of their locked-in difference.
/// - Fees are cash in their own currency; a currency that the instrument does not name is the
/// settlement currency.
/// - Equity: cash + value of spot positions + open profit of derivatives, each currency through its
/// pair in the table, direct or
///   inverse, at that pair's mark. An unknown rate gives nullopt, never 1. Where several pairs
///   would do the first in the table that has a mark is taken.
/// - A position's mark is the last one given; before that the price of its fill.
class Portfolio {
public:
    /// `instruments` outlives the portfolio.
    Portfolio(const InstrumentTable& instruments, Settings settings);

    void apply(const CashFlow& flow);
    FillOutcome apply_fill(StrategyId strategy, InstrumentId instrument, const Fill& fill);
    /// Split: quantities by the ratio; what is no whole lot is paid out in cash at the new mark.
    /// Dividend: longs receive, shorts pay. Delisting: positions are closed at `amount`. Symbol
    /// change: nothing.
    void apply(const CorporateAction& action);
    /// Longs pay shorts rate x notional at the event's mark, else at `mark`, else at the last mark;
    /// false where none is known (no position then, or nothing to pay).
    bool apply(const Funding& funding, std::optional<Price> mark = std::nullopt);

    /// A unit's price now. The hot path: one comparison where nothing is held.
    void mark(InstrumentId instrument, Price price);

    /// In base currency; nullopt where a currency that matters has no rate.
    [[nodiscard]] std::optional<Money> equity() const;
    /// Cash by the ledger.
    [[nodiscard]] Money cash(Currency currency) const;
    /// All cash in base currency.
    [[nodiscard]] std::optional<Money> total_cash() const;
    /// Settled cash less what is reserved for working orders.
    [[nodiscard]] Money free_cash(Currency currency) const;
    /// Sets aside (or, below zero, gives back) cash for working orders.
    void reserve(Currency currency, Money amount);

    [[nodiscard]] const Position& position(StrategyId strategy, InstrumentId instrument) const {
        return positions_[cell(strategy, instrument)];
    }
    /// The whole account's.
    [[nodiscard]] const Position& position(InstrumentId instrument) const {
        return row(instrument).total;
    }
    /// Instruments with any strategy's open position, by id.
    [[nodiscard]] std::span<const InstrumentId> held() const { return held_; }
    [[nodiscard]] std::optional<Price> mark_of(InstrumentId instrument) const;
    /// Cost a unit in price terms; nullopt where flat.
    [[nodiscard]] std::optional<Price> average_price(StrategyId strategy,
                                                     InstrumentId instrument) const;
    /// Open profit at the mark, in quote currency.
    [[nodiscard]] Money unrealised(InstrumentId instrument) const;
    [[nodiscard]] Money unrealised(StrategyId strategy, InstrumentId instrument) const;
    /// Realised + open profit + dividends + funding - fees of all its positions, in base currency.
    [[nodiscard]] std::optional<Money> pnl(StrategyId strategy) const;

    [[nodiscard]] std::optional<MarginUse> margin_use() const;
    [[nodiscard]] std::optional<Exposure> exposure() const;
    /// Equity less initial margin.
    [[nodiscard]] std::optional<Money> free_margin() const;

    /// Units of base currency for one of `currency`; nullopt where unknown.
    [[nodiscard]] std::optional<Price> rate(Currency currency) const;
    /// An amount of `currency` in base currency.
    [[nodiscard]] std::optional<Money> to_base(Currency currency, Money amount) const;

    [[nodiscard]] const Ledger& ledger() const { return ledger_; }
    [[nodiscard]] const Settings& settings() const { return settings_; }

private:
    /// One instrument. `value` and `cost` are what the account's equity counts of it.
    struct Row {
        Price mark;
        bool has_mark = false;
        bool is_derivative = false;
        bool is_rate_source = false;
        std::uint32_t held_by = 0;  ///< strategies with an open position
        std::uint32_t quote = 0;    ///< index of the quote currency
        std::uint32_t settlement = 0;
        Position total;
    };
    /// What equity counts of one currency.
    struct Worth {
        Money amount;   ///< cash + position values, in this currency
        Money in_base;  ///< the same in base currency, while `fresh`
        bool fresh = false;
        bool is_base = false;
        std::vector<std::uint32_t> direct;   ///< pairs (this, base), by id
        std::vector<std::uint32_t> inverse;  ///< pairs (base, this)
    };

    [[nodiscard]] std::size_t cell(StrategyId strategy, InstrumentId instrument) const {
        ASSERT(strategy.value < settings_.strategies && instrument.value < rows_.size());
        return std::size_t{strategy.value} * rows_.size() + instrument.value;
    }
    [[nodiscard]] const Row& row(InstrumentId instrument) const {
        ASSERT(instrument.value < rows_.size());
        return rows_[instrument.value];
    }

    const InstrumentTable& instruments_;
    Settings settings_;
    Ledger ledger_;
    std::vector<Row> rows_;
    std::vector<Position> positions_;  ///< [strategies, instruments]
    std::vector<InstrumentId> held_;
    mutable std::vector<Worth> worth_;  ///< by currency index
    std::vector<Money> reserved_;
};

}  // namespace tradewind::portfolio
