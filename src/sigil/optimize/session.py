"""One process at work on one run: its record, its journal and its workbench.

What `Session.record` returned from is in the journal and in the history, in this order, so
that the two never disagree. Not here: what to record when (`sigil.optimize.run`).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from sigil import __version__
from sigil.canonical import candidate_id, digest, run_name, snapshot_json, snapshots_hash
from sigil.effects import Clock, utc_stamp
from sigil.errors import (
    AlreadyExists,
    Corrupt,
    ReplayDiffers,
    SandboxUnavailable,
    SigilError,
    Where,
)
from sigil.evaluate.backend import Backend
from sigil.evaluate.result import Evaluation
from sigil.llm.settings import ModelSettings
from sigil.optimize.differing import check_inputs
from sigil.optimize.history import Candidate, History, apply_frame, proposal_fields
from sigil.optimize.plan import Plan
from sigil.optimize.simplifying import SIMPLIFY, Simpler
from sigil.optimize.workbench import Workbench, open_workbench
from sigil.optimize.workspace import (
    EXCHANGES,
    Workspace,
    candidate_files,
    load_history,
    materialise,
)
from sigil.search.patch import check, diff
from sigil.search.prompting.templates import Templates, recorded_templates
from sigil.store.files import read_file
from sigil.store.journal import Journal
from sigil.store.records import JOURNAL, RunRecord

KIND = "optimize"
_INPUT_PATHS = {
    "spec": "spec.sigil.yaml",
    "eval": "eval.eval.yaml",
    "pinned": "pinned.json",
    "tree": "tree.json",
    "cases": "cases.json",
    "search": "search.json",
    "prompts": "prompts.json",
}
_PROMPTS = "prompts"
_SETTINGS = "run.json"
_KEPT = {
    "backend": "backend",
    "budget_evals": "budget_evals",
    "budget_time": "budget_wall_clock_s",
    "budget_usd": "budget_usd",
    "budget_tokens": "budget_tokens",
    "patience": "patience",
    "in_flight": "in_flight",
}
"""Where ``run.json`` has what holds for a resumed run too, by the name of its setting."""


class Session:
    """A run that is open for writing. Make it with `open_session`."""

    def __init__(
        self,
        plan: Plan,
        bench: Workbench,
        record: RunRecord,
        journal: Journal,
        history: History,
        *,
        baseline: Future[Evaluation] | None,
    ):
        self.plan = plan
        self.bench = bench
        self.history = history
        self.environment: dict[str, Any] = {}
        self._record = record
        self._journal = journal
        self._writing = threading.Lock()
        self._baseline = baseline

    @property
    def run(self) -> Path:
        """Return the run's folder."""
        return self._record.directory

    @property
    def lanes(self) -> Backend:
        """Return the lanes that measure."""
        return self.bench.lanes

    @property
    def baseline_files(self) -> Mapping[str, str]:
        """Return the pinned files' baseline text, by path."""
        return self.bench.files

    def record(self, kind: str, body: Mapping[str, Any]) -> None:
        """Append one frame to the journal, then to the history; from any thread."""
        with self._writing:
            self._journal.append(kind, body)
            apply_frame(self.history, kind, body)

    def measure_baseline(self) -> Evaluation:
        """Measure the unchanged code, and record it if this run has not done so yet.

        A resumed run measures it again, because times compare within one window only, and
        keeps the recorded values as its yardstick.

        Raises:
            ReplayDiffers: an exact value is not the recorded one.
            SandboxUnavailable: the run began under a rung that does not hold now.
        """
        if self._baseline is None:
            self.lanes.baseline()  # it takes times, and so nothing is done beside it
        asked = self.lanes.environment()
        now = self._baseline.result() if self._baseline else self.lanes.baseline()
        environment = asked.result()
        recorded = self.history.baseline
        if recorded is None:
            self._record.write("baseline/env.lock", snapshot_json(environment))
            self.record("baseline", {"evaluation": now.to_json(), "environment": environment})
            return now
        _check_yardstick(recorded, now, self.run.name)
        if self.plan.level is None:
            _check_isolation(self.history.environment, environment)
        self.lanes.adopt(self.lanes.facts.rebased(recorded))
        self.environment = environment
        return recorded

    def files_of(self, candidate: Candidate) -> dict[str, str]:
        """Return the pinned files as a candidate has them."""
        return candidate_files(self.history, candidate, self.baseline_files)

    def simplification(self, winner: Candidate, found: Simpler) -> Candidate | None:
        """Record the winner without one of its changes, unless the pins do not allow that."""
        files = self.files_of(winner)
        patch = diff(files, found.files)
        try:
            check(patch, files, self.bench.pins, exists=self.bench.exists)
        except SigilError:
            return None
        name = candidate_id(winner.id, patch.encode())
        if name not in self.history.candidates:
            seed = self.plan.seed
            added = Candidate(name, winner.id, patch, SIMPLIFY, note=found.note, seed=seed)
            self.record("added", proposal_fields(added))
        return self.history.candidates[name]

    def checkpoint(self) -> None:
        """Write the readable files for what the journal holds so far."""
        materialise(self.run, self.history, self.baseline_files)

    def finish(self, reason: str) -> None:
        """Record the end, write the readable files, and seal the record with their digests."""
        winner = self.history.best_accepted()
        ended = {"reason": reason, "winner": winner.id if winner else None}
        self.record("ended", ended)
        self._journal.sync()
        self.checkpoint()
        outputs = [JOURNAL, _SETTINGS, "index.json", "baseline"]
        if (self.run / "candidates").is_dir():
            outputs.append("candidates")
        if self.history.exchanges:
            outputs.append(EXCHANGES)
        self._record.finish("succeeded", outputs, meta=ended)


