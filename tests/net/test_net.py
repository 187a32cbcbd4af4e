# SPDX-License-Identifier: Apache-2.0
"""The room adapters/net against requests, aiohttp and websockets, plain and under TLS.

The clients and servers of others live in the environment of another test; tests/net/peers.py runs there.
"""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROBE = os.environ.get("NET_PROBE", str(ROOT / "build/release/tests/net_probe"))
PYTHON = os.environ.get("FREQTRADE_PYTHON", str(ROOT / "build/venv-freqtrade/bin/python"))


def peers(*words: str) -> dict:
    done = subprocess.run(
        [PYTHON, ROOT / "tests/net/peers.py", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("tls")
    paths = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "1", "-subj", "/CN=localhost", "-out", paths[0], "-keyout", paths[1]]
        + ["-addext", "subjectAltName=DNS:localhost"],
        check=True,
        capture_output=True,
    )
    return paths


@pytest.mark.parametrize("under_tls", [False, True], ids=["plain", "tls"])
def test_server_understands_the_clients_of_others(under_tls, certificate):
    files = certificate if under_tls else ()
    server = subprocess.Popen(
        [PROBE, "serve", *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        port = server.stdout.readline().strip()
        found = peers("clients", port, *files[:1])
    finally:
        server.stdin.close()
        assert server.wait(timeout=10) == 0
    assert found["requests"] == 100
    assert found["target"] == "/a?b=c"
    assert found["head"] == 200
    assert found["chunked"] == "one two"
    assert found["too_large"] == 413
    assert found["aiohttp"] == 500
    assert found["websockets"] == {
        "compressed": False,
        "texts": 300,
        "big": True,
        "fragments": "in three parts",
        "pong": True,
        "close": 1000,
        "refused": 404,
        "too_large": 1009,
    }


@pytest.mark.parametrize("under_tls", [False, True], ids=["plain", "tls"])
def test_client_understands_the_servers_of_others(under_tls, certificate):
    files = (*certificate, certificate[0]) if under_tls else ()
    found = peers("servers", PROBE, *files)
    assert found["plain"] == "418\n/a?b=c\nconnections 1\n"
    assert found["chunked"] == "200\none two\nconnections 1\n"
    assert found.get("stranger") == ("certificate\n" if under_tls else None)
    lines = found["talk"].splitlines()
    assert lines == [f"text {i}" for i in range(50)] + ["by_peer 4000 enough"]
