"""One search over the values of a few literals: what was tried, and what to try next.

First each literal alone a step up and down. After that two searches take turns: the
tree-structured Parzen estimator of optuna over all literals at once, and steps around the
best values whose length adapts (the one-fifth success rule). A literal that failed whenever
it alone was moved, such as an exponent, is held from then on and only rarely let go: joint
moves that touch it would all fail.

A literal that is read only in one branch keeps its value while another one is taken, so no
evaluation is spent on what cannot matter; and a switch that is turned brings the best known
values of its branch with it. The estimator then draws the literals of that branch alone
(a tree-structured space, defined while it is drawn).

Deterministic: chance comes from the caller's stream, and the estimator is seeded from it
anew at every ask. The estimator sees a bounded number of results, the best and the latest,
because its cost per proposal grows with them.

Source: Bergstra et al. 2011 (TPE); Rechenberg 1973 (step length). Not here: which literals
there are (`sigil.search.literals`), proposals (`sigil.search.tune`).
"""

from __future__ import annotations

import math
import random
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from sigil.search.branches import Branches
from sigil.search.literals import Choices, Literal, Span
from sigil.search.model import Outcome
from sigil.search.written import Value, rounded

Values = tuple[Value, ...]
"""One value per literal, in the order of the text."""

_MOST_TRIALS = 160
_KEPT_BEST = 40
_STARTUP = 8
_ATTEMPTS = 30
_ESTIMATES = 4
"""Attempts of one ask that may use the estimator, which costs milliseconds each."""
_LONGEST_REST = 64
_FIRST_STEPS = (2.0, 0.5, 1.25, 0.8)
_SWITCH_CHANCE = 0.5
_LONE_FAILURES = 2
_RELEASE_CHANCE = 0.1
_FIRST_LENGTH, _LEAST_LENGTH, _MOST_LENGTH = 0.3, 0.004, 1.0
_LONGER, _SHORTER = 1.4, 0.92  # 1.4 * 0.92 ** 4 is about 1: one success in five keeps the length


class Search:
    """One search over the literals of one structure.

    Args:
        optuna: the module.
        literals: the dimensions, with the values of the parent that it begins with.
    """

    def __init__(self, optuna: Any, literals: Sequence[Literal]):
        self._optuna = optuna
        self._literals = literals
        self._distributions = {f"{i:02}": _distribution(optuna, literal.space)
                               for i, literal in enumerate(literals)}  # fmt: skip
        self._branches = Branches(literals)
        self._costs: dict[Values, float | None] = {}
        self._pending: dict[Values, int | None] = {}
        self._scale: tuple[float, ...] = ()
        self._initial = tuple(literal.value for literal in literals)
        self._lone: list[list[bool]] = [[] for _ in literals]
        self._first = deque((values, self._initial) for values in _first_steps(literals))
        self._unfolded = self._branches.active(self._initial)
        self._kept: list[tuple[float, Value] | None] = [None for _ in literals]
        self._best: Values | None = None
        self._step = _FIRST_LENGTH
        self._turn = 0
        self._dry = self._rest = 0
        self._study = self._new_study()

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
        number = self._pending.pop(values, None)
        if self._costs.get(values) is not None:
            return
        scalar = self._scalar(outcome.costs)
        better = self._record(values, scalar, number)
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
        sampler = _sampler(self._optuna, stream.getrandbits(32), branches=bool(self._branches))
        self._study.sampler = self._holding(sampler, held)
        for attempt in range(_ATTEMPTS):
            values, number = self._draw(stream, held, attempt)
            values = self._plain(values)
            fresh = values not in self._costs and values not in self._pending
            if fresh and values != current:
                self._pending[values] = number
                self._dry = 0
                return values
            if number is not None:
                self._settle(number, self._costs.get(values))
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

    def _holding(self, sampler: Any, held: frozenset[int]) -> Any:
        if not held or self._branches:
            return sampler
        values = self._best or self._initial
        fixed = {
            f"{i:02}": _to_distribution(values[i], self._literals[i])
            for i in held
            if _inside(values[i], self._literals[i].space)
        }
        with warnings.catch_warnings():  # marked experimental, too
            warnings.simplefilter("ignore")
            return self._optuna.samplers.PartialFixedSampler(fixed, sampler)

    def _draw(
        self, stream: random.Random, held: frozenset[int], attempt: int
    ) -> tuple[Values, int | None]:
        while self._first:
            first, origin = self._first.popleft()
            if not held & _moved_positions(first, origin):
                return first, None
        if attempt >= _ESTIMATES:
            return self._near(self._best or self._initial, stream, held), None
        self._turn += 1
        if self._turn % 2 and self._best is not None:
            return self._near(self._best, stream, held), None
        if self._branches:
            return self._drawn_by_branch()
        trial = self._study.ask(self._distributions)
        drawn = [trial.params[name] for name in sorted(self._distributions)]
        return tuple(map(_from_distribution, drawn, self._literals)), trial.number

    def _drawn_by_branch(self) -> tuple[Values, int]:
        """Draw switches first, and of all others only what is read under them."""
        trial = self._study.ask()
        values = list(self._initial)
        for position in self._branches.order:
            if self._branches.is_active(position, values):
                name = f"{position:02}"
                drawn = _suggested(trial, name, self._distributions[name])
                values[position] = _from_distribution(drawn, self._literals[position])
        return tuple(values), trial.number

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

    def _record(self, values: Values, scalar: float | None, number: int | None = None) -> bool:
        """Remember a result in order; return whether it is the best so far."""
        best = None if self._best is None else self._costs[self._best]
        self._note_lone(values, worked=scalar is not None)
        self._costs[values] = scalar
        if number is None:
            self._add(values, scalar)
        else:
            self._settle(number, scalar)
        better = scalar is not None and (best is None or scalar < best)
        if scalar is not None and self._branches:
            self._learn_branch(values, scalar)
        if better:
            self._best = values
        if len(self._study.get_trials(deepcopy=False)) > _MOST_TRIALS:
            self._shrink()
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

    def _note_lone(self, values: Values, *, worked: bool) -> None:
        """Remember whether a setting works that is one literal away from one that does."""
        for known in (self._initial, self._best):
            if known is None or self._costs.get(known) is None:
                continue
            moved = _moved_positions(values, known)
            if len(moved) == 1:
                self._lone[min(moved)].append(worked)
                return

    def _settle(self, number: int, scalar: float | None) -> None:
        state = self._optuna.trial.TrialState
        if scalar is None:
            self._study.tell(number, state=state.FAIL)
        else:
            self._study.tell(number, scalar)

    def _add(self, values: Values, scalar: float | None) -> None:
        """Give the estimator a result of a setting that it did not propose itself."""
        pairs = list(zip(values, self._literals, strict=True))
        if scalar is None or not all(_inside(value, literal.space) for value, literal in pairs):
            return
        active = self._branches.active(values)
        params = {
            name: _to_distribution(value, literal)
            for i, (name, (value, literal)) in enumerate(
                zip(sorted(self._distributions), pairs, strict=True)
            )
            if i in active
        }
        trial = self._optuna.trial.create_trial(
            params=params,
            distributions={name: self._distributions[name] for name in params},
            value=scalar,
        )
        self._study.add_trial(trial)

    def _shrink(self) -> None:
        """Begin a new study with the best and the latest results alone."""
        known = [(values, cost) for values, cost in self._costs.items() if cost is not None]
        best = sorted(range(len(known)), key=lambda i: (known[i][1], i))[:_KEPT_BEST]
        latest = range(max(len(known) - _KEPT_BEST, 0), len(known))
        self._study = self._new_study()
        self._pending = dict.fromkeys(self._pending)
        for index in sorted({*best, *latest}):
            self._add(*known[index])

    def _new_study(self) -> Any:
        sampler = _sampler(self._optuna, 0, branches=bool(self._branches))
        return self._optuna.create_study(sampler=sampler)


