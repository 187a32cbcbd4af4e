// SPDX-License-Identifier: Apache-2.0
// Recorded books through the simulated world, with a strategy that keeps an order at each touch.
// Skipped where the data is not at hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "market/level_book.hpp"
#include "market/order_book.hpp"
#include "sim/memory_history.hpp"
#include "sim/world.hpp"
#include "support/book_files.hpp"

namespace tradewind::sim {
namespace {

constexpr const char* kSymbol = "X.SIM";

template <std::size_t N>
void push(ports::Columns& out, const std::array<std::int64_t, N>& row) {
    for (std::size_t i = 0; i < N; ++i) out.columns[i].push_back(row[i]);
}

std::int64_t flags_of(BookFlags flags) {
    return (flags.snapshot ? ports::BookRowFlags::snapshot : 0) |
           (flags.last ? ports::BookRowFlags::last : 0);
}

/// The exchange's instants of a file's rows: its second column.
std::vector<std::int64_t> exchange_instants(const std::string& file) {
    std::vector<std::int64_t> out;
    for (const auto& fields : test::csv_rows(file)) {
        out.push_back(fields[1].empty() ? 0 : std::stoll(fields[1]));
    }
    return out;
}

ports::Columns levels(const std::string& file) {
    using C = ports::BookLevelColumns;
    ports::Columns out{ports::SeriesKind::book_level};
    const auto rows = test::level_rows(file);
    const auto exchange = exchange_instants(file);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const BookLevel& l = rows[i].payload;
        std::array<std::int64_t, C::count> row{};
        row[C::ts] = rows[i].ts.ns;
        row[C::ts_exch] = exchange[i];
        row[C::flags] = flags_of(l.flags);
        row[C::side] = static_cast<std::int64_t>(l.side);
        row[C::price] = l.price.raw;
        row[C::size] = l.size.raw;
        row[C::first_update_id] = static_cast<std::int64_t>(l.first_update_id);
        row[C::last_update_id] = static_cast<std::int64_t>(l.last_update_id);
        row[C::previous_update_id] = static_cast<std::int64_t>(l.previous_update_id);
        push(out, row);
    }
    return out;
}

ports::Columns orders(const std::string& file) {
    using C = ports::BookOrderColumns;
    ports::Columns out{ports::SeriesKind::book_order};
    const auto rows = test::order_rows(file);
    const auto exchange = exchange_instants(file);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const BookOrder& o = rows[i].payload;
        std::array<std::int64_t, C::count> row{};
        row[C::ts] = rows[i].ts.ns;
        row[C::ts_exch] = exchange[i];
        row[C::flags] = flags_of(o.flags);
        row[C::side] = static_cast<std::int64_t>(o.side);
        row[C::price] = o.price.raw;
        row[C::size] = o.size.raw;
        row[C::action] = static_cast<std::int64_t>(o.action);
        row[C::order] = static_cast<std::int64_t>(o.order);
        row[C::sequence] = static_cast<std::int64_t>(o.sequence);
        push(out, row);
    }
    return out;
}

ports::Columns trades(const std::string& file) {
    ports::Columns out = ports::Columns::widest(ports::SeriesKind::trade);
    for (const auto& f : test::csv_rows(file)) {
        push(out,
             std::array<std::int64_t, ports::TradeColumns::count_max>{
                 std::stoll(f[0]), test::price(f[2]).raw, test::qty(f[3]).raw,
                 static_cast<std::int64_t>(f[4] == "buy" ? Aggressor::buyer : Aggressor::seller),
                 std::stoll(f[1])});
    }
    return out;
}

struct Sample {
    Instrument instrument;
    MemoryHistory history;
};

Instrument instrument_of(Price tick, Qty lot) {
    Instrument out;
    out.symbol = kSymbol;
    out.quote = out.settlement = kUsd;
    out.asset_class = AssetClass::crypto_perpetual;
    out.tick = tick;
    out.lot = lot;
    return out;
}

/// Keeps one order of `size` at each touch of a book that it folds itself.
class TouchMaker {
public:
    TouchMaker(World& world, Qty size) : world_(world), size_(size) {}

    void see(const Event& event) {
        if (const auto* report = std::get_if<OrderEvent>(&event.payload)) return see(*report);
        bool is_whole = false;
        if (const auto* level = std::get_if<BookLevel>(&event.payload)) {
            levels_.apply(*level);
            is_whole = level->flags.last && levels_.is_ready();
        } else if (const auto* order = std::get_if<BookOrder>(&event.payload)) {
            orders_.apply(*order);
            is_whole = order->flags.last && orders_.is_ready();
        }
        if (!is_whole) return;
        for (const Side side : {Side::buy, Side::sell}) {
            const auto best = levels_.depth(side) > 0 ? levels_.best(side) : orders_.best(side);
            if (best) keep(side, best->price, event.ts);
        }
    }
    [[nodiscard]] Qty filled() const { return filled_; }

private:
    struct Own {
        std::optional<OrderId> id;
        Price price;
    };

