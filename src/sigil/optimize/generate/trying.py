"""What does the unchanged function make of inputs? Asked in sealed workers, under a deadline.

Every answer that counts was given twice, by two processes that were asked in opposite
orders: what depends on chance, on the time or on earlier calls does not answer alike.

No call begins that cannot end before its deadline, as far as the quickest one yet tells.

Not here: which inputs to try (`sigil.optimize.generate.inputs`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import Where
from sigil.evaluate.agreement import agrees
from sigil.evaluate.calls import Batch, CallFace
from sigil.evaluate.scoring import Result
from sigil.evaluate.settings import Settings
from sigil.evaluate.target import Target
from sigil.optimize.generate.underway import Underway
from sigil.sandbox.model import CandidateFailed, Case, Limits, Raised, Returned

HANGS = 3
"""After so many calls that end their process, nothing further of the same batch is tried."""

ROUNDS = 3
"""A time is the least of so many."""
_SURE_NS = 500_000_000
"""What takes so long is timed once: little of it is chance."""


@dataclass(frozen=True, slots=True)
class Died:
    """A call that never came back: a hang, too much memory, or the end of its process."""

    kind: str
    detail: str


Outcome = Result | Died
LATE = "late"
"""How a call ended that never began, since inputs were looked for long enough."""
_UNASKED = frozenset({LATE, "untried", "timeout"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Checked:
    """A case and what the unchanged code does with it: returns, or raises an error by name."""

    case: Case
    raises: str | None = None


@dataclass(slots=True)
class Quickest:
    """How long a call took at least, as the mean of a batch; 0 where that is not known."""

    seconds: float = 0.0

    def heard(self, seconds: float) -> None:
        """Note how long a call took."""
        self.seconds = min(self.seconds or seconds, seconds)


class Trial:
    """The unchanged function, ready to be called. A context manager.

    Args:
        target: the frozen tree.
        function: ``path.py:name`` of what is called.
        settings: rung and scratch folder.
        seconds: deadline of a batch; an attribute too, like ``quickest``.
        underway: how long calls may be waited for in vain, over all trials that share it.
        quickest: of its calls, over all trials that share it.
    """

    def __init__(
        self,
        target: Target,
        function: str,
        settings: Settings,
        seconds: float,
        underway: Underway | None = None,
        *,
        quickest: Quickest | None = None,
    ):
        limits = Limits(wall_s=seconds, memory_bytes=2**30)
        self.seconds = seconds
        self._function = function
        self._underway = underway or Underway(None)
        self._is_loaded = False
        self.quickest = quickest or Quickest()
        self._face = CallFace(target, {function: Where()}, settings, limits)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every process."""
        self._face.__exit__(kind, error, trace)

    def further(self) -> AbstractContextManager[None]:
        """Look for further inputs in a block: no call in it goes beyond what that may take."""
        return self._underway.further()

    def answers(self, cases: Sequence[Case], within_s: float | None = None) -> list[Outcome]:
        """Return what each case comes to, in order.

        Args:
            cases: what to call it with.
            within_s: a deadline of a batch, and of each call, that is nearer than the usual one.

        Raises:
            CandidateFailed: the module cannot be imported in a sealed worker, or not in time.
        """
        found = self._together(cases, within_s)
        if found is None:
            return [*self._one_by_one(cases, lambda case: self._alone(case, within_s))]
        return found

    def load(self) -> None:
        """Import the module, and call nothing.

        Raises:
            CandidateFailed: it cannot be imported in a sealed worker, or not in time.
        """
        self._batch([])

    def settled(self, cases: Sequence[Case]) -> list[Outcome | None]:
        """Return what each case comes to; None where two processes do not answer alike."""
        together = self._together(cases)
        first = [*self._one_by_one(cases, self._twice)] if together is None else together
        calm = [i for i, one in enumerate(first) if one is not None and not isinstance(one, Died)]
        back = [cases[i] for i in reversed(calm)]
        # One call more comes first, so that even a lone case is not the first of its process:
        # both processes have the same state of chance.
        again = self._together([*back[-1:], *back])
        if again:
            others = again[1:]
        elif together is None:
            return [*first]  # each was asked twice, by itself
        else:
            others = [*self._one_by_one(back, self._alone)]
        settled: list[Outcome | None] = [*first]
        for i, other in zip(reversed(calm), others, strict=True):
            settled[i] = _settled(first[i], other)
        return settled

    def time_ns(self, cases: Sequence[Case], rounds: int = ROUNDS) -> int | None:
        """Return the nanoseconds that a batch of cases takes, the least of ``rounds``.

        None stands for a batch that does not come back in time.
        """
        try:
            return min(batch.phases.call for batch in self._rounds(cases, rounds))
        except CandidateFailed:
            return None

    def timed(self, cases: Sequence[Case]) -> tuple[list[Result | None], int]:
        """Return what cases come to, and the time of the quickest of some batches.

        None stands where two batches do not answer alike.

        Raises:
            CandidateFailed: a call does not come back.
        """
        batches = [self._called(cases), *self._rounds(cases, ROUNDS - 1)]
        pairs = zip(batches[0].results, batches[1].results, strict=True)
        found = [one if alike(one, other) else None for one, other in pairs]
        return found, min(batch.phases.call for batch in batches)

    def _rounds(self, cases: Sequence[Case], rounds: int) -> Iterator[Batch]:
        for _ in range(rounds):
            batch = self._called(cases)
            yield batch
            if batch.phases.call >= _SURE_NS:
                return

    def _together(
        self, cases: Sequence[Case], within_s: float | None = None
    ) -> list[Outcome] | None:
        """Return what cases come to in one process; None if they do not come back."""
        try:
            return [*self._batch(cases, within_s)] if cases else []
        except CandidateFailed as failed:
            if failed.kind == "load":
                raise
        if not self._is_loaded:
            self.load()  # whether it can be imported, at least
        return None

    def _batch(self, cases: Sequence[Case], within_s: float | None = None) -> Sequence[Result]:
        return self._called(cases, within_s).results

    def _called(self, cases: Sequence[Case], within_s: float | None = None) -> Batch:
        sources = self._face.sources(self._function, {})
        usual_s = self.seconds if within_s is None else min(within_s, self.seconds)
        seconds = usual_s
        if cases:
            seconds = self._underway.within_s(usual_s, len(cases) * self.quickest.seconds)
        if seconds <= 0:
            raise CandidateFailed("timeout", "it cannot come back in time")
        nearer = within_s if seconds == usual_s else seconds
        began = SYSTEM_CLOCK.monotonic_ns()
        back, in_vain = 0, False
        try:
            batch = self._face.batch(self._function, sources, cases, nearer)
            back = len(cases)
        except CandidateFailed as failed:
            in_vain = failed.kind != "load"
            raise
        finally:
            took_s = (SYSTEM_CLOCK.monotonic_ns() - began) / 1e9
            self._underway.ended(back, took_s, in_vain=in_vain)
        self._is_loaded = True
        if cases:
            self.quickest.heard(batch.phases.call / 1e9 / len(cases))
        return batch

    def _one_by_one(self, cases: Sequence[Case], ask: Callable[[Case], T]) -> Iterator[T | Died]:
        died, batch_s = 0, self._underway.last_vain_s
        for number, case in enumerate(cases):
            if died >= HANGS:
                yield Died("untried", "calls before it did not come back")
            elif number and not self._underway.goes_on():
                yield Died(LATE, "no time was left for it")
            else:
                outcome = ask(case)
                died += isinstance(outcome, Died)
                yield outcome
        if not died:
            self._underway.forgives(batch_s)  # together they were too many, no more

    def _alone(self, case: Case, within_s: float | None = None) -> Outcome:
        try:
            return self._batch([case], within_s)[0]
        except CandidateFailed as failed:
            return Died(failed.kind, failed.detail)

    def _twice(self, case: Case) -> Outcome | None:
        found = self._alone(case)
        return found if isinstance(found, Died) else _settled(found, self._alone(case))


def _settled(one: Outcome | None, other: Outcome) -> Outcome | None:
    """Return an outcome if another process has the same; what was not asked for, if that is so."""
    if isinstance(other, Died) and other.kind in _UNASKED:
        return other
    return one if one is not None and alike(one, other) else None


def alike(one: Outcome, other: Outcome) -> bool:
    """Return whether two outcomes of the same input are the same."""
    if isinstance(one, Returned) and isinstance(other, Returned):
        return agrees(one.value, other.value) and agrees(one.changed_args, other.changed_args)
    if isinstance(one, Raised) and isinstance(other, Raised):
        return one.error == other.error
    return False
