"""Repeat an evaluation from what was observed: the same tuple, the same bytes.

Every scenario runs again in its own process, answered from the recording in the recording's
order; no service is deployed and no model asked. Results, evidence and score have to come out as
they were. A sitting whose calls were not kept, because it never reported or they did not fit,
cannot be repeated: it stays the error that it is on record.

A recording holds names where there were values of the vault. Where a scenario's own text holds a
value, its run does as well, so the value is put back into replies out of that text, and what is
asked is compared with names in the place of values: it may spell them in any way.

Not here: what is kept (`sigil.gate.record.dossier`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NoReturn

from sigil.gate.effects import Call, EffectFailed
from sigil.gate.exam.channel import Assignment
from sigil.gate.exam.examining import answers, seed_of
from sigil.gate.exam.hall import Hall, Lost
from sigil.gate.judge import rubrics
from sigil.gate.lua import Limits
from sigil.gate.model import Evidence, Result, Scenario, Status
from sigil.gate.record.dossier import Kept
from sigil.gate.record.events import Complete, Provenance, scores
from sigil.gate.scoring import Score, score
from sigil.gate.secrets import restored


@dataclass(frozen=True, slots=True)
class Repeated:
    """What came out.

    Args:
        score: of the repeated results.
        differing: how many sittings did not come out as they were, of each half.
        count: of all sittings.
        left: how many of them cannot be repeated, and are errors on record.
    """

    score: Score
    differing: Mapping[str, int]
    count: int
    left: int


def repeat(
    recorded: Sequence[Kept],
    scenarios: Mapping[str, Scenario],
    *,
    weights: tuple[Fraction, Fraction],
    lanes: int,
    most_seconds: float,
) -> Repeated:
    """Run every recorded sitting again.

    Args:
        recorded: of both halves.
        scenarios: of the exam, opened, by id.
        weights: of the visible half and of the holdouts.
        lanes: how many at once.
        most_seconds: of one.

    Raises:
        KeyError: a sitting of a scenario that the exam does not have.
    """
    with Hall() as hall, ThreadPoolExecutor(lanes) as pool:

        def sit(one: Kept) -> Kept:
            return _again(hall, one, scenarios[one.scenario], most_seconds)

        again = list(pool.map(sit, recorded))
    differing = {"visible": 0, "holdout": 0}
    for one, other in zip(recorded, again, strict=True):
        differing[scenarios[one.scenario].half] += one != other
    found = score(answers(tuple(scenarios.values()), again), visible=weights[0], holdout=weights[1])
    left = sum(not one.is_whole for one in again)
    return Repeated(found, differing, len(recorded), left)


def _again(hall: Hall, one: Kept, scenario: Scenario, most_seconds: float) -> Kept:
    if not one.is_whole:  # whatever it says of itself, it passes for no more than an error
        error = Result(one.scenario, Status.ERROR, (), is_ours=one.result.is_ours)
        return replace(one, result=error, answered=())
    secrets = {place.name: place.value(scenario) for place in one.written}
    assignment = Assignment(
        scenario=scenario,
        seed=one.seed,
        limits=Limits(),
        authority="",
        origins=frozenset(),
        most_seconds=most_seconds,
        recorded=tuple(restored(answered, secrets) for answered in one.answered),
        secrets=secrets,
    )
    try:
        report = hall.examine(assignment, answer=_nobody, connect=_nowhere)
    except Lost as lost:
        result = Result(one.scenario, Status.ERROR, ())
        return replace(one, declared=None, result=result, evidence=Evidence(lost.problem))
    return replace(one, declared=report.declared, result=report.result, evidence=report.evidence)


def _nobody(call: Call) -> NoReturn:
    raise EffectFailed(f"a repetition asks nobody for {call.kind}")


def _nowhere(timeout_s: float) -> NoReturn:
    raise ConnectionRefusedError(timeout_s)


def disagreements(
    known: Complete,
    sealed: str,
    recorded: Sequence[Kept],
    found: Score,
    scenarios: Mapping[str, Scenario],
    *,
    about: Provenance | None,
) -> list[str]:
    """Return what of a dossier is not what the ledger says of its evaluation.

    Args:
        known: the ledger's entry.
        sealed: digest of the sealed observations.
        recorded: what they hold.
        found: the repeated score.
        scenarios: of the exam, opened, by id.
        about: the six fields as the dossier has them.
    """
    seed = int(known.provenance.seed, 16)
    seeds = {one.seed == seed_of(seed, one.scenario, one.repeat) for one in recorded}
    overall, visible, holdout = scores(found)
    asked = rubrics.digests((scenarios[one.scenario], one.answered) for one in recorded)
    checks = (
        ("the six fields", known.provenance == about),
        ("the observations", known.observations == sealed),
        ("the seeds", False not in seeds),
        ("the score", (known.overall, known.visible, known.holdout) == (overall, visible, holdout)),
        ("the rubrics", known.rubrics is None or known.rubrics == asked),
    )
    return [what for what, holds in checks if not holds]
