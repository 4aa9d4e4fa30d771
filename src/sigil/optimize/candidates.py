"""Changes that a person brings: check a diff against the pins, evaluate and record it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sigil.canonical import candidate_id
from sigil.effects import SYSTEM_CLOCK, Clock
from sigil.errors import MalformedPatch, Where
from sigil.optimize.history import Candidate
from sigil.optimize.plan import Plan
from sigil.optimize.session import Session, open_session
from sigil.optimize.spec import Spec
from sigil.optimize.workspace import Workspace, write_candidate
from sigil.search.model import BASELINE
from sigil.search.patch import MAX_PATCH_BYTES, check

MANUAL = "manual"


def read_patch(path: Path) -> str:
    """Return the text of a patch file.

    Raises:
        MalformedPatch: missing, unreadable, too large, or not UTF-8.
    """
    where = Where(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PATCH_BYTES + 1)
    except OSError as error:
        raise MalformedPatch(f"cannot be read ({error.strerror})", where=where) from error
    if len(data) > MAX_PATCH_BYTES:
        raise MalformedPatch(f"larger than {MAX_PATCH_BYTES // 2**20} MiB", where=where)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedPatch("not UTF-8 text", where=where) from error


def validate_patch(spec: Spec, path: Path) -> dict[str, str]:
    """Return the changed files if the diff in ``path`` may be applied to the work tree.

    Raises:
        SigilError: it is malformed, does not apply, leaves the pins or breaks an interface.
    """
    files = spec.read_pinned(spec.root)
    spec.locate(files)
    return check(
        read_patch(path),
        files,
        spec.pins(),
        exists=lambda name: (spec.root / name).exists(),
        source=str(path),
    )


def add_candidate(
    plan: Plan,
    workspace: Workspace,
    path: Path,
    *,
    parent: str = BASELINE,
    run: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> tuple[Path, Candidate]:
    """Evaluate the diff in ``path`` in full and record it.

    Args:
        plan: how to measure it.
        workspace: where to record it.
        path: a unified diff against ``parent``.
        parent: `BASELINE`, or the beginning of a candidate's id in ``run``.
        run: the run to add it to; None makes a run of its own.
        clock: when things happen.

    Returns:
        The run's folder and the candidate with its measurement.
    """
    text = read_patch(path)
    with workspace.writing(), open_session(plan, workspace, run, clock) as session:
        files_before, parent_id = _parent(session, parent)
        bench = session.bench
        after = check(text, files_before, bench.pins, exists=bench.exists, source=str(path))
        candidate = Candidate(
            id=candidate_id(parent_id, text.encode()),
            parent=parent_id,
            patch=text,
            proposer=MANUAL,
            note=path.name,
            seed=plan.seed,
        )
        session.measure_baseline()
        session.record_round(1, [candidate])
        evaluation = session.lanes.submit({**files_before, **after}, effort="confirm").result()
        body = {"candidate": candidate.id, "evaluation": evaluation.to_json()}
        session.record("evaluated", body)
        session.record("confirmed", body)
        accepted = candidate.id if evaluation.accepted else None
        session.finish("one candidate was added", winner=accepted or session.history.winner)
        write_candidate(
            session.run,
            session.history,
            session.history.candidates[candidate.id],
            session.baseline_files,
        )
        return session.run, session.history.candidates[candidate.id]


def _parent(session: Session, parent: str) -> tuple[Mapping[str, str], str]:
    if parent == BASELINE:
        return session.baseline_files, BASELINE
    found = session.history.candidate(parent)
    return session.files_of(found), found.id
