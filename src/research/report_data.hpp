// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "monitor/metrics.hpp"
#include "research/report.hpp"

/// What the report computes from the whole series before they are thinned for the page.
namespace tradewind::research {

struct MonthReturn {
    int year = 0;
    int month = 0;  ///< 1 to 12
    double value = 0;
    bool whole = true;  ///< false: the curve begins or ends inside

    friend bool operator==(const MonthReturn&, const MonthReturn&) = default;
};

/// Return of each calendar month that the curve touches after its first sample. Months without a
/// sample, and those that would stand on an equity not above 0, are left out.
[[nodiscard]] std::vector<MonthReturn> monthly_returns(
    std::span<const monitor::EquityPoint> equity);

struct YearReturn {
    int year = 0;
    double value = 0;

    friend bool operator==(const YearReturn&, const YearReturn&) = default;
};

[[nodiscard]] std::vector<YearReturn> yearly_returns(std::span<const monitor::EquityPoint> equity);

struct Histogram {
    double low = 0;
    double width = 0;
    double mean = 0;       ///< of the returns counted
    double deviation = 0;  ///< of the returns counted
    /// Returns of exactly 0: days without a position, which would hide the rest.
    std::size_t unchanged = 0;
    std::vector<std::size_t> counts;  ///< the first and the last bin hold all that lies beyond
};

/// Bins of Freedman and Diaconis' width (1981) over 6 standard deviations each way at most. nullopt
/// for fewer than 5 returns or equal ones.
[[nodiscard]] std::optional<Histogram> histogram_of(std::span<const double> returns);

/// Bars joined k by k so that at most `most` remain.
[[nodiscard]] std::vector<Ohlc> joined_bars(std::span<const Ohlc> bars, std::size_t most);

/// The page's data as one JSON document that can stand inside a script element: no '<' in it.
[[nodiscard]] std::string report_json(const ReportInput& input);

}  // namespace tradewind::research
