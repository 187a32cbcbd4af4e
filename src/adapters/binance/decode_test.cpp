// SPDX-License-Identifier: Apache-2.0
// Payloads are the examples of Binance's own documentation (spot: web-socket-streams,
// user-data-stream, rest-api; USD-M futures: market streams, user-data streams, REST), some fields
// that we pass over left out.
#include "adapters/binance/decode.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "adapters/binance/recordings_for_tests.hpp"
#include "support/book_files.hpp"
#include "support/counted_new.hpp"
#include "support/must.hpp"

namespace tradewind::binance {
namespace {

using test::price;
using test::qty;

Money money(std::string_view text) { return parse_money(text).value(); }
Rate rate(std::string_view text) { return parse_rate(text).value(); }
constexpr Timestamp ms(std::int64_t n) { return {n * 1'000'000}; }

class BinanceDecode : public testing::Test {
protected:
    Decoder spot{Segment::spot};
    Decoder futures{Segment::usd_m};

    template <typename T>
    T read(Decoder& decoder, std::string_view bytes) {
        const auto message = decoder.stream(bytes);
        if (!message) {
            ADD_FAILURE() << describe(message.error());
            return {};
        }
        const T* payload = std::get_if<T>(&message->payload);
        if (payload == nullptr) {
            ADD_FAILURE() << "another payload: " << message->payload.index();
            return {};
        }
        return *payload;
    }
};

constexpr std::string_view kTrade =
    R"({"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100","T":1672515782136,"m":true,"M":true})";

TEST_F(BinanceDecode, trade_of_spot) {
    const auto trade = read<TradePrint>(spot, kTrade);
    EXPECT_EQ(trade.symbol, "BNBBTC");
    EXPECT_EQ(trade.id, 12345);
    EXPECT_EQ(trade.price, price("0.001"));
    EXPECT_EQ(trade.qty, qty("100"));
    EXPECT_EQ(trade.ts_event, ms(1672515782136));
    EXPECT_EQ(trade.ts_trade, ms(1672515782136));
    EXPECT_TRUE(trade.buyer_is_maker);
}

TEST_F(BinanceDecode, combined_stream_and_websocket_api_envelopes) {
    const std::string combined = R"({"stream":"bnbbtc@trade","data":)" + std::string(kTrade) + "}";
    const auto message = spot.stream(combined);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->stream, "bnbbtc@trade");
    EXPECT_EQ(std::get<TradePrint>(message->payload).id, 12345);

    const std::string reversed =
        R"({"data":)" + std::string(kTrade) + R"(,"stream":"bnbbtc@trade"})";
    ASSERT_TRUE(spot.stream(reversed));
    EXPECT_EQ(read<TradePrint>(spot, R"({"subscriptionId":0,"event":)" + std::string(kTrade) + "}")
                  .symbol,
              "BNBBTC");
}

TEST_F(BinanceDecode, aggregate_trade) {
    const auto trade = read<AggregateTrade>(
        futures,
        R"({"e":"aggTrade","E":123456789,"s":"BTCUSDT","a":5933014,"p":"0.001","q":"100","f":100,"l":105,"T":123456785,"m":true})");
    EXPECT_EQ(trade.id, 5933014);
    EXPECT_EQ(trade.first_trade, 100);
    EXPECT_EQ(trade.last_trade, 105);
    EXPECT_EQ(trade.ts_trade, ms(123456785));
}

TEST_F(BinanceDecode, book_ticker) {
    const auto ours = read<BookTicker>(
        spot,
        R"({"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"})");
    EXPECT_EQ(ours.update_id, 400900217U);
    EXPECT_EQ(ours.bid, price("25.3519"));
    EXPECT_EQ(ours.ask_size, qty("40.66"));
    EXPECT_FALSE(ours.ts_event);
    const auto theirs = read<BookTicker>(
        futures,
        R"({"e":"bookTicker","u":400900217,"E":1568014460893,"T":1568014460891,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"})");
    EXPECT_EQ(theirs.ts_transaction, ms(1568014460891));
}

