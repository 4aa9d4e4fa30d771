"""What every `Population` has to hold, as checks to run over an implementation.

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_mine_conforms(check):
        check(Mine)

A check is called with a factory of new, empty populations, which must be equal; it raises
`AssertionError` with a sentence. Results are made up; those of a check have one number of
objectives throughout.
"""

from __future__ import annotations

import math
import pickle
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sigil.effects import random_stream
from sigil.search.archive import Costs, ShapeError, non_dominated
from sigil.search.identity import FEATURES
from sigil.search.model import BASELINE
from sigil.search.population import Population

Factory = Callable[[], Population]
Check = Callable[[Factory], None]

_A_ROUND, _ROUNDS = 6, 40
_LONG = 240
"""Rounds of a search in which memory has to come to its bound."""
_GROWTH = 1.75
"""What is unbounded doubles in the second half; what is cleared now and then varies."""
_MOST = 2000
"""No population of one objective keeps more than that of `_LONG` rounds of few kinds."""


@dataclass(frozen=True, slots=True)
class Step:
    """One round, as it went.

    Args:
        parents: that were handed out, in order.
        added: (id, parent, costs) of its results.
    """

    parents: tuple[str, ...]
    added: tuple[tuple[str, str, Costs], ...]


def search(
    population: Population, rounds: int, *, objectives: int = 1, seed: int = 1, first: int = 1
) -> list[Step]:
    """Begin, ask for parents and add made-up results, for some rounds.

    Args:
        population: with `plant` done, unless ``first`` goes on from an earlier call.
        rounds: how many.
        objectives: m.
        seed: of all that is drawn.
        first: number of the first round.
    """
    steps: list[Step] = []
    for turn in range(first, first + rounds):
        stream = random_stream(seed, turn)
        population.begin(turn)
        parents = population.parents(turn, stream)
        kept = population.kept
        added: list[tuple[str, str, Costs]] = []
        for number in range(_A_ROUND):
            parent = parents[stream.randrange(len(parents))] if parents else BASELINE
            before = kept.get(parent, (100.0,) * objectives)
            costs = tuple(max(value + stream.gauss(-0.1, 2.0), 0.0) for value in before)
            name = f"{turn}-{number}"
            add(population, turn, name, costs, parent=parent, stream=stream)
            added.append((name, parent, costs))
        steps.append(Step(tuple(parents), tuple(added)))
    return steps


def add(
    population: Population,
    turn: int,
    name: str,
    costs: Sequence[float],
    *,
    parent: str = BASELINE,
    stream: random.Random | None = None,
) -> None:
    """Add a result whose program is of one of a few kinds."""
    drawn = stream or random_stream(0, name)
    behaviour = [0.0] * len(FEATURES)
    for _ in range(4):
        behaviour[drawn.randrange(len(FEATURES))] = math.log1p(drawn.randrange(8))
    population.add(turn, name, costs, ties=(), behaviour=behaviour, parent=parent)


def planted(make: Factory, *, objectives: int = 1) -> Population:
    """Return a new population that knows the baseline."""
    population = make()
    add(population, 0, BASELINE, (100.0,) * objectives)
    return population


def the_same_calls_give_the_same_parents(make: Factory) -> None:
    """Two that are told alike choose alike, whatever chance there is elsewhere."""
    one = search(planted(make), _ROUNDS)
    random.seed(len(one) + 1)  # must not matter
    _hold(one == search(planted(make), _ROUNDS), "the same calls gave other parents")


def parents_are_distinct_and_known(make: Factory) -> None:
    """Each stands in `kept`, so that its text and its costs are there; none comes twice."""
    for objectives in (1, 3):
        population = planted(make, objectives=objectives)
        for turn in range(1, _ROUNDS):
            search(population, 1, objectives=objectives, first=turn)
            population.begin(turn + 1)
            for ask in range(3):
                parents = population.parents(turn + 1, random_stream(ask))
                _hold(len({*parents}) == len(parents), "a parent is named twice")
                _hold({*parents} <= {*population.kept}, "a parent is not among the kept")


