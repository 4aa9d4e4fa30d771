"""What does an exam cost: the process of a scenario, its steps over HTTP, a whole evaluation?

All on one machine in one run. The peer for steps is pytest with httpx against the same server; the
evaluation is that of examples/sealed_exam, both sides in the sandbox, without a browser.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from types import ModuleType
from unittest import mock

from bench.peers_programs.installing import NotInstalled, Peer, python_of
from bench.row import Row, seconds
from bench.service import served
from sigil.gate.deploy import Deployment, Source, deploy
from sigil.gate.deploy.settings import External
from sigil.gate.effects import Call
from sigil.gate.exam.channel import Assignment
from sigil.gate.exam.hall import Hall
from sigil.gate.lua import Limits
from sigil.gate.model import Scenario, Status

PYTEST = Peer("pytest + httpx", "pytest-httpx", "0.36.2", "")
"""Brings both."""
STEPS, ROUNDS, PROCESSES, EVALS = 2000, 5, 50, 3
EMPTY = "return { run = function() expect(true) end }"
LOOP = """
return {{
  policy = {{ capabilities = {{"http"}} }},
  run = function()
    for _ = 1, {steps} do
      local found = sigil.get("/api/thing")
      expect(found.json.plan == "pro")
    end
  end,
}}
"""
PEER = """
import json, time
import httpx

def test_steps():
    with httpx.Client(base_url={url!r}, trust_env=False) as client:
        for number in range({rounds}):
            began = time.perf_counter()
            for _ in range({steps}):
                assert client.get("/api/thing").json()["plan"] == "pro"
            print("took", time.perf_counter() - began)
"""


def rows() -> Iterator[Row]:
    """Yield every figure of an exam."""
    with served() as port, Hall() as hall:
        urls = {"pr": f"http://127.0.0.1:{port}", "baseline": "http://127.0.0.1:1"}
        settings = External.model_validate({"backend": "external", "urls": urls})
        with deploy(settings, Source(Path()), "pr", cache=Path()) as there:
            yield from _processes(hall, there)
            yield from _steps(hall, there, port)
    yield from _evaluations()


def _processes(hall: Hall, there: Deployment) -> Iterator[Row]:
    _sit(hall, there, EMPTY)
    took = median(seconds(lambda: _sit(hall, there, EMPTY)) for _ in range(PROCESSES))
    yield Row("a scenario's process, start to end", took * 1e3, None, "", "ms", at_most=5)


def _steps(hall: Hall, there: Deployment, port: int) -> Iterator[Row]:
    text = LOOP.format(steps=STEPS)
    ours = STEPS / median(seconds(lambda: _sit(hall, there, text)) for _ in range(ROUNDS))
    name = "captured steps (GET, JSON, expect) of one scenario"
    yield Row(name, ours, None, "", "1/s", at_least=5000)
    try:
        yield Row(name, ours, _pytest(port), PYTEST.name, "1/s", at_least=1)
    except NotInstalled as missing:
        print(f"  {PYTEST.name} is skipped: {missing}")


def _sit(hall: Hall, there: Deployment, text: str) -> None:
    assignment = Assignment(
        scenario=Scenario("bench", "visible", text, "bench.lua"),
        seed=1,
        limits=Limits(),
        authority=there.authority,
        origins=there.origins,
        most_seconds=60,
    )
    report = hall.examine(assignment, answer=_nobody, connect=there.connect)
    assert report.result.status is Status.PASS, report.evidence


def _nobody(call: Call) -> object:
    raise AssertionError(call)


def _pytest(port: int) -> float:
    """Return steps a second of the peer."""
    with tempfile.TemporaryDirectory() as folder:
        test = Path(folder) / "test_steps.py"
        url = f"http://127.0.0.1:{port}"
        test.write_text(PEER.format(url=url, rounds=ROUNDS, steps=STEPS))
        done = subprocess.run(
            [python_of(PYTEST), "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", str(test)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    times = [float(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("took")]
    return STEPS / median(times)


def _evaluations() -> Iterator[Row]:
    demo = _demo()
    with tempfile.TemporaryDirectory() as scratch, mock.patch.object(demo.shutil, "which"):
        demo.shutil.which.return_value = None  # no browser
        story = demo.Story(Path(scratch))
        with contextlib.redirect_stdout(io.StringIO()):
            story.set_up()
            honest = (demo.HERE / "changes" / "honest.py").read_text()
            story.examine("honest", honest, demo.REVIEW)
            line = f"eval honest --service {demo.SERVICE}"
            took = median(seconds(lambda: story.sigil(line, demo.REVIEW)) for _ in range(EVALS))
            held = json.loads(story.sigil(f"scenario list --service {demo.SERVICE} --json"))
    count = len(held[0]["scenarios"])
    yield Row(f"an evaluation of {count} scenarios, both sides", took, None, "", "s", at_most=10)


def _demo() -> ModuleType:
    path = Path(__file__).parents[1] / "examples" / "demo_gate.py"
    spec = importlib.util.spec_from_file_location("demo_gate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
