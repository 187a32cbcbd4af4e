// SPDX-License-Identifier: Apache-2.0
#include "research/sweep/walk_forward.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/try.hpp"

namespace tradewind::research {

std::optional<CalendarSpan> parse_calendar_span(std::string_view text) {
    if (text.size() < 2) return std::nullopt;
    constexpr int kMost = 10'000;
    int count = 0;
    const char* end = text.data() + text.size() - 1;
    const auto [stop, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc{} || stop != end || count <= 0 || count > kMost) return std::nullopt;
    switch (text.back()) {
        case 'y': return CalendarSpan{.months = 12 * count, .days = 0};
        case 'm': return CalendarSpan{.months = count, .days = 0};
        case 'w': return CalendarSpan{.months = 0, .days = 7 * count};
        case 'd': return CalendarSpan{.months = 0, .days = count};
        default: return std::nullopt;
    }
}

Date later(Date date, const CalendarSpan& span) {
    std::chrono::year_month_day day{date};
    day += std::chrono::months{span.months};
    // The 31st of a month that has none is its last day.
    if (!day.ok()) day = day.year() / day.month() / std::chrono::last;
    return Date{day} + std::chrono::days{span.days};
}

std::expected<std::vector<Fold>, std::string> folds_of(const WalkSettings& settings, Date first,
                                                       Date last) {
    std::vector<Fold> out;
    Date from = first;
    Date train_to = later(first, settings.train);
    while (true) {
        const Date test_from = later(train_to, settings.embargo);
        const Date test_to = std::min(later(test_from, settings.test), last + std::chrono::days{1});
        if (test_from > last) break;
        if (out.size() == kFoldsMax) {
            return std::unexpected(
                fmt::format("--test: makes more than {} windows; choose a longer one", kFoldsMax));
        }
        out.push_back({.train_from = settings.anchored ? first : from,
                       .train_to = train_to,
                       .test_from = test_from,
                       .test_to = test_to});
        from = later(from, settings.test);
        train_to = later(train_to, settings.test);
    }
    if (!out.empty()) return out;
    return std::unexpected(
        fmt::format("--train and --test: the data go from {} to {}, and the first test window "
                    "would begin on {}; choose shorter windows or more data",
                    to_string(first), to_string(last),
                    to_string(later(later(first, settings.train), settings.embargo))));
}

std::expected<TestPart, std::string> test_part(const BacktestResult& run, Date from,
                                               double annual_factor, double risk_free) {
    const Timestamp start = start_of(from);
    auto begin = std::ranges::find_if(
        run.equity, [&](const monitor::EquityPoint& point) { return point.ts >= start; });
    if (begin != run.equity.begin()) --begin;
    TestPart out;
    out.equity.assign(begin, run.equity.end());
    const auto metrics = monitor::compute({.equity = out.equity,
                                           .risk_free = monitor::AnnualRate{risk_free},
                                           .annual_factor = annual_factor,
                                           .trades = run.trades});
    if (!metrics) return std::unexpected(monitor::describe(metrics.error()));
    out.metrics = *metrics;
    return out;
}

std::vector<Stability> stability_of(const SearchSpace& space, std::span<const Point> chosen) {
    std::vector<Stability> out;
    const auto dimensions = space.dimensions();
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
        const Dimension& one = dimensions[i];
        Stability stability{.name = one.name, .share = std::nullopt};
        std::set<double> values;
        double moved = 0;
        for (std::size_t k = 0; k < chosen.size(); ++k) {
            values.insert(chosen[k][i]);
            if (k == 0 || chosen[k][i] == chosen[k - 1][i]) continue;
            ++stability.changes;
            moved += std::abs(chosen[k][i] - chosen[k - 1][i]);
        }
        stability.different = values.size();
        const double range = one.high - one.low;
        if (one.kind != DimensionKind::list && range > 0 && chosen.size() > 1) {
            stability.share = 1 - moved / static_cast<double>(chosen.size() - 1) / range;
        }
        out.push_back(std::move(stability));
    }
    return out;
}

}  // namespace tradewind::research
