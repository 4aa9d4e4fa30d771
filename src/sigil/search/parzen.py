"""A Parzen estimator over the values of a few literals: draws what is like the good settings.

Every known setting is a point: a number is its place in its range, from 0 to 1 and on a log
scale where the range is one; a choice is itself. Around each stands a kernel, normal for
numbers, and so is the density of the good settings and that of the others. Of some draws
from the first, that one is returned where it is largest beside the second.

All numbers of a setting share one width, so that a kernel is one distance: what a draw costs
hardly depends on how many literals there are. Pure; chance comes from the caller's stream.

Source: Bergstra et al. 2011 (TPE); Falkner, Klein and Hutter 2018 (BOHB) for kernels over all
dimensions at once. Not here: which settings are good (`sigil.search.literal_search`).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from math import dist, exp
from operator import ne

from sigil.search.literals import Choices, Span
from sigil.search.written import Value, rounded

Values = tuple[Value, ...]
"""One value per literal, in the order of the text."""
Space = Span | Choices

_DRAWS = 16
_WIDTH = 0.2
_NARROWEST = 0.01
_RETRIES = 8
_ROOT = math.sqrt(2 * math.pi)


@dataclass(frozen=True, slots=True)
class Point:
    """A setting as the estimator sees it.

    Args:
        values: the setting.
        places: of its numbers, each from 0 to 1.
        choices: its other values.
    """

    values: Values
    places: tuple[float, ...]
    choices: tuple[Value, ...]


class Parzen:
    """Densities over the settings of some literals.

    Args:
        spaces: what each literal may become.
    """

    def __init__(self, spaces: Sequence[Space]):
        self._spaces = spaces
        self._numbers = [(i, space) for i, space in enumerate(spaces) if isinstance(space, Span)]
        self._others = [i for i, space in enumerate(spaces) if isinstance(space, Choices)]

    def point(self, values: Values) -> Point | None:
        """Return where a setting lies; None if a value is out of its range."""
        inside = all(is_inside(*pair) for pair in zip(values, self._spaces, strict=True))
        return self._located(values) if inside else None

    def draw(
        self,
        stream: random.Random,
        good: Sequence[Point],
        others: Sequence[Point],
        fixed: dict[int, Value],
    ) -> Values:
        """Return a setting that promises much.

        Args:
            stream: decides which.
            good: the better ones of those known; none draws from the whole space.
            others: the rest, and what is under way.
            fixed: by position, what is not to be drawn.
        """
        near, far = _Density(good, self._spaces), _Density(others, self._spaces)
        if not all(is_inside(value, self._spaces[i]) for i, value in fixed.items()):
            return self._around(stream, good, near, fixed)  # out of its range: no density knows it
        best: Values = ()
        most = -math.inf
        for _ in range(_DRAWS if good else 1):
            values = self._around(stream, good, near, fixed)
            drawn = self._located(values)
            score = near.log(drawn) - far.log(drawn)
            if not best or score > most:
                best, most = values, score
        return best

    def _located(self, values: Values) -> Point:
        """Return where a setting lies of which every value is in its range."""
        return Point(
            values,
            tuple(_place(values[i], space) for i, space in self._numbers),
            tuple(values[i] for i in self._others),
        )

    def _around(
        self,
        stream: random.Random,
        good: Sequence[Point],
        density: _Density,
        fixed: dict[int, Value],
    ) -> Values:
        """Draw from the density of the good ones: around one of them, or anywhere."""
        at = stream.randrange(len(good) + 1)
        centre = good[at].values if at < len(good) else None
        return tuple(
            fixed[i] if i in fixed
            else anywhere(space, stream) if centre is None
            else density.nearby(centre[i], space, stream)
            for i, space in enumerate(self._spaces)
        )  # fmt: skip


class _Density:
    """Equal kernels around some points, and one as wide as the space."""

    def __init__(self, points: Sequence[Point], spaces: Sequence[Space]):
        self._places = [point.places for point in points]
        self._choices = [point.choices for point in points]
        count, numbers = len(points), sum(isinstance(space, Span) for space in spaces)
        width = _WIDTH * max(count, 1) ** (-1 / (len(spaces) + 4))
        self._width = max(width, 1 / (count + 1) / 10, _NARROWEST)
        self._error = 1 / (count + 2)
        values = [len(space.values) for space in spaces if isinstance(space, Choices)]
        most = max(values, default=2)
        self._miss = math.log((1 - self._error + self._error / most) / (self._error / most))
        same = sum(math.log((1 - self._error + self._error / k) * k) for k in values)
        self._height = same - numbers * math.log(self._width * _ROOT)
        self._scale = -0.5 / self._width**2

    def log(self, point: Point) -> float:
        """Return the logarithm of the density at ``point``, that of the whole space being 0."""
        total = 1.0
        if point.choices:
            for places, choices in zip(self._places, self._choices, strict=True):
                apart = dist(point.places, places)
                missed = sum(map(ne, point.choices, choices))
                total += exp(self._height + self._scale * apart * apart - missed * self._miss)
        else:  # the same, without what is nothing: most of a draw's time goes by here
            height, scale = self._height, self._scale
            for apart in map(dist, repeat(point.places), self._places):
                total += exp(height + scale * apart * apart)
        return math.log(total / (len(self._places) + 1))

    def nearby(self, value: Value, space: Space, stream: random.Random) -> Value:
        """Return a value of a kernel around ``value``."""
        if isinstance(space, Choices):
            return stream.choice(space.values) if stream.random() < self._error else value
        centre = _place(value, space)
        for _ in range(_RETRIES):
            place = stream.gauss(centre, self._width)
            if 0 <= place <= 1:
                return _value(place, space)
        return _value(min(max(centre, 0.0), 1.0), space)


def is_inside(value: Value, space: Space) -> bool:
    """Return whether ``value`` may be in ``space``."""
    if isinstance(space, Choices):
        return any(value == known and type(value) is type(known) for known in space.values)
    return isinstance(value, (int, float)) and space.low <= value <= space.high


def anywhere(space: Space, stream: random.Random) -> Value:
    """Return a value of ``space``, each place equally likely."""
    if isinstance(space, Choices):
        return stream.choice(space.values)
    return _value(stream.random(), space)


def _place(value: Value, space: Span) -> float:
    assert isinstance(value, (int, float))
    if space.high == space.low:
        return 0.0
    if not space.log:
        return (value - space.low) / (space.high - space.low)
    # Ranges of negative numbers are ranges of their magnitudes.
    return math.log(value / space.low) / math.log(space.high / space.low)


def _value(place: float, space: Span) -> Value:
    if space.log:
        value = space.low * (space.high / space.low) ** place
    else:
        value = space.low + place * (space.high - space.low)
    if space.whole:
        return int(min(max(round(value), space.low), space.high))
    return rounded(float(min(max(value, space.low), space.high)))
