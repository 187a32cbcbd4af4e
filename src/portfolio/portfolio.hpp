// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/change_set.hpp"
#include "base/copy_by_words.hpp"
#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "domain/position_mode.hpp"
#include "portfolio/account_value.hpp"
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
    PositionSettings positions{};
};

/// What one strategy, in one leg or both, or the whole account, holds of one instrument. Amounts
/// are in the instrument's quote currency.
struct Position {
    Qty qty;     ///< short is below zero
    Money cost;  ///< what the open quantity cost, exactly; below zero for shorts. A flat position
                 ///< has none, except that of several whose difference is locked in
    Money realised;   ///< of closed quantity, before fees
    Money fees;       ///< paid
    Money dividends;  ///< received less paid
    Money funding;    ///< received less paid

    [[nodiscard]] bool is_flat() const { return qty.raw == 0; }
    friend bool operator==(const Position&, const Position&) = default;
};

/// What a fill did. Amounts in the instrument's quote currency.
struct FillOutcome {
    Qty before;  ///< the strategy's position, where hedged its leg
    Qty after;
    Money realised;            ///< of what it closed, before fees
    std::optional<Money> fee;  ///< nullopt where the fee's currency has no known rate
};

/// An open position that stands on its own: of a strategy in an instrument, where hedged one of its
/// legs.
struct Holding {
    StrategyId strategy;
    std::optional<Leg> leg;
    Position position;
};

/// A fill, or a part of one, and whose it is.
struct StrategyFill {
    StrategyId strategy;
    Fill fill;
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
///   the quote currency and adds as much to inventory at cost. A currency pair is held as a
///   position in the pair too: a buy of EURUSD lowers cash in USD, and no EUR balance appears.
///   Derivatives exchange no cash for the contract; profit and loss goes to cash when it is
///   realised, in the settlement currency at the rate of that moment (in the quote currency while
///   that rate is unknown).
/// - Average cost: an opening fill adds its notional to the cost; a closing fill takes the closed
///   share of the cost, rounded half to even at 1e-18, and closing all of it takes all. The
///   account's position is the sum of the strategies': two that stand against each other leave it
///   flat, with the cost of their locked-in difference.
/// - Hedging: what has a cost of its own is a leg of a strategy; a fill belongs to the leg that it
///   names, else to the one that its side opens. The strategy's position is the sum of its legs.
///   Exposure counts both sides, margin as `HedgedMargin` says.
/// - Fees are cash in their own currency; one that the fill does not name is the settlement
///   currency.
/// - Equity is cash + value of spot positions + open profit of derivatives, each currency by its
///   pair in the table, direct or inverse, at that pair's mark. An unknown rate gives nullopt,
///   never 1. Of several pairs the first in the table that has a mark is taken.
/// - An instrument's mark is the last one given; before that the price of its first fill.
class Portfolio {
public:
    /// `instruments` outlives the portfolio.
    Portfolio(const InstrumentTable& instruments, Settings settings);

    void apply(const CashFlow& flow);
    FillOutcome apply_fill(StrategyId strategy, InstrumentId instrument, const Fill& fill);
    /// What of a fill that no order of ours asked for falls to each strategy: to the one that it
    /// names, else to those that hold on the side that it closes, in their order, each up to what
    /// it holds; what nobody holds is the first strategy's. The fee goes by quantity.
    [[nodiscard]] std::vector<StrategyFill> shares_of(const Liquidation& liquidation) const;
    /// Split: quantities by the ratio; what is no whole lot is paid out in cash at the new mark.
    /// Dividend: longs receive, shorts pay. Delisting: positions are closed at `amount`. Symbol
    /// change: nothing.
    void apply(const CorporateAction& action);
    /// Longs pay shorts rate x notional at the event's mark, else at `mark`, else at the last mark;
    /// false where none is known (no position then, or nothing to pay).
    bool apply(const Funding& funding, std::optional<Price> mark = std::nullopt);

    /// A unit's price now. The hot path: measured in bench/portfolio.cpp.
    void mark(InstrumentId instrument, Price price) {
        ASSERT(instrument.value < known_);
        Row& row = rows_[instrument.value];
        row.mark = price;
        row.has_mark = true;
        if ((row.total.qty.raw | row.hedged.raw) != 0) revalue(row);
        touch(instrument);
        if (row.is_rate_source) [[unlikely]]
            forget_rates();
    }