TEST_F(BinanceDecode, kline) {
    const auto update = read<KlineUpdate>(
        spot,
        R"({"e":"kline","E":1672515782136,"s":"BNBBTC","k":{"t":1672515780000,"T":1672515839999,"s":"BNBBTC","i":"1m","f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0015","v":"1000","n":100,"x":false,"q":"1.0000","V":"500","Q":"0.500","B":"123456"}})");
    EXPECT_EQ(update.interval, "1m");
    EXPECT_FALSE(update.is_closed);
    EXPECT_EQ(update.kline.open_ts, ms(1672515780000));
    EXPECT_EQ(update.kline.open, price("0.001"));
    EXPECT_EQ(update.kline.high, price("0.0025"));
    EXPECT_EQ(update.kline.volume, qty("1000"));
    EXPECT_EQ(update.kline.quote_volume, money("1"));
    EXPECT_EQ(update.kline.trades, 100);
}

TEST_F(BinanceDecode, depth_update_of_spot_and_futures) {
    const auto ours = read<DepthUpdate>(
        spot,
        R"({"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":157,"u":160,"b":[["0.0024","10"]],"a":[["0.0026","100"]]})");
    EXPECT_EQ(ours.first_update_id, 157U);
    EXPECT_EQ(ours.last_update_id, 160U);
    ASSERT_EQ(ours.bids.size(), 1U);
    EXPECT_EQ(ours.bids[0], (DepthLevel{price("0.0024"), qty("10")}));
    ASSERT_EQ(ours.asks.size(), 1U);
    EXPECT_EQ(ours.asks[0], (DepthLevel{price("0.0026"), qty("100")}));
    const auto theirs = read<DepthUpdate>(
        futures,
        R"({"e":"depthUpdate","E":123456789,"T":123456788,"s":"BTCUSDT","U":157,"u":160,"pu":149,"b":[["0.0024","10"]],"a":[]})");
    EXPECT_EQ(theirs.previous_update_id, 149U);
    EXPECT_EQ(theirs.ts_transaction, ms(123456788));
    EXPECT_TRUE(theirs.asks.empty());
}

TEST_F(BinanceDecode, depth_snapshots) {
    const auto ours = spot.depth(
        R"({"lastUpdateId":1027024,"bids":[["4.00000000","431.00000000"]],"asks":[["4.00000200","12.00000000",[]]]})");
    ASSERT_TRUE(ours);
    EXPECT_EQ(ours->last_update_id, 1027024U);
    EXPECT_EQ(ours->asks[0], (DepthLevel{price("4.000002"), qty("12")}));
    const auto theirs = futures.depth(
        R"({"lastUpdateId":1027024,"E":1589436922972,"T":1589436922959,"bids":[["4.00000000","431.00000000"]],"asks":[["4.00000200","12.00000000"]]})");
    ASSERT_TRUE(theirs);
    EXPECT_EQ(theirs->ts_transaction, ms(1589436922959));
}

TEST_F(BinanceDecode, mark_price) {
    const auto mark = read<MarkPrice>(
        futures,
        R"({"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.15000000","i":"11784.62659091","P":"11784.25641265","r":"-0.00038167","T":1562306400000})");
    EXPECT_EQ(mark.mark, price("11794.15"));
    EXPECT_EQ(mark.index, price("11784.62659091"));
    EXPECT_EQ(mark.funding_rate, rate("-0.00038167"));
    EXPECT_EQ(mark.next_funding, ms(1562306400000));
    const auto dated = read<MarkPrice>(
        futures,
        R"({"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT_210625","p":"11794.15000000","i":"11784.62659091","P":"11784.25641265","r":"","T":0})");
    EXPECT_FALSE(dated.funding_rate);
}

