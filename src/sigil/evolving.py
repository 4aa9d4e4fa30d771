"""`sigil.evolve`: a better version of a function, from Python, in a script or a notebook.

    import sigil

    result = sigil.evolve(function, inputs=[(first, second), …], budget="20s")
    print(result)

The function is copied with what it needs into a folder of its own, and from there on it is what
`sigil evolve` does. Nothing of the caller's is touched; processes that measure never import the
caller's script.

Not here: the command (`sigil.cli.evolve`).
"""

from __future__ import annotations

import contextlib
import html
import tempfile
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from sigil.cli.evolving import plan_of
from sigil.cli.kinds import duration, positive
from sigil.cli.looking import looking
from sigil.cli.progress import Silent, choose_report
from sigil.errors import InvalidValue, Where
from sigil.evaluate.cases import GivenCase
from sigil.evaluate.literals import NotLiteral
from sigil.optimize.doubting import doubt_of
from sigil.optimize.generate.advising import PYTHON
from sigil.optimize.generate.carrying import carry
from sigil.optimize.generate.generating import Request, generate_eval
from sigil.optimize.generate.inputs import case_text
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.placing import default_name, prepare
from sigil.optimize.present import counted
from sigil.optimize.promote import preview
from sigil.optimize.report import Summary
from sigil.optimize.run import run
from sigil.optimize.session import frozen_files
from sigil.optimize.undecided import undecided
from sigil.optimize.workspace import candidate_files
from sigil.printable import printable_once
from sigil.sandbox.model import Case
from sigil.store.files import make_directory, write_atomic
from sigil.store.passing import passing_directory, remove_now

T = TypeVar("T")

Inputs = Iterable[object] | Callable[[int], Iterable[object]]
"""Calls: a tuple of arguments each (anything else is the one argument), or what makes them from
a seed."""

_SEEDS = 3
"""How often a maker of inputs is asked, with seeds that follow each other."""


@dataclass(frozen=True, slots=True)
class Evolved:
    """What a search came to.

    Args:
        name: of the function.
        accepted: whether a change was accepted: measured afresh, and right on what was held out.
        speedup: how many times as fast it is, or None where no time was measured or accepted.
        interval: of ``speedup``, at the eval's confidence.
        held_out: whether inputs that were held out agree; False where none could be.
        source: of the function as it should be; the caller's own if nothing was accepted.
        diff: the change; empty if nothing was accepted.
        notes: what each step of the change does and when its result may differ, in the words of
            whoever proposed it, and whether it changes what no input reaches; empty if nothing
            was accepted.
        reason: why the search ended, or what stands against its result, as a clause.
        inputs: what was measured on, in a sentence.
        evaluated: how many candidates were measured.
        run: the folder of the record, which `sigil verify` re-derives.
        folder: the repository that was made for it.
        kept: whether ``run`` and ``folder`` are still there when this process has ended.
    """

    name: str
    accepted: bool
    speedup: float | None
    interval: tuple[float, float] | None
    held_out: bool
    source: str
    diff: str
    notes: tuple[str, ...]
    reason: str
    inputs: str
    evaluated: int
    run: Path
    folder: Path
    kept: bool

    def __str__(self) -> str:
        """Return a few lines for a terminal."""
        lines = [self._verdict(), *self._facts()]
        if self.accepted:
            lines.append(self.diff.rstrip())
        return "\n".join([*lines, f"the {self._record()}"])

    def __rich__(self) -> Any:
        """Return the result for rich: a panel with the coloured change."""
        from rich.console import Group  # noqa: PLC0415 - only where it is shown
        from rich.panel import Panel  # noqa: PLC0415
        from rich.syntax import Syntax  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        shown = Syntax(self.diff or self.source, "diff" if self.diff else "python")
        words = Text("\n".join(self._facts()))
        return Panel(
            Group(words, shown), title=Text(self._verdict()), subtitle=Text(self._record())
        )

    def _repr_html_(self) -> str:
        """Return the result for a notebook."""
        rows = [*self._facts(), self._record()]
        inside = "".join(f"<div>{html.escape(row)}</div>" for row in rows)
        change = "".join(map(_html_line, (self.diff or self.source).splitlines()))
        return (
            f"<div><strong>{html.escape(self._verdict())}</strong>{inside}"
            f'<pre style="line-height:1.3">{change}</pre></div>'
        )

    def _facts(self) -> list[str]:
        searched = f"{counted(self.evaluated, 'candidate')}; {self.reason}"
        return [*map(printable_once, self.notes), self.inputs, searched]

    def _record(self) -> str:
        """Return where the record is, and how to have it for longer."""
        if self.kept:
            return f"record: {self.run}"
        return f"record, until this process ends (folder=… keeps it): {self.run}"

    def _verdict(self) -> str:
        if not self.accepted:
            return f"{self.name}: nothing better was accepted"
        if self.speedup is None:
            said = "right on what was held out too" if self.held_out else "nothing was held out"
            return f"{self.name}: repaired, {said}"
        low, high = self.interval or (self.speedup, self.speedup)
        said = f"same answers on what was {'held out' if self.held_out else 'shown'}"
        return f"{self.name}: {self.speedup:.3g}× faster [{low:.3g}, {high:.3g}], {said}"


