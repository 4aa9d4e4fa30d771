"""What comes of an evaluation: what it was about, what was found, the decision, who is told what.

Plain data, for whoever shows it or keeps a summary. Not here: how it comes to be
(`sigil.gate.evaluation`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sigil.gate.decision import Decision
from sigil.gate.feedback import Feedback
from sigil.gate.model import SideName
from sigil.gate.record.events import Provenance
from sigil.gate.revisions import Revisions
from sigil.gate.scoring import Answers, Score
from sigil.gate.sittings import Observed
from sigil.gate.stages import Trouble


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an evaluation.

    Args:
        eval: its id.
        service: whose.
        revisions: what was compared.
        provenance: the six fields; None if one of them is not known.
        answers: results alone, of both halves.
        score: None if nothing was scored.
        decision: always there.
        feedback: what the change's author may read.
        troubles: stages that failed, and why.
        observed: all that was seen; holds holdouts, and is in no representation.
        warnings: what somebody should look at, and is no reason.
        entry: number of the entry that ends it in the ledger; None if it could not be written.
        ended: sides whose service of the visible half ended by itself; the operator's alone.
    """

    eval: str
    service: str
    revisions: Revisions
    provenance: Provenance | None
    answers: tuple[Answers, ...]
    score: Score | None
    decision: Decision
    feedback: Feedback
    troubles: tuple[Trouble, ...]
    observed: tuple[Observed, ...] = field(repr=False)
    warnings: tuple[str, ...] = ()
    entry: int | None = None
    ended: tuple[SideName, ...] = ()
