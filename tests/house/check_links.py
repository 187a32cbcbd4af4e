# SPDX-License-Identifier: Apache-2.0
"""Every relative link of every Markdown page leads to a file, and its #anchor to a heading.

Links to the web are not followed: the check runs without a network.
"""

import pathlib
import re
import sys
import urllib.parse

import tree

LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
CODE = re.compile(r"`[^`]*`")


def lines_outside_fences(text: str) -> list[tuple[int, str]]:
    kept, fence = [], ""
    for number, line in enumerate(text.splitlines(), 1):
        mark = re.match(r"\s*(```+|~~~+)", line)
        if mark and not fence:
            fence = mark.group(1)
        elif mark and mark.group(1).startswith(fence):
            fence = ""
        elif not fence:
            kept.append((number, line))
    return kept


def anchors_of(text: str) -> set[str]:
    """The anchors that the usual renderers give to headings."""
    found: set[str] = set()
    for _, line in lines_outside_fences(text):
        heading = re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
        if heading:
            words = re.sub(r"[^\w\- ]", "", heading.group(1).lower()).replace(" ", "-")
            anchor, count = words, 0
            while anchor in found:
                count += 1
                anchor = f"{words}-{count}"
            found.add(anchor)
    return found


def fault_of(root: pathlib.Path, page: pathlib.Path, target: str) -> str | None:
    name, _, anchor = target.partition("#")
    base = root if name.startswith("/") else page.parent
    place = (base / urllib.parse.unquote(name).lstrip("/")).resolve() if name else page
    if not place.is_relative_to(root):
        return f"link '{target}' leaves the repository"
    if not place.exists():
        return f"link '{target}' leads nowhere"
    if anchor and place.suffix == ".md":
        if anchor not in anchors_of(place.read_text(encoding="utf-8")):
            return f"link '{target}': the page has no such heading"
    return None


def check(root: pathlib.Path) -> list[tree.Finding]:
    found: list[tree.Finding] = []
    for page in tree.files(root):
        if page.suffix != ".md":
            continue
        for number, line in lines_outside_fences(page.read_text(encoding="utf-8")):
            for target in LINK.findall(CODE.sub("", line)):
                if SCHEME.match(target):
                    continue
                fault = fault_of(root, page, target)
                if fault is not None:
                    found.append((page, number, fault))
    return found


if __name__ == "__main__":
    sys.exit(tree.main(check, __doc__))
