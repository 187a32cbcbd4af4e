// SPDX-License-Identifier: Apache-2.0
#include "market/bar_aggregator.hpp"

#include <algorithm>
#include <variant>

#include "market/market.hpp"

namespace tradewind::market {
namespace {

constexpr std::int64_t kDayNs = days(1).ns;

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
                 .volume = trade.size});
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
    merge(input, input.open_ts);
    count(input);
    ClosedBars closed;
    if (counted_ >= spec_.step) closed.push(close(input.ts));
    return closed;
}

void BarAggregator::count(const Input& input) {
    switch (spec_.unit) {
        case BarUnit::time: return;
        case BarUnit::tick: ++counted_; return;
        case BarUnit::volume: counted_ += input.volume.raw; return;
        case BarUnit::value: {
            // In units of 1e-9 like the step: a product in 1e-18, brought down once. The close
            // stands for the prices of a smaller bar.
            Money value = multiply(input.close, input.volume);
            if (multiplier_.raw != base::kDecimalOne) {
                value = scale(value, multiplier_.raw, base::kDecimalOne);
            }
            counted_ += value.raw / base::kDecimalOne;
            return;
        }
    }
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
