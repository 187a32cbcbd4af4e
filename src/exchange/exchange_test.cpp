// SPDX-License-Identifier: Apache-2.0
#include "exchange/exchange.hpp"

#include <gmock/gmock.h>

#include "exchange/exchange_for_tests.hpp"

namespace tradewind::exchange {
namespace {

using namespace testing;
using ::testing::ElementsAre;

class ExchangeTest : public ::testing::Test {
protected:
    ExchangeTest() : exchange(pairs(), {}) {
        alice = exchange.open_account("alice");
        bob = exchange.open_account("bob");
        for (const AccountNumber account : {alice, bob}) {
            exchange.deposit(account, asset("USDT"), money("100000"), kStart);
            exchange.deposit(account, asset("BTC"), money("10"), kStart);
        }
        show(exchange, {{price("99.99"), qty("3")}, {price("99.98"), qty("5")}},
             {{price("100.01"), qty("2")}, {price("100.02"), qty("4")}}, kStart);
        print(exchange, "100.01", "0.5", Aggressor::buyer, kStart);
        now = kStart + seconds(1);
        static_cast<void>(exchange.take_happenings());
    }

    const Order& order(std::uint64_t id) const { return *exchange.listing(kBtc).find(id); }
    Balance balance(AccountNumber account, std::string_view of) const {
        const auto& all = exchange.account(account).balances;
        const auto at = all.find(asset(of));
        return at == all.end() ? Balance{} : at->second;
    }
    std::uint64_t place(const OrderTerms& terms) { return done(exchange.place(terms, now)); }
    Refusal refused(const OrderTerms& terms) {
        const auto id = exchange.place(terms, now);
        EXPECT_FALSE(id.has_value());
        return id ? Refusal::unknown_order : id.error();
    }

