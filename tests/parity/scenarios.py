# SPDX-License-Identifier: Apache-2.0
"""Reads the conformance scenarios (tests/conformance) into the bars and order rows of parity_world.cpp, so that
other engines can play them, and their expected answers into comparable lines."""
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "conformance"
FIELDS = ("after action id side qty type trigger limit trail trail_unit trail_limit "
          "tif gtd_bar parent list contingency").split()
# What the day-by-day format of parity_world has no word for.
WITHOUT = {"quote", "trade", "bid", "ask", "split", "dividend", "delist", "halt", "resume",
           "book", "levels", "add", "modify", "remove", "print", "funding"}
PLAIN_SETTINGS = {"account", "tick"}


def sections(path):
    """(heading words, text behind the heading, lines) of each section."""
    out = []
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if line.startswith("["):
            heading, _, rest = line[1:].partition("]")
            out.append((heading.split(), rest.strip(), []))
        elif line:
            out[-1][2].append(line)
    return out


def minute(text):
    minutes, _, seconds = text.partition(":")
    return int(minutes) + float(seconds or 0) / 60


class Scenario:
    def __init__(self, path):
        self.name = path.stem
        self.settings, self.market, self.orders = {}, [], []
        self.expected, self.not_applicable = {}, {}
        for heading, rest, lines in sections(path):
            if heading[0] == "settings":
                self.settings = dict(line.split() for line in lines)
            elif heading[0] in ("market", "orders"):
                setattr(self, heading[0], [line.split() for line in lines])
            else:
                for mode in heading[1:]:
                    (self.expected if heading[0] == "expect" else self.not_applicable)[mode] = lines or rest

    @property
    def is_plain(self):
        """Bars of an ordinary account alone."""
        return not any(row[0] in WITHOUT for row in self.market) and set(self.settings) <= PLAIN_SETTINGS

    @property
    def tick(self):
        return self.settings.get("tick", "0.01")

    @property
    def bars(self):
        return [[*map(float, row[2:6]), int(row[6])] for row in self.market]

    def bar_that_closes(self, at):
        closes = [minute(row[1]) + 1 for row in self.market]
        return max((i for i, close in enumerate(closes) if close <= at), default=-1)

    @property
    def rows(self):
        return [self.row(words) for words in self.orders]

    def row(self, words):
        row = dict.fromkeys(FIELDS, "")
        row.update(after=self.bar_that_closes(minute(words[0])), action="submit", id=words[2])
        if words[1] == "cancel":
            row["action"] = "cancel"
            return row
        row.update(side=words[1], qty=int(words[3]), type=words[4])
        rest = words[5:]
        if row["type"].startswith("trailing"):
            self.read_offset(row, rest.pop(0))
            if row["type"].endswith("limit"):
                row["trail_limit"] = float(rest.pop(0))
        else:
            if row["type"].startswith("stop") or row["type"].endswith("touched"):
                row["trigger"] = float(rest.pop(0))
            if "limit" in row["type"]:
                row["limit"] = float(rest.pop(0))
        for option in rest:
            self.read_option(row, option)
        return row

    @staticmethod
    def read_offset(row, text):
        row["trail_unit"] = "bps" if text.endswith("bps") else "price"
        row["trail"] = float(text.removesuffix("bps"))

    def read_option(self, row, option):
        name, _, value = option.partition("=")
        if name == "gtd":
            row["tif"], row["gtd_bar"] = "gtd", self.bar_that_closes(minute(value))
        elif name in ("parent", "list"):
            row[name] = value
        elif name in ("oto", "oco", "ouo"):
            row["contingency"] = name
        else:
            row["tif"] = name

    def answers(self, mode):
        """(bar, order, kind, qty, price) of what a mode is expected to answer, as other engines tell it."""
        out = []
        for line in self.expected[mode]:
            at, order, kind, *rest = line.split()
            if kind in ("accepted", "triggered") or rest[-1:] == ["end_of_data"]:
                continue
            bar = self.bar_that_closes(minute(at))
            if kind in ("filled", "partially_filled"):
                qty, price = rest[0].split("@")
                out.append((bar, int(order), "fill", float(qty), float(price)))
            else:
                out.append((bar, int(order), kind, 0.0, 0.0))
        return sorted(out, key=lambda line: line[:2])


def all_scenarios():
    return [Scenario(path) for path in sorted(FOLDER.glob("*.txt"))]
