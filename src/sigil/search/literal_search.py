"""One search over the values of a few literals: what was tried, and what to try next.

First each literal alone a step up and down. After that two searches take turns: a Parzen
estimator over all literals at once (`sigil.search.parzen`), and steps around the best values
whose length adapts (the one-fifth success rule). A literal that failed whenever it alone was
moved, such as an exponent, is held from then on and only rarely let go: joint moves that
touch it would all fail. So is one that does not matter, as moving it gives the same program;
where none matters the search rests ever longer.

A literal that is read only in one branch keeps its value while another one is taken, so no
evaluation is spent on what cannot matter; and a switch that is turned brings the best known
values of its branch with it.

Deterministic: chance comes from the caller's stream. The estimator sees a bounded number of
results, the best and the latest, because its cost per proposal grows with them.

Source: Rechenberg 1973 (step length). Not here: which literals there are
(`sigil.search.literals`), proposals (`sigil.search.tune`).
"""

from __future__ import annotations

import math
import random
from bisect import insort
from collections import deque
from collections.abc import Iterator, Sequence

from sigil.search.branches import Branches
from sigil.search.literals import Choices, Literal, Span
from sigil.search.model import Outcome
from sigil.search.parzen import Parzen, Point, Values
from sigil.search.written import Value, rounded

_GOOD_SHARE, _MOST_GOOD = 0.1, 16
_MOST_OTHERS = 48
_STARTUP = 8
_ATTEMPTS, _FEWEST_ATTEMPTS = 30, 2
"""How often one ask draws; half as often after each that found nothing."""
_ESTIMATES = 4
"""Attempts of one ask that may use the estimator, the dearest of them."""
_LONGEST_REST = 64
_FIRST_STEPS = (2.0, 0.5, 1.25, 0.8)
_SWITCH_CHANCE = 0.5
_LONE_FAILURES = 2
_ROW = 4
"""Settings in a row that came to the same program, and are no sign of anything yet."""
_RELEASE_CHANCE = 0.1
_FIRST_LENGTH, _LEAST_LENGTH, _MOST_LENGTH = 0.3, 0.004, 1.0
_LONGER, _SHORTER = 1.4, 0.92  # 1.4 * 0.92 ** 4 is about 1: one success in five keeps the length


