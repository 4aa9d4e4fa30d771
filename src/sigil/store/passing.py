"""Directories that last as long as the process that made them.

Promises: one is removed when its process ends, by whatever end runs Python's exit handlers. After
one that does not, such as ``kill -9``, the next process that makes one at the same place removes
it. A forked child removes nothing.

Not here: directories that last for a block (`sigil.store.files.temporary_directory`).
"""

from __future__ import annotations

import atexit
import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from sigil.store.disk_errors import writing
from sigil.store.files import open_temporary_directory, sweep
from sigil.store.removal import remove_tree


@dataclass(frozen=True, slots=True)
class _Held:
    """A directory; ``descriptor`` has the lock that says that ``process`` is alive."""

    path: Path
    descriptor: int
    process: int


_held: dict[Path, _Held] = {}


def passing_directory(place: Path) -> Path:
    """Make a directory in ``place`` that only its owner can enter, until the process ends.

    Raises:
        DiskFull: no space or quota left.
        Unwritable: any other refusal.
    """
    sweep(place)
    with writing(place):
        path, descriptor = open_temporary_directory(place)
        path.chmod(0o700)
    _held[path] = _Held(path, descriptor, os.getpid())
    return path


def remove_now(path: Path) -> None:
    """Remove what `passing_directory` made, before its time. What cannot be removed stays."""
    held = _held.pop(path)
    if held.process == os.getpid():
        with contextlib.suppress(OSError):
            remove_tree(path)
    os.close(held.descriptor)


def _remove_all() -> None:
    for path in list(_held):
        remove_now(path)


atexit.register(_remove_all)
