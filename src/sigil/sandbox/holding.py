"""Which folders of a cache are in use, and which may go.

A process that uses a folder keeps a shared lock on it until it ends, however it ends; who would
remove one needs the lock for itself. The few that were used last are kept for the next time.
Where a file system has no locks, nothing is removed.

Not here: what is in the folders (`sigil.sandbox.base`).
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from sigil.store.files import sweep, temporary_path

_LOOK = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_held: dict[tuple[int, int], int] = {}
"""The descriptors that this process holds, by device and inode; open ones are not reused."""


@contextmanager
def alone(cache: Path) -> Generator[None]:
    """Let no other process or thread put a folder into ``cache`` or take one away meanwhile.

    Raises:
        OSError: ``cache`` cannot be opened.
    """
    descriptor = os.open(cache, _LOOK & ~os.O_NOFOLLOW)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def hold(folder: Path) -> None:
    """Keep ``folder`` from being removed until this process ends; it was used just now.

    Raises:
        OSError: it cannot be opened.
    """
    descriptor = os.open(folder, _LOOK)
    status = os.fstat(descriptor)
    with suppress(OSError):  # somebody else's, in a cache that we only read
        os.utime(descriptor)
    if (status.st_dev, status.st_ino) in _held:
        os.close(descriptor)
        return
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    _let_go_of_removed()
    _held[status.st_dev, status.st_ino] = descriptor


def _let_go_of_removed() -> None:
    for key, descriptor in list(_held.items()):
        if os.fstat(descriptor).st_nlink == 0:
            del _held[key]
            os.close(descriptor)


def set_aside(folder: Path) -> None:
    """Take the name of ``folder`` away; `sweep` removes it once nobody holds it.

    Raises:
        OSError: it cannot be renamed.
    """
    folder.rename(temporary_path(folder.parent))


def remove_unused(cache: Path, keep: int, ours: Callable[[str], bool]) -> None:
    """Remove the folders of ``cache`` that nobody holds, but for those that were used last.

    What cannot be removed is left for another time.

    Args:
        cache: the parent of the folders.
        keep: how many of the most recently used ones stay, held or not.
        ours: says by its name whether a folder may be removed at all.
    """
    with suppress(OSError):
        with alone(cache):
            for folder in _latest_first(cache, ours)[keep:]:
                if _is_free(folder):
                    set_aside(folder)
        sweep(cache)


def _latest_first(cache: Path, ours: Callable[[str], bool]) -> list[Path]:
    used: list[tuple[int, str]] = []
    with os.scandir(cache) as entries:
        for entry in entries:
            if ours(entry.name):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    used.append((status.st_mtime_ns, entry.path))
    return [Path(path) for _, path in sorted(used, reverse=True)]


def _is_free(folder: Path) -> bool:
    """Say whether no process holds ``folder``. Who would begin to has to wait for us."""
    descriptor = os.open(folder, _LOOK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
