// SPDX-License-Identifier: Apache-2.0
#include "research/features/feature_bars.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "domain/bar_times.hpp"
#include "domain/numbers.hpp"
#include "feature/bar_row.hpp"
#include "market/bar_aggregator.hpp"
#include "research/features/tick_reader.hpp"
#include "sim/book_rows.hpp"

namespace tradewind::research {
namespace {

using Bars = ports::BarColumns;

void append(FeatureBars& out, const feature::BarPrices& bar, const BarTimes& times,
            feature::BarRowMaker& rows) {
    out.known_at.push_back(times.close.ns);
    out.opened_at.push_back(times.open.ns);
    const auto row = rows.row(bar, times.close);
    for (std::size_t i = 0; i < row.size(); ++i) out.columns[i].push_back(row[i]);
}

void append(FeatureBars& out, const ports::Chunk& chunk, BarClock& clock,
            feature::BarRowMaker& rows) {
    for (std::size_t i = 0; i < chunk.rows; ++i) {
        append(out,
               {.open = {chunk.column(Bars::open)[i]},
                .high = {chunk.column(Bars::high)[i]},
                .low = {chunk.column(Bars::low)[i]},
                .close = {chunk.column(Bars::close)[i]},
                .volume = {chunk.column(Bars::volume)[i]}},
               clock.at({chunk.column(Bars::ts)[i]}), rows);
    }
}

/// A bar that ticks made, and how many trades had come by then.
void append(FeatureBars& out, const market::ClosedBar& made, std::uint64_t trades,
            feature::BarRowMaker& rows) {
    const Bar& bar = made.bar;
    append(out,
           {.open = bar.open,
            .high = bar.high,
            .low = bar.low,
            .close = bar.close,
            .volume = bar.volume},
           {.open = bar.open_ts, .close = made.ts}, rows);
    if (bar.spec.unit != BarUnit::time) out.trades_end.push_back(trades);
}

/// Up to the first that is known at `to` or later.
std::expected<FeatureBars, std::string> stored_feature_bars(const ports::History& history,
                                                            const Instrument& instrument,
                                                            const ports::SeriesKey& key,
                                                            Timestamp to) {
    FeatureBars out;
    BarClock clock{instrument.calendar, key.spec};
    feature::BarRowMaker rows{instrument.calendar};
    auto reader = history.read(key, kTimestampMin, kTimestampMax);
    if (!reader) return std::unexpected(reader.error().text);
    while (true) {
        const auto chunk = (*reader)->next();
        if (!chunk) return std::unexpected(chunk.error().text);
        if (!*chunk) return out;
        append(out, **chunk, clock, rows);
        if (out.known_at.back() >= to.ns) return out;
    }
}

/// Bars that the catalog does not have, made of the ticks that it has. A span counts once a tick
/// behind it has come.
std::expected<FeatureBars, std::string> made_feature_bars(const ports::History& history,
                                                          const Instrument& instrument,
                                                          const ports::SeriesKey& key,
                                                          Timestamp to) {
    FeatureBars out;
    const ports::Series* source = ticks_for_bars(history, key);
    if (source == nullptr) return std::unexpected(ports::to_string(key) + ": there is none");
    feature::BarRowMaker rows{instrument.calendar};
    market::BarAggregator bars{instrument, key.spec};
    TickReader ticks = TRY(TickReader::open(history, instrument, {&source->key, 1}, kTimestampMax));
    const bool is_of_quotes = source->key.kind == ports::SeriesKind::quote;
    std::uint64_t trades = 0;
    const auto is_enough = [&] { return !out.known_at.empty() && out.known_at.back() >= to.ns; };
    while (const sim::Feed* head = is_enough() ? nullptr : ticks.head()) {
        const auto trade = trade_in(*head);
        if (trade) ++trades;
        const Timestamp ts = head->times.close;
        const market::ClosedBars closed = trade          ? bars.on_trade(ts, *trade)
                                          : is_of_quotes ? bars.on_quote(ts, sim::quote_of(*head))
                                                         : market::ClosedBars{};
        for (const market::ClosedBar& bar : closed) append(out, bar, trades, rows);
        TRY_VOID(ticks.step());
    }
    return out;
}

}  // namespace

feature::BarRows FeatureBars::view(std::size_t from, std::size_t end) const {
    feature::BarRows out{.known_at = std::span{known_at}.subspan(from, end - from)};
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!columns[i].empty()) out.columns[i] = columns[i].data() + from;
    }
    return out;
}

void FeatureBars::cut(std::size_t rows) {
    known_at.resize(rows);
    opened_at.resize(rows);
    if (!trades_end.empty()) trades_end.resize(rows);
    for (auto& column : columns) {
        if (!column.empty()) column.resize(rows);
    }
}

std::expected<FeatureBars, std::string> read_feature_bars(const ports::History& history,
                                                          const Instrument& instrument,
                                                          const ports::SeriesKey& key,
                                                          Timestamp to) {
    const bool is_stored = history.find(key) != nullptr;
    FeatureBars out = TRY(is_stored ? stored_feature_bars(history, instrument, key, to)
                                    : made_feature_bars(history, instrument, key, to));
    // Bars end in the order in which they begin, but a label may stand for a shortened session.
    if (!std::is_sorted(out.known_at.begin(), out.known_at.end())) {
        return std::unexpected(ports::to_string(key) +
                               ": its bars do not end in the order in which they begin; look at "
                               "them with `tradewind data check`");
    }
    const auto end = std::lower_bound(out.known_at.begin(), out.known_at.end(), to.ns);
    out.cut(static_cast<std::size_t>(end - out.known_at.begin()));
    return out;
}

std::expected<void, std::string> compute_features(const PanelPlan& plan, const FeatureData& data,
                                                  const EachPortion& each) {
    std::vector<feature::BarRows> bars;
    for (const FeatureBars& feed : data.bars) bars.push_back(feed.view(0, feed.rows()));
    const std::vector<std::span<const feature::Fact>> facts{data.facts.begin(), data.facts.end()};
    std::expected<void, std::string> out;
    plan.make().run({.bars = bars, .facts = facts}, [&](const feature::Panel::Rows& got) {
        const ports::FeatureRows rows{
            .known_at = bars[got.member].known_at.subspan(got.first, got.rows),
            .columns = {got.columns.begin(), got.columns.end()}};
        out = each(got.member, rows);
        return out.has_value();
    });
    return out;
}

ports::FeatureSchema schema_of(const feature::Graph& graph, std::string label) {
    ports::FeatureSchema out{.label = std::move(label),
                             .functions_version = feature::functions_version(),
                             .columns = {}};
    for (const feature::Graph::Output& output : graph.outputs()) {
        out.columns.push_back(
            {.name = output.name, .expression = output.expression, .lookback = output.lookback});
    }
    return out;
}

}  // namespace tradewind::research
