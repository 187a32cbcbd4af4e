// SPDX-License-Identifier: Apache-2.0
#include "exchange/binance/api.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <openssl/hmac.h>

#include <nlohmann/json.hpp>

#include "exchange/exchange_for_tests.hpp"

namespace tradewind::exchange::binance {
namespace {

using namespace exchange::testing;
using ::testing::HasSubstr;
using Json = nlohmann::json;

// The key of the documentation ("SIGNED Endpoint Examples", HMAC Keys).
constexpr std::string_view kKey =
    "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
constexpr std::string_view kSecret =
    "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
constexpr std::string_view kOtherKey = "other";

std::string sign(std::string_view payload, std::string_view secret = kSecret) {
    std::array<unsigned char, 32> digest{};
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(payload.data()), payload.size(), digest.data(),
         &size);
    std::string out;
    for (const unsigned char byte : digest) out += fmt::format("{:02x}", byte);
    return out;
}

class Heard : public PushSink {
public:
    void push(ConnectionId connection, std::string_view text) override {
        messages.emplace_back(connection, text);
    }
    void hang_up(ConnectionId connection, std::string_view reason) override {
        hung_up.emplace_back(connection, reason);
    }
    /// The messages to one connection since the last call, parsed.
    std::vector<Json> take(ConnectionId connection) {
        std::vector<Json> out;
        for (const auto& [to, text] : messages) {
            if (to == connection) out.push_back(Json::parse(text));
        }
        messages.clear();
        return out;
    }
    std::vector<std::pair<ConnectionId, std::string>> messages;
    std::vector<std::pair<ConnectionId, std::string>> hung_up;
};

class ApiTest : public ::testing::Test {
protected:
    ApiTest() : exchange(pairs(), {}), api(exchange, heard, {}) {
        alice = exchange.open_account("alice");
        bob = exchange.open_account("bob");
        api.add_key({.key = std::string{kKey},
                     .account = alice,
                     .credential = HmacSecret{std::string{kSecret}}});
        api.add_key({.key = std::string{kOtherKey},
                     .account = bob,
                     .credential = HmacSecret{"secret"},
                     .may_trade = false});
        for (const AccountNumber account : {alice, bob}) {
            exchange.deposit(account, asset("USDT"), money("100000"), now);
            exchange.deposit(account, asset("BTC"), money("10"), now);
        }
        show(exchange, {{price("99.99"), qty("3")}, {price("99.98"), qty("5")}},
             {{price("100.01"), qty("2")}, {price("100.02"), qty("4")}}, now);
        print(exchange, "100.01", "0.5", Aggressor::buyer, now);
        static_cast<void>(exchange.take_happenings());
    }

    Response ask(std::string_view method, std::string_view target, std::string_view key = {},
                 std::string_view body = {}) {
        const std::array headers{Header{"x-mbx-apikey", key}};
        return api.handle({.method = method,
                           .target = target,
                           .headers = headers,
                           .body = body,
                           .address = "10.0.0.1"},
                          now);
    }
    Json json(const Response& response) { return Json::parse(response.body); }
    Json get(std::string_view target) {
        const Response response = ask("GET", target);
        EXPECT_EQ(response.status, 200) << target << response.body;
        return json(response);
    }
    /// With timestamp and signature.
    Response signed_ask(std::string_view method, std::string_view path, std::string query = {}) {
        if (!query.empty()) query += '&';
        query += fmt::format("timestamp={}", now.ns / 1'000'000);
        return ask(method, fmt::format("{}?{}&signature={}", path, query, sign(query)), kKey);
    }
    Json order(std::string_view query) {
        const Response response = signed_ask("POST", "/api/v3/order", std::string{query});
        EXPECT_EQ(response.status, 200) << response.body;
        return json(response);
    }
    int code_of(const Response& response) { return json(response).at("code").get<int>(); }