TEST_F(BinanceDecode, knows_what_it_passes_over_and_says_what_it_does_not_know) {
    EXPECT_EQ(
        read<Ignored>(
            futures,
            R"({"e":"forceOrder","E":1568014460893,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"9910","ap":"9910","X":"FILLED","l":"0.014","z":"0.014","T":1568014460893}})")
            .type,
        "forceOrder");
    EXPECT_EQ(spot.stream(R"({"e":"somethingNew","E":1})").error(),
              (DecodeError{DecodeFault::unknown_message, "e"}));
    EXPECT_EQ(spot.stream(R"({"hello":1})").error(),
              (DecodeError{DecodeFault::unknown_message, {}}));
}

TEST_F(BinanceDecode, answers_to_requests_on_the_socket) {
    EXPECT_EQ(read<RequestAnswer>(spot, R"({"result":null,"id":1})").id, 1);
    const auto refused = read<RequestAnswer>(
        spot, R"({"error":{"code":2,"msg":"Invalid request: unknown variant"},"id":7})");
    EXPECT_TRUE(refused.is_error);
    EXPECT_EQ(refused.code, 2);
    EXPECT_EQ(refused.id, 7);
    EXPECT_EQ(refused.text, "Invalid request: unknown variant");
}

TEST_F(BinanceDecode, execution_report) {
    const auto report = read<OrderReport>(
        spot,
        R"({"e":"executionReport","E":1499405658658,"s":"ETHBTC","c":"mUvoqJxFIILMdfAW5iGSOW","S":"BUY","o":"LIMIT","f":"GTC","q":"1.00000000","p":"0.10264410","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"NEW","X":"NEW","r":"NONE","i":4293153,"l":"0.00000000","z":"0.00000000","L":"0.00000000","n":"0","N":null,"T":1499405658657,"t":-1,"v":3,"I":8641984,"w":true,"m":false,"M":false,"O":1499405658657,"Z":"0.00000000","Y":"0.00000000","Q":"0.00000000","W":1499405658657,"V":"NONE"})");
    EXPECT_EQ(report.client_order_id, "mUvoqJxFIILMdfAW5iGSOW");
    EXPECT_EQ(report.side, Side::buy);
    EXPECT_EQ(report.type, VenueOrderType::limit);
    EXPECT_EQ(report.execution, ExecutionType::new_order);
    EXPECT_EQ(report.status, VenueOrderStatus::new_order);
    EXPECT_EQ(report.price, price("0.1026441"));
    EXPECT_EQ(report.order_id, 4293153);
    EXPECT_EQ(report.trade_id, -1);
    EXPECT_EQ(report.commission_asset, "");
}

TEST_F(BinanceDecode, account_position_balance_update_and_list_status) {
    const auto position = read<AccountPosition>(
        spot,
        R"({"e":"outboundAccountPosition","E":1564034571105,"u":1564034571073,"B":[{"a":"ETH","f":"10000.000000","l":"0.000000"}]})");
    ASSERT_EQ(position.balances.size(), 1U);
    EXPECT_EQ(position.balances[0].free, money("10000"));
    const auto update = read<BalanceUpdate>(
        spot,
        R"({"e":"balanceUpdate","E":1573200697110,"a":"BTC","d":"-100.00000000","T":1573200697068})");
    EXPECT_EQ(update.delta, money("-100"));
    const auto status = read<ListStatus>(
        spot,
        R"({"e":"listStatus","E":1564035303637,"s":"ETHBTC","g":2,"c":"OCO","l":"EXEC_STARTED","L":"EXECUTING","r":"NONE","C":"F4QN4G8DlFATFlIUQ0cjdD","T":1564035303625,"O":[{"s":"ETHBTC","i":17,"c":"AJYsMjErWJesZvqlJCTUgL"},{"s":"ETHBTC","i":18,"c":"bfYPSQdLoqAJeNrOr9adzq"}]})");
    ASSERT_EQ(status.orders.size(), 2U);
    EXPECT_EQ(status.orders[1].client_order_id, "bfYPSQdLoqAJeNrOr9adzq");
}

