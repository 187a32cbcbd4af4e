// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "domain/calendar.hpp"
#include "domain/numbers.hpp"
#include "domain/time.hpp"
#include "monitor/metrics.hpp"
#include "portfolio/account_value.hpp"

namespace tradewind::monitor {

/// Exposure at the end of a day, as shares of equity.
struct ExposurePoint {
    Timestamp ts{};  ///< names the day, as in EquityPoint
    double gross = 0;
    double net = 0;

    friend bool operator==(const ExposurePoint&, const ExposurePoint&) = default;
};

/// Folds a mark an event into one equity point a day, in memory that grows with days only.
///
/// A day is a session of the calendar (for `always_open` the UTC day). A mark at the very instant a
/// session closes belongs to that session; one outside sessions to the next. Days without a mark
/// keep the last equity, so that zero returns are kept. The first point is the start capital, named
/// after the day before that of the first mark.
class EquitySampler {
public:
    EquitySampler(CalendarKind calendar, Money start_equity);

    /// Time that runs backwards counts as the time of the mark before. `write` brings the value it
    /// is given up to date: it stands as it was at the mark before.
    template <typename Write>
        requires std::invocable<Write, portfolio::AccountValue&>
    void mark(Timestamp ts, const Write& write) {
        if (ts > day_end_) [[unlikely]]
            roll_to(ts);
        if (ts > now_) {
            if (last_.gross.raw > 0) in_market_ns_ += ts.ns - now_.ns;
            now_ = ts;
        }
        write(last_);
        // Whole numbers until a day ends or a fall deepens: doubles cost more than all the rest.
        if (last_.equity > peak_) {
            peak_ = last_.equity;
            draw_line();
        } else if (last_.equity < line_) [[unlikely]] {
            note_drawdown();
        }
    }
    void mark(Timestamp ts, const portfolio::AccountValue& account) {
        mark(ts, [&](portfolio::AccountValue& last) { last = account; });
    }
    /// Equities from `low` to `high` whose marks, until `until`, leave nothing behind but the last
    /// of them: no new peak, no deeper fall, no new day. Whoever holds a position and passes over
    /// such marks gets the same curve, exposures and drawdown; without a position all marks may be
    /// passed over.
    struct Calm {
        Money low;
        Money high;
        Timestamp until;
    };
    [[nodiscard]] Calm calm() const { return {.low = line_, .high = peak_, .until = day_end_}; }
    /// A fill's |notional| in the account's currency.
    void traded(double notional) { traded_ += notional; }

    /// The curve so far; the last point is the open day's latest mark.
    [[nodiscard]] std::vector<EquityPoint> equity() const;
    [[nodiscard]] std::vector<ExposurePoint> exposures() const;
    /// Deepest fall over every mark, not only over the days' ends: at least that of `equity()`.
    [[nodiscard]] double max_drawdown_of_marks() const { return deepest_; }
    /// Share of the time between the first mark and the last with a position; nullopt before time
    /// has passed.
    [[nodiscard]] std::optional<double> time_in_market() const;
    [[nodiscard]] double traded_notional() const { return traded_; }

private:
    void roll_to(Timestamp ts);
    void note_drawdown();
    void draw_line();

    CalendarKind calendar_;
    std::optional<Timestamp> first_;
    Timestamp now_ = kTimestampMin;
    Timestamp day_end_ = kTimestampMin;  ///< last instant of the open day
    Date day_{};
    portfolio::AccountValue last_;
    Money peak_;
    Money line_;  ///< only an equity below it can be the deepest fall
    double deepest_ = 0;
    double traded_ = 0;
    std::int64_t in_market_ns_ = 0;
    std::vector<EquityPoint> equity_;
    std::vector<ExposurePoint> exposures_;
};

}  // namespace tradewind::monitor
