// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/event.hpp"
#include "domain/instrument.hpp"

namespace tradewind::market {

/// What is wrong with a market event.
enum class DefectKind : std::uint8_t {
    unknown_instrument,  ///< not in the table; limit = its size
    time_backwards,      ///< limit = time of the event before, actual = this one's (ns)
    non_positive_price,  ///< futures alone may trade at or below zero
    crossed_quote,       ///< limit = ask, actual = bid
    high_below_low,      ///< limit = low, actual = high
    open_outside_range,  ///< limit = the end of the range that it passes, actual = open
    close_outside_range,
    negative_size,
    no_size,              ///< a trade of nothing
    opens_after_close,    ///< limit = the bar's close, actual = its open (ns)
    bad_step,             ///< a bar whose step is not positive
    bad_ratio,            ///< a split of or into nothing
    update_gap,           ///< limit = the book's last update id, actual = the predecessor told
    unfinished_message,   ///< limit = update id of the one cut short, actual = of the row after it
    crossed_book,         ///< limit = best ask, actual = best bid, which is above it
    locked_book,          ///< the same, both equal
    unknown_order,        ///< actual = the venue's number of the order
    duplicate_order,      ///< actual = the venue's number of the order
    oversized_reduction,  ///< limit = what was left of the order, actual = what was taken off it
    side_overflow,        ///< limit = what the side holds, actual = what was to come on top
};

[[nodiscard]] std::string_view to_string(DefectKind value);

/// A defect with the numbers: prices and quantities in units of 1e-9, times in ns.
struct Defect {
    DefectKind kind = DefectKind::unknown_instrument;
    std::int64_t limit = 0;
    std::int64_t actual = 0;

    friend bool operator==(const Defect&, const Defect&) = default;
};

/// One line: "crossed_quote: limit 1.3871, actual 1.3872".
[[nodiscard]] std::string describe(const Defect& defect);

/// The first defect of an event, nullopt where there is none; events that are not of the market are
/// checked for time alone. `previous` is the time of the event before it in the log.
[[nodiscard]] std::optional<Defect> check(const Event& event, const InstrumentTable& instruments,
                                          Timestamp previous = kTimestampMin);

}  // namespace tradewind::market
