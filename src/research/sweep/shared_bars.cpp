// SPDX-License-Identifier: Apache-2.0
#include "research/sweep/shared_bars.hpp"

#include <string_view>

#include "base/try.hpp"
#include "domain/bar_times.hpp"

namespace tradewind::research {
namespace {

using Bars = ports::BarColumns;
using Reason = std::optional<std::string_view>;

/// Whether profit, cash and fees are all in base currency, so that equity moves with the price
/// alone.
bool is_in_base(const Instrument& instrument, const FeeSchedule& fees, Currency base) {
    const bool settles = !instrument.settlement.known() || instrument.settlement == base;
    const bool pays = !fees.currency.known() || fees.currency == base;
    return instrument.quote == base && settles && pays;
}

Reason why_not_settings(const SharedRun& run) {
    if (run.instruments.size() != 1) return "there are several instruments";
    if (run.world.series.size() != 1) return "more than one series is played";
    if (run.world.series.front().kind != ports::SeriesKind::bar) return "the data are not bars";
    const PriceSource source = run.world.series.front().spec.source;
    if (source != PriceSource::last && source != PriceSource::mid) {
        return "the bars are one side of a quote";
    }
    if (run.world.fills != sim::FillMode::strict) return "the fill mode is not strict";
    if (!run.world.statuses.empty()) return "the settings name halts";
    if (!run.engine.aggregations.empty()) return "the engine makes bars itself";
    const Instrument& instrument = run.instruments.all().front();
    if (!is_in_base(instrument, run.world.fees.value_or(instrument.fees), run.engine.base)) {
        return "there is more than one currency";
    }
    for (const CashFlow& flow : run.world.deposits) {
        if (flow.currency != run.engine.base) return "there is more than one currency";
    }
    return std::nullopt;
}

Reason why_not_bars(const market::BarTrackColumns& bars) {
    std::int64_t before = INT64_MIN;
    for (std::size_t i = 0; i < bars.close.size(); ++i) {
        if (bars.open_ts[i] < before || bars.close_ts[i] < bars.open_ts[i]) {
            return "there are bars that overlap";
        }
        before = bars.close_ts[i];
        if (bars.low[i] <= 0 || bars.close[i] <= 0) return "there are prices that are not above 0";
        if (bars.low[i] > bars.high[i]) return "there are bars whose low is above their high";
    }
    return std::nullopt;
}

std::expected<ports::Columns, std::string> read_all(const ports::History& history,
                                                    const sim::WorldSettings& world) {
    ports::Columns out{ports::SeriesKind::bar};
    auto reader = history.read(world.series.front(), world.from.value_or(kTimestampMin),
                               world.to.value_or(kTimestampMax));
    if (!reader) return std::unexpected(reader.error().text);
    while (true) {
        const auto chunk = (*reader)->next();
        if (!chunk) return std::unexpected(chunk.error().text);
        if (!*chunk) return out;
        out.append(**chunk);
    }
}

}  // namespace

std::expected<std::unique_ptr<SharedBars>, std::string> SharedBars::create(
    const SharedRun& run, const ports::History& history, std::string& why_not) {
    if (const Reason reason = why_not_settings(run)) {
        why_not = *reason;
        return nullptr;
    }
    const ports::SeriesKey& key = run.world.series.front();
    ports::Columns columns = TRY(read_all(history, run.world));
    if (columns.rows() == 0) {
        return std::unexpected("the chosen data holds no rows between --from and --to");
    }
    auto out = std::unique_ptr<SharedBars>(new SharedBars);
    const Instrument& instrument = run.instruments.all().front();
    BarClock clock{instrument.calendar, key.spec};
    for (const std::int64_t label : columns.columns[Bars::ts]) {
        const BarTimes times = clock.at(Timestamp{label});
        out->open_ts_.push_back(times.open.ns);
        out->close_ts_.push_back(times.close.ns);
    }
    out->history_.add_instrument(instrument);
    out->history_.add_series(key, std::move(columns));
    const auto reader = out->history_.read(key, kTimestampMin, kTimestampMax);
    const ports::Chunk all = **(*reader)->next();
    const market::BarTrackColumns bars{.open_ts = out->open_ts_,
                                       .close_ts = out->close_ts_,
                                       .open = all.column(Bars::open),
                                       .high = all.column(Bars::high),
                                       .low = all.column(Bars::low),
                                       .close = all.column(Bars::close),
                                       .volume = all.column(Bars::volume)};
    if (const Reason reason = why_not_bars(bars)) {
        why_not = *reason;
        return nullptr;
    }
    out->track_.emplace(instrument.id, key.spec, bars);
    return out;
}

}  // namespace tradewind::research
