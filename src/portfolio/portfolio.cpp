// SPDX-License-Identifier: Apache-2.0
#include "portfolio/portfolio.hpp"

#include <algorithm>
#include <utility>

namespace tradewind::portfolio {
namespace {

using base::Int128;
using base::kDecimalOne;
using base::Rounding;

Money scaled(Money amount, Int128 numerator, Int128 denominator) {
    const auto out = base::mul_div(amount.raw, numerator, denominator, Rounding::half_even);
    ASSERT(out.has_value());
    return {*out};
}

Price restated(Price price, const CorporateAction& split) {
    const auto out =
        base::mul_div(price.raw, split.old_shares, split.new_shares, Rounding::half_even);
    ASSERT(out && *out >= INT64_MIN && *out <= INT64_MAX);
    return {static_cast<std::int64_t>(*out)};
}

/// Prices one currency in another by exchanging them.
bool is_pair(const Instrument& instrument) {
    return instrument.base.known() && (instrument.asset_class == AssetClass::fx_pair ||
                                       instrument.asset_class == AssetClass::crypto_spot);
}

bool opposite_signs(Qty a, Qty b) { return (a.raw < 0) != (b.raw < 0); }

Account account_of(CashReason reason) {
    switch (reason) {
        case CashReason::deposit:
        case CashReason::withdrawal:
        case CashReason::correction: return Account::capital;
        case CashReason::interest:
        case CashReason::borrow_cost:
        case CashReason::rollover: return Account::interest;
    }
    __builtin_unreachable();
}

}  // namespace

Portfolio::Portfolio(const InstrumentTable& instruments, Settings settings)
    : instruments_(instruments),
      settings_(settings),
      rows_(instruments.size()),
      known_(rows_.size()),
      positions_(instruments.size() * settings.strategies),
      legs_(settings.positions.hedges() ? 2 * positions_.size() : 0),
      changed_(instruments.size()),
      unmargined_(instruments.size()),
      margin_(instruments.size()) {
    ASSERT(settings.base.known());
    static_cast<void>(open(settings.base));
    for (const Instrument& instrument : instruments.all()) {
        Row& row = rows_[instrument.id.value];
        row.multiplier = instrument.multiplier;
        row.is_derivative = instrument.is_derivative();
        row.quote = open(instrument.quote);
        row.settlement = instrument.settlement.known() ? open(instrument.settlement) : row.quote;
        row.is_rate_source = is_pair(instrument) && (instrument.base == settings.base ||
                                                     instrument.quote == settings.base);
    }
}

// --- currencies ----------------------------------------------------------------------------------

Portfolio::Index Portfolio::open(Currency currency) {
    const CurrencyIndex index = ledger_.open(currency);
    if (index == worth_.size()) {
        worth_.emplace_back();
        reserved_.emplace_back();
        find_pairs(static_cast<Index>(index));
        has_one_currency_ = worth_.size() == 1;
    }
    return static_cast<Index>(index);
}

void Portfolio::find_pairs(Index currency) {
    Worth& worth = worth_[currency];
    const Currency mine = ledger_.currency(currency);
    for (const Instrument& instrument : instruments_.all()) {
        if (!is_pair(instrument)) continue;
        if (instrument.base == mine && instrument.quote == settings_.base) {
            worth.direct.push_back(instrument.id.value);
        }
        if (instrument.base == settings_.base && instrument.quote == mine) {
            worth.inverse.push_back(instrument.id.value);
        }
    }
}

void Portfolio::forget_rates() {
    for (Worth& worth : worth_) worth.is_fresh = false;
    changed_.add_all();
}

std::optional<Portfolio::Ratio> Portfolio::ratio_to_base(Index currency) const {
    if (currency == kBase) return Ratio{};
    const auto is_priced = [this](Index pair) {
        return rows_[pair].has_mark && rows_[pair].mark.raw > 0;
    };
    const Worth& worth = worth_[currency];
    const auto direct = std::find_if(worth.direct.begin(), worth.direct.end(), is_priced);
    if (direct != worth.direct.end()) {
        return Ratio{.num = rows_[*direct].mark.raw, .den = kDecimalOne};
    }
    const auto inverse = std::find_if(worth.inverse.begin(), worth.inverse.end(), is_priced);
    if (inverse != worth.inverse.end()) {
        return Ratio{.num = kDecimalOne, .den = rows_[*inverse].mark.raw};
    }
    return std::nullopt;
}

/// Between any two currencies, by a pair of just these two. For fees and settlements, which are
/// rare: it walks the table.
std::optional<Portfolio::Ratio> Portfolio::ratio(Currency from, Currency to) const {
    if (from == to) return Ratio{};
    for (const Instrument& instrument : instruments_.all()) {
        const Row& row = rows_[instrument.id.value];
        if (!is_pair(instrument) || !row.has_mark || row.mark.raw <= 0) continue;
        if (instrument.base == from && instrument.quote == to) {
            return Ratio{.num = row.mark.raw, .den = kDecimalOne};
        }
        if (instrument.base == to && instrument.quote == from) {
            return Ratio{.num = kDecimalOne, .den = row.mark.raw};
        }
    }
    return std::nullopt;
}

std::optional<Money> Portfolio::to_base(Index currency, Money amount) const {
    if (currency == kBase || amount.raw == 0) return amount;
    const auto ratio = ratio_to_base(currency);
    if (!ratio) return std::nullopt;
    return scale(amount, ratio->num, ratio->den);
}

std::optional<Money> Portfolio::to_base(Currency currency, Money amount) const {
    if (currency == settings_.base || amount.raw == 0) return amount;
    const auto found = ratio(currency, settings_.base);
    if (!found) return std::nullopt;
    return scale(amount, found->num, found->den);
}

std::optional<Price> Portfolio::rate(Currency currency) const {
    if (currency == settings_.base) return Price{kDecimalOne};
    const auto found = ratio(currency, settings_.base);
    if (!found) return std::nullopt;
    const auto out = base::mul_div(found->num, kDecimalOne, found->den, Rounding::half_even);
    ASSERT(out && *out <= INT64_MAX);
    return Price{static_cast<std::int64_t>(*out)};
}

std::optional<Money> Portfolio::equity_in_many() const {
    Money total = worth_[kBase].amount;
    for (Index i = kBase + 1; i < worth_.size(); ++i) {
        Worth& worth = worth_[i];
        if (!worth.is_fresh) {
            const auto in_base = to_base(i, worth.amount);
            if (!in_base) return std::nullopt;
            worth.in_base = *in_base;
            worth.is_fresh = true;
        }
        total += worth.in_base;
    }
    return total;
}

bool Portfolio::value_in_many(AccountValue& out) const {
    const auto equity = equity_in_many();
    const auto exposure = exposure_in_many();
    if (!equity || !exposure) return false;
    out = {.equity = *equity, .gross = exposure->gross, .net = exposure->net};
    return true;
}

// --- booking -------------------------------------------------------------------------------------

void Portfolio::book(Index currency, const Ledger::Posting& posting) {
    ledger_.post(currency, posting);
    Worth& worth = worth_[currency];
    if (posting.debit == Account::cash) worth.amount += posting.amount;
    if (posting.credit == Account::cash) worth.amount -= posting.amount;
    worth.is_fresh = false;
}

/// Pays `amount` of the quote currency, earned by account `from`, in the settlement currency.
void Portfolio::settle(const Row& row, Account from, Money amount) {
    if (row.settlement != row.quote) {
        const auto rate = ratio(ledger_.currency(row.quote), ledger_.currency(row.settlement));
        if (rate) {
            book(row.quote, {.debit = Account::fx, .credit = from, .amount = amount});
            book(row.settlement, {.debit = Account::cash,
                                  .credit = Account::fx,
                                  .amount = scale(amount, rate->num, rate->den)});
            return;
        }
    }
    book(row.quote, {.debit = Account::cash, .credit = from, .amount = amount});
}

/// Where a fill belongs.
Portfolio::Place Portfolio::place_of(StrategyId strategy, InstrumentId instrument,
                                     const Fill& fill) const {
    Place out{.strategy = strategy, .instrument = instrument, .leg = std::nullopt};
    if (settings_.positions.hedges()) out.leg = fill.leg.value_or(leg_opened_by(fill.side));
    return out;
}

/// Every place of an instrument, by strategy, then leg.
template <typename Visit>
void Portfolio::for_each_place(InstrumentId instrument, const Visit& visit) const {
    for (std::size_t s = 0; s < settings_.strategies; ++s) {
        const StrategyId strategy{static_cast<std::uint16_t>(s)};
        if (!settings_.positions.hedges()) {
            visit(Place{.strategy = strategy, .instrument = instrument, .leg = std::nullopt});
            continue;
        }
        for (const Leg leg : {Leg::long_leg, Leg::short_leg}) {
            visit(Place{.strategy = strategy, .instrument = instrument, .leg = leg});
        }
    }
}

/// Does the same to the position of a place and to the sums that it counts in.
template <typename Add>
void Portfolio::add(const Place& place, const Add& what) {
    what(positions_[cell(place.strategy, place.instrument)]);
    what(rows_[place.instrument.value].total);
    if (place.leg) what(at(place));
}

/// Keeps what stands on both sides in line with a leg that went from `before` to `after`.
void Portfolio::count_sides(Row& row, Qty before, Qty after) {
    const Qty net_before = row.total.qty - (after - before);
    const Qty gross = row.hedged + abs(net_before) + abs(after) - abs(before);
    row.hedged = gross - abs(row.total.qty);
    revalue_hedged(row);
}

void Portfolio::revalue_hedged(Row& row) {
    const Money value = abs(value_at(row.mark, row.hedged, row));
    worth_[row.quote].gross += value - row.hedged_value;
    row.hedged_value = value;
}

/// The one place where a position changes: the strategy's, the account's, inventory, cash, and the
/// list of what is held. For spot, cash pays the cost that is added and gets the cost that is
/// taken.
void Portfolio::change(const Place& place, const Change& change) {
    const InstrumentId instrument = place.instrument;
    touch(instrument);
    Position& own = at(place);
    Row& row = rows_[instrument.value];
    const Qty before = own.qty;
    const bool was_flat = own.is_flat();
    add(place, [&](Position& position) {
        position.qty += change.qty;
        position.cost += change.cost;
        position.realised += change.realised;
    });
    ASSERT(!own.is_flat() || own.cost.raw == 0);
    if (place.leg) count_sides(row, before, own.qty);
    if (row.is_derivative) {
        // What equity counts of it is its open profit: value less cost.
        worth_[row.quote].amount -= change.cost;
        worth_[row.quote].is_fresh = false;
        settle(row, Account::realised, change.realised);
    } else {
        book(row.quote,
             {.debit = Account::inventory, .credit = Account::cash, .amount = change.cost});
        book(row.quote,
             {.debit = Account::cash, .credit = Account::realised, .amount = change.realised});
    }
    if (was_flat && !own.is_flat() && row.held_by++ == 0) {
        held_.insert(std::lower_bound(held_.begin(), held_.end(), instrument), instrument);
    }
    if (!was_flat && own.is_flat() && --row.held_by == 0) {
        held_.erase(std::lower_bound(held_.begin(), held_.end(), instrument));
    }
}

void Portfolio::apply(const CashFlow& flow) {
    book(open(flow.currency),
         {.debit = Account::cash, .credit = account_of(flow.reason), .amount = flow.amount});
}

FillOutcome Portfolio::apply_fill(StrategyId strategy, InstrumentId instrument, const Fill& fill) {
    ASSERT(fill.qty.raw > 0);
    const Place place = place_of(strategy, instrument, fill);
    const Position& own = at(place);
    Row& row = rows_[instrument.value];
    const Qty traded = signed_qty(fill.side, fill.qty);
    const bool closes = !own.is_flat() && opposite_signs(own.qty, traded);
    const Qty closed = closes ? std::min(abs(own.qty), fill.qty) : Qty{};

    const Money value = value_at(fill.price, traded, row);
    const Money closed_value = value_at(fill.price, signed_qty(fill.side, closed), row);
    const Money cost_taken =
        closed == abs(own.qty) ? own.cost : scaled(own.cost, closed.raw, abs(own.qty).raw);
    const Money realised = closed.raw == 0 ? Money{} : -closed_value - cost_taken;

    FillOutcome outcome{
        .before = own.qty, .after = own.qty + traded, .realised = realised, .fee = {}};
    change(place, {.qty = traded, .cost = value - closed_value - cost_taken, .realised = realised});
    book_fee(row, fill, place, outcome);
    if (row.has_mark) {
        revalue(row);
    } else {
        mark(instrument, fill.price);
    }
    return outcome;
}

void Portfolio::book_fee(const Row& row, const Fill& fill, const Place& place,
                         FillOutcome& outcome) {
    const Instrument& instrument = instruments_.at(place.instrument);
    const Currency paid_in =
        fill.fee_currency.known() ? fill.fee_currency : ledger_.currency(row.settlement);
    book(open(paid_in), {.debit = Account::fees, .credit = Account::cash, .amount = fill.fee});
    // A fee in the coin that was just traded is worth what the coin was traded at.
    const auto rate = paid_in == instrument.base && fill.price.raw > 0
                          ? std::optional{Ratio{.num = fill.price.raw, .den = kDecimalOne}}
                          : ratio(paid_in, instrument.quote);
    if (!rate) return;
    outcome.fee = scale(fill.fee, rate->num, rate->den);
    add(place, [&](Position& position) { position.fees += *outcome.fee; });
}

std::vector<StrategyFill> Portfolio::shares_of(const Liquidation& liquidation) const {
    const Fill& whole = liquidation.fill;
    if (liquidation.strategy && liquidation.strategy->value < settings_.strategies) {
        return {{.strategy = *liquidation.strategy, .fill = whole}};
    }
    std::vector<StrategyFill> out;
    Qty left = whole.qty;
    const auto give = [&](StrategyId to, std::optional<Leg> leg, Qty qty) {
        Fill part = whole;
        part.qty = qty;
        part.fee = scaled(whole.fee, qty.raw, whole.qty.raw);
        part.leg = leg;
        left -= qty;
        out.push_back({.strategy = to, .fill = part});
    };
    for (const Holding& of : holdings(liquidation.instrument)) {
        const Qty held = of.position.qty;
        const Qty closable = whole.side == Side::sell ? held : -held;
        if (closable.raw > 0 && left.raw > 0) {
            give(of.strategy, of.leg, std::min(closable, left));
        }
    }
    if (left.raw > 0) give(StrategyId{0}, whole.leg, left);
    // What rounding kept back of the fee.
    Money fee = whole.fee;
    for (const StrategyFill& part : out) fee -= part.fill.fee;
    out.back().fill.fee += fee;
    return out;
}

// --- corporate actions and funding ---------------------------------------------------------------

void Portfolio::apply(const CorporateAction& action) {
    ASSERT(action.instrument.value < rows_.size());
    switch (action.kind) {
        case CorporateActionKind::split: return split(action);
        case CorporateActionKind::cash_dividend: return pay_dividend(action);
        case CorporateActionKind::symbol_change: return;
        case CorporateActionKind::delisting: return delist(action);
    }
}

/// What a split does to one position. `row.mark` is the new mark.
Portfolio::Change Portfolio::split_of(const Position& own, const Row& row,
                                      const CorporateAction& action, Qty lot) const {
    // Quantities over `old_shares`, so that nothing is rounded before whole lots are cut off.
    const Int128 exact = Int128{own.qty.raw} * action.new_shares;
    const Int128 lot_size = Int128{action.old_shares} * lot.raw;
    const Int128 kept = exact / lot_size * lot.raw;
    const Int128 fraction = exact - kept * action.old_shares;
    ASSERT(kept >= INT64_MIN && kept <= INT64_MAX);
    const Qty after{static_cast<std::int64_t>(kept)};
    if (fraction == 0) return {.qty = after - own.qty, .cost = {}, .realised = {}};

    const Money whole = value_at(row.mark, whole_qty(1), row);
    const Money paid = scaled(whole, fraction, Int128{action.old_shares} * kDecimalOne);
    const Money cost_taken = kept == 0 ? own.cost : scaled(own.cost, fraction, exact);
    return {.qty = after - own.qty, .cost = -cost_taken, .realised = paid - cost_taken};
}

void Portfolio::split(const CorporateAction& action) {
    ASSERT(action.new_shares > 0 && action.old_shares > 0);
    Row& row = rows_[action.instrument.value];
    row.mark = restated(row.mark, action);
    const Qty lot = instruments_.at(action.instrument).lot;
    for_each_place(action.instrument, [&](const Place& place) {
        const Position& own = at(place);
        if (!own.is_flat()) change(place, split_of(own, row, action, lot));
    });
    if (row.has_mark) mark(action.instrument, row.mark);
    revalue(row);
}

void Portfolio::pay_dividend(const CorporateAction& action) {
    Row& row = rows_[action.instrument.value];
    for_each_place(action.instrument, [&](const Place& place) {
        const Position& own = at(place);
        if (own.is_flat()) return;
        const Money amount = value_at(action.amount, own.qty, row);
        add(place, [&](Position& position) { position.dividends += amount; });
        settle(row, Account::dividends, amount);
    });
}

void Portfolio::delist(const CorporateAction& action) {
    mark(action.instrument, action.amount);
    for (const Holding& of : holdings(action.instrument)) {
        const Qty held = of.position.qty;
        static_cast<void>(apply_fill(of.strategy, action.instrument,
                                     Fill{.price = action.amount,
                                          .qty = abs(held),
                                          .side = held.raw > 0 ? Side::sell : Side::buy,
                                          .liquidity = Liquidity::taker,
                                          .leg = of.leg,
                                          .fee = {},
                                          .fee_currency = {},
                                          .basis = {.reference = action.amount},
                                          .trade_number = 0}));
    }
}

bool Portfolio::apply(const Funding& funding, std::optional<Price> given) {
    ASSERT(funding.instrument.value < rows_.size());
    Row& row = rows_[funding.instrument.value];
    if (row.held_by == 0) return true;
    const std::optional<Price> price = funding.mark ? funding.mark
                                       : given      ? given
                                                    : mark_of(funding.instrument);
    if (!price) return false;
    for_each_place(funding.instrument, [&](const Place& place) {
        const Position& own = at(place);
        if (own.is_flat()) return;
        const Money amount = -multiply(value_at(*price, own.qty, row), funding.rate);
        add(place, [&](Position& position) { position.funding += amount; });
        settle(row, Account::funding, amount);
    });
    return true;
}

// --- queries -------------------------------------------------------------------------------------

std::optional<Money> Portfolio::sum_in_base(Account account) const {
    Money total;
    for (Index i = 0; i < worth_.size(); ++i) {
        const auto in_base = to_base(i, ledger_.balance(i, account));
        if (!in_base) return std::nullopt;
        total += *in_base;
    }
    return total;
}

Money Portfolio::cash(Currency currency) const { return ledger_.balance(currency, Account::cash); }

std::optional<Money> Portfolio::total_cash() const { return sum_in_base(Account::cash); }

void Portfolio::reserve(Currency currency, Money amount) { reserved_[open(currency)] += amount; }

Money Portfolio::free_cash(Currency currency) const {
    for (Index i = 0; i < worth_.size(); ++i) {
        if (ledger_.currency(i) == currency) return cash(currency) - reserved_[i];
    }
    return {};
}

std::vector<Holding> Portfolio::holdings(InstrumentId instrument) const {
    std::vector<Holding> out;
    for_each_place(instrument, [&](const Place& place) {
        const Position& own = place.leg ? position(place.strategy, instrument, *place.leg)
                                        : position(place.strategy, instrument);
        if (own.is_flat()) return;
        out.push_back({.strategy = place.strategy, .leg = place.leg, .position = own});
    });
    return out;
}

std::optional<Price> Portfolio::mark_of(InstrumentId instrument) const {
    const Row& found = row(instrument);
    return found.has_mark ? std::optional{found.mark} : std::nullopt;
}

std::optional<Price> Portfolio::average_price(StrategyId strategy, InstrumentId instrument) const {
    const Position& own = position(strategy, instrument);
    if (own.is_flat()) return std::nullopt;
    const Money plain = scale(own.cost, kDecimalOne, row(instrument).multiplier.raw);
    return divide(plain, own.qty);
}

Money Portfolio::unrealised(InstrumentId instrument) const {
    const Row& found = row(instrument);
    return value_at(found.mark, found.total.qty, found) - found.total.cost;
}

Money Portfolio::unrealised(StrategyId strategy, InstrumentId instrument) const {
    const Position& own = position(strategy, instrument);
    const Row& found = row(instrument);
    return value_at(found.mark, own.qty, found) - own.cost;
}

std::optional<Money> Portfolio::pnl(StrategyId strategy) const {
    Money total;
    for (const Instrument& instrument : instruments_.all()) {
        const Position& own = position(strategy, instrument.id);
        const auto in_base =
            to_base(row(instrument.id).quote, own.realised + unrealised(strategy, instrument.id) +
                                                  own.dividends + own.funding - own.fees);
        if (!in_base) return std::nullopt;
        total += *in_base;
    }
    return total;
}

/// What a position asks for, in quote currency.
MarginUse Portfolio::margin_of(InstrumentId instrument) const {
    const Row& found = row(instrument);
    // In a cash account what was bought is paid for.
    if (settings_.kind == AccountKind::cash && !found.is_derivative) return {};
    const Qty counted = margined(sides(instrument), settings_.positions.margin);
    if (counted.raw == 0) return {};
    const Money value = abs(value_at(found.mark, counted, found));
    const MarginRates& rates = instruments_.at(instrument).margin;
    return {.initial = multiply(value, rates.initial),
            .maintenance = multiply(value, rates.maintenance)};
}

/// Only what has moved since it was last asked for is worked out anew.
std::optional<MarginUse> Portfolio::margin_use() const {
    margins_.resize(worth_.size());
    unmargined_.take([&](std::uint32_t index) {
        const MarginUse now = margin_of(InstrumentId{index});
        const MarginUse before = std::exchange(margin_[index], now);
        MarginUse& sum = margins_[rows_[index].quote];
        sum.initial += now.initial - before.initial;
        sum.maintenance += now.maintenance - before.maintenance;
    });
    MarginUse use;
    for (Index currency = 0; currency < margins_.size(); ++currency) {
        const MarginUse& sum = margins_[currency];
        if (sum.initial.raw == 0 && sum.maintenance.raw == 0) continue;
        const auto initial = to_base(currency, sum.initial);
        const auto maintenance = to_base(currency, sum.maintenance);
        if (!initial || !maintenance) return std::nullopt;
        use.initial += *initial;
        use.maintenance += *maintenance;
    }
    return use;
}

std::optional<Exposure> Portfolio::exposure_in_many() const {
    Exposure out;
    for (Index i = 0; i < worth_.size(); ++i) {
        const auto gross = to_base(i, worth_[i].gross), net = to_base(i, worth_[i].net);
        if (!gross || !net) return std::nullopt;
        out.gross += *gross;
        out.net += *net;
    }
    return out;
}

std::optional<Money> Portfolio::free_margin() const {
    const auto worth = equity();
    const auto use = margin_use();
    if (!worth || !use) return std::nullopt;
    return *worth - use->initial;
}

}  // namespace tradewind::portfolio
