"""What does the unchanged function make of inputs? Asked in sealed workers, under a deadline.

Every answer that counts was given twice, by two processes that were asked in opposite
orders: what depends on chance, on the time or on earlier calls does not answer alike.

Not here: which inputs to try (`sigil.optimize.generate.inputs`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

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
_SURE_NS = 50_000_000
"""What takes longer is timed once where it need not be exact: little of that is chance."""


@dataclass(frozen=True, slots=True)
class Died:
    """A call that never came back: a hang, too much memory, or the end of its process."""

    kind: str
    detail: str


Outcome = Result | Died


@dataclass(frozen=True, slots=True)
class Checked:
    """A case and what the unchanged code does with it: returns, or raises an error by name."""

    case: Case
    raises: str | None = None


class Trial:
    """The unchanged function, ready to be called. A context manager.

    Args:
        target: the frozen tree.
        function: ``path.py:name`` of what is called.
        settings: rung and scratch folder.
        seconds: deadline of a batch; an attribute too.
        underway: how long calls may be waited for in vain, over all trials that share it.
    """

    def __init__(
        self,
        target: Target,
        function: str,
        settings: Settings,
        seconds: float,
        underway: Underway | None = None,
    ):
        limits = Limits(wall_s=seconds, memory_bytes=2**30)
        self.seconds = seconds
        self._function = function
        self._underway = underway or Underway(None)
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

    def answers(self, cases: Sequence[Case], within_s: float | None = None) -> list[Outcome]:
        """Return what each case comes to, in order.

        Args:
            cases: what to call it with.
            within_s: a deadline of a batch, and of each call, that is nearer than the usual one.

        Raises:
            CandidateFailed: the module cannot be imported in a sealed worker, or not in time.
        """
        if not cases:
            return []
        try:
            return [*self._batch(cases, within_s)]
        except CandidateFailed as failed:
            if failed.kind == "load":
                raise
        self.load()  # whether it can be imported, at least
        return self._one_by_one(cases, within_s)

    def load(self) -> None:
        """Import the module, and call nothing.

        Raises:
            CandidateFailed: it cannot be imported in a sealed worker, or not in time.
        """
        self._batch([])

    def settled(self, cases: Sequence[Case]) -> list[Outcome | None]:
        """Return what each case comes to; None where two processes do not answer alike."""
        first = self.answers(cases)
        calm = [i for i, found in enumerate(first) if not isinstance(found, Died)]
        # One call more comes first, so that even a lone case is not the first of its process:
        # both processes have the same state of chance.
        again = self.answers([cases[i] for i in (*calm[:1], *reversed(calm))])[len(calm[:1]) :]
        settled: list[Outcome | None] = list(first)
        for i, other in zip(reversed(calm), again, strict=True):
            if not alike(first[i], other):
                settled[i] = None
        return settled

    def time_ns(self, cases: Sequence[Case], rounds: int = ROUNDS) -> int | None:
        """Return the nanoseconds that a batch of cases takes, the least of ``rounds``.

        None stands for a batch that does not come back in time.
        """
        try:
            batches = [self._called(cases) for _ in range(rounds)]
        except CandidateFailed:
            return None
        return min(batch.phases.call for batch in batches)

    def about_ns(self, cases: Sequence[Case]) -> int | None:
        """Return the same of as few batches as will do: of what is quick much may be chance."""
        once = self.time_ns(cases, 1)
        if once is None or once > _SURE_NS:
            return once
        again = self.time_ns(cases, ROUNDS - 1)
        return once if again is None else min(once, again)

    def timed(self, cases: Sequence[Case]) -> tuple[list[Result | None], int]:
        """Return what cases come to, and the time of the quickest of `ROUNDS` batches.

        None stands where two batches do not answer alike.

        Raises:
            CandidateFailed: a call does not come back.
        """
        batches = [self._called(cases) for _ in range(ROUNDS)]
        pairs = zip(batches[0].results, batches[1].results, strict=True)
        found = [one if alike(one, other) else None for one, other in pairs]
        return found, min(batch.phases.call for batch in batches)

    def _batch(self, cases: Sequence[Case], within_s: float | None = None) -> Sequence[Result]:
        return self._called(cases, within_s).results

    def _called(self, cases: Sequence[Case], within_s: float | None = None) -> Batch:
        sources = self._face.sources(self._function, {})
        usual_s = self.seconds if within_s is None else min(within_s, self.seconds)
        seconds = self._underway.within_s(usual_s) if cases else usual_s
        began = SYSTEM_CLOCK.monotonic_ns()
        try:
            nearer = within_s if seconds == usual_s else seconds
            batch = self._face.batch(self._function, sources, cases, nearer)
        except CandidateFailed as failed:
            took_s = (SYSTEM_CLOCK.monotonic_ns() - began) / 1e9
            self._underway.ended(0, took_s, in_vain=failed.kind != "load")
            raise
        self._underway.ended(len(cases), 0.0, in_vain=False)
        return batch

    def _one_by_one(self, cases: Sequence[Case], within_s: float | None) -> list[Outcome]:
        found: list[Outcome] = []
        died = 0
        for case in cases:
            if died >= HANGS:
                found.append(Died("untried", "calls before it did not come back"))
                continue
            try:
                found.extend(self._batch([case], within_s))
            except CandidateFailed as failed:
                died += 1
                found.append(Died(failed.kind, failed.detail))
        return found


def alike(one: Outcome, other: Outcome) -> bool:
    """Return whether two outcomes of the same input are the same."""
    if isinstance(one, Returned) and isinstance(other, Returned):
        return agrees(one.value, other.value) and agrees(one.changed_args, other.changed_args)
    if isinstance(one, Raised) and isinstance(other, Raised):
        return one.error == other.error
    return False
