"""Which files of a repository hold inputs that no model may see."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import cast

from sigil.errors import MalformedDocument
from sigil.optimize.spec import HOME
from sigil.store.documents import read_document


def held_out_files(root: Path) -> set[str]:
    """Return the files of held-out inputs that the evals of a repository name, by path.

    An eval that cannot be read names none; whoever uses it is told what is wrong with it.
    """
    found: set[str] = set()
    for file in sorted((root / HOME).glob("*.eval.yaml")):
        try:
            holdout: object = read_document(file).data.get("holdout")
        except MalformedDocument:
            continue
        cases = (
            cast("dict[str, object]", holdout).get("cases") if isinstance(holdout, dict) else None
        )
        found |= {PurePosixPath(cases).as_posix()} if isinstance(cases, str) else set()
    return found
