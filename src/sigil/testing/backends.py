"""What every `Backend` has to hold, as checks to run over an implementation.

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_mine_conforms(check):
        check(lambda order: Mine(order, settings))

A check makes a small repository of its own and lanes for it, on this machine and by the factory,
and holds what they find against each other. It raises `AssertionError` with a sentence, and
closes all lanes that it made.

Not here: how well a backend isolates, which no check from outside can tell; what is left of it on
other machines than this one.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from sigil.canonical import snapshot_json
from sigil.errors import SigilError
from sigil.evaluate.backend import Backend, MakeBackend, Order
from sigil.evaluate.result import Evaluation
from sigil.evaluate.settings import Effort, Settings
from sigil.optimize.backends import LOCAL, Chosen, local
from sigil.optimize.guarding import lacking
from sigil.optimize.plan import Limits, Plan
from sigil.optimize.report import Progress
from sigil.optimize.run import run
from sigil.optimize.spec import load_spec, read_eval
from sigil.optimize.workbench import read_target
from sigil.optimize.workspace import open_workspace

Check = Callable[[MakeBackend], None]
Value = TypeVar("Value")

SOON_S = 60.0
"""Within this anything here is measured, or the lanes hang."""
RIGHT, HANGING = "return x * x", "while True: pass"
JUDGED = {
    "the right one": RIGHT,
    "a better one": "return 2 * abs(x)",
    "one no better": "return 0",
    "one that knows the visible cases alone": "return {0: 0, 2: 4, 3: 9, -3: 9}.get(x)",
}
"""Bodies of functions that can be measured."""
FAILING = {
    "one that raises": "return 1 / 0",
    "one that is no Python": "return (",
    "one that ends its process": "import os; os._exit(0)",
    "one that hangs": HANGING,
}
"""Bodies of functions that cannot."""

_SOURCE = "def square(x):\n    return x\n"
_BROKEN = f"{_SOURCE}1 / 0\n"
_SPEC = """\
version: "0.1"
name: square
evals: [points]
pins: [{id: square, language: python, files: [square.py], symbol: square}]
"""
_EVAL = """\
version: "0.1"
name: points
inputs:
  cases:
    - {args: [0], expected: 0}
    - {args: [2], expected: 4}
    - {args: [3], expected: 9}
    - {args: [-3], expected: 9}
