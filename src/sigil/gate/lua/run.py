"""Run one scenario: a function of its text, its seed and the replies to its calls.

Not here: one process per scenario and the wall clock (`sigil.gate.exam.hall`), who answers the
calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sigil.errors import MalformedScenario, Where
from sigil.gate.effects import Effects
from sigil.gate.lua.declared import read_declared
from sigil.gate.lua.evidence import STOPPED, evidence
from sigil.gate.lua.forking import apart
from sigil.gate.lua.host import Host
from sigil.gate.lua.interpreter import Interpreter, LuaFunction, load_prelude, split_place
from sigil.gate.lua.limits import Limits
from sigil.gate.lua.outline import Outline, outline
from sigil.gate.lua.rewrite import Rewritten, rewrite
from sigil.gate.lua.show import Shown
from sigil.gate.lua.syntax import Program, encoded, load_grammar, parse
from sigil.gate.lua.values import Refused, as_text
from sigil.gate.model import Declared, Evidence, Result, Scenario, Status, StepStatus
from sigil.gate.secrets import Redactor

_LIMITS = Limits()
_NO_MEMORY = "not enough memory"
_OUTSIDE = "outside of run a scenario only returns its table: move what acts or loops into run"
_NONE: Mapping[str, str] = {}
_STATUS = {"fail": Status.FAIL}
_TEXTS = 8
"""Texts whose reading is kept: one scenario and its helpers run against many wrong services. Who
runs a sealed one does so in a fork, and what is kept goes with that."""


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a scenario.

    Args:
        declared: what it says of itself.
        result: without any text.
        evidence: why it did not pass; None if it did.
    """

    declared: Declared
    result: Result
    evidence: Evidence | None


def _unheard(declared: Declared) -> None:
    del declared


def run_scenario(
    scenario: Scenario,
    effects: Effects,
    *,
    seed: int,
    limits: Limits = _LIMITS,
    secrets: Mapping[str, str] = _NONE,
    begins: Callable[[Declared], None] = _unheard,
) -> Run:
    """Run a scenario once.

    Args:
        scenario: its text and helpers.
        effects: answers its calls, one at a time, on this thread.
        seed: of all chance in it.
        limits: of memory and instructions.
        secrets: value by name, beside those that it reads itself: evidence shows the names.
        begins: hears what the scenario says of itself, just before it runs.

    Returns:
        The same for the same arguments and replies, in every process.

    Raises:
        MalformedScenario: it is no scenario.
        DependencyMissing: the extra ``gate`` is not installed.
        Exception: whatever but `EffectFailed` the effects raise.
    """
    sitting = _Sitting(scenario, effects, seed, limits)
    declared, run = sitting.declare()
    begins(declared)
    return sitting.run(declared, run, secrets)


def declare(scenario: Scenario, *, limits: Limits = _LIMITS) -> Declared:
    """Return what a scenario says of itself; its chunk is run, and no call of it answered.

    It is run apart, because no budget ends all that a chunk can do.

    Raises:
        MalformedScenario: it is no scenario.
        DependencyMissing: the extra ``gate`` is not installed.
    """
    prepare()

    def step() -> Declared:
        return _Sitting(scenario, _Nobody(), 0, limits).declare()[0]

    return apart(step, Declared)


def accept(text: str, path: str) -> None:
    """Refuse a helper that nothing could require.

    Raises:
        MalformedScenario: Lua does not accept it, or it takes a name that is ours.
        DependencyMissing: the extra ``gate`` is not installed.
    """
    _Sitting(Scenario(path, "visible", text, path), _Nobody(), 0, _LIMITS).accept()


def prepare() -> None:
    """Load what every run needs, so that processes forked from this one have it already.

    Raises:
        DependencyMissing: the extra ``gate`` is not installed.
    """
    load_prelude()
    load_grammar()


class _Nobody:
    """Effects of a scenario that is not run."""

    def perform(self, call: object) -> object:
        """Refuse."""
        raise AssertionError(call)