TEST_F(BinanceDecode, futures_order_update) {
    const auto report = read<OrderReport>(
        futures,
        R"({"e":"ORDER_TRADE_UPDATE","E":1568879465651,"T":1568879465650,"o":{"s":"BTCUSDT","c":"TEST","S":"SELL","o":"TRAILING_STOP_MARKET","f":"GTC","q":"0.001","p":"0","ap":"0","sp":"7103.04","x":"NEW","X":"NEW","i":8886774,"l":"0","z":"0","L":"0","N":"USDT","n":"0","T":1568879465650,"t":0,"b":"0","a":"9.91","m":false,"R":false,"wt":"CONTRACT_PRICE","ot":"TRAILING_STOP_MARKET","ps":"LONG","cp":false,"AP":"7476.89","cr":"5.0","pP":false,"si":0,"ss":0,"rp":"0","V":"EXPIRE_TAKER","pm":"OPPONENT","gtd":0,"er":"0"}})");
    EXPECT_EQ(report.type, VenueOrderType::trailing_stop_market);
    EXPECT_EQ(report.position_side, PositionSide::long_side);
    EXPECT_EQ(report.stop_price, price("7103.04"));
    EXPECT_EQ(report.ts_transaction, ms(1568879465650));
    EXPECT_EQ(report.realized_profit, money("0"));
}

TEST_F(BinanceDecode, futures_account_update_margin_call_and_expired_key) {
    const auto update = read<AccountUpdate>(
        futures,
        R"({"e":"ACCOUNT_UPDATE","E":1564745798939,"T":1564745798938,"a":{"m":"ORDER","B":[{"a":"USDT","wb":"122624.12345678","cw":"100.12345678","bc":"50.12345678"},{"a":"BUSD","wb":"1.00000000","cw":"0.00000000","bc":"-49.12345678"}],"P":[{"s":"BTCUSDT","pa":"0","ep":"0.00000","bep":"0","cr":"200","up":"0","mt":"isolated","iw":"0.00000000","ps":"BOTH"},{"s":"BTCUSDT","pa":"-10","ep":"6563.8600012345678","bep":"6563.6","cr":"-45.04000000","up":"-1423.15600","mt":"isolated","iw":"0.00000000","ps":"SHORT"}]}})");
    EXPECT_EQ(update.reason, "ORDER");
    ASSERT_EQ(update.balances.size(), 2U);
    EXPECT_EQ(update.balances[1].change, money("-49.12345678"));
    ASSERT_EQ(update.positions.size(), 2U);
    EXPECT_EQ(update.positions[1].amount, qty("-10"));
    EXPECT_EQ(update.positions[1].entry_price, price("6563.860001235")) << "an average is rounded";
    EXPECT_EQ(update.positions[1].unrealized, money("-1423.156"));
    const auto call = read<MarginCallNotice>(
        futures,
        R"({"e":"MARGIN_CALL","E":1587727187525,"cw":"3.16812045","p":[{"s":"ETHUSDT","ps":"LONG","pa":"1.327","mt":"CROSSED","iw":"0","mp":"187.17127","up":"-1.166074","mm":"1.614445"}]})");
    ASSERT_EQ(call.positions.size(), 1U);
    EXPECT_EQ(call.positions[0].maintenance, money("1.614445"));
    EXPECT_EQ(
        read<ListenKeyExpired>(
            futures,
            R"({"e":"listenKeyExpired","E":1736996475556,"listenKey":"WsCMN0a4KHUPTQuX6IUnqEZfB1inxmv1qR4kbf1LuEjur5VdbzqvyxqG9TSjVVxv"})")
            .ts_event,
        ms(1736996475556));
}