holdout: {cases: [{args: [7], expected: 49}]}
metrics: [{id: agreement, kind: call, measure: agreement}]
aggregate: {objective: max(agreement)}
accept: {rule: agreement >= 1}
budgets: {candidate_timeout_s: 2}
replay: {seed: 1}
"""
_EFFORTS: tuple[Effort, ...] = ("screen", "confirm")
_EVALUATIONS = 12


def it_has_all_that_is_asked_of_it(make: MakeBackend) -> None:
    """All parts of a `Backend` are there."""
    with ordered() as order, _made(make, order) as lanes:
        parts = lacking(lanes)
        _hold(not parts, f"it has no {', '.join(parts)}")


def the_baseline_is_that_of_local(make: MakeBackend) -> None:
    """The unchanged code has the same values, and `baseline` is that of `facts`."""
    with ordered() as order, _made(make, order) as lanes, _made(local, order) as ours:
        _hold_equal("the unchanged code", lanes.facts.evaluation, ours.baseline())
        _hold(lanes.baseline() == lanes.facts.evaluation, "the baseline is not that of the facts")


def a_baseline_that_cannot_be_measured_is_an_error(make: MakeBackend) -> None:
    """What is wrong with the unchanged code is said as by ours, and again if asked again."""
    with ordered(_BROKEN) as order, _made(make, order) as lanes, _made(local, order) as ours:
        expected = _failure(lambda: ours.facts)
        for ask in (lambda: lanes.facts, lanes.baseline):
            found = _failure(ask)
            _hold(isinstance(found, SigilError), f"it raised {found!r}, which is no SigilError")
            _hold(str(found) == str(expected), f"it says {found}, and local {expected}")


def a_candidate_has_the_verdict_of_local(make: MakeBackend) -> None:
    """Status, values, costs, held-out inputs and acceptance are the same, in either effort."""
    _compare(make, JUDGED, _EFFORTS)


def what_fails_or_hangs_is_a_result(make: MakeBackend) -> None:
    """It has no costs, says what local says of it, and the next one is measured as ever."""
    _compare(make, {**FAILING, "the right one, after them": RIGHT}, ("screen",))


def an_adopted_baseline_is_relied_on(make: MakeBackend) -> None:
    """Facts of others are the facts from then on, and candidates are measured by them."""
    with ordered() as order, _made(local, order) as ours, _made(make, order) as lanes:
        facts = ours.facts
        facts = replace(facts, evaluation=replace(facts.evaluation, elapsed_s=12345.0))
        lanes.adopt(facts)
        _hold(lanes.facts == facts, "the facts are not those that it adopted")
        _hold(lanes.baseline() == facts.evaluation, "the baseline is not the one that it adopted")
        expected = _soon(ours.submit(_files(RIGHT), "confirm"))
        _hold_equal("the right one", _soon(lanes.submit(_files(RIGHT), "confirm")), expected)


def it_says_what_values_depend_on(make: MakeBackend) -> None:
    """Asked before there is a baseline; it can be recorded, and says how far it isolates."""
    with ordered() as order, _made(make, order) as lanes:
        found: Any = _soon(lanes.environment())
        _hold(type(found) is dict, "what values depend on is no dictionary")
        for key in ("python", "packages", "isolation"):
            _hold(key in found, f"what values depend on does not tell {key}")
        for face, said in found["isolation"].items():
            _hold(said is None or type(said.get("level")) is str, f"no level of {face} is told")
        snapshot_json(found)


def lanes_that_die_are_no_hang(make: MakeBackend) -> None:
    """With every process of theirs killed there is an error, or a result: nobody waits for ever.

    Only for processes on this machine.
    """
    before = _processes()
    with ordered() as order, _made(make, order) as lanes:
        lanes.baseline()
        begun = lanes.submit(_files(HANGING), "screen")
        for process in _processes() - before:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for future in (begun, lambda: lanes.submit(_files(RIGHT), "screen")):
            with suppress(SigilError):
                found = _soon(future() if callable(future) else future)
                _hold(type(found) is Evaluation, "dead lanes gave what is no evaluation")
                _hold(future is not begun or not found.costs, "what was killed has a cost")


def closing_leaves_nothing_running(make: MakeBackend) -> None:
    """No process is left, whoever still waits learns of it, and to close again does nothing."""
    before = _processes()
    with ordered() as order, _made(make, order) as lanes:
        lanes.baseline()
        waiting = [lanes.submit(_files(HANGING), "screen") for _ in range(3)]
        lanes.dismiss()
        lanes.close()
        left = _processes() - before
        _hold(not left, f"{len(left)} processes are left")
        _, unsettled = wait(waiting, SOON_S)
        _hold(not unsettled, f"{len(unsettled)} candidates are waited for by nobody")
        lanes.close()


def a_search_is_the_one_of_local(make: MakeBackend) -> None:
    """The same seed gives the same candidates, in the same order, with the same costs."""
    with _repository(_SOURCE) as root:
        expected = _searched(root, LOCAL)
        _hold(len(expected) >= _EVALUATIONS, "the search of local came to nothing")
        _hold(_searched(root, Chosen("yours", "yours", make)) == expected, "the lineage differs")


CHECKS: tuple[Check, ...] = (
    it_has_all_that_is_asked_of_it,
    the_baseline_is_that_of_local,
    a_baseline_that_cannot_be_measured_is_an_error,
    a_candidate_has_the_verdict_of_local,
    what_fails_or_hangs_is_a_result,
    an_adopted_baseline_is_relied_on,
    it_says_what_values_depend_on,
    lanes_that_die_are_no_hang,
    closing_leaves_nothing_running,
    a_search_is_the_one_of_local,
)
"""All checks."""


# --- what is measured ---------------------------------------------------------------------


@contextmanager
def _repository(source: str) -> Generator[Path]:
    """Yield a repository whose function should square."""
    with TemporaryDirectory(prefix="backends-") as folder:
        root = Path(folder).resolve() / "repository"
        (root / ".sigil").mkdir(parents=True)
        (root / ".sigil" / "square.sigil.yaml").write_text(_SPEC)
        (root / ".sigil" / "points.eval.yaml").write_text(_EVAL)
        (root / "square.py").write_text(source)
        yield root


@contextmanager
def ordered(source: str = _SOURCE) -> Generator[Order]:
    """Yield an order for two lanes, for a function that should square and does not.

    Args:
        source: the unchanged text of its file.
    """
    with _repository(source) as root:
        spec = load_spec(root, "square")
        definition = read_eval(spec, None)
        settings = Settings(root.parent / "scratch", root.parent / "cache", seed=1)
        yield Order(definition, read_target(spec, definition), settings, count=2)


@contextmanager
def _made(make: MakeBackend, order: Order) -> Generator[Backend]:
    lanes = make(order)
    try:
        yield lanes
    finally:
        lanes.close()


def _files(body: str) -> dict[str, str]:
    return {"square.py": f"def square(x):\n    {body}\n"}


def _compare(make: MakeBackend, bodies: Mapping[str, str], efforts: Sequence[Effort]) -> None:
    """Have candidates measured side by side, and hold each against what local finds."""
    asked: list[tuple[str, str, Effort]] = [
        (name, body, effort) for effort in efforts for name, body in bodies.items()
    ]
    with ordered() as order:
        theirs, ours = (_measured(one, order, asked) for one in (make, local))
        for (name, _, effort), found, expected in zip(asked, theirs, ours, strict=True):
            _hold_equal(f"{name} ({effort})", found, expected)


def _measured(
    make: MakeBackend, order: Order, asked: Sequence[tuple[str, str, Effort]]
) -> list[Evaluation]:
    with _made(make, order) as lanes:
        lanes.baseline()
        futures = [lanes.submit(_files(body), effort) for _, body, effort in asked]
        return [_soon(future) for future in futures]


def _hold_equal(what: str, found: Evaluation, expected: Evaluation) -> None:
    _hold(type(found) is Evaluation, f"{what} gave a {type(found).__name__}, no Evaluation")
    same = replace(found, elapsed_s=expected.elapsed_s, log=expected.log)
    _hold(same == expected, f"{what} is {same}, and by local {expected}")


def _soon(future: Future[Value]) -> Value:
    try:
        return future.result(SOON_S)
    except TimeoutError as error:
        raise AssertionError(f"nothing is there after {SOON_S:g} s") from error
    except CancelledError as error:
        raise AssertionError("what nobody cancelled was cancelled") from error


def _failure(ask: Callable[[], object]) -> Exception | None:
    try:
        ask()
    except Exception as failure:  # noqa: BLE001 - of what kind it is, is the question
        return failure
    return None


# --- a search -----------------------------------------------------------------------------


class _Silent:
    """A report that nobody reads."""

    def started(self, run: Path, *, resumed: bool, warnings: Sequence[str]) -> None:
        """Say nothing."""

    def baseline(self, evaluation: Evaluation, *, notes: Sequence[str]) -> None:
        """Say nothing."""

    def warning(self, problem: str) -> None:
        """Say nothing."""

    def progress(self, progress: Progress) -> None:
        """Say nothing."""


def _searched(root: Path, backend: Chosen) -> list[tuple[object, ...]]:
    """Return the candidates of a short search, in order."""
    spec = load_spec(root, "square")
    plan = Plan(
        spec=spec,
        definition=read_eval(spec, None),
        optimizer="simple",
        provider=None,
        num=4,
        seed=1,
        limits=Limits(_EVALUATIONS, SOON_S, 10**6),
        backend=backend,
        lanes=2,
    )
    summary = run(plan, open_workspace(spec, backend.name), _Silent())
    return [
        (one.id, one.parent, one.proposer, one.verdict and one.verdict.costs)
        for one in summary.history.candidates.values()
    ]


# --- processes ----------------------------------------------------------------------------


def _processes() -> set[int]:
    """Return every process below this one that runs."""
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        below = {child for child in _children(waiting.pop()) if child not in found}
        found |= below
        waiting += sorted(below)
    return {process for process in found if _is_running(process)}


def _children(process: int) -> set[int]:
    found: set[int] = set()
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{process}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                found |= set(map(int, (task / "children").read_text().split()))
    return found


def _is_running(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _hold(condition: object, sentence: str) -> None:
    if not condition:
        raise AssertionError(sentence)
