// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/command.hpp"
#include "sim/memory_history.hpp"
#include "sim/world.hpp"

/// Scenarios as text: what the market does, what is sent and when, what the venue answers.
namespace tradewind::sim::testing {

/// One line a row, '#' begins a comment:
///
///     bar 1 100 101 99 100 1000         bar that opens at minute 1: open high low close volume
///     ask 1 100 101 99 100              the same of the ask side; bid: of the bid side
///     inner 1:15 100 101 99 100 250     finer data: a bar of 15 seconds; inner_trade 1:20 100 5:
///                                       a print
///     quote 1:30 99 101 5 5             bid ask bid-size ask-size
///     trade 1:30 100 5                  with the side that came to take, if told: buy, sell
///     book 1 bid 99 5 ask 101 5         a whole book in one message: side, price, size
///     levels 1:30 bid 99 4 ask 102 0    a message of levels that changed
///     add 1 bid 7 99 5                  a book told order by order: side, number, price, size;
///     modify 1 bid 7 99 4               each row a message
///     remove 1 bid 7 99 4
///     print 1 sell 0 99 5               with the side that came to take
///     split 2 2 1                       at minute 2, new for old
///     dividend 2 0.5                    an amount a share
///     funding 2 0.0001                  a rate of what is held, at the last price; longs pay
///     delist 3 50                       at minute 3, paid out at 50
///     cross 2310 open 100.5 5000        the print of an auction: open or close, price, volume
///     halt 1 / resume 3                 or pre_open, auction, paused, closed
///
/// Rows of books and trades may end with exch=TIME, when it was true at the venue. Times are
/// minutes or minutes:seconds since 2024-01-01T00:00Z. All rows are of instrument AAA.SIM (tick
/// 0.01, lot 1, always open) unless the scenario has another.
///
/// Commands carry the time of the event that they are an answer to:
///
///     0 buy 1 100 limit 99.5 day        time, side, the order's number, quantity, type, prices
///     0 sell 2 100 stop_limit 95 94     trigger, then limit
///     0 sell 3 100 trailing_stop_market 1.5     offset; or 150bps, 3ticks
///     1 cancel 1
///     1 replace 1 qty=50 limit=99
///
/// with any of: day gtd=MINUTE ioc fok at_open at_close post reduce leg=long leg=short display=N
/// start=PRICE parent=ID list=ID oto oco ouo. The number 1/3 is the third of strategy 1; others are
/// of strategy 0. At time 0 they answer the first deposit.
struct Scenario {
    std::string market;
    std::string orders;
    WorldSettings settings{};
    CalendarKind calendar = CalendarKind::always_open;
    std::function<void(Instrument&)> instrument{};  ///< changes the defaults
};

struct Outcome {
    std::vector<std::string> reports;  ///< "1:00 1 filled 100@99.5 maker"
    std::vector<std::string> events;   ///< kind and time of everything, in order
    WorldCounts counts;
    std::vector<FinerUse> finer;
};

/// A text that it cannot read is the test's fault, and ends it.
[[nodiscard]] Outcome play(const Scenario& scenario);
/// The error: "LINE: what is wrong there".
[[nodiscard]] std::expected<Outcome, std::string> try_play(const Scenario& scenario);

/// A line and its number in the text, from 1.
struct Line {
    std::size_t number = 0;
    std::string text;
};
/// Lines without indentation, empty lines and comments.
[[nodiscard]] std::vector<Line> numbered_lines_of(std::string_view text);
[[nodiscard]] std::vector<std::string> lines_of(std::string_view text);

}  // namespace tradewind::sim::testing