TEST_F(BinanceDecode, order_answers_of_every_size) {
    const auto ack = spot.order(
        R"({"symbol":"BTCUSDT","orderId":28,"orderListId":-1,"clientOrderId":"6gCrw2kRUAF9CvJDGP16IP","transactTime":1507725176595})");
    ASSERT_TRUE(ack);
    EXPECT_FALSE(ack->status);
    EXPECT_EQ(ack->order_list_id, -1);
    const auto full = spot.order(
        R"({"symbol":"BTCUSDT","orderId":28,"orderListId":-1,"clientOrderId":"6gCrw2kRUAF9CvJDGP16IP","transactTime":1507725176595,"price":"0.00000000","origQty":"10.00000000","executedQty":"10.00000000","origQuoteOrderQty":"0.000000","cummulativeQuoteQty":"10.00000000","status":"FILLED","timeInForce":"GTC","type":"MARKET","side":"SELL","workingTime":1507725176595,"selfTradePreventionMode":"NONE","fills":[{"price":"4000.00000000","qty":"1.00000000","commission":"4.00000000","commissionAsset":"USDT","tradeId":56},{"price":"3999.00000000","qty":"5.00000000","commission":"19.99500000","commissionAsset":"USDT","tradeId":57}]})");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->status, VenueOrderStatus::filled);
    ASSERT_EQ(full->fills.size(), 2U);
    EXPECT_EQ(full->fills[1].commission, money("19.995"));
    EXPECT_EQ(full->fills[1].trade_id, 57);
    const auto theirs = futures.order(
        R"({"clientOrderId":"testOrder","cumQty":"0","cumQuote":"0","executedQty":"0","orderId":22542179,"avgPrice":"0.00000","origQty":"10","price":"0","reduceOnly":false,"side":"BUY","positionSide":"SHORT","status":"NEW","stopPrice":"9300","closePosition":false,"symbol":"BTCUSDT","timeInForce":"GTD","type":"TRAILING_STOP_MARKET","origType":"TRAILING_STOP_MARKET","activatePrice":"9020","priceRate":"0.3","updateTime":1566818724722,"workingType":"CONTRACT_PRICE","priceProtect":false,"priceMatch":"NONE","selfTradePreventionMode":"NONE","goodTillDate":1693207680000})");
    ASSERT_TRUE(theirs);
    EXPECT_EQ(theirs->position_side, PositionSide::short_side);
    EXPECT_EQ(theirs->stop_price, price("9300"));
    const auto open = spot.orders(
        R"([{"symbol":"LTCBTC","orderId":1,"orderListId":-1,"clientOrderId":"myOrder1","price":"0.1","origQty":"1.0","executedQty":"0.0","cummulativeQuoteQty":"0.0","status":"NEW","timeInForce":"GTC","type":"LIMIT","side":"BUY","stopPrice":"0.0","icebergQty":"0.0","time":1499827319559,"updateTime":1499827319559,"isWorking":true}])");
    ASSERT_TRUE(open);
    EXPECT_EQ(open->at(0).ts_created, ms(1499827319559));
}

TEST_F(BinanceDecode, a_cancel_and_replace_says_which_half_was_done) {
    const auto half = spot.cancel_replace(
        R"({"code":-2021,"msg":"Order cancel-replace partially failed.","data":{"cancelResult":"SUCCESS","newOrderResult":"FAILURE","cancelResponse":{"symbol":"BTCUSDT","origClientOrderId":"86M8erehfExV8z2RC8Zo8k","orderId":3,"orderListId":-1,"clientOrderId":"G1kLo6aDv2KGNTFcjfTSFq","transactTime":1684804350068,"price":"0.006123","origQty":"10000.000000","executedQty":"0.000000","cummulativeQuoteQty":"0.000000","status":"CANCELED","timeInForce":"GTC","type":"LIMIT_MAKER","side":"SELL","selfTradePreventionMode":"NONE"},"newOrderResponse":{"code":-2010,"msg":"Order would immediately match and take."}}})");
    ASSERT_TRUE(half);
    EXPECT_EQ(half->code, -2021);
    EXPECT_EQ(half->cancel.order->status, VenueOrderStatus::canceled);
    EXPECT_EQ(half->placed.error->code, -2010);
    EXPECT_FALSE(half->placed.order);
    const auto both = spot.cancel_replace(
        R"({"cancelResult":"SUCCESS","newOrderResult":"SUCCESS","cancelResponse":{"symbol":"BTCUSDT","origClientOrderId":"DnLo3vTAQcjha43lAZhZ0y","orderId":9,"orderListId":-1,"clientOrderId":"osxN3JXAtJvKvCqGeMWMVR"},"newOrderResponse":{"symbol":"BTCUSDT","orderId":10,"orderListId":-1,"clientOrderId":"wOceeeOzNORyLiQfw7jd8S","transactTime":1652928801803,"fills":[]}})");
    ASSERT_TRUE(both);
    EXPECT_EQ(both->placed.order->order_id, 10);
    const auto none = spot.cancel_replace(
        R"({"code":-2022,"msg":"Order cancel-replace failed.","data":{"cancelResult":"FAILURE","newOrderResult":"NOT_ATTEMPTED","cancelResponse":{"code":-2011,"msg":"Unknown order sent."},"newOrderResponse":null}})");
    ASSERT_TRUE(none);
    EXPECT_EQ(none->cancel.error->text, "Unknown order sent.");
    const auto refused = spot.cancel_replace(R"({"code":-1021,"msg":"Timestamp"})");
    ASSERT_FALSE(refused);
    EXPECT_EQ(std::get<VenueError>(refused.error()).code, -1021);
}