@contextmanager
def open_session(
    plan: Plan,
    workspace: Workspace,
    existing: Path | None,
    clock: Clock,
    bench: Workbench | None = None,
) -> Generator[Session]:
    """Begin a run, or open one to go on with.

    Args:
        plan: what to search for; `recorded_plan` gives that of an existing run.
        workspace: where; the caller holds it for writing.
        existing: the run to open, or None to begin one.
        clock: names a new run.
        bench: of ``plan``, where the caller has opened it; else this does.

    Raises:
        InvalidValue: the existing run has other inputs than ``plan``.
        SigilError: the inputs are wrong or the disk refuses.
    """
    with nullcontext(bench) if bench else open_workbench(plan) as opened:
        baseline = None if plan.definition.timed else _meanwhile(opened.lanes.baseline)
        snapshots = frozen_inputs(plan, opened)
        if existing is None:
            record = _begin(plan, workspace, snapshots, clock)
            history = History()
        else:
            record = RunRecord.open(existing, clock=clock)
            check_inputs(record, snapshots, plan, opened.target.base)
            history = load_history(existing)  # verified before anything of it is sealed anew
            record = record.reopen()
        with record.lock(), Journal.open(record.journal_path) as journal:
            session = Session(plan, opened, record, journal, history, baseline=baseline)
            record.write(_SETTINGS, snapshot_json(_settings(plan, opened)))
            yield session


def _meanwhile(measure: Callable[[], Evaluation]) -> Future[Evaluation]:
    """Begin to measure while the run is put on record; it ends when the lanes do, at the latest."""
    measured: Future[Evaluation] = Future()

    def settle() -> None:
        try:
            measured.set_result(measure())
        except BaseException as error:  # noqa: BLE001 - whoever asks for the result has it
            measured.set_exception(error)

    threading.Thread(target=settle, name="baseline", daemon=True).start()
    return measured


def recorded_plan(plan: Plan, run: Path) -> Plan:
    """Return ``plan`` with what a recorded run decided: who proposes, how many, which seed.

    Raises:
        Corrupt: the record is not what was written.
    """
    facts = json.loads(RunRecord.open(run).snapshot("search"))
    return replace(
        plan,
        optimizer=str(facts["optimizer"]),
        provider=facts["provider"],
        num=int(facts["num"]),
        seed=int(facts["seed"]),
        params=facts.get("optimizer_params", {}),
        proposers=tuple(facts.get("proposers", ())),
        models=tuple(ModelSettings(**model) for model in facts.get("models", ())),
        templates=_recorded_templates(run) if facts.get("models") else None,
    )


