"""A whole search, as `sigil run` does it: proposed, checked, measured, recorded durably.

One run of 10,000 candidates, looked at as it grows, then inspected and resumed. What a machine
gives to one process changes within seconds, so that two windows of one run, half a minute
apart, cannot be compared: the long run goes on in turns with young ones, and each pair of
neighbours is a ratio.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.row import Row, median_seconds

EVALS = 10_000
EARLY, WINDOW, PAIRS = 500, 500, 5
MORE = 64
"""How many candidates a resumed run goes on for, before it is timed."""

SPEC = """\
name: quadratic
evals: [agreement]
pins:
  - {id: f, language: python, files: [f.py], symbol: f}
"""
EVAL = """\
version: "0.1"
name: agreement
inputs:
  cases:
    - {args: [0.5], expected: 7.125}
    - {args: [2], expected: 31.7}
    - {args: [3.5], expected: -4.75}
metrics:
  - {id: error, kind: call, measure: error}
aggregate: {objective: min(error)}
accept: {rule: error <= 0.5 * baseline.error}
"""
SOURCE = "def f(x):\n    y = x + 1\n    return y * x - 3\n"


def rows() -> Iterator[Row]:
    """Yield the figures of one long search."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", f"{folder}/cache")
        root = Path(folder) / "repository"
        (root / ".sigil").mkdir(parents=True)
        (root / ".sigil" / "quadratic.sigil.yaml").write_text(SPEC)
        (root / ".sigil" / "agreement.eval.yaml").write_text(EVAL)
        (root / "f.py").write_text(SOURCE)
        yield from _search(root)
        yield _inspect(root)
        yield _resume(root)
        yield _late_and_early(root)


def _search(root: Path) -> Iterator[Row]:
    from sigil.optimize.report import Summary

    seen, summary = _run(root, EVALS)
    assert isinstance(summary, Summary)
    rate = summary.history.measured() / summary.elapsed_s
    yield Row("search: candidates proposed, measured and recorded", rate, None, "", "1/s")
    first, last = (_memory(seen, count) for count in (EARLY, EVALS))
    yield Row(f"search: peak memory at {EVALS}", last, first, f"at {EARLY}", "MiB", at_most=1.5)


def _inspect(root: Path) -> Row:
    command = [str(Path(sys.executable).with_name("sigil")), "inspect", "--spec", "quadratic"]
    command += ["--workspace", "bench", "--repo-root", str(root)]
    seconds = median_seconds(lambda: subprocess.run(command, check=True, capture_output=True), 3)
    return Row(f"inspect a run of {EVALS} candidates", seconds, None, "", "s", at_most=1)


def _resume(root: Path) -> Row:
    """Return how long it takes until a resumed run has measured something new."""
    seen, _ = _run(root, EVALS + MORE, resume=True)
    seconds = next(at for count, at, _ in seen if count > EVALS)
    return Row(f"resume a run of {EVALS} candidates", seconds, None, "", "s", at_most=2)


def _late_and_early(root: Path) -> Row:
    """Return the rate of the long run as it goes on beside that of young ones, in turns.

    Each is looked at after as many candidates of its own process, which are its warm-up.
    """
    pairs: list[tuple[float, float]] = []
    for turn in range(PAIRS):
        young, _ = _run(root, EARLY + WINDOW, workspace=f"young{turn}")
        reached = EVALS + MORE + turn * (EARLY + WINDOW)
        old, _ = _run(root, reached + EARLY + WINDOW, resume=True)
        pairs.append((_rate(old, reached + EARLY), _rate(young, EARLY)))
    late, early = sorted(pairs, key=lambda pair: pair[0] / pair[1])[PAIRS // 2]
    return Row(
        f"search: rate at {EVALS} candidates", late, early, f"at {EARLY}", "1/s", at_least=0.9
    )


def _run(
    root: Path, evals: int, *, workspace: str = "bench", resume: bool = False
) -> tuple[list[tuple[int, float, float]], object]:
    """Return (candidates, seconds, MiB at most so far) as a run went on, and its summary."""
    from sigil.cli.planning import make_plan
    from sigil.cli.progress import Silent
    from sigil.optimize.report import Progress
    from sigil.optimize.run import run
    from sigil.optimize.spec import load_spec
    from sigil.optimize.workspace import open_workspace

    class Watch(Silent):
        """Keeps when each count of evaluations was reached."""

        def progress(self, progress: Progress) -> None:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            seen.append((progress.evaluated, progress.elapsed_s, peak))

    seen: list[tuple[int, float, float]] = []
    spec = load_spec(root, "quadratic")
    place = open_workspace(spec, workspace)
    existing = place.find_run() if resume else None
    flags = {"budget_evals": evals, "patience": 2 * evals, "num": 24, "lanes": 2}
    plan = make_plan(spec, None, flags, recorded=existing)
    return seen, run(plan, place, Watch(), existing=existing)


def _rate(seen: list[tuple[int, float, float]], first: int) -> float:
    """Return candidates a second from when ``first`` of them were there until `WINDOW` more were.

    What a run does after its last candidate, confirming the best, is no part of it.
    """
    reached = ((count, at) for count, at, _ in seen if count >= first)
    count_0, at_0 = next(reached)
    count_1, at_1 = next((count, at) for count, at in reached if count >= first + WINDOW)
    return (count_1 - count_0) / (at_1 - at_0)


def _memory(seen: list[tuple[int, float, float]], count: int) -> float:
    return next(peak for reached, _, peak in seen if reached >= count)
