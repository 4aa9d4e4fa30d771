import random

import pytest

from sigil.errors import InvalidValue
from sigil.search.credit import Credit
from sigil.search.model import BASELINE, Proposal
from sigil.search.patch import diff
from sigil.search.pins import Pin
from sigil.search.simple import Simple

SOURCE = "def f(x):\n    return x + 0\n\n\ndef g(x):\n    return x\n"
FILES = {"a.py": SOURCE}
PINS = [Pin("f", None, ("a.py",), "f")]


class Counter:
    """Proposes constants drawn from its stream."""

    def __init__(self, name="count", *, top=1000):
        self.name = name
        self.top = top
        self.told = []
        self.seen = []

    def ask(self, view, count):
        self.seen.append([parent.id for parent in view.parents])
        parent = view.parents[0]
        return [self.to(parent, view.random.randrange(self.top), view.seed) for _ in range(count)]

    def to(self, parent, number, seed):
        head, _, tail = parent.files["a.py"].partition("+ ")
        text = f"{head}+ {number}\n{tail.partition(chr(10))[2]}"
        return Proposal(parent.id, diff(parent.files, {"a.py": text}), self.name, seed=seed)

    def tell(self, proposal, outcome):
        self.told.append((proposal.patch, outcome))


class Fixed:
    """Proposes the patches that it was given, once."""

    name = "fixed"

    def __init__(self, *patches):
        self.left = list(patches)
        self.told = []

    def ask(self, view, count):
        now, self.left = self.left[:count], self.left[count:]
        return [Proposal(BASELINE, patch, self.name) for patch in now]

    def tell(self, proposal, outcome):
        self.told.append(outcome)


def value(idea):
    return abs(700 - float(idea.files["a.py"].split("+ ")[1].split("\n")[0]))


def to(number, comment=""):
    return diff(FILES, {"a.py": SOURCE.replace("+ 0", f"+ {number}{comment}")})


def simple(*proposers, **settings):
    settings = {"seed": 1, "costs": (700.0,)} | settings
    return Simple(PINS, proposers, files=FILES, **settings)


def search(optimizer, rounds, order=None, count=4):
    asked = []
    for _ in range(rounds):
        ideas = optimizer.ask(count)
        asked += ideas
        for idea in order(ideas) if order else ideas:
            optimizer.tell(idea.id, (value(idea),))
    return asked


def test_a_search_gets_better():
    optimizer = simple(Counter())
    search(optimizer, 20)
    assert optimizer.front[0].costs[0] < 50


def test_the_same_seed_asks_the_same():
    runs = [[idea.id for idea in search(simple(Counter()), 6)] for _ in range(2)]
    assert runs[0] == runs[1]


def test_another_seed_asks_otherwise():
    assert search(simple(Counter()), 1)[0].id != search(simple(Counter(), seed=2), 1)[0].id


def test_results_may_arrive_in_any_order():
    def shuffled(ideas):
        return random.Random(len(ideas)).sample(ideas, len(ideas))

    a, b = Counter(), Counter()
    straight, mixed = simple(a), simple(b)
    assert [i.id for i in search(straight, 6)] == [i.id for i in search(mixed, 6, shuffled)]
    assert a.told == b.told
    assert straight.front == mixed.front


def test_a_round_waits_for_the_results_before_it():
    optimizer = simple(Counter())
    optimizer.ask(2)
    assert not optimizer.ready
    with pytest.raises(ValueError, match="not told"):
        optimizer.ask(2)


def test_with_a_lag_the_next_round_does_not_wait():
    def run(early):
        optimizer, asked, last = simple(Counter(), lag=1), [], []
        for _ in range(6):
            ideas = optimizer.ask(3)
            asked += [idea.id for idea in ideas]
            if early:  # fast workers: some of the new results come before the old ones
                optimizer.tell(ideas[1].id, (value(ideas[1]),))
            for idea in last:
                optimizer.tell(idea.id, (value(idea),))
            last = [idea for idea in ideas if not (early and idea is ideas[1])]
        for idea in last:
            optimizer.tell(idea.id, (value(idea),))
        optimizer.settle()
        return asked, optimizer.front

    assert run(early=False) == run(early=True)


def test_feeding_the_same_tells_rebuilds_the_state():
    first = simple(Counter())
    asked = search(first, 5)
    again, journal = simple(Counter()), {idea.id: value(idea) for idea in asked}
    for _ in range(5):
        for idea in again.ask(4):
            again.tell(idea.id, (journal[idea.id],))
    assert [i.id for i in first.ask(4)] == [i.id for i in again.ask(4)]
    assert (first.front, first.stale, first.shares) == (again.front, again.stale, again.shares)


def test_an_idea_carries_the_whole_files_and_the_exact_patch():
    (idea,) = simple(Fixed(to(5).replace("@@ -1,5 +1,5", "@@ -3,5 +3,5"))).ask(1)
    assert idea.files == {"a.py": SOURCE.replace("+ 0", "+ 5")}
    assert idea.proposal.patch == to(5)
    assert len(idea.repairs) == 1


def test_a_duplicate_is_refused_before_it_costs_an_evaluation():
    optimizer = simple(Fixed(to(5), to(5, "  # the same"), to(6)))
    first, second = optimizer.ask(2)
    assert value(first) == 695
    assert value(second) == 694
    (refusal,) = optimizer.take_refusals()
    assert refusal.duplicate_of == first.id
    assert optimizer.take_refusals() == []


def test_what_is_the_baseline_again_is_a_duplicate_of_it():
    optimizer = simple(Fixed(to(0, "  # zero")))
    assert optimizer.ask(1) == []
    assert optimizer.take_refusals()[0].duplicate_of == BASELINE


