"""Scenarios that are in no bundle: tried before they are sealed, and written nowhere.

A draft may become a holdout. So its text is read into memory alone, from standard input or from a
file elsewhere, and all that quotes it is for the terminal of whoever typed it: never for a pipe, a
file, JSON or JUnit.

Not here: running them (`sigil.cli.scenario.run`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigil.gate.model import Scenario

STDIN = "-"
_LUA = ".lua"


def names_a_draft(name: str) -> bool:
    """Say whether an argument is standard input or a file, and not a scenario's id."""
    return name == STDIN or name.endswith(_LUA)


def drafts(root: Path, service: str, names: Sequence[str]) -> list[Scenario]:
    """Return the scenarios on standard input or in files outside of the bundle.

    Args:
        root: the repository.
        service: whose helpers they may require.
        names: each ``-`` or a path.

    Raises:
        UsageError: standard input and something else, or a file of the bundle.
        NotFound, Corrupt, Unreadable: a file cannot be read.
        MalformedScenario: no text, or too long; nothing of it is quoted.
    """
    from sigil.errors import UsageError
    from sigil.gate.bundle.linting import helpers
    from sigil.gate.trees import FolderTree

    if STDIN in names and len(names) > 1:
        raise UsageError("standard input and files at once", remedy="run them one by one")
    library = helpers(FolderTree(root), service)
    return [_draft(root, service, name, library) for name in names]


def _draft(root: Path, service: str, name: str, library: dict[str, str]) -> Scenario:
    from sigil.cli.scenario.choosing import read_draft
    from sigil.gate.bundle.changing import checked
    from sigil.gate.bundle.linting import DRAFT
    from sigil.gate.model import Scenario
    from sigil.printable import printable

    text = checked(read_draft() if name == STDIN else _file(root, service, Path(name)))
    shown = DRAFT if name == STDIN else printable(name)
    # To its author it is as visible as any; what may quote it is left to `run`.
    return Scenario(shown, "visible", text, shown, library=library)


def _file(root: Path, service: str, path: Path) -> bytes:
    from sigil.errors import UsageError
    from sigil.gate.bundle.read import MAX_TEXT, folder_of
    from sigil.gate.trees import FolderTree
    from sigil.printable import printable

    folder = path.parent.resolve()
    visible = root / folder_of(service) / "visible"
    if folder.is_relative_to(visible):
        id_ = (folder / path.stem).relative_to(visible).as_posix()
        raise UsageError(
            f"{printable(str(path))} is a visible scenario", remedy=f"name it by its id: {id_}"
        )
    return FolderTree(folder).read(path.name, MAX_TEXT)


def on_terminal() -> bool:
    """Say whether somebody reads standard output as it comes."""
    return sys.stdout.isatty()
