"""The visible half, run by whoever writes the code: the files as they stand, on one deployment.

No key, no ledger and no decision: a rehearsal passing says nothing of the sealed half.

Not here: the evaluation that decides (`sigil.gate.evaluation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from sigil.errors import InvalidValue, NotFound
from sigil.gate.deploy import Deployment
from sigil.gate.exam.examining import Answerer, Exam, examine
from sigil.gate.exam.hall import Hall
from sigil.gate.exam.resetting import refuse_several
from sigil.gate.lua import Limits, declare
from sigil.gate.model import Scenario, SideName
from sigil.gate.sittings import Observed

SIDE: SideName = "baseline"
"""What is put up counts as ours: its output is kept."""
_SHOWN = 5
"""Names that fit into one line."""


def chosen(
    scenarios: Sequence[Scenario],
    patterns: Sequence[str],
    tags: Sequence[str],
    skipped: Sequence[str] = (),
) -> list[Scenario]:
    """Return the scenarios that a user names.

    Args:
        scenarios: the visible half.
        patterns: ids, or shell patterns of ids; none for all.
        tags: of which a scenario has to have one; none for any.
        skipped: tags of which a scenario may have none.

    Raises:
        NotFound: a pattern that fits no scenario, or nothing is left.
        MalformedScenario: a scenario whose tags cannot be read.
    """
    for pattern in patterns:
        if not any(fnmatchcase(one.id, pattern) for one in scenarios):
            known = ", ".join(one.id for one in scenarios[:_SHOWN])
            more = len(scenarios) - _SHOWN
            known += f" and {more} more" if more > 0 else ""
            raise NotFound(f"no visible scenario is called {pattern}", remedy=f"there are: {known}")
    found = [
        one
        for one in scenarios
        if (not patterns or any(fnmatchcase(one.id, pattern) for pattern in patterns))
        and (not tags or set(declare(one).tags).intersection(tags))
        and not (skipped and set(declare(one).tags).intersection(skipped))
    ]
    if not found:
        raise NotFound("there is no visible scenario to run", remedy="see sigil scenario list")
    return found


def rehearse(
    scenarios: Sequence[Scenario],
    deployment: Deployment,
    answerer: Answerer,
    *,
    seed: int,
    lanes: int,
    most_seconds: float,
    reset: str | None = None,
) -> list[Observed]:
    """Run scenarios on one deployment, in the order in which they are given.

    Args:
        scenarios: to run.
        deployment: put up.
        answerer: of what a scenario's process does not answer itself.
        seed: of the generators.
        lanes: how many at once.
        most_seconds: of one.
        reset: see `Exam`.

    Raises:
        InvalidValue: a holdout is among them.
        UsageError: see `refuse_several`.
    """
    if any(one.half != "visible" for one in scenarios):
        raise InvalidValue("a holdout is no rehearsal")
    refuse_several(reset, lanes)
    exam = Exam(
        scenarios=scenarios,
        seed=seed,
        repeats=1,
        limits=Limits(),
        most_seconds=most_seconds,
        lanes=lanes,
        secret=bytes(32),
        reset=reset,
        sides=(SIDE,),
    )
    with Hall() as hall:
        return examine(
            exam,
            hall=hall,
            deployments={(SIDE, "visible"): deployment},
            answerer=answerer,
            progress=_unheard,
            is_over=_never,
        )


def _unheard(done: int, total: int) -> None:
    """Hear how far it is, and say nothing: a rehearsal is short."""
    del done, total


def _never() -> bool:
    return False
