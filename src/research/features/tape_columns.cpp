// SPDX-License-Identifier: Apache-2.0
#include "research/features/tape_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/try.hpp"
#include "research/features/tick_reader.hpp"
#include "sim/book_rows.hpp"

namespace tradewind::research {
namespace {

using feature::Field;
using feature::TapeNeeds;
using ports::SeriesKind;

std::unexpected<std::string> missing(Field field, std::string_view symbol, std::string_view what,
                                     std::string_view kind) {
    return std::unexpected(fmt::format(
        "{0}: {1} is told by {2}, and the catalog has none of it; import some: tradewind "
        "data import --kind {3} --instrument {0} FILE",
        symbol, feature::to_string(field), what, kind));
}

/// Which kinds tell a field, or what is missing for it.
std::expected<std::vector<SeriesKind>, std::string> kinds_of(Field field, const TickSeries& ticks,
                                                             std::string_view symbol) {
    const TapeNeeds needs = feature::needs_of(field);
    std::vector<SeriesKind> out;
    if (needs.trades) {
        const auto trades = ticks.trades();
        if (!trades) return missing(field, symbol, "trades", "trade");
        out.push_back(*trades);
    }
    if (needs.touch || needs.sides) {
        // what tells the sides must not hang on what else is asked for
        const auto touch = ticks.touch();
        if (!touch && needs.touch) {
            return missing(field, symbol, "quotes or an order book", "quote");
        }
        if (touch) out.push_back(*touch);
    }
    if (needs.book) {
        const auto book = ticks.book();
        if (!book) return missing(field, symbol, "an order book", "book-level");
        out.push_back(*book);
    }
    return out;
}

/// Opens and closes the rows of bars as time passes.
class RowCutter {
public:
    RowCutter(feature::Tape& tape, const TapePlan& plan, FeatureBars& bars)
        : tape_(tape), plan_(plan), bars_(bars) {
        for (const Field field : plan.fields) column(field).reserve(bars.rows());
    }
    [[nodiscard]] bool is_done() const { return row_ == bars_.rows(); }

    /// Before an event of that instant.
    void pass(Timestamp ts) {
        while (!is_done()) {
            if (!is_open_ && !open(ts)) return;
            if (is_counted() || ts < known_at(row_)) return;
            close();
        }
    }
    /// A trade was taken: it may be the last of a bar that counts.
    void count_trade() {
        ++trades_;
        if (is_counted() && !is_done() && trades_ == bars_.trades_end[row_]) close();
    }
    /// There are no more events.
    void finish() {
        while (!is_done()) {
            if (!is_open_) open(known_at(row_));
            close();
        }
    }

private:
    [[nodiscard]] bool is_counted() const { return !bars_.trades_end.empty(); }
    [[nodiscard]] Timestamp known_at(std::size_t row) const { return {bars_.known_at[row]}; }
    [[nodiscard]] std::vector<double>& column(Field field) {
        return bars_.columns[static_cast<std::size_t>(field)];
    }
    /// A bar without a span of its own, one that counts, begins where the one before it ends.
    [[nodiscard]] Timestamp begin() const {
        const Timestamp told{bars_.opened_at[row_]};
        const bool has_span = !is_counted() && told < known_at(row_);
        if (row_ == 0) return told;
        return has_span ? std::max(told, known_at(row_ - 1)) : known_at(row_ - 1);
    }
    bool open(Timestamp now) {
        if (begin() > now) return false;
        tape_.open(begin());
        return is_open_ = true;
    }
    void close() {
        const feature::TapeRow row = tape_.close(known_at(row_));
        for (const Field field : plan_.fields) column(field).push_back(row.at(field));
        is_open_ = false;
        ++row_;
    }

    feature::Tape& tape_;
    const TapePlan& plan_;
    FeatureBars& bars_;
    std::size_t row_ = 0;
    bool is_open_ = false;
    std::uint64_t trades_ = 0;
};

void deliver(const sim::Feed& row, feature::Tape& tape) {
    const Timestamp ts = row.times.close;
    switch (row.key.kind) {
        case SeriesKind::quote: return tape.on(ts, sim::quote_of(row));
        case SeriesKind::trade: return tape.on(ts, sim::trade_of(row));
        case SeriesKind::book_level: return tape.on(ts, sim::book_level_of(row));
        case SeriesKind::book_order: return tape.on(ts, sim::book_order_of(row));
        case SeriesKind::bar:
        case SeriesKind::corporate_action:
        case SeriesKind::funding:
        case SeriesKind::news: break;
    }
    std::unreachable();
}

/// With the trades that the bars count.
std::vector<ports::SeriesKey> keys_of(const TapePlan& plan,
                                      const std::optional<ports::SeriesKey>& counted) {
    std::vector<ports::SeriesKey> out = plan.series;
    if (counted && std::find(out.begin(), out.end(), *counted) == out.end()) {
        out.push_back(*counted);
        std::sort(out.begin(), out.end());
    }
    return out;
}

}  // namespace

std::expected<TapePlan, std::string> plan_tape(const ports::History& history,
                                               std::string_view symbol,
                                               const feature::Graph::Track& track) {
    const TickSeries ticks{history, symbol};
    TapePlan out;
    std::vector<SeriesKind> kinds;
    out.settings.depth = false;
    for (std::size_t i = feature::kBarFieldCount; i < feature::kFieldCount; ++i) {
        const auto field = static_cast<Field>(i);
        if (!track.reads[i]) continue;
        out.fields.push_back(field);
        const auto more = TRY(kinds_of(field, ticks, symbol));
        kinds.insert(kinds.end(), more.begin(), more.end());
        out.settings.depth |= feature::needs_of(field).book;
    }
    std::sort(kinds.begin(), kinds.end());
    kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
    for (const SeriesKind kind : kinds) out.series.push_back(ticks.key(kind));
    out.settings.realised = track.reads[static_cast<std::size_t>(Field::realised_spread)];
    out.settings.touch_of_book = ticks.touch() != SeriesKind::quote;
    out.settings.trades_of_book = ticks.trades() == SeriesKind::book_order;
    return out;
}

std::expected<void, std::string> read_tape(const ports::History& history,
                                           const Instrument& instrument, const TapePlan& plan,
                                           FeatureBars& bars) {
    if (plan.fields.empty() || bars.rows() == 0) return {};
    std::optional<ports::SeriesKey> counted;
    if (!bars.trades_end.empty()) {
        const TickSeries ticks{history, instrument.symbol};
        counted = ticks.key(ticks.trades().value());
    }
    const Timestamp end = Timestamp{bars.known_at.back()} + Duration{1};
    TickReader ticks = TRY(TickReader::open(history, instrument, keys_of(plan, counted), end));
    feature::TapeSettings settings = plan.settings;
    const bool learns = std::find(plan.fields.begin(), plan.fields.end(),
                                  Field::stoikov_microprice) != plan.fields.end();
    if (learns) settings.tick = instrument.tick;
    feature::Tape tape{settings};
    RowCutter rows{tape, plan, bars};
    while (const sim::Feed* head = ticks.head()) {
        rows.pass(head->times.close);
        if (rows.is_done()) break;
        deliver(*head, tape);
        if (counted && head->key == *counted && trade_in(*head)) rows.count_trade();
        TRY_VOID(ticks.step());
    }
    rows.finish();
    return {};
}

}  // namespace tradewind::research
