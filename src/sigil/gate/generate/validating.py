"""Three stages that a scenario has to pass before it becomes part of an exam.

1. It parses, and lint finds no error in it.
2. It runs against the baseline without an error of its own. Whether it passes is noted: it may
   fail where what it asks for does not exist yet.
3. It is discriminating: there is a wrong service that it fails against.

What is run is handed in, so that this holds for texts of a compiler and of a model alike. Nothing
here writes or prints a text.

Not here: the wrong services (`stubs`), putting the baseline up (`sigil.cli`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sigil.errors import MalformedScenario
from sigil.gate.effects import Answered, Effects
from sigil.gate.generate.stubs import alike, changed
from sigil.gate.lua import Limits, lint, run_scenario
from sigil.gate.model import Evidence, Half, Scenario, Status

_LIMITS = Limits(instructions=20_000_000)
_SEED = 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scenario that may become part of an exam. Its representation shows nothing of its text.

    Args:
        name: of the visible scenario; of a holdout, something to tell it by in memory.
        half: that it is for.
        clauses: ids of what it holds the service to.
        text: Lua source.
    """

    name: str
    half: Half
    clauses: tuple[str, ...]
    text: str = field(repr=False)

    def scenario(self, spec: str, library: Mapping[str, str]) -> Scenario:
        """Return it as the interpreter takes it."""
        return Scenario(self.name, self.half, self.text, self.name, spec, library)


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a scenario on the baseline.

    Args:
        status: of the whole.
        answered: every call with its reply.
        evidence: why it did not pass; None if it did.
    """

    status: Status
    answered: tuple[Answered, ...] = field(repr=False)
    evidence: Evidence | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Validation:
    """What validation found of one candidate.

    Args:
        candidate: which.
        refused: why it does not become part of the exam, as a clause; empty if it does.
        stage: the last one that was reached.
        baseline: how it ended there; None where there was none.
        noticed: wrong services that it failed against.
        tried: wrong services.
    """

    candidate: Candidate
    refused: str = ""
    stage: int = 1
    baseline: Status | None = None
    noticed: int = 0
    tried: int = 0


@dataclass(frozen=True, slots=True)
class Examiner:
    """What validation needs of the world.

    Args:
        run: runs a scenario against the baseline; None where there is no baseline.
        environment: what ``sigil.env`` gives, for wrong services.
        library: helpers, by the name that a scenario requires them by.
        spec: path of the intent.
        expect_failing: whether a scenario may fail on the baseline.
    """

    run: Callable[[Scenario], Ran] | None
    environment: Mapping[str, str | None]
    library: Mapping[str, str]
    spec: str
    expect_failing: bool = False


def validate(candidates: Sequence[Candidate], examiner: Examiner) -> list[Validation]:
    """Return what was found of each candidate, in order."""
    return [_validated(candidate, examiner) for candidate in candidates]


def _validated(candidate: Candidate, examiner: Examiner) -> Validation:
    scenario = candidate.scenario(examiner.spec, examiner.library)
    errors = [finding for finding in lint(scenario) if finding.severity == "error"]
    if errors:
        return Validation(candidate, f"line {errors[0].line}: {errors[0].rule}")
    if examiner.run is None:
        return _discriminating(candidate, scenario, None, examiner)
    ran = examiner.run(scenario)
    if ran.status in {Status.ERROR, Status.INCONCLUSIVE}:
        return Validation(candidate, f"it {_ended(ran)} on the baseline", 2, ran.status)
    if ran.status is Status.FAIL and not examiner.expect_failing:
        reason = "it fails on the baseline; say --expect-failing if that is still to be built"
        return Validation(candidate, reason, 2, ran.status)
    return _discriminating(candidate, scenario, ran, examiner)


def _ended(ran: Ran) -> str:
    return "ends in an error" if ran.status is Status.ERROR else "comes to no conclusion"


def _discriminating(
    candidate: Candidate, scenario: Scenario, ran: Ran | None, examiner: Examiner
) -> Validation:
    services: list[Effects] = list(alike(examiner.environment))
    if ran is not None and ran.status is Status.PASS:
        services += changed(ran.answered, examiner.environment)
    noticed = sum(_fails(scenario, service) for service in services)
    refused = "" if noticed else "no wrong service fails it, so it tells nothing"
    status = None if ran is None else ran.status
    return Validation(candidate, refused, 3, status, noticed, len(services))


def _fails(scenario: Scenario, service: Effects) -> bool:
    try:
        run = run_scenario(scenario, service, seed=_SEED, limits=_LIMITS)
    except MalformedScenario:
        return False
    return run.result.status is Status.FAIL
