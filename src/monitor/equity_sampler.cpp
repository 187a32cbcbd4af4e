// SPDX-License-Identifier: Apache-2.0
#include "monitor/equity_sampler.hpp"

#include <algorithm>
#include <chrono>

namespace tradewind::monitor {
namespace {

/// No calendar of ours rests longer.
constexpr int kLongestRestDays = 14;

Date day_before(CalendarKind calendar, Date date) {
    for (int i = 1; i <= kLongestRestDays; ++i) {
        const Date candidate = date - std::chrono::days{i};
        if (session_on(calendar, candidate)) return candidate;
    }
    return date - std::chrono::days{1};
}

/// Without equity there is nothing to take a share of: that day has no point.
void append_exposure(std::vector<ExposurePoint>& points, Timestamp ts,
                     const portfolio::AccountValue& account) {
    if (account.equity.raw <= 0) return;
    const double equity = to_double(account.equity);
    points.push_back({ts, to_double(account.gross) / equity, to_double(account.net) / equity});
}

}  // namespace

EquitySampler::EquitySampler(CalendarKind calendar, Money start_equity)
    : calendar_(calendar), last_{.equity = start_equity}, peak_(start_equity) {
    draw_line();
}

void EquitySampler::roll_to(Timestamp ts) {
    const TradingDay next = trading_day_of(calendar_, ts);
    if (!first_) {
        first_ = ts;
        now_ = ts;
        day_ = day_before(calendar_, next.date);
        equity_.push_back({start_of(day_), to_double(last_.equity)});
        append_exposure(exposures_, start_of(day_), last_);
    } else {
        // Close the open day, and each day without a mark at the same equity.
        for (Date date = day_; date < next.date; date += std::chrono::days{1}) {
            if (date != day_ && !session_on(calendar_, date)) continue;
            equity_.push_back({start_of(date), to_double(last_.equity)});
            append_exposure(exposures_, start_of(date), last_);
        }
    }
    day_ = next.date;
    day_end_ = next.end;
}

void EquitySampler::note_drawdown() {
    if (peak_.raw <= 0) return;
    deepest_ = std::max(deepest_, 1 - to_double(last_.equity) / to_double(peak_));
    draw_line();
}

/// A little above the equity that falls exactly as deep as the deepest, so that rounding hides
/// none.
void EquitySampler::draw_line() {
    constexpr double kSlack = 1e-12;
    const double line = static_cast<double>(peak_.raw) * (1.0 - deepest_) * (1.0 + kSlack);
    line_ = Money{static_cast<base::Int128>(line)};
}

std::vector<EquityPoint> EquitySampler::equity() const {
    std::vector<EquityPoint> points = equity_;
    if (first_) points.push_back({start_of(day_), to_double(last_.equity)});
    return points;
}

std::vector<ExposurePoint> EquitySampler::exposures() const {
    std::vector<ExposurePoint> points = exposures_;
    if (first_) append_exposure(points, start_of(day_), last_);
    return points;
}

std::optional<double> EquitySampler::time_in_market() const {
    if (!first_ || now_ <= *first_) return std::nullopt;
    return static_cast<double>(in_market_ns_) / static_cast<double>((now_ - *first_).ns);
}

}  // namespace tradewind::monitor
