// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "adapters/binance/instruments.hpp"
#include "adapters/binance/paths.hpp"
#include "base/assert.hpp"

namespace tradewind::binance {
namespace {

constexpr Duration kFirstPause = milliseconds(500);
constexpr Duration kLongestPause = seconds(30);

std::string lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return out;
}

Duration pause_after(unsigned failures) {
    const unsigned doublings = std::min(failures, 10U) - 1;
    return std::min(kLongestPause, Duration{kFirstPause.ns << doublings});
}

template <typename Counts>
void add(Counts& sum, const Counts& one);

template <>
void add(ContinuityCounts& sum, const ContinuityCounts& one) {
    sum.items += one.items;
    sum.duplicates += one.duplicates;
    sum.gaps += one.gaps;
    sum.filled += one.filled;
    sum.refilled += one.refilled;
    sum.unfilled += one.unfilled;
}

template <>
void add(SyncCounts& sum, const SyncCounts& one) {
    sum.diffs += one.diffs;
    sum.applied += one.applied;
    sum.stale += one.stale;
    sum.gaps += one.gaps;
    sum.repairs += one.repairs;
    sum.too_old += one.too_old;
    sum.overflow += one.overflow;
    sum.unfit += one.unfit;
}

FeedEvent event_of(const Bar& bar, Timestamp received) {
    return {
        .payload = bar, .ts_event = bar.open_ts + Duration{bar.spec.step}, .ts_received = received};
}

}  // namespace

FeedEvent event_of(const AggregateTrade& trade, InstrumentId instrument, Timestamp received) {
    return {
        .payload = Trade{.instrument = instrument,
                         .aggressor = trade.buyer_is_maker ? Aggressor::seller : Aggressor::buyer,
                         .price = trade.price,
                         .size = trade.qty},
        .ts_event = trade.ts_trade,
        .ts_received = received};
}

Feed::Feed(Segment segment, std::vector<FeedWish> wishes) : segment_(segment), decoder_(segment) {
    for (FeedWish& wish : wishes) {
        ASSERT(find(wish.symbol) == nullptr);
        std::vector<Klines> klines;
        for (const KlineWish& one : wish.klines) {
            const auto step = interval_of(one.interval);
            ASSERT(step.has_value());
            const auto next = one.next ? std::optional{one.next->ns} : std::nullopt;
            klines.push_back({.interval = one.interval,
                              .step = *step,
                              .row = Continuity<FeedEvent>(step->ns, next)});
        }
        const InstrumentId instrument = wish.instrument;
        Continuity<FeedEvent> trades(1, wish.next_trade);
        all_.push_back({.wish = std::move(wish),
                        .sync = BookSync(segment, instrument),
                        .trades = std::move(trades),
                        .klines = std::move(klines)});
    }
}

std::string Feed::stream_target() const {
    std::string streams;
    const auto name = [&](std::string_view symbol, std::string_view what) {
        streams += fmt::format("{}{}@{}", streams.empty() ? "" : "/", lower(symbol), what);
    };
    for (const Followed& one : all_) {
        if (one.wish.trades) name(one.wish.symbol, "aggTrade");
        if (one.wish.quotes) name(one.wish.symbol, "bookTicker");
        if (one.wish.book) name(one.wish.symbol, "depth@100ms");
        for (const Klines& klines : one.klines) name(one.wish.symbol, "kline_" + klines.interval);
    }
    return "/stream?streams=" + streams;
}

Feed::Followed* Feed::find(std::string_view symbol) {
    const auto at =
        std::ranges::find_if(all_, [&](const Followed& one) { return one.wish.symbol == symbol; });
    return at == all_.end() ? nullptr : &*at;
}

void Feed::on_up(Timestamp now) {
    is_up_ = true;
    ++counts_.connections;
    for (Followed& one : all_) one.heard = now;
}

void Feed::on_down(Timestamp now) {
    is_up_ = false;
    for (Followed& one : all_) {
        if (!one.wish.book) continue;
        rows_.clear();
        one.sync.invalidate(rows_);
        emit_rows(now, now);
    }
}

// --- the stream ---------------------------------------------------------------------------------

