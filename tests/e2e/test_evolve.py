"""`sigil evolve`, `generate-spec`, `generate-eval` and `sigil.evolve`, as people use them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.shell import Shell, environment

pytestmark = pytest.mark.e2e

SOURCE = '''\
"""Sums."""


def total(xs, start=0):
    result = start
    for x in xs:
        for _ in range(40):
            pass
        result += x
    return result


def gap(xs):
    """Return the largest gap between neighbours.

    >>> gap([1, 5, 7])
    4
    >>> gap([3, 1])
    2
    >>> gap([0, 5, 100])
    95
    >>> gap([10, 20, 20])
    10
    """
    xs = sorted(xs)
    return max(b - a for a, b in zip(xs, xs[2:]))
'''

UNREACHED = '''\
def tally(rows):
    """Return the sum.

    >>> tally([3, 4])
    17
    """
    total = sum(rows)
    for i in range(1200):
        if i in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] and len(rows) > 900 and total * 31 % 1000003 == 7:
            return -1
    return total + 10
'''

TESTS = """\
from sums import total


def test_total():
    assert total([1, 2, 3]) == 6
    assert total([], 4) == 4
    assert total([2, -2, 7], start=1) == 8
"""
BOOK = """\
class Book:
    def __init__(self):
        self.entries = []

    def add(self, name, address):
        self.entries.append({"name": name, "address": address})

    def domains(self):
        found = []
        for entry in self.entries:
            domain = entry["address"].strip().lower().rpartition("@")[2]
            if domain not in found:
                found.append(domain)
        return found
"""
BOOK_TESTS = """\
import unittest

from book import Book


class TestBook(unittest.TestCase):
    def test_domains(self):
        book = Book()
        for number in range(20):
            book.add(f"n{number}", f"u{number}@h{number % 7}.example")
        self.assertEqual(len(book.domains()), 7)

    def test_nobody(self):
        self.assertEqual(Book().domains(), [])
"""
DROPPED = """\
--- a/book.py
+++ b/book.py
@@ -8,5 +8,5 @@
     def domains(self):
         found = []
         for entry in self.entries:
-            domain = entry["address"].strip().lower().rpartition("@")[2]
+            domain = entry["address"].rpartition("@")[2]
             if domain not in found:
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    folder = tmp_path / "repository"
    (folder / "tests").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[project]\nname = 'sums'\n")
    (folder / "sums.py").write_text(SOURCE)
    (folder / "tests" / "test_sums.py").write_text(TESTS)
    (tmp_path / "home").mkdir()
    return Shell(folder, tmp_path / "home")


def test_one_command_comes_back_with_a_faster_function(shell: Shell) -> None:
    done = shell("sigil evolve sums.py:total --budget-evals 12 --budget-time 40s --seed 1")
    assert done.code == 0, done.err
    assert "× faster" in done.out
    assert "on held-out inputs: same yes" in done.out
    assert "sigil inspect --spec total" in done.out
    assert "sigil select --spec total" in done.out
    assert (shell.folder / "sums.py").read_text() == SOURCE


def test_a_change_of_what_no_input_reaches_is_told_wherever_the_change_is(shell: Shell) -> None:
    (shell.folder / "tallies.py").write_text(UNREACHED)
    done = shell("sigil evolve tallies.py:tally --budget-evals 4 --budget-time 30s --json")
    assert done.code == 0, done.err
    assert "no input reaches line 10: what changes there is held to nothing" in done.err
    said = "where no input goes: line 10 of tallies.py changed, or what decides when to go there"
    assert done.json()["winner"], "a set makes it several times faster"
    assert done.json()["may_differ"] == said
    assert f"may differ {said}" in shell("sigil inspect --spec tally").out
    assert f"may differ {said}" in shell("sigil inspect --spec tally --html -").out


def test_apply_writes_the_repaired_function_into_the_file(shell: Shell) -> None:
    done = shell("sigil evolve sums.py:gap --budget-time 40s --seed 1 --apply --json")
    assert done.code == 0, done.err
    for line in ("looking for inputs of gap", "wrote ", "run .sigil/gap/", "baseline: "):
        assert line in done.err, "progress is told beside the JSON"
    found = done.json()
    assert found["winner"]["evaluation"]["holdout"]["agreement"]["value"] == 1
    assert found["applied"] == ["sums.py"]
    check = subprocess.run(
        [sys.executable, "-m", "doctest", "sums.py"], cwd=shell.folder, check=False
    )
    assert check.returncode == 0


