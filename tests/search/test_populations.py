"""Every population by the conformance suite; what is particular to each guide."""

from functools import partial

import pytest

from sigil.search.alphaevolve import Islands
from sigil.search.anneal import Anneal
from sigil.search.bandit import Bandit
from sigil.search.guided import Guided
from sigil.search.mads import Mads
from sigil.search.population import BestFirst
from sigil.search.tree import Tree
from sigil.testing.populations import (
    CHECKS,
    one_that_fails_the_second_time_is_gone,
    parents_are_distinct_and_known,
    what_is_kept_is_bounded,
)


def guided(guide, **params):
    return lambda: Guided(guide(**params))


POPULATIONS = {
    "simple": BestFirst,
    "alphaevolve": Islands,
    "alphaevolve with grids": partial(Islands, islands=2, features=3, bins=4),
    "tree": guided(Tree),
    "small tree": guided(Tree, nodes=8, parents=8),
    "anneal": guided(Anneal),
    "anneal with many chains": guided(Anneal, chains=8, cooling=10),
    "mads": guided(Mads),
    "mads of a small pool": guided(Mads, pool=8, poll=2),
    "bandit-rl": guided(Bandit),
    "bandit-rl of a small pool": guided(Bandit, pool=8, parents=16, step=100),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", POPULATIONS)
def test_every_population_conforms(name, check):
    check(POPULATIONS[name])


class Hoarding(BestFirst):
    """Keeps everybody for ever."""

    def __init__(self):
        super().__init__()
        self.everybody = {}

    @property
    def kept(self):
        return self.everybody

    def add(self, turn, name, costs, **rest):
        self.everybody[name] = costs
        return super().add(turn, name, costs, **rest)


class Repeating(BestFirst):
    """Names the best one twice."""

    def parents(self, turn, stream):
        found = super().parents(turn, stream)
        return [*found[:1], *found]


@pytest.mark.parametrize(
    ("kind", "check", "sentence"),
    [
        (Hoarding, what_is_kept_is_bounded, "kept late"),
        (Hoarding, one_that_fails_the_second_time_is_gone, "is kept"),
        (Repeating, parents_are_distinct_and_known, "named twice"),
    ],
)
def test_the_suite_finds_what_is_wrong(kind, check, sentence):
    with pytest.raises(AssertionError, match=sentence):
        check(kind)