    Timestamp now = kStart;
    Exchange exchange;
    Heard heard;
    Api api;
    AccountNumber alice, bob;
};

TEST(Signature, is_the_one_of_the_documentation) {
    const ApiKey key{.key = "", .account = {}, .credential = HmacSecret{std::string{kSecret}}};
    const std::string_view ascii =
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&"
        "timestamp=1499827319559";
    EXPECT_TRUE(
        is_signed(ascii, "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71", key));
    EXPECT_TRUE(
        is_signed(ascii, "C8DB56825AE71D6D79447849E617115F4A920FA2ACDCAB2B053C4B2838BD6B71", key));
    EXPECT_FALSE(
        is_signed(ascii, "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b72", key));
    EXPECT_TRUE(is_signed(
        "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT&"
        "timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
        "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3", key));
}

// RFC 8032, section 7.1, test 2 (one byte, 0x72), its signature in Base64.
TEST(Signature, of_ed25519_is_that_of_rfc_8032) {
    const auto bytes = [](std::string_view hex) {
        std::array<std::uint8_t, 32> out{};
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = static_cast<std::uint8_t>(
                std::stoi(std::string{hex.substr(2 * i, 2)}, nullptr, 16));
        }
        return out;
    };
    const ApiKey key{.key = "",
                     .account = {},
                     .credential = Ed25519PublicKey{bytes(
                         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")}};
    EXPECT_FALSE(is_signed("r", "short", key));
    const std::string_view hex =
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    std::string raw;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        raw += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
    }
    std::string encoded(88, '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                    reinterpret_cast<const unsigned char*>(raw.data()), 64);
    EXPECT_TRUE(is_signed("r", encoded, key));
    EXPECT_FALSE(is_signed("s", encoded, key));
}

TEST_F(ApiTest, tells_time_and_rules) {
    EXPECT_EQ(ask("GET", "/api/v3/ping").body, "{}");
    EXPECT_EQ(get("/api/v3/time").at("serverTime"), now.ns / 1'000'000);
    const Json info = get("/api/v3/exchangeInfo?symbol=BTCUSDT");
    ASSERT_EQ(info.at("symbols").size(), 1U);
    const Json& symbol = info.at("symbols")[0];
    EXPECT_EQ(symbol.at("baseAsset"), "BTC");
    EXPECT_EQ(symbol.at("filters")[0],
              Json::parse(R"({"filterType":"PRICE_FILTER","minPrice":"0.01000000",
                  "maxPrice":"1000000.00000000","tickSize":"0.01000000"})"));
    EXPECT_EQ(get("/api/v3/exchangeInfo").at("symbols").size(), 2U);
    EXPECT_EQ(
        get("/api/v3/exchangeInfo?symbols=%5B%22ETHUSDT%22,%22BTCUSDT%22%5D").at("symbols").size(),
        2U);
    EXPECT_EQ(code_of(ask("GET", "/api/v3/exchangeInfo?symbol=NOPE")), -1121);
}

TEST_F(ApiTest, tells_the_market) {
    const Json depth = get("/api/v3/depth?symbol=BTCUSDT&limit=1");
    EXPECT_EQ(depth.at("bids"), Json::parse(R"([["99.99000000","3.00000000"]])"));
    EXPECT_EQ(depth.at("asks"), Json::parse(R"([["100.01000000","1.50000000"]])"));
    EXPECT_TRUE(depth.at("lastUpdateId").is_number_unsigned());
    const Json trades = get("/api/v3/trades?symbol=BTCUSDT");
    EXPECT_EQ(trades, Json::parse(fmt::format(
                          R"([{{"id":1,"price":"100.01000000","qty":"0.50000000",
                "quoteQty":"50.00500000","time":{},"isBuyerMaker":false,"isBestMatch":true}}])",
                          now.ns / 1'000'000)));
    const Json klines = get("/api/v3/klines?symbol=BTCUSDT&interval=1m");
    ASSERT_EQ(klines.size(), 1U);
    EXPECT_EQ(klines[0].size(), 12U);
    EXPECT_EQ(klines[0][5], "0.50000000");
    EXPECT_EQ(klines[0][6].get<std::int64_t>() - klines[0][0].get<std::int64_t>(), 59'999);
    EXPECT_EQ(get("/api/v3/ticker/price?symbol=BTCUSDT"),
              Json::parse(R"({"symbol":"BTCUSDT","price":"100.01000000"})"));
    EXPECT_EQ(get("/api/v3/ticker/bookTicker").size(), 2U);
    EXPECT_EQ(get("/api/v3/ticker/24hr?symbol=BTCUSDT").at("count"), 1);
    EXPECT_EQ(get("/api/v3/avgPrice?symbol=BTCUSDT").at("price"), "100.01000000");
    EXPECT_EQ(get("/api/v3/aggTrades?symbol=BTCUSDT")[0].at("a"), 1);
}

