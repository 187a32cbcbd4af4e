# SPDX-License-Identifier: Apache-2.0
"""python-binance's calls of Binance spot, against the simulator. Arguments: its URL."""

import asyncio
import sys

import binance
import binance.base_client
import binance.ws.streams
from binance import AsyncClient, BinanceSocketManager, Client, DepthCacheManager
from binance.exceptions import BinanceAPIException

from judge import close, run

SYMBOL = "BTCUSDT"
WITHIN_S = 20


def point_to(url):
    base = binance.base_client.BaseClient
    base.API_URL = url + "/api"
    base.MARGIN_API_URL = url + "/sapi"
    sockets = url.replace("http", "ws", 1)
    base.WS_API_URL = sockets + "/ws-api/v3"
    binance.ws.streams.BinanceSocketManager.STREAM_URL = sockets + "/"


def client():
    return Client("tradewind", "tradewind")


def price_of(c, factor):
    return f"{float(c.get_symbol_ticker(symbol=SYMBOL)['price']) * factor:.2f}"


def general(c):
    assert c.ping() == {}
    assert c.get_server_time()["serverTime"] > 0
    info = c.get_exchange_info()
    assert len(info["symbols"]) == 3
    assert c.get_symbol_info(SYMBOL)["baseAsset"] == "BTC"


def market_data(c):
    book = c.get_order_book(symbol=SYMBOL, limit=20)
    assert len(book["bids"]) == 20
    assert c.get_recent_trades(symbol=SYMBOL, limit=10)[-1]["id"] > 0
    first = c.get_historical_trades(symbol=SYMBOL, limit=3, fromId=5)
    assert [t["id"] for t in first] == [5, 6, 7]
    assert c.get_aggregate_trades(symbol=SYMBOL, fromId=1, limit=2)[0]["a"] == 1
    ids = [t["a"] for _, t in zip(range(1200), c.aggregate_trade_iter(symbol=SYMBOL, last_id=1))]
    assert ids == list(range(2, 1202))
    klines = c.get_historical_klines(SYMBOL, Client.KLINE_INTERVAL_1MINUTE, "1 hour ago UTC")
    assert 59 <= len(klines) <= 61
    assert c.get_avg_price(symbol=SYMBOL)["mins"] == 5
    assert c.get_ticker(symbol=SYMBOL)["count"] > 0
    assert len(c.get_all_tickers()) == 3 and len(c.get_orderbook_tickers()) == 3


def orders(c):
    assert c.create_test_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.01") == {}
    bought = c.order_market_buy(symbol=SYMBOL, quantity="0.01")
    assert bought["status"] == "FILLED" and bought["fills"]
    close(sum(float(f["qty"]) for f in bought["fills"]), 0.01)
    assert c.order_market_sell(symbol=SYMBOL, quoteOrderQty="100")["status"] == "FILLED"
    placed = c.order_limit_buy(symbol=SYMBOL, quantity="0.01", price=price_of(c, 0.9))
    assert c.get_order(symbol=SYMBOL, orderId=placed["orderId"])["status"] == "NEW"
    assert len(c.get_open_orders(symbol=SYMBOL)) == 1
    replaced = c.cancel_replace_order(
        symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.02", price=price_of(c, 0.91),
        cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=placed["orderId"])
    assert replaced["newOrderResult"] == "SUCCESS"
    gone = c.cancel_order(symbol=SYMBOL, orderId=replaced["newOrderResponse"]["orderId"])
    assert gone["status"] == "CANCELED"
    listed = c.create_oco_order(
        symbol=SYMBOL, side="SELL", quantity="0.01", aboveType="LIMIT_MAKER", abovePrice=price_of(c, 1.1),
        belowType="STOP_LOSS_LIMIT", belowPrice=price_of(c, 0.89), belowStopPrice=price_of(c, 0.9), belowTimeInForce="GTC")
    assert len(c.get_open_oco_orders()) == 1 and listed["contingencyType"] == "OCO"
    assert len(c.cancel_all_open_orders(symbol=SYMBOL)) == 1
    assert len(c.get_all_orders(symbol=SYMBOL)) >= 6


def account(c):
    found = c.get_account()
    assert found["canTrade"] and found["accountType"] == "SPOT"
    assert float(c.get_asset_balance(asset="USDT")["free"]) > 0
    assert c.get_my_trades(symbol=SYMBOL)
    assert c.get_current_order_count()[0]["limit"] == 100
    assert c.get_trade_fee(symbol=SYMBOL)[0]["makerCommission"] == "0.001"


def errors(c):
    for code, call in (
            (-1121, lambda: c.get_order_book(symbol="NOPE")),
            (-2013, lambda: c.get_order(symbol=SYMBOL, orderId=999999)),
            (-2011, lambda: c.cancel_order(symbol=SYMBOL, orderId=999999)),
            (-1013, lambda: c.order_market_buy(symbol=SYMBOL, quantity="0.000001")),
            (-1022, lambda: Client("tradewind", "wrong").get_account()),
            (-2015, lambda: Client("unknown", "wrong").get_account())):
        try:
            call()
        except BinanceAPIException as error:
            assert error.code == code, (error.code, code)
        else:
            raise AssertionError(f"no error {code}")


def in_loop(body):
    async def whole():
        c = await AsyncClient.create("tradewind", "tradewind")
        try:
            await asyncio.wait_for(body(c), WITHIN_S)
        finally:
            await c.close_connection()
    asyncio.run(whole())


def streams(_):
    async def body(c):
        manager = BinanceSocketManager(c)
        names = ["btcusdt@trade", "btcusdt@bookTicker", "btcusdt@kline_1m", "btcusdt@ticker", "btcusdt@depth5@100ms"]
        seen = set()
        async with manager.multiplex_socket(names) as socket:
            while seen != set(names):
                seen.add((await socket.recv())["stream"])
    in_loop(body)


def depth_cache(_):
    async def body(c):
        async with DepthCacheManager(c, symbol=SYMBOL) as manager:
            for _ in range(3):
                cache = await manager.recv()
            assert cache.get_bids()[0][0] < cache.get_asks()[0][0]
    in_loop(body)


def user_stream(_):
    async def body(c):
        manager = BinanceSocketManager(c)
        async with manager.user_socket() as socket:
            placed = await c.order_market_buy(symbol=SYMBOL, quantity="0.01")
            kinds = []
            while "outboundAccountPosition" not in kinds:
                event = await socket.recv()
                event = event.get("event", event)
                kinds.append(event["e"])
                if event["e"] == "executionReport":
                    assert event["i"] == placed["orderId"]
            assert kinds[0] == "executionReport"
    in_loop(body)


CHECKS = (general, market_data, orders, account, errors, streams, depth_cache, user_stream)

if __name__ == "__main__":
    point_to(sys.argv[1])
    run(CHECKS, client())
