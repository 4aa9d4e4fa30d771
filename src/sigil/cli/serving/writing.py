"""The tool that measures: a diff of the caller's, in the sandbox, recorded as a person's is.

Not here: searching. A run is begun by a person who says what it may spend.
"""

from __future__ import annotations

from pathlib import Path

from sigil.cli.planning import make_plan
from sigil.cli.serving import results
from sigil.optimize.candidates import add_candidate
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import open_workspace


def added(
    repository: Path,
    spec: str,
    patch: str,
    *,
    note: str,
    workspace: str,
    run: str | None,
    parent: str,
    eval_name: str | None,
) -> results.Added:
    """Evaluate a diff in full and record it.

    Raises:
        SigilError: the diff may not be applied, a name is wrong, no rung of the sandbox holds,
            or a run holds the workspace.
    """
    loaded = load_spec(repository, spec)
    opened = open_workspace(loaded, workspace)
    existing = opened.find_run(run) if run else None
    plan = make_plan(loaded, eval_name, {}, recorded=existing)
    folder, candidate = add_candidate(
        plan, opened, patch, parent=parent, note=note, existing=existing
    )
    return results.Added(folder.name, results.found(candidate))
