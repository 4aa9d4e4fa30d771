"""Search for a better version of what a spec pins, and record every step.

`run` ties the parts together: freeze the tree, measure the baseline, ask the optimizer,
evaluate in lanes, tell it, confirm the best on fresh measurements, and write the record.

Promises: what was reported as evaluated is in the journal; Ctrl-C and `kill -9` leave a
run that ``resume`` continues; the work tree is only ever read.

Not here: the loop (`sigil.optimize.searching`), what is proposed (`sigil.search`), how it is
measured (`sigil.evaluate`).
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sigil.effects import SYSTEM_CLOCK, Clock
from sigil.errors import BudgetSpent, ProviderFailed
from sigil.llm.asking import Asking
from sigil.optimize.history import History
from sigil.optimize.plan import Plan
from sigil.optimize.proposing import check_models, load_ahead, make_asking
from sigil.optimize.report import Report, Summary, baseline_notes
from sigil.optimize.searching import Search
from sigil.optimize.session import Session, open_session
from sigil.optimize.stopping import stopping
from sigil.optimize.workspace import Workspace


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
    check_models(plan)
    load_ahead(plan)
    with workspace.writing(), open_session(plan, workspace, existing, clock) as session:
        resumed = existing is not None
        warnings = [*session.bench.warnings, *plan.warnings]
        report.started(session.run, resumed=resumed, warnings=warnings)
        with _asking(session) as asking:
            baseline = session.measure_baseline()
            report.baseline(baseline, notes=baseline_notes(plan, baseline))
            if resumed:
                session.record("resumed", {"environment": session.environment})
            search = Search(session, report, clock, began, asking)
            with stopping(search.stop), _spared_collections():
                reason = search.to_the_end()
        elapsed_s = search.elapsed_s()
        session.lanes.dismiss()  # they end while the record is written
        interrupted = search.stop.is_set()
        if interrupted:
            session.checkpoint()
        else:
            session.finish(reason)
        if search.refused:
            raise search.refused
        if asking and not interrupted:
            _require_answers(asking, session.history)
        spent = asking.spent if asking else None
        return Summary(session.run, reason, session.history, elapsed_s, interrupted, spent)


def _require_answers(asking: Asking, history: History) -> None:
    """Raise if a run came to nothing because nobody answered.

    Raises:
        BudgetSpent: it has too little for one question.
        ProviderFailed: every question failed.
    """
    failure = asking.failure
    why = failure or asking.trouble
    if why is None or history.measured():
        return
    if isinstance(failure, BudgetSpent):
        raise failure
    raise ProviderFailed(
        f"no model answered: {why}",
        remedy="see that it can be reached, then go on with --resume",
    )


@contextmanager
def _spared_collections() -> Generator[None]:
    """Look for garbage rarely meanwhile, and never in what exists already, modules above all.

    That is most of all that there is, and none of it dies while a search goes on. What a search
    makes and drops, syntax trees above all, has no cycles and needs no collector.
    """
    thresholds = gc.get_threshold()
    arranged = gc.get_freeze_count()  # somebody keeps what exists out of it already
    if thresholds[0]:
        gc.set_threshold(max(thresholds[0], _YOUNG), *thresholds[1:])
    if not arranged:
        gc.freeze()
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        if not arranged:
            gc.unfreeze()


_YOUNG = 20_000
"""How many more objects there have to be than after the last collection until the next one."""


@contextmanager
def _asking(session: Session) -> Generator[Asking | None]:
    """Yield what asks the plan's models, if it has any; what is in flight is recorded yet.

    Their clients are made while the baseline is measured, unless that is to be timed.
    """
    asking = make_asking(
        session.plan,
        session.run,
        session.history.exchanges,
        lambda exchange: session.record("exchange", exchange),
    )
    try:
        if asking and not session.plan.definition.timed:
            asking.prepare()
        yield asking
    finally:
        if asking:
            asking.close()
