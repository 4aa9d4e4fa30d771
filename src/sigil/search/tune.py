"""The proposer `tune`: better values for the literals in the pinned regions. No model, no key.

It begins with what it knows: the values that stand there, with their costs, then each
literal alone a step up and down. After that two searches take turns: the tree-structured
Parzen estimator of optuna over all literals at once, and steps around the best values
whose length adapts (the one-fifth success rule).

One search per structure: parents that differ in these literals alone share what was
learned; a parent whose code differs has its literals found anew. With several objectives
it minimises the mean ratio of each cost to that of the parent that the search began with;
this steers proposals and decides nothing.

Source: Bergstra et al. 2011 (TPE); Rechenberg 1973 (step length). Not here: which literals
may change and how (`sigil.search.literals`).
"""

from __future__ import annotations

import importlib
import math
import random
import warnings
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigil.canonical import digest_value
from sigil.errors import DependencyMissing, SigilError
from sigil.search.literals import Choices, Literal, Span, Value, find, rounded
from sigil.search.model import Outcome, Parent, Proposal, View
from sigil.search.mutate.source import Source, apply_edits
from sigil.search.patch import diff
from sigil.search.pins import Pin, language_of, locate

Values = tuple[Value, ...]

_STUDIES = 16
_MOST_LITERALS = 48
_MOST_TRIALS = 160
"""How many trials the estimator sees; its cost per proposal grows with them."""
_KEPT_BEST = 40
_STARTUP = 8
_ATTEMPTS = 30
_FIRST_STEPS = (2.0, 0.5, 1.25, 0.8)
_BEST_CHANCE = 0.7


@dataclass(frozen=True, slots=True)
class _Site:
    """A parent's literals, and what of its text is not a literal."""

    literals: tuple[Literal, ...]
    structure: str

    @property
    def values(self) -> Values:
        return tuple(literal.value for literal in self.literals)