std::expected<void, DecodeError> Feed::on_message(std::string_view bytes, Timestamp received) {
    ++counts_.messages;
    const auto message = decoder_.stream(bytes);
    if (!message) {
        ++counts_.refused;
        return std::unexpected(message.error());
    }
    const auto follow = [&](const auto& said) {
        Followed* followed = find(said.symbol);
        if (followed == nullptr) {
            ++counts_.refused;
            return;
        }
        followed->heard = received;
        on(*followed, said, received);
    };
    if (const auto* trade = std::get_if<AggregateTrade>(&message->payload)) {
        follow(*trade);
    } else if (const auto* depth = std::get_if<DepthUpdate>(&message->payload)) {
        follow(*depth);
    } else if (const auto* kline = std::get_if<KlineUpdate>(&message->payload)) {
        follow(*kline);
    } else if (const auto* ticker = std::get_if<BookTicker>(&message->payload)) {
        Followed* followed = find(ticker->symbol);
        if (followed == nullptr) {
            ++counts_.refused;
            return {};
        }
        followed->heard = received;
        if (const auto quote = to_quote(*ticker, followed->wish.instrument)) {
            events_.push_back({.payload = *quote,
                               .ts_event = ticker->ts_transaction.value_or(received),
                               .ts_received = received});
        }
    }
    return {};
}

void Feed::on(Followed& followed, const AggregateTrade& trade, Timestamp received) {
    followed.trades.on_item(trade.id, event_of(trade, followed.wish.instrument, received),
                            passes());
}

void Feed::on(Followed& followed, const KlineUpdate& update, Timestamp received) {
    const auto bar = to_bar(update, followed.wish.instrument);
    if (!bar) return;
    for (Klines& klines : followed.klines) {
        if (klines.interval != update.interval) continue;
        klines.row.on_item(bar->open_ts.ns, event_of(*bar, received), passes());
    }
}

void Feed::on(Followed& followed, const DepthUpdate& update, Timestamp received) {
    rows_.clear();
    followed.sync.on_diff(update, rows_);
    emit_rows(update.ts_event, received);
}

void Feed::emit_rows(Timestamp ts_event, Timestamp received) {
    for (const BookLevel& row : rows_) {
        events_.push_back({.payload = row, .ts_event = ts_event, .ts_received = received});
    }
}

// --- what is asked for --------------------------------------------------------------------------

void Feed::ask(const Pending& about, Ask& how, std::string target, std::int64_t weight,
               Timestamp now, std::vector<FeedRequest>& out) {
    if (how.in_flight != 0 || now < how.not_before) return;
    how.in_flight = ++requests_;
    pending_.push_back(about);
    pending_.back().id = how.in_flight;
    out.push_back({.id = how.in_flight, .target = std::move(target), .weight = weight});
}

std::vector<FeedRequest> Feed::take_requests(Timestamp now) {
    std::vector<FeedRequest> out;
    const Paths paths = paths_of(segment_);
    for (std::size_t i = 0; i < all_.size(); ++i) {
        Followed& one = all_[i];
        const std::string& symbol = one.wish.symbol;
        if (is_up_ && one.sync.wants_snapshot()) {
            ask({.followed = i, .what = What::book}, one.book_ask,
                fmt::format("{}/depth?symbol={}&limit={}", paths.root, symbol, kPage), paths.depth,
                now, out);
        }
        if (const auto from = one.trades.missing_from()) {
            ask({.followed = i, .what = What::trades}, one.trades_ask,
                fmt::format("{}/aggTrades?symbol={}&fromId={}&limit={}", paths.root, symbol, *from,
                            kPage),
                paths.trades, now, out);
        }
        for (std::size_t k = 0; k < one.klines.size(); ++k) {
            Klines& klines = one.klines[k];
            const auto from = klines.row.missing_from();
            if (!from) continue;
            const std::int64_t until = klines.row.missing_until();
            ask({.followed = i, .what = What::klines, .kline = k}, klines.ask,
                fmt::format("{}/klines?symbol={}&interval={}&startTime={}&endTime={}&limit={}",
                            paths.root, symbol, klines.interval, milliseconds_up(Timestamp{*from}),
                            milliseconds_up(Timestamp{until}) - 1, kPage),
                paths.klines, now, out);
        }
    }
    return out;
}

std::optional<Timestamp> Feed::next_request() const {
    std::optional<Timestamp> out;
    const auto look = [&](bool wants, const Ask& how) {
        if (!wants || how.in_flight != 0) return;
        out = std::min(out.value_or(how.not_before), how.not_before);
    };
    for (const Followed& one : all_) {
        look(is_up_ && one.sync.wants_snapshot(), one.book_ask);
        look(one.trades.missing_from().has_value(), one.trades_ask);
        for (const Klines& klines : one.klines) {
            look(klines.row.missing_from().has_value(), klines.ask);
        }
    }
    return out;
}

