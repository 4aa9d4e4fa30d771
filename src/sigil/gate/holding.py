"""Both sides put up, the whole exam held on them, and both taken down, whatever happens.

Each half of the exam has deployments of its own, and nothing is asked until all are up.

Not here: the order of scenarios (`sigil.gate.exam.examining`), one scenario
(`sigil.gate.exam.hall`), the backends (`sigil.gate.deploy`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from sigil.effects import Clock
from sigil.gate.decision import Stage
from sigil.gate.deploy import Deployment, Source
from sigil.gate.deploy.model import ended_early
from sigil.gate.exam.examining import Exam, examine
from sigil.gate.model import Half, SideName
from sigil.gate.parts import Parts, Wanted
from sigil.gate.policy import GatePolicy
from sigil.gate.revisions import Revision, Revisions
from sigil.gate.sittings import SIDES, Observed
from sigil.gate.stages import Stages

HALVES: tuple[Half, Half] = ("visible", "holdout")
_Deployments = dict[tuple[SideName, Half], Deployment]


@dataclass(frozen=True, slots=True)
class Held:
    """An exam that was held.

    Args:
        observed: of both sides; holds holdouts.
        ended: sides whose service of the visible half had ended by itself by the end of the exam.
            Of the other half it would tell what is sealed.
    """

    observed: list[Observed] = field(repr=False)
    ended: tuple[SideName, ...] = ()


def hold(
    exam: Exam,
    *,
    wanted: Wanted,
    parts: Parts,
    policy: GatePolicy,
    revisions: Revisions,
    stages: Stages,
) -> Held:
    """Put both sides up, run the exam, and take down whatever stands.

    Args:
        exam: what to run.
        wanted: of which repository and service.
        parts: what puts up, runs and answers.
        policy: of the base branch.
        revisions: the change and its baseline.
        stages: note what fails.

    Raises:
        Stopped: a stage failed.
    """
    with stages.noting(Stage.TEARDOWN), ExitStack() as standing:
        deployments: _Deployments = {}
        for side, revision, stage in _compared(revisions):
            with stages.at(stage):
                for half in HALVES:
                    deployment = parts.deploy(
                        policy.deployment(wanted.service),
                        Source(wanted.root, revision.commit),
                        side,
                        control=Source(wanted.root, revisions.control.commit),
                        cache=parts.cache,
                        progress=stages.watch.says,
                    )
                    deployments[side, half] = standing.enter_context(deployment)
        visible: dict[SideName, Deployment] = {side: deployments[side, "visible"] for side in SIDES}
        with stages.at(Stage.RUN):
            observed = examine(
                exam,
                hall=standing.enter_context(parts.hall()),
                deployments=deployments,
                answerer=parts.answerer(policy.service(wanted.service), visible),
                progress=stages.watch.sat,
                is_over=_clock_of(parts.clock, policy.gate.policy.max_seconds),
            )
        return Held(observed, tuple(ended_early(visible)))


def _compared(revisions: Revisions) -> tuple[tuple[SideName, Revision, Stage], ...]:
    return (
        ("pr", revisions.change, Stage.DEPLOY_PR),
        ("baseline", revisions.baseline, Stage.DEPLOY_BASELINE),
    )


def _clock_of(clock: Clock, seconds: float) -> Callable[[], bool]:
    """Return what says whether so many seconds from now are over."""
    end = clock.monotonic_ns() + seconds * 1e9
    return lambda: clock.monotonic_ns() > end
