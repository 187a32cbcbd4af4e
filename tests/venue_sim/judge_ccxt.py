# SPDX-License-Identifier: Apache-2.0
"""ccxt's unified calls of Binance spot, against the simulator. Arguments: its URL."""

import sys

import ccxt

from judge import close, run

SYMBOL = "BTC/USDT"


def client(url):
    out = ccxt.binance({
        "apiKey": "tradewind", "secret": "tradewind", "enableRateLimit": False,
        "options": {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}},
    })
    for name, path in {"public": "/api/v3", "private": "/api/v3", "v1": "/api/v1", "sapi": "/sapi/v1"}.items():
        out.urls["api"][name] = url + path
    return out


def price_of(c):
    return c.fetch_ticker(SYMBOL)["last"]


def rounded(c, price):
    return float(c.price_to_precision(SYMBOL, price))


def load_markets(c):
    markets = c.load_markets()
    market = markets[SYMBOL]
    assert market["spot"] and market["active"]
    close(market["precision"]["price"], 0.01)
    close(market["precision"]["amount"], 0.00001)
    close(market["limits"]["cost"]["min"], 5)
    assert len(markets) == 3


def fetch_time(c):
    assert abs(c.fetch_time() - c.milliseconds()) < 5_000


def fetch_currencies(c):
    assert {"BTC", "USDT"} <= set(c.fetch_currencies())


def fetch_ticker(c):
    ticker = c.fetch_ticker(SYMBOL)
    assert ticker["bid"] < ticker["ask"]
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert ticker["baseVolume"] > 0 and ticker["vwap"] > 0
    assert len(c.fetch_tickers()) == 3
    assert len(c.fetch_tickers([SYMBOL, "ETH/USDT"])) == 2
    assert len(c.fetch_bids_asks()) == 3
    assert c.fetch_last_prices()[SYMBOL]["price"] > 0


def fetch_order_book(c):
    book = c.fetch_order_book(SYMBOL, 10)
    assert len(book["bids"]) == len(book["asks"]) == 10
    bids, asks = [b[0] for b in book["bids"]], [a[0] for a in book["asks"]]
    assert bids == sorted(bids, reverse=True) and asks == sorted(asks) and bids[0] < asks[0]
    assert book["nonce"] > 0


def fetch_trades(c):
    trades = c.fetch_trades(SYMBOL, limit=50)
    assert len(trades) == 50
    assert [t["timestamp"] for t in trades] == sorted(t["timestamp"] for t in trades)
    for trade in trades:
        close(trade["cost"], trade["price"] * trade["amount"], 1e-6)
    early = c.fetch_trades(SYMBOL, since=trades[0]["timestamp"], limit=5)
    assert early[0]["timestamp"] >= trades[0]["timestamp"] and len(early) == 5


def fetch_ohlcv(c):
    rows = c.fetch_ohlcv(SYMBOL, "1m", limit=100)
    assert len(rows) == 100
    for before, row in zip(rows, rows[1:]):
        assert row[0] - before[0] == 60_000
    for row in rows:
        assert row[3] <= min(row[1], row[4]) <= max(row[1], row[4]) <= row[2]
    again = c.fetch_ohlcv(SYMBOL, "1m", since=rows[10][0], limit=3)
    assert again == rows[10:13]
    hours = c.fetch_ohlcv(SYMBOL, "1h")
    minutes = c.fetch_ohlcv(SYMBOL, "1m", since=hours[1][0], limit=60)
    close(sum(m[5] for m in minutes), hours[1][5], 1e-9)


def market_order(c):
    before = c.fetch_balance()
    order = c.create_order(SYMBOL, "market", "buy", 0.01)
    assert order["status"] == "closed"
    close(order["filled"], 0.01)
    close(order["fee"]["cost"], 0.00001)
    assert order["fee"]["currency"] == "BTC" and order["trades"]
    after = c.fetch_balance()
    close(after["BTC"]["free"] - before["BTC"]["free"], 0.00999, 1e-7)
    close(before["USDT"]["free"] - after["USDT"]["free"], order["cost"], 1e-7)
    sold = c.create_order(SYMBOL, "market", "sell", 0.005)
    assert sold["fee"]["currency"] == "USDT" and sold["side"] == "sell"


