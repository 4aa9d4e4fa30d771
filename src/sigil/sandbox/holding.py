"""Which folders of a cache are in use, and which may go.

A process that uses a folder keeps a shared lock on it until it lets go of it, or ends, however it
ends; who would remove one needs the lock for itself. The few that were used last are kept for the
next time. Where a file system has no locks, nothing is removed.

Not here: what is in the folders (`sigil.sandbox.base`).
"""

from __future__ import annotations

import fcntl
import os
import stat
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sigil.store.files import sweep, temporary_path

_LOOK = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_Inode = tuple[int, int]


@dataclass(slots=True)
class _Hold:
    """An open folder with our lock on it, and by how many it is used."""

    descriptor: int
    users: int = 1


_held: dict[_Inode, _Hold] = {}
"""What this process holds, by device and inode; those of open folders are not reused."""
_turn = threading.Lock()


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
    """Keep ``folder`` from being removed until `let_go`, or the end; it was used just now.

    Raises:
        OSError: it cannot be opened.
    """
    descriptor = os.open(folder, _LOOK)
    with suppress(OSError):  # somebody else's, in a cache that we only read
        os.utime(descriptor)
    with _turn:
        inode = _inode(os.fstat(descriptor))
        if inode in _held:
            os.close(descriptor)
            _held[inode].users += 1
            return
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        _let_go_of_removed()
        _held[inode] = _Hold(descriptor)


def let_go(folder: os.stat_result) -> None:
    """Take one `hold` of this process back; once all are, the folder may go. Never raises.

    Args:
        folder: what it was when it was held: another one may have its name by now.
    """
    with _turn:
        inode = _inode(folder)
        known = _held.get(inode)
        if known is None:
            return
        known.users -= 1
        if not known.users:
            del _held[inode]
            os.close(known.descriptor)


def _inode(status: os.stat_result) -> _Inode:
    return status.st_dev, status.st_ino


def _let_go_of_removed() -> None:
    for inode, known in list(_held.items()):
        if os.fstat(known.descriptor).st_nlink == 0:
            del _held[inode]
            os.close(known.descriptor)


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
