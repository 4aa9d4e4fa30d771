"""One scenario, on one side, once: what it was asked with, and what was observed.

Not here: the order of sittings and their processes (`sigil.gate.exam.examining`), what is kept of
them (`sigil.gate.record.dossier`).
"""

from __future__ import annotations

from collections.abc import Mapping
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
class Written:
    """Where a value of the vault stands in the text of a scenario itself, or of a helper.

    Args:
        name: of the value.
        module: of the helper; empty for the scenario's own text.
        start: its first character, from 0.
        end: the one after its last.
    """

    name: str
    module: str
    start: int
    end: int

    def value(self, scenario: Scenario) -> str:
        """Return what stands there."""
        return _texts(scenario).get(self.module, "")[self.start : self.end]


def written(scenario: Scenario, secrets: Mapping[str, str]) -> tuple[Written, ...]:
    """Return one place for each value that a scenario's texts hold.

    Args:
        scenario: opened.
        secrets: value by name.
    """
    places = (
        (name, module, text.find(value), len(value))
        for name, value in sorted(secrets.items())
        for module, text in sorted(_texts(scenario).items())
    )
    found = {
        name: Written(name, module, at, at + size) for name, module, at, size in places if at >= 0
    }
    return tuple(found.values())


def _texts(scenario: Scenario) -> Mapping[str, str]:
    return {**scenario.library, "": scenario.text}


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
        is_whole: whether its calls are all there; not where it never reported, or they do not fit.
        written: where values of the vault stand in its own text.
        is_unreset: whether it never began because the service was not reset, by its own fault.
    """

    sitting: Sitting
    result: Result
    declared: Declared | None = field(repr=False)
    evidence: Evidence | None = field(repr=False)
    answered: tuple[Answered, ...] = field(repr=False)
    elapsed_ms: int = 0
    told_as: str = ""
    is_whole: bool = True
    written: tuple[Written, ...] = ()
    is_unreset: bool = False

    @property
    def scenario(self) -> str:
        """Return the scenario's id."""
        return self.sitting.scenario.id

    @property
    def side(self) -> SideName:
        """Return where it was."""
        return self.sitting.side
