"""A whole search, as `sigil run` does it: proposed, checked, measured, recorded durably."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.row import Row

EVALS = 1500

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
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / ".sigil").mkdir()
        (root / ".sigil" / "quadratic.sigil.yaml").write_text(SPEC)
        (root / ".sigil" / "agreement.eval.yaml").write_text(EVAL)
        (root / "f.py").write_text(SOURCE)
        yield from _search(root)


def _search(root: Path) -> Iterator[Row]:
    from sigil.cli.planning import make_plan
    from sigil.cli.progress import Silent
    from sigil.optimize.run import Progress, run
    from sigil.optimize.spec import load_spec
    from sigil.optimize.workspace import open_workspace

    class Watch(Silent):
        """Keeps when each count of evaluations was reached."""

        def progress(self, progress: Progress) -> None:
            seen.append((progress.evaluated, progress.elapsed_s))

    seen: list[tuple[int, float]] = []
    flags = {"budget_evals": EVALS, "patience": EVALS, "num": 32, "lanes": 2}
    plan = make_plan(load_spec(root, "quadratic"), None, flags)
    summary = run(plan, open_workspace(plan.spec, "bench"), Watch())
    rate = summary.history.measured() / summary.elapsed_s
    yield Row("search: candidates proposed, measured and recorded", rate, None, "", "1/s")
    third = EVALS // 3
    early, late = _rate(seen, 0, third), _rate(seen, 2 * third, EVALS)
    yield Row("search: rate at the end against the beginning", late, early, "beginning", "1/s")


def _rate(seen: list[tuple[int, float]], first: int, last: int) -> float:
    inside = [(count, at) for count, at in seen if first <= count <= last]
    (count_0, at_0), (count_1, at_1) = inside[0], inside[-1]
    return (count_1 - count_0) / (at_1 - at_0)