def test_a_duplicate_is_told_with_the_result_of_the_first():
    proposer = Fixed(to(5), to(5, "  # the same"), to(6))
    optimizer = simple(proposer)
    for idea in optimizer.ask(2):
        optimizer.tell(idea.id, (value(idea),))
    told = [(outcome.costs, outcome.duplicate) for outcome in proposer.told]
    assert told == [((695.0,), False), ((695.0,), True), ((694.0,), False)]


def test_a_patch_outside_the_pins_is_refused_and_recorded():
    proposer = Fixed(diff(FILES, {"a.py": SOURCE.replace("return x\n", "return 9\n")}))
    optimizer = simple(proposer)
    assert optimizer.ask(1) == []
    assert "outside the pins" in optimizer.take_refusals()[0].reason
    assert optimizer.converged


def test_a_patch_that_is_no_diff_is_refused():
    optimizer = simple(Fixed("return 7"))
    optimizer.ask(1)
    assert "expected `--- a/…`" in optimizer.take_refusals()[0].reason


def test_an_empty_patch_is_refused_with_the_failure_that_it_names():
    class Silent(Fixed):
        def ask(self, view, count):
            return [Proposal(BASELINE, "", self.name, data={"failure": "no answer"})]

    optimizer = simple(Silent())
    optimizer.ask(1)
    assert optimizer.take_refusals()[0].reason == "no answer"


def test_a_proposer_that_cannot_propose_leaves_the_round_to_the_others():
    class Broken(Fixed):
        name = "broken"

        def ask(self, view, count):
            raise InvalidValue("no key")

    optimizer = simple(Broken(), Counter())
    assert len(optimizer.ask(4)) == 4
    assert optimizer.take_refusals()[0].reason == "could not propose: no key"


def test_a_proposer_without_ideas_leaves_the_round_to_the_others():
    assert len(simple(Fixed(), Counter()).ask(6)) == 6


def test_no_ideas_at_all_is_convergence():
    optimizer = simple(Fixed())
    assert optimizer.ask(3) == []
    assert optimizer.converged


def test_patience_ends_a_search_without_new_elites():
    optimizer = simple(Counter(), patience=6)
    for _ in range(3):
        assert not optimizer.converged
        for idea in optimizer.ask(2):
            optimizer.tell(idea.id, (1000.0,))
    assert optimizer.stale == 6
    assert optimizer.converged


def test_a_gain_of_rounding_is_no_progress():
    optimizer = simple(Counter())
    first, second, third = optimizer.ask(3)
    assert optimizer.tell(first.id, (1.0,))
    assert optimizer.tell(second.id, (1.0 - 1e-9,))
    assert optimizer.stale == 1
    assert optimizer.tell(third.id, (0.999,))
    assert optimizer.stale == 0
    assert optimizer.best == third.id


def test_an_elite_ends_the_staleness():
    optimizer = simple(Counter())
    first, second = optimizer.ask(2)
    assert not optimizer.tell(first.id, (900.0,))
    assert optimizer.stale == 1
    assert optimizer.tell(second.id, (1.0,))
    assert optimizer.stale == 0
    assert optimizer.best == second.id


def test_a_failure_has_no_costs_and_is_no_elite():
    proposer = Counter()
    optimizer = simple(proposer)
    (idea,) = optimizer.ask(1)
    assert not optimizer.tell(idea.id, (), failure="timeout")
    assert proposer.told[0][1].failure == "timeout"
    assert optimizer.best == BASELINE


def test_what_was_not_asked_for_cannot_be_told():
    optimizer = simple(Counter())
    (idea,) = optimizer.ask(1)
    optimizer.tell(idea.id, (1.0,))
    for name in (idea.id, "nobody"):
        with pytest.raises(ValueError, match="was not asked for, or is told already"):
            optimizer.tell(name, (1.0,))


def test_the_best_comes_first_among_the_parents():
    proposer = Counter()
    optimizer = simple(proposer)
    (idea,) = optimizer.ask(1)
    optimizer.tell(idea.id, (1.0,))
    optimizer.ask(1)
    assert proposer.seen[-1][0] == idea.id


def test_an_elite_that_is_revised_is_the_best_no_more():
    optimizer = simple(Counter())
    (idea,) = optimizer.ask(1)
    optimizer.tell(idea.id, (1.0,), noisy=True)
    optimizer.ask(1)
    (again,) = optimizer.take_remeasurements()
    assert again.files == idea.files
    optimizer.tell_again(again.id, (800.0,))
    optimizer.settle()
    assert optimizer.best == BASELINE


def test_the_files_kept_do_not_grow_with_the_run():
    optimizer = simple(Counter(top=10**9), patience=10**6)
    search(optimizer, 100, count=10)
    assert len(optimizer._sieve) < 300


def test_a_proposer_that_pays_off_gets_more():
    credit = Credit(["good", "bad"])
    for _ in range(40):
        credit.count("good", 0.5)
        credit.count("bad", 0.0)
    shares = credit.shares()
    assert shares["good"] > 0.8
    assert shares["bad"] >= 0.1


def test_every_proposer_has_its_turn_even_in_small_rounds():
    credit = Credit(["good", "bad", "worse"])
    for _ in range(40):
        credit.count("good", 1.0)
        credit.count("bad", 0.0)
        credit.count("worse", 0.0)
    given = [credit.split(1) for _ in range(40)]
    assert all(sum(one.values()) == 1 for one in given)
    assert min(sum(one[name] for one in given) for name in ("good", "bad", "worse")) >= 3


def test_shares_sum_to_one():
    credit = Credit([str(i) for i in range(25)])
    assert sum(credit.shares().values()) == pytest.approx(1)
    assert credit.split(100, without=set(map(str, range(25)))) == {}
