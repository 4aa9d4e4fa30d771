"""Where a spec's runs are kept: the layout of docs/records.md.

    .sigil/<spec>/workspaces/<workspace>/
      runs/<UTC>_<optimizer>_<8 hex>/
        run.journal               what happened, in order: the record
        inputs/  manifest.json    frozen inputs and their identity
        baseline/                 patch.diff (empty), metrics.json, env.lock
        candidates/7f/b1/7fb1…/   patch.diff, parent, metrics.json, seed, logs.txt, baseline.diff
        index.json  run.json      lineage, front, settings; derived from the journal
      selected/<pin>@v3 -> ../runs/…/candidates/…

The readable files are derived from the journal and may be deleted: `materialise` writes
them again, without a sync each, because a finished run syncs what it seals.

Not here: what a run does (`sigil.optimize.run`).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sigil.canonical import compact_json, snapshot_json
from sigil.errors import NotFound
from sigil.optimize.history import Candidate, History, read_history
from sigil.optimize.spec import Spec, check_name
from sigil.printable import printable
from sigil.search.model import BASELINE
from sigil.search.patch import apply, diff
from sigil.store.disk_errors import writing
from sigil.store.files import lock, make_directory
from sigil.store.journal import read
from sigil.store.locks import is_held
from sigil.store.records import JOURNAL, LOCK
from sigil.store.verify import verify

EXCHANGES = "exchanges.jsonl"
"""All that models were asked and said, one exchange a line, for the provider ``replay``."""
SURVIVORS = 20
"""How many of the front, best first, have readable files without being asked for."""
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace of a spec, which need not exist yet.

    Args:
        root: its folder.
    """

    root: Path

    @property
    def runs(self) -> Path:
        """Return the folder of runs."""
        return self.root / "runs"

    @property
    def selected(self) -> Path:
        """Return the folder of promoted candidates."""
        return self.root / "selected"

    def run_names(self) -> list[str]:
        """Return the names of runs, oldest first; their names begin with the time."""
        if not self.runs.is_dir():
            return []
        return sorted(path.name for path in self.runs.iterdir() if (path / JOURNAL).is_file())

    def find_run(self, name: str | None = None) -> Path:
        """Return the folder of the run ``name`` (a prefix will do), or of the latest run.

        Raises:
            NotFound: there is no run, or none or several that ``name`` fits.
        """
        names = [n for n in self.run_names() if name is None or n.startswith(name)]
        if not names or (name is not None and len(names) > 1 and name not in names):
            problem = "no run" if not names else f"{len(names)} runs"
            wanted = f" named {printable(name, _LONGEST_NAME)}…" if name else ""
            raise NotFound(
                f"{problem}{wanted} in the workspace {self.root.name}",
                remedy="sigil run makes one; sigil inspect --runs lists them",
            )
        return self.runs / (name if name in names else names[-1])

    @contextmanager
    def writing(self) -> Generator[None]:
        """Hold the workspace for writing.

        Raises:
            WorkspaceBusy: another process holds it.
            Unwritable: the folder cannot be created or written.
        """
        make_directory(self.runs)
        with lock(self.root / ".lock"):
            yield


def open_workspace(spec: Spec, name: str) -> Workspace:
    """Return the workspace ``name`` of ``spec``; nothing is created."""
    check_name(name, "workspace")
    return Workspace(spec.home / spec.name / "workspaces" / name)


def load_history(run: Path) -> History:
    """Return what the run in ``run`` did, as far as its journal tells.

    Raises:
        Corrupt: the record is not what was written; a sealed run is verified as a whole.
    """
    verify(run).raise_if_corrupt()
    return read_history((frame.kind, frame.body) for frame in read(run / JOURNAL))


def state(run: Path, history: History) -> str:
    """Return why a run ended, that somebody is at work on it, or that it can be gone on with."""
    if is_held(run / LOCK):
        return "still running"
    return history.ended or "not ended; --resume goes on with it"


def candidate_folder(run: Path, candidate_id: str) -> Path:
    """Return where the readable files of a candidate stand."""
    return run / "candidates" / candidate_id[:2] / candidate_id[2:4] / candidate_id


def candidate_files(
    history: History, candidate: Candidate, baseline: Mapping[str, str]
) -> dict[str, str]:
    """Return the pinned files as ``candidate`` has them.

    Args:
        history: the run's lineage.
        candidate: which one.
        baseline: the pinned files of the unchanged code, by path.
    """
    files = dict(baseline)
    for step in history.lineage(candidate):
        files = apply(step.patch, files)
    return files


