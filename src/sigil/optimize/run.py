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

import signal
import threading
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from operator import le, lt
from pathlib import Path
from typing import Literal, Protocol

from sigil.effects import SYSTEM_CLOCK, Clock
from sigil.errors import ReplayDiffers
from sigil.evaluate.expressions import Exact
from sigil.evaluate.result import Evaluation
from sigil.evaluate.settings import Effort
from sigil.optimize.history import Candidate, History
from sigil.optimize.plan import Plan
from sigil.optimize.proposing import make_proposers
from sigil.optimize.session import Session, open_session
from sigil.optimize.workspace import Workspace
from sigil.search.simple import Idea, Simple

CONFIRMED_AT_MOST = 3
SEARCH, CONFIRM = "search", "confirm"
_TICK_S = 0.2


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
        report.started(session.run, resumed=resumed, warnings=session.bench.warnings)
        baseline = session.measure_baseline()
        report.baseline(baseline, notes=baseline_notes(plan, baseline))
        if resumed:
            session.record("resumed", {"environment": session.environment})
        search = _Search(session, report, clock, began)
        with _stopping(search.stop):
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
        plan = session.plan
        self.stop = threading.Event()
        self._session = session
        self._history = session.history
        self._report = report
        self._clock = clock
        self._began = began
        self._searching_since = clock.monotonic_ns()
        self._evaluated = self._evaluated_before = session.history.measured()
        baseline = session.history.baseline
        assert baseline is not None  # measured before the search begins
        self._asked = 0
        self._confirming = 0
        self._pending: dict[Future[Evaluation], str] = {}
        self._optimizer = Simple(
            session.bench.pins,
            make_proposers(
                plan,
                session.history.exchanges,
                lambda exchange: session.record("exchange", exchange),
            ),
            files=session.baseline_files,
            costs=baseline.costs,
            ties=baseline.ties,
            seed=plan.seed,
            patience=plan.limits.patience,
            lag=1,
            exists=session.bench.exists,
        )

    def elapsed_s(self) -> float:
        """Return the seconds since this session began, its baseline included."""
        return (self._clock.monotonic_ns() - self._began) / 1e9

    def search(self) -> str:
        """Ask, evaluate and tell until something ends it; return what, as a clause."""
        number = 0
        while (reason := self._out_of_time()) is None:
            if not self._optimizer.ready or len(self._pending) >= self._session.plan.num:
                self._collect("evaluated", SEARCH)
                continue
            reason = self._enough(number)
            if reason is not None:
                break
            self._next_round(number)
            number += 1
        self._drain()
        return reason

    def confirm(self) -> None:
        """Measure the best anew: the best of many noisy scores is too good to be true."""
        for candidate in hopeful(self._history)[:CONFIRMED_AT_MOST]:
            if self.stop.is_set() or _is_settled(self._history, candidate):
                return
            self._confirming += 1
            self._submit(candidate.id, self._session.files_of(candidate), "confirm")
            while self._pending and not self.stop.is_set():
                self._collect("confirmed", CONFIRM)

    # --- one round ----------------------------------------------------------------------

    def _next_round(self, number: int) -> None:
        """Ask for a round; a recorded one has to come out as it was, and its results count."""
        rounds = self._history.rounds
        recorded = rounds[number] if number < len(rounds) else None
        count = recorded.count if recorded else self._round_size()
        found = self._optimizer.ask(count)
        refusals = self._optimizer.take_refusals()
        if recorded is None:
            self._session.record_round(count, map(_as_candidate, found), refusals)
        elif tuple(one.id for one in found) != recorded.ids:
            raise ReplayDiffers(
                f"round {number} of {self._session.run.name} does not come out as recorded",
                remedy="this version searches differently; begin a new run without --resume",
            )
        self._asked += len(found)
        for one in found:
            known = self._history.candidates[one.id].evaluation
            if known is None:
                self._submit(one.id, one.files, "screen")
            else:
                self._tell(one.id, known)

    def _round_size(self) -> int:
        plan = self._session.plan
        if plan.limits.evals is None:
            return plan.num
        return min(plan.num, plan.limits.evals - self._asked)

    def _submit(self, name: str, files: Mapping[str, str], effort: Effort) -> None:
        self._pending[self._session.lanes.submit(files, effort)] = name

    def _collect(self, kind: Literal["evaluated", "confirmed"], phase: str) -> None:
        """Record the results that have arrived, or wait a moment for one."""
        done, _ = wait(self._pending, timeout=_TICK_S, return_when=FIRST_COMPLETED)
        for future in done:
            name, evaluation = self._pending.pop(future), future.result()
            self._session.record(kind, {"candidate": name, "evaluation": evaluation.to_json()})
            if kind == "evaluated":
                self._evaluated += 1
                self._tell(name, evaluation)
        self._report.progress(self._progress(phase))

    def _tell(self, name: str, evaluation: Evaluation) -> None:
        failure = evaluation.failure.detail if evaluation.failure else None
        self._optimizer.tell(name, evaluation.costs, evaluation.ties, failure)

    def _drain(self) -> None:
        """Let what is under way finish, unless time is what ran out."""
        while self._pending and self._out_of_time() is None:
            self._collect("evaluated", SEARCH)
        for future in self._pending:
            future.cancel()
        self._pending.clear()
        self._optimizer.settle()

    # --- when to end --------------------------------------------------------------------

    def _out_of_time(self) -> str | None:
        limit = self._session.plan.limits.wall_clock_s
        if self.stop.is_set():
            return "interrupted"
        return f"the budget of {limit:g} s is spent" if self.elapsed_s() >= limit else None

    def _enough(self, number: int) -> str | None:
        """Return why no further round is asked for; a recorded round always is."""
        if number < len(self._history.rounds):
            return None
        limits = self._session.plan.limits
        if self._goal_reached():
            return "the goal is reached"
        if limits.evals is not None and self._asked >= limits.evals:
            return f"the budget of {limits.evals} evaluations is spent"
        if self._optimizer.stale >= limits.patience:
            return f"no progress in {limits.patience} evaluations"
        return "nothing is left to try" if self._optimizer.converged else None

    def _goal_reached(self) -> bool:
        best = self._best()
        found = best.evaluation if best else None
        return found is not None and self._session.plan.definition.goal_reached(found)

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


def hopeful(history: History) -> list[Candidate]:
    """Return the candidates that deserve a fresh measurement, best first.

    Those that had none and that beat the baseline in some objective, or in the tie
    breakers where the objectives are equal.
    """
    baseline = history.baseline
    return [
        candidate
        for candidate in history.ranked()
        if candidate.confirmed is None
        and candidate.evaluation is not None
        and (baseline is None or _may_beat(candidate.evaluation, baseline))
    ]


def _may_beat(found: Evaluation, baseline: Evaluation) -> bool:
    if not baseline.costs or any(map(lt, found.costs, baseline.costs)):
        return True
    return found.costs == baseline.costs and found.ties < baseline.ties


def _is_settled(history: History, next_best: Candidate) -> bool:
    """Return whether a fresh, accepted measurement already beats the next screened one."""
    winner = history.best_accepted()
    if winner is None or winner.confirmed is None or next_best.evaluation is None:
        return False
    return all(map(le, winner.confirmed.costs, next_best.evaluation.costs))


@contextmanager
def _stopping(stop: threading.Event) -> Generator[None]:
    """Let the first Ctrl-C (or SIGTERM) end the run in order, and the second at once."""

    def ask_to_stop(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield  # a library's caller has the signals
        return
    former = {n: signal.signal(n, ask_to_stop) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