    /// In base currency; nullopt where a currency that matters has no rate.
    [[nodiscard]] std::optional<Money> equity() const {
        if (worth_.size() == 1) [[likely]]
            return worth_.front().amount;
        return equity_in_many();
    }
    /// Cash by the ledger.
    [[nodiscard]] Money cash(Currency currency) const;
    /// All cash in base currency.
    [[nodiscard]] std::optional<Money> total_cash() const;
    /// Settled cash less what is reserved for working orders.
    [[nodiscard]] Money free_cash(Currency currency) const;
    /// Sets aside (or, below zero, gives back) cash for working orders.
    void reserve(Currency currency, Money amount);

    /// Where hedged, the sum of the strategy's legs.
    [[nodiscard]] const Position& position(StrategyId strategy, InstrumentId instrument) const {
        return positions_[cell(strategy, instrument)];
    }
    /// Hedging alone.
    [[nodiscard]] const Position& position(StrategyId strategy, InstrumentId instrument,
                                           Leg leg) const {
        ASSERT(settings_.positions.hedges());
        return legs_[leg_cell(strategy, instrument, leg)];
    }
    /// The whole account's.
    [[nodiscard]] const Position& position(InstrumentId instrument) const {
        return row(instrument).total;
    }
    /// The whole account's longs and shorts, which is more than its position where hedged.
    [[nodiscard]] Sides sides(InstrumentId instrument) const {
        const Row& found = row(instrument);
        const Sides net = sides_of(found.total.qty);
        const Qty both{found.hedged.raw / 2};
        return {.longs = net.longs + both, .shorts = net.shorts + both};
    }
    /// What is open of an instrument, by strategy, then leg.
    [[nodiscard]] std::vector<Holding> holdings(InstrumentId instrument) const;
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
    [[nodiscard]] std::optional<Exposure> exposure() const {
        if (worth_.size() == 1) [[likely]]
            return Exposure{.gross = worth_.front().gross, .net = worth_.front().net};
        return exposure_in_many();
    }
    /// Equity and exposure at once, for whoever marks the account after every event; false, and
    /// `out` as it was, where a rate is unknown.
    bool value_into(AccountValue& out) const {
        if (has_one_currency_) [[likely]] {
            const Worth& worth = worth_.front();
            base::copy_by_words(out.equity, worth.amount);
            base::copy_by_words(out.gross, worth.gross);
            base::copy_by_words(out.net, worth.net);
            return true;
        }
        return value_in_many(out);
    }
    /// Equity less initial margin.
    [[nodiscard]] std::optional<Money> free_margin() const;

    /// Units of base currency for one of `currency`; nullopt where unknown.
    [[nodiscard]] std::optional<Price> rate(Currency currency) const;
    /// An amount of `currency` in base currency.
    [[nodiscard]] std::optional<Money> to_base(Currency currency, Money amount) const;

    /// Tells once each instrument whose mark, position or rate has changed since the last call; the
    /// first tells all. For one reader that keeps sums over instruments.
    template <typename Visit>
    void take_changes(const Visit& visit) const {
        changed_.take([&](std::uint32_t index) { visit(InstrumentId{index}); });
    }

    [[nodiscard]] const Ledger& ledger() const { return ledger_; }
    [[nodiscard]] const Settings& settings() const { return settings_; }

private:
    using Index = std::uint32_t;

    /// One instrument.
    struct Row {
        Price mark;
        Qty multiplier;
        Money value;  ///< what the quote currency's worth counts of it: the position at the mark
        Qty hedged;   ///< what is held on both sides, each counted: 0 where netted
        Position total;
        Money hedged_value;    ///< at the mark; in the gross worth, beside the magnitude of `value`
        Index quote = 0;       ///< currency
        Index settlement = 0;  ///< currency
        Index held_by = 0;     ///< open positions
        bool has_mark = false;
        bool is_derivative = false;
        bool is_rate_source = false;
    };
    /// What equity counts of one currency.
    struct Worth {
        Money amount;   ///< cash + values of positions - costs of derivatives
        Money net;      ///< values of positions
        Money gross;    ///< their magnitudes
        Money in_base;  ///< `amount` in base currency, while `is_fresh`
        bool is_fresh = false;
        std::vector<Index> direct;   ///< instruments that price it in base currency
        std::vector<Index> inverse;  ///< instruments that price base currency in it
    };
    /// num / den units of one currency for one of another.
    struct Ratio {
        std::int64_t num = 1;
        std::int64_t den = 1;
    };
    /// A position with a cost of its own.
    struct Place {
        StrategyId strategy;
        InstrumentId instrument;
        std::optional<Leg> leg;  ///< hedging
    };
    /// A change of one of them.
    struct Change {
        Qty qty;
        Money cost;
        Money realised;
    };