TEST_F(BinanceDecode, trades_of_ours_and_of_the_market_and_klines) {
    const auto ours = spot.user_trades(
        R"([{"symbol":"BNBBTC","id":28457,"orderId":100234,"orderListId":-1,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.000012","commission":"10.10000000","commissionAsset":"BNB","time":1499865549590,"isBuyer":true,"isMaker":false,"isBestMatch":true}])");
    ASSERT_TRUE(ours);
    EXPECT_EQ(ours->at(0).side, Side::buy);
    const auto theirs = futures.user_trades(
        R"([{"buyer":false,"commission":"-0.07819010","commissionAsset":"USDT","id":698759,"maker":false,"orderId":25851813,"price":"7819.01","qty":"0.002","quoteQty":"15.63802","realizedPnl":"-0.91539999","side":"SELL","positionSide":"SHORT","symbol":"BTCUSDT","time":1569514978020}])");
    ASSERT_TRUE(theirs);
    EXPECT_EQ(theirs->at(0).commission, money("-0.0781901"));
    const auto prints = spot.aggregate_trades(
        R"([{"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,"T":1498793709153,"m":true,"M":true}])");
    ASSERT_TRUE(prints);
    EXPECT_EQ(prints->at(0).qty, qty("4.70443515"));
    const auto bars = spot.klines(
        R"([[1499040000000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",1499644799999,"2434.19055334",308,"1756.87402397","28.46694368","0"]])");
    ASSERT_TRUE(bars);
    EXPECT_EQ(bars->at(0).close, price("0.015771"));
    EXPECT_EQ(bars->at(0).trades, 308);
}

TEST_F(BinanceDecode, accounts_and_positions) {
    const auto account = spot.spot_account(
        R"({"makerCommission":15,"canTrade":true,"canWithdraw":true,"updateTime":123456789,"accountType":"SPOT","balances":[{"asset":"BTC","free":"4723846.89208129","locked":"0.00000000"}],"permissions":["SPOT"],"uid":354937868})");
    ASSERT_TRUE(account);
    EXPECT_EQ(account->balances.at(0).free, money("4723846.89208129"));
    const auto theirs = futures.futures_account(
        R"({"totalInitialMargin":"0.00000000","totalMaintMargin":"0.00000000","totalWalletBalance":"103.12345678","totalUnrealizedProfit":"0.00000000","totalMarginBalance":"103.12345678","availableBalance":"103.12345678","assets":[{"asset":"USDT","walletBalance":"23.72469206","unrealizedProfit":"0.00000000","marginBalance":"23.72469206","maintMargin":"0.00000000","initialMargin":"0.00000000","availableBalance":"23.72469206","updateTime":1625474304765}],"positions":[]})");
    ASSERT_TRUE(theirs);
    EXPECT_EQ(theirs->assets.at(0).wallet, money("23.72469206"));
    const auto risk = futures.position_risk(
        R"([{"entryPrice":"0.00000","breakEvenPrice":"0.0","marginType":"isolated","isAutoAddMargin":"false","isolatedMargin":"0.00000000","leverage":"10","liquidationPrice":"0","markPrice":"6679.50671178","maxNotionalValue":"20000000","positionAmt":"-0.500","notional":"0","isolatedWallet":"0","symbol":"BTCUSDT","unRealizedProfit":"0.00000000","positionSide":"BOTH","updateTime":0}])");
    ASSERT_TRUE(risk);
    EXPECT_EQ(risk->at(0).amount, qty("-0.5"));
    EXPECT_EQ(risk->at(0).leverage, rate("10"));
    EXPECT_EQ(spot.server_time(R"({"serverTime":1499827319559})"), ms(1499827319559));
}

