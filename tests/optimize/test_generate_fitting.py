"""Which inputs stay, by what a made-up trial says that they take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sigil.optimize.generate.fitting import fitted
from sigil.optimize.generate.trying import Checked, Trial
from sigil.sandbox.model import Case

MS = 1_000_000


class Made:
    """A trial in which a case takes as many milliseconds as its argument.

    Args:
        seconds: deadline of a batch.
        most: cases that a batch may have for another reason.
    """

    def __init__(self, seconds: float, most: int = 10**9):
        self.seconds, self.most = seconds, most
        self.batches = self.singles = 0

    def time_ns(self, cases: Sequence[Case], rounds: int = 3) -> int | None:
        del rounds
        self.batches += len(cases) > 1
        self.singles += len(cases) == 1
        time_ns = sum(cast("int", case.args[0]) for case in cases) * MS
        return time_ns if time_ns <= self.seconds * 1e9 and len(cases) <= self.most else None


def cases(*milliseconds: int) -> list[Checked]:
    return [Checked(Case((ms,))) for ms in milliseconds]


def times(found: Sequence[Checked]) -> list[Any]:
    return [one.case.args[0] for one in found]


def test_what_comes_back_stays_and_others_give_way() -> None:
    found = fitted(cast("Trial", Made(10)), cases(900, 20), cases(*[400] * 16))
    assert times(found.cases[:2]) == [900, 20]
    assert len(found.cases) < 18
    assert found.left_out == ()


def test_of_what_does_not_come_back_together_the_slowest_is_left_out() -> None:
    found = fitted(cast("Trial", Made(1)), cases(700, 1, 600), [])
    assert times(found.cases) == [1, 600]
    assert times(found.left_out) == [700]


def test_what_never_comes_back_is_left_out() -> None:
    found = fitted(cast("Trial", Made(1)), cases(60_000, 1), [])
    assert (times(found.cases), times(found.left_out)) == ([1], [60_000])
    nothing = fitted(cast("Trial", Made(1)), cases(60_000), [])
    assert (nothing.cases, nothing.time_ns, times(nothing.left_out)) == ((), None, [60_000])


def test_many_that_fail_together_cost_few_batches() -> None:
    trial = Made(5, most=1000)
    found = fitted(cast("Trial", trial), cases(*[1] * 3000), [])
    assert 500 <= len(found.cases) <= 1000
    assert len(found.cases) + len(found.left_out) == 3000
    assert trial.batches < 20
    assert trial.singles == 3000
