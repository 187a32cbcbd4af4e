// SPDX-License-Identifier: Apache-2.0
#include "market/market.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "market/validation.hpp"

namespace tradewind::market {
namespace {

constexpr InstrumentId kSpy{0}, kEs{1};

Price price(std::string_view text) { return parse_price(text).value(); }

InstrumentTable table() {
    InstrumentTable out;
    out.add(default_instrument("SPY.ARCA").value());
    out.add(default_instrument("ES.CME").value());
    return out;
}

Timestamp at(std::int64_t s) { return Timestamp{} + seconds(s); }

Quote quote(std::string_view bid, std::string_view ask) {
    return {
        .instrument = kSpy, .bid = price(bid), .ask = price(ask), .bid_size = {}, .ask_size = {}};
}

Trade trade(std::string_view paid) {
    return {.instrument = kSpy, .price = price(paid), .size = whole_qty(1)};
}

Bar bar(std::string_view open, std::string_view high, std::string_view low, std::string_view close,
        PriceSource source = PriceSource::last) {
    return {.instrument = kSpy,
            .spec = time_bars(minutes(1), source),
            .open_ts = {},
            .open = price(open),
            .high = price(high),
            .low = price(low),
            .close = price(close),
            .volume = whole_qty(1)};
}

/// As the engine meets it: through the variant.
Event event(Timestamp ts, const Payload& payload) {
    return {.seq = 1, .ts = ts, .ts_event = ts, .payload = payload};
}

TEST(Market, knows_no_price_before_the_first) {
    const Market market(table());
    EXPECT_EQ(market.mark(kSpy), std::nullopt);
    EXPECT_EQ(market.price_for(kSpy, Side::buy), std::nullopt);
    EXPECT_EQ(market.updated(kSpy), kTimestampMin);
    EXPECT_TRUE(market.is_stale(kSpy, at(0), days(1000)));
    EXPECT_EQ(market.quote(kSpy), nullptr);
    EXPECT_EQ(market.trade(kSpy), nullptr);
    EXPECT_EQ(market.bar(kSpy), nullptr);
}

TEST(Market, marks_at_the_latest_of_quote_trade_and_bar) {
    Market market(table());
    market.apply(event(at(1), quote("10", "11")));
    EXPECT_EQ(market.mark(kSpy), price("10.5"));
    market.apply(event(at(2), trade("10.9")));
    EXPECT_EQ(market.mark(kSpy), price("10.9"));
    market.apply(event(at(3), bar("10", "12", "9", "11.5")));
    EXPECT_EQ(market.mark(kSpy), price("11.5"));
    market.apply(event(at(3), quote("11", "12")));
    EXPECT_EQ(market.mark(kSpy), price("11.5"));
    EXPECT_EQ(market.updated(kSpy), at(3));
    EXPECT_EQ(market.trade(kSpy)->price, price("10.9"));
    EXPECT_EQ(market.bar(kSpy)->high, price("12"));
    EXPECT_EQ(market.mark(kEs), std::nullopt);
}

TEST(Market, buys_at_the_ask_and_sells_at_the_bid_while_the_quote_is_fresh) {
    Market market(table(), {.quote_fresh_for = seconds(60)});
    market.apply(at(0), quote("10", "11"));
    EXPECT_EQ(market.price_for(kSpy, Side::buy), price("11"));
    EXPECT_EQ(market.price_for(kSpy, Side::sell), price("10"));
    market.apply(at(60), trade("10.2"));
    EXPECT_EQ(market.price_for(kSpy, Side::buy), price("11"));
    market.apply(at(61), trade("10.3"));
    EXPECT_EQ(market.price_for(kSpy, Side::buy), price("10.3"));
}

TEST(Market, takes_bid_and_ask_bars_for_the_two_sides_of_a_quote) {
    Market market(table());
    market.apply(at(1), bar("10", "10", "10", "10", PriceSource::bid));
    EXPECT_EQ(market.mark(kSpy), price("10"));
    EXPECT_EQ(market.price_for(kSpy, Side::buy), price("10"));
    EXPECT_EQ(market.quote(kSpy), nullptr);
    market.apply(at(1), bar("11", "11", "11", "11", PriceSource::ask));
    EXPECT_EQ(market.mark(kSpy), price("10.5"));
    EXPECT_EQ(market.price_for(kSpy, Side::buy), price("11"));
    EXPECT_EQ(market.bar(kSpy, PriceSource::bid)->close, price("10"));
    EXPECT_EQ(market.bar(kSpy, PriceSource::last), nullptr);
}

TEST(Market, goes_stale) {
    Market market(table());
    market.apply(at(0), trade("10"));
    EXPECT_FALSE(market.is_stale(kSpy, at(60), seconds(60)));
    EXPECT_TRUE(market.is_stale(kSpy, at(61), seconds(60)));
}

TEST(Market, restates_its_prices_when_shares_split) {
    Market market(table());
    market.apply(at(0), bar("20", "24", "18", "22"));
    market.apply(at(0), quote("21", "23"));
    market.apply(event(at(1), CorporateAction{.instrument = kSpy,
                                              .kind = CorporateActionKind::split,
                                              .new_shares = 2,
                                              .old_shares = 1,
                                              .new_symbol = {}}));
    EXPECT_EQ(market.mark(kSpy), price("11"));
    EXPECT_EQ(market.quote(kSpy)->ask, price("11.5"));
    EXPECT_EQ(market.bar(kSpy)->low, price("9"));
    EXPECT_EQ(market.updated(kSpy), at(0));
}

TEST(Market, follows_the_trading_status) {
    Market market(table());
    EXPECT_EQ(market.state(kSpy), MarketState::open);
    market.apply(event(at(0), TradingStatus{.instrument = kSpy, .state = MarketState::halted}));
    EXPECT_EQ(market.state(kSpy), MarketState::halted);
    market.apply(event(
        at(0), CorporateAction{
                   .instrument = kSpy, .kind = CorporateActionKind::delisting, .new_symbol = {}}));
    EXPECT_EQ(market.state(kSpy), MarketState::closed);
}

TEST(Middle, rounds_half_to_even) {
    EXPECT_EQ(Market::middle({1}, {2}), Price{2});
    EXPECT_EQ(Market::middle({2}, {3}), Price{2});
    EXPECT_EQ(Market::middle({-1}, {-2}), Price{-2});
    EXPECT_EQ(Market::middle({-2}, {-3}), Price{-2});
    EXPECT_EQ(Market::middle({-1}, {0}), Price{0});
    EXPECT_EQ(Market::middle({INT64_MAX}, {INT64_MAX}), Price{INT64_MAX});
    EXPECT_EQ(Market::middle({INT64_MIN}, {INT64_MIN}), Price{INT64_MIN});
}

RC_GTEST_PROP(Middle, is_division_by_two_rounded_half_to_even, (std::int64_t a, std::int64_t b)) {
    const auto half =
        base::checked_div(base::Int128{a} + base::Int128{b}, 2, base::Rounding::half_even);
    RC_ASSERT(base::Int128{Market::middle({a}, {b}).raw} == *half);
}

// --- validation
// ----------------------------------------------------------------------------------------

struct Case {
    const char* what;
    Payload payload;
    std::optional<DefectKind> expected;
};

Bar of(InstrumentId id, Bar bar) {
    bar.instrument = id;
    return bar;
}
Bar without_step(Bar bar) {
    bar.spec.step = 0;
    return bar;
}
Bar opened_at(Timestamp ts, Bar bar) {
    bar.open_ts = ts;
    return bar;
}
Bar with_volume(Qty volume, Bar bar) {
    bar.volume = volume;
    return bar;
}
Trade sized(Qty size, Trade trade) {
    trade.size = size;
    return trade;
}

TEST(Check, finds_each_defect) {
    const Bar good = bar("10", "12", "9", "11");
    const Case cases[] = {
        {"a bar", good, std::nullopt},
        {"a quote", quote("10", "11"), std::nullopt},
        {"a locked quote", quote("10", "10"), std::nullopt},
        {"a trade", trade("10"), std::nullopt},
        {"an event without a market", Timer{}, std::nullopt},
        {"a future below zero", of(kEs, bar("-37", "-36", "-38", "-37.63")), std::nullopt},
        {"a share below zero", bar("-37", "-36", "-38", "-37.63"), DefectKind::non_positive_price},
        {"a crossed quote", quote("10.01", "10"), DefectKind::crossed_quote},
        {"a bid of nothing", quote("0", "10"), DefectKind::non_positive_price},
        {"a trade for nothing", trade("0"), DefectKind::non_positive_price},
        {"a trade of nothing", sized({}, trade("10")), DefectKind::no_size},
        {"a trade of less", sized({-1}, trade("10")), DefectKind::negative_size},
        {"high below low", bar("10", "9", "12", "11"), DefectKind::high_below_low},
        {"open above high", bar("13", "12", "9", "11"), DefectKind::open_outside_range},
        {"close below low", bar("10", "12", "9", "8"), DefectKind::close_outside_range},
        {"less than no volume", with_volume({-1}, good), DefectKind::negative_size},
        {"no step", without_step(good), DefectKind::bad_step},
        {"opens after it closes", opened_at(at(101), good), DefectKind::opens_after_close},
        {"nobody's instrument", of(InstrumentId{7}, good), DefectKind::unknown_instrument},
        {"a split into nothing",
         CorporateAction{.instrument = kSpy,
                         .kind = CorporateActionKind::split,
                         .new_shares = 0,
                         .new_symbol = {}},
         DefectKind::bad_ratio},
    };
    const InstrumentTable instruments = table();
    for (const Case& c : cases) {
        const auto found = check(event(at(100), c.payload), instruments, at(100));
        ASSERT_EQ(found.has_value(), c.expected.has_value()) << c.what;
        if (!found) continue;
        EXPECT_EQ(found->kind, *c.expected) << c.what << ": " << describe(*found);
    }
}

TEST(Check, refuses_time_that_goes_back) {
    const auto found = check(event(at(99), trade("10")), table(), at(100));
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(describe(*found),
              "time_backwards: limit 1970-01-01T00:01:40Z, actual 1970-01-01T00:01:39Z");
}

TEST(Check, says_the_numbers) {
    EXPECT_EQ(describe(*check(event(at(1), quote("1.3872", "1.3871")), table())),
              "crossed_quote: limit 1.3871, actual 1.3872");
}

// --- books --------------------------------------------------------------------------------------

BookLevel level(Side side, std::string_view at, std::int64_t units, bool is_last) {
    return {.instrument = kSpy,
            .side = side,
            .flags = {.snapshot = true, .last = is_last},
            .price = price(at),
            .size = whole_qty(units)};
}

TEST(Market, lets_the_touch_of_a_ready_book_stand_for_a_quote) {
    Market market(table());
    EXPECT_EQ(market.levels(kSpy), nullptr);
    market.apply(event(at(1), level(Side::buy, "10", 3, false)));
    EXPECT_EQ(market.quote(kSpy), nullptr) << "in the middle of a message";
    EXPECT_TRUE(market.apply(at(1), level(Side::sell, "11", 4, true)));
    EXPECT_EQ(*market.quote(kSpy), (Quote{.instrument = kSpy,
                                          .bid = price("10"),
                                          .ask = price("11"),
                                          .bid_size = whole_qty(3),
                                          .ask_size = whole_qty(4)}));
    EXPECT_EQ(market.mark(kSpy), price("10.5"));
    EXPECT_EQ(market.price_for(kSpy, Side::buy), price("11"));
    EXPECT_EQ(market.updated(kSpy), at(1));
    EXPECT_EQ(market.levels(kEs), nullptr);
    EXPECT_EQ(market.orders(kSpy), nullptr);
}

TEST(Market, prefers_quotes_of_its_own_to_the_touch_of_a_book) {
    Market market(table());
    market.apply(at(1), quote("20", "21"));
    market.apply(at(2), level(Side::buy, "10", 3, false));
    market.apply(at(2), level(Side::sell, "11", 4, true));
    EXPECT_EQ(market.quote(kSpy)->bid, price("20"));
    EXPECT_EQ(market.mark(kSpy), price("20.5"));
    EXPECT_EQ(market.levels(kSpy)->middle(), price("10.5"));
}

TEST(Market, follows_a_book_of_single_orders_too) {
    Market market(table());
    BookOrder order{.instrument = kSpy,
                    .side = Side::buy,
                    .flags = {.snapshot = false, .last = true},
                    .price = price("10"),
                    .size = whole_qty(1),
                    .order = 1};
    EXPECT_TRUE(market.apply(at(1), order));
    EXPECT_EQ(market.mark(kSpy), std::nullopt) << "one side alone is no quote";
    order.side = Side::sell;
    order.price = price("11");
    EXPECT_FALSE(market.apply(at(1), order)) << "a duplicate";
    order.action = BookAction::clear;
    EXPECT_TRUE(market.apply(at(1), order));
    order.action = BookAction::add;
    EXPECT_TRUE(market.apply(at(2), order));
    EXPECT_EQ(market.orders(kSpy)->best(Side::sell)->price, price("11"));
}

TEST(Market, drops_the_books_of_what_is_split) {
    Market market(table());
    market.apply(at(1), level(Side::buy, "10", 3, false));
    market.apply(at(1), level(Side::sell, "11", 4, true));
    market.apply(at(2), CorporateAction{.instrument = kSpy,
                                        .kind = CorporateActionKind::split,
                                        .new_shares = 2,
                                        .old_shares = 1});
    EXPECT_EQ(market.levels(kSpy), nullptr);
    EXPECT_EQ(market.mark(kSpy), price("5.25"));
}

TEST(Check, finds_impossible_rows_of_books) {
    const InstrumentTable instruments = table();
    BookLevel row = level(Side::buy, "10", -1, true);
    EXPECT_EQ(check(event(at(1), row), instruments)->kind, DefectKind::negative_size);
    row = level(Side::buy, "0", 1, true);
    EXPECT_EQ(check(event(at(1), row), instruments)->kind, DefectKind::non_positive_price);
    BookOrder order{.instrument = kSpy, .action = BookAction::add, .size = whole_qty(1)};
    EXPECT_EQ(check(event(at(1), order), instruments)->kind, DefectKind::non_positive_price);
    order.action = BookAction::clear;
    EXPECT_EQ(check(event(at(1), order), instruments), std::nullopt);
    order.size = whole_qty(-1);
    EXPECT_EQ(check(event(at(1), order), instruments)->kind, DefectKind::negative_size);
}

}  // namespace
}  // namespace tradewind::market
