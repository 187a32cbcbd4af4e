// SPDX-License-Identifier: Apache-2.0
#include "research/report_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "measures/moments.hpp"
#include "research/metrics_json.hpp"

namespace tradewind::research {
namespace {

using monitor::ClosedTrade;
using monitor::EquityPoint;
using monitor::ExposurePoint;
using Json = nlohmann::ordered_json;

std::chrono::year_month_day civil(Timestamp ts) { return {utc_date(ts)}; }

struct PeriodEnd {
    std::chrono::year_month_day date;
    double equity = 0;
};

/// The last sample of each month (or year), after the first sample of all.
template <typename Key>
std::vector<PeriodEnd> period_ends(std::span<const EquityPoint> equity, Key key) {
    std::vector<PeriodEnd> ends;
    for (const EquityPoint& point : equity) {
        const auto date = civil(point.ts);
        if (ends.empty() || key(ends.back().date) != key(date)) {
            ends.push_back({date, point.equity});
        } else {
            ends.back() = {date, point.equity};
        }
    }
    return ends;
}

auto month_key(const std::chrono::year_month_day& date) { return date.year() / date.month(); }
auto year_key(const std::chrono::year_month_day& date) { return date.year(); }

/// Sessions end up to three days before a month does.
bool ends_its_month(const std::chrono::year_month_day& date) {
    constexpr int kRestDays = 3;
    const std::chrono::sys_days last{date.year() / date.month() / std::chrono::last};
    return (last - std::chrono::sys_days{date}).count() <= kRestDays;
}

// --- JSON ----------------------------------------------------------------------------------------

/// Columns of a hundred thousand numbers, written without a tree of nodes.
class Columns {
public:
    void open(std::string_view name) {
        comma();
        fmt::format_to(std::back_inserter(text_), "\"{}\":[", name);
        first_ = true;
    }
    void close() {
        text_ += ']';
        first_ = false;
    }
    void number(double value) {
        comma();
        if (std::isfinite(value)) {
            fmt::format_to(std::back_inserter(text_), "{:.10g}", value);
        } else {
            text_ += "null";
        }
    }
    void raw(std::string_view json) {
        comma();
        text_ += json;
    }
    void integer(std::int64_t value) {
        comma();
        fmt::format_to(std::back_inserter(text_), "{}", value);
    }
    void member(std::string_view name, std::string_view json) {
        comma();
        fmt::format_to(std::back_inserter(text_), "\"{}\":{}", name, json);
    }
    [[nodiscard]] std::string object() const { return "{" + text_ + "}"; }

    template <typename Range, typename Value>
    void numbers(std::string_view name, const Range& range, Value value) {
        open(name);
        for (const auto& item : range) number(value(item));
        close();
    }
    /// Instants in milliseconds, each as the difference to the one before.
    template <typename Range, typename Value>
    void instants(std::string_view name, const Range& range, Value value) {
        open(name);
        std::int64_t before = 0;
        for (const auto& item : range) {
            const std::int64_t now = milliseconds_of(value(item));
            integer(now - before);
            before = now;
        }
        close();
    }
    static std::int64_t milliseconds_of(Timestamp ts) {
        return (ts.ns - (ts.ns % 1'000'000 + 1'000'000) % 1'000'000) / 1'000'000;
    }

private:
    void comma() {
        if (!first_) text_ += ',';
        first_ = false;
    }

    std::string text_;
    bool first_ = true;
};

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, nlohmann::detail::error_handler_t::replace);
}

Json pairs(const std::vector<KeyValue>& values) {
    Json out = Json::array();
    for (const KeyValue& value : values) out.push_back({value.key, value.value});
    return out;
}

