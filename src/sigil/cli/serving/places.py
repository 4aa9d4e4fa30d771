"""From the names that a caller gives to a spec, a workspace, a run and its inbox.

Callers give names and beginnings of names, never paths: each is checked as a plain name, or
found among those that there are, so that none leads out of the repository's ``.sigil`` folder.
"""

from __future__ import annotations

import json
from pathlib import Path

from sigil.optimize.proposing import INBOX
from sigil.optimize.spec import HOME, load_spec
from sigil.optimize.workspace import open_workspace
from sigil.store.records import RunRecord

SPEC_SUFFIX = ".sigil.yaml"


def spec_names(repository: Path) -> list[str]:
    """Return the names of the specs of a repository, sorted."""
    found = (repository / HOME).glob(f"*{SPEC_SUFFIX}")
    return sorted(path.name.removesuffix(SPEC_SUFFIX) for path in found)


def workspace_names(repository: Path, spec: str) -> list[str]:
    """Return the names of workspaces that hold something, sorted."""
    folder = repository / HOME / spec / "workspaces"
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def find(repository: Path, spec: str, workspace: str, run: str | None) -> Path:
    """Return the folder of the run that names mean; without a name the latest.

    Raises:
        NotFound: there is none.
        InvalidValue: a name is no plain name.
        SigilError: the spec is wrong.
    """
    return open_workspace(load_spec(repository, spec), workspace).find_run(run or None)


def inbox_of(repository: Path, run: Path) -> Path:
    """Return the folder in which a run asks: its own, unless it was begun with another.

    Raises:
        Corrupt: the record is not what was written.
    """
    models = json.loads(RunRecord.open(run).snapshot("search")).get("models", ())
    named = [model["path"] for model in models if model["provider"] == INBOX]
    return repository / named[0] if named and named[0] else run / INBOX