def evolve(
    function: Callable[..., object],
    *,
    inputs: Inputs | None = None,
    budget: str | float = "20s",
    seed: int = 1,
    goal: Literal["auto", "speed", "repair"] = "auto",
    evals: int | None = None,
    timeout: str | float = "5s",
    folder: str | Path | None = None,
    progress: bool = True,
) -> Evolved:
    """Search for a better version of a function.

    Args:
        function: of a module, of the running script, or of a notebook cell.
        inputs: calls that it should be measured on, see `Inputs`; by default the examples of its
            docstring, else guesses by its parameters.
        budget: seconds, or a text such as ``"2m"``; its end is kept for confirming.
        seed: of everything that is drawn.
        goal: ``speed``: same answers in less time. ``repair``: the answers of its docstring.
        evals: end after so many candidates as well.
        timeout: deadline of the unchanged function while its inputs are tried.
        folder: where the repository and the record go; by default a temporary folder
            that is gone when this process has ended.
        progress: whether to show on standard error how it goes.

    Raises:
        SigilError: the function cannot be measured, with the reason and what to do.
    """
    flags: dict[str, Any] = {"budget_time": _seconds(budget, "budget"), "seed": seed}
    flags["budget_evals"] = None if evals is None else _checked(evals, "evals", positive)
    call_s = _seconds(timeout, "timeout")
    cases = None if inputs is None else _given(inputs, seed)
    carried = carry(function)
    with _home(folder) as home:
        for path, text in carried.files.items():
            make_directory((home / path).parent)
            write_atomic(home / path, text.encode())
        make_directory(home / ".sigil")
        found = function_in(home.resolve(), carried.path, carried.qualname)
        request = Request(
            function=found,
            name=default_name(found),
            seed=seed,
            goal=goal,
            cases=cases,
            call_s=call_s,
            advice=PYTHON,
        )
        with looking(request) if progress else contextlib.nullcontext():
            placed = prepare(request, fresh=True, make=generate_eval)
        plan, workspace = plan_of(request, placed, "default", flags)
        with choose_report(plan) if progress else contextlib.nullcontext(Silent()) as report:
            summary = run(plan, workspace, report)
        if summary.interrupted:
            raise KeyboardInterrupt
        looked = undecided(summary.history, plan.definition.objective.minimised)
        return _evolved(request, placed.description, summary, looked, kept=folder is not None)


@contextlib.contextmanager
def _home(folder: str | Path | None) -> Generator[Path]:
    """Yield where to work: in ``folder``, or in one that is gone when this process has ended.

    That goes at once if there is no result that could name it.
    """
    if folder is not None:
        yield Path(folder)
        return
    home = passing_directory(Path(tempfile.gettempdir()))
    try:
        yield home
    except BaseException:
        remove_now(home)
        raise


