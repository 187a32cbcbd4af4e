# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy over the translation units of a build, those alone that have changed.

A clean result is remembered under a hash of everything that it rests on: the unit, each of our
headers that it can reach, the compile command, .clang-tidy, and the versions of clang-tidy and of
the packages that bring third-party headers. The memory lives in ~/.cache/tradewind/tidy, outside
the checkout, so that a fresh one is quick as well. Findings are never remembered.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
SOURCE_ROOTS = ("src", "bench", "examples", "tests")
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)
REMEMBERED_DAYS = 60
# Packages whose headers are named by few units, and how these name them: another version of one
# makes only those to be looked at again.
NAMED_BY_FEW = {"libboost1.81-dev": b"<boost/"}


@functools.cache
def content_of(path: pathlib.Path) -> bytes:
    return path.read_bytes()


@functools.cache
def included_by(path: pathlib.Path) -> frozenset[pathlib.Path]:
    """Our own headers that a file names; #if is ignored, so this may be one too many."""
    found = set()
    for name in INCLUDE.findall(content_of(path)):
        for place in (ROOT / "src", path.parent):
            header = place / name.decode()
            if header.is_file():
                found.add(header)
                break
    return frozenset(found)


def reachable_from(unit: pathlib.Path) -> list[pathlib.Path]:
    seen, waiting = {unit}, [unit]
    while waiting:
        for header in included_by(waiting.pop()):
            if header not in seen:
                seen.add(header)
                waiting.append(header)
    return sorted(seen)


@functools.cache
def versions_of(packages: tuple[str, ...]) -> bytes:
    return subprocess.run(
        ["dpkg-query", "-W", *packages], capture_output=True, check=False
    ).stdout


def foundation(tidy: str) -> bytes:
    """What every result rests on."""
    packages = tuple(
        line
        for file in sorted((ROOT / "dev.d" / "packages").glob("*.txt"))
        for line in file.read_text(encoding="utf-8").split("\n")
        if line and not line.startswith("#") and line not in NAMED_BY_FEW
    )
    installed = versions_of(packages)
    version = subprocess.run([tidy, "--version"], capture_output=True, check=True).stdout
    return version + installed + (ROOT / ".clang-tidy").read_bytes()


def key_of(unit: pathlib.Path, command: str, base: bytes) -> str:
    digest = hashlib.sha256(base)
    digest.update(command.replace(str(ROOT), "ROOT").encode())
    reachable = reachable_from(unit)
    for path in reachable:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0")
        digest.update(hashlib.sha256(content_of(path)).digest())
    for package, name in NAMED_BY_FEW.items():
        if any(name in content_of(path) for path in reachable):
            digest.update(versions_of((package,)))
    return digest.hexdigest()


def units_of(build: pathlib.Path) -> dict[pathlib.Path, str]:
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    units = {}
    for entry in commands:
        path = pathlib.Path(entry["file"]).resolve()
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in SOURCE_ROOTS:
            units[path] = entry["command"]
    return units


def run_tidy(tidy: str, build: pathlib.Path, unit: pathlib.Path) -> tuple[bool, str, float]:
    started = time.monotonic()
    done = subprocess.run(
        [tidy, "-p", str(build), "--quiet", str(unit)], capture_output=True, text=True, check=False
    )
    output = done.stdout.strip()
    if done.returncode != 0 and not output:
        output = done.stderr.strip()
    return done.returncode == 0, output, time.monotonic() - started


def forget_old(memory: pathlib.Path) -> None:
    oldest = time.time() - REMEMBERED_DAYS * 86400
    for entry in memory.iterdir():
        if entry.stat().st_mtime < oldest:
            entry.unlink(missing_ok=True)


def paragraphs(output: str) -> list[str]:
    """One entry a finding, so that a header's finding is told once and not once a unit."""
    return re.split(r"\n(?=\S+?:\d+:\d+: (?:warning|error):)", output)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--tidy", default="clang-tidy-19")
    parser.add_argument("--times", action="store_true", help="print the seconds of each unit")
    parser.add_argument("only", nargs="*", help="units whose path contains one of these")
    options = parser.parse_args()

    cache = os.environ.get("XDG_CACHE_HOME") or str(pathlib.Path.home() / ".cache")
    memory = pathlib.Path(cache) / "tradewind" / "tidy"
    memory.mkdir(parents=True, exist_ok=True)
    forget_old(memory)

    base = foundation(options.tidy)
    units = units_of(options.build)
    if options.only:
        units = {p: c for p, c in units.items() if any(part in str(p) for part in options.only)}
    keys = {unit: key_of(unit, command, base) for unit, command in units.items()}
    fresh = [unit for unit in sorted(units) if not (memory / keys[unit]).exists()]
    for unit in set(units) - set(fresh):
        (memory / keys[unit]).touch()

    told: set[str] = set()
    faulty = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = {pool.submit(run_tidy, options.tidy, options.build, unit): unit for unit in fresh}
        for run in concurrent.futures.as_completed(runs):
            unit = runs[run]
            clean, output, seconds = run.result()
            if options.times:
                print(f"{seconds:6.1f} s  {unit.relative_to(ROOT)}", flush=True)
            if clean:
                (memory / keys[unit]).touch()
                continue
            faulty += 1
            for finding in paragraphs(output):
                if finding not in told:
                    told.add(finding)
                    print(finding.replace(f"{ROOT}/", ""), flush=True)

    known = len(units) - len(fresh)
    print(f"clang-tidy: {len(units)} units, {known} known clean, {faulty} with findings")
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
