"""The loop of a search: ask, evaluate, tell, until something ends it.

Where models propose, questions to them and evaluations are under way at the same time. A
round is asked while earlier ones are measured, from those before them: what is tried depends
on neither the number of lanes nor their speed, nor that of a model, unless one takes so long
that it is passed over (`sigil.optimize.overtaking`). An answer that has to wait for another one
is measured meanwhile, and what was found counts when it does.

Not here: beginning and ending a run (`sigil.optimize.run`), measuring the best anew
(`sigil.optimize.last_word`), what is proposed (`sigil.search`), how it is measured
(`sigil.evaluate`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from math import ceil

from sigil.effects import Clock
from sigil.errors import BudgetSpent, ProviderFailed, ProviderRefused, ReplayDiffers
from sigil.evaluate.result import Evaluation
from sigil.llm.asking import Asking
from sigil.llm.model import Reply
from sigil.optimize.confirming import FAILED_AT_MOST, is_worn_out
from sigil.optimize.ending import Standing, is_goal_reached, why_enough, why_late
from sigil.optimize.history import Candidate, candidate_of, proposed_frame, round_frame
from sigil.optimize.last_word import LastWord
from sigil.optimize.overtaking import Overtaking
from sigil.optimize.proposing import make_proposers
from sigil.optimize.report import CONFIRM, SEARCH, Progress, Report
from sigil.optimize.session import Session
from sigil.optimize.shelf import Shelf, is_due, user_cache
from sigil.optimize.underway import Kind, Underway
from sigil.search.inquiry import Asked
from sigil.search.optimizer import Idea, Optimizer, Problem, Refusal
from sigil.search.optimizers import make_optimizer

LOOKING_ON = 256
"""Candidates that are looked at after a goal is reached, if there are tie breakers and no model."""
GOAL = "the goal is reached"
WORN_OUT = f"{FAILED_AT_MOST} candidates fail on held-out inputs"
_SAME = "the same program as before"
_TICK_S = 0.2
_NEVER = 10**9


class Search:
    """The loop of one session, over the state that the journal can rebuild.

    Args:
        session: open for writing, its baseline measured.
        report: whoever shows it.
        clock: what time it is.
        began: when the session did, in its nanoseconds.
        asking: asks the models of the plan; None if it has none.
    """

    def __init__(
        self,
        session: Session,
        report: Report,
        clock: Clock,
        began: int,
        asking: Asking | None,
    ):
        self.stop = threading.Event()
        self.refused: ProviderRefused | None = None
        self._asking = asking
        # A model's answers come one by one; `num` of them are under way.
        self._lag = session.plan.num - 1 if asking else 1
        self._session = session
        self._history = session.history
        self._report = report
        self._clock = clock
        self._began = began
        self._searching_since = clock.monotonic_ns()
        self._evaluated = self._evaluated_before = session.history.measured()
        self._rounds = self._asked = self._inquired = self._put_down_at = 0
        self._unanswered = False
        deadline_ns = began + session.plan.limits.wall_clock_s * 1e9
        self._last_word = LastWord(session, self._measure_anew, self.stop, clock, deadline_ns)
        self._reached: list[str] = []
        for name, candidate in self._history.candidates.items():
            if candidate.evaluation is not None:
                self._note_goal(name, candidate.evaluation)
        self._taken = self._history.best_accepted()  # in an earlier session
        self._under_way = Underway(session.lanes, asking)
        self._exists = session.bench.exists
        self._shelf = Shelf(
            user_cache(),
            str(session.run.resolve()),
            self._exists,
            apart_from=session.plan.spec.root,
        )
        self._objectives = session.plan.definition.objective.minimised
        self._optimizer = self._take_up() or self._new_optimizer()
        self._overtaking = Overtaking(
            self._optimizer,
            session,
            asking,
            self._under_way,
            take=self._take_ideas,
            clock=clock,
        )

    def _new_optimizer(self) -> Optimizer:
        session, plan, baseline = self._session, self._session.plan, self._history.baseline
        assert baseline is not None  # measured before the search begins
        proposers = make_proposers(plan, session.baseline_files, self._history)
        problem = Problem(
            session.bench.pins,
            proposers,
            files=session.baseline_files,
            costs=baseline.costs,
            ties=baseline.ties,
            seed=plan.seed,
            patience=_NEVER,  # the run itself counts: a resumed one may have more of it
            lag=self._lag,
            exists=self._exists,
            span=plan.num if self._asking else 1,
        )
        return make_optimizer(plan.optimizer, problem, plan.params)

    def _take_up(self) -> Optimizer | None:
        """Return the search as it was put down last, told what was measured since."""
        wanted = self._history.rounds and not self._asking
        kept = self._shelf.take_up(self._history) if wanted else None
        if kept is None:
            return None
        self._rounds, self._asked = kept.rounds, kept.asked
        self._put_down_at = kept.asked
        self._optimizer = kept.optimizer
        for name in kept.waiting:
            self._measure(name, "evaluated")
        for name in kept.waiting_again:
            self._measure(name, "remeasured")
        return kept.optimizer

    def elapsed_s(self) -> float:
        """Return the seconds since this session began, its baseline included."""
        return (self._clock.monotonic_ns() - self._began) / 1e9

    def to_the_end(self) -> str:
        """Search and confirm until there is nothing left to do; return why, as a clause."""
        while True:
            reason = self._search()
            confirmed = self._last_word.speak()
            if reason != GOAL or not confirmed or not self._goes_on():
                self._optimizer.settle()
                return WORN_OUT if reason == GOAL and self._is_worn_out() else reason

    def _search(self) -> str:
        """Ask, evaluate and tell until something ends it; return what, as a clause."""
        while (reason := self._out_of_time() or self._out_of_answers()) is None:
            if not self._optimizer.ready or self._is_busy():
                self._wait()
                continue
            reason = self._enough()
            if reason is not None:
                break
            self._overtaking.bring_back(self._rounds)
            self._next_round()
        late = self._drain()
        return reason if reason == GOAL else late or reason

    def _wait(self) -> None:
        """Take what arrives, and go on without what takes very long if more is to be asked for."""
        if not self._under_way:
            if self._overtaking.bring_back(self._rounds):
                return
            self._send(self._overtaking.release())
        self._collect(SEARCH)
        waits = self._asking and not (self._optimizer.ready or self._is_busy())
        if waits and self._enough() is None:
            self._overtaking.pass_over(self._rounds)

    def _measure_anew(self, name: str, files: Mapping[str, str]) -> None:
        self._submit(name, files, "confirmed")
        while self._under_way.evaluations and not self.stop.is_set():
            self._collect(CONFIRM)

    # --- one round ----------------------------------------------------------------------

    def _next_round(self) -> None:
        """Ask for a round; a recorded one has to come out as it was, and its results count."""
        if not self._asking and is_due(self._asked, self._put_down_at):
            self._renew()
        rounds, number = self._history.rounds, self._rounds
        recorded = rounds[number] if number < len(rounds) else None
        count = recorded.count if recorded else self._round_size()
        found = self._optimizer.ask(count)
        again = self._optimizer.take_remeasurements()
        refusals = self._optimizer.take_refusals()
        questions = self._optimizer.take_questions() if self._asking else []
        self._inquired += len(questions)
        ids, ids_again = tuple(one.id for one in found), tuple(one.id for one in again)
        if recorded is None:
            proposed = map(candidate_of, found)
            refused = ((r.proposal.proposer, r.reason) for r in refusals if not r.duplicate_of)
            self._session.record(
                "asked",
                round_frame(
                    count,
                    proposed,
                    refused=refused,
                    again=ids_again,
                    bar=self._bar(),
                    questions=len(questions),
                ),
            )
        elif (ids, ids_again, len(questions)) != (
            recorded.ids[: len(ids)] if questions else recorded.ids,
            recorded.again,
            recorded.questions,
        ):
            raise self._differs(number)
        self._rounds += 1
        for one in again:
            self._measure(one.id, "remeasured", one.files)
        self._evaluate(found)
        self._send(questions)
        try:
            self._overtaking.follow(self._rounds)
        except ValueError as error:
            raise self._differs(number) from error

    def _evaluate(self, ideas: Iterable[Idea]) -> None:
        for one in ideas:
            self._asked += 1
            self._measure(one.id, "evaluated", one.files)

    def _differs(self, number: int) -> ReplayDiffers:
        return ReplayDiffers(
            f"round {number} of {self._session.run.name} does not come out as recorded",
            remedy="this version searches differently; begin a new run without --resume",
        )

    # --- models -------------------------------------------------------------------------

    def _send(self, questions: Iterable[Asked]) -> None:
        for asked in questions:
            if not self._overtaking.holds(asked):
                self._under_way.ask(asked)

    def _take_answer(self, number: int, future: Future[Reply]) -> None:
        """Tell the optimizer what a model said, and have measured what came of it."""
        try:
            ideas = self._optimizer.answer(number, future.result())
        except BudgetSpent:
            return  # the question stays open: a resumed run may have a larger budget
        except ProviderRefused as error:
            self.refused = error
            return
        except ProviderFailed as error:
            self._warn_once(str(error))
            ideas = self._optimizer.answer(number, None, str(error))
        self._take_ideas(ideas)
        if self._out_of_time() is None:
            self._send(self._optimizer.take_questions())

    def _take_ideas(self, ideas: Iterable[Idea]) -> None:
        """Record what came of answers, and have it measured."""
        for idea in ideas:
            self._record_answer(idea)
        for refusal in self._optimizer.take_refusals():
            self._record_refusal(refusal)
        self._evaluate(ideas)

    def _warn_once(self, problem: str | None) -> None:
        """Say so when a model fails for the first time: the run may go on for long."""
        if problem is not None and not self._unanswered:
            self._unanswered = True
            self._report.warning(f"a model did not answer: {problem}")

    def _record_answer(self, idea: Idea) -> None:
        """Record what came of a question, unless the journal has it; then it has to be that."""
        number = idea.round - 1
        recorded = self._history.rounds[number]
        if idea.id in recorded.ids:
            return
        if recorded.told:
            raise self._differs(number)
        self._session.record("proposed", proposed_frame(number, [candidate_of(idea)]))

    def _record_refusal(self, refusal: Refusal) -> None:
        """Record why nothing came of a question, unless the journal has it."""
        number = refusal.round - 1
        if not self._history.rounds[number].told:
            reason = refusal.reason if refusal.duplicate_of is None else _SAME
            why = (refusal.proposal.proposer, reason)
            self._session.record("proposed", proposed_frame(number, [], [why]))

    def _out_of_answers(self) -> str | None:
        """Return why no model answers any more, as a clause."""
        if self._asking is None:
            return None
        return "the model refuses" if self.refused else self._asking.stopped

    def _is_busy(self) -> bool:
        """Return whether the next round has to wait, for lanes or for what is under way."""
        plan = self._session.plan
        if self._rounds < len(self._history.rounds):
            return False
        asking = self._optimizer.asking if self._asking else 0
        if asking and self._asked + asking >= (plan.limits.evals or _NEVER):
            return True  # what models are asked already may be all that is wanted
        return self._under_way.evaluations >= plan.num

    def _bar(self) -> tuple[float, ...]:
        """Return the best cost that the round just asked for knew of, if it beats the baseline."""
        best = next(iter(self._optimizer.front), None)
        known = best is not None and best.id in self._history.candidates
        return tuple(best.costs) if best and known and len(best.costs) == 1 else ()

    def _renew(self) -> None:
        """Go on from the search's own state, and keep it for whoever resumes this run."""
        self._put_down_at = self._asked
        state = self._shelf.state_of(self._optimizer)
        if state is None:
            return
        del self._optimizer  # two at once would be the most memory that a run ever takes
        self._optimizer = self._shelf.search_of(state)
        if self._rounds < len(self._history.rounds):
            return  # told of results that came later; the journal holds all of this
        facts = {
            "rounds": self._rounds,
            "asked": self._asked,
            "waiting": self._under_way.waiting("evaluated"),
            "waiting_again": self._under_way.waiting("remeasured"),
        }
        self._shelf.put_down(state, self._history, facts)

    def _round_size(self) -> int:
        plan = self._session.plan
        size = 1 if self._asking else plan.num
        return size if plan.limits.evals is None else min(size, plan.limits.evals - self._asked)

    def _measure(self, name: str, kind: Kind, files: Mapping[str, str] | None = None) -> None:
        """Have a candidate measured, unless the journal holds what was found."""
        candidate = self._history.candidates[name]
        known = candidate.evaluation if kind == "evaluated" else candidate.remeasured
        if known is None:
            self._submit(name, files or self._session.files_of(candidate), kind)
        else:
            self._tell(name, known, kind)

    def _submit(self, name: str, files: Mapping[str, str], kind: Kind) -> None:
        rounds, number = self._history.rounds, self._history.candidates[name].round
        bar = rounds[number].bar if kind == "evaluated" and rounds else ()
        if kind == "evaluated":
            self._overtaking.began(number)
        self._under_way.measure(name, files, kind, bar)

    def _measure_ahead(self) -> None:
        """Have measured what answers will most likely be that wait for one before them."""
        for idea in self._optimizer.foreseen():
            if idea.id not in self._history.candidates:
                bar = self._history.rounds[idea.round - 1].bar
                self._under_way.foresee(idea.id, idea.files, bar)

    def _collect(self, phase: str) -> None:
        """Record the results that have arrived, or wait a moment for one."""
        if not self._under_way:
            self.stop.wait(_TICK_S)  # somebody else's optimizer takes its time
        answers, measured = self._under_way.wait(self._overtaking.patience_s(_TICK_S))
        for asked, reply in answers:
            self._take_answer(asked.number, reply)
        if answers:
            self._measure_ahead()
        for name, kind, future in measured:
            evaluation = future.result()
            self._session.record(kind, {"candidate": name, "evaluation": evaluation.to_json()})
            self._evaluated += kind == "evaluated"
            if kind == "evaluated":
                self._note_goal(name, evaluation)
            if kind != "confirmed":
                self._tell(name, evaluation, kind)
        self._warn_once(self._asking.trouble if self._asking else None)
        self._report.progress(self._progress(phase))

    def _tell(self, name: str, found: Evaluation, kind: Kind) -> None:
        if kind == "remeasured":
            self._optimizer.tell_again(name, found.costs, found.ties)
            return
        failure = found.failure.detail if found.failure else None
        noisy = any(
            metric in self._objectives and value.interval is not None
            for metric, value in found.metrics.items()
        )
        self._optimizer.tell(name, found.costs, found.ties, failure, noisy=noisy)

    def _drain(self) -> str | None:
        """Let what is under way finish; if time runs out, take what is there already.

        Returns:
            Why some of it was given up, as a clause; None if nothing was.
        """
        while self._out_of_time() is None:
            if self._under_way:
                self._collect(SEARCH)
            elif not self._overtaking.bring_back(self._rounds):
                break
        while self._under_way.has_arrived:
            self._collect(SEARCH)
        late = self._out_of_time() if self._under_way else None
        self._under_way.abandon()
        return late

    # --- when to end --------------------------------------------------------------------

    def _out_of_time(self) -> str | None:
        if self.stop.is_set():
            return "interrupted"
        return why_late(self.elapsed_s(), self._session.plan.limits)

    def _enough(self) -> str | None:
        """Return why no further round is asked for; a recorded round always is."""
        if self._rounds < len(self._history.rounds):
            return None
        if self._goal_reached(self._looking_on):
            return GOAL
        inquired = self._inquired if self._asking else None
        optimizer = self._optimizer
        standing = Standing(self._asked, inquired, optimizer.stale, optimizer.converged)
        reason = why_enough(standing, self._session.plan.limits)
        return GOAL if reason and self._goal_reached(0) else reason

    def _goes_on(self) -> bool:
        """Return whether those that reached the goal were refused, and there is time for others.

        That is how a repair ends that is right on the visible inputs alone.
        """
        refused = self._history.best_accepted() is None and not self._is_worn_out()
        return refused and self._out_of_time() is None

    def _is_worn_out(self) -> bool:
        """Return whether nobody is accepted and nobody else is measured anew."""
        return self._history.best_accepted() is None and is_worn_out(self._history)

    @property
    def _looking_on(self) -> int:
        """Return after how many rounds a goal ends the search: a tie may be broken better."""
        plan = self._session.plan
        ties = plan.definition.tie_breakers and not self._asking
        return ceil(LOOKING_ON / plan.num) if ties else 0

    def _goal_reached(self, rounds_ago: int) -> bool:
        """Say whether the goal was reached so many rounds ago, whatever lanes are quicker."""
        known = self._rounds - 1 - self._lag - rounds_ago  # later ones are under way
        reached = map(self._history.candidates.__getitem__, self._reached)
        of_known = (one for one in reached if self._overtaking.place(one.round) <= known)
        return is_goal_reached(of_known, self._history, self._session.plan.definition)

    def _note_goal(self, name: str, found: Evaluation) -> None:
        if found.costs and self._session.plan.definition.goal_reached(found):
            self._reached.append(name)

    def _best(self) -> Candidate | None:
        best = self._optimizer.best
        found = self._history.candidates.get(best) if best else None
        return found or self._taken

    def _progress(self, phase: str) -> Progress:
        searching = (self._clock.monotonic_ns() - self._searching_since) / 1e9
        rate = (self._evaluated - self._evaluated_before) / searching if searching else 0.0
        stale = self._optimizer.stale
        return Progress(
            self._evaluated,
            self.elapsed_s(),
            rate,
            self._best(),
            stale,
            phase,
            self._last_word.measured,
            self._under_way.questions,
            self._asking.spent if self._asking else None,
            looking_on=phase == SEARCH and self._looking_on > 0 and self._goal_reached(0),
        )
