"""The words of an exam: scenarios, steps, results, evidence.

Two kinds of outcome, kept apart by type. A `Result` holds no text at all but the scenario's id,
so whatever is made of results alone, such as feedback, cannot carry what a holdout asks.
`Evidence` says what was asked and what came back: the operator's, and for a holdout it never
leaves the evaluator unsealed.

Pure. Not here: running (`sigil.gate.lua`), adding up (`sigil.gate.scoring`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Half = Literal["visible", "holdout"]
SideName = Literal["pr", "baseline"]


class Priority(StrEnum):
    """How much hangs on a scenario; P0 blocks."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"


class Capability(StrEnum):
    """What a scenario may use once it declares it."""

    HTTP = "http"
    BROWSER = "browser"
    INTENT = "intent"
    JUDGE = "judge"
    PROPERTY = "property"
    EXEC = "exec"


class StepStatus(StrEnum):
    """What became of one step. ``error`` is ours or the service's, never a failed check."""

    PASS = "pass"  # noqa: S105 (no password)
    FAIL = "fail"
    SKIP = "skip"
    ERROR = "error"


class Status(StrEnum):
    """What became of a scenario.

    ``inconclusive``: a judge would not say. Neither it nor ``error`` can ever help an ALLOW.
    """

    PASS = "pass"  # noqa: S105 (no password)
    FAIL = "fail"
    ERROR = "error"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One exam question, opened.

    Args:
        id: its path below ``visible/`` or ``holdout/`` without suffix; for a holdout the opaque
            ``holdout_001``.
        half: which half it belongs to.
        text: Lua 5.4 source; in no representation, because it may be a holdout's.
        path: what a code frame calls it.
        spec: path of the intent that it stems from, relative to the repository; empty if unknown.
        library: text of each helper that it may ``require``, by module name such as ``lib.money``.
        salt: of digests of its parts, from inside of its seal; empty for a visible one.
    """

    id: str
    half: Half
    text: str = field(repr=False)
    path: str
    spec: str = ""
    library: Mapping[str, str] = field(default_factory=dict[str, str])
    salt: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one scenario on one side, once. Holds nothing that could be a secret.

    Args:
        scenario: the scenario's id.
        status: of the whole.
        steps: of each step, in order.
        expects_passed: how many expects held.
        judged: the lowest score that a judge gave, 0 to 1; None where none was asked.
        is_ours: of an error: whether it may lie with whoever examines, and not with the service.
    """

    scenario: str
    status: Status
    steps: tuple[StepStatus, ...]
    expects_passed: int = 0
    judged: float | None = None
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of source text.

    Args:
        line: 1-based, of its first character.
        column: 1-based, in characters.
        end_line: of its last character.
        end_column: one past the last character.
    """

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Value:
    """What a sub-expression came to.

    Args:
        span: of the sub-expression.
        shown: its value as Lua text, cut to a readable length.
        origin: a note such as ``intent result, captured above``; empty for none.
        anchor: line and column of what it is known by, such as an operator or the name of a field;
            None for the start of its span.
    """

    span: Span
    shown: str
    origin: str = ""
    anchor: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Captured:
    """A table that an intent returned before the failure.

    Args:
        name: of the local that holds it.
        line: where it was captured.
        fields: value of each field as Lua text, in order.
    """

    name: str
    line: int
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rubric:
    """A block of ``---`` lines.

    Args:
        purpose: ``sigil.intent objective`` or ``sigil.judge rubric``.
        first: its first line.
        last: its last line.
        text: without the dashes.
    """

    purpose: str
    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a scenario did not pass: all that the operator's view shows.

    Args:
        message: one line, such as ``assertion is false``.
        span: what failed; None where no line is to blame.
        values: the ladder: each sub-expression with its value, outermost first.
        captured: tables of intents before it.
        rubric: of the intent or judge that it hangs on.
        counterexample: the shrunk case of an invariant, value by name; empty otherwise.
        expects_before: how many expects passed before it.
    """

    message: str
    span: Span | None = None
    values: tuple[Value, ...] = ()
    captured: tuple[Captured, ...] = ()
    rubric: Rubric | None = None
    counterexample: tuple[tuple[str, str], ...] = ()
    expects_before: int = 0


@dataclass(frozen=True, slots=True)
class Declared:
    """What a scenario says of itself in the table that it returns.

    Args:
        title: one line; its id if it has none.
        priority: P1 unless it says otherwise.
        tags: for selection.
        endpoints: such as ``GET /api/subscription``.
        capabilities: what it may use; nothing undeclared works.
        max_seconds: of one run; None for the default.
    """

    title: str
    priority: Priority = Priority.P1
    tags: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    capabilities: frozenset[Capability] = frozenset()
    max_seconds: float | None = None
