// SPDX-License-Identifier: Apache-2.0
#include "exchange/market_player.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/int128.hpp"
#include "exchange/exchange.hpp"

namespace tradewind::exchange {
namespace {

using ports::SeriesKind;

constexpr std::int64_t kSpeedOne = 1'000;
/// How lively a made-up market is.
constexpr Duration kTickPause = milliseconds(400);
constexpr double kVolatility = 0.5;

/// The finest time bars of traded prices.
const ports::Series* finest_bars(const ports::History& history, std::string_view symbol) {
    const ports::Series* out = nullptr;
    for (const ports::Series& series : history.series()) {
        const ports::SeriesKey& key = series.key;
        const bool fits = key.symbol == symbol && key.kind == SeriesKind::bar &&
                          key.spec.unit == BarUnit::time && key.spec.source == PriceSource::last;
        if (fits && (out == nullptr || key.spec.step < out->key.spec.step)) out = &series;
    }
    return out;
}

/// What is played of an instrument, with the instant before which its rows count.
struct Choice {
    const ports::Series* series = nullptr;
    Timestamp to = kTimestampMax;
};

std::vector<Choice> choices_of(const ports::History& history, const Instrument& instrument) {
    std::vector<Choice> out;
    const auto find = [&](SeriesKind kind) {
        return history.find({.symbol = instrument.symbol, .kind = kind, .spec = {}});
    };
    const ports::Series* const book = find(SeriesKind::book_level);
    const ports::Series* const quotes = find(SeriesKind::quote);
    if (book != nullptr) {
        out.push_back({.series = book});
    } else if (quotes != nullptr) {
        out.push_back({.series = quotes});
    }
    const ports::Series* const trades = find(SeriesKind::trade);
    const ports::Series* const bars = finest_bars(history, instrument.symbol);
    if (trades != nullptr) out.push_back({.series = trades});
    if (bars != nullptr && (trades == nullptr || bars->first < trades->first)) {
        out.push_back({.series = bars, .to = trades == nullptr ? kTimestampMax : trades->first});
    }
    return out;
}

}  // namespace

Timestamp Playback::played_at(Timestamp recorded) const {
    const std::int64_t passed = recorded.ns - origin.ns;
    if (passed <= 0 || speed_milli == kSpeedOne) return {at.ns + passed};
    const base::Int128 scaled = base::Int128{passed} * kSpeedOne / speed_milli;
    return {at.ns + static_cast<std::int64_t>(scaled)};
}

std::expected<std::unique_ptr<MarketPlayer>, std::string> MarketPlayer::make(
    const ports::History& history, std::span<const Instrument> instruments,
    const Playback& playback) {
    std::unique_ptr<MarketPlayer> out{new MarketPlayer{playback}};
    std::uint32_t id = 0;
    for (const Instrument& instrument : instruments) {
        const auto choices = choices_of(history, instrument);
        if (choices.empty()) {
            return std::unexpected(instrument.symbol +
                                   ": no book, quotes, trades or time bars to play");
        }
        for (const Choice& choice : choices) {
            auto reader = history.read(choice.series->key, kTimestampMin, choice.to);
            if (!reader) return std::unexpected(reader.error().text);
            out->feeds_.push_back({.key = choice.series->key,
                                   .instrument = InstrumentId{id},
                                   .clock = BarClock{instrument.calendar, choice.series->key.spec},
                                   .reader = std::move(*reader)});
        }
        ++id;
    }
    return out;
}

std::expected<std::pair<Timestamp, Timestamp>, std::string> MarketPlayer::span_of(
    const ports::History& history, std::span<const Instrument> instruments) {
    Timestamp first = kTimestampMax;
    Timestamp last = kTimestampMin;
    for (const Instrument& instrument : instruments) {
        for (const Choice& choice : choices_of(history, instrument)) {
            first = std::min(first, choice.series->first);
            last = std::max(last, choice.series->last + Duration{choice.series->key.spec.step});
        }
    }
    if (first > last) return std::unexpected(std::string{"nothing to play"});
    return std::pair{first, last};
}

bool MarketPlayer::fill(Feed& feed) {
    while (feed.ready.empty() && !feed.ended) {
        if (feed.row < feed.chunk.rows) {
            take_row(feed);
            continue;
        }
        auto chunk = feed.reader->next();
        if (!chunk) {
            error_ = chunk.error().text;
            return false;
        }
        feed.row = 0;
        feed.ended = !chunk->has_value();
        if (*chunk) feed.chunk = **chunk;
    }
    return true;
}

void MarketPlayer::take_row(Feed& feed) {
    const std::size_t row = feed.row++;
    const auto cell = [&](std::size_t column) { return feed.chunk.columns[column][row]; };
    const Timestamp ts{cell(ports::kTs)};
    const auto put = [&](Timestamp at, Payload payload) {
        const Timestamp played = playback_.played_at(at);
        feed.ready.push_back({.ts = played, .ts_event = played, .payload = payload});
    };
    switch (feed.key.kind) {
        case SeriesKind::quote: {
            using C = ports::QuoteColumns;
            put(ts, Quote{.instrument = feed.instrument,
                          .bid = {cell(C::bid)},
                          .ask = {cell(C::ask)},
                          .bid_size = {cell(C::bid_size)},
                          .ask_size = {cell(C::ask_size)}});
            return;
        }
        case SeriesKind::trade: {
            using C = ports::TradeColumns;
            put(ts, Trade{.instrument = feed.instrument,
                          .aggressor = static_cast<Aggressor>(cell(C::aggressor)),
                          .price = {cell(C::price)},
                          .size = {cell(C::size)}});
            return;
        }
        case SeriesKind::book_level: {
            using C = ports::BookLevelColumns;
            const std::int64_t flags = cell(C::flags);
            put(ts,
                BookLevel{
                    .instrument = feed.instrument,
                    .side = cell(C::side) == 0 ? Side::buy : Side::sell,
                    .flags = {.snapshot = (flags & ports::BookRowFlags::snapshot) != 0,
                              .last = (flags & ports::BookRowFlags::last) != 0},
                    .price = {cell(C::price)},
                    .size = {cell(C::size)},
                    .first_update_id = static_cast<std::uint64_t>(cell(C::first_update_id)),
                    .last_update_id = static_cast<std::uint64_t>(cell(C::last_update_id)),
                    .previous_update_id = static_cast<std::uint64_t>(cell(C::previous_update_id))});
            return;
        }
        case SeriesKind::bar: {
            using C = ports::BarColumns;
            const BarTimes times = feed.clock.at(ts);
            const auto trades = trades_of({.instrument = feed.instrument,
                                           .spec = feed.key.spec,
                                           .open_ts = times.open,
                                           .open = {cell(C::open)},
                                           .high = {cell(C::high)},
                                           .low = {cell(C::low)},
                                           .close = {cell(C::close)},
                                           .volume = {cell(C::volume)}});
            const auto parts = static_cast<std::int64_t>(trades.size());
            std::int64_t part = 0;
            for (const Trade& trade : trades) {
                const std::int64_t offset = (times.close - times.open).ns / parts * part++;
                put(times.open + Duration{offset}, trade);
            }
            return;
        }
        case SeriesKind::corporate_action:
        case SeriesKind::funding:
        case SeriesKind::news:
        case SeriesKind::book_order: return;
    }
}

ports::EventSource::Next MarketPlayer::next(Event& out) {
    Feed* first = nullptr;
    for (Feed& feed : feeds_) {
        if (!fill(feed)) return Next::failed;
        if (feed.ready.empty()) continue;
        if (first == nullptr || feed.ready.front().ts < first->ready.front().ts) first = &feed;
    }
    if (first == nullptr) return Next::end;
    out = first->ready.front();
    first->ready.pop_front();
    // A bar whose rows overlap the next one's must not turn time back.
    out.ts = last_ = std::max(last_, out.ts);
    return Next::event;
}

GeneratedMarket::GeneratedMarket(std::span<const Instrument> instruments,
                                 std::span<const double> first_prices, std::uint64_t seed,
                                 Timestamp start) {
    ASSERT(instruments.size() == first_prices.size());
    base::Random seeds(seed);
    std::uint32_t id = 0;
    for (const Instrument& instrument : instruments) {
        const sim::GenerateSettings settings{
            .model = sim::Gbm{.drift = 0.0, .volatility = kVolatility},
            .seed = seeds.next(),
            .instrument = instrument,
            .first_price = first_prices[id],
            .start = start,
            .interval = kTickPause};
        streams_.push_back(
            {.instrument = InstrumentId{id}, .generator = sim::TickGenerator{settings}});
        ++id;
    }
}

void GeneratedMarket::fill(Stream& stream) {
    ports::Columns quotes{SeriesKind::quote};
    ports::Columns trades{SeriesKind::trade};
    stream.generator.append_quotes(quotes, &trades, kRowsAtATime);
    const ports::Chunk q = quotes.view();
    const ports::Chunk t = trades.view();
    std::size_t at = 0;
    const auto put_trades_until = [&](std::int64_t ts) {
        using C = ports::TradeColumns;
        for (; at < t.rows && t.columns[C::ts][at] < ts; ++at) {
            const Timestamp when{t.columns[C::ts][at]};
            stream.ready.push_back(
                {.ts = when,
                 .ts_event = when,
                 .payload = Trade{.instrument = stream.instrument,
                                  .aggressor = static_cast<Aggressor>(t.columns[C::aggressor][at]),
                                  .price = {t.columns[C::price][at]},
                                  .size = {t.columns[C::size][at]}}});
        }
    };
    using C = ports::QuoteColumns;
    for (std::size_t row = 0; row < q.rows; ++row) {
        const Timestamp when{q.columns[C::ts][row]};
        put_trades_until(when.ns);
        stream.ready.push_back({.ts = when,
                                .ts_event = when,
                                .payload = Quote{.instrument = stream.instrument,
                                                 .bid = {q.columns[C::bid][row]},
                                                 .ask = {q.columns[C::ask][row]},
                                                 .bid_size = {q.columns[C::bid_size][row]},
                                                 .ask_size = {q.columns[C::ask_size][row]}}});
    }
    put_trades_until(INT64_MAX);
}

ports::EventSource::Next GeneratedMarket::next(Event& out) {
    Stream* first = nullptr;
    for (Stream& stream : streams_) {
        if (stream.ready.empty()) fill(stream);
        if (first == nullptr || stream.ready.front().ts < first->ready.front().ts) first = &stream;
    }
    if (first == nullptr) return Next::end;
    out = first->ready.front();
    first->ready.pop_front();
    return Next::event;
}

}  // namespace tradewind::exchange
