"""Changes that a person brings: check a diff against the pins, evaluate and record it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sigil.canonical import candidate_id
from sigil.effects import SYSTEM_CLOCK, Clock
from sigil.errors import MalformedPatch, NotFound, Unreadable, Where
from sigil.optimize.history import Candidate, proposal_fields
from sigil.optimize.plan import Plan
from sigil.optimize.session import Session, open_session
from sigil.optimize.spec import Spec
from sigil.optimize.workbench import pinned_tree
from sigil.optimize.workspace import Workspace, write_candidate
from sigil.printable import printable
from sigil.search.model import BASELINE
from sigil.search.patch import MAX_PATCH_BYTES, check

MANUAL = "manual"
TEXT = "the diff"
"""What messages call a diff that stands in no file."""
LONGEST_NOTE = 255
"""Characters; no name of a file is longer."""


def read_patch(path: Path) -> str:
    """Return the text of a patch file.

    Raises:
        Unreadable: missing, or the system refuses.
        MalformedPatch: empty, too large, or not UTF-8.
    """
    where = Where(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PATCH_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror})", where=where) from error
    return _decoded(data, where)


def _decoded(data: bytes, where: Where) -> str:
    if len(data) > MAX_PATCH_BYTES:
        raise MalformedPatch(f"larger than {MAX_PATCH_BYTES // 2**20} MiB", where=where)
    if not data.strip():
        raise MalformedPatch("there is no diff in it", where=where, remedy="give a unified diff")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedPatch("not UTF-8 text", where=where) from error


def validate_patch(spec: Spec, patch: Path | str) -> dict[str, str]:
    """Return the pinned files after a diff, if it may be applied.

    The diff is against the spec's base commit, or the work tree as it is.

    Args:
        spec: whose pins it has to stay inside of.
        patch: a unified diff, or the file that holds it.

    Raises:
        SigilError: it is malformed, does not apply, leaves the pins or breaks an interface.
    """
    text, source = _text_of(patch)
    tree = pinned_tree(spec)
    files = spec.read_pinned(tree)
    spec.locate(files)
    return check(
        text,
        files,
        spec.pins(),
        exists=lambda name: (tree / name).exists(),
        source=source,
    )


def add_candidate(
    plan: Plan,
    workspace: Workspace,
    patch: Path | str,
    *,
    parent: str = BASELINE,
    note: str = "",
    existing: Path | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> tuple[Path, Candidate]:
    """Evaluate a diff in full and record it.

    Args:
        plan: how to measure it.
        workspace: where to record it.
        patch: a unified diff against ``parent``, or the file that holds it.
        parent: `BASELINE`, or the beginning of a candidate's id in ``existing``.
        note: what it tries, in one line; empty for the name of the file.
        existing: the run to add it to, of which ``plan`` is the `recorded_plan`; None makes
            a run of its own. A run that was interrupted stays so, and can be resumed.
        clock: when things happen.

    Returns:
        The run's folder and the candidate with its measurement.
    """
    text, source = _text_of(patch)
    if existing is None:
        _refuse_early(plan.spec, patch, parent)
    with workspace.writing(), open_session(plan, workspace, existing, clock) as session:
        bench, history = session.bench, session.history
        before, parent_id = _parent(session, parent)
        after = check(text, before, bench.pins, exists=bench.exists, source=source)
        name = candidate_id(parent_id, text.encode())
        added = Candidate(name, parent_id, text, MANUAL, note=_note(note, patch), seed=plan.seed)
        goes_on = existing is not None and history.ended is None
        session.measure_baseline()
        session.record("added", proposal_fields(added))
        evaluation = session.lanes.submit({**before, **after}, "confirm").result()
        session.record("confirmed", {"candidate": name, "evaluation": evaluation.to_json()})
        write_candidate(session.run, history, history.candidates[name], bench.files)
        if goes_on:
            session.checkpoint()
        else:
            session.finish(history.ended or "a candidate was added")
        return session.run, history.candidates[name]


def _refuse_early(spec: Spec, patch: Path | str, parent: str) -> None:
    """Refuse what cannot be added to a run of its own before there is a folder for it."""
    if parent != BASELINE:
        raise NotFound(
            f"no candidate {printable(parent, LONGEST_NOTE)!r} in a run that is yet to begin",
            remedy="say which run it is in",
        )
    validate_patch(spec, patch)


def _text_of(patch: Path | str) -> tuple[str, str]:
    """Return the text of a diff, checked, and what messages call it."""
    if isinstance(patch, Path):
        return read_patch(patch), str(patch)
    return _decoded(patch.encode(errors="surrogatepass"), Where(TEXT)), TEXT


def _note(note: str, patch: Path | str) -> str:
    text = note or (patch.name if isinstance(patch, Path) else "")
    return text[:LONGEST_NOTE].encode(errors="replace").decode()


def _parent(session: Session, parent: str) -> tuple[Mapping[str, str], str]:
    if parent == BASELINE:
        return session.baseline_files, BASELINE
    found = session.history.candidate(parent)
    return session.files_of(found), found.id
