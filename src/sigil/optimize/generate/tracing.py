"""Where does a call take the unchanged function? Asked sealed, under a tracer.

The tracer is set by an adapter of ours, which is loaded beside the function. It tells which
instructions were executed, by their place in the source, and which jumps were taken.

Not here: inputs that go elsewhere (`sigil.optimize.generate.reaching`), what it means for a change
that lines are not reached (`sigil.optimize.unreached`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sigil.evaluate.target import Target
from sigil.optimize.generate.adapting import adapter_of, module_of
from sigil.optimize.generate.inputs import case_text
from sigil.optimize.generate.locating import Function
from sigil.optimize.generate.trying import HANGS, Died, Outcome, Trial
from sigil.optimize.generate.workshop import Workshop
from sigil.optimize.unreached import Position, extent, unreached_lines
from sigil.sandbox.model import CandidateFailed, Case, Returned

Steps = frozenset[int | str]
"""Where a call goes: places in the source, and jumps between them."""

SLOWER = 60
"""How many times as long a traced call may take."""
_PATIENCE = 3
"""How many times the deadline of a batch a traced batch has."""
_BATCH = 100
_LONGEST = 2_000
_WIDE = 10_000
"""Columns of a line that are told apart."""

_TRACING = '''

def traced(*args, **kwargs):
    """Return where a call goes: places in the source, and the jumps between them."""
    import opcode
    import sys

    places, jumps, known = set(), set(), {{}}

    def of_code(code):
        at = [
            (line or 0) * {wide} + ({wide} - 1 if column is None else min(column, {wide} - 2))
            for line, _, column, _ in code.co_positions()
        ]
        codes = code.co_code[::2]
        return at, {{2 * i for i, one in enumerate(codes) if one in opcode.hasjrel}}

    def of_frame(frame, event, arg):
        code = frame.f_code
        first = code.co_firstlineno
        if not {first} <= first <= {last} or frame.f_globals.get("__name__") != "{module}":
            return None
        if code not in known:
            known[code] = of_code(code)
        at, branching = known[code]
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        before = -2

        def step(frame, event, arg):
            nonlocal before
            if event == "opcode":
                now = frame.f_lasti
                places.add(at[now >> 1])
                if now != before + 2 or before in branching:
                    jumps.add((first, before, now))
                before = now
            return step

        return step

    sys.settrace(of_frame)
    try:
        call(*args, **kwargs)
    except BaseException:
        pass
    finally:
        sys.settrace(None)
    return [sorted(places), sorted("%d:%d>%d" % jump for jump in jumps)]
'''


def tracing(workshop: Workshop, adapter: str | None) -> Trial:
    """Return the unchanged function, called under a tracer."""
    request, target = workshop.request, workshop.target
    function = request.function
    lines = extent(function.text, function.qualname)
    path = f".sigil/{request.name}_traced.py"
    text = (adapter or adapter_of(function, prints=False)) + _TRACING.format(
        wide=_WIDE,
        first=lines.start,
        last=lines.stop - 1,
        module=module_of(function),
    )
    seen = Target(target.base, {**target.files, path: text}, target.interpreter)
    request.underway.step = "looking where inputs go"
    underway = request.underway if request.cases is None else None
    return Trial(seen, f"{path}:traced", workshop.settings, _PATIENCE * request.call_s, underway)


class Tracer:
    """Tells where calls go, each call once."""

    def __init__(self, trial: Trial):
        self._trial = trial
        self._known: dict[str, Steps | None] = {}
        self._lost = 0

    def steps(self, cases: Sequence[Case], within_s: float | None = None) -> list[Steps | None]:
        """Return where each case goes; None if its traced call does not come back.

        Once a few did not, no further ones are tried: time is for the search.

        Args:
            cases: what to call the function with.
            within_s: a deadline for batches of so far unknown cases, and for each of them.
        """
        fresh = [case for case in cases if case_text(case) not in self._known]
        for start in range(0, len(fresh), _BATCH):
            if self._lost >= HANGS:
                break
            batch = fresh[start : start + _BATCH]
            answers = self._answers(batch, within_s)
            self._lost += sum(isinstance(one, Died) for one in answers)
            for case, answer in zip(batch, answers, strict=True):
                self._known[case_text(case)] = _steps(answer)
        return [self._known.get(case_text(case)) for case in cases]

    def unreached(
        self, function: Function, cases: Sequence[Case], trial: Trial
    ) -> tuple[int, ...] | None:
        """Return the lines that no case reaches; None if that cannot be known in time."""
        lines: list[int] = []
        for some in (list(filter(is_small, cases)), cases):
            if not self.is_quick(some, trial):
                return None
            met = self.steps(some)
            if None in met:
                return None
            lines = unreached_lines(function.text, function.qualname, _positions(met))
            if not lines:
                break
        return tuple(lines) if any(self._known.values()) else None

    def is_quick(self, cases: Sequence[Case], trial: Trial) -> bool:
        """Return whether cases come back in time when they are traced."""
        time_ns = trial.about_ns(cases) if cases else 0
        return time_ns is not None and time_ns * SLOWER < self._trial.seconds * 1e9

    def _answers(self, cases: Sequence[Case], within_s: float | None) -> Sequence[Outcome]:
        try:
            return self._trial.answers(cases, within_s)
        except CandidateFailed as failed:
            return [Died(failed.kind, failed.detail)] * len(cases)


def _steps(answer: Outcome) -> Steps | None:
    if not isinstance(answer, Returned):
        return None
    places, jumps = cast("tuple[list[int], list[str]]", answer.value)
    return frozenset([*places, *jumps])


def _positions(met: Sequence[Steps | None]) -> set[Position]:
    places = {one for steps in met if steps for one in steps if isinstance(one, int)}
    pairs = (divmod(one, _WIDE) for one in places)
    return {(line, -1 if column == _WIDE - 1 else column) for line, column in pairs}


def is_small(case: Case) -> bool:
    """Return whether a call is short enough to be worth varying."""
    return len(case_text(case)) <= _LONGEST