def market_order_by_cost(c):
    order = c.create_order(SYMBOL, "market", "buy", None, None, {"cost": 200})
    assert order["status"] == "closed" and 199 < order["cost"] <= 200
    assert c.create_market_sell_order_with_cost(SYMBOL, 100)["cost"] <= 100


def limit_order(c):
    price = rounded(c, price_of(c) * 0.9)
    order = c.create_order(SYMBOL, "limit", "buy", 0.01, price, {"clientOrderId": "judge-1"})
    assert order["status"] == "open" and order["clientOrderId"] == "judge-1"
    close(order["price"], price)
    assert c.fetch_balance()["USDT"]["used"] > 0
    found = c.fetch_order(order["id"], SYMBOL)
    assert found["status"] == "open" and found["timeInForce"] == "GTC"
    assert [o["id"] for o in c.fetch_open_orders(SYMBOL)] == [order["id"]]
    canceled = c.cancel_order(order["id"], SYMBOL)
    assert canceled["status"] == "canceled"
    assert c.fetch_order(order["id"], SYMBOL)["status"] == "canceled"
    assert c.fetch_open_orders(SYMBOL) == []


def times_in_force(c):
    low = rounded(c, price_of(c) * 0.9)
    ioc = c.create_order(SYMBOL, "limit", "buy", 0.01, low, {"timeInForce": "IOC"})
    assert ioc["status"] == "expired" and ioc["filled"] == 0
    fok = c.create_order(SYMBOL, "limit", "buy", 0.01, rounded(c, price_of(c) * 1.01), {"timeInForce": "FOK"})
    assert fok["status"] == "closed"


def post_only(c):
    low = rounded(c, price_of(c) * 0.9)
    order = c.create_order(SYMBOL, "limit", "buy", 0.01, low, {"postOnly": True})
    assert c.fetch_order(order["id"], SYMBOL)["postOnly"]
    c.cancel_order(order["id"], SYMBOL)
    try:
        c.create_order(SYMBOL, "limit", "buy", 0.01, rounded(c, price_of(c) * 1.05), {"postOnly": True})
    except ccxt.OrderImmediatelyFillable:
        return
    raise AssertionError("it took")


def triggers(c):
    last = price_of(c)
    for kind, side, stop, price in (
            ("STOP_LOSS", "sell", 0.9, None), ("STOP_LOSS_LIMIT", "sell", 0.9, 0.89),
            ("TAKE_PROFIT", "sell", 1.1, None), ("TAKE_PROFIT_LIMIT", "buy", 0.9, 0.91)):
        limit = rounded(c, last * price) if price else None
        order = c.create_order(SYMBOL, kind, side, 0.01, limit, {"stopPrice": rounded(c, last * stop)})
        found = c.fetch_order(order["id"], SYMBOL)
        assert found["status"] == "open", kind
        close(found["triggerPrice"], rounded(c, last * stop))
        c.cancel_order(order["id"], SYMBOL)
    stop = c.create_order(SYMBOL, "limit", "sell", 0.01, rounded(c, last * 0.89), {"stopLossPrice": rounded(c, last * 0.9)})
    c.cancel_order(stop["id"], SYMBOL)
    trailing = c.create_order(SYMBOL, "STOP_LOSS", "sell", 0.01, None, {"trailingDelta": 500})
    assert c.fetch_order(trailing["id"], SYMBOL)["status"] == "open"
    c.cancel_order(trailing["id"], SYMBOL)


def iceberg(c):
    order = c.create_order(SYMBOL, "limit", "buy", 0.1, rounded(c, price_of(c) * 0.9), {"icebergQty": 0.02})
    assert c.fetch_order(order["id"], SYMBOL)["info"]["icebergQty"] == "0.02000000"
    c.cancel_order(order["id"], SYMBOL)


