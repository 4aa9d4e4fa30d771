"""Search for a better version of what a spec pins, and record every step.

`run` ties the parts together: freeze the tree, measure the baseline, ask the optimizer,
evaluate in lanes, tell it, confirm the best on fresh measurements, and write the record.

Promises: what was reported as evaluated is in the journal; Ctrl-C and `kill -9` leave a
run that ``resume`` continues; the work tree is only ever read. A round is asked while the
one before is measured, from those before that: what is tried depends on neither the number
of lanes nor their speed.

Not here: what is proposed (`sigil.search`), how it is measured (`sigil.evaluate`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from sigil.effects import SYSTEM_CLOCK, Clock
from sigil.errors import ReplayDiffers
from sigil.evaluate.expressions import Exact
from sigil.evaluate.result import Evaluation
from sigil.evaluate.settings import Effort
from sigil.optimize.confirming import fails_on_held_out, hopeful, is_settled
from sigil.optimize.history import Candidate, History
from sigil.optimize.plan import Plan
from sigil.optimize.proposing import make_proposers
from sigil.optimize.session import Session, open_session
from sigil.optimize.shelf import EVERY, Shelf, user_cache
from sigil.optimize.stopping import stopping
from sigil.optimize.workspace import Workspace
from sigil.search.optimizer import Idea, Optimizer, Problem
from sigil.search.optimizers import make_optimizer

CONFIRMED_AT_MOST = 3
CONFIRMED_WITH_REFUSED = 8
GOAL = "the goal is reached"
SEARCH, CONFIRM = "search", "confirm"
_TICK_S = 0.2
_NEVER = 10**9
_Kind = Literal["evaluated", "remeasured", "confirmed"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands.

    Args:
        evaluated: candidates measured so far, those of an earlier session included.
        elapsed_s: since this session began.
        rate: evaluations a second in this session.
        best: the best candidate so far, if any has costs.
        stale: evaluations since the last progress.
        phase: `SEARCH` or `CONFIRM`.
        confirming: which candidate is measured anew, from 1; 0 while searching.
    """

    evaluated: int
    elapsed_s: float
    rate: float
    best: Candidate | None
    stale: int
    phase: str
    confirming: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """How a run ended.

    Args:
        run: its folder.
        reason: why it ended, as a clause.
        history: all that it did.
        elapsed_s: of this session.
        interrupted: whether it can be resumed.
    """

    run: Path
    reason: str
    history: History
    elapsed_s: float
    interrupted: bool


class Report(Protocol):
    """Whoever shows a run to a person."""

    def started(self, run: Path, *, resumed: bool, warnings: Sequence[str]) -> None:
        """Tell which run it is, and how its eval could be cheated, before it is measured."""
        ...

    def baseline(self, evaluation: Evaluation, *, notes: Sequence[str]) -> None:
        """Show how the unchanged code measures, and what is odd about that."""
        ...

    def progress(self, progress: Progress) -> None:
        """Show where the run stands; called several times a second."""
        ...


