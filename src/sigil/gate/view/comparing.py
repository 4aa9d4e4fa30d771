"""What changed between two evaluations?

Pure, and behind the wall: it is made of summaries and of feedback, so of a holdout it knows what
the author was told: how many failed, and which intents are missed. Where less was told, less is
said.

Not here: printing it (`sigil.cli.diff`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sigil.gate.decision import Verdict
from sigil.gate.feedback import Disclosure, Feedback
from sigil.gate.model import Status
from sigil.gate.record.summary import Summary
from sigil.gate.view import present


@dataclass(frozen=True, slots=True)
class Moved:
    """A satisfaction of the change, before and after; None where there was none."""

    before: str | None
    after: str | None
    delta: str | None


@dataclass(frozen=True, slots=True)
class Turned:
    """A visible scenario that came out otherwise; None where it was not in the exam."""

    scenario: str
    before: Status | None
    after: Status | None


@dataclass(frozen=True, slots=True)
class Holdouts:
    """What may be said of the holdouts.

    Args:
        failed: how many failed before and after; None where that was not told.
        missed: intents that are missed only after.
        met: intents that were missed only before.
        is_known: whether both were told which intents are missed.
    """

    failed: tuple[int | None, int | None]
    missed: tuple[str, ...]
    met: tuple[str, ...]
    is_known: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """From one evaluation to another.

    Args:
        evals: ids of both.
        verdicts: of both.
        same: fields of the provenance that are equal; six, and the score has to be.
        scores: of the change, by half.
        turned: visible scenarios, by name.
        holdouts: see there.
        gone: reasons that hold no more, in words.
        new: reasons that did not hold.
    """

    evals: tuple[str, str]
    verdicts: tuple[Verdict, Verdict]
    same: tuple[str, ...]
    scores: dict[str, Moved]
    turned: tuple[Turned, ...]
    holdouts: Holdouts
    gone: tuple[str, ...]
    new: tuple[str, ...]


FIELDS = ("artifact", "baseline", "scenarios", "seed", "control", "evaluator")
HALVES = ("visible", "holdout", "overall")


def difference(one: tuple[Summary, Feedback], other: tuple[Summary, Feedback]) -> Difference:
    """Return what changed from one evaluation to another.

    Args:
        one: before.
        other: after.
    """
    (before, told), (after, told_after) = one, other
    return Difference(
        evals=(before.eval, after.eval),
        verdicts=(before.verdict, after.verdict),
        same=_same(before, after),
        scores={half: _moved(half, before, after) for half in HALVES},
        turned=_turned(_visible(told), _visible(told_after)),
        holdouts=_holdouts(told, told_after),
        gone=tuple(line for line in before.lines if line not in after.lines),
        new=tuple(line for line in after.lines if line not in before.lines),
    )


def _same(before: Summary, after: Summary) -> tuple[str, ...]:
    one, other = before.provenance, after.provenance
    if one is None or other is None:
        return ()
    return tuple(name for name in FIELDS if getattr(one, name) == getattr(other, name))


def _moved(half: str, before: Summary, after: Summary) -> Moved:
    figures = before.scores.get(half), after.scores.get(half)
    one, other = (None if known is None else known.pr for known in figures)
    if one is None or other is None:
        return Moved(one, other, None)
    return Moved(one, other, present.difference(one, other))


def _visible(told: Feedback) -> dict[str, Status]:
    return {line.name: line.status for line in told.lines if line.half == "visible"}


def _turned(one: Mapping[str, Status], other: Mapping[str, Status]) -> tuple[Turned, ...]:
    return tuple(
        Turned(name, one.get(name), other.get(name))
        for name in sorted({*one, *other})
        if one.get(name) is not other.get(name)
    )


def _holdouts(one: Feedback, other: Feedback) -> Holdouts:
    missed, missed_after = set(one.failing_specs), set(other.failing_specs)
    is_known = Disclosure.NOTHING not in {one.disclosure, other.disclosure}
    return Holdouts(
        failed=(_failed(one), _failed(other)),
        missed=tuple(sorted(missed_after - missed)) if is_known else (),
        met=tuple(sorted(missed - missed_after)) if is_known else (),
        is_known=is_known,
    )


def _failed(told: Feedback) -> int | None:
    if told.disclosure is not Disclosure.STEPS:
        return None
    return sum(line.failed for line in told.lines if line.half == "holdout")
