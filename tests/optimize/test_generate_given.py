"""Inputs that a person gave, in the real sandbox: kept, or missed with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sigil.errors import BaselineFailed
from sigil.evaluate.cases import GivenCase
from sigil.optimize.generate.generating import Documents, Request, generate_eval
from sigil.optimize.generate.locating import function_in
from sigil.sandbox.model import Case

BURNS = """\
import time

GIVEN = {given}


def burn(ms):
    if ms not in GIVEN:
        raise ValueError(ms)
    end = time.perf_counter() + ms / 1000
    while time.perf_counter() < end:
        pass
    return ms
"""


def made(root: Path, *calls: int, call_s: float) -> Documents:
    """Return the eval of a function that takes as many milliseconds as it is told.

    It takes nothing else, so variations of these inputs cost no time.
    """
    (root / "burns.py").write_text(BURNS.format(given=calls))
    given = tuple(GivenCase(Case((ms,))) for ms in calls)
    function = function_in(root, "burns.py", "burn")
    return generate_eval(Request(function, "burn", seed=1, cases=given, call_s=call_s))


def calls_of(documents: Documents) -> set[int]:
    """Return the milliseconds of every call that is shown or held out, and answered."""
    rows: list[dict[str, Any]] = []
    for path, data in documents.files.items():
        if path.endswith(".jsonl"):
            rows += [json.loads(line) for line in data.decode().splitlines()]
    return {row["args"][0] for row in rows if "raises" not in row}


def test_inputs_that_were_given_stay_though_they_are_slow(tmp_path: Path):
    documents = made(tmp_path, *range(20, 30), call_s=10)
    assert calls_of(documents) == {*range(20, 30)}
    assert "8 inputs from those that were given" in documents.description
    assert documents.notes == ()


def test_inputs_that_were_given_stay_however_many_they_are(tmp_path: Path):
    (tmp_path / "twice.py").write_text("def twice(x):\n    return x + x\n")
    given = tuple(GivenCase(Case((number,))) for number in range(1000, 1350))
    function = function_in(tmp_path, "twice.py", "twice")
    found = calls_of(generate_eval(Request(function, "twice", seed=1, cases=given)))
    assert set(range(1000, 1350)) <= found


def test_an_input_that_never_comes_back_is_named_in_a_note(tmp_path: Path):
    documents = made(tmp_path, 60_000, 1, 2, call_s=0.5)
    assert {1, 2} <= calls_of(documents)
    (note,) = documents.notes
    assert "a call (60000) does not return in time" in note


def test_a_candidate_may_take_as_long_as_slow_inputs_need(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("sigil.optimize.generate.generating.TIMEOUT_S", 1)
    documents = made(tmp_path, 150, 130, call_s=5)
    text = documents.files[".sigil/burn.eval.yaml"].decode()
    allowed = int(text.partition("candidate_timeout_s: ")[2].partition("}")[0])
    assert allowed > 4 * (150 + 130) / 1000


def test_only_calls_that_are_too_slow_end_in_one_line_that_names_the_deadline(tmp_path: Path):
    with pytest.raises(BaselineFailed) as refused:
        made(tmp_path, 60_000, 70_000, call_s=0.2)
    assert "--timeout" in (refused.value.remedy or "")


def test_a_file_with_a_byte_order_mark_is_measured(tmp_path: Path):
    (tmp_path / "marked.py").write_bytes(b"\xef\xbb\xbfdef twice(x: int):\n    return x + x\n")
    function = function_in(tmp_path, "marked.py", "twice")
    given = (GivenCase(Case((3,))),)
    found = generate_eval(Request(function, "twice", seed=1, cases=given))
    assert "1 input from those that were given" in found.description


def refusal_of(root: Path, source: str, *, call_s: float = 5.0) -> BaselineFailed:
    """Return the error of a function ``f`` that no test calls."""
    (root / "alone.py").write_text(source)
    with pytest.raises(BaselineFailed) as refused:
        generate_eval(Request(function_in(root, "alone.py", "f"), "f", seed=1, call_s=call_s))
    return refused.value


def test_what_a_function_raises_from_every_guess_is_said(tmp_path: Path):
    refused = refusal_of(tmp_path, "def f(x: int):\n    raise KeyError('a table')\n")
    assert "KeyError" in str(refused)
    assert "a table" in str(refused)


def test_an_import_that_never_ends_is_no_fault_of_an_input(tmp_path: Path):
    source = "while True:\n    pass\n\n\ndef f(x: int):\n    return x\n"
    refused = refusal_of(tmp_path, source, call_s=0.5)
    assert "cannot be imported" in str(refused)
    assert "--timeout" in (refused.remedy or "")
