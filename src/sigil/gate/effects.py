"""What a scenario does to the world outside its interpreter, as one kind of call.

A scenario's run is a function of its text, its seed and the replies to its calls. So each call
is plain data in and plain data out, a run is recorded by listing its calls in order, and it is
repeated by answering from the list.

Not here: who answers (`sigil.gate.http.client`, `sigil.gate.browser`, `sigil.gate.judge`), the Lua
face of each call (`sigil.gate.lua`).
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

Json = Any
"""What JSON can hold; bytes that are no text travel as latin-1 characters, one each."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Args:
        kind: ``http``, ``exec``, ``env``, ``sleep``, ``browser``, ``judge`` or ``model``.
        request: what is asked, by name.
    """

    kind: str
    request: dict[str, Json]


EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
"""What the machine of whoever examines lacks, when there is no connection."""


class EffectFailed(Exception):
    """A call that nobody could answer: no connection, a timeout, a dead browser.

    It ends the scenario as an error, unless the scenario catches it.

    Args:
        problem: a short clause; for the operator alone.
        is_ours: whether it may lie with whoever examines, such as a model that does not answer,
            and not with the service.
    """

    def __init__(self, problem: str, *, is_ours: bool = False):
        super().__init__(problem)
        self.problem = problem
        self.is_ours = is_ours


class EffectMissing(EffectFailed):
    """A call that nobody here could ever answer: no browser, no model."""

    def __init__(self, problem: str):
        super().__init__(problem, is_ours=True)


class Effects(Protocol):
    """Whoever answers a scenario's calls, one at a time."""

    def perform(self, call: Call) -> Json:
        """Return the reply.

        Raises:
            EffectFailed: there is none.
        """
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """A call with what came of it: exactly one of ``reply`` and ``failure`` counts.

    Args:
        call: what was asked.
        reply: the answer.
        failure: why there is none; None where there is.
        is_ours: of a failure: whether it may lie with whoever examines.
    """

    call: Call
    reply: Json = None
    failure: str | None = None
    is_ours: bool = False


class Recording:
    """Effects that are answered by others, and listed.

    Attributes:
        answered: all calls so far, in order.
    """

    def __init__(self, effects: Effects):
        self._effects = effects
        self.answered: list[Answered] = []

    def perform(self, call: Call) -> Json:
        """Have it answered, and note the answer."""
        try:
            reply = self._effects.perform(call)
        except EffectFailed as failed:
            self.answered.append(Answered(call, failure=failed.problem, is_ours=failed.is_ours))
            raise
        self.answered.append(Answered(call, reply))
        return reply


class Diverged(Exception):
    """A repeated run that asks what the recorded one did not."""


class Repeating:
    """Effects that are answered from a recording, in its order.

    Args:
        answered: the recording.
        compared: makes what was asked, then and now, into what has to be equal; all of it by
            default.
    """

    def __init__(
        self, answered: list[Answered], compared: Callable[[Json], Json] = lambda asked: asked
    ):
        self._answered = iter(answered)
        self._compared = compared

    def perform(self, call: Call) -> Json:
        """Return the recorded reply.

        Raises:
            Diverged: this is not the call that was recorded here.
            EffectFailed: it failed when it was recorded.
        """
        recorded = next(self._answered, None)
        if recorded is None or not self._is_same(recorded.call, call):
            raise Diverged(f"the scenario asks for {call.kind} where the recording does not")
        if recorded.failure is not None:
            raise EffectFailed(recorded.failure, is_ours=recorded.is_ours)
        return recorded.reply

    def _is_same(self, one: Call, other: Call) -> bool:
        asked = self._compared(one.request), self._compared(other.request)
        return one.kind == other.kind and asked[0] == asked[1]
