"""Which rounds are passed over because they take very long, and when they come back.

A round waits for all that stand more than ``num`` places before it, so that what is tried does
not depend on who is quick. Where one of them would leave models or lanes idle for long, the
search goes on without it, and it counts once it has arrived, behind those asked for until then.
That is all that depends on time. It is recorded before it has any effect, and followed from the
record: by a run that is resumed from its own journal, by one whose models replay from the order
in their file. There the clock decides nothing.

Not here: what passing over does to a search (`sigil.search.lineup`, `sigil.search.inquiry`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path

from sigil.effects import Clock
from sigil.evaluate.lanes import default_count
from sigil.llm.asking import Asking
from sigil.llm.pacing import NS
from sigil.llm.recorded import read_order
from sigil.llm.settings import ModelSettings
from sigil.optimize.session import Session
from sigil.optimize.shifts import Shift, What, by_round, merged, returns
from sigil.optimize.underway import Underway
from sigil.search.inquiry import Asked
from sigil.search.optimizer import Awaited, Idea, Optimizer, Passing

LEAST_S = 0.5
"""What was begun later than that is not late, whoever waits for it."""
IDLE = 1 / 8
"""The part of its time for which a round may keep others idle before it is passed over."""


def replayed_order(models: Iterable[ModelSettings]) -> list[Shift] | None:
    """Return the order of the run whose answers are replayed; None if somebody else answers."""
    entries = list(models)
    if not entries or any(model.provider != "replay" for model in entries):
        return None
    for path in dict.fromkeys(model.path for model in entries if model.path):
        order = [Shift(**fields) for fields in read_order(Path(path))]
        if order:
            return order
    return []


class Overtaking:
    """The order of one search; without models, or for an optimizer that waits, nothing happens.

    Args:
        optimizer: of the search.
        session: of the run; what was recorded in it is followed.
        asking: asks the models; None if there are none.
        under_way: what the search waits for.
        take: has recorded and measured what had waited for a round.
        clock: what time it is.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        session: Session,
        asking: Asking | None,
        under_way: Underway,
        *,
        take: Callable[[list[Idea]], None],
        clock: Clock,
    ):
        self._passing = optimizer if asking and isinstance(optimizer, Passing) else None
        self._session, self._history = session, session.history
        self._asking, self._under_way = asking, under_way
        self._take, self._clock = take, clock
        self._most = session.plan.num // 2
        self._replayed = replayed_order(session.plan.models)
        self._recorded = by_round(self._history.shifts)
        self._to_come = merged(self._recorded, by_round(self._replayed or ()))
        self._returns = returns([*self._history.shifts, *(self._replayed or ())])
        self._given_up: list[Asked] = []
        self._places: dict[int, float] = {}
        self._begun: dict[int, int] = {}
        self._pending: tuple[int, float] | None = None

    def patience_s(self, at_most: float) -> float:
        """Return how long to wait for whatever arrives before `pass_over` is to be called."""
        left = (self._pending[1] - self._clock.monotonic_ns()) / NS if self._pending else at_most
        return min(left, at_most) if left > 0 else at_most

    def place(self, number: int) -> float:
        """Return the last round that a round stands behind, or itself; infinite if passed over.

        Rounds are counted from 0 here, as in the record.
        """
        return self._places.get(number, number)

    def began(self, number: int) -> None:
        """Note that a round begins to wait: for an answer, or for its measurement."""
        self._begun[number] = self._clock.monotonic_ns()

    def holds(self, asked: Asked) -> bool:
        """Note that a question is sent; return whether it is not to be, as nobody waits for it.

        So it is with one that was never answered in the run that is replayed.
        """
        number = asked.round - 1
        coming = self._to_come.get(number)
        if self._replayed is not None and coming and coming[-1].what == "unanswered":
            self._given_up.append(asked)
            return True
        self.began(number)
        return False

    def release(self) -> list[Asked]:
        """Return the questions that were held, now that nothing else is left to wait for."""
        held, self._given_up = self._given_up, []
        return held

    # --- from the record ------------------------------------------------------------------

    def follow(self, asked: int) -> None:
        """Do what is recorded for the time after so many rounds were asked for.

        A round that is passed over at some time is passed over at once, which comes to the same
        and needs nobody who holds back what arrives until then.

        Raises:
            ValueError: the record is of another search.
        """
        if self._passing is None:
            return
        self._pending = None
        self._follow_passing(asked - 1, asked)
        for number in self._returns.pop(asked, ()):
            coming = self._to_come[number]
            if not coming or coming[0].what != "returned":
                raise ValueError(f"round {number} comes back and was not passed over")
            self._shift(self._passing, asked, number, coming.popleft().what)
            self._follow_passing(number, asked)

    def _follow_passing(self, number: int, asked: int) -> None:
        coming = self._to_come.get(number)
        if self._passing and coming and coming[0].what != "returned":
            self._shift(self._passing, asked, number, coming.popleft().what)

    # --- by the clock ---------------------------------------------------------------------

    def bring_back(self, asked: int) -> bool:
        """Have all that have arrived count behind the ``asked`` rounds; return whether any did."""
        if self._passing is None or not self._is_new(asked):
            return False
        back = [number - 1 for number in self._passing.arrived()]
        back = [number for number in back if not self._to_come.get(number)]
        for number in back:
            self._shift(self._passing, asked, number, "returned")
        return bool(back)

    def pass_over(self, asked: int) -> None:
        """Go on without the round that all others wait for, if it takes very long.

        Args:
            asked: how many rounds were asked for; one more is wanted.
        """
        if self._passing is None or self._replayed is not None or not self._is_new(asked):
            return
        held_up = self._passing.held_up()
        if held_up is None or not self._others_are_idle(held_up[1]):
            self._pending = None
            return
        number, awaited = held_up[0] - 1, held_up[1]
        now = self._clock.monotonic_ns()
        if self._pending is None or self._pending[0] != number:
            self._pending = number, self._until(self._begun.get(number, now), now)
        if now >= self._pending[1] and not self._under_way.has_arrived:
            self._pending = None
            what = "unanswered" if awaited == "answer" else "unmeasured"
            self._shift(self._passing, asked, number, what)

    def _until(self, begun: int, idle_since: int) -> float:
        """Return when a round is passed over that still keeps others idle by then."""
        idle = (idle_since - begun) * IDLE / (1 - IDLE)
        return max(begun + LEAST_S * NS, idle_since + idle)

    def _is_new(self, asked: int) -> bool:
        return asked >= len(self._history.rounds)

    def _others_are_idle(self, awaited: Awaited) -> bool:
        """Return whether a model, and for an evaluation a lane too, could do more than it does."""
        late = sum(map(math.isinf, self._places.values()))
        if self._asking is None or late >= 2 * self._most:
            return False
        if awaited == "evaluation":
            plan = self._session.plan
            lanes = plan.lanes or default_count(timed=plan.definition.timed)
            if self._under_way.evaluations >= min(lanes, self._most):
                return False
        return self._asking.has_room(self._most)

    def _shift(self, passing: Passing, asked: int, number: int, what: What) -> None:
        """Record a shift unless it is, and have it take effect."""
        known = self._recorded.get(number)
        if known:
            known.popleft()
        else:
            self._session.record("shifted", {"round": number, "what": what})
        if what == "returned":
            self._places[number] = asked - 1
            self._take(passing.bring_back(number + 1))
        else:
            self._places[number] = math.inf
            awaited: Awaited = "answer" if what == "unanswered" else "evaluation"
            self._take(passing.pass_over(number + 1, awaited))
