// SPDX-License-Identifier: Apache-2.0
#include "domain/instrument.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tradewind {
namespace {

Price price(std::string_view text) { return parse_price(text).value(); }
Money money(std::string_view text) { return parse_money(text).value(); }

FeeQuery query(std::string_view at, std::int64_t units) {
    return {.price = price(at), .qty = whole_qty(units)};
}

/// Interactive Brokers' fixed pricing of US shares: 0.005 a share, at least 1.00 an order, at most
/// 1 % of its value.
Instrument fixed_pricing() {
    Instrument out = default_instrument("SPY.ARCA").value();
    out.fees.per_unit = money("0.005");
    out.fees.minimum = money("1");
    out.fees.maximum = Rate{base::kDecimalOne / 100};
    return out;
}

TEST(FeeOf, gives_the_brokers_own_examples) {
    // interactivebrokers.com, "Commissions stocks", fixed pricing, table of examples.
    EXPECT_EQ(fee_of(query("25", 100), fixed_pricing()), money("1"));
    EXPECT_EQ(fee_of(query("25", 1000), fixed_pricing()), money("5"));
    EXPECT_EQ(fee_of(query("0.25", 1000), fixed_pricing()), money("2.5"));
}

TEST(FeeOf, charges_the_minimum_once_an_order) {
    const Instrument instrument = fixed_pricing();
    FeeQuery first = query("25", 100);
    const Money paid = fee_of(first, instrument);
    EXPECT_EQ(paid, money("1"));
    FeeQuery second = query("25", 200);
    second.paid_so_far = paid;
    second.qty_so_far = first.qty;
    second.notional_so_far = multiply(first.price, first.qty);
    EXPECT_EQ(paid + fee_of(second, instrument), fee_of(query("25", 300), instrument));
}

TEST(FeeOf, depends_on_the_side_of_liquidity) {
    Instrument coin = default_instrument("BTCUSDT.BINANCE").value();
    coin.fees.maker = basis_points(-1);
    coin.fees.taker = basis_points(10);
    FeeQuery fill = query("30000", 2);
    EXPECT_EQ(fee_of(fill, coin), money("60"));
    fill.is_maker = true;
    EXPECT_EQ(fee_of(fill, coin), money("-6"));
}

TEST(FeeOf, leaves_earlier_fills_at_their_own_rate) {
    Instrument coin = default_instrument("BTCUSDT.BINANCE").value();
    coin.fees.maker = basis_points(-1);
    coin.fees.taker = basis_points(10);
    FeeQuery taken = query("30000", 2);
    taken.paid_so_far = money("-6");
    taken.qty_so_far = whole_qty(2);
    taken.notional_so_far = money("60000");
    EXPECT_EQ(fee_of(taken, coin), money("60"));
}

TEST(FeeOf, is_nothing_without_a_schedule) {
    EXPECT_EQ(fee_of(query("25", 100), default_instrument("SPY.ARCA").value()), Money{});
}

RC_GTEST_PROP(FeeOf, of_an_order_does_not_depend_on_how_it_was_cut, ()) {
    const Instrument instrument = fixed_pricing();
    const auto parts =
        *rc::gen::container<std::vector<std::int64_t>>(5, rc::gen::inRange<std::int64_t>(1, 2000));
    FeeQuery part = query("25", 1);
    std::int64_t units = 0;
    for (const std::int64_t n : parts) {
        part.qty = whole_qty(n);
        part.paid_so_far += fee_of(part, instrument);
        part.qty_so_far += part.qty;
        part.notional_so_far += multiply(part.price, part.qty);
        units += n;
    }
    RC_ASSERT(part.paid_so_far == fee_of(query("25", units), instrument));
}

TEST(Notional, counts_the_multiplier) {
    Instrument future = default_instrument("ES.CME").value();
    future.multiplier = whole_qty(50);
    EXPECT_EQ(notional(price("4700.25"), whole_qty(2), future), money("470025"));
    EXPECT_EQ(notional(price("-37.63"), whole_qty(1), future), money("-1881.5"));
}

TEST(DefaultInstrument, follows_the_venue) {
    EXPECT_EQ(default_instrument("SPY.ARCA")->asset_class, AssetClass::equity);
    EXPECT_EQ(default_instrument("SPY.ARCA")->calendar, CalendarKind::us_equity);
    const auto pair = default_instrument("EURUSD.OANDA");
    EXPECT_EQ(pair->base, Currency::parse("EUR"));
    EXPECT_EQ(pair->quote, kUsd);
    EXPECT_EQ(pair->calendar, CalendarKind::fx_week);
    const auto coin = default_instrument("BTCUSDT.BINANCE");
    EXPECT_EQ(coin->base, Currency::parse("BTC"));
    EXPECT_EQ(coin->quote, Currency::parse("USDT"));
    EXPECT_FALSE(coin->is_derivative());
    EXPECT_TRUE(default_instrument("BTCUSDT-PERP.BINANCE")->is_derivative());
    for (const char* symbol : {"SPY", ".ARCA", "SPY.NOWHERE", "EUR.OANDA", ""}) {
        EXPECT_FALSE(default_instrument(symbol).has_value()) << symbol;
    }
}

TEST(InstrumentTable, gives_dense_ids_and_no_symbol_twice) {
    InstrumentTable table;
    EXPECT_EQ(table.add(default_instrument("SPY.ARCA").value()), InstrumentId{0});
    EXPECT_EQ(table.add(default_instrument("AAPL.NASDAQ").value()), InstrumentId{1});
    EXPECT_FALSE(table.add(default_instrument("SPY.ARCA").value()).has_value());
    EXPECT_EQ(table.find("AAPL.NASDAQ")->id, InstrumentId{1});
    EXPECT_EQ(table.find("MSFT.NASDAQ"), nullptr);
    EXPECT_EQ(table.at(InstrumentId{0}).ticker(), "SPY");
    EXPECT_EQ(table.at(InstrumentId{0}).venue(), "ARCA");
}

}  // namespace
}  // namespace tradewind
