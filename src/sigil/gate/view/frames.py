"""Draw why a scenario failed: the operator's view, as plain text.

    source line, underlined   what went wrong
    ladder                    each sub-expression over the value that it came to
    captured tables           what intents had returned before
    rubric                    the block that the claim hangs on

Pure: text out of a scenario and its evidence, with columns that are right for wide characters, and
nothing that a terminal obeys. Only for eyes that may see the scenario: for a holdout, the
operator's alone.

Not here: what an author of a change is told (`sigil.gate.feedback`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from sigil.gate.model import Captured, Evidence, Priority, Scenario, Span, Value
from sigil.printable import printable

_TAB = "    "
_INDENT = " " * 4
_MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class Frames:
    """The pictures of an evaluation.

    Args:
        change: of what the change did not pass, whatever its baseline did.
        baseline: of what its baseline alone did not pass, which speaks for the change.
    """

    change: tuple[str, ...] = ()
    baseline: tuple[str, ...] = ()


def failure_frame(
    scenario: Scenario,
    evidence: Evidence,
    *,
    priority: Priority = Priority.P1,
    outcome: str = "failed",
    roll_up: Sequence[str] = (),
) -> str:
    """Return the picture of one failure, without a newline at its end.

    Args:
        scenario: its text, and what it is called.
        evidence: why it did not pass.
        priority: as declared.
        outcome: ``failed``, ``ended in an error``, ``is inconclusive``.
        roll_up: lines of whoever knows the scores, such as ``scenario score: 0.00``.
    """
    mark = "×" if outcome == "failed" else "!"
    head = f"{mark} scenario {outcome}: {printable(scenario.id)}  [{priority}]"
    lines = [head, "", *_frame(scenario, evidence), ""]
    if evidence.counterexample:
        lines += ["↳ simplest case that breaks it:"]
        lines += [f"{_INDENT}{line}" for line in _fields(evidence.counterexample)]
    if evidence.rubric is not None:
        rubric = evidence.rubric
        lines.append(f"↳ rubric ({rubric.purpose}, {_lines(rubric.first, rubric.last)}):")
        lines += [f"{_INDENT}{printable(line)}" for line in rubric.text.splitlines()]
    lines.append(f"↳ {_expects(evidence, outcome)}")
    lines += [f"↳ {printable(line)}" for line in roll_up]
    return "\n".join(lines)


def _lines(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first}–{last}"


def _expects(evidence: Evidence, outcome: str) -> str:
    count = evidence.expects_before
    what = "this is the first failure" if outcome == "failed" else f"the scenario {outcome} here"
    if count == 0:
        return f"no expect passed before; {what}."
    return f"{count} of {count} preceding expects passed; {what}."


# The box ----------------------------------------------------------------------------------


def _frame(scenario: Scenario, evidence: Evidence) -> Iterator[str]:
    source = scenario.text.split("\n")
    span = evidence.span
    captured = [one for one in evidence.captured if one.line]
    last = max([0 if span is None else span.end_line, *(one.line for one in captured)])
    width = max(2, len(str(last)))
    margin = " " * (width + 1)
    path = printable(scenario.path)
    if span is None:
        yield f"{margin}╭─[{path}]"
        yield f"{margin}│"
        yield f"{margin}│ {printable(evidence.message)}"
    else:
        yield f"{margin}╭─[{path}:{span.line}:{span.column}]"
        yield f"{margin}│"
        yield from _marked(source, span, evidence.message, width)
        yield from (f"{margin}│ {line}".rstrip() for line in _ladder(source, evidence.values))
    for one in captured:
        yield f"{margin}·"
        yield from _table(source, one, width)
    yield "─" * (width + 1) + "╯"


def _marked(source: list[str], span: Span, message: str, width: int) -> Iterator[str]:
    margin = " " * (width + 1)
    numbers = range(span.line, min(span.end_line, span.line + _MOST_LINES - 1) + 1)
    for number in numbers:
        yield f"{number:>{width}} │ {_line(source, number)}".rstrip()
        text = _text(source, number)
        first = span.column if number == span.line else len(text) - len(text.lstrip()) + 1
        last = span.end_column if number == span.end_line else len(text) + 1
        blank = _cells(text, first)
        under = max(1, _cells(text, last) - blank)
        if number != numbers[-1]:
            yield f"{margin}│ {' ' * blank}{'─' * under}"
            continue
        middle = (under - 1) // 2
        yield f"{margin}│ {' ' * blank}{'─' * middle}┬{'─' * (under - middle - 1)}"
        yield f"{margin}│ {' ' * (blank + middle)}╰── {printable(message)}"


def _text(source: list[str], number: int) -> str:
    return source[number - 1] if 0 < number <= len(source) else ""


def _line(source: list[str], number: int) -> str:
    return _visible(_text(source, number))


def _visible(text: str) -> str:
    """Return a line of source with tabs as blanks, and its other controls escaped."""
    return _TAB.join(_escaped(piece) for piece in text.rstrip("\r").split("\t"))


def _escaped(text: str) -> str:
    # A backslash of the source is no escape of ours: it stays single, as its author wrote it.
    return "\\".join(printable(piece, max(1, len(piece))) for piece in text.split("\\"))


def _cells(text: str, column: int) -> int:
    """Return how many cells stand before a 1-based column of a line."""
    return cell_len(_visible(text[: column - 1]))


# The ladder -------------------------------------------------------------------------------


def _ladder(source: list[str], values: Sequence[Value]) -> Iterator[str]:
    """Draw one ladder per line of source that has values, the outermost expression on top."""
    by_line = dict[int, list[Value]]()
    for value in values:
        by_line.setdefault(_anchor(value)[0], []).append(value)
    for number in sorted(by_line):
        text = _text(source, number)
        spans = [value.span for value in by_line[number]]
        blank = len(text) - len(text.lstrip()) + 1
        start = min(span.column if span.line == number else blank for span in spans)
        rest = len(text.rstrip()) + 1
        end = max(span.end_column if span.end_line == number else rest for span in spans)
        shown = text[start - 1 : end - 1]
        yield ""
        yield f" {_visible(shown)}"
        rungs = {
            _cells(shown, max(1, _anchor(value)[1] - start + 1)): value
            for value in reversed(by_line[number])
        }
        yield from (f" {line}" for line in _rungs(sorted(rungs.items())))


def _anchor(value: Value) -> tuple[int, int]:
    return value.anchor or (value.span.line, value.span.column)


def _rungs(rungs: list[tuple[int, Value]]) -> Iterator[str]:
    yield _pillars([cell for cell, _ in rungs])
    for last in range(len(rungs) - 1, -1, -1):
        cell, value = rungs[last]
        before = _pillars([at for at, _ in rungs[:last]])
        text = f"╰─ <{printable(value.origin)}>" if value.origin else _shown(value)
        yield before.ljust(cell) + text


def _pillars(cells: list[int]) -> str:
    line = ""
    for cell in cells:
        line = line.ljust(cell) + "│"
    return line


def _shown(value: Value) -> str:
    return value.shown if value.shown.isprintable() else printable(value.shown)


# Tables -----------------------------------------------------------------------------------


def _table(source: list[str], captured: Captured, width: int) -> Iterator[str]:
    margin = " " * (width + 1)
    text = _text(source, captured.line)
    indent = " " * _cells(text, len(text) - len(text.lstrip()) + 1)
    yield f"{captured.line:>{width}} │ {indent}{printable(captured.name)} = {{"
    for line in _fields(captured.fields):
        yield f"{margin}│ {indent}  {line},"
    yield f"{margin}│ {indent}}}"


def _fields(fields: Sequence[tuple[str, str]]) -> Iterator[str]:
    widest = max((cell_len(printable(name)) for name, _ in fields), default=0)
    for name, shown in fields:
        label = printable(name)
        blank = " " * (widest - cell_len(label))
        yield f"{label}{blank} = {shown if shown.isprintable() else printable(shown)}"
