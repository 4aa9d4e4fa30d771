"""Make the repository of a new ledger where nobody sees it, and give it its name at once.

Not here: what is in it at first (`sigil.ledger.ledger`, `sigil.ledger.syncing`).
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Generator
from pathlib import Path

from sigil.errors import AlreadyExists, Where
from sigil.ledger import layout
from sigil.store import files

_TAKEN = {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}


@contextlib.contextmanager
def new_repository(path: Path) -> Generator[Path]:
    """Yield an empty repository that becomes ``path`` if the block ends well.

    Raises:
        AlreadyExists: something is at ``path``.
        DiskFull, Unwritable: it cannot be written; nothing is left.
    """
    refuse_taken(path)
    files.make_directory(path.parent)
    files.sweep(path.parent)
    with files.temporary_directory(path.parent) as stage:
        with files.writing(path):
            for name in layout.FOLDERS:
                (stage / name).mkdir()
        for name, data in layout.FILES.items():
            files.write_new(stage / name, data)
        yield stage
        with files.writing(path):
            for name in ("refs/heads", "refs", "objects", "."):
                files.sync_directory(stage / name)
            try:
                stage.rename(path)
            except OSError as error:
                if error.errno in _TAKEN:
                    raise _taken(path) from error
                raise
            files.settle_new(path)


def refuse_taken(path: Path) -> None:
    """Refuse a place at which something is.

    Raises:
        AlreadyExists: something is.
    """
    if path.exists() or path.is_symlink():
        raise _taken(path)


def _taken(path: Path) -> AlreadyExists:
    return AlreadyExists(
        "something of this name exists",
        where=Where(str(path)),
        remedy="use the ledger that is there, or move it away first",
    )