class Tune:
    """Proposes values of literals in the pinned regions. Implements `Proposer`."""

    name = "tune"

    def __init__(self) -> None:
        self._searches: OrderedDict[str, _Search] = OrderedDict()
        self._early: deque[tuple[Proposal, Outcome]] = deque(maxlen=1000)
        self._sites: OrderedDict[str, tuple[Mapping[str, str], _Site]] = OrderedDict()
        self._missing = False

    def ask(self, view: View, count: int) -> list[Proposal]:
        """Return up to ``count`` settings of the literals of one or several parents.

        None if no parent has literals that may be tuned, fewer when all have been tried.

        Raises:
            DependencyMissing: optuna is not installed; raised once, then there are no ideas.
        """
        tunable = [
            (parent, site) for parent in view.parents
            if (site := self._site(parent, view.pins)).literals
        ]  # fmt: skip
        if not tunable or self._missing or count <= 0:
            return []
        optuna = self._optuna()
        for parent, site in tunable:
            self._search(site, optuna).know(site.values, parent.costs)
        proposals: list[Proposal] = []
        for _ in range(count):
            proposal = self._propose(tunable, optuna, view)
            if proposal is None:
                break
            proposals.append(proposal)
        return proposals

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Learn what a setting costs, or that it failed."""
        search = self._searches.get(str(proposal.data.get("structure", "")))
        if search is None:
            self._early.append((proposal, outcome))
        else:
            search.tell(_values_in(proposal), outcome)

    def _propose(
        self, tunable: Sequence[tuple[Parent, _Site]], optuna: Any, view: View
    ) -> Proposal | None:
        first = 0 if view.random.random() < _BEST_CHANCE else view.random.randrange(len(tunable))
        order = [*tunable[first:], *tunable[:first]]
        for parent, site in order:
            values = self._search(site, optuna).ask(view.random, site.values)
            if values is not None:
                return _proposal(parent, site, values, view.seed)
        return None

    def _search(self, site: _Site, optuna: Any) -> _Search:
        search = self._searches.get(site.structure)
        if search is None:
            search = _Search(optuna, site.literals)
            self._searches[site.structure] = search
            for proposal, outcome in self._early:
                if proposal.data.get("structure") == site.structure:
                    search.tell(_values_in(proposal), outcome)
            while len(self._searches) > _STUDIES:
                self._searches.popitem(last=False)
        self._searches.move_to_end(site.structure)
        return search

    def _site(self, parent: Parent, pins: Sequence[Pin]) -> _Site:
        known = self._sites.get(parent.id)
        if known is not None and known[0] == parent.files:
            self._sites.move_to_end(parent.id)
            return known[1]
        site = _find(parent.files, pins)
        self._sites[parent.id] = (parent.files, site)
        while len(self._sites) > 4 * _STUDIES:
            self._sites.popitem(last=False)
        return site

    def _optuna(self) -> Any:
        try:
            optuna = importlib.import_module("optuna")
        except ImportError as error:
            self._missing = True
            raise DependencyMissing(
                "tuning needs optuna", remedy="pip install 'sigil[tune]'"
            ) from error
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        return optuna


class _Search:
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
        self._costs: dict[Values, float | None] = {}
        self._pending: dict[Values, int | None] = {}
        self._scale: tuple[float, ...] = ()
        self._first = _first_steps(literals)
        self._best: Values | None = None
        self._step = 0.3
        self._turn = 0
        self._study = self._new_study()

    def know(self, values: Values, costs: Sequence[float]) -> None:
        """Take in what a parent's own setting costs."""
        if values not in self._costs and values not in self._pending:
            self._record(values, self._scalar(costs))

    def tell(self, values: Values, outcome: Outcome) -> None:
        """Take in what became of a setting."""
        number = self._pending.pop(values, None)
        if self._costs.get(values) is not None:
            return
        scalar = self._scalar(outcome.costs)
        better = self._record(values, scalar, number)
        self._step = min(max(self._step * (1.4 if better else 0.92), 0.004), 1.0)

    def ask(self, stream: random.Random, current: Values) -> Values | None:
        """Return a setting that was not tried before, or None if none is found."""
        self._study.sampler = _sampler(self._optuna, stream.getrandbits(32))
        for _ in range(_ATTEMPTS):
            values, number = self._draw(stream)
            fresh = values not in self._costs and values not in self._pending
            if fresh and values != current:
                self._pending[values] = number
                return values
            if number is not None:
                self._settle(number, self._costs.get(values))
        return None

    def _draw(self, stream: random.Random) -> tuple[Values, int | None]:
        first = next(self._first, None)
        if first is not None:
            return first, None
        self._turn += 1
        if self._turn % 2 and self._best is not None:
            return self._near(self._best, stream), None
        trial = self._study.ask(self._distributions)
        drawn = [trial.params[name] for name in sorted(self._distributions)]
        return tuple(map(_from_distribution, drawn, self._literals)), trial.number

    def _near(self, values: Values, stream: random.Random) -> Values:
        """Return ``values`` with some moved by a step of the present length."""
        chosen = [stream.random() < max(0.5, 1 / len(values)) for _ in values]
        chosen[stream.randrange(len(values))] = True
        return tuple(
            _moved(value, literal.space, self._step, stream) if moves else value
            for value, literal, moves in zip(values, self._literals, chosen, strict=True)
        )

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
        self._costs[values] = scalar
        if number is None:
            self._add(values, scalar)
        else:
            self._settle(number, scalar)
        better = scalar is not None and (best is None or scalar < best)
        if better:
            self._best = values
        if len(self._study.get_trials(deepcopy=False)) > _MOST_TRIALS:
            self._shrink()
        return better

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
        params = {
            name: _to_distribution(value, literal)
            for name, (value, literal) in zip(sorted(self._distributions), pairs, strict=True)
        }
        trial = self._optuna.trial.create_trial(
            params=params, distributions=self._distributions, value=scalar
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
        return self._optuna.create_study(sampler=_sampler(self._optuna, 0))


def _sampler(optuna: Any, seed: int) -> Any:
    with warnings.catch_warnings():  # multivariate is marked experimental, and well proven
        warnings.simplefilter("ignore")
        return optuna.samplers.TPESampler(
            seed=seed, multivariate=True, constant_liar=True, n_startup_trials=_STARTUP
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
        return stream.choice(space.values) if stream.random() < 0.5 else value
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


def _first_steps(literals: Sequence[Literal]) -> Iterator[Values]:
    """Yield the present values with one literal a step up or down, nearest ideas first."""
    values = tuple(literal.value for literal in literals)
    for turn, factor in enumerate(_FIRST_STEPS):
        for position, literal in enumerate(literals):
            other = _stepped(literal, turn, factor)
            if other != literal.value:
                yield (*values[:position], other, *values[position + 1 :])


def _stepped(literal: Literal, turn: int, factor: float) -> Value:
    space, value = literal.space, literal.value
    if isinstance(space, Choices):
        return space.values[turn] if turn < len(space.values) else value
    assert isinstance(value, (int, float))
    if value == 0:
        width = (space.high - space.low) / 4
        return _clipped(width * (1, -1, 0.5, -0.5)[turn], space, value)
    if space.whole and not space.log:
        return _clipped((value + 1, value - 1, value * 2, value / 2)[turn], space, value)
    return _clipped(value * factor, space, value)


# --- text --------------------------------------------------------------------------------


def _find(files: Mapping[str, str], pins: Sequence[Pin]) -> _Site:
    """Return the literals of all pinned regions, and the digest of the text between them."""
    try:
        regions = locate(pins, files)
    except SigilError:
        return _Site((), "")
    languages = {pin.id: pin for pin in pins}
    literals: list[Literal] = []
    between: list[str] = []
    for region in regions:
        if language_of(languages[region.pin_id], region.path) != "python":
            continue
        try:
            source = Source(files[region.path])
        except (SyntaxError, ValueError, RecursionError):
            continue
        own = find(source, region.path, region.first, region.last)
        own = own[: _MOST_LITERALS - len(literals)]
        done = source.line_start(region.first)
        for literal in own:
            between += [source.text[done : literal.start], f"<{type(literal.value).__name__}>"]
            done = literal.end
        between += [source.text[done : source.line_start(region.last + 1)], region.path]
        literals += own
    return _Site(tuple(literals), digest_value(between))


def _proposal(parent: Parent, site: _Site, values: Values, seed: int) -> Proposal:
    edits: dict[str, list[Any]] = {}
    notes: list[str] = []
    for literal, value in zip(site.literals, values, strict=True):
        if value == literal.value and type(value) is type(literal.value):
            continue
        before = parent.files[literal.path][literal.start - 1 : literal.start]
        edit = literal.edit(value, before)
        edits.setdefault(literal.path, []).append(edit)
        notes.append(f"{literal.text} → {edit.text.strip()} at line {literal.line}")
    after = {path: apply_edits(parent.files[path], own) or "" for path, own in edits.items()}
    patch = diff({path: parent.files[path] for path in after}, after)
    shown = notes if len(notes) <= 4 else [*notes[:3], f"and {len(notes) - 3} more"]
    data = {"structure": site.structure, "values": list(values)}
    return Proposal(parent.id, patch, Tune.name, "; ".join(shown)[:280], seed, data)


def _values_in(proposal: Proposal) -> Values:
    values = proposal.data.get("values", ())
    return tuple(values) if isinstance(values, (list, tuple)) else ()
