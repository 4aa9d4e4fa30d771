"""What every `Optimizer` has to hold, as checks to run over an implementation.

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_mine_conforms(check):
        check(Mine)

A check is called with a factory that makes a new optimizer of a `Problem`; it raises
`AssertionError` with a sentence. The problem is one number in one function, and the
proposers are the `Drawing` of this module, so that nothing is run.
"""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from dataclasses import replace

from sigil.llm.model import Message, Reply, Request
from sigil.search.model import BASELINE, Outcome, Proposal, Question, View
from sigil.search.optimizer import Idea, Optimizer, Passing, Problem
from sigil.search.patch import diff
from sigil.search.pins import Pin

Factory = Callable[[Problem], Optimizer]
Check = Callable[[Factory], None]

FILES = {"a.py": "def f(x):\n    return x + 0\n"}
PINS = (Pin("f", "python", ("a.py",), "f"),)
WANTED = 700
_COUNT, _ROUNDS = 4, 12
_LAG, _LATE = 4, 2
"""Rounds under way, and the one among them that is passed over."""


class Drawing:
    """Proposes numbers near those of its parents, or anywhere. Implements `Proposer`.

    Args:
        name: of the proposer.
        top: numbers stay below.
        most: how many it proposes in all.
    """

    def __init__(self, name: str = "drawing", *, top: int = 1000, most: int = 10**9):
        self.name = name
        self.told: list[Outcome] = []
        self._top = top
        self._left = most

    def ask(self, view: View, count: int) -> list[Proposal]:
        """Return as many changes of the number as asked for, while they last."""
        count = min(count, self._left)
        self._left -= count
        return [self._propose(view) for _ in range(count)]

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Remember what was told."""
        del proposal
        self.told.append(outcome)

    def _propose(self, view: View) -> Proposal:
        parent = view.parents[view.random.randrange(len(view.parents))]
        near = view.random.random() < 0.5  # noqa: PLR2004 - as often as not
        step = view.random.randrange(-9, 10)
        number = value_of(parent.files["a.py"]) + step if near else view.random.randrange(self._top)
        after = {"a.py": f"def f(x):\n    return x + {abs(number)}\n"}
        return Proposal(parent.id, diff(parent.files, after), self.name, seed=view.seed)


class Inquiring:
    """Proposes the number that is answered. Implements `Inquirer`."""

    name = "inquiring"

    def questions(self, view: View, count: int) -> list[Question]:
        """Return questions that show the best parent."""
        return [self._question(view) for _ in range(count)]

    def answered(
        self, question: Question, reply: Reply | None, failure: str | None = None
    ) -> Proposal | Question:
        """Return the change of the parent's number to the one that was said."""
        del failure
        number, parent = reply.text if reply else "", question.parent
        after = {"a.py": f"def f(x):\n    return x + {number}\n"}
        return Proposal(parent.id, diff(parent.files, after), self.name, seed=question.seed)

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        """Learn nothing."""

    def _question(self, view: View) -> Question:
        text = view.parents[0].files["a.py"]
        request = Request((Message("user", text),), seed=view.random.getrandbits(31))
        return Question(request, view.parents[0], self.name, view.seed)


def value_of(text: str) -> int:
    """Return the number in the text of `FILES`."""
    return int(text.rpartition("+ ")[2])


def cost_of(idea: Idea) -> float:
    """Return how far an idea is from the number that is wanted."""
    return float(abs(WANTED - value_of(idea.files["a.py"])))


def problem(*proposers: Drawing, seed: int = 1, lag: int = 0, patience: int = 10**6) -> Problem:
    """Return the problem of this module."""
    chosen = proposers or (Drawing(),)
    return Problem(PINS, chosen, FILES, seed, (float(WANTED),), patience=patience, lag=lag)