def write_candidate(
    run: Path, history: History, candidate: Candidate, baseline: Mapping[str, str]
) -> Path:
    """Write the readable files of one candidate and return its folder."""
    folder = candidate_folder(run, candidate.id)
    if not folder.is_dir():
        make_directory(folder)
    after = candidate_files(history, candidate, baseline)
    verdict = candidate.verdict
    contents = {
        "patch.diff": candidate.patch.encode(),
        "baseline.diff": diff(baseline, after).encode(),
        "parent": f"{candidate.parent}\n".encode(),
        "seed": f"{candidate.seed}\n".encode(),
        "metrics.json": snapshot_json(_metrics(candidate)),
        "logs.txt": (verdict.log if verdict else "").encode(),
        "note.json": snapshot_json({"note": candidate.note, "proposer": candidate.proposer}),
    }
    exchange = history.exchange(candidate)
    if exchange is not None:
        contents["prompt.json"] = snapshot_json(exchange)
    for name, data in contents.items():
        _write(folder / name, data)
    return folder


def materialise(run: Path, history: History, baseline: Mapping[str, str]) -> None:
    """Write index.json, the baseline, and the survivors with their ancestors.

    Every other candidate stands in the journal and is written on request
    (`write_candidate`), because thousands of small durable files cost minutes.
    """
    front = history.front()
    survivors = front[:SURVIVORS]
    if history.winner:
        survivors.append(history.candidates[history.winner])
    chains = {step.id: step for kept in survivors for step in history.lineage(kept)}
    for candidate in chains.values():
        write_candidate(run, history, candidate, baseline)
    make_directory(run / "baseline")
    _write(run / "baseline" / "patch.diff", b"")
    if history.baseline is not None:
        metrics = snapshot_json(history.baseline.to_json())
        _write(run / "baseline" / "metrics.json", metrics)
    _write(run / "index.json", snapshot_json(index(history, front)))
    if history.exchanges:
        lines = map(compact_json, _with_order(history))
        _write(run / EXCHANGES, b"".join(line + b"\n" for line in lines))


def _with_order(history: History) -> list[Mapping[str, Any]]:
    """Return the exchanges, the first with what a replay has to know of who was passed over."""
    if not history.shifts:
        return history.exchanges
    order = {"order": [asdict(shift) for shift in history.shifts]}
    return [{**history.exchanges[0], **order}, *history.exchanges[1:]]


def index(history: History, front: list[Candidate]) -> dict[str, object]:
    """Return the body of ``index.json``: lineage, statuses and the Pareto front."""
    return {
        "root": BASELINE,
        "ended": history.ended,
        "winner": history.winner,
        "front": [candidate.id for candidate in front],
        "candidates": {c.id: _row(c) for c in history.candidates.values()},
    }


def link_version(workspace: Workspace, pin: str, folder: Path) -> Path:
    """Make ``selected/<pin>@v<n>`` point at a candidate's folder and return the link.

    What is the latest version already keeps its number.
    """
    make_directory(workspace.selected)
    versions = _versions(workspace.selected, pin)
    latest = workspace.selected / f"{pin}@v{max(versions, default=0)}"
    if versions and latest.resolve() == folder.resolve():
        return latest
    link = workspace.selected / f"{pin}@v{max(versions, default=0) + 1}"
    link.symlink_to(Path("..") / folder.relative_to(workspace.root), target_is_directory=True)
    return link


def _versions(selected: Path, pin: str) -> list[int]:
    numbers = (path.name.removeprefix(f"{pin}@v") for path in selected.glob("*@v*"))
    return [int(number) for number in numbers if number.isdigit()]


def _metrics(candidate: Candidate) -> dict[str, object]:
    measured = {
        "search": candidate.evaluation,
        "remeasured": candidate.remeasured,
        "confirmed": candidate.confirmed,
    }
    return {name: found.to_json() if found else None for name, found in measured.items()}


def _row(candidate: Candidate) -> dict[str, object]:
    verdict = candidate.verdict
    return {
        "parent": candidate.parent,
        "proposer": candidate.proposer,
        "note": candidate.note,
        "status": verdict.status if verdict else "proposed",
        "costs": list(verdict.costs) if verdict else [],
        "accepted": candidate.accepted,
    }


def _write(path: Path, data: bytes) -> None:
    """Write a derived file unless it holds ``data`` already."""
    with writing(path):
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