def recorded_settings(run: Path) -> dict[str, Any]:
    """Return where the latest session of a run measured and when it would have ended.

    Both are settings by name.

    Those that its record does not tell, because it was killed very early, are left out.

    Raises:
        Corrupt: ``run.json`` is not what was written.
    """
    path = run / _SETTINGS
    if not path.is_file():
        return {}
    try:
        known = json.loads(read_file(path))
        return {name: known[key] for name, key in _KEPT.items() if key in known}
    except (ValueError, TypeError) as error:
        raise Corrupt(
            "not the settings of a run", where=Where(str(path)), remedy="restore it, or delete it"
        ) from error


def _recorded_templates(run: Path) -> Templates:
    return recorded_templates(json.loads(RunRecord.open(run).snapshot(_PROMPTS)))


def recorded_eval(run: Path) -> str:
    """Return the name of the eval that a recorded run was measured by."""
    return str(RunRecord.open(run).manifest.meta["eval"])


def frozen_files(run: Path) -> dict[str, str]:
    """Return the pinned files' baseline text as a recorded run has it.

    Raises:
        Corrupt: it is not what was recorded.
    """
    files = json.loads(RunRecord.open(run).snapshot("pinned"))
    return {str(path): str(text) for path, text in files.items()}


def frozen_inputs(plan: Plan, bench: Workbench) -> dict[str, bytes]:
    """Return what a run is a function of, as snapshots by name.

    Of case files that the eval names only digests are frozen: held-out inputs shall not
    stand in the record, where a proposer might one day look.
    """
    tree = {"digest": bench.target.base.digest, "commit": plan.spec.model.base_commit}
    prompts = {_PROMPTS: snapshot_json(plan.templates.snapshot())} if plan.templates else {}
    cases = {path: digest(data) for path, data in plan.definition.attachments.items()}
    return {
        "spec": plan.spec.document.raw,
        "eval": plan.definition.document.raw,
        "pinned": snapshot_json(dict(bench.files)),
        "tree": snapshot_json(tree),
        "cases": snapshot_json(cases),
        "search": snapshot_json(plan.search_facts()),
        **prompts,
    }


def _begin(
    plan: Plan, workspace: Workspace, snapshots: Mapping[str, bytes], clock: Clock
) -> RunRecord:
    name = run_name(utc_stamp(clock.now()), plan.optimizer, snapshots_hash(snapshots))
    meta = {"spec": plan.spec.name, "eval": plan.definition.model.name, "version": __version__}
    number = 1
    while True:
        folder = workspace.runs / (name if number == 1 else f"{name}-{number}")
        try:
            return RunRecord.create(
                folder, KIND, snapshots, paths=_INPUT_PATHS, meta=meta, clock=clock
            )
        except AlreadyExists:  # a second run within the same second
            number += 1


def _check_yardstick(recorded: Evaluation, now: Evaluation, run: str) -> None:
    for name, value in recorded.metrics.items():
        found = now.metrics.get(name)
        if value.interval is None and (found is None or found.value != value.value):
            raise ReplayDiffers(
                f"the unchanged code has another {name} than when {run} began",
                remedy="something outside the inputs changed; begin a new run",
            )


def _check_isolation(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for face, found in now.get("isolation", {}).items():
        was = recorded.get("isolation", {}).get(face)
        if was and found and found["level"] < was["level"]:
            raise SandboxUnavailable(
                f"this run began with {face} at {was['level']}, and only {found['level']} holds",
                remedy=f"accept that with --sandbox {found['level']}",
            )


def _settings(plan: Plan, bench: Workbench) -> dict[str, object]:
    """Return the body of ``run.json``: how it was run, beside what it is a function of."""
    limits = plan.limits
    return {
        **plan.search_facts(),
        "version": __version__,
        "backend": plan.backend.name,
        "backend_kind": plan.backend.kind,
        "lanes": plan.lanes,
        "sandbox": plan.level,
        "unsafe": plan.unsafe,
        "budget_evals": limits.evals,
        "budget_wall_clock_s": limits.wall_clock_s,
        "budget_usd": limits.budget.usd,
        "budget_tokens": limits.budget.tokens,
        "in_flight": plan.in_flight,
        "patience": limits.patience,
        "python": bench.target.interpreter.version,
        "warnings": bench.warnings,
    }
