"""What an evaluation came to, as plain data that is kept.

Behind the wall: no text of a scenario comes in, so none can come out.

Not here: making it of an evaluation (`sigil.gate.view.summarizing`), the files
(`sigil.gate.record.dossier`), the author's view (`sigil.gate.feedback`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sigil.gate.decision import Verdict
from sigil.gate.model import SideName
from sigil.gate.record.events import Provenance

HALVES = ("visible", "holdout", "overall")
"""Names of the scores, in the order in which people read them."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One satisfaction on both sides, with two decimals."""

    pr: str
    baseline: str
    delta: str


@dataclass(frozen=True, slots=True)
class Summary:
    """An evaluation.

    Args:
        eval: its id.
        service: whose.
        ref: the change, as it was asked for.
        commits: of the change, its baseline and the control.
        provenance: the six fields; None if one is not known.
        scores: ``visible``, ``holdout`` and ``overall``; None where there is nothing to score.
        verdict: what was decided.
        recommended: without regard to the trust ladder.
        reasons: as they are recorded.
        lines: the same in words.
        troubles: stages that failed, each with its problem, and the end of what a service printed
            that did not come up.
        entry: number of the decision in the ledger; None if it is on no record.
        ended: sides whose service of the visible half ended by itself before the exam was over.
        notes: what somebody should know of what was compared.
        subjects: of the commits, by the same names; empty in what an older version kept.
    """

    eval: str
    service: str
    ref: str
    commits: dict[str, str]
    provenance: Provenance | None
    scores: dict[str, Figures | None]
    verdict: Verdict
    recommended: Verdict
    reasons: list[dict[str, Any]]
    lines: list[str]
    troubles: list[dict[str, str]]
    entry: int | None
    ended: tuple[SideName, ...] = ()
    notes: tuple[str, ...] = ()
    subjects: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def is_holdout_missed(self) -> bool:
        """Whether a holdout did not pass on one of the sides: figures are rounded down."""
        found = self.scores.get("holdout")
        return found is not None and (found.pr, found.baseline) != ("1.00", "1.00")

    def compared(self) -> list[tuple[str, str, str]]:
        """Return name, commit and subject of the change and of its baseline."""
        return [
            (name, self.commits[name], self.subjects.get(name, ""))
            for name in ("change", "baseline")
            if name in self.commits
        ]

    def halves(self) -> list[tuple[str, Figures | None]]:
        """Return the scores in the order in which people read them."""
        return [(name, self.scores[name]) for name in HALVES if name in self.scores]
