"""How a run went on: each evaluation as a point, the best so far, and what failed when.

Pure. A chart has only so many places: points that would lie on each other are one, so a
page about ten thousand candidates is as small as one about a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sigil.optimize.history import Candidate
from sigil.optimize.picture.facts import Facts, Reading
from sigil.optimize.picture.scales import Scale, fit

MOST_POINTS = 2000
_FINEST = 500
"""Columns that points are told apart in, before they are thinned."""

_ASPECT = 0.4
_ORDINARY = 0.95
"""The share of evaluations that the scale has to show; a few very bad ones would fill it."""


@dataclass(frozen=True, slots=True)
class Point:
    """One evaluation.

    Args:
        x: from 0, the first evaluation, to 1, the last; of a front, the place of one goal.
        y: from 0 to 1, by the scale.
        reading: what stands there.
        candidate: whose evaluation it is.
    """

    x: float
    y: float
    reading: Reading
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Progress:
    """One goal over the evaluations of a run.

    Args:
        count: how many evaluations there are.
        scale: of the values.
        points: what was measured, thinned.
        best: the first evaluation and each that was better than all before.
        fresh: the measurements made for the final word, at the place of the first one.
        failed: where evaluations failed, from 0 to 1, thinned.
        beyond: how many points are worse than the scale shows and stand at its edge.
    """

    count: int
    scale: Scale
    points: list[Point]
    best: list[Point]
    fresh: list[Point]
    failed: list[float]
    beyond: int


def progress(facts: Facts, index: int) -> Progress | None:
    """Return how the goal ``index`` went; None if nothing has a score."""
    first = [(c, facts.reading(c.screened or c.confirmed, index)) for c in facts.evaluated]
    found = [(candidate, reading) for candidate, reading in first if reading is not None]
    if not found:
        return None
    fresh = [
        (candidate, reading)
        for candidate in facts.evaluated
        if candidate.confirmed and (reading := facts.reading(candidate.confirmed, index))
    ]
    cost = facts.goals[index].cost
    baseline = facts.reading(facts.history.baseline, index)
    shown = _ordinary([reading.value for _, reading in found], lower=cost(1.0) > 0)
    ends = [end for _, reading in fresh for end in (reading.value, reading.low, reading.high)]
    scale = fit([*shown, *ends, *([baseline.value] if baseline else [])])

    def point(candidate: Candidate, reading: Reading) -> Point:
        x = place(facts.numbers[candidate.id], len(facts.evaluated))
        return Point(x, scale.place(reading.value), reading, candidate)

    points = [point(*one) for one in found]
    return Progress(
        count=len(facts.evaluated),
        scale=scale,
        points=thinned(points),
        best=list(_records(points, cost)),
        fresh=[point(*one) for one in fresh],
        failed=_apart(place(facts.numbers[c.id], len(facts.evaluated)) for c in facts.failed),
        beyond=sum(not scale.holds(reading.value) for _, reading in found),
    )


def place(number: int, count: int) -> float:
    """Return where the evaluation ``number``, from 1 to ``count``, stands."""
    return (number - 1) / max(count - 1, 1)


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """Return points that can be told apart, about ``most`` of them at the most.

    Of points in one cell of a grid the first one stays; the grid is made coarser until they
    are few enough.
    """
    columns = _FINEST
    while True:
        rows = columns * _ASPECT
        cells: dict[tuple[int, int], Point] = {}
        for point in points:
            cells.setdefault((round(point.x * columns), round(point.y * rows)), point)
        if len(cells) <= most:
            return list(cells.values())
        columns = int(columns * 0.8)


def _ordinary(values: Sequence[float], *, lower: bool) -> list[float]:
    """Return the values without the worst few; ``lower`` says that less is better."""
    best_first = sorted(values, reverse=not lower)
    return best_first[: max(1, round(len(values) * _ORDINARY))]


def _records(points: Iterable[Point], cost: Callable[[float], float]) -> Iterator[Point]:
    """Yield the points that are better than all before."""
    best: float | None = None
    for point in points:
        value = cost(point.reading.value)
        if best is None or value < best:
            best = value
            yield point


def _apart(places: Iterable[float]) -> list[float]:
    return sorted({round(place * _FINEST) / _FINEST for place in places})
