"""Was a holdout ever asked, as far as the ledger knows?

Pure. What was asked once may be remembered: in a machine's kernel, wherever a change found a place
to leave it. So every entry of an evaluation says that it may have asked, whoever signed it, of
whatever service, and however it ended, unless it is on record that it asked none:

- its exam has no holdouts (``eval.complete``), or
- a stage failed that comes before the first question (``eval.decision``, ``eval.broken``).

In doubt it asked: one without an end, one that was interrupted, an entry of a kind that is not
known here.

Not here: what follows (`sigil.gate.feedback`), which holdouts (`sigil.gate.record.events.taken`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sigil.gate.decision import Code, Stage
from sigil.gate.record.events import COMPLETE, DECISION, Recorded, read_body
from sigil.gate.record.unfinished import BROKEN

_EVALUATION: Final = "eval."
_EARLY: Final = frozenset({
    Stage.POLICY.value, Stage.BUNDLE.value, Stage.DEPLOY_PR.value, Stage.DEPLOY_BASELINE.value,
})  # fmt: skip
"""Stages after whose failure nothing is asked: each ends the work, and questions come later."""


@dataclass(frozen=True, slots=True)
class _OfEvaluation:
    """The body of an entry about an evaluation, as far as it is read here."""

    eval: str
    holdouts: list[str] | None = None
    stages: list[str] = field(default_factory=list[str])
    reasons: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def failed(self) -> frozenset[str]:
        """Stages that failed."""
        found = [one.get("about") for one in self.reasons if one.get("code") == Code.STAGE_FAILED]
        return frozenset([*self.stages, *map(str, found)])


def may_have_asked(entries: Iterable[Recorded], name: str) -> bool:
    """Return whether any evaluation but one may have asked a holdout.

    Args:
        entries: of all services, in the ledger's order.
        name: id of the evaluation that is left out.

    Raises:
        LedgerBroken: an entry of another shape.
    """
    begun, spared, asked = set[str](), {name}, set[str]()
    for entry in entries:
        if not entry.kind.startswith(_EVALUATION):
            continue
        known = read_body(entry, _OfEvaluation)
        begun.add(known.eval)
        if entry.kind == COMPLETE:
            (spared if known.holdouts == [] else asked).add(known.eval)
        elif entry.kind in {DECISION, BROKEN} and not known.failed.isdisjoint(_EARLY):
            spared.add(known.eval)
    return not begun <= spared - asked
