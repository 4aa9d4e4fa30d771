"""What was made here and stands on no branch: the commonest reason why the base branch lacks it.

Policy and exam are read from a commit of the base branch alone, so what was generated and not
committed there does not exist for an evaluation, while it lies before the eyes of whoever asks.

Not here: reading the two (`sigil.gate.policy`, `sigil.gate.bundle.read`).
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sigil.errors import NotFound
from sigil.printable import printable

_MOST = 80


@contextmanager
def naming_the_branch(root: Path, path: str, branch: str, make: str) -> Generator[None]:
    """Say of a file that a branch lacks how it gets there.

    Args:
        root: the repository.
        path: the file, relative to it.
        branch: the base branch.
        make: the command that makes the file.

    Raises:
        NotFound: as it comes, with that remedy.
    """
    try:
        yield
    except NotFound as error:
        commit = f"commit it on {printable(branch, _MOST)}"
        is_here = (root / path).is_file()
        remedy = f"it is in the working tree: {commit}" if is_here else f"{make}; then {commit}"
        raise NotFound(error.problem, where=error.where, remedy=remedy) from error
