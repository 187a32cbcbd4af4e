// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "domain/calendar.hpp"
#include "domain/numbers.hpp"
#include "domain/time.hpp"
#include "feature/graph.hpp"

namespace tradewind::feature {

/// What a bar tells, as it stands in a file, an event or a column.
struct BarPrices {
    Price open;
    Price high;
    Price low;
    Price close;
    Qty volume;
};

/// Bars of one series, in their order, as features read them: the same numbers whoever brings them.
class BarRowMaker {
public:
    using Row = std::array<double, kBarFieldCount>;  ///< by Field

    explicit BarRowMaker(CalendarKind calendar) : calendar_(calendar) {}

    [[nodiscard]] Row row(const BarPrices& bar, Timestamp close) {
        // a bar that ends with its session belongs to it
        const Session& session = session_at(close - Duration{1});
        return {to_double(bar.open),      to_double(bar.high),      to_double(bar.low),
                to_double(bar.close),     to_double(bar.volume),    seconds_of(close),
                seconds_of(session.open), seconds_of(session.close)};
    }

private:
    static double seconds_of(Timestamp at) { return static_cast<double>(at.ns) / 1e9; }
    /// The session in which an instant lies, or the next one; instants in order cost a comparison.
    [[nodiscard]] const Session& session_at(Timestamp t) {
        if (t < known_from_ || t >= session_.close) {
            session_ = session_from(calendar_, t);
            known_from_ = t;
        }
        return session_;
    }

    CalendarKind calendar_;
    Session session_{};
    Timestamp known_from_ = kTimestampMax;
};

}  // namespace tradewind::feature
