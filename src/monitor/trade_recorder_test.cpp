// SPDX-License-Identifier: Apache-2.0
#include "monitor/trade_recorder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string_view>
#include <vector>

namespace tradewind::monitor {
namespace {

constexpr StrategyId kTwo{1};
constexpr InstrumentId kSpy{0}, kEs{1};

Price price(std::string_view text) { return parse_price(text).value(); }
Money money(std::string_view text) { return parse_money(text).value(); }

InstrumentTable table() {
    InstrumentTable out;
    out.add(default_instrument("SPY.ARCA").value());
    Instrument future = default_instrument("ES.CME").value();
    future.multiplier = whole_qty(50);
    out.add(future);
    return out;
}

struct Desk {
    InstrumentTable instruments = table();
    bool hedges = false;
    TradeRecorder recorder{instruments, {.strategies = 2, .kept = 100, .hedges = hedges}};
    std::int64_t now = 0;

    RecordedFill fill(Side side, std::int64_t units, std::string_view at) {
        RecordedFill out;
        out.ts = Timestamp{++now};
        out.fill.side = side;
        out.fill.qty = whole_qty(units);
        out.fill.price = price(at);
        return out;
    }
    void buy(std::int64_t units, std::string_view at) {
        recorder.on_fill(fill(Side::buy, units, at));
    }
    void sell(std::int64_t units, std::string_view at) {
        recorder.on_fill(fill(Side::sell, units, at));
    }
    void bar(std::string_view low, std::string_view high, PriceSource source = PriceSource::last) {
        recorder.on_bar({.instrument = kSpy,
                         .spec = time_bars(minutes(1), source),
                         .open_ts = {},
                         .open = price(low),
                         .high = price(high),
                         .low = price(low),
                         .close = price(high),
                         .volume = {}});
    }
    [[nodiscard]] const ClosedTrade& only() const {
        EXPECT_EQ(recorder.closed().size(), 1U);
        return recorder.closed()[0];
    }
};

TEST(TradeRecorder, legs_have_trades_of_their_own_where_hedged) {
    Desk desk{.hedges = true};
    const auto trade = [&](Side side, std::int64_t units, std::string_view at, Leg leg) {
        RecordedFill fill = desk.fill(side, units, at);
        fill.strategy = kTwo;
        fill.fill.leg = leg;
        desk.recorder.on_fill(fill);
    };
    trade(Side::buy, 10, "100", Leg::long_leg);
    trade(Side::sell, 10, "101", Leg::short_leg);
    EXPECT_TRUE(desk.recorder.closed().empty());
    desk.bar("98", "104");
    EXPECT_EQ(desk.recorder.open_at({}).size(), 2U);
    trade(Side::sell, 10, "103", Leg::long_leg);
    EXPECT_EQ(desk.only().net_pnl, money("30"));
    EXPECT_EQ(desk.only().strategy, kTwo);
    desk.recorder.on_delisting(Timestamp{9}, {.instrument = kSpy,
                                              .kind = CorporateActionKind::delisting,
                                              .amount = price("99"),
                                              .new_symbol = {}});
    ASSERT_EQ(desk.recorder.closed().size(), 2U);
    EXPECT_EQ(desk.recorder.closed()[1].side, Side::sell);
    EXPECT_EQ(desk.recorder.closed()[1].net_pnl, money("20"));
    EXPECT_EQ(desk.recorder.closed()[1].mae, money("-30"));
}

TEST(TradeRecorder, closes_a_trade_when_the_position_is_flat) {
    Desk desk;
    RecordedFill entry = desk.fill(Side::buy, 100, "10");
    entry.fee = money("1");
    entry.tag = Tag{"breakout"};
    desk.recorder.on_fill(entry);
    desk.bar("9", "13");
    desk.bar("10", "11");
    RecordedFill exit = desk.fill(Side::sell, 100, "12");
    exit.fee = money("2");
    desk.recorder.on_fill(exit);
    const ClosedTrade& trade = desk.only();
    EXPECT_EQ(trade.side, Side::buy);
    EXPECT_EQ(trade.qty, whole_qty(100));
    EXPECT_EQ(trade.entry_ts, Timestamp{1});
    EXPECT_EQ(trade.exit_ts, Timestamp{2});
    EXPECT_EQ(trade.entry_price, price("10"));
    EXPECT_EQ(trade.exit_price, price("12"));
    EXPECT_EQ(trade.gross_pnl, money("200"));
    EXPECT_EQ(trade.fees, money("3"));
    EXPECT_EQ(trade.net_pnl, money("197"));
    EXPECT_EQ(trade.mae, money("-100"));
    EXPECT_EQ(trade.mfe, money("300"));
    EXPECT_EQ(trade.bars_held, 2U);
    EXPECT_EQ(trade.tag.view(), "breakout");
}

TEST(TradeRecorder, averages_what_was_scaled_in_and_out) {
    Desk desk;
    desk.buy(100, "10");
    desk.buy(100, "12");
    desk.sell(50, "14");
    desk.sell(150, "10");
    const ClosedTrade& trade = desk.only();
    EXPECT_EQ(trade.qty, whole_qty(200));
    EXPECT_EQ(trade.entry_price, price("11"));
    EXPECT_EQ(trade.exit_price, price("11"));
    EXPECT_EQ(trade.gross_pnl, Money{});
    EXPECT_EQ(trade.mfe, money("600"));  // at 14: 100 x 4 and 100 x 2
}

TEST(TradeRecorder, closes_one_and_opens_the_next_when_a_fill_flips) {
    Desk desk;
    desk.buy(100, "10");
    RecordedFill flip = desk.fill(Side::sell, 150, "11");
    flip.fee = money("3");
    desk.recorder.on_fill(flip);
    EXPECT_EQ(desk.only().fees, money("2"));
    EXPECT_EQ(desk.only().gross_pnl, money("100"));
    desk.buy(50, "9");
    ASSERT_EQ(desk.recorder.closed().size(), 2U);
    const ClosedTrade& second = desk.recorder.closed()[1];
    EXPECT_EQ(second.side, Side::sell);
    EXPECT_EQ(second.qty, whole_qty(50));
    EXPECT_EQ(second.fees, money("1"));
    EXPECT_EQ(second.gross_pnl, money("100"));
    EXPECT_EQ(second.entry_ts, Timestamp{2});
}

TEST(TradeRecorder, knows_how_bad_and_how_good_a_short_looked) {
    Desk desk;
    desk.sell(10, "100");
    desk.bar("95", "104");
    desk.buy(10, "99");
    EXPECT_EQ(desk.only().mae, money("-40"));
    EXPECT_EQ(desk.only().mfe, money("50"));
}

TEST(TradeRecorder, takes_bid_bars_for_longs_and_ask_bars_for_shorts) {
    Desk desk;
    desk.buy(10, "100");
    desk.bar("90", "91", PriceSource::ask);
    desk.bar("98", "101", PriceSource::bid);
    desk.sell(10, "100");
    EXPECT_EQ(desk.only().mae, money("-20"));
    EXPECT_EQ(desk.only().bars_held, 1U);
}

TEST(TradeRecorder, counts_slippage_against_the_reference) {
    Desk desk;
    RecordedFill entry = desk.fill(Side::buy, 10, "100.05");
    entry.fill.basis.reference = price("100");
    desk.recorder.on_fill(entry);
    RecordedFill exit = desk.fill(Side::sell, 10, "101");
    exit.fill.basis = {.reference = price("101.02"), .ambiguous = true};
    desk.recorder.on_fill(exit);
    EXPECT_EQ(desk.only().slippage, money("0.7"));
    EXPECT_EQ(desk.only().gross_pnl, money("9.5"));
    EXPECT_TRUE(desk.only().ambiguous);
}

TEST(TradeRecorder, names_a_trade_after_its_exit_where_that_has_a_tag) {
    Desk desk;
    RecordedFill entry = desk.fill(Side::buy, 10, "100");
    entry.tag = Tag{"entry"};
    desk.recorder.on_fill(entry);
    RecordedFill exit = desk.fill(Side::sell, 10, "99");
    exit.tag = Tag{"stop-loss"};
    desk.recorder.on_fill(exit);
    EXPECT_EQ(desk.only().tag.view(), "stop-loss");
}

TEST(TradeRecorder, keeps_strategies_apart) {
    Desk desk;
    desk.buy(10, "100");
    RecordedFill other = desk.fill(Side::sell, 10, "110");
    other.strategy = kTwo;
    desk.recorder.on_fill(other);
    EXPECT_TRUE(desk.recorder.closed().empty());
    desk.sell(10, "105");
    EXPECT_EQ(desk.only().gross_pnl, money("50"));
}

TEST(TradeRecorder, counts_the_multiplier_and_the_rate) {
    Desk desk;
    RecordedFill entry = desk.fill(Side::buy, 2, "4700");
    entry.instrument = kEs;
    entry.rate = price("0.5");
    desk.recorder.on_fill(entry);
    RecordedFill exit = desk.fill(Side::sell, 2, "4710");
    exit.instrument = kEs;
    exit.fee = money("4");
    exit.rate = price("0.9");
    desk.recorder.on_fill(exit);
    EXPECT_EQ(desk.only().gross_pnl, money("900"));
    EXPECT_EQ(desk.only().fees, money("3.6"));
    EXPECT_EQ(desk.only().entry_price, price("4700"));
}

TEST(TradeRecorder, restates_an_open_trade_when_shares_split) {
    Desk desk;
    desk.buy(105, "2");
    desk.recorder.on_split(Timestamp{5}, {.instrument = kSpy,
                                          .kind = CorporateActionKind::split,
                                          .new_shares = 1,
                                          .old_shares = 20,
                                          .new_symbol = {}});
    desk.sell(5, "50");
    // 5.25 new shares at 40: a quarter leaves at 40, five at 50.
    EXPECT_EQ(desk.only().qty, Qty{5'250'000'000});
    EXPECT_EQ(desk.only().gross_pnl, money("50"));
    EXPECT_EQ(desk.only().entry_price, price("40"));
}

TEST(TradeRecorder, closes_a_trade_at_what_a_delisted_share_pays) {
    Desk desk;
    desk.sell(10, "5");
    desk.recorder.on_delisting(Timestamp{7}, {.instrument = kSpy,
                                              .kind = CorporateActionKind::delisting,
                                              .amount = price("0.5"),
                                              .new_symbol = {}});
    EXPECT_EQ(desk.only().gross_pnl, money("45"));
    EXPECT_EQ(desk.only().exit_ts, Timestamp{7});
    EXPECT_EQ(desk.only().tag.view(), "delisting");
}

TEST(TradeRecorder, counts_what_it_no_longer_keeps) {
    Desk desk;
    for (int i = 0; i < 150; ++i) {
        desk.buy(1, "10");
        desk.sell(1, "11");
    }
    EXPECT_EQ(desk.recorder.closed().size(), 100U);
    EXPECT_EQ(desk.recorder.closed_count(), 150U);
}

TEST(TradeRecorder, shows_what_is_open_as_if_closed_at_the_last_price) {
    Desk desk;
    desk.buy(10, "100");
    desk.recorder.on_mark(kSpy, price("103"));
    const auto open = desk.recorder.open_at(Timestamp{9});
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].gross_pnl, money("30"));
    EXPECT_EQ(open[0].exit_price, price("103"));
    EXPECT_EQ(open[0].exit_ts, Timestamp{9});
    EXPECT_TRUE(desk.recorder.closed().empty());
}

RC_GTEST_PROP(TradeRecorder, sums_to_the_cash_of_all_fills_once_flat, ()) {
    Desk desk;
    Money cash, fees, slippage;
    Qty held;
    const int fills = *rc::gen::inRange(1, 60);
    const auto send = [&](Side side, std::int64_t units) {
        RecordedFill next = desk.fill(side, units, "1");
        next.fill.price = {*rc::gen::inRange<std::int64_t>(1, 1'000'000'000'000)};
        next.fill.basis.reference = {*rc::gen::inRange<std::int64_t>(1, 1'000'000'000'000)};
        next.fee = {*rc::gen::inRange<std::int64_t>(-1'000'000, 1'000'000)};
        held += signed_qty(side, next.fill.qty);
        cash -= multiply(next.fill.price, signed_qty(side, next.fill.qty));
        slippage +=
            multiply(next.fill.price - next.fill.basis.reference, signed_qty(side, next.fill.qty));
        fees += next.fee;
        desk.recorder.on_fill(next);
    };
    for (int i = 0; i < fills; ++i) {
        send(*rc::gen::element(Side::buy, Side::sell), *rc::gen::inRange<std::int64_t>(1, 20));
    }
    if (held.raw != 0) {
        send(held.raw > 0 ? Side::sell : Side::buy, abs(held).raw / base::kDecimalOne);
    }
    Money gross, paid, net, slipped;
    for (const ClosedTrade& trade : desk.recorder.closed()) {
        gross += trade.gross_pnl;
        paid += trade.fees;
        net += trade.net_pnl;
        slipped += trade.slippage;
        RC_ASSERT((trade.mae <= std::min(Money{}, trade.gross_pnl)));
        RC_ASSERT((trade.mfe >= std::max(Money{}, trade.gross_pnl)));
        RC_ASSERT(trade.entry_ts <= trade.exit_ts);
    }
    RC_ASSERT(desk.recorder.open_at({}).empty());
    RC_ASSERT((gross == cash));
    RC_ASSERT((paid == fees));
    RC_ASSERT((slipped == slippage));
    RC_ASSERT((net == cash - fees));
}

}  // namespace
}  // namespace tradewind::monitor
