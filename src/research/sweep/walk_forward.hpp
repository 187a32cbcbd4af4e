// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/time.hpp"
#include "monitor/metrics.hpp"
#include "research/backtest.hpp"
#include "research/search/space.hpp"

/// Walk-forward: parameters are chosen on one window of time and used on the next, which the choice
/// has not seen; the next windows together are the result.
namespace tradewind::research {

/// A length of calendar time: months keep their day of the month where it exists.
struct CalendarSpan {
    int months = 0;
    int days = 0;

    friend bool operator==(const CalendarSpan&, const CalendarSpan&) = default;
};
/// "2y", "6m" (months), "3w", "10d"; nullopt for anything else, and for nothing.
[[nodiscard]] std::optional<CalendarSpan> parse_calendar_span(std::string_view text);
[[nodiscard]] Date later(Date date, const CalendarSpan& span);

struct WalkSettings {
    CalendarSpan train;
    CalendarSpan test;
    CalendarSpan embargo{};  ///< between the two: no row of it is used for either
    bool anchored = false;   ///< every training window begins with the data
};

/// One step: [train_from, train_to) is searched, [test_from, test_to) is traded.
struct Fold {
    Date train_from;
    Date train_to;
    Date test_from;
    Date test_to;

    friend bool operator==(const Fold&, const Fold&) = default;
};
inline constexpr std::size_t kFoldsMax = 10'000;

/// The windows over data from `first` to `last`, both in; the last test window ends with the data.
/// The error is one line: the first two windows are longer than the data, or there are too many.
[[nodiscard]] std::expected<std::vector<Fold>, std::string> folds_of(const WalkSettings& settings,
                                                                     Date first, Date last);

/// The part of a run from an instant on.
struct TestPart {
    std::vector<monitor::EquityPoint> equity;  ///< first the last value before
    monitor::Metrics metrics;
};
/// Of a run that traded nothing before `from`. The error is one line.
[[nodiscard]] std::expected<TestPart, std::string> test_part(const BacktestResult& run, Date from,
                                                             double annual_factor,
                                                             double risk_free);

/// What one parameter did from window to window.
struct Stability {
    std::string name;
    std::size_t different = 0;  ///< values that were chosen
    std::size_t changes = 0;    ///< from one window to the next
    /// 1 less the mean step between windows as a share of the range: 1 never moved. nullopt for
    /// lists and single values, and under two windows.
    std::optional<double> share;
};
[[nodiscard]] std::vector<Stability> stability_of(const SearchSpace& space,
                                                  std::span<const Point> chosen);

}  // namespace tradewind::research
