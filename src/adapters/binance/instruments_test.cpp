// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/instruments.hpp"

#include <gtest/gtest.h>

#include <string>

#include "adapters/binance/decode.hpp"
#include "support/must.hpp"

namespace tradewind::binance {
namespace {

using test::price;
using test::qty;

// Filters as in Binance's documentation (filters.md); the symbol as in "Exchange information".
constexpr std::string_view kSpot =
    R"({"timezone":"UTC","serverTime":1565246363776,"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000}],"exchangeFilters":[],"symbols":[{"symbol":"ETHBTC","status":"TRADING","baseAsset":"ETH","baseAssetPrecision":8,"quoteAsset":"BTC","quotePrecision":8,"orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],"icebergAllowed":true,"filters":[{"filterType":"PRICE_FILTER","minPrice":"0.00000100","maxPrice":"100000.00000000","tickSize":"0.00000100"},{"filterType":"LOT_SIZE","minQty":"0.00100000","maxQty":"46116860414.00","stepSize":"0.00100000"},{"filterType":"ICEBERG_PARTS","limit":10},{"filterType":"MARKET_LOT_SIZE","minQty":"0.00000000","maxQty":"1200.50000000","stepSize":"0.00000000"},{"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"1.2","bidMultiplierDown":"0.2","askMultiplierUp":"5","askMultiplierDown":"0.8","avgPriceMins":1},{"filterType":"NOTIONAL","minNotional":"0.00010000","applyMinToMarket":true,"maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5}],"permissions":[],"permissionSets":[["SPOT","MARGIN"]]}]})";
constexpr std::string_view kFutures =
    R"({"exchangeFilters":[],"rateLimits":[{"interval":"MINUTE","intervalNum":1,"limit":2400,"rateLimitType":"REQUEST_WEIGHT"}],"serverTime":1565613908500,"assets":[],"symbols":[{"symbol":"BLZUSDT","pair":"BLZUSDT","contractType":"PERPETUAL","deliveryDate":4133404800000,"onboardDate":1598252400000,"status":"TRADING","maintMarginPercent":"2.5000","requiredMarginPercent":"5.0000","baseAsset":"BLZ","quoteAsset":"USDT","marginAsset":"USDT","pricePrecision":5,"triggerProtect":"0.15","filters":[{"filterType":"PRICE_FILTER","maxPrice":"300","minPrice":"0.0001","tickSize":"0.0001"},{"filterType":"LOT_SIZE","maxQty":"10000000","minQty":"1","stepSize":"1"},{"filterType":"MARKET_LOT_SIZE","maxQty":"590119","minQty":"1","stepSize":"1"},{"filterType":"MAX_NUM_ORDERS","limit":200},{"filterType":"MIN_NOTIONAL","notional":"5.0"},{"filterType":"PERCENT_PRICE","multiplierUp":"1.1500","multiplierDown":"0.8500","multiplierDecimal":"4"}],"orderTypes":["LIMIT","MARKET"],"timeInForce":["GTC"]}]})";

TEST(BinanceInstruments, filters_of_spot_become_the_grid_and_the_limits) {
    Decoder decoder(Segment::spot);
    const auto info = decoder.exchange_info(kSpot);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->rate_limits.at(0).limit, 6000);
    const auto rules = to_rules(info->symbols.at(0), Segment::spot);
    ASSERT_TRUE(rules);
    const Instrument& it = rules->instrument;
    EXPECT_EQ(it.symbol, "ETHBTC.BINANCE");
    EXPECT_EQ(it.asset_class, AssetClass::crypto_spot);
    EXPECT_EQ(it.tick, price("0.000001"));
    EXPECT_EQ(it.lot, qty("0.001"));
    EXPECT_EQ(it.min_qty, qty("0.001"));
    EXPECT_FALSE(it.max_qty) << "above what fits: none";
    EXPECT_EQ(it.min_notional, parse_money("0.0001").value());
    EXPECT_EQ(it.max_notional, parse_money("9000000").value());
    EXPECT_EQ(rules->market_max_qty, qty("1200.5"));
    EXPECT_EQ(rules->bid_band->up, parse_rate("1.2").value());
    EXPECT_EQ(rules->ask_band->down, parse_rate("0.8").value());
    EXPECT_TRUE(rules->is_trading);
}

TEST(BinanceInstruments, a_perpetual_has_margins_and_is_settled_in_its_margin_asset) {
    Decoder decoder(Segment::usd_m);
    const auto info = decoder.exchange_info(kFutures);
    ASSERT_TRUE(info);
    const auto rules = to_rules(info->symbols.at(0), Segment::usd_m);
    ASSERT_TRUE(rules);
    const Instrument& it = rules->instrument;
    EXPECT_EQ(it.symbol, "BLZUSDT-PERP.BINANCE");
    EXPECT_EQ(it.asset_class, AssetClass::crypto_perpetual);
    EXPECT_EQ(it.settlement, *Currency::parse("USDT"));
    EXPECT_EQ(it.margin.initial, parse_rate("0.05").value());
    EXPECT_EQ(it.margin.maintenance, parse_rate("0.025").value());
    EXPECT_EQ(it.min_notional, parse_money("5").value());
    EXPECT_FALSE(it.expiry);
    EXPECT_EQ(rules->bid_band, rules->ask_band);
}

TEST(BinanceInstruments, what_cannot_be_traded_exactly_is_refused) {
    Decoder decoder(Segment::spot);
    auto info = decoder.exchange_info(kSpot);
    ASSERT_TRUE(info);
    SymbolInfo without = info->symbols.at(0);
    without.filters.erase(without.filters.begin());
    EXPECT_EQ(to_rules(without, Segment::spot).error(), SymbolFault::missing_filter);
    SymbolInfo odd = info->symbols.at(0);
    odd.base_asset = "1MBABYDOGE";
    EXPECT_EQ(to_rules(odd, Segment::spot).error(), SymbolFault::unknown_asset);
    SymbolInfo zero = info->symbols.at(0);
    zero.filters[0].tick_size = Money{};
    EXPECT_EQ(to_rules(zero, Segment::spot).error(), SymbolFault::out_of_range);
    EXPECT_EQ(to_rules(info->symbols.at(0), Segment::usd_m).error(), SymbolFault::not_linear);
}

TEST(BinanceInstruments, market_data_become_events_where_they_are_some) {
    constexpr InstrumentId kId{4};
    TradePrint print{.price = price("2"), .qty = qty("3"), .buyer_is_maker = true, .kind = {}};
    EXPECT_EQ(to_trade(print, kId), (Trade{.instrument = kId,
                                           .aggressor = Aggressor::seller,
                                           .price = price("2"),
                                           .size = qty("3")}));
    print.kind = "INSURANCE_FUND";
    EXPECT_FALSE(to_trade(print, kId));
    BookTicker ticker{.bid = price("1"), .bid_size = qty("1"), .ask = {}, .ask_size = {}};
    EXPECT_FALSE(to_quote(ticker, kId));
    ticker.ask = price("2");
    EXPECT_TRUE(to_quote(ticker, kId));
    KlineUpdate kline{.interval = "1m", .is_closed = false};
    EXPECT_FALSE(to_bar(kline, kId));
    kline.is_closed = true;
    EXPECT_EQ(to_bar(kline, kId)->spec, time_bars(minutes(1)));
    kline.interval = "1M";
    EXPECT_FALSE(to_bar(kline, kId));
}

}  // namespace
}  // namespace tradewind::binance
