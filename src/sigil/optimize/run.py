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
from typing import Final

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
from sigil.optimize.workbench import Workbench
from sigil.optimize.workspace import Workspace
from sigil.process_wide import Setting

_YOUNG: Final = 5_000
_seldom_collected = Setting(
    gc.get_threshold,
    lambda thresholds: gc.set_threshold(*thresholds),
    lambda now: (max(now[0], _YOUNG), *now[1:]) if now[0] else now,
)
"""Garbage is looked for once there are `_YOUNG` objects more: nearly all that a search makes and
drops, syntax trees above all, has no cycles."""
_spared = Setting(
    lambda: gc.get_freeze_count() > 0,
    lambda on: gc.freeze() if on else gc.unfreeze(),
    lambda _: True,
)
"""What exists already, modules above all, is kept out of every collection: it is most of all that
there is, and none of it dies while a search goes on."""


def run(
    plan: Plan,
    workspace: Workspace,
    report: Report,
    *,
    existing: Path | None = None,
    clock: Clock = SYSTEM_CLOCK,
    bench: Workbench | None = None,
) -> Summary:
    """Search until a budget, convergence or the user ends it.

    Args:
        plan: what to search for, and how.
        workspace: where to record it.
        report: whoever shows it.
        existing: a run to go on with, of which ``plan`` is the `recorded_plan`; None begins one.
        clock: when things happen.
        bench: of ``plan``, where the caller has opened it; else this does.

    Raises:
        SigilError: the inputs are wrong, the baseline cannot be measured, or the disk fails.
    """
    began = clock.monotonic_ns()
    check_models(plan)
    with workspace.writing(), open_session(plan, workspace, existing, clock, bench) as session:
        load_ahead(plan)
        resumed = existing is not None
        warnings = [*session.bench.warnings, *plan.warnings]
        report.started(session.run, resumed=resumed, warnings=warnings)
        with _asking(session) as asking:
            baseline = session.measure_baseline()
            report.baseline(baseline, notes=baseline_notes(plan, baseline))
            if resumed:
                session.record("resumed", {"environment": session.environment})
            search = Search(session, report, clock, began, asking)
            with stopping(search.stop), _spared.needed(), _seldom_collected.needed():
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
