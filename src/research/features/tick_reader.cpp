// SPDX-License-Identifier: Apache-2.0
#include "research/features/tick_reader.hpp"

#include "base/try.hpp"
#include "market/order_book.hpp"
#include "sim/book_rows.hpp"

namespace tradewind::research {

using ports::SeriesKind;

std::optional<SeriesKind> TickSeries::book() const {
    if (find(SeriesKind::book_order) != nullptr) return SeriesKind::book_order;
    if (find(SeriesKind::book_level) != nullptr) return SeriesKind::book_level;
    return std::nullopt;
}

std::optional<SeriesKind> TickSeries::touch() const {
    return find(SeriesKind::quote) != nullptr ? SeriesKind::quote : book();
}

std::optional<SeriesKind> TickSeries::trades() const {
    if (find(SeriesKind::trade) != nullptr) return SeriesKind::trade;
    if (find(SeriesKind::book_order) != nullptr) return SeriesKind::book_order;
    return std::nullopt;
}

const ports::Series* ticks_for_bars(const ports::History& history, const ports::SeriesKey& bars) {
    const TickSeries ticks{history, bars.symbol};
    if (bars.spec.source == PriceSource::last) {
        const auto trades = ticks.trades();
        return trades ? ticks.find(*trades) : nullptr;
    }
    return bars.spec.unit == BarUnit::time ? ticks.find(SeriesKind::quote) : nullptr;
}

std::optional<Trade> trade_in(const sim::Feed& row) {
    if (row.key.kind == SeriesKind::trade) return sim::trade_of(row);
    if (row.key.kind != SeriesKind::book_order) return std::nullopt;
    const BookOrder order = sim::book_order_of(row);
    if (order.action != BookAction::trade) return std::nullopt;
    return market::print_of(order);
}

std::expected<TickReader, std::string> TickReader::open(const ports::History& history,
                                                        const Instrument& instrument,
                                                        std::span<const ports::SeriesKey> keys,
                                                        Timestamp to) {
    TickReader out;
    out.feeds_.reserve(keys.size());
    for (const ports::SeriesKey& key : keys) {
        auto reader = history.read(key, kTimestampMin, to);
        if (!reader) return std::unexpected(std::move(reader.error().text));
        sim::Feed& feed = out.feeds_.emplace_back(key, instrument);
        feed.reader = std::move(*reader);
        TRY(feed.load());
    }
    out.choose();
    return out;
}

std::expected<void, std::string> TickReader::step() {
    if (++head_->row < head_->rows) {
        head_->look();
    } else {
        TRY(head_->load());
    }
    choose();
    return {};
}

void TickReader::choose() {
    head_ = nullptr;
    for (sim::Feed& feed : feeds_) {
        if (feed.exhausted()) continue;
        if (head_ == nullptr || feed.times.close < head_->times.close) head_ = &feed;
    }
}

}  // namespace tradewind::research
