"""What a run is asked to do: everything that it is a function of, and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from sigil.evaluate.definition import Eval
from sigil.llm.budget import Budget
from sigil.llm.settings import ModelSettings
from sigil.optimize.backends import LOCAL, Chosen
from sigil.optimize.spec import Spec
from sigil.sandbox.model import Level
from sigil.search.prompting.templates import Templates

_CONFIRMING_S = 20.0


@dataclass(frozen=True, slots=True)
class Limits:
    """When a run ends. Not part of its identity: a resumed run may have others.

    Args:
        evals: after so many evaluations; None for no such limit.
        wall_clock_s: after so many seconds of one session, confirming included.
        patience: after so many evaluations without progress.
        budget: what models may take, over all sessions.
    """

    evals: int | None
    wall_clock_s: float
    patience: int
    budget: Budget = field(default_factory=Budget)

    @property
    def confirming_s(self) -> float:
        """Return the seconds of a session that are kept for measuring the best anew."""
        return min(_CONFIRMING_S, self.wall_clock_s / 4)


@dataclass(frozen=True, slots=True)
class Plan:
    """A search to be run.

    Args:
        spec: what may change.
        definition: how it is measured.
        optimizer: how the search proceeds.
        provider: what the user called the models that propose; None for none.
        num: how many candidates a round asks for; of models, how many are under way.
        seed: of all chance in the search and in the order of measuring.
        limits: when to end.
        backend: where it is measured.
        lanes: evaluations at once; None lets the eval decide.
        level: the rung that the sandbox must have; None for the best that holds.
        unsafe: whether no isolation at all is acceptable.
        params: of the optimizer, as far as they are not its defaults.
        proposers: names of the proposers that plugins bring, after ours.
        models: that propose instead of the offline proposers.
        in_flight: requests to models under way at once.
        templates: of what models are asked.
        warnings: plugins that were left out, a line each.
    """

    spec: Spec
    definition: Eval
    optimizer: str
    provider: str | None
    num: int
    seed: int
    limits: Limits
    backend: Chosen = LOCAL
    lanes: int | None = None
    level: Level | None = None
    unsafe: bool = False
    params: Mapping[str, object] = field(default_factory=dict[str, object])
    proposers: tuple[str, ...] = ()
    models: tuple[ModelSettings, ...] = ()
    in_flight: int = 8
    templates: Templates | None = None
    warnings: tuple[str, ...] = ()

    def search_facts(self) -> dict[str, object]:
        """Return what decides which candidates are proposed, for the frozen inputs."""
        facts: dict[str, object] = {
            "optimizer": self.optimizer,
            "provider": self.provider,
            "num": self.num,
            "seed": self.seed,
        }
        # Only if there are any, so that runs recorded before can be gone on with.
        if self.params:
            facts["optimizer_params"] = dict(self.params)
        if self.proposers:
            facts["proposers"] = list(self.proposers)
        if self.models:
            facts["models"] = [asdict(model) for model in self.models]
        return facts
