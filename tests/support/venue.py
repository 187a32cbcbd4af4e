# SPDX-License-Identifier: Apache-2.0
"""A simulated Binance that a test starts and stops, over its real protocol on loopback."""

import json
import subprocess

from program import PROGRAM


class Venue:
    """`tradewind service venue-sim`, on a free port or on one that it had before."""

    def __init__(self, *arguments, port=0):
        self.arguments = [PROGRAM, "service", "venue-sim", "--exchange", "binance", "--json", *map(str, arguments)]
        self.process = None
        self.port = port
        self.start()

    def start(self):
        self.process = subprocess.Popen([*self.arguments, "--port", str(self.port)], stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