/// Every k-th item so that at most `most` remain; the first and the last stay.
template <typename Item>
std::vector<Item> thinned(std::span<const Item> items, std::size_t stride) {
    std::vector<Item> kept;
    if (items.empty()) return kept;
    if ((items.size() - 1) % stride != 0) kept.push_back(items.front());
    for (std::size_t i = (items.size() - 1) % stride; i < items.size(); i += stride) {
        kept.push_back(items[i]);
    }
    return kept;
}

std::size_t stride_for(std::size_t count, std::size_t most) {
    return std::max<std::size_t>(1, (count + most - 1) / most);
}

/// The points of `curve` at the instants of `at`.
std::vector<EquityPoint> points_at(std::span<const EquityPoint> curve,
                                   std::span<const EquityPoint> at) {
    std::vector<EquityPoint> out;
    std::size_t j = 0;
    for (const EquityPoint& point : at) {
        while (j < curve.size() && curve[j].ts < point.ts) ++j;
        if (j < curve.size() && curve[j].ts == point.ts) out.push_back(curve[j]);
    }
    return out;
}

std::string curve_json(std::span<const EquityPoint> points, std::size_t stride) {
    Columns columns;
    columns.member("stride", fmt::format("{}", stride));
    columns.instants("t", points, [](const EquityPoint& p) { return p.ts; });
    columns.numbers("v", points, [](const EquityPoint& p) { return p.equity; });
    return columns.object();
}

std::string benchmark_json(std::span<const EquityPoint> points, const std::string& name) {
    Columns columns;
    columns.member("name", dump(name));
    columns.instants("t", points, [](const EquityPoint& p) { return p.ts; });
    columns.numbers("v", points, [](const EquityPoint& p) { return p.equity; });
    return columns.object();
}

std::string exposure_json(std::span<const ExposurePoint> points) {
    Columns columns;
    columns.instants("t", points, [](const ExposurePoint& p) { return p.ts; });
    columns.numbers("g", points, [](const ExposurePoint& p) { return p.gross; });
    columns.numbers("n", points, [](const ExposurePoint& p) { return p.net; });
    return columns.object();
}

std::string prices_json(const PriceSeries& series, std::size_t most) {
    const std::vector<Ohlc> bars = joined_bars(series.bars, most);
    Columns columns;
    columns.member("i", fmt::format("{}", series.instrument.value));
    columns.instants("t", bars, [](const Ohlc& b) { return b.ts; });
    columns.numbers("o", bars, [](const Ohlc& b) { return b.open; });
    columns.numbers("h", bars, [](const Ohlc& b) { return b.high; });
    columns.numbers("l", bars, [](const Ohlc& b) { return b.low; });
    columns.numbers("c", bars, [](const Ohlc& b) { return b.close; });
    return columns.object();
}

void add_trade_money(Columns& columns, std::span<const ClosedTrade> trades) {
    const auto column = [&](std::string_view name, Money ClosedTrade::* member) {
        columns.numbers(name, trades,
                        [member](const ClosedTrade& t) { return to_double(t.*member); });
    };
    column("fees", &ClosedTrade::fees);
    column("net", &ClosedTrade::net_pnl);
    column("slip", &ClosedTrade::slippage);
    column("mae", &ClosedTrade::mae);
    column("mfe", &ClosedTrade::mfe);
}

/// Each text once, and for each trade its place in that list.
void add_tags(Columns& columns, std::span<const ClosedTrade> trades) {
    std::vector<std::string_view> tags;
    std::map<std::string_view, std::size_t> places;
    columns.open("tag");
    for (const ClosedTrade& trade : trades) {
        const auto [at, is_new] = places.try_emplace(trade.tag.view(), tags.size());
        if (is_new) tags.push_back(at->first);
        columns.integer(static_cast<std::int64_t>(at->second));
    }
    columns.close();
    columns.member("tags", dump(tags));
}

