"""Every optimizer by the conformance suite; what is particular to each; names and parameters."""

import pickle
from importlib.metadata import EntryPoint

import pytest

from sigil import errors
from sigil.search import plugins
from sigil.search.alphaevolve import Islands
from sigil.search.archive import Archive
from sigil.search.model import BASELINE
from sigil.search.optimizers import check_name, check_params, make_optimizer, optimizer_names
from sigil.search.simple import Simple
from sigil.testing.optimizers import (
    CHECKS,
    Drawing,
    cost_of,
    problem,
    search,
    what_is_exact_is_never_measured_again,
)

OURS = ("simple", "best-of-n", "alphaevolve", "tree", "anneal", "mads", "bandit-rl")


def of(name, **params):
    return lambda problem: make_optimizer(name, problem, params)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", OURS)
def test_every_optimizer_conforms(name, check):
    check(of(name))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_islands_with_grids_conform(check):
    check(of("alphaevolve", features=2))


class Doubtful(Simple):
    """Takes every result for noise."""

    def tell(self, name, costs=(), ties=(), failure=None, *, noisy=False):
        return super().tell(name, costs, ties, failure, noisy=True)


def test_the_suite_finds_an_optimizer_that_measures_everything_again():
    def make(problem):
        return Doubtful(problem.pins, problem.proposers, files=problem.files, costs=problem.costs)

    with pytest.raises(AssertionError, match="an exact result was to be measured again"):
        what_is_exact_is_never_measured_again(make)


@pytest.mark.parametrize("name", OURS)
def test_the_state_of_ours_has_a_form(name):
    optimizer = of(name)(problem())
    search(optimizer, 3)
    assert pickle.loads(pickle.dumps(optimizer)).best == optimizer.best


class Watching(Drawing):
    """Keeps which parents it was shown."""

    def __init__(self):
        super().__init__()
        self.shown = []

    def ask(self, view, count):
        self.shown.append([parent.id for parent in view.parents])
        return super().ask(view, count)


def test_a_proposer_without_ideas_is_asked_for_ever_less():
    optimizer = of("simple")(problem(Drawing("idle", most=0), Drawing("busy")))
    before = optimizer.shares["idle"]
    search(optimizer, 20)
    assert optimizer.shares["idle"] < 0.5 < before


def test_best_of_n_starts_from_the_baseline_every_time():
    proposer = Watching()
    search(of("best-of-n")(problem(proposer)), 8)
    assert proposer.shown == [[BASELINE]] * len(proposer.shown)


def test_simple_shows_no_more_parents_than_it_is_told_to():
    proposer = Watching()
    search(of("simple", parents=2)(problem(proposer)), 8)
    assert max(map(len, proposer.shown)) == 2


# --- islands ----------------------------------------------------------------------------


def settled(islands=3, **settings):
    """Islands with one result each, the first the best."""
    found = Islands(islands=islands, **settings)
    found.add(0, BASELINE, (9.0,), ties=(), behaviour=(0.0,))
    for turn in range(1, islands + 1):
        found.add(turn, f"c{turn}", (float(turn),), ties=(), behaviour=(float(turn),))
    return found


class NoChance:
    def random(self):
        return 0.0


def test_a_result_stays_on_the_island_that_it_was_found_on():
    found = settled()
    assert found.parents(1, NoChance())[0] == "c1"
    assert found.parents(2, NoChance())[0] == "c2"
    assert "c1" not in found.parents(2, NoChance())[:2]


def test_islands_have_their_turns_in_a_ring():
    found = settled()
    assert found.parents(1, NoChance()) == found.parents(4, NoChance())


def test_the_best_migrate_to_the_next_island_when_it_is_time():
    found = settled(migration_interval=5)
    for turn in range(1, 6):
        found.begin(turn)
    assert found.parents(5, NoChance())[0] == "c2"
    found.begin(6)
    assert found.parents(5, NoChance())[0] == "c1"
    assert found.parents(6, NoChance())[0] == "c2"


def test_the_front_of_islands_is_that_of_the_whole_search():
    found = settled()
    one = Archive()
    for name, cost in ((BASELINE, 9.0), ("c1", 1.0), ("c2", 2.0), ("c3", 3.0)):
        one.add(name, (cost,))
    assert [entry.id for entry in found.front] == [entry.id for entry in one.front]


def test_the_best_of_an_island_is_doubted_on_its_turn():
    assert settled().tops(2) == ["c1", "c2"]


