// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "domain/calendar.hpp"
#include "domain/instrument.hpp"
#include "market/quality.hpp"

namespace tradewind::market {

/// Rows against the session calendar: holes while the market was open, rows while it was closed,
/// clocks that are hours off. One series, row after row; a row costs a comparison or two.
///
/// - Days of US shares: each session's date has a row. Days of currencies: each weekday of the week
///   that begins on Sunday 17:00 New York, 25 December and 1 January excepted.
/// - Less than a day: the time that the market was open between the end of the last bar and the
///   next one holds no whole step. Pre- and post-market are nobody's duty.
/// - Ticks: the market was not open for longer than `silent_minutes` without one.
/// - Rows of shares on days without a session, of currencies whose span lies on the weekend.
/// - A clock is shifted where a week (currencies) or a day (shares) begins and ends by the same
///   number of hours too early or too late.
class SessionChecker {
public:
    /// `step` is that of time bars; 0 for ticks and for bars without a time.
    SessionChecker(const Instrument& instrument, Duration step, const QualitySettings& settings,
                   FindingSink sink);

    void row(std::uint64_t row, Timestamp ts) {
        if (!has_last_) {
            begin(row, ts);
        } else if (ts - last_ > allowed_) [[unlikely]] {
            pause(row, ts);
        }
        if (ts < inside_from_ || ts >= inside_to_) [[unlikely]]
            look_outside(row, ts);
        last_ = ts;
        ++rows_;
    }
    void finish();

private:
    struct Block {  ///< rows without a pause of the market's own
        std::uint64_t row = 0;
        Timestamp first;
    };

    void begin(std::uint64_t row, Timestamp ts);
    void pause(std::uint64_t row, Timestamp ts);
    void end_block(Timestamp last);
    void look_outside(std::uint64_t row, Timestamp ts);
    [[nodiscard]] std::int64_t missing_days(Timestamp ts) const;
    [[nodiscard]] Duration open_time(Timestamp from, Timestamp to) const;
    [[nodiscard]] std::optional<Duration> shift_of(Timestamp first, Timestamp end) const;
    void report_gap(std::uint64_t row, Timestamp ts, std::int64_t missing, Duration open);
    void flush_gaps();

    CalendarKind calendar_;
    Duration step_;
    Duration allowed_;  ///< longest distance of two rows that needs no thought
    QualitySettings settings_;
    FindingSink sink_;
    FindingRuns runs_;
    bool has_last_ = false;
    Timestamp last_;
    std::uint64_t rows_ = 0;
    Timestamp inside_from_ = kTimestampMax;
    Timestamp inside_to_ = kTimestampMin;
    Block block_;
    Duration shift_;             ///< of the block before
    std::vector<Finding> gaps_;  ///< short ones, whose weight depends on how many there are
    std::uint64_t holes_ = 0;
};

}  // namespace tradewind::market
