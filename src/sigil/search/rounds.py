"""A search in rounds: ask proposers, weed out duplicates, tell a population.

What all optimizers have in common; they differ in their `Population`. A function of the
`Problem` and of what is told: the same asks and tells rebuild the same state, which is how
a run resumes. Results may arrive in any order; they count in the order of asking, and a
round is asked from rounds that are wholly known, so that neither the number of workers nor
their speed changes a run.

An elite whose place rests on one noisy measurement is measured again before it may stay on
top: the winner of many noisy comparisons is mostly the luckiest. Its second measurement
replaces the first, since only that one was not selected for.

A round that takes very long can be passed over; it counts when it is brought back (`Passing`).

Not here: which proposals are worth an evaluation (`sigil.search.sieve`), how a round is
shared out (`sigil.search.credit`), which rounds the next one waits for (`sigil.search.lineup`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeGuard, cast

from sigil.effects import random_stream
from sigil.errors import SigilError
from sigil.llm.model import Reply
from sigil.search.archive import Entry, Stream
from sigil.search.credit import DUPLICATE, Credit
from sigil.search.inquiry import EXCHANGE, Asked, Inquiry
from sigil.search.lineup import Again, Lineup, Pending, Result, Round, Unanswered
from sigil.search.model import (
    BASELINE,
    Inquirer,
    Outcome,
    Parent,
    Proposal,
    Proposer,
    Question,
    View,
)
from sigil.search.optimizer import Awaited, Idea, Problem, Refusal, Remeasurement
from sigil.search.population import Population
from sigil.search.sieve import Sieve

_PASSES = 6
"""How often a round asks again for what was refused or a duplicate, before it stays short."""

_REFUSALS = 1000
_RELEVANT = 1e-7
"""The share by which a cost has to fall to be progress: rounding alone brings less."""


class Rounds:
    """A search in rounds over a population. Implements `Optimizer` and `Passing`.

    Args:
        problem: what there is to be improved.
        population: new and empty; who is remembered and who is a parent.
        name: what the optimizer is chosen by.
    """

    def __init__(self, problem: Problem, population: Population, *, name: str):
        self.name = name
        self._pins = tuple(problem.pins)
        self._proposers = {proposer.name: proposer for proposer in problem.proposers}
        self._seed = problem.seed
        self._patience = problem.patience
        self._span = problem.span
        self._baseline_costs = tuple(problem.costs)
        self._population = population
        self._sieve = Sieve(problem)
        self._credit = Credit(list(self._proposers))
        self._told: dict[str, tuple[tuple[float, ...], str | None]] = {
            BASELINE: (self._baseline_costs, None)
        }
        if problem.costs:
            features = self._sieve.baseline.features
            population.add(0, BASELINE, problem.costs, ties=problem.ties, behaviour=features)
        self._inquirers = {p.name: p for p in problem.proposers if _asks_a_model(p)}
        self._askable = {
            p.name: cast("Proposer", p) for p in problem.proposers if not _asks_a_model(p)
        }
        self._inquiry: Inquiry[tuple[Round, int]] = Inquiry(self._inquirers)
        self._rounds = Lineup(problem.lag)
        self._waiting: dict[str, Pending] = {}
        self._waiting_again: dict[str, Again] = {}
        self._remeasurements: list[Remeasurement] = []
        self._once: set[str] = set()
        self._asked = 0
        self._stale = 0
        self._barren = False
        self._refusals: deque[Refusal] = deque(maxlen=_REFUSALS)

    # --- what is known ---

    @property
    def stale(self) -> int:
        """Return how many evaluations in a row brought no new elite."""
        self._catch_up()  # what is told already counts, whenever it arrived
        return self._stale

    @property
    def converged(self) -> bool:
        """Return whether patience is over, or the last ask found nothing new to try."""
        return self.stale >= self._patience or self._barren

    @property
    def best(self) -> str | None:
        """Return the id of the best so far, `BASELINE` included; None without any costs."""
        best = self._population.best
        return best.id if best else None

    @property
    def front(self) -> list[Entry]:
        """Return the Pareto front, best first."""
        return self._population.front

    @property
    def shares(self) -> dict[str, float]:
        """Return the share of the next round that each proposer has."""
        return self._credit.shares()

    @property
    def ready(self) -> bool:
        """Return whether `ask` may be called now: all that it depends on has been told."""
        return self._rounds.first_missing(self._asked + 1) is None

    def take_refusals(self) -> list[Refusal]:
        """Return what was refused since the last call, in order, and forget it.

        Of what nobody takes, the latest 1,000 are kept.
        """
        taken = list(self._refusals)
        self._refusals.clear()
        return taken

    def take_remeasurements(self) -> list[Remeasurement]:
        """Return what the latest `ask` wants measured again; each has to be told again."""
        taken, self._remeasurements = self._remeasurements, []
        return taken

    def __getstate__(self) -> dict[str, Any]:
        """Return all that it is, with every result counted that the next round depends on."""
        self._catch_up()
        return self.__dict__

    # --- ask ---

    def ask(self, count: int) -> list[Idea]:
        """Return up to ``count`` ideas that were never asked for before.

        Fewer where the proposers run out of ideas; none makes it `converged`.

        Raises:
            ValueError: results that this round depends on are not told yet (see `ready`).
        """
        if not self.ready:
            raise ValueError("the rounds before have results that were not told")
        self._catch_up()
        self._rounds.drop(self._asked + 1)
        self._asked += 1
        if (self._asked - 1) % self._span == 0:
            self._population.begin(self._turn(self._asked))
        self._prune()
        self._doubt()
        current = Round(self._asked, self._asked)
        self._rounds.append(current)
        open_before = len(self._inquiry)
        found = self._fill(current, count)
        self._barren = count > 0 and not found and len(self._inquiry) == open_before
        return found

    def _fill(self, current: Round, count: int) -> list[Idea]:
        """Ask the proposers until there are ``count`` ideas and questions, or they have none."""
        found: list[Idea] = []
        resting: set[str] = set()
        asked_before = len(self._inquiry)
        for attempt in range(_PASSES):
            missing = count - len(found) - (len(self._inquiry) - asked_before)
            if missing <= 0 or len(resting) == len(self._proposers):
                break
            for name, number in self._credit.split(missing, without=resting).items():
                if not self._propose(current, name, number, attempt, found):
                    resting.add(name)
        return found

    @property
    def asking(self) -> int:
        """Return how many questions have not become an idea or a refusal yet."""
        return len(self._inquiry)

    def take_questions(self) -> list[Asked]:
        """Return what models are to be asked since the last call; see `Optimizer`."""
        return self._inquiry.take()

    def answer(self, number: int, reply: Reply | None, failure: str | None = None) -> list[Idea]:
        """Learn what a model said; see `Optimizer.answer`."""
        return self._judged(self._inquiry.answer(number, reply, failure))

    def _judged(self, answered: Iterable[tuple[tuple[Round, int], Proposal]]) -> list[Idea]:
        """Give proposals the places that were kept for them; return the ideas among them."""
        found: list[Idea] = []
        for (current, index), proposal in answered:
            current.items[index] = self._judge(proposal, current, found)
        self._catch_up()
        return found

    def held_up(self) -> tuple[int, Awaited] | None:
        """Return the round that `ask` waits for, and for what; see `Passing`."""
        one = self._rounds.first_missing(self._asked + 1)
        if one is None or one.doubts:
            return None
        return one.number, "answer" if isinstance(one.missing, Unanswered) else "evaluation"

    def pass_over(self, number: int, awaited: Awaited) -> list[Idea]:
        """Let nobody wait for a round; see `Passing`."""
        self._rounds.take_out(number)
        return self._judged(self._inquiry.set_aside(number) if awaited == "answer" else ())

    def arrived(self) -> list[int]:
        """Return the rounds whose wait is over; see `Passing`."""
        answered, out = self._inquiry.aside, self._rounds.out
        return [one.number for one in out if answered.get(one.number, one.missing is None)]

    def bring_back(self, number: int) -> list[Idea]:
        """Have a round count behind those asked for so far; see `Passing`."""
        self._rounds.put_back(number, self._asked)
        return self._judged(self._inquiry.take_back(number))

    def foreseen(self) -> list[Idea]:
        """Return what waiting answers will most likely be; see `Optimizer.foreseen`."""
        likely = (
            self._sieve.foresee(proposal, current.number)
            for (current, _), proposal in self._inquiry.waiting()
        )
        return [idea for idea in likely if idea is not None]

    def _doubt(self) -> None:
        """Have the elites on top measured again that were measured but once."""
        current = Round(self._asked, self._asked, doubts=True)
        for name in self._population.tops(self._turn(current.number)):
            if name in self._once:
                self._once.discard(name)
                item = Again(name)
                current.items.append(item)
                self._waiting_again[name] = item
                self._remeasurements.append(Remeasurement(name, self._sieve.files(name)))
        if current.items:
            self._rounds.append(current)

    def _propose(
        self, current: Round, name: str, number: int, attempt: int, found: list[Idea]
    ) -> bool:
        """Ask one proposer; return whether it had anything to say."""
        if number == 0:
            return True
        seed = random_stream(self._seed, current.number, name, attempt).getrandbits(32)
        stream = random_stream(seed)
        parents = self._choose_parents(self._turn(current.number), stream)
        view = View(self._pins, parents, stream, seed)
        try:
            if name in self._inquirers:
                return self._inquire(current, self._inquirers[name].questions(view, number))
            proposals = self._askable[name].ask(view, number)
        except Exception as error:  # noqa: BLE001 - whose proposer it may be, a run goes on
            refused = Proposal(BASELINE, "", name, seed=seed)
            kind = "" if isinstance(error, SigilError) else f"{type(error).__name__}: "
            self._refusals.append(Refusal(refused, f"could not propose: {kind}{error}"))
            return False
        for proposal in proposals[:number]:
            current.items.append(self._judge(proposal, current, found))
        if not proposals:
            self._credit.count(name, 0.0, weight=DUPLICATE * number)
        return bool(proposals)

    def _inquire(self, current: Round, questions: Sequence[Question]) -> bool:
        """Note questions with a place for what becomes of each; return whether there are any."""
        for question in questions:
            self._inquiry.ask(question, (current, len(current.items)), current.number)
            current.items.append(Unanswered())
        return bool(questions)

    def _turn(self, number: int) -> int:
        """Return the turn of the population that a round belongs to, from 1."""
        return 1 + (number - 1) // self._span

    def _choose_parents(self, turn: int, stream: Stream) -> list[Parent]:
        chosen = self._population.parents(turn, stream)
        costs = self._population.kept if chosen else {}
        parents = [Parent(name, self._sieve.files(name), costs[name]) for name in chosen]
        return parents or [Parent(BASELINE, self._sieve.files(BASELINE), self._baseline_costs)]

    def _judge(self, proposal: Proposal, current: Round, found: list[Idea]) -> Pending:
        """Check a proposal; what is refused has its result at once."""
        judged = self._sieve.consider(proposal, current.number)
        if isinstance(judged, Refusal):
            self._refusals.append(replace(judged, round=current.number))
            result = Result(failure=judged.reason)
            return Pending(proposal, None, duplicate_of=judged.duplicate_of, result=result)
        idea, identity = judged
        item = Pending(idea.proposal, idea.id, identity.features)
        self._waiting[idea.id] = item
        found.append(idea)
        return item

    # --- tell ---

    def tell(
        self,
        name: str,
        costs: Sequence[float] = (),
        ties: Sequence[float] = (),
        failure: str | None = None,
        *,
        noisy: bool = False,
    ) -> bool:
        """Learn what became of an idea, in any order; see `Optimizer.tell`."""
        item = self._waiting.pop(name, None)
        if item is None:
            raise ValueError(f"{name} was not asked for, or is told already")
        why = None if costs else failure or "not measured"
        item.result = Result(tuple(costs), tuple(ties), why, noisy)
        self._catch_up()
        return item.elite

    def tell_again(
        self, name: str, costs: Sequence[float] = (), ties: Sequence[float] = ()
    ) -> None:
        """Learn what a second measurement found; see `Optimizer.tell_again`."""
        item = self._waiting_again.pop(name, None)
        if item is None:
            raise ValueError(f"{name} was not to be measured again, or is told already")
        item.result = Result(tuple(costs), tuple(ties))
        self._catch_up()

    def settle(self) -> None:
        """Count every result told so far whose predecessors are told, at the end of a run."""
        for one in self._rounds:
            if not self._apply(one):
                return

    def _catch_up(self) -> None:
        for one in self._rounds.due(self._asked + 1):
            if not self._apply(one):
                return

    def _apply(self, one: Round) -> bool:
        """Count results in order of asking, up to the first that is missing."""
        while one.applied < len(one.items):
            item = one.items[one.applied]
            if isinstance(item, Unanswered) or item.result is None:
                return False
            one.applied += 1
            if isinstance(item, Again):
                result = item.result
                self._population.revise(item.candidate, result.costs, ties=result.ties)
            else:
                self._count(one.number, item, item.result)
        return True

    def _count(self, turn: int, item: Pending, result: Result) -> None:
        proposer = item.proposal.proposer
        if item.candidate is None:
            # A duplicate of something measured is an answer too, though not an achievement.
            costs, failure = self._told.get(item.duplicate_of or "", ((), result.failure))
            self._credit.count(proposer, 0.0, weight=DUPLICATE)
            self._stale += EXCHANGE in item.proposal.data  # what was paid for is no progress
        else:
            costs, failure = result.costs, result.failure
            self._credit.count(proposer, self._enter(turn, item, item.candidate, result))
        if proposer in self._proposers:
            duplicate = item.duplicate_of is not None
            outcome = Outcome(costs, failure, item.elite, duplicate)
            self._proposers[proposer].tell(item.proposal, outcome)

    def _enter(self, turn: int, item: Pending, name: str, result: Result) -> float:
        """Tell the population; return what the proposer earned."""
        self._told[name] = (result.costs, result.failure)
        self._stale += 1
        if not result.costs:
            return 0.0
        before = self._population.best
        placed = self._population.add(
            self._turn(turn),
            name,
            result.costs,
            ties=result.ties,
            behaviour=item.features,
            parent=item.proposal.parent,
        )
        item.elite = placed.elite
        if placed.progress and not _is_slight(before, result.costs):
            self._stale = 0
        if result.noisy:
            self._once.add(name)
        return placed.gain

    def _prune(self) -> None:
        """Forget what was remembered of candidates that can be no parents any more."""
        kept = self._population.kept
        self._once.intersection_update(kept)
        keep = {BASELINE, *self._waiting, *kept, *self._inquiry.parents}
        items = (item for one in self._rounds.everybody() for item in one.items)
        keep |= {i.candidate for i in items if not isinstance(i, Unanswered) and i.candidate}
        self._sieve.forget_all_but(keep)


def _is_slight(before: Entry | None, costs: Sequence[float]) -> bool:
    """Return whether a single cost fell so little that patience goes on all the same."""
    if before is None or len(costs) != 1:
        return False
    return 0 < before.costs[0] - costs[0] < _RELEVANT * abs(before.costs[0])


def _asks_a_model(proposer: Proposer | Inquirer) -> TypeGuard[Inquirer]:
    return hasattr(proposer, "questions")