    Exchange exchange;
    AccountNumber alice, bob;
    Timestamp now;
};

TEST_F(ExchangeTest, takes_what_is_shown_level_by_level) {
    const auto id = place(market_order(alice, Side::buy, "3"));
    const Order& bought = order(id);
    EXPECT_EQ(bought.status, Status::filled);
    // 1.5 are left at 100.01 after the print, and 1.5 come from 100.02.
    EXPECT_EQ(bought.quote_filled, money("300.045"));
    EXPECT_EQ(balance(alice, "USDT").free, money("99699.955"));
    // The fee is a tenth of a per cent of what was received.
    EXPECT_EQ(balance(alice, "BTC").free, money("12.997"));
    EXPECT_EQ(exchange.fees().at(asset("BTC")), money("0.003"));
}

TEST_F(ExchangeTest, gives_nothing_twice_of_what_the_market_shows) {
    place(market_order(alice, Side::buy, "1.5"));
    EXPECT_EQ(exchange.listing(kBtc).best_ask, price("100.02"));
    // The market repeats the size that was there before the account took it.
    exchange.apply({.ts = now,
                    .ts_event = now,
                    .payload = BookLevel{.instrument = kBtc,
                                         .side = Side::sell,
                                         .flags = {.snapshot = false, .last = true},
                                         .price = price("100.01"),
                                         .size = qty("1.5")}});
    EXPECT_EQ(exchange.listing(kBtc).best_ask, price("100.02"));
}

TEST_F(ExchangeTest, rests_a_limit_order_and_locks_what_it_needs) {
    const auto id = place(limit(alice, Side::buy, "2", "100"));
    EXPECT_EQ(order(id).status, Status::fresh);
    EXPECT_EQ(balance(alice, "USDT").locked, money("200"));
    EXPECT_EQ(exchange.listing(kBtc).best_bid, price("100"));
    done(exchange.cancel(kBtc, id, "", now));
    EXPECT_EQ(order(id).status, Status::canceled);
    EXPECT_EQ(balance(alice, "USDT").locked, Money{});
    EXPECT_EQ(exchange.listing(kBtc).best_bid, price("99.99"));
}

TEST_F(ExchangeTest, lets_accounts_trade_with_one_another) {
    const auto maker = place(limit(alice, Side::buy, "2", "100"));
    const auto taker = place(limit(bob, Side::sell, "1", "100"));
    EXPECT_EQ(order(taker).status, Status::filled);
    EXPECT_EQ(order(maker).status, Status::partially_filled);
    EXPECT_EQ(balance(alice, "USDT").locked, money("100"));
    EXPECT_EQ(balance(bob, "USDT").free, money("100099.9"));
    EXPECT_TRUE(exchange.account(alice).trades.back().is_maker);
    EXPECT_FALSE(exchange.account(bob).trades.back().is_maker);
}

TEST_F(ExchangeTest, stands_behind_what_the_market_showed_before) {
    const auto id = place(limit(alice, Side::buy, "1", "99.99"));
    print(exchange, "99.99", "3", Aggressor::seller, now);
    EXPECT_EQ(order(id).filled, Qty{});
    print(exchange, "99.99", "0.4", Aggressor::seller, now);
    EXPECT_EQ(order(id).filled, qty("0.4"));
}

TEST_F(ExchangeTest, fills_a_better_price_before_the_print) {
    const auto id = place(limit(alice, Side::buy, "1", "100"));
    print(exchange, "99.98", "0.6", Aggressor::seller, now);
    EXPECT_EQ(order(id).filled, qty("0.6"));
    EXPECT_EQ(order(id).quote_filled, money("60"));
    // A print prints its size, no more.
    EXPECT_EQ(exchange.listing(kBtc).log.trades().back().price, price("100"));
}

TEST_F(ExchangeTest, fills_where_the_market_comes_to_the_price) {
    const auto id = place(limit(alice, Side::buy, "1", "100"));
    show(exchange, {{price("99.9"), qty("1")}}, {{price("99.95"), qty("0.7")}}, now);
    EXPECT_EQ(order(id).filled, qty("0.7"));
    EXPECT_EQ(order(id).quote_filled, money("70"));
    EXPECT_EQ(exchange.listing(kBtc).best_bid, price("100"));
    EXPECT_EQ(exchange.listing(kBtc).best_ask, std::nullopt);
}

TEST_F(ExchangeTest, refuses_before_anything_happens) {
    OrderTerms maker = limit(alice, Side::buy, "1", "100.01");
    maker.kind = OrderKind::limit_maker;
    EXPECT_EQ(refused(maker), Refusal::would_take);
    EXPECT_EQ(refused(limit(alice, Side::buy, "5000", "100")), Refusal::insufficient_balance);
    EXPECT_EQ(refused(limit(alice, Side::buy, "1", "100.005")), Refusal::price_filter);
    EXPECT_EQ(refused(limit(alice, Side::buy, "0.000001", "100")), Refusal::lot_size);
    EXPECT_EQ(refused(limit(alice, Side::buy, "0.01", "100")), Refusal::notional);
    EXPECT_EQ(refused(limit(alice, Side::buy, "1", "10")), Refusal::percent_price);
    OrderTerms iceberg = limit(alice, Side::buy, "5", "100");
    iceberg.iceberg = qty("0.01");
    EXPECT_EQ(refused(iceberg), Refusal::iceberg_parts);
    OrderTerms stop = limit(alice, Side::sell, "1", "100");
    stop.kind = OrderKind::stop_loss_limit;
    stop.stop = price("100.5");
    EXPECT_EQ(refused(stop), Refusal::would_trigger);
    OrderTerms named = limit(alice, Side::buy, "1", "90");
    named.client_id = "one";
    place(named);
    EXPECT_EQ(refused(named), Refusal::duplicate_client_id);
    EXPECT_EQ(exchange.cancel(kBtc, 99, "", now).error(), Refusal::unknown_order);
}

TEST_F(ExchangeTest, ends_what_may_not_rest) {
    OrderTerms ioc = limit(alice, Side::buy, "3", "100.01");
    ioc.time_in_force = TimeInForce::ioc;
    const Order& taken = order(place(ioc));
    EXPECT_EQ(taken.status, Status::expired);
    EXPECT_EQ(taken.expiry, Expiry::unfilled_ioc);
    EXPECT_EQ(taken.filled, qty("1.5"));
    EXPECT_EQ(balance(alice, "USDT").locked, Money{});

    OrderTerms fok = limit(alice, Side::buy, "100", "100.02");
    fok.time_in_force = TimeInForce::fok;
    const Order& killed = order(place(fok));
    EXPECT_EQ(killed.status, Status::expired);
    EXPECT_EQ(killed.expiry, Expiry::unfilled_fok);
    EXPECT_EQ(killed.filled, Qty{});

    const Order& thin = order(place(market_order(alice, Side::sell, "9.9")));
    EXPECT_EQ(thin.status, Status::expired);
    EXPECT_EQ(thin.expiry, Expiry::insufficient_liquidity);
    EXPECT_EQ(thin.filled, qty("8"));
}

TEST_F(ExchangeTest, spends_a_quote_quantity_and_no_more) {
    OrderTerms terms = market_order(alice, Side::buy, "1");
    terms.qty.reset();
    terms.quote_qty = money("200");
    const Order& bought = order(place(terms));
    EXPECT_EQ(bought.status, Status::filled);
    EXPECT_EQ(bought.qty, bought.filled);
    // 1.5 at 100.01 are 150.015; what is left buys 0.49975 at 100.02, in whole lots.
    EXPECT_EQ(bought.filled, qty("1.99975"));
    EXPECT_LE(bought.quote_filled, money("200"));
    EXPECT_GT(bought.quote_filled, money("199.998"));
}

TEST_F(ExchangeTest, shows_a_part_of_an_iceberg_at_a_time) {
    OrderTerms iceberg = limit(alice, Side::sell, "3", "100");
    iceberg.iceberg = qty("1");
    const auto id = place(iceberg);
    EXPECT_EQ(exchange.listing(kBtc).best_ask_size, qty("1"));
    const auto behind = place(limit(alice, Side::sell, "1", "100"));
    place(market_order(bob, Side::buy, "1.5"));
    // The second part went behind the order that came after the first.
    EXPECT_EQ(order(id).filled, qty("1"));
    EXPECT_EQ(order(behind).filled, qty("0.5"));
    place(market_order(bob, Side::buy, "2.5"));
    EXPECT_EQ(order(id).status, Status::filled);
    EXPECT_EQ(order(behind).status, Status::filled);
}

TEST_F(ExchangeTest, triggers_stops_by_the_last_trade) {
    OrderTerms stop = market_order(alice, Side::sell, "1");
    stop.kind = OrderKind::stop_loss;
    stop.stop = price("99.98");
    const auto id = place(stop);
    EXPECT_EQ(balance(alice, "BTC").locked, money("1"));
    EXPECT_FALSE(order(id).working_since.has_value());
    print(exchange, "99.99", "0.1", Aggressor::seller, now);
    EXPECT_EQ(order(id).status, Status::fresh);
    print(exchange, "99.98", "0.1", Aggressor::seller, now);
    EXPECT_EQ(order(id).status, Status::filled);
    EXPECT_EQ(order(id).quote_filled, money("99.99"));
}

TEST_F(ExchangeTest, expires_a_triggered_order_without_funds) {
    OrderTerms stop = market_order(alice, Side::buy, "900");
    stop.kind = OrderKind::stop_loss;
    stop.stop = price("100.05");
    const auto id = place(stop);
    show(exchange, {{price("100"), qty("1")}}, {{price("120"), qty("1000")}}, now);
    print(exchange, "100.05", "0.1", Aggressor::buyer, now);
    EXPECT_EQ(order(id).status, Status::expired);
    EXPECT_EQ(order(id).expiry, Expiry::rejected);
    EXPECT_EQ(balance(alice, "USDT").locked, Money{});
}

TEST_F(ExchangeTest, follows_the_market_with_a_trailing_stop) {
    OrderTerms stop = market_order(alice, Side::sell, "1");
    stop.kind = OrderKind::stop_loss;
    stop.trailing_bps = 100;
    const auto id = place(stop);
    print(exchange, "102", "0.1", Aggressor::buyer, now);
    print(exchange, "101", "0.1", Aggressor::seller, now);
    EXPECT_EQ(order(id).status, Status::fresh);
    print(exchange, "100.98", "0.1", Aggressor::seller, now);
    EXPECT_EQ(order(id).status, Status::filled);
}

ListTerms oco(AccountNumber account) {
    ListTerms out;
    out.above = limit(account, Side::sell, "1", "101");
    out.above.kind = OrderKind::limit_maker;
    out.below = limit(account, Side::sell, "1", "98");
    out.below.kind = OrderKind::stop_loss_limit;
    out.below.stop = price("99");
    return out;
}

TEST_F(ExchangeTest, cancels_the_stop_when_the_limit_of_an_oco_fills) {
    const auto list = done(exchange.place_list(oco(alice), now));
    EXPECT_EQ(balance(alice, "BTC").locked, money("1"));
    const auto ids = exchange.lists()[list].orders;
    print(exchange, "101.5", "0.25", Aggressor::buyer, now);
    EXPECT_EQ(order(ids[0]).status, Status::expired);
    EXPECT_EQ(order(ids[0]).expiry, Expiry::oco_trigger);
    EXPECT_EQ(order(ids[1]).filled, qty("0.25"));
    EXPECT_EQ(balance(alice, "BTC").locked, money("0.75"));
    EXPECT_TRUE(exchange.lists()[list].is_open);
    print(exchange, "101.5", "1", Aggressor::buyer, now);
    EXPECT_EQ(order(ids[1]).status, Status::filled);
    EXPECT_FALSE(exchange.lists()[list].is_open);
}

TEST_F(ExchangeTest, cancels_the_limit_when_the_stop_of_an_oco_triggers) {
    const auto list = done(exchange.place_list(oco(alice), now));
    const auto ids = exchange.lists()[list].orders;
    print(exchange, "99", "0.1", Aggressor::seller, now);
    EXPECT_EQ(order(ids[1]).status, Status::expired);
    EXPECT_EQ(order(ids[0]).status, Status::filled);
    EXPECT_EQ(balance(alice, "BTC").locked, Money{});
}

TEST_F(ExchangeTest, cancels_both_orders_of_an_oco_together) {
    const auto list = done(exchange.place_list(oco(alice), now));
    const auto ids = exchange.lists()[list].orders;
    done(exchange.cancel_list(list, "gone", now));
    for (const auto id : ids) EXPECT_EQ(order(id).status, Status::canceled);
    EXPECT_EQ(balance(alice, "BTC").locked, Money{});
    EXPECT_FALSE(exchange.lists()[list].is_open);
    ListTerms wrong = oco(alice);
    wrong.below.stop = price("100.5");
    EXPECT_EQ(exchange.place_list(wrong, now).error(), Refusal::oco_prices);
}

// "Self Trade Prevention (STP) FAQ", scenarios A to D: three bids of one account at 1.2, 1.1 and 1,
// and a sell of the same account into them.
struct PreventionCase {
    Prevention mode;
    std::vector<Status> makers;
    Status taker;
    std::string_view taker_prevented;
};
class PreventionTest : public ExchangeTest, public ::testing::WithParamInterface<PreventionCase> {};

TEST_P(PreventionTest, keeps_an_account_from_trading_with_itself) {
    std::vector<std::uint64_t> makers;
    makers.push_back(place(limit(alice, Side::buy, "1.2", "100")));
    makers.push_back(place(limit(alice, Side::buy, "1.3", "99.99")));
    OrderTerms sell = limit(alice, Side::sell, "1", "100");
    sell.prevention = GetParam().mode;
    const Order& taker = order(place(sell));
    EXPECT_EQ(order(makers[0]).status, GetParam().makers[0]);
    EXPECT_EQ(order(makers[1]).status, GetParam().makers[1]);
    EXPECT_EQ(taker.status, GetParam().taker);
    EXPECT_EQ(taker.prevented, qty(GetParam().taker_prevented));
}

INSTANTIATE_TEST_SUITE_P(modes, PreventionTest,
                         ::testing::Values(PreventionCase{Prevention::none,
                                                          {Status::partially_filled, Status::fresh},
                                                          Status::filled,
                                                          "0"},
                                           PreventionCase{Prevention::expire_taker,
                                                          {Status::fresh, Status::fresh},
                                                          Status::expired_in_match,
                                                          "1"},
                                           PreventionCase{Prevention::expire_maker,
                                                          {Status::expired_in_match, Status::fresh},
                                                          Status::fresh,
                                                          "0"},
                                           PreventionCase{Prevention::expire_both,
                                                          {Status::expired_in_match, Status::fresh},
                                                          Status::expired_in_match,
                                                          "1"},
                                           PreventionCase{Prevention::decrement,
                                                          {Status::fresh, Status::fresh},
                                                          Status::expired_in_match,
                                                          "1"}));

TEST(ExchangeOfTrades, has_a_ladder_around_the_last_one) {
    Exchange exchange(pairs(), {.ladder = {.levels = 3}});
    print(exchange, "60000", "0.1", Aggressor::buyer, kStart);
    const Listing& listing = exchange.listing(kBtc);
    EXPECT_EQ(listing.best_ask, price("60000"));
    EXPECT_EQ(listing.best_bid, price("59999.99"));
    EXPECT_EQ(listing.book.top(Side::sell, 9).size(), 3U);
    print(exchange, "60001", "0.1", Aggressor::seller, kStart);
    EXPECT_EQ(listing.best_bid, price("60001"));
    EXPECT_EQ(listing.best_ask, price("60001.01"));
}

TEST(TradesOfABar, keep_its_prices_and_its_volume) {
    const Bar bar{.open = price("100"),
                  .high = price("101"),
                  .low = price("97"),
                  .close = price("98"),
                  .volume = qty("1.00000003")};
    std::vector<Price> prices;
    Qty sum{};
    for (const Trade& trade : trades_of(bar)) {
        prices.push_back(trade.price);
        sum += trade.size;
    }
    EXPECT_THAT(prices, ElementsAre(price("100"), price("101"), price("97"), price("98")));
    EXPECT_EQ(sum, bar.volume);
}

TEST(Rules, make_every_notional_fit_eight_places) {
    Instrument instrument = pairs().front();
    instrument.lot = qty("0.00000001");
    const Rules rules = rules_of(instrument);
    EXPECT_EQ(rules.step, qty("0.000001"));
    EXPECT_EQ(multiply(rules.tick, rules.step), money("0.00000001"));
}

}  // namespace
}  // namespace tradewind::exchange
