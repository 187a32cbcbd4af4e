# SPDX-License-Identifier: Apache-2.0
"""The house checks bite: each planted fault is found, and a clean tree passes.

A check that cannot fail is not a check, so every rule has a planted violation here.
"""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import check_links
import check_rooms
import check_spdx
import check_words

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]

TABLE = """\
[rooms.base]
level = 0
may_include = []
[rooms.domain]
level = 1
may_include = ["base"]
[rooms.market]
level = 2
may_include = ["base", "domain"]
[rooms.signal]
level = 3
may_include = ["domain", "market"]
[rooms."adapters/*"]
level = 3
may_include = ["base", "domain"]
[rooms.apps]
level = 6
may_include = "all"
[headers]
only_in_cpp = ["torch/"]
private = ["market/inner.hpp", "market/inmost.hpp"]
"""


@pytest.fixture
def tree_at(tmp_path: pathlib.Path):
    """Writes files (path -> text) into a scratch tree that has a table of rooms."""

    def write(files: dict[str, str], table: str = TABLE) -> pathlib.Path:
        for name, text in {"rooms.toml": table, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def messages(findings) -> list[str]:
    return [what for _, _, what in findings]


# ---- rooms ----------------------------------------------------------------------------------

CLEAN = {
    "src/base/a.hpp": "#include <vector>\n",
    "src/domain/b.hpp": '#include "base/a.hpp"\n#include "domain/c.hpp"\n',
    "src/market/m.cpp": '#include "domain/b.hpp"\n#include <torch/torch.h>\n',
    "src/market/inner.hpp": '#include <torch/torch.h>\n#include "market/inmost.hpp"\n',
    "src/market/inner.cpp": '#include "market/inner.hpp"\n',
    "src/signal/s.cpp": '#include "market/m.hpp"\n',
    "src/signal/s_test.cpp": '#include "support/generators.hpp"\n',
    "src/signal/CMakeLists.txt": "tradewind_room(signal DEPENDS domain market LIBRARIES X::X)\n",
    "src/adapters/csv/x.cpp": '#include "adapters/csv/x.hpp"\n#include "domain/b.hpp"\n',
    "src/apps/main.cpp": '#include "adapters/csv/x.hpp"\n#include "signal/s.hpp"\n',
    "src/signal/notes.md": "not a source\n",
}


def test_rooms_accepts_a_clean_tree(tree_at):
    assert check_rooms.check(tree_at(CLEAN)) == []


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("src/base/x.hpp", '#include "domain/b.hpp"', "'base' may not include room 'domain'"),
        ("src/domain/x.cpp", '#include "market/m.hpp"', "'domain' may not include room 'market'"),
        # Of a lower level, but not named.
        ("src/signal/x.cpp", '#include "base/a.hpp"', "'signal' may not include room 'base'"),
        ("src/market/x.cpp", '  #  include "signal/s.hpp"', "may not include room 'signal'"),
        ("src/adapters/csv/y.cpp", '#include "adapters/fix/z.hpp"', "include room 'adapters/fix'"),
        ("src/base/x.cpp", '#include "apps/a.hpp"', "'base' may not include room 'apps'"),
        ("src/base/x_test.cpp", '#include "domain/b.hpp"', "may not include room 'domain'"),
        ("src/common/x.hpp", "", "this folder is no room"),
        ("src/x.cpp", "", "this folder is no room"),
        ("src/base/x.cpp", '#include "common/x.hpp"', "name the header from src/"),
        ("src/base/x.cpp", '#include "a.hpp"', "name the header from src/"),
        ("src/base/x.cpp", '#include "../domain/b.hpp"', "name the header from src/"),
        ("src/base/x.cpp", "#include <domain/b.hpp>", "write our own headers in quotes"),
        ("src/market/x.hpp", "#include <torch/torch.h>", "heavy"),
        ("src/market/x.hpp", '#include "market/inner.hpp"', "private to the .cpp files"),
        ("src/signal/x.cpp", '#include "market/inner.hpp"', "private to the .cpp files"),
        ("src/base/CMakeLists.txt", "tradewind_room(base DEPENDS domain)", "may not depend on"),
    ],
)
def test_rooms_finds_a_planted_violation(tree_at, file, text, expected):
    findings = check_rooms.check(tree_at({**CLEAN, file: f"// first line\n{text}\n"}))
    assert len(findings) == 1
    path, line, what = findings[0]
    assert path.as_posix().endswith(file)
    assert line in (0, 2)
    assert expected in what


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ('may_include = ["base"]', 'may_include = ["market"]', "not of a lower level"),
        ('may_include = ["base"]', 'may_include = ["domain"]', "not of a lower level"),
        ('may_include = ["base"]', 'may_include = ["utils"]', "the table does not know"),
    ],
)
def test_rooms_finds_a_fault_of_the_table(tree_at, before, after, expected):
    root = tree_at({}, TABLE.replace(before, after))
    assert expected in messages(check_rooms.check(root))[0]


