# SPDX-License-Identifier: Apache-2.0
"""ccxt.pro's watching calls of Binance spot, against the simulator. Arguments: its URL."""

import asyncio
import sys

import ccxt.pro

from judge import close, run

SYMBOL = "BTC/USDT"
WITHIN_S = 20


def client(url):
    out = ccxt.pro.binance({
        "apiKey": "tradewind", "secret": "tradewind", "enableRateLimit": False, "newUpdates": True,
        "options": {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}},
    })
    for name, path in {"public": "/api/v3", "private": "/api/v3", "sapi": "/sapi/v1"}.items():
        out.urls["api"][name] = url + path
    sockets = url.replace("http", "ws", 1)
    out.urls["api"]["ws"]["spot"] = sockets + "/ws"
    out.urls["api"]["ws"]["margin"] = sockets + "/ws"
    out.urls["api"]["ws"]["ws-api"]["spot"] = sockets + "/ws-api/v3"
    return out


def apart(name):
    """A check of its own event loop and client around a coroutine."""
    def decorate(body):
        async def whole(url):
            c = client(url)
            try:
                await asyncio.wait_for(body(c), WITHIN_S)
            finally:
                await c.close()

        def check(url):
            asyncio.run(whole(url))
        check.__name__ = name
        return check
    return decorate


@apart("watch_ticker")
async def watch_ticker(c):
    ticker = await c.watch_ticker(SYMBOL)
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert ticker["baseVolume"] > 0


@apart("watch_tickers")
async def watch_tickers(c):
    assert SYMBOL in await c.watch_tickers([SYMBOL, "ETH/USDT"])


@apart("watch_bids_asks")
async def watch_bids_asks(c):
    ticker = (await c.watch_bids_asks([SYMBOL]))[SYMBOL]
    assert ticker["bid"] < ticker["ask"]


@apart("watch_trades")
async def watch_trades(c):
    trades = await c.watch_trades(SYMBOL)
    assert trades and trades[0]["price"] > 0 and trades[0]["side"] in ("buy", "sell")


@apart("watch_ohlcv")
async def watch_ohlcv(c):
    rows = await c.watch_ohlcv(SYMBOL, "1m")
    assert rows[-1][0] % 60_000 == 0
    again = await c.watch_ohlcv(SYMBOL, "1m")
    assert again[-1][0] >= rows[-1][0]


@apart("watch_order_book")
async def watch_order_book(c):
    for _ in range(5):
        book = await c.watch_order_book(SYMBOL)
        assert book["bids"][0][0] < book["asks"][0][0]
    await c.create_order(SYMBOL, "limit", "buy", 0.01, float(c.price_to_precision(SYMBOL, book["bids"][0][0] * 0.95)))
    for _ in range(20):
        book = await c.watch_order_book(SYMBOL)
    shown = await c.fetch_order_book(SYMBOL, 5000)
    deep = {p: a for p, a, *_ in book["bids"]}
    lowest = min(p for p, *_ in shown["bids"])
    assert lowest in deep, "an order far from the touch is not in the book that was followed"
    await c.cancel_all_orders(SYMBOL)


@apart("watch_orders")
async def watch_orders(c):
    await c.load_markets()
    watching = asyncio.create_task(c.watch_orders(SYMBOL))
    await asyncio.sleep(1.5)
    price = float(c.price_to_precision(SYMBOL, (await c.fetch_ticker(SYMBOL))["last"] * 0.9))
    placed = await c.create_order(SYMBOL, "limit", "buy", 0.01, price)
    orders = await watching
    assert orders[-1]["id"] == placed["id"] and orders[-1]["status"] == "open"
    watching = asyncio.create_task(c.watch_orders(SYMBOL))
    await asyncio.sleep(0.1)
    await c.cancel_order(placed["id"], SYMBOL)
    orders = await watching
    assert orders[-1]["id"] == placed["id"] and orders[-1]["status"] == "canceled"


@apart("watch_my_trades")
async def watch_my_trades(c):
    await c.load_markets()
    watching = asyncio.create_task(c.watch_my_trades(SYMBOL))
    await asyncio.sleep(1.5)
    placed = await c.create_order(SYMBOL, "market", "buy", 0.01)
    trades = await watching
    assert trades[-1]["order"] == placed["id"]
    close(trades[-1]["fee"]["cost"], trades[-1]["amount"] * 0.001)


@apart("watch_balance")
async def watch_balance(c):
    await c.load_markets()
    watching = asyncio.create_task(c.watch_balance())
    await asyncio.sleep(1.5)
    await c.create_order(SYMBOL, "market", "buy", 0.01)
    balance = await watching
    fetched = await c.fetch_balance()
    close(balance["BTC"]["free"], fetched["BTC"]["free"])
    close(balance["USDT"]["free"], fetched["USDT"]["free"])


@apart("websocket_orders")
async def websocket_orders(c):
    await c.load_markets()
    price = float(c.price_to_precision(SYMBOL, (await c.fetch_ticker(SYMBOL))["last"] * 0.9))
    placed = await c.create_order_ws(SYMBOL, "limit", "buy", 0.01, price)
    assert placed["status"] == "open"
    assert (await c.fetch_order_ws(placed["id"], SYMBOL))["status"] == "open"
    assert len(await c.fetch_open_orders_ws(SYMBOL)) == 1
    edited = await c.edit_order_ws(placed["id"], SYMBOL, "limit", "buy", 0.02, price)
    canceled = await c.cancel_order_ws(edited["id"], SYMBOL)
    assert canceled["status"] == "canceled"
    # Of the balances themselves ccxt 4.5.90 parses none here, the venue's own answer's neither.
    assert (await c.fetch_balance_ws())["info"]["accountType"] == "SPOT"
    assert await c.fetch_my_trades_ws(SYMBOL)
    assert len(await c.fetch_ohlcv_ws(SYMBOL, "1m", limit=3)) == 3


CHECKS = (watch_ticker, watch_tickers, watch_bids_asks, watch_trades, watch_ohlcv, watch_order_book, watch_orders,
          watch_my_trades, watch_balance, websocket_orders)

if __name__ == "__main__":
    run(CHECKS, sys.argv[1])
