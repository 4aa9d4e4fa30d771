"""One scenario, on one side, once: what it was asked with, and what was observed.

Not here: the order of sittings and their processes (`sigil.gate.exam.examining`), what is kept of
them (`sigil.gate.record.dossier`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sigil.gate.effects import Answered
from sigil.gate.model import Declared, Evidence, Result, Scenario, SideName

SIDES: tuple[SideName, SideName] = ("pr", "baseline")


@dataclass(frozen=True, slots=True)
class Sitting:
    """One scenario, on one side, once.

    Args:
        scenario: opened; in no representation.
        side: where.
        repeat: from 0.
        seed: of its generators.
    """

    scenario: Scenario = field(repr=False)
    side: SideName
    repeat: int
    seed: int


@dataclass(frozen=True, slots=True)
class Observed:
    """What came of a sitting.

    Args:
        sitting: which.
        result: what scores are made of.
        declared: what the scenario says of itself; None if it could not be read.
        evidence: why it did not pass; None if it did.
        answered: every call with its reply.
        elapsed_ms: wall clock.
        told_as: what the feedback of this evaluation calls a holdout; empty for a visible scenario.
    """

    sitting: Sitting
    result: Result
    declared: Declared | None = field(repr=False)
    evidence: Evidence | None = field(repr=False)
    answered: tuple[Answered, ...] = field(repr=False)
    elapsed_ms: int = 0
    told_as: str = ""

    @property
    def scenario(self) -> str:
        """Return the scenario's id."""
        return self.sitting.scenario.id

    @property
    def side(self) -> SideName:
        """Return where it was."""
        return self.sitting.side