def _evolved(
    request: Request, inputs: str, summary: Summary, looked: str, *, kept: bool
) -> Evolved:
    function, history = request.function, summary.history
    winner = history.candidates[history.winner] if history.winner else None
    longer = f"; {looked}: give a longer budget" if looked else ""
    speedup: float | None = None
    interval: tuple[float, float] | None = None
    source, change, notes = function.source, "", list[str]()
    if winner is not None:
        found = winner.verdict.metrics.get("time_ms") if winner.verdict else None
        if found is not None and found.ratio:
            speedup = 1 / found.ratio
            ends = found.ratio_interval
            interval = (1 / ends.high, 1 / ends.low) if ends and ends.low > 0 else None
        text = candidate_files(history, winner, frozen_files(summary.run))[function.path]
        source = _source_in(request, text)
        change = preview(summary.run, None)
        notes = [step.note for step in history.lineage(winner) if step.note]
        doubt = doubt_of(summary.run, history, winner)
        notes += [f"may differ {doubt}"] if doubt else []
    return Evolved(
        name=function.qualname,
        accepted=winner is not None,
        speedup=speedup,
        interval=interval,
        held_out=bool(winner and winner.verdict and winner.verdict.holdout),
        source=source,
        diff=change,
        notes=tuple(notes),
        reason=f"{summary.reason}{longer}",
        inputs=inputs,
        evaluated=history.measured(),
        run=summary.run,
        folder=function.root,
        kept=kept,
    )


def _source_in(request: Request, text: str) -> str:
    """Return the function's own text in a changed file."""
    function = request.function
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / Path(function.path).name
        file.write_text(text, "utf-8")
        return function_in(Path(place), file.name, function.qualname).source


def _given(inputs: Inputs, seed: int) -> tuple[GivenCase, ...]:
    if callable(inputs):
        rows = [row for i in range(_SEEDS) for row in inputs(seed + i)]
    else:
        try:
            rows = list(inputs)
        except TypeError as error:
            raise InvalidValue(
                f"a value of type {type(inputs).__name__} holds no calls",
                where=Where(field="inputs"),
                remedy="give a list of calls, or a function of a seed that returns one",
            ) from error
    cases = [_case(row) for row in rows]
    for number, case in enumerate(cases, start=1):
        with contextlib.suppress(RecursionError):
            _require_plain(case, number)
    if not cases:
        raise InvalidValue("there is no input", where=Where(field="inputs"), remedy="give some")
    return tuple(GivenCase(case) for case in cases)


def _case(row: Any) -> Case:
    if isinstance(row, tuple):
        return Case(cast("tuple[object, ...]", row))
    fields = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
    if fields and set(fields) <= {"args", "kwargs"}:
        return Case(tuple(fields.get("args", ())), dict(fields.get("kwargs", {})))
    return Case((cast("object", row),))


def _require_plain(case: Case, number: int) -> None:
    try:
        case_text(case)
    except NotLiteral as error:
        raise InvalidValue(
            f"input {number}: {error}",
            where=Where(field="inputs"),
            remedy="use None, bool, int, float, str, bytes, list, tuple, set and dict",
        ) from error


def _seconds(given: str | float, name: str) -> float:
    return _checked(given, name, duration)


def _checked(given: str | float, name: str, read: Callable[[str], T]) -> T:
    """Return an argument as the flag of the same meaning is read."""
    try:
        return read(str(given))
    except ValueError as error:
        raise InvalidValue(
            f"{given!r} does not fit", where=Where(field=name), remedy=f"give {error}"
        ) from error


def _html_line(line: str) -> str:
    colour = {"+": "#116329", "-": "#82071e", "@": "#6639ba"}.get(line[:1], "inherit")
    return f'<span style="color:{colour}">{html.escape(line)}</span>\n'