class Search:
    """One search over the literals of one structure.

    Args:
        literals: the dimensions, with the values of the parent that it begins with.
    """

    def __init__(self, literals: Sequence[Literal]):
        self._literals = literals
        self._parzen = Parzen([literal.space for literal in literals])
        self._ranked: list[tuple[float, int, Point]] = []
        self._latest: deque[Point] = deque(maxlen=_MOST_OTHERS)
        self._worked = 0
        self._branches = Branches(literals)
        self._costs: dict[Values, float | None] = {}
        self._pending: dict[Values, None] = {}
        self._scale: tuple[float, ...] = ()
        self._initial = tuple(literal.value for literal in literals)
        self._lone: list[list[bool]] = [[] for _ in literals]
        self._first = deque((values, self._initial) for values in _first_steps(literals))
        self._unfolded = self._branches.active(self._initial)
        self._kept: list[tuple[float, Value] | None] = [None for _ in literals]
        self._best: Values | None = None
        self._step = _FIRST_LENGTH
        self._turn = 0
        self._dry = self._rest = self._idle = 0

    def active(self, values: Values) -> frozenset[int]:
        """Return the positions of the literals that are read under this setting."""
        return self._branches.active(values)

    def know(self, values: Values, costs: Sequence[float]) -> None:
        """Take in what a parent's own setting costs."""
        values = self._plain(values)
        if values not in self._costs and values not in self._pending:
            self._record(values, self._scalar(costs))

    def tell(self, values: Values, outcome: Outcome) -> None:
        """Take in what became of a setting."""
        values = self._plain(values)
        self._pending.pop(values, None)
        if self._costs.get(values) is not None:
            return
        scalar = self._scalar(outcome.costs)
        # The same as another program may be one that somebody else proposed: costs tell.
        same = scalar in (self._cost(self._initial), self._cost(self._best))
        self._idle = self._idle + same if outcome.duplicate else 0
        if self._idle > _ROW:
            self._rest = min(2 ** (self._idle - _ROW), _LONGEST_REST)
        better = self._record(values, scalar, duplicate=outcome.duplicate)
        step = self._step * (_LONGER if better else _SHORTER)
        self._step = min(max(step, _LEAST_LENGTH), _MOST_LENGTH)

    def ask(self, stream: random.Random, current: Values) -> Values | None:
        """Return a setting that was not tried before, or None if none is found.

        What it says about literals that are not read under it means nothing.
        """
        if self._rest > 0:
            self._rest -= 1
            return None
        current = self._plain(current)
        held = self._held() if stream.random() >= _RELEASE_CHANCE else frozenset[int]()
        for attempt in range(max(_ATTEMPTS >> self._dry, _FEWEST_ATTEMPTS)):
            values = self._plain(self._draw(stream, held, attempt))
            fresh = values not in self._costs and values not in self._pending
            if fresh and values != current:
                self._pending[values] = None
                self._dry = 0
                return values
        # All tried, most likely: a small space is exhausted. Look again ever more rarely.
        self._dry += 1
        self._rest = min(2**self._dry, _LONGEST_REST)
        return None

    def _held(self) -> frozenset[int]:
        """Return the positions of literals that failed whenever they alone were moved."""
        held = frozenset(
            position
            for position, told in enumerate(self._lone)
            if len(told) >= _LONE_FAILURES and not any(told)
        )
        return held if len(held) < len(self._lone) else frozenset()

    def _draw(self, stream: random.Random, held: frozenset[int], attempt: int) -> Values:
        while self._first:
            first, origin = self._first.popleft()
            if not held & _moved_positions(first, origin):
                return first
        base = self._best or self._initial
        self._turn += attempt < _ESTIMATES
        if attempt >= _ESTIMATES or (self._turn % 2 and self._best is not None):
            return self._near(base, stream, held)
        good, others = self._split()
        return self._parzen.draw(stream, good, others, {i: base[i] for i in held})

    def _split(self) -> tuple[list[Point], list[Point]]:
        """Return the good settings, and some others; none are good before a few are known."""
        count = min(math.ceil(_GOOD_SHARE * self._worked), _MOST_GOOD)
        if self._worked < _STARTUP:
            count = 0
        good = [point for _, _, point in self._ranked[:count]]
        known = {point.values for point in good}
        pending = filter(None, map(self._parzen.point, self._pending))
        return good, [p for p in (*self._latest, *pending) if p.values not in known]

    def _near(self, values: Values, stream: random.Random, held: frozenset[int]) -> Values:
        """Return ``values`` with some moved by a step of the present length."""
        active = self._branches.active(values)
        free = sorted(active - held) or sorted(active)
        chosen = [stream.random() < max(0.5, 1 / len(free)) and i in free
                  for i in range(len(values))]  # fmt: skip
        chosen[stream.choice(free)] = True
        near = tuple(
            _moved(value, literal.space, self._step, stream) if moves else value
            for value, literal, moves in zip(values, self._literals, chosen, strict=True)
        )
        return self._opened(near, self._branches.active(near) - active)

    def _opened(self, values: Values, fresh: frozenset[int]) -> Values:
        """Return ``values`` with the best known ones of the literals that are read anew."""
        kept = [self._kept[i] if i in fresh else None for i in range(len(values))]
        return tuple(best[1] if best else value for best, value in zip(kept, values, strict=True))

    def _plain(self, values: Values) -> Values:
        """Return ``values`` with the initial ones of the literals that are not read."""
        if not self._branches or len(values) != len(self._initial):
            return values
        active = self._branches.active(values)
        return tuple(value if i in active else self._initial[i] for i, value in enumerate(values))

    # --- memory --------------------------------------------------------------------------

    def _scalar(self, costs: Sequence[float]) -> float | None:
        if not costs or not all(map(math.isfinite, costs)):
            return None
        if len(costs) == 1:
            return costs[0]
        if len(self._scale) != len(costs):
            self._scale = tuple(abs(cost) or 1.0 for cost in costs)
        return sum(c / s for c, s in zip(costs, self._scale, strict=True)) / len(costs)

    def _record(self, values: Values, scalar: float | None, *, duplicate: bool = False) -> bool:
        """Remember a result in order; return whether it is the best so far."""
        best = self._cost(self._best)
        self._note_lone(values, scalar, duplicate=duplicate)
        self._costs[values] = scalar
        point = None if scalar is None else self._parzen.point(values)
        if scalar is not None and point is not None:
            insort(self._ranked, (scalar, self._worked, point))
            del self._ranked[_MOST_GOOD:]
            self._latest.append(point)
            self._worked += 1
        better = scalar is not None and (best is None or scalar < best)
        if scalar is not None and self._branches:
            self._learn_branch(values, scalar)
        if better:
            self._best = values
        return better

    def _learn_branch(self, values: Values, scalar: float) -> None:
        """Keep the best values of each branch; try steps in one that is seen for the first time."""
        active = self._branches.active(values)
        for position in active:
            known = self._kept[position]
            if known is None or scalar < known[0]:
                self._kept[position] = scalar, values[position]
        fresh = active - self._unfolded
        self._unfolded |= active
        self._first.extend(
            (stepped, values) for stepped in _first_steps(self._literals, values, fresh)
        )

    def _note_lone(self, values: Values, scalar: float | None, *, duplicate: bool) -> None:
        """Remember whether a setting gives something else that works, one literal away from one."""
        for known in (self._initial, self._best):
            cost = self._cost(known)
            if known is None or cost is None:
                continue
            moved = _moved_positions(values, known)
            if len(moved) == 1:
                same = duplicate and scalar == cost
                self._lone[min(moved)].append(scalar is not None and not same)
                return

    def _cost(self, values: Values | None) -> float | None:
        return None if values is None else self._costs.get(values)


