// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "domain/calendar.hpp"
#include "domain/numbers.hpp"
#include "domain/time.hpp"

namespace tradewind::risk {

/// What the account was worth: at its peak, and at the end of the day before. A fold of marks.
class AccountWatch {
public:
    explicit AccountWatch(CalendarKind calendar) : calendar_(calendar) {}

    void mark(Timestamp now, Money equity) {
        if (now > day_end_) [[unlikely]] {
            day_start_ = is_marked_ ? equity_ : equity;
            day_end_ = trading_day_of(calendar_, now).end;
        }
        if (!is_marked_ || equity > peak_) peak_ = equity;
        equity_ = equity;
        is_marked_ = true;
    }
    /// Capital came or went.
    void on_flow(Money amount) {
        if (!is_marked_) return;
        equity_ += amount;
        peak_ += amount;
        day_start_ += amount;
    }
    /// A person took note of what is lost: the peak and the day are counted from here.
    void rebase() { peak_ = day_start_ = equity_; }

    [[nodiscard]] bool is_marked() const { return is_marked_; }
    [[nodiscard]] Money equity() const { return equity_; }
    [[nodiscard]] Money peak() const { return peak_; }
    [[nodiscard]] Money day_start() const { return day_start_; }
    [[nodiscard]] Timestamp day_end() const { return day_end_; }
    /// What the day has cost so far; below zero it has earned.
    [[nodiscard]] Money loss() const { return day_start_ - equity_; }
    [[nodiscard]] Money fall() const { return peak_ - equity_; }

private:
    CalendarKind calendar_;
    bool is_marked_ = false;
    Timestamp day_end_ = kTimestampMin;
    Money equity_;
    Money peak_;
    Money day_start_;
};

}  // namespace tradewind::risk