def test_a_dry_run_writes_nothing(shell: Shell) -> None:
    done = shell("sigil evolve sums.py:total --dry-run --json")
    assert done.code == 0, done.err
    files = done.json()["files"]
    assert files[".sigil/total.cases.jsonl"]["cases"] > 0
    held_out = files[".sigil/total.holdout.jsonl"]
    assert set(held_out) == {"bytes", "digest", "cases"}, "no text of what is held out"
    assert not (shell.folder / ".sigil").exists()


def test_a_dry_run_lists_the_files_that_a_run_writes(shell: Shell) -> None:
    listed = set(shell("sigil evolve sums.py:total --dry-run --json").json()["files"])
    done = shell("sigil evolve sums.py:total --budget-evals 1 --json")
    assert ".sigil/total.sigil.yaml" in listed
    assert listed == set(done.json()["written"])


def test_spec_and_eval_are_made_one_by_one(shell: Shell) -> None:
    assert shell("sigil generate-spec sums --function sums.py:total").code == 0
    done = shell("sigil generate-eval --spec sums speed --json")
    assert done.code == 0, done.err
    assert done.json()["baseline"]["metrics"]["same"]["value"] is True
    assert "looking for inputs of total" in done.err
    assert shell("sigil run --spec sums --dry-run").code == 0


def test_a_method_is_held_to_states_of_its_object_that_no_test_has(shell: Shell) -> None:
    (shell.folder / "book.py").write_text(BOOK)
    (shell.folder / "tests" / "test_book.py").write_text(BOOK_TESTS)
    (shell.folder / "dropped.diff").write_text(DROPPED)
    assert shell("sigil generate-spec book --function book.py:Book.domains").code == 0
    made = shell("sigil generate-eval --spec book speed --seed 1")
    assert made.code == 0, made.err
    done = shell("sigil add-candidate --spec book --patch-file dropped.diff --json")
    assert done.json()["verdict"] == "check", done.out


def test_a_profile_shows_where_the_time_goes(shell: Shell) -> None:
    done = shell("sigil generate-spec --profile --json")
    assert [row["function"] for row in done.json()] == ["sums.py:total"]
    (line,) = shell("sigil generate-spec --profile").out.splitlines()
    assert not line.lstrip().startswith("0.000 "), line


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("sigil evolve nix.py:f", 44, "no file nix.py"),
        ("sigil evolve sums.py:totall", 12, "there is: total"),
        ("sigil evolve sums.py:total --timeout never", 2, "duration"),
        ("sigil evolve sums.py:total --workspace ../.. --dry-run", 12, "not a plain name"),
        ("sigil evolve sums.py:total --cases /dev/zero", 12, "/dev/zero is no regular file"),
        ("sigil evolve sums.py:total --goal repair --dry-run", 30, "nothing to repair"),
        ("sigil generate-spec x --llm", 2, "no files are named"),
        ("sigil generate-eval --spec nix e", 44, "no .sigil folder"),
    ],
)
def test_bad_input_is_one_line(shell: Shell, command: str, code: int, said: str) -> None:
    done = shell(command)
    assert (done.code, said in done.err) == (code, True), done.err
    assert "Traceback" not in done.err


SCRIPT = """\
import re
import sigil

WORD = re.compile(r"[0-9]+")
FACTOR = 1


def helper(x):
    return int(x) * FACTOR


def gap(text):
    \'\'\'Return the largest gap between the numbers of a text.

    >>> gap("1 5 7")
    4
    >>> gap("3, 1")
    2
    >>> gap("0 5 100")
    95
    >>> gap("10-20-20")
    10
    \'\'\'
    xs = sorted(helper(found) for found in WORD.findall(text))
    return max(b - a for a, b in zip(xs, xs[2:]))


result = sigil.evolve(gap, budget="60s", evals=200, seed=1, progress=False)
print(result)
print("accepted", result.accepted, result.held_out, result.run.is_dir())
print("shown", "gap" in result._repr_html_(), "WORD" in result.source, bool(result.diff))
"""


def test_ten_lines_of_python_need_no_guard_and_touch_nothing(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    place = tmp_path_factory.mktemp("temporary")
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env=environment(tmp_path) | {"TMPDIR": str(place)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "accepted True True True" in done.stdout, done.stdout
    assert "shown True True True" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["script.py"]
    assert list(place.iterdir()) == [], "its folder goes with it"


def test_importing_sigil_loads_nothing_else() -> None:
    program = "import sigil, sys; print(sorted(n for n in sys.modules if n.startswith('sigil')))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['sigil']"
