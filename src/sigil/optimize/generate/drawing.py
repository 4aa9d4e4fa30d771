"""More inputs than those that are known, of each sort, as far as the unchanged function answers.

Variations, edges in several arguments, what the function looks at, numbers far from those that
are known, and larger ones for the timer. The attributes of a method's object are arguments like
any other here.

Not here: how inputs are varied (`inputs`, `sharing`, `probing`, `relating`, `magnitudes`) and
enlarged (`scaling`), which of them are shown or held out (`choosing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from sigil.effects import random_stream
from sigil.optimize.generate.attributes import Objects
from sigil.optimize.generate.fitting import quick
from sigil.optimize.generate.inputs import (
    arguments,
    case_text,
    distinct,
    edges,
    pool_of,
    variations,
)
from sigil.optimize.generate.magnitudes import far_floats
from sigil.optimize.generate.probing import probes, small
from sigil.optimize.generate.relating import related
from sigil.optimize.generate.sampling import spread
from sigil.optimize.generate.scaling import MOST_NS, enlarged, scale
from sigil.optimize.generate.sharing import shared_edges
from sigil.optimize.generate.trying import Checked, Outcome, Trial
from sigil.optimize.generate.using import Uses
from sigil.sandbox.model import CandidateFailed, Case, Returned

_VARIED, _EDGED, _SCALED = 240, 6, 3
_VARIED_AT_LEAST = 12
_FAR_S = 1.0
"""How long all calls with numbers far from those that are known may take, beside what so many
others take: some loop as often as a number says."""


class Drawing:
    """Makes more inputs of those that are answered.

    Args:
        trial: the unchanged function.
        cases: inputs that it answers, at least one.
        seed: of all that is drawn.
        objects: what is known of the objects that it is called on.
    """

    def __init__(self, trial: Trial, cases: Sequence[Case], seed: int, objects: Objects):
        self._trial = trial
        self._known = {case_text(case) for case in cases}
        self._cases = [*map(objects.opened, cases)]
        self._few = spread(self._cases, _EDGED)
        self._pool = pool_of(self._cases)
        self._seed = seed
        self._objects = objects
        self._fixed = objects.fixed
        batch_ns = trial.about_ns(cases)
        self._call_ns = trial.seconds * 1e9 if batch_ns is None else batch_ns / len(cases)

    def varied(self, signed: Sequence[Case] = ()) -> list[Checked]:
        """Return variations that are answered.

        First come those that were ``signed``, then those with shared edges, then others as drawn.
        """
        stream = random_stream(self._seed, "variations")
        drawn = [*islice(variations(self._cases, self._pool, stream, self._fixed), _VARIED)]
        drawn = self._objects.lawful(drawn, self._cases)
        bases = [*self._few, *drawn[:_EDGED]]
        shared = self._objects.lawful(self._shared(bases), bases)
        edged = self._objects.lawful(edges(self._few, self._fixed), self._few)
        together = distinct([*signed, *map(self._objects.closed, shared)])
        fresh = self._fresh([*together, *map(self._objects.closed, [*edged, *drawn])])
        found = self._answered(fresh)
        texts = set(map(case_text, together))
        first = [one for one in found if case_text(one.case) in texts]
        others = [one for one in found if case_text(one.case) not in texts]
        stream.shuffle(others)
        return [*first, *others]

    def probing(self, uses: Uses) -> list[Checked]:
        """Return answered inputs that differ in what the function looks at.

        They are small, unless the function takes no small ones.
        """
        for bases in (self._small(), self._few):
            stream = random_stream(self._seed, "probes")
            made = self._objects.lawful(probes(bases, uses, stream, self._fixed), bases)
            found = self._answered(self._fresh(map(self._objects.closed, made)))
            if found:
                return found
        return []

    def far(self, signed: Sequence[Case] = ()) -> list[Checked]:
        """Return quickly answered inputs with other magnitudes, orders and ties of numbers."""
        few = self._small() or self._few
        opened = [*few, *map(self._objects.opened, signed)]
        made = [*related(few, self._fixed), *far_floats(opened, self._fixed)]
        lawful = self._objects.lawful(made, opened)
        fresh = self._fresh(map(self._objects.closed, lawful))
        within_s = min(self._trial.seconds, _FAR_S + 2 * len(fresh) * self._call_ns / 1e9)
        back = _returned(fresh, self._trial.answers(fresh, within_s))
        return quick(self._trial, self._answered(back))

    def enlarged(self, kept: Sequence[str]) -> tuple[list[Checked], list[Checked]]:
        """Return enlarged cases, and others of the same sizes to be held out."""
        scaled: list[Checked] = []
        held: list[Checked] = []
        if self._call_ns > MOST_NS:
            return scaled, held
        for number, case in enumerate(_largest(self._cases, _SCALED)):
            found = scale(
                case,
                self._pool,
                self._measure,
                lambda label, n=number: random_stream(self._seed, "scale", n, label),
                kept=kept,
                whole=self._whole,
            )
            if found is None:
                continue
            scaled.append(Checked(self._objects.closed(found.case)))
            stream = random_stream(self._seed, "held out", number)
            way, factor = found.way, found.factor
            drawn = enlarged(case, self._pool, way, factor, stream=stream, kept=kept)
            other = self._whole(drawn) if drawn is not None else None
            if other is not None and self._measure(other) is not None:
                held.append(Checked(self._objects.closed(other)))
        return scaled, held

    # --- opened inputs ------------------------------------------------------------------

    def _small(self) -> list[Case]:
        return self._objects.whole(distinct(map(small, self._few)))

    def _whole(self, case: Case) -> Case | None:
        return next(iter(self._objects.whole([case])), None)

    def _shared(self, bases: Sequence[Case]) -> list[Case]:
        """Return arguments at an edge together, and each attribute with items at an edge."""
        attributes = self._objects.attributes
        keys = {*attributes, *(key for case in bases for key in range(len(case.args)))}
        keys.update(name for case in bases for name in case.kwargs)
        found = shared_edges(bases, self._fixed | attributes)
        for one in sorted(map(str, attributes - self._fixed)):
            found += shared_edges(bases, frozenset(keys - {one}))
        return found

    def _measure(self, case: Case) -> int | None:
        try:
            (answer,), time_ns = self._trial.timed([self._objects.closed(case)])
            return time_ns if isinstance(answer, Returned) else None
        except CandidateFailed:
            return None

    # --- inputs as the function is called -----------------------------------------------

    def _fresh(self, made: Iterable[Case]) -> list[Case]:
        """Return as many of the cases as can be tried, without those that are known."""
        fresh = [case for case in distinct(made) if case_text(case) not in self._known]
        return fresh[: self._affordable()]

    def _answered(self, cases: Sequence[Case]) -> list[Checked]:
        return [*map(Checked, _returned(cases, self._trial.settled(cases)))]

    def _affordable(self) -> int:
        """Return how many calls come back within half of a deadline, but a few at least."""
        return max(_VARIED_AT_LEAST, int(self._trial.seconds * 1e9 / 2 / max(self._call_ns, 1)))


def _returned(cases: Sequence[Case], outcomes: Sequence[Outcome | None]) -> list[Case]:
    return [c for c, found in zip(cases, outcomes, strict=True) if isinstance(found, Returned)]


def _largest(cases: Sequence[Case], count: int) -> list[Case]:
    """Return the cases that hold the most, largest first.

    Those come last where something is empty that is not so in others: enlarged, they would be
    timed where the function has least to do.
    """
    filled = {key for case in cases for key, value in arguments(case) if _may_grow(value) and value}

    def rank(case: Case) -> tuple[int, int]:
        empty = sum(
            key in filled and _may_grow(value) and not value for key, value in arguments(case)
        )
        return empty, -len(case_text(case))

    return sorted(cases, key=rank)[:count]


def _may_grow(value: object) -> bool:
    return isinstance(value, (str, bytes, list, tuple, dict, set, frozenset))
