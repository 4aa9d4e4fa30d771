"""Every example loads, its page is true, and the short ones find what their pages say.

Not here: how much faster the timed ones become. That depends on the machine, and their
pages say on which it was measured.
"""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.shell import EXAMPLES, Shell

pytestmark = pytest.mark.e2e
NAMES = sorted({path.parent.parent.name for path in EXAMPLES.glob("*/.sigil/*.sigil.yaml")})
"""Examples of a search; those of an exam are run by `tests/gate`."""
PAGES = sorted(page for page in EXAMPLES.glob("*/README.md") if page.parent.name in NAMES)
EXACT = {"bin_packing": 48, "job_order": 48, "sine_polynomial": 200}
"""Examples without a clock or a goal soon reached: how many evaluations make them better."""
PRINTING = sorted({path.parent.name for path in EXAMPLES.glob("*/make_*.py")} - {"radix_sort"})
"""Examples whose generator prints cases; the compiled one writes a file of keys."""

each = pytest.mark.parametrize("name", NAMES)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)


def console(page: Path) -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def winning_diff(page: Path) -> str:
    [diff] = re.findall(r"^```diff\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return str(diff)


def printed_by_generator(name: str, seed: int) -> str:
    [script] = (EXAMPLES / name).glob("make_*.py")
    done = subprocess.run(
        [sys.executable, script],
        env={"SIGIL_SEED": str(seed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@each
def test_a_dry_run_finds_nothing_wrong(name: str, example: Callable[[str], Shell]) -> None:
    if name == "radix_sort" and shutil.which("cc") is None:
        pytest.skip("no C compiler: cc is not on the path")
    done = example(name)(f"sigil run --spec {name} --workspace demo --dry-run")
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    "name", [name for name in NAMES if (EXAMPLES / name / "README.md").exists()]
)
def test_the_table_of_examples_has_a_row_for_each(name: str) -> None:
    assert f"[{name}]({name})" in (EXAMPLES / "README.md").read_text()


@each_page
def test_a_page_fits_on_a_page(page: Path) -> None:
    assert len(page.read_text().splitlines()) <= 75


@each_page
def test_the_commands_of_a_page_name_its_own_spec(page: Path) -> None:
    change, *commands = console(page)
    name = page.parent.name
    assert change == f"cd examples/{name}"
    assert commands[0].startswith(f"sigil run --spec {name} --workspace demo --budget-time ")
    assert all(f"--spec {name} --workspace demo" in command for command in commands)


@each_page
def test_the_winning_diff_of_a_page_is_inside_the_pins(
    page: Path, example: Callable[[str], Shell]
) -> None:
    shell = example(page.parent.name)
    (shell.folder / "winner.diff").write_text(winning_diff(page))
    done = shell(f"sigil validate-patch --spec {page.parent.name} --patch-file winner.diff")
    assert done.code == 0, done.err


@pytest.mark.parametrize("name", EXACT)
def test_an_example_without_a_clock_becomes_better(
    name: str, example: Callable[[str], Shell]
) -> None:
    done = example(name)(
        f"sigil run --spec {name} --workspace demo --budget-evals {EXACT[name]} --json"
    )
    assert done.code == 0, done.err
    assert done.json()["winner"]["verdict"] == "accepted"


def test_the_commands_of_a_page_work_as_written(example: Callable[[str], Shell]) -> None:
    page = EXAMPLES / "free_slots" / "README.md"
    shell = example("free_slots")
    said = [shell(command) for command in console(page)[1:]]
    assert [done.code for done in said] == [0, 0, 0], said
    assert "the goal is reached" in said[0].out
    assert said[-1].out.startswith("--- a/free_slots.py")


@pytest.mark.parametrize("name", PRINTING)
def test_inputs_follow_from_their_seed_and_none_is_held_out(name: str) -> None:
    visible, held_out = printed_by_generator(name, 17), printed_by_generator(name, 2)
    assert visible == printed_by_generator(name, 17)
    assert visible != held_out
    assert all(json.loads(line)["args"] for line in visible.splitlines())


@pytest.mark.parametrize("name", ["clean_contacts", "free_slots", "netstrings"])
def test_the_winner_of_a_page_is_right_on_inputs_that_no_search_has_met(
    name: str, example: Callable[[str], Shell]
) -> None:
    shell = example(name)
    before = runpy.run_path(str(shell.folder / f"{name}.py"))[name]
    (shell.folder / "winner.diff").write_text(winning_diff(EXAMPLES / name / "README.md"))
    assert shell("git apply winner.diff").code == 0
    after = runpy.run_path(str(shell.folder / f"{name}.py"))[name]
    for line in printed_by_generator(name, 99).splitlines():
        case = json.loads(line)
        expected = case["expected"] if "expected" in case else before(*case["args"])
        assert json.loads(json.dumps(after(*case["args"]))) == json.loads(json.dumps(expected))


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler: cc is not on the path")
@pytest.mark.parametrize("version", ["before", "after"])
def test_the_compiled_example_sorts(version: str, example: Callable[[str], Shell]) -> None:
    shell = example("radix_sort")
    if version == "after":
        (shell.folder / "winner.diff").write_text(
            winning_diff(EXAMPLES / "radix_sort" / "README.md")
        )
        assert shell("git apply winner.diff").code == 0
    for command in (
        "python3 make_keys.py",
        "cc -O2 -std=c99 -Wall -Wextra -Werror -o radix_sort radix_sort.c",
        "./radix_sort keys.bin sorted.bin",
    ):
        done = shell(command)
        assert done.code == 0, f"{command}: {done.err}"
    expected = (shell.folder / "expected.bin").read_bytes()
    assert (shell.folder / "sorted.bin").read_bytes() == expected