def _moved_positions(values: Values, known: Values) -> frozenset[int]:
    return frozenset(i for i, value in enumerate(values) if value != known[i])


def _moved(value: Value, space: Span | Choices, step: float, stream: random.Random) -> Value:
    """Return ``value`` a normally distributed step further; ``step`` is a share of the range."""
    if isinstance(space, Choices):
        return stream.choice(space.values) if stream.random() < _SWITCH_CHANCE else value
    assert isinstance(value, (int, float))
    if space.log and value != 0:
        width = math.log(abs(space.high / space.low)) or 1.0
        fresh = value * math.exp(stream.gauss(0.0, step * abs(width) / 2))
    else:
        fresh = value + stream.gauss(0.0, step * (space.high - space.low) / 2)
    return _clipped(fresh, space, value)


def _clipped(fresh: float, space: Span, old: float) -> Value:
    inside = min(max(fresh, space.low), space.high)
    if not space.whole:
        return rounded(float(inside))
    whole = round(inside)
    if whole == old and fresh != old:  # at least one further
        whole += 1 if fresh > old else -1
    return int(min(max(whole, space.low), space.high))


def _first_steps(
    literals: Sequence[Literal],
    origin: Values | None = None,
    positions: frozenset[int] | None = None,
) -> Iterator[Values]:
    """Yield a setting with one literal a step up or down, nearest ideas first.

    Args:
        literals: the dimensions.
        origin: the setting; by default the present one.
        positions: which literals are moved; by default those that are read under it.
    """
    values = origin or tuple(literal.value for literal in literals)
    moving = Branches(literals).active(values) if positions is None else positions
    for turn, factor in enumerate(_FIRST_STEPS):
        for position in sorted(moving):
            other = _stepped(literals[position], values[position], turn, factor)
            if other != values[position]:
                yield (*values[:position], other, *values[position + 1 :])


def _stepped(literal: Literal, value: Value, turn: int, factor: float) -> Value:
    space = literal.space
    if isinstance(space, Choices):
        return space.values[turn] if turn < len(space.values) else value
    assert isinstance(value, (int, float))
    if value == 0:
        width = (space.high - space.low) / 4
        return _clipped(width * (1, -1, 0.5, -0.5)[turn], space, value)
    if space.whole and not space.log:
        return _clipped((value + 1, value - 1, value * 2, value / 2)[turn], space, value)
    return _clipped(value * factor, space, value)