std::string trades_json(std::span<const ClosedTrade> trades, std::size_t skipped) {
    Columns columns;
    columns.member("skipped", fmt::format("{}", skipped));
    std::string sides;
    for (const ClosedTrade& trade : trades) sides += trade.side == Side::buy ? 'b' : 's';
    columns.member("s", '"' + sides + '"');
    columns.open("i");
    for (const ClosedTrade& trade : trades) columns.integer(trade.instrument.value);
    columns.close();
    columns.open("q");
    for (const ClosedTrade& trade : trades) columns.raw(to_string(trade.qty));
    columns.close();
    columns.instants("et", trades, [](const ClosedTrade& t) { return t.entry_ts; });
    columns.open("dt");
    for (const ClosedTrade& trade : trades) {
        columns.integer(Columns::milliseconds_of(trade.exit_ts) -
                        Columns::milliseconds_of(trade.entry_ts));
    }
    columns.close();
    columns.open("ep");
    for (const ClosedTrade& trade : trades) columns.raw(to_string(trade.entry_price));
    columns.close();
    columns.open("xp");
    for (const ClosedTrade& trade : trades) columns.raw(to_string(trade.exit_price));
    columns.close();
    add_trade_money(columns, trades);
    columns.open("bars");
    for (const ClosedTrade& trade : trades) {
        columns.integer(static_cast<std::int64_t>(trade.bars_held));
    }
    columns.close();
    add_tags(columns, trades);
    columns.open("amb");
    for (std::size_t i = 0; i < trades.size(); ++i) {
        if (trades[i].ambiguous) columns.integer(static_cast<std::int64_t>(i));
    }
    columns.close();
    return columns.object();
}

Json months_json(std::span<const EquityPoint> equity) {
    Json out = Json::array();
    for (const MonthReturn& month : monthly_returns(equity)) {
        out.push_back({month.year, month.month, month.value, month.whole});
    }
    return out;
}

Json years_json(std::span<const EquityPoint> equity, std::span<const EquityPoint> benchmark) {
    const std::vector<YearReturn> other = yearly_returns(benchmark);
    Json out = Json::array();
    for (const YearReturn& year : yearly_returns(equity)) {
        const auto same = std::ranges::find(other, year.year, &YearReturn::year);
        out.push_back(
            {year.year, year.value, same == other.end() ? Json(nullptr) : Json(same->value)});
    }
    return out;
}

Json drawdowns_json(std::span<const EquityPoint> equity) {
    constexpr std::size_t kListed = 5;
    std::vector<monitor::Drawdown> all = monitor::drawdowns_of(equity);
    std::ranges::sort(all, [](const monitor::Drawdown& a, const monitor::Drawdown& b) {
        return a.depth != b.depth ? a.depth > b.depth : a.start < b.start;
    });
    all.resize(std::min(all.size(), kListed));
    Json out = Json::array();
    for (const monitor::Drawdown& drawdown : all) {
        out.push_back(
            {drawdown.depth, Columns::milliseconds_of(drawdown.start),
             Columns::milliseconds_of(drawdown.trough),
             drawdown.recovery ? Json(Columns::milliseconds_of(*drawdown.recovery)) : Json(nullptr),
             drawdown.duration_days});
    }
    return out;
}

Json histogram_json(std::span<const EquityPoint> equity) {
    const auto returns = monitor::returns_of(equity);
    const auto histogram = returns ? histogram_of(*returns) : std::nullopt;
    if (!histogram) return nullptr;
    return {{"low", histogram->low},
            {"width", histogram->width},
            {"mean", histogram->mean},
            {"deviation", histogram->deviation},
            {"unchanged", histogram->unchanged},
            {"counts", histogram->counts}};
}

Json benchmark_metrics(const ReportInput& input, std::span<const EquityPoint> benchmark) {
    if (benchmark.size() < 2) return nullptr;
    const auto metrics = monitor::compute({.equity = benchmark,
                                           .risk_free = monitor::PeriodRate{input.risk_free_period},
                                           .annual_factor = input.metrics.annual_factor});
    return metrics ? Json(metrics_json(*metrics)) : Json(nullptr);
}

