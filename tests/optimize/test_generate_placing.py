"""Documents that stand in a repository already: used, or refused with a way out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sigil.errors import AlreadyExists
from sigil.evaluate.cases import GivenCase
from sigil.optimize.generate.generating import Documents, Request
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.placing import prepare
from sigil.sandbox.model import Case

SPEC = """\
version: "0.1"
name: total
evals: [{evals}]
pins:
  - {{id: total, files: [sums.py], symbol: total}}
"""
EVAL = """\
version: "0.1"
name: {name}
inputs: {{cases: .sigil/mine.jsonl}}
metrics:
  - {{id: time_ms, kind: call, measure: time, function: "sums.py:total"}}
aggregate: {{objective: min(time_ms)}}
accept: {{rule: "time_ms <= baseline.time_ms"}}
"""


def wanted(root: Path, evals: str | None = None) -> Request:
    """Return a request for a function, beside a spec by hand if evals are given."""
    (root / ".sigil").mkdir(parents=True)
    (root / "sums.py").write_text("def total(xs):\n    return sum(xs)\n")
    (root / ".sigil/mine.jsonl").write_text('{"args": [[1, 2]]}\n')
    if evals is not None:
        (root / ".sigil/total.sigil.yaml").write_text(SPEC.format(evals=evals))
        for name in evals.split(", ") if evals else []:
            (root / f".sigil/{name}.eval.yaml").write_text(EVAL.format(name=name))
    return Request(function_in(root, "sums.py", "total"), "total", 1)


def never(_: Request) -> Documents:
    raise AssertionError("documents were made")


def test_a_spec_written_by_hand_is_used_with_its_own_eval(tmp_path: Path):
    placed = prepare(wanted(tmp_path, "latency"), fresh=False, make=never)
    assert (placed.name, placed.eval_name, placed.written) == ("total", "latency", ())


@pytest.mark.parametrize(
    ("evals", "way_out"),
    [("", "generate-eval --spec total"), ("latency, memory", "run --spec total --eval latency")],
)
def test_a_spec_written_by_hand_without_one_eval_is_refused_with_ways_out(
    tmp_path: Path, evals: str, way_out: str
):
    with pytest.raises(AlreadyExists) as refused:
        prepare(wanted(tmp_path, evals), fresh=False, make=never)
    assert "--name" in (refused.value.remedy or "")
    assert way_out in (refused.value.remedy or "")


def test_given_inputs_are_not_ignored_for_a_spec_written_by_hand(tmp_path: Path):
    request = replace(wanted(tmp_path, "latency"), cases=(GivenCase(Case(([1],))),))
    with pytest.raises(AlreadyExists, match="was not made by evolve"):
        prepare(request, fresh=False, make=never)


def test_a_spec_written_by_hand_is_never_overwritten(tmp_path: Path):
    with pytest.raises(AlreadyExists, match="was not made by evolve"):
        prepare(wanted(tmp_path, "latency"), fresh=True, make=never)


def test_an_eval_written_by_hand_is_never_overwritten(tmp_path: Path):
    request = wanted(tmp_path)
    (tmp_path / ".sigil/total.eval.yaml").write_text(EVAL.format(name="total"))
    with pytest.raises(AlreadyExists, match="not made by evolve"):
        prepare(request, fresh=True, make=never)
