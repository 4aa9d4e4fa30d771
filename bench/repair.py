"""Planted bugs repaired by a whole run, without a model: proposed, measured, accepted, recorded.

Each function of `bench.suites.repair` is searched for at most a minute on two lanes, from
cases that show what is expected. It counts as repaired if the run accepts a candidate, which
held-out inputs have to confirm; and such a candidate is then compared with the correct twin
on inputs that neither search nor acceptance ever saw. One that differs there is wrong.

    python -m bench repair
    SIGIL_BENCH_REPAIR="off by one" python -m bench repair    those with this in their name
    SIGIL_BENCH_REPAIR=::5 python -m bench repair             each fifth
"""

from __future__ import annotations

import copy
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.row import Row
from bench.suites.repair import SUITE, Bug
from sigil.evaluate.agreement import agrees, as_json

SECONDS = 60
SEEN, HELD_OUT, JUDGED = 40, 60, 300
SHARE = 0.6
SPEC = """\
name: repair
evals: [right]
pins:
  - {{id: f, language: python, files: [f.py], symbol: {function}}}
"""
EVAL = """\
version: "0.1"
name: right
inputs: {cases: seen.json}
holdout: {cases: held_out.json}
metrics:
  - {id: agreement, kind: call, measure: agreement, goal: 1}
aggregate: {objective: max(agreement)}
accept: {rule: agreement >= 1}
budgets: {candidate_timeout_s: 0.4}
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a bug.

    Args:
        repaired: whether the run accepted a candidate.
        right: whether that is right on fresh inputs; None without one.
        evaluations: how many candidates were measured.
        seconds: from beginning to end.
        note: what the accepted candidate changed, or why the run ended.
    """

    repaired: bool
    right: bool | None
    evaluations: int
    seconds: float
    note: str


def rows() -> Iterator[Row]:
    """Yield the share that was repaired, and how many repairs are wrong."""
    bugs = chosen(os.environ.get("SIGIL_BENCH_REPAIR", ""))
    attempts: list[Attempt] = []
    for bug in bugs:
        attempt = attempted(bug)
        attempts.append(attempt)
        verdict = {True: "repaired", False: "WRONG", None: "not repaired"}[attempt.right]
        print(
            f"    {bug.name:<52} {verdict:<13} {attempt.evaluations:>6} evaluations "
            f"{attempt.seconds:>5.1f} s  {attempt.note}",
            flush=True,
        )
    repaired = sum(attempt.repaired for attempt in attempts)
    name = f"repair: share of {len(bugs)} planted bugs repaired in {SECONDS} s"
    yield Row(name, repaired / len(bugs), None, "", "", at_least=SHARE)
    wrong = sum(attempt.right is False for attempt in attempts)
    yield Row("repair: accepted, but wrong on fresh inputs", wrong, None, "", "", at_most=0)


def chosen(wanted: str) -> Sequence[Bug]:
    """Return the bugs with ``wanted`` in their name, or each n-th of all for ``::n``."""
    if wanted.startswith("::"):
        return SUITE[:: int(wanted[2:])]
    return [bug for bug in SUITE if wanted in bug.name]


def attempted(bug: Bug) -> Attempt:
    """Search for a repair of ``bug`` in a scratch folder."""
    from sigil.cli.planning import make_plan
    from sigil.cli.progress import Silent
    from sigil.optimize.run import run
    from sigil.optimize.spec import load_spec
    from sigil.optimize.workspace import open_workspace
    from sigil.search.patch import check

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / ".sigil").mkdir()
        (root / ".sigil" / "repair.sigil.yaml").write_text(SPEC.format(function=bug.function))
        (root / ".sigil" / "right.eval.yaml").write_text(EVAL)
        (root / "f.py").write_text(bug.source)
        (root / "seen.json").write_text(json.dumps(cases(bug, 1, SEEN)))
        (root / "held_out.json").write_text(json.dumps(cases(bug, 2, HELD_OUT)))
        flags = {"budget_time": SECONDS, "patience": 10**6, "num": 16, "lanes": 2}
        plan = make_plan(load_spec(root, "repair"), None, flags)
        began = time.perf_counter()
        summary = run(plan, open_workspace(plan.spec, "bench"), Silent())
        seconds, history = time.perf_counter() - began, summary.history
        best = history.best_accepted()
        if best is None:
            return Attempt(False, None, history.measured(), seconds, summary.reason)
        text = {"f.py": bug.source}
        for step in [*history.lineage(best)]:
            text = dict(check(step.patch, text, plan.spec.pins()))
        return Attempt(
            True, right_on_fresh_inputs(bug, text["f.py"]), history.measured(), seconds, best.note
        )


def cases(bug: Bug, seed: int, count: int) -> list[dict[str, object]]:
    """Return calls with what the correct function gives; each seed has calls of its own."""
    stream = random.Random(seed)
    found: list[dict[str, object]] = []
    for _ in range(count):
        arguments = bug.draw(stream)
        expected = bug.correct(*copy.deepcopy(arguments))
        found.append({"args": arguments, "expected": expected})
    return found


def right_on_fresh_inputs(bug: Bug, text: str) -> bool:
    """Return whether an accepted repair does as its twin does on inputs of a third seed."""
    scope: dict[str, object] = {}
    exec(text, scope)  # our own function with an edit that passed a hundred cases
    function = scope[bug.function]
    assert callable(function)
    for case in cases(bug, 3, JUDGED):
        arguments = case["args"]
        assert isinstance(arguments, list)
        try:
            if not agrees(as_json(function(*arguments)), as_json(case["expected"])):
                return False
        except Exception:  # noqa: BLE001 - whatever it raises, it is wrong
            return False
    return True