def test_a_revised_elite_is_revised_wherever_it_went():
    found = settled(migration_interval=1)
    found.begin(2)
    found.revise("c1", (99.0,), ties=())
    assert found.best.id == "c2"
    assert found.parents(1, NoChance())[0] != "c1"
    assert found.parents(2, NoChance())[0] == "c2"


def test_one_that_fails_when_measured_again_is_gone_everywhere():
    found = settled(migration_interval=1)
    found.begin(2)
    found.revise("c1", (), ties=())
    assert "c1" not in found.kept


def test_what_is_elite_on_an_island_need_not_be_progress():
    found = settled()
    placed = found.add(3, "new", (2.5,), ties=(), behaviour=(7.0,))
    assert (placed.elite, placed.progress) == (True, False)


def test_alphaevolve_gets_better():
    optimizer = of("alphaevolve", islands=3, migration_interval=4)(problem())
    search(optimizer, 40)
    assert optimizer.front[0].costs[0] < 10


def test_what_is_remembered_does_not_grow_with_the_search():
    optimizer = of("alphaevolve")(problem(Drawing(top=10**6)))
    search(optimizer, 200)
    assert len(optimizer._sieve) < 800


# --- names, parameters, plugins ---------------------------------------------------------


def test_ours_come_first():
    assert tuple(optimizer_names()[: len(OURS)]) == OURS


def test_an_unknown_optimizer_is_refused_with_the_nearest_name():
    with pytest.raises(errors.UsageError, match="did you mean alphaevolve"):
        make_optimizer("alphaevolv", problem(), {})


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("alphaevolve", {"island": 3}, "islands, migration_interval, migrants"),
        ("best-of-n", {"n": 3}, "best-of-n takes none"),
        ("alphaevolve", {"islands": 0}, "from 1 to 64"),
        ("alphaevolve", {"islands": True}, "from 1 to 64"),
        ("simple", {"parents": "8"}, "from 1 to 64"),
        ("simple", {"parents": 2.5}, "from 1 to 64"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused_with_what_does(name, params, message):
    with pytest.raises(errors.InvalidValue, match=message):
        check_params(name, params)


def brings(monkeypatch, value, name="mine", group="sigil.optimizers"):
    point = EntryPoint(name, value, group)
    monkeypatch.setattr(
        "importlib.metadata.entry_points", lambda group: [point] if group == point.group else []
    )


def make_mine(problem, params):
    if params:
        raise ValueError("no parameters, please")
    return Simple(problem.pins, problem.proposers, files=problem.files, costs=problem.costs)


def broken(problem, params):
    raise RuntimeError("not today")


def test_a_plugin_is_an_optimizer_like_ours(monkeypatch):
    brings(monkeypatch, f"{__name__}:make_mine")
    monkeypatch.setattr(plugins, "load", lambda group, name: make_mine)
    assert optimizer_names()[-1] == "mine"
    optimizer = make_optimizer("mine", problem(), {})
    assert cost_of(optimizer.ask(1)[0]) >= 0
    with pytest.raises(errors.InvalidValue, match="no parameters, please"):
        make_optimizer("mine", problem(), {"a": 1})


def test_a_plugin_that_cannot_be_loaded_is_refused_with_its_name_alone(monkeypatch):
    brings(monkeypatch, "a_module_that_is_not_there:make")
    with pytest.raises(errors.DependencyMissing, match="the plugin 'mine' of sigil"):
        check_name("mine")


def test_a_plugin_that_crashes_is_an_error_with_its_name(monkeypatch):
    brings(monkeypatch, f"{__name__}:broken")
    monkeypatch.setattr(plugins, "load", lambda group, name: broken)
    with pytest.raises(errors.DependencyMissing, match=r"'mine'.*not today"):
        make_optimizer("mine", problem(), {})


@pytest.mark.parametrize("value", ["no.such.module:x", "json:no_such_name", "json:__name__"])
def test_a_broken_plugin_is_left_out_with_a_line_that_names_it(monkeypatch, value):
    brings(monkeypatch, value, group="sigil.proposers")
    names, (line,) = plugins.working("sigil.proposers", taken=())
    assert names == []
    assert "'mine'" in line
    assert "left out" in line


def test_a_plugin_replaces_none_of_ours(monkeypatch):
    brings(monkeypatch, "json:loads", name="mutate", group="sigil.proposers")
    names, (line,) = plugins.working("sigil.proposers", taken=("mutate",))
    assert names == []
    assert "the name is taken" in line
