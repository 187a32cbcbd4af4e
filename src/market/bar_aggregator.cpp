// SPDX-License-Identifier: Apache-2.0
#include "market/bar_aggregator.hpp"

#include <algorithm>
#include <cmath>
#include <variant>

#include "market/market.hpp"

namespace tradewind::market {
namespace {

constexpr std::int64_t kDayNs = days(1).ns;
/// Bars that an expectation looks back over, and how far E[T] may leave the step.
constexpr double kSpanBars = 20.0;
constexpr double kTradesWithin = 10.0;

/// Largest multiple of `step` at or below `value`, counted from zero; also for negative values.
constexpr std::int64_t floor_to(std::int64_t value, std::int64_t step) {
    const std::int64_t rest = value % step;
    return value - (rest < 0 ? rest + step : rest);
}

std::optional<Price> price_of(const Quote& quote, PriceSource source) {
    switch (source) {
        case PriceSource::last: return std::nullopt;
        case PriceSource::bid: return quote.bid;
        case PriceSource::ask: return quote.ask;
        case PriceSource::mid: return Market::middle(quote.bid, quote.ask);
    }
    __builtin_unreachable();
}

}  // namespace

BarAggregator::BarAggregator(const Instrument& instrument, BarSpec spec, BarAlignment alignment)
    : instrument_(instrument.id),
      multiplier_(instrument.multiplier),
      calendar_(instrument.calendar),
      spec_(spec),
      alignment_(alignment) {
    ASSERT(spec.step > 0);
    ASSERT(spec.unit != BarUnit::time || spec.step <= kDayNs || spec.step % kDayNs == 0);
}

ClosedBars BarAggregator::on_trade(Timestamp ts, const Trade& trade) {
    if (spec_.source != PriceSource::last) return {};
    ASSERT(trade.instrument == instrument_);
    return feed({.ts = ts,
                 .within = ts,
                 .open_ts = ts,
                 .open = trade.price,
                 .high = trade.price,
                 .low = trade.price,
                 .close = trade.price,
                 .volume = trade.size,
                 .aggressor = trade.aggressor});
}

ClosedBars BarAggregator::on_quote(Timestamp ts, const Quote& quote) {
    const auto price = price_of(quote, spec_.source);
    if (!price) return {};
    ASSERT(quote.instrument == instrument_);
    return feed({.ts = ts,
                 .within = ts,
                 .open_ts = ts,
                 .open = *price,
                 .high = *price,
                 .low = *price,
                 .close = *price,
                 .volume = {}});
}

ClosedBars BarAggregator::on_bar(Timestamp ts, const Bar& bar) {
    if (bar.spec.source != spec_.source) return {};
    ASSERT(bar.instrument == instrument_);
    fed_by_bars_ = true;
    return feed({.ts = ts,
                 .within = ts - nanoseconds(1),
                 .open_ts = bar.open_ts,
                 .open = bar.open,
                 .high = bar.high,
                 .low = bar.low,
                 .close = bar.close,
                 .volume = bar.volume});
}

ClosedBars BarAggregator::on_event(const Event& event) {
    if (const auto* bar = std::get_if<Bar>(&event.payload)) return on_bar(event.ts, *bar);
    if (const auto* quote = std::get_if<Quote>(&event.payload)) return on_quote(event.ts, *quote);
    if (const auto* trade = std::get_if<Trade>(&event.payload)) return on_trade(event.ts, *trade);
    return {};
}

ClosedBars BarAggregator::feed(const Input& input) {
    return spec_.unit == BarUnit::time ? feed_timed(input) : feed_counted(input);
}

ClosedBars BarAggregator::feed_timed(const Input& input) {
    ClosedBars closed;
    if (input.within < span_.start || input.within >= span_.end) {
        const auto span = span_at(input.within);
        if (!span) {
            ++outside_session_;
            return closed;
        }
        if (is_open_) closed.push(close(span_.end));
        span_ = *span;
    }
    merge(input, span_.start);
    // Only a smaller bar carries the time at which the span ends; a trade at that time is the next
    // span's.
    if (input.ts >= span_.end) closed.push(close(input.ts));
    return closed;
}

ClosedBars BarAggregator::feed_counted(const Input& input) {
    if (spec_.unit == BarUnit::renko && !has_brick_) {
        brick_top_ = brick_bottom_ = input.open;
        has_brick_ = true;
    }
    merge(input, input.open_ts);
    ClosedBars closed;
    if (is_full(input)) closed.push(close(input.ts));
    return closed;
}

/// Counts the input, and says whether it completes the bar.
bool BarAggregator::is_full(const Input& input) {
    switch (spec_.unit) {
        case BarUnit::time: return false;
        case BarUnit::tick:
        case BarUnit::volume:
        case BarUnit::value: counted_ += amount_of(input); return counted_ >= spec_.step;
        case BarUnit::renko: return finish_brick();
        case BarUnit::range: return base::Int128{bar_.high.raw} - bar_.low.raw >= spec_.step;
        case BarUnit::tick_imbalance:
        case BarUnit::volume_imbalance:
        case BarUnit::value_imbalance: {
            learn(input);
            const Information& known = information_;
            if (known.threshold <= 0) return known.trades >= static_cast<double>(spec_.step);
            const base::Int128 off = known.buys - known.sells;
            return static_cast<double>(off < 0 ? -off : off) >= known.threshold;
        }
        case BarUnit::tick_run:
        case BarUnit::volume_run:
        case BarUnit::value_run: {
            learn(input);
            const Information& known = information_;
            if (known.threshold <= 0) return known.trades >= static_cast<double>(spec_.step);
            return static_cast<double>(std::max(known.buys, known.sells)) >= known.threshold;
        }
    }
    __builtin_unreachable();
}

/// What an input weighs: 1, its size, or its value in units of 1e-9.
base::Int128 BarAggregator::amount_of(const Input& input) const {
    switch (spec_.unit) {
        case BarUnit::volume:
        case BarUnit::volume_imbalance:
        case BarUnit::volume_run: return input.volume.raw;
        case BarUnit::value:
        case BarUnit::value_imbalance:
        case BarUnit::value_run: {
            // In units of 1e-9 like the step: a product in 1e-18, brought down once. The close
            // stands for the prices of a smaller bar.
            Money value = multiply(input.close, input.volume);
            if (multiplier_.raw != base::kDecimalOne) {
                value = scale(value, multiplier_.raw, base::kDecimalOne);
            }
            return value.raw / base::kDecimalOne;
        }
        case BarUnit::time:
        case BarUnit::tick:
        case BarUnit::tick_imbalance:
        case BarUnit::tick_run:
        case BarUnit::renko:
        case BarUnit::range: return 1;
    }
    __builtin_unreachable();
}

/// The aggressor, or who the tick rule takes for it; nobody before the first change of the price.
int BarAggregator::side_of(const Input& input) {
    Information& known = information_;
    if (known.trades_seen > 0 && input.close != known.last_price) {
        known.last_side = input.close > known.last_price ? 1 : -1;
    }
    known.last_price = input.close;
    if (input.aggressor == Aggressor::unknown) return known.last_side;
    return input.aggressor == Aggressor::buyer ? 1 : -1;
}

void BarAggregator::learn(const Input& input) {
    Information& known = information_;
    const base::Int128 amount = amount_of(input);
    const int side = side_of(input);
    if (side > 0) known.buys += amount;
    if (side < 0) known.sells += amount;
    known.trades += 1;
    known.trades_seen += 1;
    const double span = kSpanBars * static_cast<double>(spec_.step);
    const double weight = std::max(2.0 / (span + 1.0), 1.0 / known.trades_seen);
    const auto size = static_cast<double>(amount);
    const double buys = side > 0 ? size : 0.0, sells = side < 0 ? size : 0.0;
    known.mean_signed += weight * (buys - sells - known.mean_signed);
    known.mean_buys += weight * (buys - known.mean_buys);
    known.mean_sells += weight * (sells - known.mean_sells);
    known.mean_size += weight * (size - known.mean_size);
}

/// Sets what the next bar has to reach, from the bars up to the one that closes.
void BarAggregator::expect() {
    Information& known = information_;
    const auto step = static_cast<double>(spec_.step);
    if (known.threshold <= 0) {
        known.expected_trades = step;
    } else {
        known.expected_trades += 2.0 / (kSpanBars + 1.0) * (known.trades - known.expected_trades);
        known.expected_trades =
            std::clamp(known.expected_trades, step / kTradesWithin, step * kTradesWithin);
    }
    const bool is_run = spec_.unit == BarUnit::tick_run || spec_.unit == BarUnit::volume_run ||
                        spec_.unit == BarUnit::value_run;
    known.threshold = is_run ? known.expected_trades * std::max(known.mean_buys, known.mean_sells)
                             : std::max(known.expected_trades * std::abs(known.mean_signed),
                                        known.mean_size * std::sqrt(known.expected_trades));
    known.trades = 0;
    known.buys = known.sells = 0;
}

/// Gives the open bar the ends of its brick where the price has reached one.
bool BarAggregator::finish_brick() {
    const auto bricks = [&](base::Int128 distance) {
        return distance < spec_.step ? 0 : static_cast<std::int64_t>(distance / spec_.step);
    };
    const base::Int128 last = bar_.close.raw;
    const std::int64_t up = bricks(last - brick_top_.raw);
    const std::int64_t down = bricks(brick_bottom_.raw - last);
    if (up == 0 && down == 0) return false;
    if (up > 0) {
        bar_.open = brick_top_;
        bar_.close = bar_.high = {brick_top_.raw + up * spec_.step};
        bar_.low = std::min(bar_.low, bar_.open);
        brick_top_ = bar_.close;
        brick_bottom_ = {brick_top_.raw - spec_.step};
    } else {
        bar_.open = brick_bottom_;
        bar_.close = bar_.low = {brick_bottom_.raw - down * spec_.step};
        bar_.high = std::max(bar_.high, bar_.open);
        brick_bottom_ = bar_.close;
        brick_top_ = {brick_bottom_.raw + spec_.step};
    }
    return true;
}

void BarAggregator::merge(const Input& input, Timestamp open_ts) {
    last_ts_ = input.ts;
    if (!is_open_) {
        bar_ = {.instrument = instrument_,
                .spec = spec_,
                .open_ts = open_ts,
                .open = input.open,
                .high = input.high,
                .low = input.low,
                .close = input.close,
                .volume = input.volume};
        is_open_ = true;
        return;
    }
    bar_.high = std::max(bar_.high, input.high);
    bar_.low = std::min(bar_.low, input.low);
    bar_.close = input.close;
    bar_.volume += input.volume;
}

ClosedBar BarAggregator::close(Timestamp ts) {
    is_open_ = false;
    counted_ = 0;
    if (information_.trades > 0) expect();
    return {.ts = ts, .bar = bar_};
}

std::optional<ClosedBar> BarAggregator::advance(Timestamp now) {
    if (!is_open_ || spec_.unit != BarUnit::time) return std::nullopt;
    const bool ended = fed_by_bars_ ? now > span_.end : now >= span_.end;
    return ended ? std::optional{close(span_.end)} : std::nullopt;
}

std::optional<ClosedBar> BarAggregator::flush() {
    if (!is_open_) return std::nullopt;
    return close(spec_.unit == BarUnit::time ? span_.end : last_ts_);
}

std::optional<Timestamp> BarAggregator::closes_at() const {
    if (!is_open_ || spec_.unit != BarUnit::time) return std::nullopt;
    return span_.end;
}

std::optional<BarAggregator::Span> BarAggregator::span_at(Timestamp t) const {
    return spec_.step < kDayNs ? intraday_span(t) : days_span(t);
}

std::optional<BarAggregator::Span> BarAggregator::intraday_span(Timestamp t) const {
    const auto session = session_at(calendar_, t);
    if (!session) return std::nullopt;
    Timestamp anchor = start_of(utc_date(t));
    Timestamp first = anchor, end = anchor + days(1);
    if (calendar_ == CalendarKind::us_equity) {
        const bool by_session = alignment_ == BarAlignment::session;
        first = session->open;
        anchor = by_session ? session->open : from_new_york(session->date, {});
        end = session->close;
    } else if (calendar_ == CalendarKind::fx_week &&
               std::chrono::weekday{session->date} == std::chrono::Friday) {
        end = std::min(end, session->close);
    }
    const Timestamp start = anchor + Duration{floor_to((t - anchor).ns, spec_.step)};
    return Span{.start = std::max(start, first),
                .end = std::min(start + Duration{spec_.step}, end)};
}

std::optional<BarAggregator::Span> BarAggregator::days_span(Timestamp t) const {
    const auto session = session_at(calendar_, t);
    if (!session) return std::nullopt;
    const std::int64_t count = spec_.step / kDayNs;
    if (count == 1) return Span{.start = session->open, .end = session->close};

    // 1970-01-01 was a Thursday: three days after a Monday.
    const std::int64_t day = session->date.time_since_epoch().count();
    const Date from{std::chrono::days{floor_to(day + 3, count) - 3}};
    const Date to = from + std::chrono::days{count};
    Span span{.start = session->open, .end = session->close};
    // Sessions of the block before and after this one: bounded by the block.
    for (Date date = session->date - std::chrono::days{1}; date >= from;
         date -= std::chrono::days{1}) {
        if (const auto before = session_on(calendar_, date)) span.start = before->open;
    }
    for (Date date = session->date + std::chrono::days{1}; date < to;
         date += std::chrono::days{1}) {
        if (const auto after = session_on(calendar_, date)) span.end = after->close;
    }
    return span;
}

}  // namespace tradewind::market