Feed::Ask& Feed::ask_of(const Pending& pending) {
    Followed& one = all_[pending.followed];
    switch (pending.what) {
        case What::book: return one.book_ask;
        case What::trades: return one.trades_ask;
        case What::klines: return one.klines[pending.kline].ask;
    }
    return one.book_ask;
}

std::optional<Feed::Pending> Feed::take(std::uint64_t id) {
    const auto at = std::ranges::find(pending_, id, &Pending::id);
    if (at == pending_.end()) return std::nullopt;
    const Pending out = *at;
    pending_.erase(at);
    ask_of(out).in_flight = 0;
    return out;
}

void Feed::on_answer(std::uint64_t id, std::string_view body, Timestamp now) {
    const auto pending = take(id);
    if (!pending) return;
    Followed& one = all_[pending->followed];
    const bool is_good = [&] {
        switch (pending->what) {
            case What::book: return answer_book(one, body, now);
            case What::trades: return answer_trades(one, body, now);
            case What::klines: return answer_klines(one, one.klines[pending->kline], body, now);
        }
        return false;
    }();
    if (!is_good) return fail(*pending, now);
    ask_of(*pending).failures = 0;
}

void Feed::on_failure(std::uint64_t id, Timestamp now) {
    if (const auto pending = take(id)) fail(*pending, now);
}

void Feed::fail(const Pending& pending, Timestamp now) {
    ++counts_.failures;
    Ask& how = ask_of(pending);
    how.not_before = now + pause_after(++how.failures);
    Followed& one = all_[pending.followed];
    if (pending.what == What::trades) one.trades.on_failure(passes());
    if (pending.what == What::klines) one.klines[pending.kline].row.on_failure(passes());
}

bool Feed::answer_book(Followed& followed, std::string_view body, Timestamp now) {
    const auto snapshot = decoder_.depth(body);
    if (!snapshot) return false;
    if (!is_up_) return true;  // of before the break
    rows_.clear();
    followed.sync.on_snapshot(*snapshot, rows_);
    emit_rows(snapshot->ts_event.value_or(now), now);
    return true;
}

bool Feed::answer_trades(Followed& followed, std::string_view body, Timestamp now) {
    const auto trades = decoder_.aggregate_trades(body);
    if (!trades) return false;
    std::vector<std::pair<std::int64_t, FeedEvent>> items;
    for (const AggregateTrade& trade : *trades) {
        items.emplace_back(trade.id, event_of(trade, followed.wish.instrument, now));
    }
    followed.trades.on_answer(std::span{items}, trades->size() < kPage, passes());
    return true;
}

bool Feed::answer_klines(Followed& followed, Klines& klines, std::string_view body, Timestamp now) {
    const auto answer = decoder_.klines(body);
    if (!answer) return false;
    std::vector<std::pair<std::int64_t, FeedEvent>> items;
    for (const Kline& kline : *answer) {
        const auto bar = to_bar({.interval = klines.interval, .is_closed = true, .kline = kline},
                                followed.wish.instrument);
        if (bar) items.emplace_back(bar->open_ts.ns, event_of(*bar, now));
    }
    klines.row.on_answer(std::span{items}, answer->size() < kPage, passes());
    return true;
}

// --- how it stands ------------------------------------------------------------------------------

FeedCounts Feed::counts() const {
    FeedCounts out = counts_;
    for (const Followed& one : all_) {
        add(out.trades, one.trades.counts());
        add(out.books, one.sync.counts());
        for (const Klines& klines : one.klines) add(out.klines, klines.row.counts());
    }
    return out;
}

std::vector<InstrumentId> Feed::silent_since(Timestamp before) const {
    std::vector<InstrumentId> out;
    for (const Followed& one : all_) {
        if (one.heard < before) out.push_back(one.wish.instrument);
    }
    return out;
}

bool Feed::is_whole() const {
    return std::ranges::all_of(all_, [](const Followed& one) {
        const bool has_klines = std::ranges::none_of(
            one.klines, [](const Klines& klines) { return klines.row.missing_from().has_value(); });
        return has_klines && !one.trades.missing_from() && (!one.wish.book || one.sync.is_synced());
    });
}

std::optional<std::int64_t> Feed::next_trade(InstrumentId instrument) const {
    const auto at = std::ranges::find_if(
        all_, [&](const Followed& one) { return one.wish.instrument == instrument; });
    return at == all_.end() ? std::nullopt : at->trades.next();
}

}  // namespace tradewind::binance
