"""Ask models on behalf of an exam: which one, within what, and on record.

Entries are those of the service in ``gate.yaml`` of the base ref, so a change cannot choose who
judges it, or where holdouts are sent. A budget bounds a whole evaluation. Every exchange is kept
and handed back as bytes to be sealed: it may hold what a holdout asks.

Not here: what is asked (`sigil.gate.judge.judging`, `sigil.gate.agent`), how (`sigil.llm.asking`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from typing import Any, Final, cast

from sigil.canonical import compact_json
from sigil.errors import ProviderFailed, SigilError
from sigil.gate.effects import Call, EffectFailed, EffectMissing, Json
from sigil.gate.sittings import Sitting
from sigil.llm.asking import Asking
from sigil.llm.budget import Budget, Spent
from sigil.llm.model import Message, Provider, Request
from sigil.llm.settings import ModelSettings

ANSWER_S: Final = 600.0
"""Seconds after which nobody waits for an answer any more, whatever its entry says."""
MOST_TOKENS: Final = 2_000
"""Of one answer, unless its entry says."""
_ROLES: Final = frozenset({"system", "user", "assistant"})


class Models:
    """The models of one service, for one evaluation. Called from many threads. Close it.

    Args:
        entries: by name; none where no model is set up.
        budget: for all of them together.
        providers: by entry, instead of those that the entries name.
    """

    def __init__(
        self,
        entries: Mapping[str, ModelSettings],
        *,
        budget: Budget,
        providers: Mapping[str, Provider] | None = None,
    ):
        self._names = list(entries)
        self._exchanges: list[Mapping[str, Any]] = []
        self._failures: list[SigilError] = []
        self._lock = threading.Lock()
        self._asking = Asking(
            entries, record=self._exchanges.append, budget=budget, providers=providers
        )

    def close(self) -> None:
        """Ask nothing more."""
        self._asking.close()

    @property
    def spent(self) -> Spent:
        """What was asked, and what it took."""
        return self._asking.spent

    @property
    def exchanges(self) -> bytes:
        """Every request with its answer, one JSON object a line; to be sealed."""
        with self._lock:
            return b"".join(compact_json(one) + b"\n" for one in self._exchanges)

    @property
    def failures(self) -> list[SigilError]:
        """Why questions have no answer, one for each such question; nothing of them is in it."""
        return list(self._failures)

    def entry(self, wanted: str | None, role: str) -> str | None:
        """Return the name of the entry to ask: as wanted, of the role, or the only one.

        Raises:
            EffectMissing: there is no entry of the name that is wanted.
        """
        if wanted is not None and wanted not in self._names:
            raise EffectMissing("there is no model of the name that is asked for")
        if wanted is not None:
            return wanted
        if role in self._names:
            return role
        return self._names[0] if len(self._names) == 1 else None

    def ask(self, entry: str, messages: Sequence[Message], *, seed: int, temperature: float) -> str:
        """Return what a model says.

        Raises:
            EffectFailed: it says nothing, or nothing may be asked any more.
        """
        request = Request(
            tuple(messages),
            model=entry,
            temperature=temperature,
            seed=seed,
            max_tokens=MOST_TOKENS,
        )
        try:
            with self._lock:
                future = self._asking.submit(request)
            return future.result(ANSWER_S).text
        except (SigilError, TimeoutError, CancelledError) as error:
            late = ProviderFailed("no answer in time", remedy="ask again later")
            failure = error if isinstance(error, SigilError) else late
            self._failures.append(failure)
            problem = f"the model gives no answer: {failure.problem}"
            raise EffectFailed(problem, is_ours=True) from error

    def turn(self, sitting: Sitting, call: Call) -> Json:
        """Answer a call of kind ``model``: one turn of an intent; see `Handler`."""
        entry = self.entry(None, "intent")
        if entry is None:
            raise EffectMissing(
                "no model is set up for intents: add models: {intent: …} to the service in "
                ".sigil/gate.yaml"
            )
        messages = [_message(one) for one in cast("list[Any]", call.request["messages"])]
        return {"text": self.ask(entry, messages, seed=sitting.seed & 0x7FFFFFFF, temperature=0.0)}


def _message(given: Any) -> Message:
    """Return a message of a scenario's process, which is believed nothing."""
    match given:
        case {"role": str(role), "content": str(content)} if role in _ROLES:
            return Message(cast("Any", role), content)
        case _:
            raise EffectFailed("a message that is none")