TEST_F(ApiTest, tells_microseconds_where_asked) {
    const std::array headers{Header{"X-MBX-TIME-UNIT", "MICROSECOND"}};
    const Response response =
        api.handle({.method = "GET", .target = "/api/v3/time", .headers = headers}, now);
    EXPECT_EQ(Json::parse(response.body).at("serverTime"), now.ns / 1'000);
}

struct BadRequest {
    std::string_view method;
    std::string_view target;
    int status;
    int code;
};
class BadRequests : public ApiTest, public ::testing::WithParamInterface<BadRequest> {};

TEST_P(BadRequests, are_answered_with_the_code_of_the_document) {
    const Response response = ask(GetParam().method, GetParam().target);
    EXPECT_EQ(response.status, GetParam().status) << response.body;
    EXPECT_EQ(code_of(response), GetParam().code) << response.body;
}

INSTANTIATE_TEST_SUITE_P(
    all, BadRequests,
    ::testing::Values(BadRequest{"GET", "/api/v3/depth", 400, -1102},
                      BadRequest{"GET", "/api/v3/depth?symbol=", 400, -1102},
                      BadRequest{"GET", "/api/v3/depth?symbol=btcusdt", 400, -1100},
                      BadRequest{"GET", "/api/v3/depth?symbol=%zz", 400, -1100},
                      BadRequest{"GET", "/api/v3/depth?symbol=BTCUSDT&limit=x", 400, -1100},
                      BadRequest{"GET", "/api/v3/depth?symbol=BTCUSDT&limit=", 400, -1105},
                      BadRequest{"GET", "/api/v3/depth?symbol=BTCUSDT&symbol=BTCUSDT", 400, -1101},
                      BadRequest{"GET", "/api/v3/depth?symbol=BTCUSDT&more=1", 400, -1104},
                      BadRequest{"GET", "/api/v3/ping?more=1", 400, -1101},
                      BadRequest{"GET", "/api/v3/depth?symbol=NOPE", 400, -1121},
                      BadRequest{"GET", "/api/v3/klines?symbol=BTCUSDT&interval=7m", 400, -1120},
                      BadRequest{"GET", "/api/v3/account", 401, -2014},
                      BadRequest{"POST", "/api/v3/order", 401, -2014},
                      BadRequest{"GET", "/api/v3/nothing", 404, -1020},
                      BadRequest{"PUT", "/api/v3/depth", 405, -1020}));

TEST_F(ApiTest, checks_who_asks_and_when) {
    EXPECT_EQ(code_of(ask("GET", "/api/v3/account", "unknown")), -2015);
    EXPECT_EQ(code_of(ask("GET", "/api/v3/account?timestamp=1", kKey)), -1102);
    const auto stamped = [&](std::int64_t ms, std::string_view more = "") {
        const std::string query = fmt::format("timestamp={}{}", ms, more);
        return ask("GET", fmt::format("/api/v3/account?{}&signature={}", query, sign(query)), kKey);
    };
    const std::int64_t ms = now.ns / 1'000'000;
    EXPECT_EQ(stamped(ms).status, 200);
    EXPECT_EQ(stamped(ms + 999).status, 200);
    EXPECT_EQ(code_of(stamped(ms + 1'000)), -1021);
    EXPECT_EQ(stamped(ms - 5'000).status, 200);
    EXPECT_EQ(code_of(stamped(ms - 5'001)), -1021);
    EXPECT_EQ(stamped(ms - 9'000, "&recvWindow=10000").status, 200);
    EXPECT_EQ(code_of(stamped(ms, "&recvWindow=60001")), -1102);
    EXPECT_EQ(stamped(ms * 1'000).status, 200);
    const std::string query = fmt::format("timestamp={}", ms);
    EXPECT_EQ(
        code_of(ask("GET", "/api/v3/account?" + query + "&signature=" + sign(query + "x"), kKey)),
        -1022);
    // Query and body are signed one after the other, without a separator.
    const std::string head = "symbol=BTCUSDT&side=BUY&type=MARKET";
    const std::string body = fmt::format("quantity=1&timestamp={}", ms);
    EXPECT_EQ(
        ask("POST", "/api/v3/order?" + head, kKey, body + "&signature=" + sign(head + body)).status,
        200);
}

TEST_F(ApiTest, refuses_trading_with_a_key_that_may_only_read) {
    const std::string query = fmt::format(
        "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&timestamp={}", now.ns / 1'000'000);
    const Response response =
        ask("POST", "/api/v3/order?" + query + "&signature=" + sign(query, "secret"), kOtherKey);
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(code_of(response), -2015);
}

TEST_F(ApiTest, answers_orders_in_the_detail_asked_for) {
    const Json ack = order(
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=99&newOrderRespType="
        "ACK&newClientOrderId=mine");
    EXPECT_EQ(ack.size(), 5U);
    EXPECT_EQ(ack.at("clientOrderId"), "mine");
    EXPECT_EQ(ack.at("orderListId"), -1);
    const Json full = order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=2");
    EXPECT_EQ(full.at("status"), "FILLED");
    EXPECT_EQ(full.at("price"), "0.00000000");
    EXPECT_EQ(full.at("cummulativeQuoteQty"), "200.02500000");
    EXPECT_EQ(full.at("clientOrderId").get<std::string>().size(), 22U);
    EXPECT_EQ(full.at("fills"),
              Json::parse(R"([{"price":"100.01000000","qty":"1.50000000","commission":"0.00150000",
                  "commissionAsset":"BTC","tradeId":2},
                 {"price":"100.02000000","qty":"0.50000000","commission":"0.00050000",
                  "commissionAsset":"BTC","tradeId":3}])"));
    const Json result = order(
        "symbol=BTCUSDT&side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=1&price=98&"
        "stopPrice=99&newOrderRespType=RESULT");
    EXPECT_EQ(result.at("stopPrice"), "99.00000000");
    EXPECT_EQ(result.at("workingTime"), -1);
    EXPECT_FALSE(result.contains("fills"));
    EXPECT_FALSE(result.contains("icebergQty"));
}

struct BadOrder {
    std::string_view query;
    int code;
    std::string_view says;
};
class BadOrders : public ApiTest, public ::testing::WithParamInterface<BadOrder> {};

TEST_P(BadOrders, are_refused_with_the_code_of_the_document) {
    const Response response = signed_ask("POST", "/api/v3/order", std::string{GetParam().query});
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(code_of(response), GetParam().code) << response.body;
    EXPECT_THAT(response.body, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    all, BadOrders,
    ::testing::Values(
        BadOrder{"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=99", -1102, "timeInForce"},
        BadOrder{"symbol=BTCUSDT&side=UP&type=MARKET&quantity=1", -1117, "Invalid side."},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=MAYBE&quantity=1", -1116, "Invalid orderType."},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=DAY&quantity=1&price=99", -1115,
                 "Invalid timeInForce."},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=MARKET", -1102, "'quantity' or 'quoteOrderQty'"},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&price=99", -1106, "price"},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=-1", -1100, "quantity"},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0", -1013, "Invalid quantity."},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.123456789", -1111, "quantity"},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.000001", -1013, "LOT_SIZE"},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1000", -1013, "MARKET_LOT_SIZE"},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=99.001",
                 -1013, "PRICE_FILTER"},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=9999", -1013,
                 "PERCENT_PRICE_BY_SIDE"},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=99", -1013,
                 "NOTIONAL"},
        BadOrder{"symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=99&price=99", -2010,
                 "Account has insufficient balance for requested action."},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=101", -2010,
                 "Order would immediately match and take."},
        BadOrder{"symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=1", -1102, "trailingDelta"},
        BadOrder{"symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=1&stopPrice=101", -2010,
                 "Order would trigger immediately."},
        BadOrder{"symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=1&trailingDelta=1", -1013,
                 "TRAILING_DELTA"},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=1&price=99&"
                 "icebergQty=0.5",
                 -1014, "Unsupported order combination."},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&newClientOrderId=a%20b", -1100,
                 "newClientOrderId"},
        BadOrder{"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&selfTradePreventionMode=TRANSFER",
                 -1013, "self-trade prevention mode"}));

TEST_F(ApiTest, places_queries_and_cancels) {
    const Json placed = order(
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=99&newClientOrderId="
        "a");
    const std::string id = placed.at("orderId").dump();
    const Json queried = json(signed_ask("GET", "/api/v3/order", "symbol=BTCUSDT&orderId=" + id));
    EXPECT_EQ(queried.at("status"), "NEW");
    EXPECT_EQ(queried.at("isWorking"), true);
    EXPECT_EQ(queried.at("stopPrice"), "0.00000000");
    EXPECT_EQ(json(signed_ask("GET", "/api/v3/openOrders", "symbol=BTCUSDT")).size(), 1U);
    const Json canceled = json(signed_ask("DELETE", "/api/v3/order",
                                          "symbol=BTCUSDT&origClientOrderId=a&newClientOrderId=b"));
    EXPECT_EQ(canceled.at("status"), "CANCELED");
    EXPECT_EQ(canceled.at("origClientOrderId"), "a");
    EXPECT_EQ(canceled.at("clientOrderId"), "b");
    EXPECT_EQ(code_of(signed_ask("DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=" + id)),
              -2011);
    EXPECT_EQ(code_of(signed_ask("GET", "/api/v3/order", "symbol=BTCUSDT&orderId=99")), -2013);
    EXPECT_EQ(json(signed_ask("GET", "/api/v3/allOrders", "symbol=BTCUSDT")).size(), 1U);
    EXPECT_EQ(code_of(signed_ask("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")), -2011);
    order("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=99");
    EXPECT_EQ(json(signed_ask("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT")).size(), 1U);
}

TEST_F(ApiTest, tests_an_order_without_placing_it) {
    EXPECT_EQ(
        signed_ask("POST", "/api/v3/order/test", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1")
            .body,
        "{}");
    EXPECT_EQ(json(signed_ask("GET", "/api/v3/allOrders", "symbol=BTCUSDT")).size(), 0U);
}

TEST_F(ApiTest, cancels_and_replaces) {
    const std::string again =
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=98&cancelReplaceMode=";
    const Json placed =
        order("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=99");
    const Response both =
        signed_ask("POST", "/api/v3/order/cancelReplace",
                   again + "STOP_ON_FAILURE&cancelOrderId=" + placed.at("orderId").dump());
    EXPECT_EQ(both.status, 200);
    EXPECT_EQ(json(both).at("cancelResult"), "SUCCESS");
    EXPECT_EQ(json(both).at("newOrderResponse").at("price"), "98.00000000");
    const Response none = signed_ask("POST", "/api/v3/order/cancelReplace",
                                     again + "STOP_ON_FAILURE&cancelOrderId=99");
    EXPECT_EQ(none.status, 400);
    EXPECT_EQ(code_of(none), -2022);
    EXPECT_EQ(json(none).at("data").at("newOrderResult"), "NOT_ATTEMPTED");
    EXPECT_TRUE(json(none).at("data").at("newOrderResponse").is_null());
    const Response one =
        signed_ask("POST", "/api/v3/order/cancelReplace", again + "ALLOW_FAILURE&cancelOrderId=99");
    EXPECT_EQ(one.status, 409);
    EXPECT_EQ(code_of(one), -2021);
    EXPECT_EQ(json(one).at("data").at("cancelResponse").at("code"), -2011);
    EXPECT_EQ(json(one).at("data").at("newOrderResult"), "SUCCESS");
}

TEST_F(ApiTest, places_and_cancels_an_oco) {
    const std::string query =
        "symbol=BTCUSDT&side=SELL&quantity=1&aboveType=LIMIT_MAKER&abovePrice=101&belowType=STOP_"
        "LOSS_LIMIT&belowPrice=98&belowStopPrice=99&belowTimeInForce=GTC";
    const Json list = json(signed_ask("POST", "/api/v3/orderList/oco", query));
    EXPECT_EQ(list.at("contingencyType"), "OCO");
    EXPECT_EQ(list.at("listOrderStatus"), "EXECUTING");
    ASSERT_EQ(list.at("orderReports").size(), 2U);
    EXPECT_EQ(list.at("orderReports")[0].at("type"), "STOP_LOSS_LIMIT");
    EXPECT_EQ(list.at("orderReports")[1].at("type"), "LIMIT_MAKER");
    EXPECT_EQ(json(signed_ask("GET", "/api/v3/openOrderList")).size(), 1U);
    const Json gone =
        json(signed_ask("DELETE", "/api/v3/orderList",
                        "symbol=BTCUSDT&orderListId=" + list.at("orderListId").dump()));
    EXPECT_EQ(gone.at("listStatusType"), "ALL_DONE");
    EXPECT_EQ(gone.at("orderReports")[0].at("status"), "CANCELED");
    std::string wrong = query;
    wrong.replace(wrong.find("=SELL"), 5, "=BUY");
    EXPECT_EQ(code_of(signed_ask("POST", "/api/v3/orderList/oco", wrong)), -1165);
}

TEST_F(ApiTest, tells_the_account) {
    order("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=99");
    order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1");
    const Json account = json(signed_ask("GET", "/api/v3/account", "omitZeroBalances=true"));
    EXPECT_EQ(account.at("balances"),
              Json::parse(R"([{"asset":"BTC","free":"10.99900000","locked":"0.00000000"},
                  {"asset":"USDT","free":"99800.99000000","locked":"99.00000000"}])"));
    EXPECT_EQ(account.at("makerCommission"), 10);
    EXPECT_EQ(json(signed_ask("GET", "/api/v3/account")).at("balances").size(), 3U);
    const Json trades = json(signed_ask("GET", "/api/v3/myTrades", "symbol=BTCUSDT"));
    ASSERT_EQ(trades.size(), 1U);
    EXPECT_EQ(trades[0].at("commissionAsset"), "BTC");
    EXPECT_EQ(trades[0].at("isBuyer"), true);
    EXPECT_EQ(trades[0].at("isMaker"), false);
    EXPECT_EQ(json(signed_ask("GET", "/api/v3/rateLimit/order"))[0].at("count"), 1);
    EXPECT_EQ(json(signed_ask("GET", "/api/v3/account/commission", "symbol=BTCUSDT"))
                  .at("standardCommission")
                  .at("taker"),
              "0.00100000");
}

std::string header(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return {};
}

TEST_F(ApiTest, counts_weights_then_warns_then_bans) {
    const Response first = ask("GET", "/api/v3/depth?symbol=BTCUSDT&limit=5000");
    EXPECT_EQ(header(first, "X-MBX-USED-WEIGHT-1M"), "250");
    for (int i = 0; i < 23; ++i) ask("GET", "/api/v3/depth?symbol=BTCUSDT&limit=5000");
    const Response refused = ask("GET", "/api/v3/ping");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(code_of(refused), -1003);
    EXPECT_FALSE(header(refused, "Retry-After").empty());
    Response banned;
    for (int i = 0; i < 10; ++i) banned = ask("GET", "/api/v3/ping");
    EXPECT_EQ(banned.status, 418);
    EXPECT_EQ(header(banned, "Retry-After"), "120");
    now = now + seconds(119);
    EXPECT_EQ(ask("GET", "/api/v3/ping").status, 418);
    now = now + seconds(1);
    EXPECT_EQ(ask("GET", "/api/v3/ping").status, 200);
}

TEST_F(ApiTest, counts_orders_that_do_not_trade) {
    for (int i = 0; i < 100; ++i) {
        const Response response =
            signed_ask("POST", "/api/v3/order",
                       "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.1&price=99");
        ASSERT_EQ(response.status, 200);
        EXPECT_EQ(header(response, "X-MBX-ORDER-COUNT-10S"), std::to_string(i + 1));
    }
    const Response refused =
        signed_ask("POST", "/api/v3/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(code_of(refused), -1015);
    now = now + seconds(10);
    EXPECT_EQ(header(signed_ask("POST", "/api/v3/order",
                                "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1"),
                     "X-MBX-ORDER-COUNT-10S"),
              "0");
}

// --- streams ------------------------------------------------------------------------------------

TEST_F(ApiTest, streams_trades_and_books_that_join_the_snapshot) {
    ASSERT_TRUE(api.open(1, "/stream?streams=btcusdt@trade/btcusdt@depth@100ms", "", now));
    EXPECT_FALSE(api.open(2, "/nowhere", "", now));
    std::uint64_t last = get("/api/v3/depth?symbol=BTCUSDT").at("lastUpdateId");
    std::map<std::string, std::map<std::string, std::string>> book;
    for (const auto& [side, name] : {std::pair{"bids", "b"}, std::pair{"asks", "a"}}) {
        const Json snapshot = get("/api/v3/depth?symbol=BTCUSDT&limit=5000");
        for (const Json& level : snapshot.at(side)) book[name][level[0]] = level[1];
    }
    int trades = 0;
    for (int i = 0; i < 20; ++i) {
        now = now + milliseconds(70);
        order("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.1&price=" +
              std::to_string(95 + i % 7));
        print(exchange, "99.99", "0.1", Aggressor::seller, now);
    }
    now = now + milliseconds(200);
    api.advance(now);
    for (const Json& message : heard.take(1)) {
        const Json& event = message.at("data");
        if (event.at("e") == "trade") ++trades;
        if (event.at("e") != "depthUpdate") continue;
        EXPECT_EQ(message.at("stream"), "btcusdt@depth@100ms");
        EXPECT_EQ(event.at("U"), last + 1);
        last = event.at("u");
        for (const char* side : {"b", "a"}) {
            for (const Json& level : event.at(side)) {
                if (level[1] == "0.00000000") {
                    book[side].erase(level[0].get<std::string>());
                } else {
                    book[side][level[0]] = level[1];
                }
            }
        }
    }
    EXPECT_GE(trades, 20);
    const Json snapshot = get("/api/v3/depth?symbol=BTCUSDT&limit=5000");
    EXPECT_EQ(snapshot.at("lastUpdateId"), last);
    for (const auto& [side, name] : {std::pair{"bids", "b"}, std::pair{"asks", "a"}}) {
        std::map<std::string, std::string> expected;
        for (const Json& level : snapshot.at(side)) expected[level[0]] = level[1];
        EXPECT_EQ(book[name], expected);
    }
}

TEST_F(ApiTest, subscribes_lists_and_unsubscribes) {
    ASSERT_TRUE(api.open(1, "/ws", "", now));
    api.receive(1, R"({"method":"SUBSCRIBE","params":["btcusdt@aggTrade","btcusdt@depth"],"id":1})",
                now);
    api.receive(1, R"({"method":"UNSUBSCRIBE","params":["btcusdt@depth"],"id":312})", now);
    api.receive(1, R"({"method":"LIST_SUBSCRIPTIONS","id":3})", now);
    const auto answers = heard.take(1);
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[0], Json::parse(R"({"result":null,"id":1})"));
    EXPECT_EQ(answers[1], Json::parse(R"({"result":null,"id":312})"));
    EXPECT_EQ(answers[2], Json::parse(R"({"result":["btcusdt@aggTrade"],"id":3})"));
    api.receive(1, "{", now);
    EXPECT_EQ(heard.take(1)[0].at("code"), 3);
    api.receive(1, R"({"method":"GET_PROPERTY","params":["combined"],"id":2})", now);
    EXPECT_EQ(heard.take(1)[0].at("result"), false);
    api.receive(1, R"({"method":"LIST_SUBSCRIPTIONS","id":3})", now);
    EXPECT_EQ(heard.hung_up.size(), 1U);
}

TEST_F(ApiTest, streams_klines_that_close) {
    ASSERT_TRUE(api.open(1, "/ws/btcusdt@kline_1m", "", now));
    now = Timestamp{(now.ns / minutes(1).ns + 1) * minutes(1).ns + seconds(2).ns};
    api.advance(now);
    const auto events = heard.take(1);
    ASSERT_GE(events.size(), 2U);
    const Json& closed = *(events.end() - 2);
    EXPECT_EQ(closed.at("k").at("x"), true);
    EXPECT_EQ(closed.at("k").at("n"), 1);
    EXPECT_EQ(events.back().at("k").at("x"), false);
    EXPECT_EQ(events.back().at("k").at("v"), "0.00000000");
}

TEST_F(ApiTest, tells_an_account_of_its_orders) {
    const Json started = json(ask("POST", "/api/v3/userDataStream", kKey));
    const std::string listen_key = started.at("listenKey");
    EXPECT_EQ(json(ask("POST", "/api/v3/userDataStream", kKey)).at("listenKey"), listen_key);
    ASSERT_TRUE(api.open(1, "/ws/" + listen_key, "", now));
    order(
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=2&price=100.01&"
        "newClientOrderId=a");
    auto events = heard.take(1);
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].at("e"), "executionReport");
    EXPECT_EQ(events[0].at("x"), "NEW");
    EXPECT_EQ(events[0].at("X"), "NEW");
    EXPECT_EQ(events[0].at("N"), nullptr);
    EXPECT_EQ(events[1].at("x"), "TRADE");
    EXPECT_EQ(events[1].at("X"), "PARTIALLY_FILLED");
    EXPECT_EQ(events[1].at("l"), "1.50000000");
    EXPECT_EQ(events[1].at("L"), "100.01000000");
    EXPECT_EQ(events[1].at("n"), "0.00150000");
    EXPECT_EQ(events[1].at("N"), "BTC");
    EXPECT_EQ(events[1].at("t"), 2);
    EXPECT_EQ(events[1].at("m"), false);
    EXPECT_EQ(events[2].at("e"), "outboundAccountPosition");
    EXPECT_EQ(events[2].at("B").size(), 2U);
    signed_ask("DELETE", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=a&newClientOrderId=b");
    events = heard.take(1);
    EXPECT_EQ(events[0].at("x"), "CANCELED");
    EXPECT_EQ(events[0].at("c"), "b");
    EXPECT_EQ(events[0].at("C"), "a");
    now = now + minutes(61);
    api.advance(now);
    EXPECT_EQ(heard.take(1).back().at("e"), "listenKeyExpired");
    EXPECT_EQ(code_of(ask("PUT", "/api/v3/userDataStream?listenKey=" + listen_key, kKey)), -1125);
}

TEST_F(ApiTest, answers_the_websocket_api) {
    ASSERT_TRUE(api.open(1, "/ws-api/v3", "10.0.0.9", now));
    api.receive(1, R"({"id":"x","method":"time"})", now);
    Json answer = heard.take(1).at(0);
    EXPECT_EQ(answer.at("status"), 200);
    EXPECT_EQ(answer.at("result").at("serverTime"), now.ns / 1'000'000);
    EXPECT_EQ(answer.at("rateLimits")[0].at("count"), 1);
    api.receive(1, R"({"id":1,"method":"ping","params":{"returnRateLimits":false}})", now);
    EXPECT_EQ(heard.take(1).at(0), Json::parse(R"({"id":1,"status":200,"result":{}})"));
    const auto call = [&](std::string_view method, std::map<std::string, std::string> params) {
        params["apiKey"] = kKey;
        params["timestamp"] = std::to_string(now.ns / 1'000'000);
        std::string payload;
        for (const auto& [name, value] : params) {
            payload += (payload.empty() ? "" : "&") + name + "=" + value;
        }
        params["signature"] = sign(payload);
        api.receive(1, Json{{"id", 1}, {"method", method}, {"params", params}}.dump(), now);
        return heard.take(1);
    };
    EXPECT_EQ(call("userDataStream.subscribe.signature", {}).at(0).at("result"),
              Json::parse(R"({"subscriptionId":0})"));
    EXPECT_EQ(call("userDataStream.subscribe.signature", {}).at(0).at("error").at("code"), -2035);
    const auto placed =
        call("order.place",
             {{"symbol", "BTCUSDT"}, {"side", "BUY"}, {"type", "MARKET"}, {"quantity", "1"}});
    ASSERT_EQ(placed.size(), 4U);
    EXPECT_EQ(placed[0].at("subscriptionId"), 0);
    EXPECT_EQ(placed[0].at("event").at("e"), "executionReport");
    EXPECT_EQ(placed[3].at("result").at("status"), "FILLED");
    EXPECT_EQ(call("order.nothing", {}).at(0).at("error").at("code"), -1020);
    EXPECT_EQ(call("session.logon", {}).at(0).at("result").at("apiKey"), kKey);
    api.receive(1,
                fmt::format(R"({{"id":2,"method":"account.status","params":{{"timestamp":{}}}}})",
                            now.ns / 1'000'000),
                now);
    EXPECT_EQ(heard.take(1).at(0).at("status"), 200);
}

// --- determinism --------------------------------------------------------------------------------

std::string played(std::uint64_t seed) {
    Exchange exchange(pairs(), {.seed = seed});
    Heard heard;
    Api api(exchange, heard, {});
    const AccountNumber account = exchange.open_account("a");
    api.add_key({.key = "key", .account = account, .credential = HmacSecret{"s"}});
    exchange.deposit(account, asset("USDT"), money("1000000"), kStart);
    std::string out;
    EXPECT_TRUE(
        api.open(1, "/stream?streams=btcusdt@depth/btcusdt@kline_1s/btcusdt@ticker", "", kStart));
    Timestamp now = kStart;
    const std::array headers{Header{"X-MBX-APIKEY", "key"}};
    for (int i = 0; i < 50; ++i) {
        now = now + milliseconds(77);
        print(exchange, i % 2 == 0 ? "60000" : "60001", "0.1", Aggressor::unknown, now);
        const std::string query = fmt::format(
            "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01&timestamp={}", now.ns / 1'000'000);
        const std::string target = "/api/v3/order?" + query + "&signature=" + sign(query, "s");
        out += api.handle({.method = "POST", .target = target, .headers = headers}, now).body;
    }
    for (const auto& [to, text] : heard.messages) out += text;
    return out;
}

TEST(ApiDeterminism, same_inputs_give_the_same_bytes) {
    EXPECT_EQ(played(7), played(7));
    EXPECT_NE(played(7), played(8));
}

}  // namespace
}  // namespace tradewind::exchange::binance
