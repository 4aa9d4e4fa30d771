"""An evaluation put into the figures and words that are kept of it.

Not here: what is kept (`sigil.gate.record.summary`), the author's view (`sigil.gate.feedback`).
"""

from __future__ import annotations

from sigil.gate.outcome import Outcome
from sigil.gate.record import events
from sigil.gate.record.summary import HALVES, Figures, Summary
from sigil.gate.scoring import Score
from sigil.gate.telling import for_operator
from sigil.gate.view import present
from sigil.llm.redaction import redact


def figures(found: Score | None) -> dict[str, Figures | None]:
    """Return a score as it is kept; nothing of none."""
    if found is None:
        return {}
    pairs = (found.visible, found.holdout, found.overall)
    return {
        name: None
        if pair is None
        else _figures(present.figure(pair.pr), present.figure(pair.baseline))
        for name, pair in zip(HALVES, pairs, strict=True)
    }


def _figures(change: str, baseline: str) -> Figures:
    return Figures(change, baseline, present.difference(baseline, change))


def summary(outcome: Outcome) -> Summary:
    """Return what an evaluation came to."""
    revisions = outcome.revisions
    compared = {
        "change": revisions.change,
        "baseline": revisions.baseline,
        "control": revisions.control,
    }
    return Summary(
        eval=outcome.eval,
        service=outcome.service,
        ref=revisions.change.ref,
        commits={name: one.commit for name, one in compared.items()},
        provenance=outcome.provenance,
        scores=figures(outcome.score),
        verdict=outcome.decision.verdict,
        recommended=outcome.decision.recommended,
        reasons=events.reasons(outcome.decision),
        lines=[present.reason_text(reason) for reason in outcome.decision.reasons],
        troubles=[
            {
                "stage": trouble.stage.value,
                "problem": redact(trouble.problem),
                "output": "\n".join(for_operator(trouble.output)),
            }
            for trouble in outcome.troubles
        ],
        entry=outcome.entry,
        ended=outcome.ended,
        notes=(revisions.doubt,) if revisions.doubt else (),
        subjects={name: one.subject for name, one in compared.items()},
    )
