"""The repository's own tests become a check of every candidate, if they can be run as one."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from sigil.errors import BaselineFailed
from sigil.optimize.generate import recorder
from sigil.optimize.generate.generating import Documents, Request, generate_eval
from sigil.optimize.generate.locating import function_in

FUNCTION = "def total(xs):\n    out = 0\n    for x in xs:\n        out += x\n    return out\n"
TESTS = (
    "from sums import total\n\n\ndef test_total():\n"
    "    assert total([1, 2, 3]) == 6\n    assert total([5, 7]) == 12\n    assert total([4]) == 4\n"
)


@pytest.fixture(autouse=True)
def _tests_are_a_check_however_slow_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sigil.optimize.generate.suite.MOST_S", 50.0)
    monkeypatch.setattr("sigil.optimize.generate.suite.DEADLINE_S", 60.0)


def generated(
    root: Path, tests: str, *, source: str = "sums.py", text: str = FUNCTION
) -> Documents:
    """Return the eval of a repository with one function and one file of tests."""
    for path, written in ((source, text), ("tests/test_sums.py", tests)):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(written)
    function = function_in(root, source, "total")
    return generate_eval(Request(function, "total", seed=1))


def eval_of(documents: Documents) -> str:
    return documents.files[".sigil/total.eval.yaml"].decode()


@pytest.mark.parametrize("source", ["sums.py", "src/sums.py"])
def test_tests_that_pass_are_a_check(tmp_path: Path, source: str):
    text = eval_of(generated(tmp_path, TESTS, source=source))
    assert "{id: tests, kind: checker, command:" in text
    assert "subject_to same==true and tests==true" in text
    assert "its tests pass" in text


@pytest.mark.parametrize(("first", "is_left_out"), [("", True), ("import hypothesis\n", False)])
def test_the_plugin_of_hypothesis_is_left_out_where_no_test_uses_it(
    tmp_path: Path, first: str, is_left_out: bool
):
    text = eval_of(generated(tmp_path, first + TESTS))
    assert "tests==true" in text
    assert ("-p no:hypothesispytest" in text) is is_left_out


BESIDE = """

import unittest


class TestOther(unittest.TestCase):
    def test_total(self):
        self.fail()


class TestSums(unittest.TestCase):
    def test_more(self):
        self.assertEqual(total([8]), 8)
"""


def test_tests_that_fail_elsewhere_leave_those_that_call_it_a_check(tmp_path: Path):
    documents = generated(tmp_path, TESTS + BESIDE)
    text = eval_of(documents)
    assert "same==true and tests==true" in text
    assert "tests/test_sums.py::TestSums::test_more tests/test_sums.py::test_total" in text
    assert "TestOther" not in text


def test_without_pytest_the_calling_tests_are_named_too(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("sigil.optimize.generate.suite._OPTIONS", "--no-such-option")
    documents = generated(tmp_path, f"from sums import total\n{BESIDE}")
    assert "python -m unittest -q tests.test_sums.TestSums.test_more" in eval_of(documents)


def test_a_test_that_calls_it_and_fails_is_named_and_ends_the_check(tmp_path: Path):
    failing = "\n\ndef test_bad():\n    assert len(str(total([1, 2]))) == 9\n"
    documents = generated(tmp_path, TESTS + failing)
    assert "tests==true" not in eval_of(documents)
    assert any(
        "a test that calls it fails (tests/test_sums.py, test_bad)" in note
        for note in documents.notes
    )


def test_how_tests_of_something_else_ran_is_not_told(tmp_path: Path):
    documents = generated(tmp_path, "def test_other():\n    assert False\n")
    assert not any("tests passed" in note for note in documents.notes)


def test_tests_that_take_long_are_no_check_and_the_user_is_told(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("sigil.optimize.generate.suite.MOST_S", 0.0)
    documents = generated(tmp_path, TESTS)
    assert "tests==true" not in eval_of(documents)
    assert any("its tests take over 0 s" in note for note in documents.notes)


def test_tests_that_need_a_pytest_that_is_missing_are_no_check_and_the_user_is_told(
    tmp_path: Path,
):
    venv.create(tmp_path / ".venv", symlinks=True)
    documents = generated(tmp_path, TESTS)
    assert "tests==true" not in eval_of(documents)
    assert any("by one command here (its Python has no pytest)" in n for n in documents.notes)


def test_tests_that_cannot_be_imported_are_named_in_the_place_of_no_test(tmp_path: Path):
    venv.create(tmp_path / ".venv", symlinks=True)
    tests = "import pytest\nfrom sums import total\n"
    with pytest.raises(BaselineFailed) as refused:
        generated(tmp_path, tests, text="def total(numbers):\n    return numbers.sum\n")
    assert str(refused.value).endswith(
        "no inputs for total: tests/test_sums.py cannot be imported (ModuleNotFoundError: No "
        "module named 'pytest'), so nobody knows what its tests call; install pytest into the "
        "repository's .venv, whose Python runs the tests"
    )


def test_tests_that_fail_for_want_of_pytest_are_named_where_inputs_are_guessed(tmp_path: Path):
    venv.create(tmp_path / ".venv", symlinks=True)
    tests = "from sums import total\n\n\ndef test_it(tmp_path):\n    total([1])\n"
    assert any(
        note.startswith("tests/test_sums.py failed without pytest, which its Python lacks, so its")
        for note in generated(tmp_path, tests).notes
    )


def test_what_tests_write_into_the_recording_gets_no_power_over_a_terminal(tmp_path: Path):
    forged = (
        "\n\ndef test_forged():\n    import json, os\n"
        "    said = json.dumps(['ended', 1, chr(27) + '[31mEVIL' + chr(7)])\n"
        "    open('sigil_recorder.out', 'a').write(said + chr(10) + '[' * 100000 + chr(10))\n"
        "    os._exit(0)\n"
    )
    notes = generated(tmp_path, TESTS + forged).notes
    assert any("EVIL" in note for note in notes)
    assert not any("\x1b" in note or "\x07" in note for note in notes)


def test_without_pytest_it_is_recorded_which_tests_call_it_and_which_fail(tmp_path: Path):
    (tmp_path / "sums.py").write_text(FUNCTION)
    (tmp_path / "test_sums.py").write_text(TESTS + BESIDE)
    config = {
        "file": "sums.py", "qualname": "total", "is_method": False, "roots": ["."],
        "tests": ["test_sums.py"], "doctests": [], "profile": False,
        "out": "out", "calls": 9, "bytes": 9_999,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    # Without site-packages there is no pytest.
    command = [sys.executable, "-S", recorder.__file__, "config.json"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    lines = list(map(json.loads, (tmp_path / "out").read_text().splitlines()))
    assert ["note", "no pytest"] in lines
    assert [line for line in lines if line[0] == "called"] == [
        ["called", "test_sums.py", "TestSums.test_more"],
        ["called", "test_sums.py", "test_total"],
    ]
    assert ["broken", "test_sums.py", "TestOther.test_total"] in lines