def the_tops_are_known(make: Factory) -> None:
    """What is to be measured again is kept."""
    population = planted(make)
    for turn in range(1, _ROUNDS):
        search(population, 1, first=turn)
        _hold({*population.tops(turn + 1)} <= {*population.kept}, "a top is not among the kept")


def the_kept_have_the_costs_that_were_told(make: Factory) -> None:
    """Nobody's costs are changed but by a second measurement."""
    population = planted(make)
    told: dict[str, Costs] = {BASELINE: (100.0,)}
    for step in search(population, _ROUNDS):
        told |= {name: costs for name, _, costs in step.added}
    kept = population.kept
    _hold(kept == {name: told[name] for name in kept}, "somebody's costs are others than told")


def the_front_is_that_of_all_that_was_told(make: Factory) -> None:
    """Whatever is chosen and forgotten, nothing undominated is lost."""
    for objectives in (1, 2, 3):
        population = planted(make, objectives=objectives)
        rows: list[Costs] = [(100.0,) * objectives]
        for step in search(population, _ROUNDS, objectives=objectives):
            rows += [costs for _, _, costs in step.added]
        expected = {rows[index] for index in non_dominated(rows)}
        found = [entry.costs for entry in population.front]
        _hold({*found} == expected, f"the front of {objectives} objectives is another")
        _hold(found == sorted(found), "the front is not in order")
        best = population.best
        _hold(best is not None and best.costs == found[0], "the best is not the first of the front")