def search(
    optimizer: Optimizer, rounds: int, *, order: random.Random | None = None, noisy: bool = False
) -> list[str]:
    """Ask and tell for some rounds, and return the ids in order of asking.

    Args:
        optimizer: of `problem`.
        rounds: how many.
        order: shuffles the order of telling.
        noisy: whether a first measurement is 100 too low, and a second one right.
    """
    asked: list[str] = []
    costs: dict[str, float] = {}
    for _ in range(rounds):
        ideas = optimizer.ask(_COUNT)
        again = optimizer.take_remeasurements()
        asked += [idea.id for idea in ideas]
        costs |= {idea.id: cost_of(idea) for idea in ideas}
        told = list(ideas)
        if order is not None:
            order.shuffle(told)
        for one in again:
            optimizer.tell_again(one.id, (costs[one.id],))
        for idea in told:
            cost = cost_of(idea)
            optimizer.tell(idea.id, (max(cost - 100, 0.0) if noisy else cost,), noisy=noisy)
    optimizer.settle()
    return asked


def the_same_calls_give_the_same_ideas(make: Factory) -> None:
    """Two that are asked and told alike ask alike, whatever chance there is elsewhere."""
    first = search(make(problem()), _ROUNDS)
    random.seed(len(first) + 1)  # must not matter
    _hold(first == search(make(problem()), _ROUNDS), "the same calls gave other ideas")


def another_seed_gives_other_ideas(make: Factory) -> None:
    """The seed is what a search is a function of."""
    one, other = search(make(problem()), 2), search(make(problem(seed=2)), 2)
    _hold(one != other, "two seeds gave the same ideas")


def results_may_come_in_any_order(make: Factory) -> None:
    """Neither the number of workers nor their speed changes what is tried."""
    straight = search(make(problem()), _ROUNDS)
    for seed in range(3):
        mixed = search(make(problem()), _ROUNDS, order=random.Random(seed))  # noqa: S311 - a test's
        _hold(straight == mixed, "the order of results changed the ideas")


def with_a_lag_results_may_come_a_round_late(make: Factory) -> None:
    """Under a lag of 1 a round is asked for before the results of the one before are there."""
    transcripts: list[list[str]] = []
    for early in (False, True):
        optimizer, late, asked = make(problem(lag=1)), list[Idea](), list[str]()
        for _ in range(_ROUNDS):
            ideas = optimizer.ask(_COUNT)
            asked += [idea.id for idea in ideas]
            at_once, later = (ideas[1:2], [*ideas[:1], *ideas[2:]]) if early else ([], ideas)
            for idea in (*at_once, *late):
                optimizer.tell(idea.id, (cost_of(idea),))
            late = later
        transcripts.append(asked)
    _hold(transcripts[0] == transcripts[1], "fast workers changed the ideas")


def nothing_is_asked_for_twice(make: Factory) -> None:
    """No program costs two evaluations, however it is reached; what is refused says why."""
    optimizer = make(problem(Drawing(top=30)))
    seen: set[str] = set()
    refused = 0
    for _ in range(_ROUNDS):
        for idea in optimizer.ask(_COUNT):
            text = idea.files["a.py"]
            _hold(text not in seen and text != FILES["a.py"], "a program was asked for twice")
            seen.add(text)
            optimizer.tell(idea.id, (cost_of(idea),))
        refusals = optimizer.take_refusals()
        refused += len(refusals)
        _hold(all(refusal.reason for refusal in refusals), "a refusal without a reason")
    _hold(refused > 0, "of 30 numbers none was proposed twice")
    _hold(optimizer.take_refusals() == [], "a refusal was given twice")


def the_best_is_the_best_told(make: Factory) -> None:
    """What is reported is the least cost there was, the baseline's included."""
    optimizer = make(problem())
    _hold(optimizer.best == BASELINE, "the baseline is the best of nothing")
    costs: dict[str, float] = {BASELINE: float(WANTED)}
    for _ in range(_ROUNDS):
        for idea in optimizer.ask(_COUNT):
            costs[idea.id] = cost_of(idea)
            optimizer.tell(idea.id, (costs[idea.id],))
    best = optimizer.best
    _hold(best is not None and costs[best] == min(costs.values()), "another was better")
    _hold(optimizer.front[0].id == best, "the front does not begin with the best")


