"""Hand a candidate on: into ``selected/``, and on request into the user's own files.

What is written into the user's files is what was measured: the pinned text there has to be
what the run began with, and whatever was edited around the pins stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sigil.errors import InvalidValue, PatchDoesNotApply, SigilError, Where
from sigil.optimize.history import Candidate
from sigil.optimize.session import frozen_files
from sigil.optimize.spec import Spec
from sigil.optimize.workspace import (
    Workspace,
    candidate_files,
    link_version,
    load_history,
    write_candidate,
)
from sigil.search.patch import check, diff
from sigil.store.files import write_atomic


@dataclass(frozen=True, slots=True)
class Selection:
    """A promoted candidate.

    Args:
        candidate: which one.
        folder: its readable files.
        links: one versioned link for each pin that it changes.
        applied: paths of the user's files that were written; none if they had it already.
    """

    candidate: Candidate
    folder: Path
    links: tuple[Path, ...]
    applied: tuple[str, ...]


def select(
    spec: Spec,
    workspace: Workspace,
    run: Path,
    prefix: str | None,
    *,
    unaccepted: bool = False,
    apply: bool = False,
) -> Selection:
    """Promote a candidate of ``run`` into ``selected/``.

    Args:
        spec: whose pins name the links.
        workspace: where ``run`` is.
        run: the run's folder.
        prefix: the beginning of the candidate's id; None for the winner.
        unaccepted: whether one that the accept rule did not take in a fresh measurement
            may be promoted.
        apply: whether to write the change into the user's files, before it is linked.

    Raises:
        NotFound: no such candidate, or the run has no winner and none is named.
        InvalidValue: the candidate was not accepted, and ``unaccepted`` is False.
        PatchDoesNotApply: the user's pinned text is not what the run began with.
    """
    with workspace.writing():
        history = load_history(run)
        candidate = history.chosen(prefix)
        if not (unaccepted or candidate.accepted):
            raise InvalidValue(
                f"candidate {candidate.id[:12]} was not accepted in a fresh measurement",
                remedy="--unaccepted promotes it all the same",
            )
        baseline = frozen_files(run)
        after = candidate_files(history, candidate, baseline)
        folder = write_candidate(run, history, candidate, baseline)
        applied = _apply(spec, baseline, after) if apply else ()
        links = tuple(
            link_version(workspace, pin, folder) for pin in _changed_pins(spec, baseline, after)
        )
        return Selection(candidate, folder, links, applied)


def preview(run: Path, prefix: str | None) -> str:
    """Return the change of a candidate against the baseline as a unified diff."""
    history = load_history(run)
    baseline = frozen_files(run)
    return diff(baseline, candidate_files(history, history.chosen(prefix), baseline))


def _changed_pins(spec: Spec, baseline: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    was, now = _pinned(spec, baseline), _pinned(spec, after)
    keys = {*was, *now}
    return sorted({pin for pin, path in keys if was.get((pin, path)) != now.get((pin, path))})


def _pinned(spec: Spec, files: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return the text of each pinned region, by pin and path."""
    texts: dict[tuple[str, str], str] = {}
    for region in spec.locate(files):
        lines = files[region.path].split("\n")[region.first - 1 : region.last]
        texts[region.pin_id, region.path] = "\n".join(lines)
    return texts


def _apply(spec: Spec, baseline: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Write the change into the user's files: all of them, or none."""
    current = spec.read_pinned(spec.root)
    theirs = _pinned(spec, current)
    if theirs == _pinned(spec, after):
        return ()  # they have it already
    for place, text in _pinned(spec, baseline).items():
        if theirs.get(place) != text:
            raise PatchDoesNotApply(
                f"the pinned text of {place[0]} was edited since the run began",
                where=Where(place[1]),
                remedy="undo that edit, or run again from it",
            )
    merged = check(diff(baseline, after), current, spec.pins(), source="the selected change")
    changed = {path: text for path, text in merged.items() if current.get(path) != text}
    written: list[str] = []
    try:
        for path, text in changed.items():
            _write(spec.root / path, text)
            written.append(path)
    except SigilError:
        for path in written:
            _restore(spec.root / path, current.get(path))
        raise
    return tuple(sorted(changed))


def _write(path: Path, text: str) -> None:
    mode = path.stat().st_mode if path.exists() else None
    write_atomic(path, text.encode())
    if mode is not None:
        path.chmod(mode)


def _restore(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink(missing_ok=True)
    else:
        _write(path, text)