class _Sitting:
    """One interpreter with one scenario in it."""

    def __init__(self, scenario: Scenario, effects: Effects, seed: int, limits: Limits):
        self._scenario, self._limits = scenario, limits
        self._host = Host(effects, seed=seed, limits=limits, helper=self._helper)
        self._lua = Interpreter(limits, self._host.answer)
        self._host.attach(self._lua)
        self._read: _Read
        self._rewritten: Rewritten

    def accept(self) -> None:
        """Compile the text, and run nothing of it."""
        self._compiled(self._scenario.text, "scenario", self._scenario.path)

    def declare(self) -> tuple[Declared, Any]:
        """Run the chunk, and read the table that it returns."""
        scenario = self._scenario
        chunk = self._compiled(scenario.text, "scenario", scenario.path)
        self._host.sites = {site.number: site for site in self._rewritten.sites}
        steps = {site.number: site.step for site in self._rewritten.sites if site.step is not None}
        self._lua.inside.steps = self._lua.table(steps)
        table, record = self._guarded(self._lua.inside.load, chunk)
        if record is not None:
            line, problem = split_place(as_text(record.message))
            raise MalformedScenario(
                STOPPED.get(problem, problem) if record.kind == "dead" else problem,
                where=Where(scenario.path, record.line or line),
                remedy=_OUTSIDE if record.kind == "dead" or problem == _NO_MEMORY else None,
            )
        return read_declared(table, scenario, self._read.shape.lines, self._lua.translator)

    def run(self, declared: Declared, run: Any, secrets: Mapping[str, str]) -> Run:
        """Run its function."""
        inside = self._lua.inside
        inside.capabilities = self._lua.table({str(name): True for name in declared.capabilities})
        self._host.capabilities = declared.capabilities
        inside.running = True
        record = self._guarded(inside.run, run)
        status, record = _status(record, inside)
        found = None if record is None else self._evidence(record, secrets)
        result = Result(
            scenario=self._scenario.id,
            status=status,
            steps=self._steps(status),
            expects_passed=inside.expects,
            judged=self._host.judged,
        )
        return Run(declared, result, found)

    def _guarded(self, function: LuaFunction, *arguments: Any) -> Any:
        """Call Lua with the limits on, and raise again what went wrong outside of it."""
        self._lua.limited()
        try:
            return function(*arguments)
        finally:
            self._lua.unlimited()
            if self._host.failure is not None:
                raise self._host.failure

    def _compiled(self, text: str, name: str, path: str) -> LuaFunction:
        """Return the rewritten chunk of a text, after Lua has accepted it as it is."""
        if len(encoded(text, path)) > self._limits.text_bytes:
            raise MalformedScenario("the text is too long", where=Where(path))
        self._lua.compile(text, name, path)
        main = name == "scenario"
        rewritten = _rewritten(text, path, main)
        try:
            chunk = self._lua.compile(rewritten.text, name, path)
        except MalformedScenario:
            rewritten = _rewritten(text, path, False)
            chunk = self._lua.compile(rewritten.text, name, path)
        if main:
            self._read, self._rewritten = _read(text, path), rewritten
        return chunk

    def _helper(self, name: str) -> LuaFunction:
        text = self._scenario.library.get(name)
        if text is None:
            raise Refused(f"there is no helper {name[:60]}")
        try:
            return self._compiled(text, name, name)
        except MalformedScenario as error:
            raise Refused(str(error)) from None

    def _evidence(self, record: Any, secrets: Mapping[str, str]) -> Evidence:
        redactor = Redactor({**secrets, **self._host.secrets})
        shown = Shown(self._lua.inside.kind_of, redactor)
        return evidence(record, self._lua, self._read.program, self._host.sites, shown)

    def _steps(self, status: Status) -> tuple[StepStatus, ...]:
        inside = self._lua.inside
        current = inside.step
        reached: set[int] = set(inside.reached.keys())
        at = {
            Status.PASS: None, Status.INCONCLUSIVE: None,
            Status.FAIL: (current, StepStatus.FAIL), Status.ERROR: (current, StepStatus.ERROR),
        }[status]  # fmt: skip
        unsure = inside.unsure.step if inside.unsure is not None else None
        return tuple(
            _step(number, reached, at, unsure) for number in range(1, self._rewritten.steps + 1)
        )


@dataclass(frozen=True, slots=True)
class _Read:
    """A text that the parser understood."""

    program: Program
    shape: Outline


@lru_cache(_TEXTS)
def _read(text: str, path: str) -> _Read:
    program = parse(text, path)
    return _Read(program, outline(program))


@lru_cache(2 * _TEXTS)
def _rewritten(text: str, path: str, noted: bool) -> Rewritten:
    read = _read(text, path)
    return rewrite(read.program, read.shape, noted=noted)


def _status(record: Any, inside: Any) -> tuple[Status, Any]:
    if record is not None:
        return _STATUS.get(record.kind, Status.ERROR), record
    if inside.unsure is not None:
        return Status.INCONCLUSIVE, inside.unsure
    if inside.checked == 0:
        return Status.ERROR, inside.vacuous
    return Status.PASS, None


def _step(
    number: int, reached: set[int], at: tuple[int, StepStatus] | None, unsure: int | None
) -> StepStatus:
    if at is not None and number >= at[0]:
        return at[1] if number == at[0] else StepStatus.SKIP
    if number == unsure:
        return StepStatus.ERROR
    return StepStatus.PASS if number in reached or number == 1 else StepStatus.SKIP
