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
from dataclasses import dataclass, field, replace

from sigil.errors import MalformedScenario
from sigil.gate.effects import Answered, Effects
from sigil.gate.generate.stubs import alike, changed, mistaken
from sigil.gate.lua import Limits, apart, lint, run_scenario
from sigil.gate.model import Evidence, Half, Scenario, Status

_LIMITS = Limits(instructions=20_000_000)
_SEED = 1
DISCRIMINATING_S = 300.0
"""That a scenario may take against all wrong services."""
FAILS = "it fails on the baseline"
"""Why a scenario is refused that a service may pass once something is built."""


def _unheard(done: int, total: int) -> None:
    """Hear how far it is, and say nothing."""
    del done, total


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scenario that may become part of an exam. Its representation shows nothing of its text.

    Args:
        name: of the visible scenario; of a holdout, something to tell it by in memory.
        half: that it is for.
        clauses: ids of what it holds the service to.
        text: Lua source.
        plainer: texts that ask for less, to fall back to where the baseline does not pass it.
        values: that it asks for between the rows of a table; 0 if that is not what it is for.
    """

    name: str
    half: Half
    clauses: tuple[str, ...]
    text: str = field(repr=False)
    plainer: tuple[str, ...] = field(default=(), repr=False)
    values: int = 0

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
        seed: of its generators.
    """

    status: Status
    answered: tuple[Answered, ...] = field(repr=False)
    evidence: Evidence | None = field(default=None, repr=False)
    seed: int = _SEED


@dataclass(frozen=True, slots=True)
class Validation:
    """What validation found of one candidate.

    Args:
        candidate: which.
        refused: why it does not become part of the exam, as a clause; empty if it does.
        stage: the last one that was reached; 0 for none.
        baseline: how it ended there; None where there was none.
        noticed: wrong services that it failed against.
        tried: wrong services.
        kept: why it would be refused if it were not part of the exam already; empty if it would
            not.
        line: of the text, 1-based, that it did not get past on the baseline; None for no line.
        evidence: why a visible one did not pass there; None if it did, and of every holdout.
    """

    candidate: Candidate
    refused: str = ""
    stage: int = 1
    baseline: Status | None = None
    noticed: int = 0
    tried: int = 0
    kept: str = ""
    line: int | None = None
    evidence: Evidence | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Examiner:
    """What validation needs of the world.

    Args:
        run: runs a scenario against the baseline; None where there is no baseline.
        environment: what ``sigil.env`` gives, for wrong services.
        library: helpers, by the name that a scenario requires them by.
        spec: path of the intent.
        expect_failing: whether a scenario may fail on the baseline.
        standing: texts that are part of the exam already. They are not refused: a service that
            is broken today is no reason to ask less of it.
    """

    run: Callable[[Scenario], Ran] | None
    environment: Mapping[str, str | None]
    library: Mapping[str, str]
    spec: str
    expect_failing: bool = False
    standing: frozenset[str] = field(default=frozenset(), repr=False)


def validate(
    candidates: Sequence[Candidate],
    examiner: Examiner,
    progress: Callable[[int, int], None] = _unheard,
) -> list[Validation]:
    """Return what was found of each candidate, in order.

    Args:
        candidates: to examine.
        examiner: see `Examiner`.
        progress: hears how many are done, and of how many.
    """
    found: list[Validation] = []
    for candidate in candidates:
        found.append(_validated(candidate, examiner))
        progress(len(found), len(candidates))
    return found


def _validated(candidate: Candidate, examiner: Examiner) -> Validation:
    """Return what was found of the text that stands, else of the one that asks the most."""
    texts = (candidate.text, *candidate.plainer)
    ones = [replace(candidate, text=text, plainer=()) for text in texts]
    for one in ones:
        if one.text in examiner.standing:
            found = _examined(one, examiner)
            return replace(found, refused="", kept=found.refused)
    for one in ones[:-1] if examiner.run is not None else ():
        found = _examined(one, examiner)
        if not found.refused and found.baseline is Status.PASS:
            return found
    return _examined(ones[-1], examiner)


def _examined(candidate: Candidate, examiner: Examiner) -> Validation:
    scenario = candidate.scenario(examiner.spec, examiner.library)
    errors = [finding for finding in lint(scenario) if finding.severity == "error"]
    if errors:
        return Validation(candidate, f"line {errors[0].line}: {errors[0].rule}")
    if examiner.run is None:
        return _discriminating(candidate, scenario, None, examiner)
    ran = examiner.run(scenario)
    if ran.status in {Status.ERROR, Status.INCONCLUSIVE}:
        return _stopped(candidate, ran, f"it {_ended(ran)} on the baseline")
    if ran.status is Status.FAIL and not examiner.expect_failing:
        return _stopped(candidate, ran, FAILS)
    return _discriminating(candidate, scenario, ran, examiner)


def _stopped(candidate: Candidate, ran: Ran, reason: str) -> Validation:
    """Return what is known of a candidate that does not get past the baseline."""
    span = None if ran.evidence is None else ran.evidence.span
    line = None if span is None else span.line
    seen = ran.evidence if candidate.half == "visible" else None
    return Validation(candidate, reason, 2, ran.status, line=line, evidence=seen)


def _ended(ran: Ran) -> str:
    return "ends in an error" if ran.status is Status.ERROR else "comes to no conclusion"


def _discriminating(
    candidate: Candidate, scenario: Scenario, ran: Ran | None, examiner: Examiner
) -> Validation:
    services: list[Effects] = list(alike(examiner.environment))
    seed = _SEED
    if ran is not None and ran.status is Status.PASS:
        seed = ran.seed  # or what it draws is not what it drew when this was answered
        services += changed(ran.answered, examiner.environment)
        services += mistaken(ran.answered, examiner.environment)
    try:
        noticed = apart(
            lambda: sum(_fails(scenario, service, seed) for service in services),
            int,
            seconds=DISCRIMINATING_S,
        )
    except MalformedScenario as endless:
        return Validation(candidate, f"against wrong services {endless.problem}", 3)
    refused = "" if noticed else "no wrong service fails it, so it tells nothing"
    status = None if ran is None else ran.status
    return Validation(candidate, refused, 3, status, noticed, len(services))


def _fails(scenario: Scenario, service: Effects, seed: int) -> bool:
    try:
        run = run_scenario(scenario, service, seed=seed, limits=_LIMITS)
    except MalformedScenario:
        return False
    return run.result.status is Status.FAIL
