// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/backfill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "adapters/binance/instruments.hpp"
#include "adapters/binance/paths.hpp"
#include "base/assert.hpp"

namespace tradewind::binance {
namespace {

/// How far the venue looks for trades by time at once.
constexpr Duration kTradesWithin = hours(1);

PageError page_error(const std::variant<DecodeError, VenueError>& error) {
    if (const auto* refused = std::get_if<VenueError>(&error)) {
        return {
            .fault = PageFault::refused, .code = refused->code, .text = std::string{refused->text}};
    }
    return {.fault = PageFault::unreadable, .text = describe(std::get<DecodeError>(error))};
}

std::unexpected<PageError> unfit(std::string text) {
    return std::unexpected(PageError{.fault = PageFault::unfit, .text = std::move(text)});
}

}  // namespace

KlinePages::KlinePages(PastOf past, std::string interval)
    : past_(std::move(past)), interval_(std::move(interval)), decoder_(past_.segment) {
    const auto step = interval_of(interval_);
    ASSERT(step.has_value());
    step_ = *step;
}

std::optional<FeedRequest> KlinePages::next() const {
    if (is_done_ || past_.from >= past_.to) return std::nullopt;
    const Paths paths = paths_of(past_.segment);
    return FeedRequest{
        .target = fmt::format("{}/klines?symbol={}&interval={}&startTime={}&endTime={}&limit={}",
                              paths.root, past_.symbol, interval_, milliseconds_up(past_.from),
                              milliseconds_up(past_.to) - 1, kPage),
        .weight = paths.klines};
}

std::expected<std::vector<Bar>, PageError> KlinePages::on_answer(std::string_view body,
                                                                 Timestamp now) {
    const auto klines = decoder_.klines(body);
    if (!klines) return std::unexpected(page_error(klines.error()));
    std::vector<Bar> out;
    Timestamp reached = past_.from;
    bool is_done = klines->size() < kPage;
    for (const Kline& kline : *klines) {
        if (kline.open_ts < reached) return unfit("bars out of order, or from before the page");
        if (kline.open_ts >= past_.to || kline.close_ts >= now) {
            is_done = true;
            break;
        }
        const auto bar =
            to_bar({.interval = interval_, .is_closed = true, .kline = kline}, past_.instrument);
        if (!bar) return unfit("a bar of another interval");
        out.push_back(*bar);
        reached = kline.open_ts + step_;
    }
    past_.from = reached;
    is_done_ = is_done;
    return out;
}

TradePages::TradePages(PastOf past) : past_(std::move(past)), decoder_(past_.segment) {}

std::optional<FeedRequest> TradePages::next() const {
    if (is_done_ || past_.from >= past_.to) return std::nullopt;
    const Paths paths = paths_of(past_.segment);
    const std::string begins =
        next_id_ ? fmt::format("fromId={}", *next_id_)
                 : fmt::format("startTime={}&endTime={}", milliseconds_up(past_.from),
                               milliseconds_up(std::min(past_.to, past_.from + kTradesWithin)) - 1);
    return FeedRequest{.target = fmt::format("{}/aggTrades?symbol={}&{}&limit={}", paths.root,
                                             past_.symbol, begins, kPage),
                       .weight = paths.trades};
}

std::expected<std::vector<FeedEvent>, PageError> TradePages::on_answer(std::string_view body,
                                                                       Timestamp now) {
    const auto trades = decoder_.aggregate_trades(body);
    if (!trades) return std::unexpected(page_error(trades.error()));
    std::vector<FeedEvent> out;
    if (!next_id_ && trades->empty()) {
        past_.from = past_.from + kTradesWithin;
        return out;
    }
    auto next_id = next_id_;
    bool is_done = trades->size() < kPage && next_id_.has_value();
    for (const AggregateTrade& trade : *trades) {
        if (next_id && trade.id != *next_id) {
            return unfit(fmt::format("trade {} where {} comes next", trade.id, *next_id));
        }
        if (trade.ts_trade >= past_.to) {
            is_done = true;
            break;
        }
        next_id = trade.id + 1;
        out.push_back(event_of(trade, past_.instrument, now));
    }
    if (!out.empty()) past_.from = out.back().ts_event;
    next_id_ = next_id;
    is_done_ = is_done;
    return out;
}

}  // namespace tradewind::binance
