"""Hand a candidate on: into ``selected/``, and on request into the user's own files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sigil.errors import InvalidValue
from sigil.optimize.history import Candidate
from sigil.optimize.session import frozen_files
from sigil.optimize.spec import Spec
from sigil.optimize.workspace import (
    Workspace,
    candidate_files,
    load_history,
    promote,
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
        changed: whole text of each file that differs from the baseline, by path.
    """

    candidate: Candidate
    folder: Path
    links: tuple[Path, ...]
    changed: Mapping[str, str]


def select(
    spec: Spec, workspace: Workspace, run: Path, prefix: str | None, *, unaccepted: bool
) -> Selection:
    """Promote a candidate of ``run`` into ``selected/``.

    Args:
        spec: whose pins name the links.
        workspace: where ``run`` is.
        run: the run's folder.
        prefix: the beginning of the candidate's id; None for the winner.
        unaccepted: whether one that the accept rule did not let through may be promoted.

    Raises:
        NotFound: no such candidate, or the run has no winner and none is named.
        InvalidValue: the candidate was not accepted, and ``unaccepted`` is False.
    """
    with workspace.writing():
        history = load_history(run)
        candidate = history.chosen(prefix)
        verdict = candidate.verdict
        if not unaccepted and not (verdict and verdict.accepted):
            raise InvalidValue(
                f"candidate {candidate.id[:12]} was not accepted by the eval's rule",
                remedy="--unaccepted promotes it all the same",
            )
        baseline = frozen_files(run)
        folder = write_candidate(run, history, candidate, baseline)
        after = candidate_files(history, candidate, baseline)
        changed = {path: text for path, text in after.items() if baseline.get(path) != text}
        regions = spec.locate(baseline)
        pins = dict.fromkeys(region.pin_id for region in regions if region.path in changed)
        links = tuple(promote(workspace, pin, folder) for pin in pins)
        return Selection(candidate, folder, links, changed)


def preview(run: Path, prefix: str | None) -> str:
    """Return the change of a candidate against the baseline as a unified diff."""
    history = load_history(run)
    baseline = frozen_files(run)
    return diff(baseline, candidate_files(history, history.chosen(prefix), baseline))


def apply_to_tree(spec: Spec, run: Path, selection: Selection) -> list[str]:
    """Write a promoted candidate into the user's files and return the paths written.

    The change is applied as a diff, so that what was edited outside the pins since the run
    is kept; a conflict inside them is refused and nothing is written.

    Raises:
        PatchDoesNotApply: the pinned text is no longer what the run began with.
    """
    baseline = frozen_files(run)
    current = spec.read_pinned(spec.root)
    after = {**baseline, **selection.changed}
    merged = check(diff(baseline, after), current, spec.pins(), source="the selected change")
    changed = {path: text for path, text in merged.items() if current.get(path) != text}
    for path, text in changed.items():
        target = spec.root / path
        mode = target.stat().st_mode
        write_atomic(target, text.encode())
        target.chmod(mode)
    return sorted(changed)