def what_is_kept_is_bounded(make: Factory) -> None:
    """A search of any length remembers a bounded number of candidates."""
    population = planted(make)
    sizes: list[int] = []
    for turn in range(1, _LONG):
        search(population, 1, first=turn)
        sizes.append(len(population.kept))
    early, late = max(sizes[: _LONG // 2]), max(sizes[_LONG // 2 :])
    _hold(late <= _GROWTH * early and late <= _MOST, f"{late} are kept late, {early} before")


def one_that_is_worse_the_second_time_gives_way(make: Factory) -> None:
    """The best of all that is measured again, and is bad, is the best no more."""
    population = planted(make)
    search(population, _ROUNDS)
    lucky = _best(population)
    population.revise(lucky, (200.0,), ties=())
    _hold(_best(population) != lucky, "it is still the best")
    _hold(population.kept.get(lucky, (200.0,)) == (200.0,), "its costs are the first ones")
    search(population, _ROUNDS, first=_ROUNDS + 1)


def one_that_fails_the_second_time_is_gone(make: Factory) -> None:
    """Without costs it is neither kept nor a parent, however often this happens."""
    population = planted(make)
    search(population, _ROUNDS)
    gone: set[str] = set()
    for turn in range(_ROUNDS + 1, 2 * _ROUNDS):
        population.begin(turn)
        population.parents(turn, random_stream(turn))
        failed = _best(population)
        gone.add(failed)
        population.revise(failed, (), ties=())
        _hold(not gone & {*population.kept}, "one that failed is kept")
        step = search(population, 1, first=turn)[0]
        _hold(not gone & {*step.parents}, "one that failed is a parent")


def strangers_are_not_revised(make: Factory) -> None:
    """One that is forgotten by the time of its second measurement stays forgotten."""
    population = planted(make)
    search(population, 3)
    for costs in ((0.0,), ()):
        population.revise("stranger", costs, ties=())
        _hold("stranger" not in population.kept, "a stranger is kept")


def all_may_fail_the_second_time(make: Factory) -> None:
    """A population that has lost everybody starts from the baseline, and recovers."""
    population = planted(make)
    search(population, 3)
    for name in list(population.kept):
        population.revise(name, (), ties=())
    population.begin(4)
    _hold(population.parents(4, random_stream(1)) == [], "somebody is left")
    _hold(population.best is None, "there is a best one")
    add(population, 4, "repaired", (1.0,))
    population.begin(5)
    _hold(population.parents(5, random_stream(1)) == ["repaired"], "it does not recover")


def a_broken_baseline_is_no_parent(make: Factory) -> None:
    """Before anything has costs there is no parent; the first that works is one."""
    population = make()
    population.begin(1)
    _hold(population.parents(1, random_stream(1)) == [], "a parent without costs")
    add(population, 1, "repaired", (1.0,))
    population.begin(2)
    _hold(population.parents(2, random_stream(1)) == ["repaired"], "what works is not a parent")


def infinite_costs_are_costs(make: Factory) -> None:
    """Nothing breaks where a cost is infinite, for all or for some."""
    population = planted(make, objectives=2)
    for turn in range(1, _ROUNDS):
        population.begin(turn)
        for parent in population.parents(turn, random_stream(turn)):
            sign = -1 if turn % 3 else 1
            add(population, turn, f"a{turn}{parent}", (math.inf, float(turn % 5)), parent=parent)
            add(population, turn, f"b{turn}{parent}", (sign * math.inf, 1.0), parent=parent)


def costs_that_are_no_numbers_are_refused(make: Factory) -> None:
    """NaN, and costs of another length than before, are mistakes of the caller."""
    for costs in ((math.nan,), (1.0, 2.0)):
        try:
            add(planted(make), 1, "odd", costs)
        except ShapeError:
            continue
        raise AssertionError(f"costs {costs} are taken")


def a_parent_that_is_forgotten_is_no_error(make: Factory) -> None:
    """Results come late: what they were made from may be gone."""
    population = planted(make)
    search(population, 3)
    add(population, 3, "late", (50.0,), parent="long gone")
    search(population, 3, first=4)


def a_result_of_the_round_before_may_come_in_this(make: Factory) -> None:
    """Under a lag, a round begins before the results of the one before are told."""
    _hold(list(_late(make)) == list(_late(make)), "late results made other parents")


def _late(make: Factory) -> Iterator[tuple[str, ...]]:
    population = planted(make)
    before: tuple[str, ...] = ()
    for turn in range(1, _ROUNDS):
        population.begin(turn)
        parents = tuple(population.parents(turn, random_stream(turn)))
        for number, parent in enumerate(before):
            costs = (float(100 - turn + number),)
            add(population, turn - 1, f"{turn}-{number}", costs, parent=parent)
        before = parents
        yield parents


def a_copy_goes_on_alike(make: Factory) -> None:
    """Its state can be put down between rounds, so that a long run is resumed at once."""
    for rounds in (1, _ROUNDS):
        population = planted(make)
        search(population, rounds)
        copy = pickle.loads(pickle.dumps(population))  # noqa: S301 - our own
        one, other = (search(each, 5, first=rounds + 1) for each in (population, copy))
        _hold(one == other, "a copy went another way")


CHECKS: tuple[Check, ...] = (
    the_same_calls_give_the_same_parents,
    parents_are_distinct_and_known,
    the_tops_are_known,
    the_kept_have_the_costs_that_were_told,
    the_front_is_that_of_all_that_was_told,
    what_is_kept_is_bounded,
    one_that_is_worse_the_second_time_gives_way,
    one_that_fails_the_second_time_is_gone,
    strangers_are_not_revised,
    all_may_fail_the_second_time,
    a_broken_baseline_is_no_parent,
    infinite_costs_are_costs,
    costs_that_are_no_numbers_are_refused,
    a_parent_that_is_forgotten_is_no_error,
    a_result_of_the_round_before_may_come_in_this,
    a_copy_goes_on_alike,
)


def _best(population: Population) -> str:
    best = population.best
    if best is None:
        raise AssertionError("there is no best one")
    return best.id


def _hold(condition: bool, sentence: str) -> None:
    if not condition:
        raise AssertionError(sentence)
