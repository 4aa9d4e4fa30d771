"""Run scenarios against the service as it is, each in a process of its own.

Not here: what a run has to come to (`validating`).
"""

from __future__ import annotations

from collections.abc import Mapping

from sigil.gate.deploy import Deployment
from sigil.gate.effects import Call, Json
from sigil.gate.exam.answering import Answering, vault
from sigil.gate.exam.channel import Assignment
from sigil.gate.exam.examining import seed_of
from sigil.gate.exam.hall import Hall, Lost
from sigil.gate.generate.validating import Ran
from sigil.gate.lua import Limits
from sigil.gate.model import Evidence, Scenario, Status
from sigil.gate.sittings import Sitting

MOST_SECONDS = 60.0


class Baseline:
    """A deployment that scenarios are tried on.

    Args:
        hall: where they run.
        deployment: started.
        environment: what ``sigil.env`` gives.
        seed: of their generators.
    """

    def __init__(
        self, hall: Hall, deployment: Deployment, environment: Mapping[str, str], seed: int
    ):
        self._hall, self._deployment, self._seed = hall, deployment, seed
        self._answering = Answering({"env": vault(environment)}, environment)

    def run(self, scenario: Scenario) -> Ran:
        """Return what came of one scenario; one whose process is lost is an error."""
        seed = seed_of(self._seed, scenario.text, 0)
        sitting = Sitting(scenario, "baseline", 0, seed)
        assignment = Assignment(
            scenario=scenario,
            seed=seed,
            limits=Limits(),
            authority=self._deployment.authority,
            origins=self._deployment.origins,
            most_seconds=MOST_SECONDS,
            secrets=self._answering.secrets,
        )

        def answer(call: Call) -> Json:
            return self._answering.perform(sitting, call)

        try:
            report = self._hall.examine(assignment, answer=answer, connect=self._deployment.connect)
        except Lost as lost:
            return Ran(Status.ERROR, (), Evidence(lost.problem))
        return Ran(report.result.status, report.answered, report.evidence, seed)
