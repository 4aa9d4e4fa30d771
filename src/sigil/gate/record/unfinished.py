"""Evaluations that were begun and came to no decision, as the ledger tells of them.

Pure. An evaluation is put on record before anything of the exam is opened, and ends on record with
its decision, or with why there is none:

    eval.begun     an evaluation of a change began
    eval.broken    it came to no decision: which stages failed, or that it was interrupted

One that was killed leaves its beginning alone. Either way it speaks against whatever was decided on
the same change before: what was examined anew without an answer is not known to be good any more.

Not here: decisions (`sigil.gate.record.events`), what follows (`sigil.gate.standing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from sigil.gate.decision import Stage
from sigil.gate.record.events import DECISION, Recorded, read_body

BEGUN = "eval.begun"
BROKEN = "eval.broken"


@dataclass(frozen=True, slots=True)
class Begun:
    """The body of ``eval.begun``.

    Args:
        eval: id of the evaluation.
        ref: the change, as it was asked for.
        commit: of the change.
        artifact: digest of what it holds.
    """

    eval: str
    ref: str
    commit: str
    artifact: str

    @property
    def cause(self) -> str:
        """Why there is no decision, as long as nothing else is on record."""
        return "no end on record"


@dataclass(frozen=True, slots=True)
class Broken:
    """The body of ``eval.broken``.

    Args:
        eval: id of the evaluation.
        commit: of the change.
        artifact: digest of what it holds.
        stages: that failed, in their order; empty where none did.
        interrupted: whether somebody ended it.
    """

    eval: str
    commit: str
    artifact: str
    stages: list[Stage]
    interrupted: bool = False

    @property
    def cause(self) -> str:
        """Why there is no decision, in a few fixed words."""
        if self.interrupted or not self.stages:
            return "interrupted"
        return f"{', '.join(stage.value for stage in self.stages)} failed"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An evaluation without a decision.

    Args:
        eval: its id.
        cause: in a few fixed words.
    """

    eval: str
    cause: str


@dataclass(frozen=True, slots=True)
class _OfDecision:
    """The body of ``eval.decision``, as far as it is read here."""

    eval: str


def body_of(known: Begun | Broken) -> dict[str, Any]:
    """Return the body of an entry."""
    return msgspec.to_builtins(known)


def unfinished(
    entries: Iterable[Recorded], service: str, artifact: str, *, after: str = ""
) -> list[Unfinished]:
    """Return the evaluations of a change that came to no decision.

    One that broke off after its decision was recorded came to none: nobody was told of it.

    Args:
        entries: in the ledger's order.
        service: whose.
        artifact: digest of the change, under whatever name.
        after: id of an evaluation; those that had broken off when it began are left out. One that
            never began on record, such as none, came before all.

    Raises:
        LedgerBroken: an entry of another shape.
    """
    found: dict[str, Unfinished] = {}
    for entry in entries:
        if entry.service != service or entry.kind not in _READ:
            continue
        known = read_body(entry, _READ[entry.kind])
        if isinstance(known, _OfDecision):
            found.pop(known.eval, None)
        elif known.eval == after and isinstance(known, Begun):
            found.clear()
        elif known.artifact == artifact:
            found[known.eval] = Unfinished(known.eval, known.cause)
    return list(found.values())


def unfinished_since(entries: Iterable[Recorded], name: str) -> list[Unfinished]:
    """Return the evaluations, of whatever change, that began later and came to no decision.

    Args:
        entries: in the ledger's order.
        name: id of an evaluation; ids ascend with the time of their beginning.

    Raises:
        LedgerBroken: an entry of another shape.
    """
    found: dict[str, Unfinished] = {}
    for entry in entries:
        if entry.kind not in _READ:
            continue
        known = read_body(entry, _READ[entry.kind])
        if isinstance(known, _OfDecision):
            found.pop(known.eval, None)
        elif known.eval > name:
            found[known.eval] = Unfinished(known.eval, known.cause)
    return list(found.values())


_READ: Mapping[str, type[Begun | Broken | _OfDecision]] = {
    BEGUN: Begun,
    BROKEN: Broken,
    DECISION: _OfDecision,
}
