// SPDX-License-Identifier: Apache-2.0
#include "research/quiet_bars.hpp"

#include <algorithm>

#include "base/assert.hpp"

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

}  // namespace

Reason why_not_skimmed(const InstrumentTable& instruments, const sim::WorldSettings& world,
                       const engine::EngineSettings& engine) {
    if (instruments.size() != 1) return "there are several instruments";
    if (world.series.size() != 1) return "more than one series is played";
    if (world.series.front().kind != ports::SeriesKind::bar) return "the data are not bars";
    const PriceSource source = world.series.front().spec.source;
    if (source != PriceSource::last && source != PriceSource::mid) {
        return "the bars are one side of a quote";
    }
    if (world.fills != sim::FillMode::strict) return "the fill mode is not strict";
    if (!world.finer.empty()) return "finer data resolve the bars";
    if (engine.positions.hedges()) return "positions are hedged";
    if (!world.statuses.empty()) return "the settings name halts";
    if (!world.auctions.prints.empty()) return "auctions have prints of their own";
    if (!world.price_limits.empty()) return "price limits follow the market";
    if (!engine.aggregations.empty()) return "the engine makes bars itself";
    const Instrument& instrument = instruments.all().front();
    if (!is_in_base(instrument, world.fees.value_or(instrument.fees), engine.base)) {
        return "there is more than one currency";
    }
    for (const CashFlow& flow : world.deposits) {
        if (flow.currency != engine.base) return "there is more than one currency";
    }
    return std::nullopt;
}

Reason why_not_skimmed(const market::BarTrackColumns& bars, Timestamp before) {
    std::int64_t closed = before.ns;
    for (std::size_t i = 0; i < bars.close.size(); ++i) {
        if (bars.open_ts[i] < closed || bars.close_ts[i] < bars.open_ts[i]) {
            return "there are bars that overlap";
        }
        closed = bars.close_ts[i];
        if (bars.low[i] <= 0 || bars.close[i] <= 0) return "there are prices that are not above 0";
        if (bars.low[i] > bars.high[i]) return "there are bars whose low is above their high";
    }
    return std::nullopt;
}

market::BarRows TrackedBars::next() {
    const sim::World::QuietBars quiet = world_.quiet_bars();
    return {.first = quiet.row, .end = quiet.row + quiet.bars};
}

StreamedBars::StreamedBars(sim::World& world, const InstrumentTable& instruments,
                           const ports::History& history)
    : world_(world),
      instrument_(instruments.all().front().id),
      spec_(world.settings().series.front().spec),
      clock_(instruments.all().front().calendar, spec_) {
    const sim::WorldSettings& settings = world.settings();
    auto reader = history.read(settings.series.front(), settings.from.value_or(kTimestampMin),
                               settings.to.value_or(kTimestampMax));
    if (reader) reader_ = std::move(*reader);
}

market::BarRows StreamedBars::next() {
    const sim::World::QuietBars quiet = world_.quiet_bars();
    if (quiet.bars == 0) return {};
    if (quiet.row >= window_first_ + window_rows_) {
        if (!find_chunk(quiet.row)) return {};
        fill_window(quiet.row);
    }
    if (!fits_) return {};
    const std::size_t first = quiet.row - window_first_;
    return {.first = first, .end = std::min<std::size_t>(first + quiet.bars, window_rows_)};
}

bool StreamedBars::find_chunk(std::uint64_t row) {
    while (row >= chunk_first_ + chunk_.rows) {
        if (!reader_) return false;
        if (chunk_.rows > 0) {
            const Timestamp last{chunk_.columns[Bars::ts][chunk_.rows - 1]};
            chunk_before_ = clock_.at(last).close;
        }
        chunk_first_ += chunk_.rows;
        chunk_ = {};
        const auto more = reader_->next();
        if (!more || !*more) {
            reader_.reset();
            return false;
        }
        chunk_ = **more;
    }
    return true;
}

void StreamedBars::fill_window(std::uint64_t row) {
    const std::size_t from = row - chunk_first_;
    window_first_ = row;
    window_rows_ = std::min(kWindow, chunk_.rows - from);
    const auto column = [&](std::size_t i) { return chunk_.column(i).subspan(from, window_rows_); };
    Timestamp before = chunk_before_;
    if (from > 0) before = clock_.at(Timestamp{chunk_.columns[Bars::ts][from - 1]}).close;
    open_ts_.resize(window_rows_);
    close_ts_.resize(window_rows_);
    const auto labels = column(Bars::ts);
    for (std::size_t i = 0; i < window_rows_; ++i) {
        const BarTimes times = clock_.at(Timestamp{labels[i]});
        open_ts_[i] = times.open.ns;
        close_ts_[i] = times.close.ns;
    }
    const market::BarTrackColumns bars{.open_ts = open_ts_,
                                       .close_ts = close_ts_,
                                       .open = column(Bars::open),
                                       .high = column(Bars::high),
                                       .low = column(Bars::low),
                                       .close = column(Bars::close),
                                       .volume = column(Bars::volume)};
    fits_ = !why_not_skimmed(bars, before);
    track_.emplace(instrument_, spec_, bars);
}

}  // namespace tradewind::research
