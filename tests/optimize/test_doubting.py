"""What another number may mean is told where results are to stay what they are."""

from __future__ import annotations

import pytest

from sigil.evaluate.schema import EvalModel
from sigil.optimize.doubting import _of_numbers
from sigil.optimize.history import Candidate, History
from sigil.search.model import BASELINE
from sigil.store.documents import parse_document, validate

TIMED = """\
version: "0.1"
name: e
metrics:
  - {id: same, kind: call, measure: matches}
  - {id: time_ms, kind: call, measure: time}
aggregate: {objective: min(time_ms) subject_to same==true}
accept: {rule: time_ms <= 0.95 * baseline.time_ms}
"""
TUNED = TIMED.replace("matches", "error").replace("subject_to same==true", "")


def said(text: str, *notes: str) -> str:
    model = validate(parse_document(text.encode(), "e.eval.yaml"), EvalModel)
    history, parent = History(), BASELINE
    for number, note in enumerate(notes):
        history.candidates[f"c{number}"] = Candidate(f"c{number}", parent, "", "tune", note=note)
        parent = f"c{number}"
    return _of_numbers(model, history, history.candidates[parent])


@pytest.mark.parametrize(
    "notes",
    [
        ["400 → 200 at line 9"],
        ["1e-9 → 2.5e-06 at line 2; 40 → 80 at line 4"],
        ["x → y at line 1; -1 → -2 at line 3"],
        ["400 → 200 at line 9", "items in a set at line 3; may differ if one cannot be hashed"],
    ],
)
def test_another_number_may_not_do_for_inputs_that_nobody_tried(notes: list[str]) -> None:
    assert said(TIMED, *notes).startswith("for inputs unlike those tried: a number is another")


@pytest.mark.parametrize("note", ["return x → x * x at line 2", "n → 2 at line 3", "without 1 → 2"])
def test_where_no_number_is_another_nothing_is_said_of_it(note: str) -> None:
    assert said(TIMED, note) == ""


def test_where_numbers_are_what_is_sought_nothing_is_said_of_them() -> None:
    assert said(TUNED, "400 → 200 at line 9") == ""
