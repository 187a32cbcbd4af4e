# SPDX-License-Identifier: Apache-2.0
"""Keeps out of the repository what belongs to one machine or one person, and secrets.

The patterns are stored turned by 13 letters, so that this file does not contain what it looks for.
"""

import codecs
import pathlib
import re
import sys

import tree

# (pattern, what it is); each pattern as codecs.encode(pattern, "rot13") gives it.
TURNED = [
    (r"(?<![\j.])/jbex/", "a path of one machine"),
    (r"(?<![\j.])/ubzr/(?!hfre/|lbh/)[n-m]", "a path of one machine"),
    (r"(?<![\j.])/ebbg/", "a path of one machine"),
    (r"\oclcv\.bet\o|\oclgubaubfgrq\.bet\o", "the host of a package registry"),
    (r"\oertvfgel\.aczwf\.bet\o|\opengrf\.vb\o", "the host of a package registry"),
    (r"\o(?:qro|frphevgl|fancfubg)\.qrovna\.bet\o", "the host of a package registry"),
    (r"\ocebkl\.tbynat\.bet\o|\oercb1?\.znira\o", "the host of a package registry"),
    (r"\opynhqr\o|\onaguebcvp\o", "the name of a coding tool"),
    (r"\opbcvybg\o|\opbqrk\o|\opungtcg\o", "the name of a coding tool"),
    (r"\o(?:nv|yyz|pbqvat)[- ](?:nffvfgnag|ntrag)f?\o", "the name of a coding tool"),
    (r"\otrarengrq (?:jvgu|ol) (?:na? )?(?:nv|yyz)\o", "the name of a coding tool"),
]
PATTERNS = [
    (re.compile(codecs.decode(turned, "rot13"), re.IGNORECASE), what) for turned, what in TURNED
]
# Secrets have shapes; these are matched as they stand, letter case included.
SECRETS = [
    (re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE" + r" KEY-----"), "a private key"),
    (re.compile(r"\bAKIA[0-9A-Z]{16}\b"), "a cloud access key"),
    (re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b"), "an access token"),
    (re.compile(r"\bxox[baprs]-[A-Za-z0-9-]{10,}\b"), "an access token"),
]


def check(root: pathlib.Path) -> list[tree.Finding]:
    # The checkout's own path, unless it is too short to mean anything.
    here = [(re.compile(re.escape(f"{root}/")), "the path of this checkout")]
    patterns = PATTERNS + SECRETS + (here if len(root.parts) > 2 else [])
    found: list[tree.Finding] = []
    for path in tree.files(root):
        text = tree.text_of(path)
        if text is None:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, what in patterns:
                match = pattern.search(line)
                if match:
                    found.append((path, number, f"'{match.group(0)}' is {what}"))
    return found


if __name__ == "__main__":
    sys.exit(tree.main(check, __doc__))