def test_rooms_exits_with_1_and_names_file_and_line(tree_at):
    root = tree_at({"src/base/x.hpp": '//\n#include "domain/b.hpp"\n'})
    done = subprocess.run(
        [sys.executable, HERE / "check_rooms.py", "--root", root],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.startswith("src/base/x.hpp:2: room 'base' may not include room 'domain'")


def test_rooms_of_this_repository_are_kept():
    assert check_rooms.check(ROOT) == []


# ---- licence, links, words ------------------------------------------------------------------


def test_spdx_finds_the_file_without_a_licence(tree_at):
    mark = "SPDX-License-Identifier" + ": Apache-2.0"
    root = tree_at(
        {
            "rooms.toml": f"# {mark}\n" + TABLE,
            "src/a.cpp": f"// {mark}\n",
            "tool.py": f"#!/usr/bin/env python3\n# {mark}\n",
            "tests/golden/data.toml": "x = 1\n",
            "src/b.cpp": "int x;\n",
        }
    )
    findings = check_spdx.check(root)
    assert [path.name for path, _, _ in findings] == ["b.cpp"]


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("[a](b.md)", None),
        ("[a](b.md#two-words)", None),
        ("[a](#top)", None),
        ("[a](https://example.com/x)", None),
        ("`[a](gone.md)`", None),
        ("[a](gone.md)", "leads nowhere"),
        ("[a](b.md#gone)", "no such heading"),
        ("[a](#gone)", "no such heading"),
        ("![a](../../x.png)", "leaves the repository"),
    ],
)
def test_links_finds_the_dead_one(tree_at, link, fault):
    root = tree_at({"a.md": f"# Top\n\n{link}\n", "b.md": "## Two words\n"})
    found = messages(check_links.check(root))
    assert len(found) == (0 if fault is None else 1)
    assert fault is None or fault in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "see /" + "work/main/x",
        "see /home/" + "ann/x",
        "get it from " + "py" + "pi.org",
        "-----BEGIN RSA PRIVATE" + " KEY-----",
        "AKIA" + "A" * 16,
    ],
)
def test_words_finds_a_planted_word(tree_at, text):
    root = tree_at({"a.md": f"fine\n{text}\n"})
    assert [line for _, line, _ in check_words.check(root)] == [2]


def test_words_finds_the_path_of_the_checkout(tree_at):
    root = tree_at({})
    (root / "a.txt").write_text(f"{root}/src\n", encoding="utf-8")
    assert messages(check_words.check(root)) == [f"'{root}/' is the path of this checkout"]


def test_words_accepts_ordinary_text(tree_at):
    root = tree_at({"a.md": "network/work/x, the trading session, the agent of a change\n"})
    assert check_words.check(root) == []


# ---- the harness of tests/must_not_compile ---------------------------------------------------

REFUSED = """\
// MUST_NOT_COMPILE: {reason}
struct Price {{}};
#ifdef CONTROL
Price p = Price{{}};
#else
Price p = Price{{}} + Price{{}};
#endif
{tail}
"""


@pytest.mark.parametrize(
    ("reason", "tail", "problem"),
    [
        ("no match for .operator.", "", None),
        ("some other reason", "", "refused for another reason"),
        ("no match for .operator.", "#include <no_such_header>", "control does not compile"),
    ],
)
def test_must_not_compile_tells_a_right_refusal_from_a_wrong_one(tmp_path, reason, tail, problem):
    file = tmp_path / "case.cpp"
    file.write_text(REFUSED.format(reason=reason, tail=tail), encoding="utf-8")
    check_case(file, problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("// MUST_NOT_COMPILE: x\nint x;\n", "it compiles, and must not"),
        ("int x\n", "names no reason"),
    ],
)
def test_must_not_compile_refuses_a_case_that_proves_nothing(tmp_path, text, problem):
    file = tmp_path / "case.cpp"
    file.write_text(text, encoding="utf-8")
    check_case(file, problem)


def check_case(file: pathlib.Path, problem: str | None) -> None:
    compiler = shutil.which("g++") or shutil.which("clang++-19")
    runner = ROOT / "tests" / "must_not_compile" / "run.py"
    done = subprocess.run(
        [sys.executable, runner, compiler, file.parent, file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (0 if problem is None else 1), done.stdout + done.stderr
    assert problem is None or re.search(problem, done.stdout)


# ---- ./dev ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "no command 'nonsense'"),
        (["check", "nonsense"], "no check 'nonsense'"),
        (["build", "nonsense"], "no preset 'nonsense'"),
        (["fuzz", "all", "long"], "no number of seconds"),
        (["setup", "nonsense"], "nothing to set up for 'nonsense'"),
    ],
)
def test_dev_answers_bad_usage_with_one_line_and_exit_code_2(arguments, said):
    done = subprocess.run(
        [ROOT / "dev", *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
