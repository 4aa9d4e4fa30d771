"""Questions to models that are under way: answered in any order, counted in order of asking.

An answer waits until every question before it is answered, so that neither the number of
requests in flight nor their speed changes a search. An answer that has to be mended asks
once more in the same place.

Not here: what is asked (`sigil.search.model_proposer`), who answers (`sigil.llm`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from sigil.llm.model import Reply
from sigil.search.model import Inquirer, Proposal, Question

Place = TypeVar("Place")
EXCHANGE = "exchange"
"""The key of a proposal's data that holds the digest of the request that it answers."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that is to be sent.

    Args:
        number: what its answer is told by; from 1, in order of asking.
        question: what to ask.
    """

    number: int
    question: Question


@dataclass(slots=True)
class _Open(Generic[Place]):
    place: Place
    question: Question
    answered: bool = False
    reply: Reply | None = None
    failure: str | None = None


class Inquiry(Generic[Place]):
    """The questions of one search.

    Args:
        inquirers: by name; each takes the answers to its own questions.
    """

    def __init__(self, inquirers: Mapping[str, Inquirer]):
        self._inquirers = inquirers
        self._line: deque[_Open[Place]] = deque()
        self._numbered: dict[int, _Open[Place]] = {}
        self._unsent: list[Asked] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._line)

    @property
    def parents(self) -> set[str]:
        """Return the ids of the candidates that open questions are about."""
        return {one.question.parent.id for one in self._line}

    def ask(self, question: Question, place: Place) -> None:
        """Take in a question whose proposal belongs to ``place``."""
        one = _Open(place, question)
        self._line.append(one)
        self._send(one)

    def take(self) -> list[Asked]:
        """Return what is to be sent since the last call; each has to be answered."""
        taken, self._unsent = self._unsent, []
        return taken

    def answer(
        self, number: int, reply: Reply | None, failure: str | None
    ) -> Iterator[tuple[Place, Proposal]]:
        """Take in an answer; yield the proposals that are complete now, in order of asking.

        Raises:
            ValueError: ``number`` was not asked, or is answered already.
        """
        one = self._numbered.pop(number, None)
        if one is None:
            raise ValueError(f"question {number} was not asked, or is answered already")
        one.answered, one.reply, one.failure = True, reply, failure
        while self._line and self._line[0].answered:
            first = self._line[0]
            said = self._said(first)
            if isinstance(said, Question):
                first.question, first.answered = said, False
                self._send(first)
                return
            self._line.popleft()
            data = {**said.data, EXCHANGE: first.reply.exchange if first.reply else ""}
            yield first.place, replace(said, data=data)

    def _send(self, one: _Open[Place]) -> None:
        self._count += 1
        self._numbered[self._count] = one
        self._unsent.append(Asked(self._count, one.question))

    def _said(self, one: _Open[Place]) -> Proposal | Question:
        question = one.question
        try:
            return self._inquirers[question.proposer].answered(question, one.reply, one.failure)
        except Exception as error:  # noqa: BLE001 - whatever a model said, a run goes on
            data = {"failure": f"its answer could not be read: {type(error).__name__}: {error}"}
            return Proposal(question.parent.id, "", question.proposer, "", question.seed, data)