def a_lucky_elite_is_measured_again(make: Factory) -> None:
    """Whoever is best by one noisy measurement is measured again, and once is enough."""
    optimizer = make(problem())
    ideas = optimizer.ask(_COUNT)
    lucky = ideas[0]
    for idea in ideas:
        optimizer.tell(idea.id, (1.0 if idea is lucky else 800.0,), noisy=True)
    again: list[str] = []
    for _ in range(_ROUNDS):
        ideas = optimizer.ask(_COUNT)
        for one in optimizer.take_remeasurements():
            again.append(one.id)
            _hold(one.files == lucky.files, "another text is measured again")
            optimizer.tell_again(one.id, (900.0,))
        for idea in ideas:
            optimizer.tell(idea.id, (800.0,), noisy=True)
    _hold(again == [lucky.id], f"{len(again)} measurements were repeated, not that of the lucky")
    _hold(optimizer.best != lucky.id, "it is still the best after a second, bad measurement")


def what_is_exact_is_never_measured_again(make: Factory) -> None:
    """A measurement that cannot come out otherwise is not repeated."""
    optimizer = make(problem())
    for _ in range(_ROUNDS):
        ideas = optimizer.ask(_COUNT)
        _hold(optimizer.take_remeasurements() == [], "an exact result was to be measured again")
        for idea in ideas:
            optimizer.tell(idea.id, (cost_of(idea),))


def noise_does_not_change_the_order_of_things(make: Factory) -> None:
    """Second measurements are part of what a search is a function of, as first ones are."""
    one = search(make(problem()), _ROUNDS, noisy=True)
    order = random.Random(5)  # noqa: S311 - a test's
    _hold(one == search(make(problem()), _ROUNDS, noisy=True, order=order), "other ideas")


def failures_are_told_and_are_no_elites(make: Factory) -> None:
    """What failed has no costs, is not the best, and its proposer hears of it."""
    drawing = Drawing()
    optimizer = make(problem(drawing))
    for idea in optimizer.ask(_COUNT):
        _hold(not optimizer.tell(idea.id, (), failure="it crashed"), "a failure is an elite")
    optimizer.settle()
    _hold(optimizer.best == BASELINE, "a failure is the best")
    failures = [outcome.failure for outcome in drawing.told]
    _hold("it crashed" in failures, "its proposer was not told")


def no_ideas_are_the_end(make: Factory) -> None:
    """A search whose proposers have nothing more to say is converged."""
    optimizer = make(problem(Drawing(most=3)))
    for _ in range(_ROUNDS):
        for idea in optimizer.ask(_COUNT):
            optimizer.tell(idea.id, (cost_of(idea),))
    _hold(optimizer.converged, "it goes on for ever")


def patience_is_the_end(make: Factory) -> None:
    """A search that finds nothing better converges after so many evaluations."""
    optimizer = make(problem(patience=8))
    for _ in range(2):
        for idea in optimizer.ask(_COUNT):
            optimizer.tell(idea.id, (5000.0,))
    _hold(optimizer.stale == 2 * _COUNT, f"{optimizer.stale} evaluations were in vain, not 8")
    _hold(optimizer.converged, "its patience has no end")


def what_was_not_asked_for_cannot_be_told(make: Factory) -> None:
    """A stranger, and a second telling, are mistakes of the caller."""
    optimizer = make(problem())
    (idea,) = optimizer.ask(1)
    optimizer.tell(idea.id, (1.0,))
    for tell in (
        lambda: optimizer.tell(idea.id, (1.0,)),
        lambda: optimizer.tell("nobody", (1.0,)),
        lambda: optimizer.tell_again(idea.id, (1.0,)),
    ):
        try:
            tell()
        except ValueError:
            continue
        raise AssertionError("it was told what it had not asked for")


def a_baseline_that_fails_can_be_repaired(make: Factory) -> None:
    """Without costs of the baseline there is no best until something works."""
    optimizer = make(replace(problem(), costs=()))
    _hold(optimizer.best is None, "something is the best of nothing")
    ideas = optimizer.ask(_COUNT)
    for idea in ideas:
        optimizer.tell(idea.id, (1.0,) if idea is ideas[1] else (), failure="wrong")
    optimizer.settle()
    _hold(optimizer.best == ideas[1].id, "what works is not the best")
    optimizer.ask(_COUNT)


