"""Everybody who answers the calls of an exam, for as long as one evaluation lasts.

    with Answerers(os.environ) as answerers:
        parts = Parts(answerer=answerers.make, …)
        …
        sealed = seal(answerers.exchanges)

Not here: each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from sigil.gate.deploy import Deployment
from sigil.gate.exam.answering import Answering, vault
from sigil.gate.exam.execution import Execution
from sigil.gate.judge.asking import Models
from sigil.gate.judge.judging import Judge
from sigil.gate.model import SideName
from sigil.gate.policy import Service
from sigil.gate.secrets import Redactor
from sigil.llm.budget import Budget
from sigil.llm.model import Provider
from sigil.llm.settings import read_settings


class Answerers:
    """Makes answerers, and ends what they started. A context manager.

    Args:
        environment: whose variables a policy may let scenarios read.
        providers: by the name of an entry, instead of those that the entries name.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        providers: Mapping[str, Provider] | None = None,
    ):
        self._environment = environment
        self._providers = providers
        self._made: list[Models] = []
        self._told: dict[str, str] = {}
        self._held = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._held.close()

    @property
    def exchanges(self) -> bytes:
        """What models were asked and said, one JSON object a line; may hold holdouts.

        The value of a secret is replaced by its name.
        """
        found = b"".join(models.exchanges for models in self._made)
        return Redactor(self._told).text(found.decode()).encode()

    def make(self, service: Service, deployments: Mapping[SideName, Deployment]) -> Answering:
        """Return the answerer of a service's exam.

        Args:
            service: of the base ref.
            deployments: of both sides.

        Raises:
            SigilError: a model cannot be asked as its entry says.
        """
        entries = {name: read_settings(name, entry) for name, entry in service.models.items()}
        budget = Budget(usd=service.asking.usd, tokens=service.asking.tokens)
        models = Models(entries, budget=budget, providers=self._providers)
        self._made.append(models)
        self._held.callback(models.close)
        execution = Execution(deployments)
        self._held.callback(execution.close)
        allowed = {
            name: self._environment[name] for name in service.env if name in self._environment
        }
        self._told |= allowed
        return Answering(
            {
                "env": vault(allowed),
                "exec": execution.answer,
                "judge": Judge(models, service.asking.quorum).answer,
                "model": models.turn,
            },
            allowed,
        )
