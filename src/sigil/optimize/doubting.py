"""When may the result of a change differ, as far as the record of its run tells?

Not here: what a rewrite says of itself, which is its note; how it is found out
(`sigil.optimize.unreached`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from sigil.evaluate.schema import EvalModel
from sigil.optimize.history import Candidate, History
from sigil.optimize.unreached import doubt
from sigil.optimize.workspace import candidate_files
from sigil.store.documents import parse_document, validate
from sigil.store.records import RunRecord

_NUMBER = re.compile(r"(?:^|; )-?\d[\w.+-]* → -?\d[\w.+-]* at line ")
"""A step that writes another number, in its note."""


def doubt_of(run: Path, history: History, candidate: Candidate | None) -> str:
    """Return when a candidate's result may differ, as a clause after "may differ"; else nothing.

    Args:
        run: the folder of the run.
        history: of it.
        candidate: of it; of none nothing is said.

    Raises:
        Corrupt: an input is not what was recorded.
    """
    if candidate is None:
        return ""
    record = RunRecord.open(run)
    model = validate(parse_document(record.snapshot("eval"), "inputs/eval"), EvalModel)
    before = {str(k): str(v) for k, v in json.loads(record.snapshot("pinned")).items()}
    return doubts(model, json.loads(record.snapshot("cases")), before, history, candidate)


def doubts(
    model: EvalModel,
    cases: Mapping[str, str],
    before: Mapping[str, str],
    history: History,
    candidate: Candidate,
) -> str:
    """Return the same of a record that was read.

    Args:
        model: its eval.
        cases: digests of its files of inputs, by path.
        before: text of the pinned files as the run found them, by path.
        history: of the run.
        candidate: of it.
    """
    after = candidate_files(history, candidate, before)
    found = (_of_numbers(model, history, candidate), doubt(model.unreached, cases, before, after))
    return "; and ".join(filter(None, found))


def _of_numbers(model: EvalModel, history: History, candidate: Candidate) -> str:
    """Return what another number may mean where results are to stay what they are."""
    same = any(metric.measure == "matches" for metric in model.metrics)
    if same and any(_NUMBER.search(step.note) for step in history.lineage(candidate)):
        return "for inputs unlike those tried: a number is another, as how often a loop goes on"
    return ""