    void touch(InstrumentId instrument) {
        changed_.add(instrument.value);
        unmargined_.add(instrument.value);
    }
    [[nodiscard]] MarginUse margin_of(InstrumentId instrument) const;

    static constexpr Index kBase = 0;  ///< the base currency is opened first

    [[nodiscard]] std::size_t cell(StrategyId strategy, InstrumentId instrument) const {
        ASSERT(strategy.value < settings_.strategies && instrument.value < rows_.size());
        return std::size_t{strategy.value} * rows_.size() + instrument.value;
    }
    [[nodiscard]] std::size_t leg_cell(StrategyId strategy, InstrumentId instrument,
                                       Leg leg) const {
        return 2 * cell(strategy, instrument) + static_cast<std::size_t>(leg);
    }
    [[nodiscard]] Place place_of(StrategyId strategy, InstrumentId instrument,
                                 const Fill& fill) const;
    [[nodiscard]] Position& at(const Place& place) {
        return place.leg ? legs_[leg_cell(place.strategy, place.instrument, *place.leg)]
                         : positions_[cell(place.strategy, place.instrument)];
    }
    template <typename Visit>
    void for_each_place(InstrumentId instrument, const Visit& visit) const;
    template <typename Add>
    void add(const Place& place, const Add& what);
    [[nodiscard]] const Row& row(InstrumentId instrument) const {
        ASSERT(instrument.value < rows_.size());
        return rows_[instrument.value];
    }
    [[nodiscard]] static Money value_at(Price price, Qty qty, const Row& row) {
        const Money plain = multiply(price, qty);
        if (row.multiplier.raw == base::kDecimalOne) [[likely]]
            return plain;
        return scale(plain, row.multiplier.raw, base::kDecimalOne);
    }
    /// Brings the worth of the quote currency in line with the row's position and mark.
    void revalue(Row& row) {
        const Money value = value_at(row.mark, row.total.qty, row);
        const Money change = value - row.value;
        Worth& worth = worth_[row.quote];
        worth.amount += change;
        worth.net += change;
        worth.gross += abs(value) - abs(row.value);
        worth.is_fresh = false;
        row.value = value;
        if (row.hedged.raw != 0) [[unlikely]]
            revalue_hedged(row);
    }
    void revalue_hedged(Row& row);
    void count_sides(Row& row, Qty before, Qty after);

    Index open(Currency currency);
    void find_pairs(Index currency);
    void forget_rates();
    void book(Index currency, const Ledger::Posting& posting);
    void settle(const Row& row, Account from, Money amount);
    void book_fee(const Row& row, const Fill& fill, const Place& place, FillOutcome& outcome);
    void change(const Place& place, const Change& change);
    void split(const CorporateAction& action);
    Change split_of(const Position& own, const Row& row, const CorporateAction& action,
                    Qty lot) const;
    void pay_dividend(const CorporateAction& action);
    void delist(const CorporateAction& action);
    [[nodiscard]] std::optional<Money> equity_in_many() const;
    [[nodiscard]] std::optional<Exposure> exposure_in_many() const;
    bool value_in_many(AccountValue& out) const;
    [[nodiscard]] std::optional<Ratio> ratio_to_base(Index currency) const;
    [[nodiscard]] std::optional<Ratio> ratio(Currency from, Currency to) const;
    [[nodiscard]] std::optional<Money> to_base(Index currency, Money amount) const;
    [[nodiscard]] std::optional<Money> sum_in_base(Account account) const;

    const InstrumentTable& instruments_;
    Settings settings_;
    Ledger ledger_;
    std::vector<Row> rows_;
    std::size_t known_;                ///< rows; the vector's size takes a division
    bool has_one_currency_ = false;    ///< the base currency
    std::vector<Position> positions_;  ///< [strategies, instruments]
    std::vector<Position> legs_;       ///< [strategies, instruments, 2]; empty where netted
    std::vector<InstrumentId> held_;
    mutable std::vector<Worth> worth_;    ///< by currency; conversions are kept until a price moves
    std::vector<Money> reserved_;         ///< by currency
    mutable base::ChangeSet changed_;     ///< instruments; what the reader has not been told
    mutable base::ChangeSet unmargined_;  ///< instruments whose margin has to be worked out anew
    mutable std::vector<MarginUse> margin_;   ///< by instrument, in quote currency ...
    mutable std::vector<MarginUse> margins_;  ///< ... and by currency, the sums of those
};

}  // namespace tradewind::portfolio
