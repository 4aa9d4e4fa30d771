"""A whole search with a model that answers at once, or after half a second, on loopback.

Every candidate is a distinct valid change, asked for over HTTP, isolated and
recorded durably. The server is a process of its own, whose time is not counted.
"""

from __future__ import annotations

import heapq
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.row import Row

FEW, MANY, WINDOW = 200, 2000, 200
LANES, IN_FLIGHT = 2, 8
LATENCY_S, WAITED_FOR = 0.5, 160
UNEVEN_S, SELDOM, TIMES = 0.2, 20, 10

SPEC = """\
name: fit
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
accept: {rule: error <= 0.0001 * baseline.error}
"""
SOURCE = "def f(x):\n    return x\n"
SERVER = """\
import itertools, sys
from sigil.testing.model_server import Fault, ModelServer
delay, seldom, times = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
def script(request, number):
    wait = delay * (times if number % seldom == seldom // 2 else 1)
    body = f"    return {number} * x * x + {number % 97} * x + {number % 89}"
    return Fault(f"Try {number}.\\n\\n```python\\ndef f(x):\\n{body}\\n```\\n", delay_s=wait)
with ModelServer(script) as server:
    print(server.openai_url, flush=True)
    sys.stdin.read()
"""


def rows() -> Iterator[Row]:
    """Yield rates, processor time and latency of searches with a model."""
    import pytest  # here, for those who import this module and are being timed

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", f"{folder}/cache")
        with served(0) as url:
            seen, elapsed_s, few = _timed(Path(folder) / "few", url, FEW)
            yield Row(f"model: {FEW} candidates end to end", FEW / elapsed_s, None, "", "1/s")
            name = f"model: processor time a candidate, of {FEW} with start and end"
            yield Row(name, 1000 * few / FEW, None, "", "ms", at_most=5)
            _, _, again = _timed(Path(folder) / "again", url, FEW)  # everything is imported by now
            seen, _, many = _timed(Path(folder) / "many", url, MANY)
            name = f"model: processor time a candidate, of {MANY} with start and end"
            whole = many + few - again  # what is imported once is of the first run alone
            yield Row(name, 1000 * whole / MANY, None, "", "ms", at_most=5)
            each = (many - again) / (MANY - FEW)
            name = "model: processor time of each candidate more"
            yield Row(name, 1000 * each, None, "", "ms", at_most=5)
            early, late = rate(seen, FEW), rate(seen, MANY - WINDOW)
            name = f"model: rate at {MANY} candidates"
            yield Row(name, late, early, f"at {FEW}", "1/s", at_least=0.9)
        with served(LATENCY_S) as url:
            seen, _ = searched(Path(folder) / "late", url, WAITED_FOR)
            spent = seen[-1][1] - seen[0][1]
            ideal = ideal_s(seen[-1][0] - seen[0][0], LATENCY_S)
            name = f"model: {WAITED_FOR} candidates, {LATENCY_S} s late, {IN_FLIGHT} in flight"
            yield Row(name, spent, ideal, "ideal", "s", at_most=1.1)
        with served(UNEVEN_S, every=SELDOM, times=TIMES) as url:
            seen, _ = searched(Path(folder) / "uneven", url, WAITED_FOR)
            spent = seen[-1][1] - seen[0][1]
            ideal = ideal_s(seen[-1][0] - seen[0][0], UNEVEN_S, every=SELDOM, times=TIMES)
            name = f"model: the same, {UNEVEN_S} s late, each {SELDOM}th {TIMES} times as late"
            yield Row(name, spent, ideal, "ideal", "s", at_most=1.15)


@contextmanager
def served(delay_s: float, *, every: int = 1, times: int = 1) -> Iterator[str]:
    """Run a model server in a process of its own; yield its address.

    Args:
        delay_s: until it answers.
        every: of so many answers one takes longer.
        times: so many times as long.
    """
    command = [sys.executable, "-c", SERVER, str(delay_s), str(every), str(times)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()


def ideal_s(count: int, delay_s: float, *, every: int = 1, times: int = 1) -> float:
    """Return how long so many answers take, in order of asking, with nobody idle while any is due.

    Args:
        count: answers.
        delay_s: until one is there.
        every: of so many answers one takes longer.
        times: so many times as long.
    """
    free = [0.0] * IN_FLIGHT
    for number in range(count):
        wait = delay_s * (times if number % every == every // 2 else 1)
        heapq.heapreplace(free, free[0] + wait)
    return max(free)


def searched(root: Path, url: str, count: int) -> tuple[list[tuple[int, float]], float]:
    """Search in a new repository; return (candidates, seconds) as it went on, and the whole time.

    Args:
        root: of the repository, to be made.
        url: of the model server.
        count: candidates to measure.
    """
    from sigil.cli.planning import make_plan
    from sigil.cli.progress import Silent
    from sigil.optimize.report import Progress
    from sigil.optimize.run import run
    from sigil.optimize.spec import load_spec
    from sigil.optimize.workspace import open_workspace

    class Watch(Silent):
        """Keeps when each count of evaluations was reached."""

        def progress(self, progress: Progress) -> None:
            seen.append((progress.evaluated, progress.elapsed_s))

    write_repository(root, url)
    spec = load_spec(root, "fit")
    flags: dict[str, Any] = {"budget_evals": count, "patience": 2 * count, "lanes": LANES}
    plan = make_plan(spec, None, {**flags, "num": 2 * IN_FLIGHT, "in_flight": IN_FLIGHT})
    seen: list[tuple[int, float]] = []
    summary = run(plan, open_workspace(spec, "bench"), Watch())
    assert summary.history.measured() == count
    return seen, summary.elapsed_s


def _timed(root: Path, url: str, count: int) -> tuple[list[tuple[int, float]], float, float]:
    """Return what `searched` does, and the seconds of processor time that it took."""
    before = _cpu_s()
    seen, elapsed_s = searched(root, url, count)
    return seen, elapsed_s, _cpu_s() - before


def write_repository(root: Path, url: str) -> None:
    """Write a repository whose one function is to be fitted by the model behind ``url``."""
    entry = {"provider": "openai-compatible", "model": "bench", "base_url": url}
    entry |= {"price_input_usd": 0.0, "price_output_usd": 0.0}
    settings = {"optimizer_params": {"simple": {"models": {"default_llm": entry}}}}
    (root / ".sigil").mkdir(parents=True)
    (root / ".sigil" / "fit.sigil.yaml").write_text(SPEC)
    (root / ".sigil" / "agreement.eval.yaml").write_text(EVAL)
    (root / ".sigil" / "sigil.yaml").write_text(json.dumps(settings))
    (root / "f.py").write_text(SOURCE)


def rate(seen: list[tuple[int, float]], first: int) -> float:
    """Return candidates a second in a window that begins at ``first``."""
    inside = [(count, at) for count, at in seen if first <= count <= first + WINDOW]
    (count_0, at_0), (count_1, at_1) = inside[0], inside[-1]
    return (count_1 - count_0) / (at_1 - at_0)


def _cpu_s() -> float:
    """Return the processor time of this process and of the children that ended."""
    times = os.times()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times.user + times.system + children.ru_utime + children.ru_stime
