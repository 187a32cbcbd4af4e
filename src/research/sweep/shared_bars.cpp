// SPDX-License-Identifier: Apache-2.0
#include "research/sweep/shared_bars.hpp"

#include "base/try.hpp"
#include "domain/bar_times.hpp"
#include "research/quiet_bars.hpp"

namespace tradewind::research {
namespace {

using Bars = ports::BarColumns;
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
    if (const auto reason = why_not_skimmed(run.instruments, run.world, run.engine)) {
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
    if (const auto reason = why_not_skimmed(bars, kTimestampMin)) {
        why_not = *reason;
        return nullptr;
    }
    out->track_.emplace(instrument.id, key.spec, bars);
    return out;
}

}  // namespace tradewind::research