def edit_order(c):
    last = price_of(c)
    order = c.create_order(SYMBOL, "limit", "buy", 0.01, rounded(c, last * 0.9))
    edited = c.edit_order(order["id"], SYMBOL, "limit", "buy", 0.02, rounded(c, last * 0.91))
    assert edited["id"] != order["id"]
    close(edited["amount"], 0.02)
    assert c.fetch_order(order["id"], SYMBOL)["status"] == "canceled"
    c.cancel_order(edited["id"], SYMBOL)


def cancel_all_orders(c):
    last = price_of(c)
    for i in range(3):
        c.create_order(SYMBOL, "limit", "buy", 0.01, rounded(c, last * (0.9 - i / 100)))
    assert len(c.fetch_open_orders(SYMBOL)) == 3
    assert len(c.cancel_all_orders(SYMBOL)) == 3
    assert c.fetch_open_orders(SYMBOL) == []


def order_lists(c):
    last = price_of(c)
    answer = c.private_post_orderlist_oco({
        "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01", "aboveType": "LIMIT_MAKER",
        "abovePrice": c.price_to_precision(SYMBOL, last * 1.1), "belowType": "STOP_LOSS",
        "belowStopPrice": c.price_to_precision(SYMBOL, last * 0.9)})
    assert len(answer["orders"]) == 2 and len(c.fetch_open_orders(SYMBOL)) == 2
    c.private_delete_orderlist({"symbol": "BTCUSDT", "orderListId": answer["orderListId"]})
    assert c.fetch_open_orders(SYMBOL) == []


def history(c):
    orders = c.fetch_orders(SYMBOL)
    assert {"closed", "canceled", "expired"} <= {o["status"] for o in orders}
    assert all(o["status"] == "closed" for o in c.fetch_closed_orders(SYMBOL))
    assert c.fetch_canceled_orders(SYMBOL)
    trades = c.fetch_my_trades(SYMBOL)
    assert trades and {t["takerOrMaker"] for t in trades} <= {"taker", "maker"}
    bought = next(o for o in orders if o["status"] == "closed")
    of_it = c.fetch_order_trades(bought["id"], SYMBOL)
    close(sum(t["amount"] for t in of_it), bought["filled"])


def fees(c):
    close(c.fetch_trading_fee(SYMBOL)["taker"], 0.001)
    assert SYMBOL in c.fetch_trading_fees()


def errors(c):
    def raises(kind, call):
        try:
            call()
        except kind:
            return
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} instead of {kind.__name__}: {error}") from error
        raise AssertionError(f"no {kind.__name__}")

    low = rounded(c, price_of(c) * 0.9)
    raises(ccxt.InsufficientFunds, lambda: c.create_order(SYMBOL, "limit", "sell", 5000, rounded(c, price_of(c) * 1.1)))
    raises(ccxt.OrderNotFound, lambda: c.cancel_order("999999", SYMBOL))
    raises(ccxt.OrderNotFound, lambda: c.fetch_order("999999", SYMBOL))
    raises(ccxt.BadSymbol, lambda: c.public_get_depth({"symbol": "NOPE"}))
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": str(low)}
    raises(ccxt.InvalidOrder, lambda: c.private_post_order({**order, "quantity": "0.000001"}))  # LOT_SIZE
    raises(ccxt.BadRequest, lambda: c.private_post_order({**order, "quantity": "0.00001"}))  # NOTIONAL
    for key, secret in (("tradewind", "wrong"), ("unknown", "x")):
        stranger = client(c.urls["api"]["public"].removesuffix("/api/v3"))
        stranger.apiKey, stranger.secret = key, secret
        raises(ccxt.AuthenticationError, stranger.fetch_balance)


CHECKS = (load_markets, fetch_time, fetch_currencies, fetch_ticker, fetch_order_book, fetch_trades, fetch_ohlcv,
          market_order, market_order_by_cost, limit_order, times_in_force, post_only, triggers, iceberg, edit_order,
          cancel_all_orders, order_lists, history, fees, errors)

if __name__ == "__main__":
    run(CHECKS, client(sys.argv[1]))