    void see(const OrderEvent& report) {
        if (const auto* fill = std::get_if<Fill>(&report.detail)) filled_ += fill->qty;
        for (Own& own : own_) {
            const bool is_over = report.kind == OrderEventKind::filled ||
                                 report.kind == OrderEventKind::canceled ||
                                 report.kind == OrderEventKind::rejected;
            if (own.id == report.order && is_over) own.id.reset();
        }
    }

    void keep(Side side, Price touch, Timestamp now) {
        Own& own = own_[static_cast<std::size_t>(side)];
        if (own.id && own.price == touch) return;
        own.price = touch;
        if (own.id) {
            return world_.send(
                ReplaceOrder{
                    .id = *own.id, .instrument = InstrumentId{0}, .change = {.limit_price = touch}},
                now);
        }
        OrderIntent order;
        order.id = OrderId::of(StrategyId{0}, ++made_);
        order.spec.side = side;
        order.spec.type = OrderType::limit;
        order.spec.qty = size_;
        order.spec.limit_price = touch;
        own.id = order.id;
        world_.send(SubmitOrder{.order = order}, now);
    }

    World& world_;
    Qty size_;
    market::LevelBook levels_;
    market::OrderBook orders_;
    std::array<Own, 2> own_;
    Qty filled_;
    std::uint64_t made_ = 0;
};

struct Played {
    WorldCounts counts;
    Qty filled;
};

Played play(const Sample& sample, const std::string& queue, Qty size) {
    InstrumentTable table;
    static_cast<void>(table.add(sample.instrument));
    WorldSettings settings;
    settings.account = AccountKind::margin;
    settings.check_funds = false;
    settings.latencies = {.insert = milliseconds(1),
                          .replace = milliseconds(1),
                          .cancel = milliseconds(1),
                          .report = milliseconds(1)};
    settings.deposits = {{.currency = kUsd, .amount = whole_money(1'000'000)}};
    settings.book.queue = parse_queue_model(queue).value();
    const auto world = World::create(table, sample.history, settings).value();
    TouchMaker maker{*world, size};
    Event event;
    Timestamp last = kTimestampMin;
    while (world->next(event) == ports::EventSource::Next::event) {
        EXPECT_GE(event.ts, last);
        last = event.ts;
        maker.see(event);
    }
    return {.counts = world->counts(), .filled = maker.filled()};
}

class BookWorldSamples : public testing::Test {
protected:
    void SetUp() override {
        if (test::csv_rows("book/XRPUSDT.bybit.l2.csv.gz").empty()) {
            GTEST_SKIP() << "no market data (TRADEWIND_DATA)";
        }
    }
};

TEST_F(BookWorldSamples, of_levels_play_whole_and_every_law_fills_more_than_the_pessimist) {
    Sample sample{.instrument = instrument_of({10'000'000}, {10'000}), .history = {}};
    sample.history.add_instrument(sample.instrument);
    sample.history.add_series(
        {.symbol = kSymbol, .kind = ports::SeriesKind::book_level, .spec = {}},
        levels("book/BTCUSDT.binance.l2.csv.gz"));
    sample.history.add_series({.symbol = kSymbol, .kind = ports::SeriesKind::trade, .spec = {}},
                              trades("book/BTCUSDT.binance.trades.csv.gz"));
    const Qty size{10'000'000};
    const Played worst = play(sample, "pessimistic", size);
    EXPECT_EQ(worst.counts.market_events, 320'015U);
    EXPECT_EQ(worst.counts.book_gaps, 0U);
    EXPECT_EQ(worst.counts.book_faults, 0U);
    EXPECT_EQ(worst.counts.crossed_books, 0U);
    // The data set's README: the recording clock ran about 1.27 s behind.
    EXPECT_GT(worst.counts.clock_set_back, milliseconds(1250));
    EXPECT_LT(worst.counts.clock_set_back, milliseconds(1300));
    EXPECT_GT(worst.counts.fills, 100U);
    for (const char* law : {"power:3", "power2:3", "power3:3", "log", "log2"}) {
        EXPECT_GT(play(sample, law, size).filled, worst.filled) << law;
    }
    EXPECT_EQ(play(sample, "pessimistic", size).counts, worst.counts);
}

TEST_F(BookWorldSamples, of_single_orders_play_whole) {
    Sample sample{.instrument = instrument_of({250'000'000}, {1'000'000'000}), .history = {}};
    sample.history.add_instrument(sample.instrument);
    sample.history.add_series(
        {.symbol = kSymbol, .kind = ports::SeriesKind::book_order, .spec = {}},
        orders("book/ES_202403_20231225.l3.csv.gz"));
    const Played played = play(sample, "pessimistic", whole_qty(1));
    EXPECT_EQ(played.counts.market_events, 32'419U);
    EXPECT_EQ(played.counts.book_faults, 0U);
    EXPECT_GT(played.counts.crossed_books, 0U);  // before the opening
    EXPECT_EQ(played.counts.clock_set_back, Duration{});
    EXPECT_GT(played.counts.fills, 10U);
    // No law has a say where every order is told.
    EXPECT_EQ(play(sample, "log", whole_qty(1)).counts, played.counts);
}

}  // namespace
}  // namespace tradewind::sim
