"""Facts of a decision."""

from __future__ import annotations

from dataclasses import replace

from tests.gate.building import answers

from sigil.gate.decision import Facts
from sigil.gate.scoring import score
from sigil.gate.trust import Tier

GOOD = (
    answers("ppp", name="a", priority="P0"),
    answers("ppp", name="h", half="holdout", priority="P1"),
)


def facts(*exam, **changed) -> Facts:
    """All facts as good as can be, over this exam."""
    exam = exam or GOOD
    good = Facts(
        answers=exam,
        score=score(exam),
        tier=Tier.AUTO,
        has_provenance=True,
        ledger_age_s=1.0,
        is_evaluator_known=True,
        is_seed_secret=True,
        is_bound=True,
        unvouched=(),
    )
    return replace(good, **changed)