/// What of the input the page holds, and what is said of the rest.
struct Cut {
    std::size_t stride = 1;
    std::span<const ClosedTrade> trades;
    std::span<const PriceSeries> prices;
    std::vector<std::string> said;
};

Cut cut_to_bounds(const ReportInput& input) {
    Cut cut;
    cut.stride = stride_for(input.equity.size(), kMaxReportPoints);
    if (cut.stride > 1) {
        cut.said.push_back(
            fmt::format("The curves show every {}th of {} samples; all figures are of all samples.",
                        cut.stride, input.equity.size()));
    }
    cut.trades = input.trades.last(std::min(input.trades.size(), kMaxReportTrades));
    if (cut.trades.size() < input.trades.size()) {
        cut.said.push_back(
            fmt::format("The page lists the last {} of {} trades; all figures are of all trades.",
                        cut.trades.size(), input.trades.size()));
    }
    cut.prices = input.prices.first(std::min(input.prices.size(), kMaxReportInstruments));
    if (cut.prices.size() < input.prices.size()) {
        cut.said.push_back(fmt::format("Price charts are drawn for {} of {} instruments.",
                                       cut.prices.size(), input.prices.size()));
    }
    return cut;
}

std::string all_prices_json(std::span<const PriceSeries> prices) {
    std::string out = "[";
    for (const PriceSeries& series : prices) {
        if (series.bars.empty()) continue;
        if (out.size() > 1) out += ',';
        out += prices_json(series, kMaxReportBars / prices.size());
    }
    return out + "]";
}

