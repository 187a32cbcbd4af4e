// SPDX-License-Identifier: Apache-2.0
#include "monitor/trade_recorder.hpp"

#include <algorithm>

namespace tradewind::monitor {
namespace {

using base::Int128;
using base::Rounding;

std::int64_t narrow(std::optional<Int128> value) {
    ASSERT(value && *value >= INT64_MIN && *value <= INT64_MAX);
    return static_cast<std::int64_t>(*value);
}

bool same_side(Qty position, Side side) { return (position.raw > 0) == (side == Side::buy); }

/// How much worse than its reference a fill was, for a quantity of it.
Money slippage_of(const Fill& fill, Qty qty, const Instrument& instrument) {
    if (fill.basis.reference.raw == 0) return {};
    const PriceDelta worse = fill.side == Side::buy ? fill.price - fill.basis.reference
                                                    : fill.basis.reference - fill.price;
    return notional(Price{worse.raw}, qty, instrument);
}

/// Average of a sum of notionals, as a price.
Price average(Money sum, Qty qty, const Instrument& instrument) {
    return divide(scale(sum, base::kDecimalOne, instrument.multiplier.raw), qty);
}

/// Whether a bar of this source says what a position could be closed at.
bool is_for(PriceSource source, Qty position) {
    switch (source) {
        case PriceSource::last:
        case PriceSource::mid: return true;
        case PriceSource::bid: return position.raw > 0;
        case PriceSource::ask: return position.raw < 0;
    }
    __builtin_unreachable();
}

}  // namespace

TradeRecorder::TradeRecorder(const InstrumentTable& instruments, TradeRecorderSettings settings)
    : instruments_(instruments),
      settings_(settings),
      places_(settings.strategies * (settings.hedges ? 2 : 1)),
      open_(instruments.size() * places_),
      active_(instruments.size()) {}

void TradeRecorder::on_fill(const RecordedFill& fill) {
    ASSERT(fill.strategy.value < settings_.strategies && fill.fill.qty.raw > 0);
    Open& open = trade_of(fill);
    const Qty held = abs(open.qty), traded = fill.fill.qty;
    if (open.qty.raw == 0 || same_side(open.qty, fill.fill.side)) {
        return enter(open, fill, {.qty = traded, .fee = fill.fee});
    }
    if (traded <= held) return leave(open, fill, {.qty = traded, .fee = fill.fee});
    const Money fee = scale(fill.fee, held.raw, traded.raw);
    leave(open, fill, {.qty = held, .fee = fee});
    enter(open, fill, {.qty = traded - held, .fee = fill.fee - fee});
}

void TradeRecorder::add(Open& open, const RecordedFill& fill, const Part& part,
                        const Instrument& instrument) {
    const Qty traded = signed_qty(fill.fill.side, part.qty);
    settle_range(open, instrument);
    open.qty += traded;
    open.flow -= notional(fill.fill.price, traded, instrument);
    open.fees += part.fee;
    open.slippage += slippage_of(fill.fill, part.qty, instrument);
    open.ambiguous = open.ambiguous || fill.fill.basis.ambiguous;
    open.rate = fill.rate;
    excursion(open, fill.fill.price, instrument);
}

void TradeRecorder::enter(Open& open, const RecordedFill& fill, const Part& part) {
    const Instrument& instrument = instruments_.at(fill.instrument);
    if (open.qty.raw == 0) {
        ++active_[fill.instrument.value];
        open.since = fill.ts;
        open.tag = fill.tag;
        open.side = fill.fill.side;
        open.strategy = fill.strategy;
    }
    open.entered += part.qty;
    open.entry += notional(fill.fill.price, part.qty, instrument);
    add(open, fill, part, instrument);
}

void TradeRecorder::leave(Open& open, const RecordedFill& fill, const Part& part) {
    const Instrument& instrument = instruments_.at(fill.instrument);
    open.exited += part.qty;
    open.exit += notional(fill.fill.price, part.qty, instrument);
    if (!fill.tag.view().empty()) open.tag = fill.tag;
    add(open, fill, part, instrument);
    close_if_flat(open, fill.ts, instrument);
}

void TradeRecorder::close_if_flat(Open& open, Timestamp ts, const Instrument& instrument) {
    if (open.qty.raw != 0) return;
    if (closed_.capacity() == 0) closed_.reserve(std::min(settings_.kept, kReserved));
    if (closed_.size() < settings_.kept) closed_.push_back(closed_trade(open, ts, instrument));
    if (settings_.tells) fresh_.push_back(closed_trade(open, ts, instrument));
    ++closed_count_;
    --active_[instrument.id.value];
    open = {};
}

ClosedTrade TradeRecorder::closed_trade(const Open& open, Timestamp ts,
                                        const Instrument& instrument) {
    const auto in_account = [&](Money amount) {
        return scale(amount, open.rate.raw, base::kDecimalOne);
    };
    const Money gross = in_account(open.flow), fees = in_account(open.fees);
    return {.instrument = instrument.id,
            .side = open.side,
            .qty = open.entered,
            .entry_ts = open.since,
            .exit_ts = ts,
            .entry_price = average(open.entry, open.entered, instrument),
            .exit_price = average(open.exit, open.exited, instrument),
            .gross_pnl = gross,
            .fees = fees,
            .slippage = in_account(open.slippage),
            .net_pnl = gross - fees,
            .mae = in_account(open.mae),
            .mfe = in_account(open.mfe),
            .bars_held = open.bars,
            .tag = open.tag,
            .ambiguous = open.ambiguous,
            .strategy = open.strategy};
}

void TradeRecorder::excursion(Open& open, Price price, const Instrument& instrument) {
    const Money profit = open.flow + notional(price, open.qty, instrument);
    open.mae = std::min(open.mae, profit);
    open.mfe = std::max(open.mfe, profit);
    open.last = price;
}

/// While the quantity stays, the profit is highest and lowest where the price is.
void TradeRecorder::settle_range(Open& open, const Instrument& instrument) {
    if (open.lowest > open.highest) return;
    const Price last = open.last;
    excursion(open, open.lowest, instrument);
    excursion(open, open.highest, instrument);
    open.last = last;
    open.lowest = kNoLowest;
    open.highest = kNoHighest;
}

void TradeRecorder::observe(const BarRun& run) {
    for (Open& open : trades_of(run.instrument)) {
        if (open.qty.raw == 0 || !is_for(run.source, open.qty)) continue;
        open.lowest = std::min(open.lowest, run.lowest);
        open.highest = std::max(open.highest, run.highest);
        open.last = run.last;
        open.bars += run.bars;
    }
}

void TradeRecorder::on_mark(InstrumentId instrument, Price price) {
    ASSERT(instrument.value < active_.size());
    if (active_[instrument.value] == 0) return;
    for (Open& open : trades_of(instrument)) {
        if (open.qty.raw == 0) continue;
        open.lowest = std::min(open.lowest, price);
        open.highest = std::max(open.highest, price);
        open.last = price;
    }
}

/// Quantities in new shares; amounts stay. What is no whole lot is sold (bought back) at the last
/// price.
void TradeRecorder::restate(Open& open, const CorporateAction& split,
                            const Instrument& instrument) {
    const auto in_new = [&](Qty qty) {
        return Qty{narrow(
            base::mul_div(qty.raw, split.new_shares, split.old_shares, Rounding::half_even))};
    };
    settle_range(open, instrument);
    open.last = {narrow(
        base::mul_div(open.last.raw, split.old_shares, split.new_shares, Rounding::half_even))};
    const Qty exact = in_new(open.qty);
    const Qty kept{exact.raw / instrument.lot.raw * instrument.lot.raw};
    const Qty fraction = exact - kept;
    open.entered = in_new(open.entered);
    open.exited = open.entered - abs(kept);
    open.exit += abs(notional(open.last, fraction, instrument));
    open.flow += notional(open.last, fraction, instrument);
    open.qty = kept;
}

void TradeRecorder::on_split(Timestamp ts, const CorporateAction& split) {
    ASSERT(split.new_shares > 0 && split.old_shares > 0);
    const Instrument& instrument = instruments_.at(split.instrument);
    for (Open& open : trades_of(split.instrument)) {
        if (open.qty.raw == 0) continue;
        restate(open, split, instrument);
        close_if_flat(open, ts, instrument);
    }
}

void TradeRecorder::on_delisting(Timestamp ts, const CorporateAction& delisting) {
    for (const Open& open : trades_of(delisting.instrument)) {
        if (open.qty.raw == 0) continue;
        RecordedFill exit;
        exit.ts = ts;
        exit.strategy = open.strategy;
        exit.instrument = delisting.instrument;
        exit.fill.price = exit.fill.basis.reference = delisting.amount;
        exit.fill.qty = abs(open.qty);
        exit.fill.side = open.qty.raw > 0 ? Side::sell : Side::buy;
        if (settings_.hedges) exit.fill.leg = leg_closed_by(exit.fill.side);
        exit.tag = Tag{"delisting"};
        exit.rate = open.rate;
        on_fill(exit);
    }
}

std::vector<ClosedTrade> TradeRecorder::open_at(Timestamp ts) const {
    std::vector<ClosedTrade> out;
    for (std::size_t i = 0; i < open_.size(); ++i) {
        if (open_[i].qty.raw == 0) continue;
        const Instrument& instrument = instruments_.all()[i / places_];
        Open open = open_[i];
        settle_range(open, instrument);
        const Qty rest = abs(open.qty);
        open.exited += rest;
        open.exit += notional(open.last, rest, instrument);
        open.flow += notional(open.last, open.qty, instrument);
        out.push_back(closed_trade(open, ts, instrument));
    }
    return out;
}

}  // namespace tradewind::monitor
