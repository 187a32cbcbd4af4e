// SPDX-License-Identifier: Apache-2.0
#include "exchange/trade_log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.hpp"
#include "exchange/rules.hpp"

namespace tradewind::exchange {
namespace {

constexpr std::array<std::string_view, kIntervals> kNames{"1s", "1m", "3m", "5m", "15m", "30m",
                                                          "1h", "2h", "4h", "6h", "8h",  "12h",
                                                          "1d", "3d", "1w", "1M"};
constexpr std::array<Duration, kIntervals> kLengths{
    seconds(1), minutes(1), minutes(3), minutes(5), minutes(15), minutes(30), hours(1), hours(2),
    hours(4),   hours(6),   hours(8),   hours(12),  days(1),     days(3),     days(7),  days(0)};
/// 1970-01-01 was a Thursday; the Monday after it.
constexpr Duration kFirstMonday = days(4);
constexpr std::int64_t kMinutesOfDay = 1440;

std::int64_t floor_to(std::int64_t value, std::int64_t step) {
    const std::int64_t rest = value % step;
    return value - (rest < 0 ? rest + step : rest);
}

}  // namespace

std::string_view to_string(Interval interval) { return kNames[static_cast<std::size_t>(interval)]; }

std::optional<Interval> parse_interval(std::string_view text) {
    const auto* const at = std::find(kNames.begin(), kNames.end(), text);
    if (at == kNames.end()) return std::nullopt;
    return static_cast<Interval>(at - kNames.begin());
}

Timestamp start_of(Interval interval, Timestamp ts) {
    const Duration length = kLengths[static_cast<std::size_t>(interval)];
    if (interval == Interval::month) {
        const std::chrono::year_month_day day{utc_date(ts)};
        return tradewind::start_of(Date{day.year() / day.month() / 1});
    }
    if (interval == Interval::w1) {
        return {floor_to(ts.ns - kFirstMonday.ns, length.ns) + kFirstMonday.ns};
    }
    return {floor_to(ts.ns, length.ns)};
}

Timestamp end_of(Interval interval, Timestamp start) {
    if (interval == Interval::month) {
        const std::chrono::year_month_day day{utc_date(start)};
        return tradewind::start_of(
            Date{(day.year() / day.month() + std::chrono::months{1}) / std::chrono::day{1}});
    }
    return start + kLengths[static_cast<std::size_t>(interval)];
}

const PublicTrade& TradeLog::print(const Print& print) {
    ASSERT(print.qty.raw > 0);
    const PublicTrade trade{.id = ++last_trade_,
                            .price = print.price,
                            .qty = print.qty,
                            .ts = print.ts,
                            .buyer_is_maker = print.buyer_is_maker};
    trades_.push_back(trade);
    if (trades_.size() > kTradesKept) trades_.pop_front();
    add_to_klines(trade);
    const bool continues = open_ && open_taker_ == print.taker && open_->price == print.price &&
                           open_->buyer_is_maker == print.buyer_is_maker && open_->ts == print.ts;
    if (continues) {
        open_->qty += print.qty;
        open_->last_trade = trade.id;
        return trades_.back();
    }
    if (open_) ended_.push_back(*open_);
    open_ = AggregateTrade{.id = ++last_aggregate_,
                           .price = print.price,
                           .qty = print.qty,
                           .first_trade = trade.id,
                           .last_trade = trade.id,
                           .ts = print.ts,
                           .buyer_is_maker = print.buyer_is_maker};
    open_taker_ = print.taker;
    return trades_.back();
}

std::vector<AggregateTrade> TradeLog::end_aggregates() {
    if (open_) ended_.push_back(*open_);
    open_.reset();
    for (const AggregateTrade& aggregate : ended_) {
        aggregates_.push_back(aggregate);
        if (aggregates_.size() > kTradesKept) aggregates_.pop_front();
    }
    return std::exchange(ended_, {});
}

void TradeLog::roll_one(Interval interval, Timestamp now) {
    std::deque<Kline>& klines = klines_[static_cast<std::size_t>(interval)];
    if (klines.empty()) return;
    const Timestamp last = start_of(interval, now);
    // No more of them than are kept, however long nothing was traded.
    const base::Int128 span =
        base::Int128{static_cast<std::int64_t>(kKlinesKept)} * (end_of(interval, last) - last).ns;
    const Timestamp first_kept{
        static_cast<std::int64_t>(std::max<base::Int128>(0, last.ns - span))};
    while (klines.back().start < last) {
        const Price price = klines.back().close;
        Timestamp next = end_of(interval, klines.back().start);
        if (next < first_kept) next = start_of(interval, first_kept);
        klines.push_back(
            {.start = next, .open = price, .high = price, .low = price, .close = price});
        if (klines.size() > kKlinesKept) klines.pop_front();
    }
}

void TradeLog::roll(Timestamp now) {
    for (std::size_t i = 0; i < kIntervals; ++i) roll_one(static_cast<Interval>(i), now);
}

void TradeLog::add_to_klines(const PublicTrade& trade) {
    const Money base = as_money(trade.qty);
    const Money quote = multiply(trade.price, trade.qty);
    for (std::size_t i = 0; i < kIntervals; ++i) {
        const auto interval = static_cast<Interval>(i);
        std::deque<Kline>& klines = klines_[i];
        roll_one(interval, trade.ts);
        if (klines.empty()) {
            klines.push_back({.start = start_of(interval, trade.ts),
                              .open = trade.price,
                              .high = trade.price,
                              .low = trade.price,
                              .close = trade.price});
        }
        Kline& kline = klines.back();
        if (kline.trades == 0) {
            kline.open = kline.high = kline.low = trade.price;
            kline.first_trade = trade.id;
        }
        kline.high = std::max(kline.high, trade.price);
        kline.low = std::min(kline.low, trade.price);
        kline.close = trade.price;
        kline.volume += base;
        kline.quote_volume += quote;
        if (!trade.buyer_is_maker) {
            kline.taker_buy_volume += base;
            kline.taker_buy_quote_volume += quote;
        }
        kline.last_trade = trade.id;
        ++kline.trades;
    }
}

std::optional<Price> TradeLog::last_price() const {
    if (trades_.empty()) return std::nullopt;
    return trades_.back().price;
}

std::optional<Price> TradeLog::average(std::int64_t minutes, Timestamp now) const {
    if (trades_.empty()) return std::nullopt;
    const Timestamp from = start_of(Interval::m1, now) - tradewind::minutes(minutes - 1);
    const std::deque<Kline>& klines = this->klines(Interval::m1);
    Money quote{};
    base::Int128 volume = 0;
    for (auto at = klines.rbegin(); at != klines.rend() && at->start >= from; ++at) {
        quote += at->quote_volume;
        volume += at->volume.raw / base::kDecimalOne;
    }
    if (volume == 0) return trades_.back().price;
    const auto price = base::checked_div(quote.raw, volume, base::Rounding::half_even);
    return Price{static_cast<std::int64_t>(*price)};
}

std::optional<DayStatistics> TradeLog::day(Timestamp now) const {
    if (trades_.empty()) return std::nullopt;
    const Timestamp from = start_of(Interval::m1, now) - minutes(kMinutesOfDay - 1);
    const std::deque<Kline>& klines = this->klines(Interval::m1);
    DayStatistics out{.last = trades_.back().price, .last_qty = trades_.back().qty};
    out.open_ts = from;
    out.close_ts = now;
    auto at = std::lower_bound(klines.begin(), klines.end(), from,
                               [](const Kline& k, Timestamp t) { return k.start < t; });
    out.open = out.high = out.low = out.close_before =
        at == klines.end() ? out.last : (at == klines.begin() ? at->open : (at - 1)->close);
    bool is_first = true;
    for (; at != klines.end(); ++at) {
        if (at->trades == 0) continue;
        if (is_first) {
            out.open = out.high = at->open;
            out.low = at->open;
            out.first_trade = at->first_trade;
        }
        is_first = false;
        out.high = std::max(out.high, at->high);
        out.low = std::min(out.low, at->low);
        out.volume += at->volume;
        out.quote_volume += at->quote_volume;
        out.trades += at->trades;
        out.last_trade = at->last_trade;
    }
    return out;
}

}  // namespace tradewind::exchange