/// '<' cannot end the element or open a comment in it when it is written as an escape.
std::string without_angle_brackets(const std::string& json) {
    std::string out;
    out.reserve(json.size());
    for (const char c : json) {
        if (c == '<') {
            out += "\\u003c";
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

std::vector<MonthReturn> monthly_returns(std::span<const EquityPoint> equity) {
    std::vector<MonthReturn> out;
    if (equity.size() < 2) return out;
    const auto ends = period_ends(equity, month_key);
    const auto first_month = month_key(civil(equity.front().ts));
    double before = equity.front().equity;
    for (const PeriodEnd& end : ends) {
        const bool first = month_key(end.date) == first_month;
        const bool last = &end == &ends.back();
        // A first month that holds nothing but the start capital has no return.
        const bool only_start = first && civil(equity[1].ts).month() != end.date.month();
        if (!only_start && before > 0) {
            out.push_back({.year = static_cast<int>(end.date.year()),
                           .month = static_cast<int>(static_cast<unsigned>(end.date.month())),
                           .value = end.equity / before - 1,
                           .whole = !first && (!last || ends_its_month(end.date))});
        }
        before = end.equity;
    }
    return out;
}

std::vector<YearReturn> yearly_returns(std::span<const EquityPoint> equity) {
    std::vector<YearReturn> out;
    if (equity.size() < 2) return out;
    double before = equity.front().equity;
    for (const PeriodEnd& end : period_ends(equity, year_key)) {
        const bool only_start = year_key(civil(equity.front().ts)) == end.date.year() &&
                                year_key(civil(equity[1].ts)) != end.date.year();
        if (!only_start && before > 0) {
            out.push_back({static_cast<int>(end.date.year()), end.equity / before - 1});
        }
        before = end.equity;
    }
    return out;
}

std::optional<Histogram> histogram_of(std::span<const double> returns) {
    constexpr std::size_t kFewest = 5;
    constexpr double kReach = 6;  // standard deviations
    constexpr double kBinsLeast = 12;
    constexpr double kBinsMost = 80;
    std::vector<double> sorted;
    std::ranges::copy_if(returns, std::back_inserter(sorted), [](double r) { return r != 0; });
    const auto deviation = measures::sample_deviation(sorted);
    if (sorted.size() < kFewest || !deviation || *deviation == 0) return std::nullopt;
    std::ranges::sort(sorted);
    Histogram histogram;
    histogram.mean = *measures::mean(sorted);
    histogram.deviation = *deviation;
    histogram.unchanged = returns.size() - sorted.size();
    const double low = std::max(sorted.front(), histogram.mean - kReach * *deviation);
    const double high = std::min(sorted.back(), histogram.mean + kReach * *deviation);
    const double quartiles =
        measures::quantile_of_sorted(sorted, 0.75) - measures::quantile_of_sorted(sorted, 0.25);
    const double width = 2 * quartiles / std::cbrt(static_cast<double>(sorted.size()));
    const double wanted = width > 0 ? std::ceil((high - low) / width) : kBinsMost;
    const auto bins = static_cast<std::size_t>(std::clamp(wanted, kBinsLeast, kBinsMost));
    histogram.low = low;
    histogram.width = (high - low) / static_cast<double>(bins);
    histogram.counts.assign(bins, 0);
    for (const double value : sorted) {
        const double place = std::floor((value - low) / histogram.width);
        ++histogram.counts[static_cast<std::size_t>(
            std::clamp(place, 0.0, static_cast<double>(bins - 1)))];
    }
    return histogram;
}

std::vector<Ohlc> joined_bars(std::span<const Ohlc> bars, std::size_t most) {
    const std::size_t step = stride_for(bars.size(), std::max<std::size_t>(most, 1));
    std::vector<Ohlc> out;
    out.reserve(bars.size() / step + 1);
    for (std::size_t i = 0; i < bars.size(); ++i) {
        if (i % step == 0) {
            out.push_back(bars[i]);
            continue;
        }
        out.back().high = std::max(out.back().high, bars[i].high);
        out.back().low = std::min(out.back().low, bars[i].low);
        out.back().close = bars[i].close;
    }
    return out;
}

std::string report_json(const ReportInput& input) {
    const Cut cut = cut_to_bounds(input);
    const auto equity = thinned(input.equity, cut.stride);
    const auto benchmark = points_at(input.benchmark, equity);
    const auto exposures =
        thinned(input.exposures, stride_for(input.exposures.size(), kMaxReportPoints));
    const auto whole_benchmark = points_at(input.benchmark, input.equity);
    Columns out;
    out.member("title", dump(input.title));
    out.member("subtitle", dump(input.subtitle));
    out.member("currency", dump(input.currency));
    out.member("settings_hash", dump(input.settings_hash));
    out.member("journal_hash", dump(input.journal_hash));
    out.member("settings", dump(pairs(input.settings)));
    out.member("assumptions", dump(pairs(input.assumptions)));
    out.member("not_modelled", dump(input.not_modelled));
    out.member("warnings", dump(input.warnings));
    out.member("cut", dump(cut.said));
    out.member("symbols", dump(input.symbols));
    out.member("risk_free_period", dump(input.risk_free_period));
    out.member("metrics", dump(metrics_json(input.metrics)));
    out.member("benchmark_metrics", dump(benchmark_metrics(input, whole_benchmark)));
    out.member("equity", curve_json(equity, cut.stride));
    out.member("benchmark",
               benchmark.size() < 2 ? "null" : benchmark_json(benchmark, input.benchmark_name));
    out.member("exposure", exposures.empty() ? "null" : exposure_json(exposures));
    out.member("months", dump(months_json(input.equity)));
    out.member("years", dump(years_json(input.equity, whole_benchmark)));
    out.member("drawdowns", dump(drawdowns_json(input.equity)));
    out.member("risk", input.risk.empty() ? std::string_view{"null"} : input.risk);
    out.member("histogram", dump(histogram_json(input.equity)));
    out.member("prices", all_prices_json(cut.prices));
    out.member("trades", trades_json(cut.trades, input.trades.size() - cut.trades.size()));
    return without_angle_brackets(out.object());
}

}  // namespace tradewind::research