TEST_F(BinanceDecode, a_refusal_is_one_whatever_was_asked_for) {
    constexpr std::string_view kBody =
        R"({"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."})";
    const auto order = spot.order(kBody);
    ASSERT_FALSE(order);
    EXPECT_EQ(std::get<VenueError>(order.error()).code, -1021);
    const auto orders = futures.orders(kBody);
    ASSERT_FALSE(orders);
    EXPECT_EQ(std::get<VenueError>(orders.error()).text,
              "Timestamp for this request is outside of the recvWindow.");
    EXPECT_EQ(spot.error(kBody)->code, -1021);
    EXPECT_EQ(spot.error("<html>").error().fault, DecodeFault::wrong_type);
}

// --- what is refused --------------------------------------------------------------------------

struct Bad {
    std::string_view bytes;
    DecodeFault fault;
    std::string_view field;
};

TEST_F(BinanceDecode, names_the_fault_and_its_field) {
    using enum DecodeFault;
    const std::array<Bad, 19> kCases{{
        {"", not_json, ""},
        {"{", not_json, ""},
        {"[1,2]", wrong_type, ""},
        {"17", wrong_type, ""},
        {R"({"e":"trade","E":1,"s":"A","t":1,"p":"1","q":"1","T":1})", missing_field, "m"},
        {R"({"e":"trade","E":1,"s":"A","t":1,"p":"1","p":"2","q":"1","T":1,"m":true})",
         repeated_field, "p"},
        {R"({"e":"trade","E":1,"s":"A","t":1,"p":1.5,"q":"1","T":1,"m":true})", wrong_type, "p"},
        {R"({"e":"trade","E":1,"s":"A","t":1,"p":"","q":"1","T":1,"m":true})", not_a_number, "p"},
        {R"({"e":"trade","E":1,"s":"A","t":1,"p":"1x","q":"1","T":1,"m":true})", not_a_number, "p"},
        {R"({"e":"trade","E":1,"s":"A","t":1,"p":"0.0000000001","q":"1","T":1,"m":true})",
         too_precise, "p"},
        {R"({"e":"trade","E":1,"s":"A","t":1,"p":"9223372037","q":"1","T":1,"m":true})",
         out_of_range, "p"},
        {R"({"e":"trade","E":1,"s":"A","t":1,"p":"-1","q":"1","T":1,"m":true})", out_of_range, "p"},
        {R"({"e":"trade","E":-1,"s":"A","t":1,"p":"1","q":"1","T":1,"m":true})", out_of_range, "E"},
        {R"({"e":"trade","E":9223372036854775,"s":"A","t":1,"p":"1","q":"1","T":1,"m":true})",
         out_of_range, "E"},
        {R"({"e":"trade","E":1,"s":"A","t":1,"p":"1","q":"1","T":1,"m":"true"})", wrong_type, "m"},
        {R"({"e":"trade","E":1,"s":"A","t":1,"p":"1","q":"1","T":1,"m":true} {})", trailing_bytes,
         ""},
        {R"({"e":"depthUpdate","E":1,"s":"A","U":1,"u":2,"b":[["1"]],"a":[]})", missing_field, "b"},
        {R"({"e":"depthUpdate","E":1,"s":"A","U":1,"u":2,"b":[],"a":[["0","1"]]})", out_of_range,
         "a"},
        {R"({"stream":"x","data":{"e":"aggTrade","E":1,"s":5}})", wrong_type, "s"},
    }};
    for (const Bad& bad : kCases) {
        const auto message = spot.stream(bad.bytes);
        ASSERT_FALSE(message) << bad.bytes;
        EXPECT_EQ(message.error().fault, bad.fault)
            << bad.bytes << " gave " << describe(message.error());
        EXPECT_EQ(message.error().field, bad.field) << bad.bytes;
    }
}

