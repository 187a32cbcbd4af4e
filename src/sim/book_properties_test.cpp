// SPDX-License-Identifier: Apache-2.0
// What holds of any book and any orders.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "sim/memory_history.hpp"
#include "sim/venue_order.hpp"
#include "sim/world.hpp"

namespace tradewind::sim {
namespace {

constexpr std::int64_t kOne = base::kDecimalOne;
constexpr std::int64_t kSecond = 1'000'000'000;

/// A book of a few levels about 100, told in messages of one to four levels a second apart, and
/// prints at its touch.
struct Market {
    InstrumentTable table;
    MemoryHistory history;

    Market() {
        Instrument instrument;
        instrument.symbol = "AAA.SIM";
        instrument.quote = instrument.settlement = kUsd;
        static_cast<void>(table.add(instrument));
    }
};

class Stream {
public:
    /// One level of the message at second `at`.
    void level(std::int64_t at, Side side, std::int64_t price, std::int64_t size, bool last) {
        using C = ports::BookLevelColumns;
        std::array<std::int64_t, C::count> row{};
        row[C::ts] = at * kSecond;
        row[C::flags] =
            (at == 0 ? ports::BookRowFlags::snapshot : 0) | (last ? ports::BookRowFlags::last : 0);
        row[C::side] = static_cast<std::int64_t>(side);
        row[C::price] = price * kOne;
        row[C::size] = size * kOne;
        for (std::size_t c = 0; c < row.size(); ++c) levels_.columns[c].push_back(row[c]);
    }
    void print(std::int64_t at, Side taker, std::int64_t price, std::int64_t size) {
        const std::array<std::int64_t, ports::TradeColumns::count> row{
            at * kSecond, price * kOne, size * kOne,
            static_cast<std::int64_t>(taker == Side::buy ? Aggressor::buyer : Aggressor::seller)};
        for (std::size_t c = 0; c < row.size(); ++c) trades_.columns[c].push_back(row[c]);
    }
    void into(MemoryHistory& history) {
        history.add_series({.symbol = "AAA.SIM", .kind = ports::SeriesKind::book_level, .spec = {}},
                           std::move(levels_));
        if (trades_.rows() == 0) return;
        history.add_series({.symbol = "AAA.SIM", .kind = ports::SeriesKind::trade, .spec = {}},
                           std::move(trades_));
    }

private:
    ports::Columns levels_{ports::SeriesKind::book_level};
    ports::Columns trades_{ports::SeriesKind::trade};
};

/// Bids stand below 100, asks at 100 and above, so that the book is never crossed.
void draw_market(Market& market, std::int64_t seconds) {
    Stream stream;
    stream.level(0, Side::buy, 99, 5, false);
    stream.level(0, Side::sell, 100, 5, true);
    for (std::int64_t at = 1; at < seconds; ++at) {
        if (*rc::gen::arbitrary<bool>()) {
            const Side taker = *rc::gen::element(Side::buy, Side::sell);
            stream.print(at, taker, taker == Side::buy ? 100 : 99, *rc::gen::inRange(1, 6));
        }
        const int rows = *rc::gen::inRange(1, 5);
        for (int i = 0; i < rows; ++i) {
            const Side side = *rc::gen::element(Side::buy, Side::sell);
            const std::int64_t away = *rc::gen::inRange(0, 3);
            stream.level(at, side, side == Side::buy ? 99 - away : 100 + away,
                         *rc::gen::inRange(0, 8), i + 1 == rows);
        }
    }
    stream.into(market.history);
}

struct Sent {
    std::int64_t at = 0;
    OrderIntent order;
};

std::vector<Sent> draw_orders(std::int64_t seconds, int most = 8) {
    std::vector<Sent> out;
    const int count = *rc::gen::inRange(1, most);
    for (int i = 1; i <= count; ++i) {
        Sent sent{.at = *rc::gen::inRange<std::int64_t>(0, seconds), .order = {}};
        sent.order.id = OrderId::of(StrategyId{0}, static_cast<std::uint64_t>(i));
        OrderSpec& spec = sent.order.spec;
        spec.side = *rc::gen::element(Side::buy, Side::sell);
        spec.qty = whole_qty(*rc::gen::inRange(1, 10));
        spec.type = OrderType::limit;
        spec.limit_price = Price{*rc::gen::inRange<std::int64_t>(96, 104) * kOne};
        spec.time_in_force =
            *rc::gen::element(TimeInForce::gtc, TimeInForce::ioc, TimeInForce::fok);
        out.push_back(sent);
    }
    std::sort(out.begin(), out.end(), [](const Sent& a, const Sent& b) {
        return a.at != b.at ? a.at < b.at : a.order.id.packed < b.order.id.packed;
    });
    return out;
}

WorldSettings draw_settings() {
    WorldSettings out;
    out.account = AccountKind::margin;
    out.check_funds = false;
    out.deposits = {{.currency = kUsd, .amount = whole_money(1'000'000)}};
    out.book.queue.kind = static_cast<QueueKind>(*rc::gen::inRange(0, 6));
    out.latencies.insert = milliseconds(*rc::gen::inRange(0, 1500));
    return out;
}

std::vector<Event> play(const Market& market, const std::vector<Sent>& orders,
                        const WorldSettings& settings) {
    auto world = World::create(market.table, market.history, settings).value();
    std::vector<Event> out;
    Event event;
    std::size_t sent = 0;
    while (world->next(event) == ports::EventSource::Next::event) {
        out.push_back(event);
        for (; sent < orders.size() && orders[sent].at * kSecond <= event.ts.ns; ++sent) {
            world->send(SubmitOrder{.order = orders[sent].order}, event.ts);
        }
    }
    return out;
}

struct FillOf {
    OrderId order{};
    Timestamp at{};
    Fill fill;
};

std::vector<FillOf> fills_of(const std::vector<Event>& events) {
    std::vector<FillOf> out;
    for (const Event& event : events) {
        const auto* order = std::get_if<OrderEvent>(&event.payload);
        if (order == nullptr) continue;
        if (const auto* fill = std::get_if<Fill>(&order->detail)) {
            out.push_back({.order = order->order, .at = event.ts, .fill = *fill});
        }
    }
    return out;
}

RC_GTEST_PROP(BookWorld, gives_the_same_events_for_the_same_orders, ()) {
    Market market;
    draw_market(market, 20);
    const auto orders = draw_orders(20);
    const WorldSettings settings = draw_settings();
    RC_ASSERT(play(market, orders, settings) == play(market, orders, settings));
}

RC_GTEST_PROP(BookWorld, never_fills_beyond_a_limit_or_more_than_was_ordered, ()) {
    Market market;
    draw_market(market, 20);
    const auto orders = draw_orders(20);
    std::map<std::uint64_t, Qty> filled;
    for (const FillOf& f : fills_of(play(market, orders, draw_settings()))) {
        const auto of = std::find_if(orders.begin(), orders.end(),
                                     [&](const Sent& s) { return s.order.id == f.order; });
        const OrderSpec& spec = of->order.spec;
        RC_ASSERT(at_or_better(spec.side, f.fill.price, *spec.limit_price));
        if (f.fill.liquidity == Liquidity::maker) RC_ASSERT(f.fill.price == *spec.limit_price);
        Qty& sum = filled[f.order.packed];
        sum += f.fill.qty;
        RC_ASSERT(sum <= spec.qty);
    }
    for (const Sent& sent : orders) {
        const OrderSpec& spec = sent.order.spec;
        const Qty sum = filled[sent.order.id.packed];
        if (spec.time_in_force == TimeInForce::fok) RC_ASSERT(sum.raw == 0 || sum == spec.qty);
    }
}

/// What a market can give to buyers: every offer that ever came, and what sellers brought in
/// prints.
Qty supply_of(const Market& market, Side taker) {
    Qty out;
    std::map<std::int64_t, Qty> shown;
    WorldSettings settings;
    settings.deposits = {{.currency = kUsd, .amount = whole_money(1)}};
    for (const Event& event : play(market, {}, settings)) {
        if (const auto* level = std::get_if<BookLevel>(&event.payload)) {
            if (level->side == taker) continue;
            Qty& at = shown[level->price.raw];
            if (level->size > at) out += level->size - at;
            at = level->size;
        } else if (const auto* trade = std::get_if<Trade>(&event.payload)) {
            const Side brought = trade->aggressor == Aggressor::buyer ? Side::buy : Side::sell;
            if (brought != taker) out += trade->size;
        }
    }
    return out;
}

/// Far more is asked for than there is.
RC_GTEST_PROP(BookWorld, gives_nothing_twice, ()) {
    Market market;
    draw_market(market, 5);
    const auto orders = draw_orders(5, 60);
    Qty bought, sold;
    for (const FillOf& f : fills_of(play(market, orders, draw_settings()))) {
        (f.fill.side == Side::buy ? bought : sold) += f.fill.qty;
    }
    RC_ASSERT(bought <= supply_of(market, Side::buy));
    RC_ASSERT(sold <= supply_of(market, Side::sell));
}

/// A lone order is never filled earlier by the pessimist than by any other law.
RC_GTEST_PROP(BookWorld, is_never_kinder_where_it_is_pessimistic, ()) {
    Market market;
    draw_market(market, 30);
    auto orders = draw_orders(10);
    orders.resize(1);
    orders[0].order.spec.time_in_force = TimeInForce::gtc;
    WorldSettings settings = draw_settings();
    const auto sum = [&](QueueKind kind) {
        settings.book.queue.kind = kind;
        Qty out;
        for (const FillOf& f : fills_of(play(market, orders, settings))) out += f.fill.qty;
        return out;
    };
    const Qty least = sum(QueueKind::pessimistic);
    for (const QueueKind kind : {QueueKind::power, QueueKind::power2, QueueKind::power3,
                                 QueueKind::log, QueueKind::log2}) {
        RC_ASSERT(least <= sum(kind));
    }
}

/// Without a word of the exchange's time the two clocks are one.
RC_GTEST_PROP(BookWorld, has_one_clock_where_the_data_tell_one, ()) {
    Market market;
    draw_market(market, 20);
    const auto orders = draw_orders(20);
    WorldSettings settings = draw_settings();
    const auto aligned = play(market, orders, settings);
    settings.book.clock = ExchangeClock::ignored;
    RC_ASSERT(play(market, orders, settings) == aligned);
}

}  // namespace
}  // namespace tradewind::sim
