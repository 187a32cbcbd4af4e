# SPDX-License-Identifier: Apache-2.0
"""Clients and servers of others, run by the interpreter that has them; prints one JSON document.

    peers.py clients PORT [CA]    requests, aiohttp and websockets against our server
    peers.py servers PROBE [CERTIFICATE KEY CA]    our client against aiohttp's and websockets' servers
"""

import asyncio
import json
import ssl
import sys

import aiohttp
import aiohttp.web
import requests
import websockets


async def concurrent(base: str, context: ssl.SSLContext | None, number: int) -> int:
    connector = aiohttp.TCPConnector(limit=20, ssl=context or True)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one(i: int) -> bool:
            async with session.post(f"{base}/{i}", data=f"body {i}") as answer:
                return answer.headers["X-Target"] == f"/{i}" and await answer.text() == f"body {i}"

        return sum(await asyncio.gather(*(one(i) for i in range(number))))


async def messages(base: str, context: ssl.SSLContext | None) -> dict:
    url = base.replace("http", "ws", 1)
    found = {}
    async with websockets.connect(f"{url}/ws", ssl=context, max_size=None) as socket:
        found["compressed"] = bool(socket.protocol.extensions)
        for i in range(300):
            await socket.send(f"text {i}")
        found["texts"] = sum([await socket.recv() == f"text {i}" for i in range(300)])
        big = bytes(range(256)) * 8192  # 2 MiB
        await socket.send(big)
        found["big"] = await socket.recv() == big
        await socket.send(["in ", "three ", "parts"])  # fragments
        found["fragments"] = await socket.recv()
        found["pong"] = (await (await socket.ping())) >= 0
    found["close"] = socket.close_code
    try:
        async with websockets.connect(f"{url}/elsewhere", ssl=context):
            found["refused"] = None
    except websockets.InvalidStatus as refused:
        found["refused"] = refused.response.status_code
    # Not closed by the library: closing what has broken already fails in it.
    socket = await websockets.connect(f"{url}/ws", ssl=context, max_size=None)
    try:
        await socket.send("x" * (20 << 20))  # above the limit of 16 MiB
        await socket.recv()
    except websockets.ConnectionClosed:
        found["too_large"] = socket.close_code
    return found


def clients(port: str, ca: str | None = None) -> dict:
    base = f"{'https' if ca else 'http'}://localhost:{port}"
    context = ssl.create_default_context(cafile=ca) if ca else None
    session = requests.Session()
    session.trust_env = False  # a bundle named in the environment would win over `verify`
    session.verify = ca or True
    answers = [session.put(f"{base}/a?b=c", data=b"x" * 1000) for _ in range(100)]
    chunked = session.post(base, data=iter([b"one ", b"two"]))
    large = session.post(base, data=b"x" * (9 << 20))
    return {
        "requests": sum(a.status_code == 200 and len(a.content) == 1000 for a in answers),
        "target": answers[0].headers["X-Target"],
        "head": session.head(base).status_code,
        "chunked": chunked.text,
        "too_large": large.status_code,
        "aiohttp": asyncio.run(concurrent(base, context, 500)),
        "websockets": asyncio.run(messages(base, context)),
    }


async def run(*words: str) -> str:
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return out.decode()


async def servers(probe: str, *tls: str) -> dict:
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls[0], tls[1])
    ca = tls[2:]

    async def answer(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        if request.path == "/chunked":
            response = aiohttp.web.StreamResponse()
            response.enable_chunked_encoding()
            await response.prepare(request)
            for part in (b"one ", b"two"):
                await response.write(part)
            await response.write_eof()
            return response
        return aiohttp.web.Response(status=418, text=request.path_qs)

    async def echo(socket) -> None:
        for _ in range(50):
            await socket.send(await socket.recv())
            await (await socket.ping())
        await socket.close(4000, "enough")

    app = aiohttp.web.Application()
    app.router.add_get("/{rest:.*}", answer)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    http, ws = ("https", "wss") if tls else ("http", "ws")
    found = {
        "plain": await run(probe, "get", f"{http}://localhost:{port}/a?b=c", *ca),
        "chunked": await run(probe, "get", f"{http}://localhost:{port}/chunked", *ca),
    }
    if tls:
        found["stranger"] = await run(probe, "get", f"{http}://localhost:{port}/a")
    await runner.cleanup()
    async with websockets.serve(
        # Without max_queue it stops reading after 16 messages, and the pongs lie behind them.
        echo, "127.0.0.1", 0, ssl=context, max_queue=None
    ) as server:
        port = server.sockets[0].getsockname()[1]
        found["talk"] = await run(probe, "talk", f"{ws}://localhost:{port}/", "50", *ca)
    return found


if __name__ == "__main__":
    if sys.argv[1] == "clients":
        print(json.dumps(clients(*sys.argv[2:])))
    else:
        print(json.dumps(asyncio.run(servers(*sys.argv[2:]))))
