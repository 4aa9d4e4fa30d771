"""Runs that never happened, as large or as nasty as a test of a page needs them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sigil.evaluate.expressions import parse_objective
from sigil.evaluate.result import Evaluation, Failure, Interval, MetricValue
from sigil.evaluate.schema import Accept, Aggregate, EvalModel, Metric
from sigil.optimize.history import Candidate, History, read_history
from sigil.optimize.picture.facts import Facts, Recorded
from sigil.search.model import BASELINE
from sigil.search.patch import diff

KINDS = {"latency": "number", "memory": "number", "right": "truth"}
BEFORE = {"work.py": "def work(n):\n    return sum(range(n))  # 0.5\n"}
AFTER = {"work.py": "def work(n):\n    return n * (n - 1) // 2  # 0.5\n"}


def timed(value: float, baseline: float = 10.0, spread: float | None = 0.05) -> MetricValue:
    ratio = value / baseline
    if spread is None:
        everywhere = Interval(float("-inf"), float("inf"), 0.99)
        return MetricValue(value, 3, everywhere, ratio, everywhere, "ms")
    return MetricValue(
        value,
        9,
        Interval(value * (1 - spread), value * (1 + spread), 0.99),
        ratio,
        Interval(ratio * (1 - spread), ratio * (1 + spread), 0.99),
        "ms",
    )


def measured(value: float, spread: float | None = None, **more: Any) -> Evaluation:
    return Evaluation(
        "measured", metrics={"latency": timed(value, spread=spread)}, costs=(value,), **more
    )


def failed(detail: str = "2 of 3 cases differ", kind: str = "check") -> Evaluation:
    return Evaluation("failed", failure=Failure("right", kind, detail))


BASELINE_FOUND = Evaluation(
    "measured",
    metrics={"latency": replace(timed(10.0), ratio=None, ratio_interval=None)},
    costs=(10.0,),
    log="the generator printed SECRET-IN-A-LOG",
)
ENVIRONMENT = {
    "python": "3.11.7",
    "implementation": "CPython",
    "machine": "x86_64",
    "cores": 2,
    "platform": "Linux",
    "isolation": {"calls": {"level": "L3", "cgroup": "/sys/fs/cgroup/a/b"}, "commands": None},
    "packages": ["numpy==2.4"],
}


MODEL = EvalModel(
    version="0.1",
    name="latency",
    metrics=[
        Metric(id="latency", kind="call", measure="time"),
        Metric(id="memory", kind="numeric", command="./weigh"),
        Metric(id="right", kind="call", measure="matches"),
    ],
    aggregate=Aggregate(objective="min(latency) subject_to right==true"),
    accept=Accept(rule="latency <= 0.95 * baseline.latency"),
)


def recorded(objective: str = "min(latency) subject_to right==true", **changes: Any) -> Recorded:
    base = Recorded(
        run="2026-01-02T03-04-05Z_simple_0123abcd",
        place=".sigil/spec/workspaces/default/runs/2026-01-02T03-04-05Z_simple_0123abcd",
        workspace="default",
        spec="work",
        description="make it quick",
        eval="latency",
        objective=parse_objective(objective, ["latency", "memory", "right"]),
        rule="latency <= 0.95 * baseline.latency",
        inputs_hash="sha256:" + "0123abcd" * 8,
        tree="sha256:" + "f" * 64,
        commit=None,
        settings={"optimizer": "simple", "num": 16, "seed": 7, "version": "0.1.0"},
        times={"created_at": "2026-01-02T03:04:05+00:00"},
        files=BEFORE,
        model=MODEL,
        private=("/srv/people/someone/project", "/srv/people/someone"),
    )
    return replace(base, **changes)


def name(number: int) -> str:
    return f"{number:08x}" * 8


def candidate(number: int, parent: str = BASELINE, **more: Any) -> Candidate:
    fields: dict[str, Any] = {"proposer": "mutate", "note": f"step {number}", "patch": ""}
    return Candidate(name(number), parent, **(fields | more))


def history(*candidates: Candidate, winner: str | None = None, **more: Any) -> History:
    fields: dict[str, Any] = {
        "baseline": BASELINE_FOUND,
        "environment": ENVIRONMENT,
        "ended": "the goal is reached",
    }
    return History(candidates={c.id: c for c in candidates}, winner=winner, **(fields | more))


def improved(note: str = "sum → a product", **changes: Any) -> Facts:
    """A run of three: one that wins, one that fails, one that is no better."""
    best = candidate(
        1,
        patch=diff(BEFORE, AFTER),
        note=note,
        evaluation=measured(1.9),
        confirmed=replace(
            measured(2.0, 0.05, accepted=True),
            holdout={"right": MetricValue(True, 1)},
        ),
    )
    wrong = candidate(2, proposer="tune", evaluation=failed())
    same = candidate(3, evaluation=measured(10.1))
    return Facts(recorded(**changes), history(best, wrong, same, winner=best.id))


def large(count: int = 10_000, seed: int = 1) -> Facts:
    """A run of ``count`` candidates, a third of which fail, in one long journal."""
    stream = random.Random(seed)
    frames: list[tuple[str, Mapping[str, Any]]] = [
        ("baseline", {"evaluation": BASELINE_FOUND.to_json(), "environment": ENVIRONMENT})
    ]
    parent, best = BASELINE, 10.0
    for number in range(1, count + 1):
        proposal = {
            "id": name(number),
            "parent": parent,
            "patch": "",
            "proposer": stream.choice(["mutate", "tune", "rewrite"]),
            "note": f"x * {stream.random()} → y at line {stream.randrange(200)}",
            "seed": number,
        }
        refused = [["rewrite", f"outside of the pin {number % 90}"]]
        frames.append(("asked", {"count": 1, "proposals": [proposal], "refused": refused}))
        value = best * stream.lognormvariate(0.4, 0.17)
        found = failed(f"case {number}") if stream.random() < 0.33 else measured(value)
        frames.append(("evaluated", {"candidate": name(number), "evaluation": found.to_json()}))
        if found.costs and value < best:
            parent, best = name(number), value
    fresh = measured(best, 0.05, accepted=True).to_json()
    frames.append(("confirmed", {"candidate": parent, "evaluation": fresh}))
    frames.append(("ended", {"reason": "the budget is spent", "winner": parent}))
    return Facts(recorded(), read_history(frames))
