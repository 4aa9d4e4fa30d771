"""What the search finds in sixty slow functions without a model, and whether it is right.

    make bench ARGS=slow                          all of them, up to a minute each
    SIGIL_BENCH_ONLY=text,xor_mask                only these kinds and functions
    SIGIL_BENCH_SECONDS=10                        search for so long each
    SIGIL_BENCH_TABLE=slow.json                   the table as JSON too

Each function has a scratch repository of its own and a whole search in it, as `sigil run` does
it. What it accepts is then compared with the old function once more, by a process that knows
nothing of Sigil, on inputs that no part of the search has met. A search that accepts nothing
counts as a speed-up of 1.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bench.row import Row
from bench.suites.slow import Slow, chosen
from bench.suites.slow.repository import JUDGE_SEED, NAME, write_repository
from bench.suites.slow.wire import encoded

SECONDS = 45.0
"""Of search; with the baseline before it and the confirmation after it a run is done in 60."""

LANES = 2
IMPROVED = 1.1
JUDGE_TIMEOUT_S = 120
_JUDGE = Path(__file__).parent / "suites" / "slow" / "judge.py"


@dataclass(frozen=True)
class Found:
    """What became of one function.

    Args:
        kind: of function.
        function: its name.
        accepted: whether Sigil accepted a change.
        speed_up: of the accepted change on visible inputs, as Sigil measured it; else 1.
        low: lower end of its interval; None without one.
        high: upper end.
        seconds: of the whole run, baseline and confirmation included.
        evaluations: candidates measured.
        proposers: of the steps that led to the change.
        ended: why the search ended, or what went wrong.
        calls: fresh calls on which old and new were compared.
        wrong: how many of them differ.
        fresh_speed_up: on these calls, from plain times.
        by_hand: what a person's version gains on them.
        patch: the change, against the unchanged code.
        differs_on: the first call that differs.
    """

    kind: str
    function: str
    accepted: bool = False
    speed_up: float = 1.0
    low: float | None = None
    high: float | None = None
    seconds: float = 0.0
    evaluations: int = 0
    proposers: tuple[str, ...] = ()
    ended: str = ""
    calls: int = 0
    wrong: int = 0
    fresh_speed_up: float | None = None
    by_hand: float | None = None
    patch: str = ""
    differs_on: str | None = None

    @property
    def improved(self) -> bool:
        """Return whether the change is worth having."""
        return self.accepted and self.speed_up >= IMPROVED

    def __str__(self) -> str:
        between = f"[{self.low:.2f}, {self.high:.2f}]" if self.low and self.high else ""
        fresh = f"{self.fresh_speed_up:.2f}" if self.fresh_speed_up else "-"
        by_hand = f"{self.by_hand:.2f}" if self.by_hand else "-"
        judged = f"{self.wrong} of {self.calls}" if self.accepted else "-"
        by = "+".join(self.proposers) if self.accepted else self.ended
        return (
            f"{self.kind:<14}{self.function:<24}{self.speed_up:>8.2f} {between:<18}"
            f"{fresh:>8} {by_hand:>8} {self.seconds:>6.1f} {self.evaluations:>6} {judged:>8}  {by}"
        )


HEADER = (
    f"{'kind':<14}{'function':<24}{'speed-up':>8} {'99 %':<18}{'fresh':>8} {'by hand':>8} "
    f"{'s':>6} {'evals':>6} {'wrong':>8}  by, or why not"
)


def rows() -> Iterator[Row]:
    """Yield the figures, having printed the table line by line."""
    budget = float(os.environ.get("SIGIL_BENCH_SECONDS", SECONDS))
    table = os.environ.get("SIGIL_BENCH_TABLE")
    functions = chosen(os.environ.get("SIGIL_BENCH_ONLY", ""))
    print(f"  {HEADER}")
    found: list[Found] = []
    for slow in functions:
        found.append(searched(slow, budget))
        print(f"  {found[-1]}", flush=True)
        if table:  # line by line, so that an interrupted run has what it found
            Path(table).write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n")
    yield from figures(found)


def figures(found: Sequence[Found]) -> Iterator[Row]:
    """Yield the median speed-up, the share improved, how many are wrong, and the longest run."""
    speed = statistics.median(one.speed_up for one in found)
    share = 100 * sum(one.improved for one in found) / len(found)
    wrong = sum(bool(one.wrong) for one in found)
    of = f"of {len(found)} slow functions"
    yield Row(f"slow: median speed-up {of}", speed, None, "", "", at_least=3)
    yield Row(f"slow: share improved {of}", share, None, "", "%", at_least=80)
    yield Row(f"slow: wrong on held-out inputs, {of}", wrong, None, "", "", at_most=0)
    longest = max(one.seconds for one in found)
    yield Row(f"slow: longest run {of}", longest, None, "", "s", at_most=60)


def searched(slow: Slow, budget_s: float) -> Found:
    """Search for a faster version of a function, and judge what was accepted.

    Args:
        slow: the function.
        budget_s: wall time of the search; its confirmation comes on top.
    """
    from sigil.errors import SigilError

    with tempfile.TemporaryDirectory(prefix="sigil-slow-") as folder:
        root = Path(folder)
        write_repository(slow, root)
        try:
            found, after = _run(slow, root, budget_s)
        except SigilError as error:
            return Found(slow.kind, slow.name, ended=f"error: {error}")
    attainable = _gain(compared(slow, slow.by_hand.read_text()))
    found = replace(found, by_hand=attainable)
    return found if after is None else _judged(slow, found, after)


def _run(slow: Slow, root: Path, budget_s: float) -> tuple[Found, str | None]:
    """Return what the search says, and the accepted text of the file."""
    from sigil.cli.planning import make_plan
    from sigil.cli.progress import Silent
    from sigil.optimize.run import run
    from sigil.optimize.spec import load_spec
    from sigil.optimize.workspace import candidate_files, open_workspace
    from sigil.search.patch import diff

    flags = {"budget_time": budget_s, "lanes": LANES}
    plan = make_plan(load_spec(root, NAME), None, flags)
    summary = run(plan, open_workspace(plan.spec, "bench"), Silent())
    history = summary.history
    found = Found(
        slow.kind,
        slow.name,
        seconds=summary.elapsed_s,
        evaluations=history.measured(),
        ended=summary.reason,
    )
    if history.winner is None:
        return found, None
    winner = history.candidates[history.winner]
    before = {slow.path.name: slow.path.read_text()}
    after = candidate_files(history, winner, before)
    assert winner.confirmed is not None  # or it would not have been accepted
    latency = winner.confirmed.metrics["latency_ms"]
    between = latency.ratio_interval
    accepted = replace(
        found,
        accepted=True,
        speed_up=1 / latency.ratio if latency.ratio else 1.0,
        low=1 / between.high if between else None,
        high=1 / between.low if between and between.low > 0 else None,
        proposers=_in_order(step.proposer for step in history.lineage(winner)),
        patch=diff(before, after),
    )
    return accepted, after[slow.path.name]


def _judged(slow: Slow, found: Found, after: str) -> Found:
    """Return ``found`` with what a process without Sigil says of the change."""
    answer = compared(slow, after)
    return replace(
        found,
        calls=answer["calls"],
        wrong=answer["wrong"],
        differs_on=answer["first"],
        fresh_speed_up=_gain(answer),
    )


def compared(slow: Slow, after: str) -> dict[str, Any]:
    """Return the judge's answer for a file that holds another version of a function."""
    question = {
        "function": slow.name,
        "baseline": slow.path.read_text(),
        "candidate": after,
        "calls": [encoded(call) for call in slow.inputs.fresh_calls(JUDGE_SEED)],
        "tolerance": slow.inputs.tolerance,
    }
    return judge(question)


def _gain(answer: Mapping[str, Any]) -> float | None:
    before, after = answer.get("baseline_s"), answer.get("candidate_s")
    return before / after if before and after else None


def judge(question: Mapping[str, Any]) -> dict[str, Any]:
    """Compare two versions of a function in a process that knows nothing of Sigil.

    Args:
        question: see `bench.suites.slow.judge`.

    Returns:
        Its answer; every call is wrong if it does not come to one.
    """
    count = len(question["calls"])
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_JUDGE)],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            timeout=JUDGE_TIMEOUT_S,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return {"calls": count, "wrong": count, "first": "not done in time"}
    except subprocess.CalledProcessError as error:
        return {"calls": count, "wrong": count, "first": error.stderr[-200:]}
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        return {"calls": count, "wrong": count, "first": "ended before it answered"}


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
