"""Who answers what a scenario's process does not: secrets of the vault, commands, judges, models.

Not here: HTTP and the browser (`sigil.gate.exam.outside`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sigil.gate.effects import Call, EffectFailed, Json
from sigil.gate.sittings import Sitting

Handler = Callable[[Sitting, Call], Json]


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers each call by its kind.

    Args:
        handlers: by kind; a kind that is not there cannot be answered.
        secrets: value by name: what no record of an exam may hold, whoever said it.
    """

    handlers: Mapping[str, Handler] = field(repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def perform(self, sitting: Sitting, call: Call) -> Json:
        """Return the reply; see `sigil.gate.exam.examining.Answerer`."""
        handler = self.handlers.get(call.kind)
        if handler is None:
            raise EffectFailed(f"nobody here answers {call.kind}")
        return handler(sitting, call)


def vault(allowed: Mapping[str, str]) -> Handler:
    """Return what answers ``sigil.env``: the values that the policy lets scenarios read.

    Args:
        allowed: value by name; whatever else is asked for does not exist.
    """

    def answer(sitting: Sitting, call: Call) -> Json:
        del sitting
        return allowed.get(call.request["name"])

    return answer