def _moved_positions(values: Values, known: Values) -> frozenset[int]:
    return frozenset(i for i, value in enumerate(values) if value != known[i])


def _suggested(trial: Any, name: str, distribution: Any) -> Value:
    """Return what ``trial`` draws for one literal; which ones it draws is decided on the way."""
    kind = type(distribution).__name__
    if kind == "CategoricalDistribution":
        return trial.suggest_categorical(name, distribution.choices)
    suggest = trial.suggest_int if kind == "IntDistribution" else trial.suggest_float
    return suggest(name, distribution.low, distribution.high, log=distribution.log)


def _sampler(optuna: Any, seed: int, *, branches: bool) -> Any:
    with warnings.catch_warnings():  # multivariate is marked experimental, and well proven
        warnings.simplefilter("ignore")
        return optuna.samplers.TPESampler(
            seed=seed,
            multivariate=True,
            group=branches,
            constant_liar=True,
            n_startup_trials=_STARTUP,
        )


# --- spaces ------------------------------------------------------------------------------


def _distribution(optuna: Any, space: Span | Choices) -> Any:
    if isinstance(space, Choices):
        return optuna.distributions.CategoricalDistribution(space.values)
    low, high = (space.low, space.high) if space.high > 0 or not space.log else _mirrored(space)
    if space.whole:
        return optuna.distributions.IntDistribution(int(low), int(high), log=space.log)
    return optuna.distributions.FloatDistribution(low, high, log=space.log)


def _mirrored(space: Span) -> tuple[float, float]:
    """Return the magnitudes of a negative log range: optuna takes logs of positive numbers."""
    return -space.high, -space.low


def _is_mirrored(space: Span | Choices) -> bool:
    return isinstance(space, Span) and space.log and space.high < 0


def _inside(value: Value, space: Span | Choices) -> bool:
    if isinstance(space, Choices):
        return any(value == known and type(value) is type(known) for known in space.values)
    return isinstance(value, (int, float)) and space.low <= value <= space.high


def _to_distribution(value: Value, literal: Literal) -> Value:
    number = isinstance(value, (int, float)) and _is_mirrored(literal.space)
    return -value if number else value  # type: ignore[operator] # it is a number


def _from_distribution(value: Value, literal: Literal) -> Value:
    return rounded(_to_distribution(value, literal))


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