TEST_F(BinanceDecode, every_cut_of_a_message_is_an_error_and_never_another_message) {
    const std::string whole = R"({"stream":"bnbbtc@trade","data":)" + std::string(kTrade) + "}";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(spot.stream(std::string_view{whole}.substr(0, size))) << size;
    }
    EXPECT_TRUE(spot.stream(whole)) << "the decoder lives on";
}

TEST_F(BinanceDecode, passes_over_fields_that_it_does_not_know) {
    EXPECT_EQ(
        read<TradePrint>(
            spot,
            R"({"e":"trade","new":{"deep":[1,{"p":"5"}]},"E":1,"s":"A","t":1,"p":"1","q":"2","T":1,"m":true,"Z":null})")
            .qty,
        qty("2"));
}

TEST_F(BinanceDecode, unescapes_what_is_escaped) {
    EXPECT_EQ(
        read<TradePrint>(
            spot, R"({"e":"trade","E":1,"s":"A\u0042\"C","t":1,"p":"1","q":"2","T":1,"m":true})")
            .symbol,
        "AB\"C");
}

TEST_F(BinanceDecode, market_data_ask_for_no_memory_once_buffers_have_grown) {
    const std::array<std::string_view, 4> kMessages{
        kTrade,
        R"({"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"})",
        R"({"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":157,"u":160,"b":[["0.0024","10"]],"a":[["0.0026","100"]]})",
        R"({"e":"aggTrade","E":123456789,"s":"BTCUSDT","a":5933014,"p":"0.001","q":"100","f":100,"l":105,"T":123456785,"m":true})"};
    for (const auto message : kMessages) ASSERT_TRUE(spot.stream(message));
    const std::size_t before = support::allocations;
    bool all_good = true;
    for (int i = 0; i < 100; ++i) {
        for (const auto message : kMessages)
            all_good = spot.stream(message).has_value() && all_good;
    }
    EXPECT_EQ(support::allocations, before);
    EXPECT_TRUE(all_good);
}

/// The recorder's own columns are the oracle: another program made them of the same bytes.
TEST_F(BinanceDecode, recorded_trades_equal_the_columns_that_others_made_of_them) {
    const auto lines = recorded_lines(kSpotRecording);
    const auto rows = test::csv_rows("book/BTCUSDT.binance.trades.csv.gz");
    if (lines.empty() || rows.empty()) {
        GTEST_SKIP() << "no market data at " << data_folder() << " (TRADEWIND_DATA)";
    }
    std::size_t at = 0;
    for (const std::string& line : lines) {
        const auto message = spot.stream(message_of(line));
        ASSERT_TRUE(message) << describe(message.error());
        const auto* trade = std::get_if<TradePrint>(&message->payload);
        if (trade == nullptr) continue;
        ASSERT_LT(at, rows.size());
        const auto& row = rows[at++];
        ASSERT_EQ(trade->price, price(row[2])) << at;
        ASSERT_EQ(trade->qty, qty(row[3])) << at;
        ASSERT_EQ(trade->buyer_is_maker, row[4] == "sell") << at;
    }
    EXPECT_GT(at, 9000U);
}

}  // namespace
}  // namespace tradewind::binance
