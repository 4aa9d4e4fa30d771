"""Let one process at a time write to a place, and say who it is.

Promises: the lock is the kernel's (flock), so that of a dead process is none, and nobody
needs to delete a stale file; a forked child does not prolong it.

Not here: waiting. Whoever is refused decides what to do.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Generator
from pathlib import Path

from sigil.errors import Where, WorkspaceBusy
from sigil.store.disk_errors import write_error, writing

_held: set[int] = set()


def _close_inherited_locks() -> None:
    """In a forked child: let go, so that a lock ends with the process that took it.

    Closing the child's copy of a descriptor leaves the parent's lock in force.
    """
    for descriptor in _held:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_close_inherited_locks)


@contextlib.contextmanager
def lock(path: Path) -> Generator[None]:
    """Hold ``path`` as a lock file for the block; never waits.

    The file holds process id and command of the holder, for people and for the message.
    The lock is the kernel's: that of a dead process is none.

    Raises:
        WorkspaceBusy: another holder; it is named.
        DiskFull: no space for the lock file.
        Unwritable: the lock file cannot be created, or is a symbolic link.
    """
    descriptor = _acquire(path)
    owner = os.getpid()
    try:
        yield
    finally:
        if os.getpid() == owner:
            _held.discard(descriptor)
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)
            os.close(descriptor)


def is_held(path: Path) -> bool:
    """Return whether somebody holds ``path`` as a lock file; nothing is created or written.

    A file without a name in it is free, and is not touched: to ask the kernel takes a shared
    lock for a moment, in which a new holder would be refused.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        if os.fstat(descriptor).st_size:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(descriptor)
    return False


def _acquire(path: Path) -> int:
    with writing(path):
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(path, flags, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = _holder(descriptor)
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise WorkspaceBusy(
                f"in use by {holder}",
                where=Where(str(path)),
                remedy="wait for it to end, or stop it",
            ) from error
        raise write_error(error, path) from error
    with contextlib.suppress(OSError):  # a full disk costs the name, not the lock
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {_command()}\n".encode(), 0)
    _held.add(descriptor)
    return descriptor


def _command() -> str:
    return " ".join(sys.orig_argv).replace("\n", " ")[:500]


def _holder(descriptor: int) -> str:
    """Name who holds a lock file, as far as the file tells."""
    try:
        text = os.pread(descriptor, 4096, 0).decode(errors="replace")
    except OSError:
        text = ""
    number, _, command = text.strip().partition(" ")
    if not number.isdigit():
        return "another process"
    return f"process {number} ({command})" if command else f"process {number}"
