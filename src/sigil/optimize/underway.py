"""What a search has under way: evaluations in lanes and questions to models.

Futures on one side, names on the other. An answer that has to wait for another one is measured
meanwhile (`foresee`); when it becomes a candidate under the same bar, that evaluation is its own.

Not here: what comes of anything that arrives (`sigil.optimize.searching`).
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Literal

from sigil.evaluate.backend import Backend
from sigil.evaluate.result import Evaluation
from sigil.evaluate.settings import Effort
from sigil.llm.asking import Asking
from sigil.llm.model import Reply
from sigil.search.inquiry import Asked

Kind = Literal["evaluated", "remeasured", "confirmed"]
Bar = tuple[float, ...]
"""The cost to beat, above which a screening ends early; () if there is none."""
Arrived = tuple[list[tuple[Asked, Future[Reply]]], list[tuple[str, Kind, Future[Evaluation]]]]
"""Answers by what was asked, and evaluations by candidate and what it was measured for."""


class Underway:
    """Everything that was handed out and has not come back.

    Args:
        lanes: where candidates are evaluated.
        asking: asks the models; None if there are none.
    """

    def __init__(self, lanes: Backend, asking: Asking | None):
        self._lanes, self._asking = lanes, asking
        self._evaluations: dict[Future[Evaluation], tuple[str, Kind]] = {}
        self._questions: dict[Future[Reply], Asked] = {}
        self._ahead: dict[str, tuple[Bar, Future[Evaluation]]] = {}

    @property
    def evaluations(self) -> int:
        """How many evaluations were asked for, without those that are foreseen."""
        return len(self._evaluations)

    @property
    def questions(self) -> int:
        """How many questions were sent."""
        return len(self._questions)

    def waiting(self, kind: Kind) -> list[str]:
        """Return the candidates that are measured for something, in order of asking."""
        return [name for name, known in self._evaluations.values() if known == kind]

    def measure(self, name: str, files: Mapping[str, str], kind: Kind, bar: Bar = ()) -> None:
        """Have a candidate measured."""
        known = self._ahead.pop(name, None) if kind == "evaluated" else None
        if known is not None and known[0] == bar:
            future = known[1]
        else:
            effort: Effort = "confirm" if kind == "confirmed" else "screen"
            future = self._lanes.submit(files, effort, bar)
        self._evaluations[future] = (name, kind)

    def foresee(self, name: str, files: Mapping[str, str], bar: Bar) -> None:
        """Have measured what will most likely be a candidate."""
        if name not in self._ahead:
            self._ahead[name] = bar, self._lanes.submit(files, "screen", bar)

    def ask(self, asked: Asked) -> None:
        """Send a question to its model."""
        assert self._asking is not None  # nobody has a question where there is no model
        self._questions[self._asking.submit(asked.question.request)] = asked

    def wait(self, seconds: float) -> Arrived:
        """Return what has arrived, answers and evaluations each in order of asking.

        Args:
            seconds: how long to wait for a first one; not at all if nothing is under way.
        """
        everything: list[Future[Any]] = [*self._evaluations, *self._questions]
        if not everything:
            return [], []
        done, _ = wait(everything, timeout=seconds, return_when=FIRST_COMPLETED)
        answered = [one for one in self._questions if one in done]
        measured = [one for one in self._evaluations if one in done]
        return (
            [(self._questions.pop(one), one) for one in answered],
            [(*self._evaluations.pop(one), one) for one in measured],
        )

    @property
    def has_arrived(self) -> bool:
        """Whether something is there that was not fetched."""
        return any(future.done() for future in (*self._evaluations, *self._questions))

    def abandon(self) -> None:
        """Forget all of it, and begin nothing of it that has not begun."""
        ahead = [future for _, future in self._ahead.values()]
        for future in (*self._evaluations, *self._questions, *ahead):
            future.cancel()
        self._evaluations.clear()
        self._questions.clear()
        self._ahead.clear()

    def __bool__(self) -> bool:
        """Return whether something is waited for."""
        return bool(self._evaluations or self._questions)
