"""Questions to models that are under way: answered in any order, counted in order of asking.

An answer is read when it arrives, and one that has to be mended asks once more at once, in the
same place. It counts when every question before it is answered, so that neither the number of
requests in flight nor their speed changes a search. A question that takes very long can be set
aside: those behind it count without it, and it counts once it is taken back, behind them.

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
        round: 1-based number of the ask that it belongs to.
    """

    number: int
    question: Question
    round: int = 0


@dataclass(slots=True)
class _Open(Generic[Place]):
    place: Place
    question: Question
    round: int
    proposal: Proposal | None = None


class Inquiry(Generic[Place]):
    """The questions of one search.

    Args:
        inquirers: by name; each takes the answers to its own questions.
    """

    def __init__(self, inquirers: Mapping[str, Inquirer]):
        self._inquirers = inquirers
        self._line: deque[_Open[Place]] = deque()
        self._aside: list[_Open[Place]] = []
        self._numbered: dict[int, _Open[Place]] = {}
        self._unsent: list[Asked] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._line) + len(self._aside)

    @property
    def parents(self) -> set[str]:
        """Return the ids of the candidates that open questions are about."""
        return {one.question.parent.id for one in (*self._line, *self._aside)}

    @property
    def aside(self) -> dict[int, bool]:
        """Return the rounds whose questions are set aside, and whether all are answered."""
        known: dict[int, bool] = {}
        for one in self._aside:
            known[one.round] = known.get(one.round, True) and one.proposal is not None
        return known

    def ask(self, question: Question, place: Place, number: int = 0) -> None:
        """Take in a question of round ``number`` whose proposal belongs to ``place``."""
        one = _Open(place, question, number)
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
        said = self._said(one.question, reply, failure)
        if isinstance(said, Question):
            one.question = said
            self._send(one)
            return
        one.proposal = replace(said, data={**said.data, EXCHANGE: reply.exchange if reply else ""})
        yield from self._complete()

    def set_aside(self, number: int) -> Iterator[tuple[Place, Proposal]]:
        """Let no answer wait for round ``number``; yield the proposals that are complete now."""
        self._aside += [one for one in self._line if one.round == number]
        self._line = deque(one for one in self._line if one.round != number)
        yield from self._complete()

    def take_back(self, number: int) -> Iterator[tuple[Place, Proposal]]:
        """Put round ``number`` behind all others; yield the proposals that are complete now."""
        self._line += [one for one in self._aside if one.round == number]
        self._aside = [one for one in self._aside if one.round != number]
        yield from self._complete()

    def waiting(self) -> Iterator[tuple[Place, Proposal]]:
        """Yield the proposals that have to wait for others, or to be taken back."""
        for one in (*self._line, *self._aside):
            if one.proposal is not None:
                yield one.place, one.proposal

    def _complete(self) -> Iterator[tuple[Place, Proposal]]:
        while self._line and (proposal := self._line[0].proposal) is not None:
            yield self._line.popleft().place, proposal

    def _send(self, one: _Open[Place]) -> None:
        self._count += 1
        self._numbered[self._count] = one
        self._unsent.append(Asked(self._count, one.question, one.round))

    def _said(
        self, question: Question, reply: Reply | None, failure: str | None
    ) -> Proposal | Question:
        try:
            return self._inquirers[question.proposer].answered(question, reply, failure)
        except Exception as error:  # noqa: BLE001 - whatever a model said, a run goes on
            data = {"failure": f"its answer could not be read: {type(error).__name__}: {error}"}
            return Proposal(question.parent.id, "", question.proposer, "", question.seed, data)
