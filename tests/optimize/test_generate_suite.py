"""The repository's own tests become a check of every candidate, if they can be run as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigil.optimize.generate.generating import Documents, Request, generate_eval
from sigil.optimize.generate.locating import function_in

FUNCTION = "def total(xs):\n    out = 0\n    for x in xs:\n        out += x\n    return out\n"
TESTS = (
    "from sums import total\n\n\ndef test_total():\n"
    "    assert total([1, 2, 3]) == 6\n    assert total([5, 7]) == 12\n    assert total([4]) == 4\n"
)


def generated(root: Path, tests: str, *, source: str = "sums.py") -> Documents:
    """Return the eval of a repository with one function and one file of tests."""
    for path, text in ((source, FUNCTION), ("tests/test_sums.py", tests)):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
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


def test_tests_that_fail_elsewhere_are_no_check(tmp_path: Path):
    documents = generated(tmp_path, f"{TESTS}\n\ndef test_other():\n    assert False\n")
    assert "tests==true" not in eval_of(documents)
    assert any("not all tests passed" in note for note in documents.notes)


def test_tests_that_take_long_are_no_check_and_the_user_is_told(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("sigil.optimize.generate.suite.MOST_S", 0.0)
    monkeypatch.setattr("sigil.optimize.generate.suite.DEADLINE_S", 30.0)
    documents = generated(tmp_path, TESTS)
    assert "tests==true" not in eval_of(documents)
    assert any("its tests take over 0 s" in note for note in documents.notes)


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