def a_copy_goes_on_alike(make: Factory) -> None:
    """If its state can be put down between rounds, what is taken up goes on as it would."""
    for rounds in (1, 5):
        optimizer = make(problem())
        search(optimizer, rounds)
        try:
            state = pickle.dumps(optimizer)
        except Exception:  # noqa: BLE001 - it has no such form, and is resumed by its journal
            return
        copy = pickle.loads(state)  # noqa: S301 - our own, from above
        _hold(search(optimizer, 4) == search(copy, 4), "a copy went another way")


def a_round_that_is_passed_over_holds_up_nobody(make: Factory) -> None:
    """Later rounds go on without it, and what it finds counts once it is brought back."""
    optimizer = make(_problem_with_questions())
    if not isinstance(optimizer, Passing):
        return  # then everybody waits for everybody
    _, best = _search_with_a_late_answer(optimizer, early=False)
    _hold(optimizer.best == best, "what came late does not count")


def when_a_round_is_passed_over_does_not_matter(make: Factory) -> None:
    """Whether it is known at once or found out later, the same is asked."""
    optimizers = [make(_problem_with_questions()) for _ in range(2)]
    found = [
        _search_with_a_late_answer(one, early=number == 0)
        for number, one in enumerate(optimizers)
        if isinstance(one, Passing)
    ]
    _hold(found[:1] == found[1:], "a round that was passed over sooner changed the questions")


def _problem_with_questions() -> Problem:
    return replace(problem(), proposers=(Inquiring(),), lag=_LAG)


def _search_with_a_late_answer(optimizer: Optimizer, *, early: bool) -> tuple[list[Request], str]:
    """Return what is asked where the second question is answered very late, with the best answer.

    Args:
        optimizer: of `_problem_with_questions`; it is also a `Passing`.
        early: whether that round is passed over at once.

    Returns:
        The requests in order of asking, and the id of the late idea.
    """
    assert isinstance(optimizer, Passing)
    late: list[int] = []
    asked: list[Request] = []
    told: list[str] = []
    best = ""

    def take(ideas: list[Idea]) -> None:
        for idea in ideas:
            told.append(idea.id)
            optimizer.tell(idea.id, (cost_of(idea),))

    for number in range(1, 4 * _LAG):
        if not optimizer.ready:
            _hold(not early, "a round that was passed over is waited for")
            _hold(optimizer.held_up() == (_LATE, "answer"), "another round is waited for")
            take(optimizer.pass_over(_LATE, "answer"))
        if number == 3 * _LAG:
            take(optimizer.answer(late.pop(), Reply(str(WANTED), "m")))
            _hold(optimizer.arrived() == [_LATE], "what has arrived is not known")
            take(optimizer.bring_back(_LATE))
            best = told[-1]
        take(optimizer.ask(1))
        for question in optimizer.take_questions():
            asked.append(question.question.request)
            _hold(question.round == number, "a question of another round")
            if number == _LATE:
                late.append(question.number)
                take(optimizer.pass_over(_LATE, "answer") if early else [])
            else:
                text = str(asked[-1].seed % WANTED)
                take(optimizer.answer(question.number, Reply(text, "m")))
    optimizer.settle()
    return asked, best


CHECKS: tuple[Check, ...] = (
    the_same_calls_give_the_same_ideas,
    another_seed_gives_other_ideas,
    results_may_come_in_any_order,
    with_a_lag_results_may_come_a_round_late,
    nothing_is_asked_for_twice,
    the_best_is_the_best_told,
    a_lucky_elite_is_measured_again,
    what_is_exact_is_never_measured_again,
    noise_does_not_change_the_order_of_things,
    failures_are_told_and_are_no_elites,
    no_ideas_are_the_end,
    patience_is_the_end,
    what_was_not_asked_for_cannot_be_told,
    a_baseline_that_fails_can_be_repaired,
    a_copy_goes_on_alike,
    a_round_that_is_passed_over_holds_up_nobody,
    when_a_round_is_passed_over_does_not_matter,
)


def _hold(condition: bool, sentence: str) -> None:
    if not condition:
        raise AssertionError(sentence)
