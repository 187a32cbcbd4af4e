# SPDX-License-Identifier: Apache-2.0
"""Holds the #include lines of src/ to the table in rooms.toml.

A room may include itself and the rooms that its line names; a named room must be of a lower
level; a folder that the table does not know is an error, and so is a heavy third-party header in
a .hpp file that the table does not call private, a private header that another room or a public header
includes, or a DEPENDS in a room's CMakeLists.txt that the table does not allow.
"""

import pathlib
import re
import sys
import tomllib

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
DEPENDS = re.compile(r"\bDEPENDS\b([^)]*?)(?:\bLIBRARIES\b|\))", re.DOTALL)
SOURCES = {".hpp", ".cpp", ".h", ".inc", ".ipp"}


class Table:
    """rooms.toml, with 'all' and 'x/*' spelt out on demand."""

    def __init__(self, path: pathlib.Path) -> None:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        self.rooms: dict[str, dict] = document["rooms"]
        headers = document.get("headers", {})
        self.only_in_cpp: list[str] = headers.get("only_in_cpp", [])
        self.private: set[str] = set(headers.get("private", []))

    def entry_of(self, room: str) -> dict | None:
        return self.rooms.get(room) or self.rooms.get(f"{room.split('/')[0]}/*")

    def room_of(self, relative: str) -> str | None:
        """The room that a path below src/ belongs to: 'wire/json.hpp' is in 'wire'."""
        parts = pathlib.PurePosixPath(relative).parts
        if not parts or parts[0] == "..":
            return None
        if parts[0] in self.rooms:
            return parts[0]
        pair = "/".join(parts[:2])
        if len(parts) > 2 and (pair in self.rooms or f"{parts[0]}/*" in self.rooms):
            return pair
        return None

    def allows(self, room: str, other: str) -> bool:
        entry, target = self.entry_of(room), self.entry_of(other)
        if room == other:
            return True
        if entry is None or target is None or target["level"] >= entry["level"]:
            return False
        named = entry["may_include"]
        return named == "all" or other in named

    def faults(self) -> list[str]:
        """What is wrong with the table itself."""
        found = []
        for room, entry in self.rooms.items():
            named = entry["may_include"]
            for other in [] if named == "all" else named:
                if other not in self.rooms:
                    found.append(f"room '{room}' names '{other}', which the table does not know")
                elif self.rooms[other]["level"] >= entry["level"]:
                    found.append(
                        f"room '{room}' of level {entry['level']} names '{other}', "
                        f"which is not of a lower level ({self.rooms[other]['level']})"
                    )
        return found


def include_findings(
    table: Table, room: str, path: pathlib.Path, name: str
) -> list[tree.Finding]:
    found = []
    may_be_heavy = path.suffix == ".cpp" or name in table.private
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if match is None:
            continue
        ours, theirs = match.groups()
        if theirs is not None:
            if not may_be_heavy and any(theirs.startswith(p) for p in table.only_in_cpp):
                found.append((path, number, f"<{theirs}> is heavy: include it in a .cpp alone"))
            # <base/x.hpp> would reach a room past this check.
            if table.room_of(theirs) is not None:
                found.append((path, number, f"write our own headers in quotes: \"{theirs}\""))
            continue
        if ours.startswith("support/") and path.name.endswith(("_test.cpp", "_for_tests.hpp")):
            continue  # tests/support: what the tests of several rooms share
        other = table.room_of(ours)
        if other is None:
            found.append((path, number, f'"{ours}": name the header from src/, room first'))
        elif not table.allows(room, other):
            found.append((path, number, f"room '{room}' may not include room '{other}'"))
        elif ours in table.private and (other != room or not may_be_heavy):
            found.append((path, number, f'"{ours}" is private to the .cpp files of its room'))
    return found


def cmake_findings(table: Table, room: str, path: pathlib.Path) -> list[tree.Finding]:
    match = DEPENDS.search(path.read_text(encoding="utf-8"))
    names = match.group(1).split() if match else []
    return [
        (path, 0, f"room '{room}' may not depend on '{name}'")
        for name in names
        if not name.startswith("$") and not table.allows(room, name)
    ]


def check(root: pathlib.Path) -> list[tree.Finding]:
    table = Table(root / "rooms.toml")
    found: list[tree.Finding] = [(root / "rooms.toml", 0, fault) for fault in table.faults()]
    source_root = root / "src"
    for path in tree.files(root):
        if not path.is_relative_to(source_root):
            continue
        is_list = path.name == "CMakeLists.txt"
        if path.suffix not in SOURCES and not is_list:
            continue
        name = path.relative_to(source_root).as_posix()
        room = table.room_of(name)
        if room is None:
            found.append((path, 0, "this folder is no room of rooms.toml"))
        elif is_list:
            found += cmake_findings(table, room, path)
        else:
            found += include_findings(table, room, path, name)
    return found


if __name__ == "__main__":
    sys.exit(tree.main(check, __doc__))
