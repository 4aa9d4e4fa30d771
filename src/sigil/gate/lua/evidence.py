"""Why a scenario did not pass: from what the interpreter holds to the operator's evidence.

Not here: how it is drawn (`sigil.gate.view.frames`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sigil.gate.lua.interpreter import Interpreter, split_place
from sigil.gate.lua.outline import Block
from sigil.gate.lua.rewrite import Part, Site
from sigil.gate.lua.show import Shown
from sigil.gate.lua.syntax import Program
from sigil.gate.lua.values import as_text
from sigil.gate.model import Captured, Evidence, Rubric, Value

CAPTURED_ABOVE = "intent result, captured above"
_PURPOSES = {"intent": "sigil.intent objective", "judge": "sigil.judge rubric"}
STOPPED = {
    "budget": "it ran for more instructions than its budget",
    "abort": "the run was stopped from outside",
}
"""What is said of a run that nothing could go on with."""


def evidence(
    record: Any, lua: Interpreter, program: Program, sites: Mapping[int, Site], shown: Shown
) -> Evidence:
    """Return the evidence of a failure.

    Args:
        record: how the run ended, a table of `prelude/expect.lua`.
        lua: where the values are.
        program: the scenario's text.
        sites: its claims.
        shown: shows the values.
    """
    site = _site(record, sites)
    line, message = _message(record, shown)
    ladder = _ladder(record, site, lua, shown)
    line = record.line or line
    span = site.span if site is not None else program.line(line) if line else None
    return Evidence(
        message=shown.message(message),
        span=span,
        values=tuple(value for value, _ in ladder),
        captured=tuple(_captured(lua, sites, shown)),
        rubric=_rubric(site, [origin for _, origin in ladder if origin], lua, sites),
        counterexample=_counterexample(record, shown),
        expects_before=lua.inside.expects,
    )


def _site(record: Any, sites: Mapping[int, Site]) -> Site | None:
    frame = record.frame
    return sites.get(frame.site if frame is not None else record.site)


def _message(record: Any, shown: Shown) -> tuple[int | None, str]:
    message = as_text(record.inner if record.claim is not None else record.message)
    line = None
    if record.raised is not None and not isinstance(record.raised, str):
        message = f"{message}: {shown.value(record.raised)}"
    if record.kind == "dead":
        message = STOPPED[message]
    elif record.unevaluated or record.kind == "error":
        line, message = split_place(message)
    if record.unevaluated:
        message = f"it could not be evaluated: {message}"
    if record.claim is None:
        return line, message
    claim = as_text(record.claim)
    return line, f'invariant "{claim}" is broken by case {record.number} of {record.of}: {message}'


def _ladder(
    record: Any, site: Site | None, lua: Interpreter, shown: Shown
) -> list[tuple[Value, int | None]]:
    if site is None or record.frame is None:
        return []
    rungs = (_rung(part, record.frame, lua, shown) for part in sorted(site.parts, key=_place))
    return [rung for rung in rungs if rung is not None]


def _place(part: Part) -> tuple[int, int, int, int]:
    span = part.span
    return (span.line, span.column, -span.end_line, -span.end_column)


def _rung(
    part: Part, frame: Any, lua: Interpreter, shown: Shown
) -> tuple[Value, int | None] | None:
    if part.literal is not None:
        if not lua.inside.noted(frame, part.within)[0]:
            return None
        return Value(part.span, shown.literal(part.literal), anchor=part.anchor), None
    evaluated, value = lua.inside.noted(frame, part.number)
    if not evaluated:
        return None
    origin = lua.inside.origin_of(value)
    note = CAPTURED_ABOVE if origin is not None else ""
    return Value(part.span, shown.value(value), note, anchor=part.anchor), origin


def _captured(lua: Interpreter, sites: Mapping[int, Site], shown: Shown) -> list[Captured]:
    captured = list[Captured]()
    for intent in lua.inside.intents.values():
        site = sites.get(intent.site)
        values = dict(intent.result.items())
        first = [name for name in ("completed", "summary", "steps") if name in values]
        names = [*first, *sorted(name for name in values if name not in first)]
        fields = tuple((as_text(name), shown.value(values[name])) for name in names)
        name = site.local if site is not None else ""
        captured.append(Captured(name or "result", 0 if site is None else site.span.line, fields))
    return captured


def _rubric(
    site: Site | None, origins: list[int], lua: Interpreter, sites: Mapping[int, Site]
) -> Rubric | None:
    if site is not None and site.rubric is None and origins:
        site = sites.get(lua.inside.intents[origins[0]].site)
    if site is None or site.rubric is None:
        return None
    block: Block = site.rubric
    return Rubric(_PURPOSES[site.kind], block.first, block.last, block.text)


def _counterexample(record: Any, shown: Shown) -> tuple[tuple[str, str], ...]:
    if record.case is None:
        return ()
    named = [
        (as_text(key) if isinstance(key, str) else f"[{shown.value(key)}]", shown.value(value))
        for key, value in record.case.items()
    ]
    return tuple(sorted(named))