def run(
    plan: Plan,
    workspace: Workspace,
    report: Report,
    *,
    existing: Path | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Summary:
    """Search until a budget, convergence or the user ends it.

    Args:
        plan: what to search for, and how.
        workspace: where to record it.
        report: whoever shows it.
        existing: a run to go on with, of which ``plan`` is the `recorded_plan`; None begins one.
        clock: when things happen.

    Raises:
        SigilError: the inputs are wrong, the baseline cannot be measured, or the disk fails.
    """
    began = clock.monotonic_ns()
    with workspace.writing(), open_session(plan, workspace, existing, clock) as session:
        resumed = existing is not None
        warnings = [*session.bench.warnings, *plan.warnings]
        report.started(session.run, resumed=resumed, warnings=warnings)
        baseline = session.measure_baseline()
        report.baseline(baseline, notes=baseline_notes(plan, baseline))
        if resumed:
            session.record("resumed", {"environment": session.environment})
        search = _Search(session, report, clock, began)
        with stopping(search.stop):
            reason = search.search()
            search.confirm()
            while reason == GOAL and search.goes_on():
                reason = search.search()
                search.confirm()
        elapsed_s = search.elapsed_s()
        interrupted = search.stop.is_set()
        if interrupted:
            session.checkpoint()
        else:
            session.finish(reason)
        return Summary(session.run, reason, session.history, elapsed_s, interrupted)


class _Search:
    """The loop of one session, over the state that the journal can rebuild."""

    def __init__(self, session: Session, report: Report, clock: Clock, began: int):
        self.stop = threading.Event()
        self._session = session
        self._history = session.history
        self._report = report
        self._clock = clock
        self._began = began
        self._searching_since = clock.monotonic_ns()
        self._evaluated = self._evaluated_before = session.history.measured()
        self._rounds = self._asked = self._put_down_at = 0
        self._confirming = 0
        self._reached: list[str] = []
        for name, candidate in self._history.candidates.items():
            if candidate.evaluation is not None:
                self._note_goal(name, candidate.evaluation)
        self._pending: dict[Future[Evaluation], tuple[str, _Kind]] = {}
        self._exists = session.bench.exists
        self._shelf = Shelf(
            user_cache(),
            str(session.run.resolve()),
            self._exists,
            apart_from=session.plan.spec.root,
        )
        self._objectives = session.plan.definition.objective.minimised
        self._optimizer = self._take_up() or self._new_optimizer()

    def _new_optimizer(self) -> Optimizer:
        session, plan, baseline = self._session, self._session.plan, self._history.baseline
        assert baseline is not None  # measured before the search begins
        proposers = make_proposers(
            plan, session.history.exchanges, lambda exchange: session.record("exchange", exchange)
        )
        problem = Problem(
            session.bench.pins,
            proposers,
            files=session.baseline_files,
            costs=baseline.costs,
            ties=baseline.ties,
            seed=plan.seed,
            patience=_NEVER,  # the run itself counts: a resumed one may have more of it
            lag=1,
            exists=self._exists,
        )
        return make_optimizer(plan.optimizer, problem, plan.params)

    def _take_up(self) -> Optimizer | None:
        """Return the search as it was put down last, told what was measured since."""
        kept = self._shelf.take_up(self._history) if self._history.rounds else None
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

    def search(self) -> str:
        """Ask, evaluate and tell until something ends it; return what, as a clause."""
        while (reason := self._out_of_time()) is None:
            if not self._optimizer.ready or len(self._pending) >= self._session.plan.num:
                self._collect(SEARCH)
                continue
            reason = self._enough()
            if reason is not None:
                break
            self._next_round()
        self._drain()
        return reason

    def confirm(self) -> None:
        """Measure the best anew: the best of many noisy scores is too good to be true."""
        limit = self._session.plan.limits.wall_clock_s
        counted = 0  # those that fail on held-out inputs make room for others
        for candidate in hopeful(self._history)[:CONFIRMED_WITH_REFUSED]:
            settled = is_settled(self._history, candidate)
            if self.stop.is_set() or settled or counted >= CONFIRMED_AT_MOST:
                return
            if self._confirming and self.elapsed_s() >= limit:
                return
            self._confirming += 1
            self._submit(candidate.id, self._session.files_of(candidate), "confirmed")
            while self._pending and not self.stop.is_set():
                self._collect(CONFIRM)
            counted += not fails_on_held_out(self._history.candidates[candidate.id])

    # --- one round ----------------------------------------------------------------------

    def _next_round(self) -> None:
        """Ask for a round; a recorded one has to come out as it was, and its results count."""
        if self._asked - self._put_down_at >= EVERY:
            self._renew()
        rounds, number = self._history.rounds, self._rounds
        recorded = rounds[number] if number < len(rounds) else None
        count = recorded.count if recorded else self._round_size()
        found = self._optimizer.ask(count)
        again = self._optimizer.take_remeasurements()
        refusals = self._optimizer.take_refusals()
        ids, ids_again = tuple(one.id for one in found), tuple(one.id for one in again)
        if recorded is None:
            proposed = map(_as_candidate, found)
            self._session.record_round(count, proposed, refusals, ids_again, self._bar())
        elif (ids, ids_again) != (recorded.ids, recorded.again):
            raise ReplayDiffers(
                f"round {number} of {self._session.run.name} does not come out as recorded",
                remedy="this version searches differently; begin a new run without --resume",
            )
        self._rounds += 1
        self._asked += len(found)
        for one in again:
            self._measure(one.id, "remeasured", one.files)
        for one in found:
            self._measure(one.id, "evaluated", one.files)

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
        self._optimizer = self._shelf.search_of(state)
        if self._rounds < len(self._history.rounds):
            return  # told of results that came later; the journal holds all of this
        facts = {
            "rounds": self._rounds,
            "asked": self._asked,
            "waiting": [name for name, kind in self._pending.values() if kind == "evaluated"],
            "waiting_again": [n for n, kind in self._pending.values() if kind == "remeasured"],
        }
        self._shelf.put_down(state, self._history, facts)

    def _round_size(self) -> int:
        plan = self._session.plan
        if plan.limits.evals is None:
            return plan.num
        return min(plan.num, plan.limits.evals - self._asked)

    def _measure(self, name: str, kind: _Kind, files: Mapping[str, str] | None = None) -> None:
        """Have a candidate measured, unless the journal holds what was found."""
        candidate = self._history.candidates[name]
        known = candidate.evaluation if kind == "evaluated" else candidate.remeasured
        if known is None:
            self._submit(name, files or self._session.files_of(candidate), kind)
        else:
            self._tell(name, known, kind)

    def _submit(self, name: str, files: Mapping[str, str], kind: _Kind) -> None:
        effort: Effort = "confirm" if kind == "confirmed" else "screen"
        rounds, number = self._history.rounds, self._history.candidates[name].round
        bar = rounds[number].bar if kind == "evaluated" and rounds else ()
        self._pending[self._session.lanes.submit(files, effort, bar)] = (name, kind)

    def _collect(self, phase: str) -> None:
        """Record the results that have arrived, or wait a moment for one."""
        done, _ = wait(self._pending, timeout=_TICK_S, return_when=FIRST_COMPLETED)
        for future in done:
            (name, kind), evaluation = self._pending.pop(future), future.result()
            self._session.record(kind, {"candidate": name, "evaluation": evaluation.to_json()})
            self._evaluated += kind == "evaluated"
            if kind == "evaluated":
                self._note_goal(name, evaluation)
            if kind != "confirmed":
                self._tell(name, evaluation, kind)
        self._report.progress(self._progress(phase))

    def _tell(self, name: str, found: Evaluation, kind: _Kind) -> None:
        if kind == "remeasured":
            self._optimizer.tell_again(name, found.costs, found.ties)
            return
        failure = found.failure.detail if found.failure else None
        noisy = any(
            metric in self._objectives and value.interval is not None
            for metric, value in found.metrics.items()
        )
        self._optimizer.tell(name, found.costs, found.ties, failure, noisy=noisy)

    def _drain(self) -> None:
        """Let what is under way finish, unless time is what ran out."""
        while self._pending and self._out_of_time() is None:
            self._collect(SEARCH)
        for future in self._pending:
            future.cancel()
        self._pending.clear()
        self._optimizer.settle()

    # --- when to end --------------------------------------------------------------------

    def _out_of_time(self) -> str | None:
        limits = self._session.plan.limits
        if self.stop.is_set():
            return "interrupted"
        late = self.elapsed_s() >= limits.wall_clock_s - limits.confirming_s
        return f"the budget of {limits.wall_clock_s:g} s is spent" if late else None

    def _enough(self) -> str | None:
        """Return why no further round is asked for; a recorded round always is."""
        if self._rounds < len(self._history.rounds):
            return None
        limits = self._session.plan.limits
        if self._goal_reached():
            return GOAL
        if limits.evals is not None and self._asked >= limits.evals:
            return f"the budget of {limits.evals} evaluations is spent"
        if self._optimizer.stale >= limits.patience:
            return f"no progress in {limits.patience} evaluations"
        return "nothing is left to try" if self._optimizer.converged else None

    def goes_on(self) -> bool:
        """Return whether those that reached the goal were refused, and there is time for others.

        That is how a repair ends that is right on the visible inputs alone.
        """
        return self._history.best_accepted() is None and self._out_of_time() is None

    def _goal_reached(self) -> bool:
        """Return whether a candidate reaches the goal that was not measured anew and refused.

        Asked only of rounds that are wholly known, so that no lane's speed matters.
        """
        known = self._rounds - 2  # counted from 0; the last one is still being measured
        return any(
            candidate.round <= known and candidate.confirmed is None
            for candidate in map(self._history.candidates.__getitem__, self._reached)
        )

    def _note_goal(self, name: str, found: Evaluation) -> None:
        if found.costs and self._session.plan.definition.goal_reached(found):
            self._reached.append(name)

    def _best(self) -> Candidate | None:
        best = self._optimizer.best
        return self._history.candidates.get(best) if best else None

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
            self._confirming,
        )


def _as_candidate(idea: Idea) -> Candidate:
    proposal = idea.proposal
    return Candidate(
        id=idea.id,
        parent=proposal.parent,
        patch=proposal.patch,
        proposer=proposal.proposer,
        note=proposal.note,
        seed=proposal.seed,
    )


def baseline_notes(plan: Plan, baseline: Evaluation) -> list[str]:
    """Return what a person should know of the unchanged code before a search begins."""
    notes = [f"{name} says no: {why}" for name, why in baseline.refusals.items()]
    same = {name: Exact(found.value, found.value) for name, found in baseline.metrics.items()}
    rule = plan.definition.rule
    compares = any(f"baseline.{name}" in plan.definition.model.accept.rule for name in same)
    if compares and rule.decide(same):
        notes.append(
            "the accept rule holds for the unchanged code, so it would take a change that "
            "gains nothing"
        )
    return notes
