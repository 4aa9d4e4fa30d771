"""Which commit is the newest? One ref of a git repository, read and moved as git does it.

Promises: `swap` moves the ref only from where the caller saw it, whoever else moves it, git
itself included, since it takes git's own lock file; the move is on the disk when it returns; a
lock file that a killed process of ours left is recognised and removed, while one of git's is
waited for and never touched.

The lock file of ours has a second name, ``.sigil-….tmp``; git's have one name only.

Not here: what the commit holds (`sigil.ledger.snapshot`).
"""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

from sigil.errors import Corrupt, LedgerBroken, NotFound, Where, WorkspaceBusy
from sigil.store import files

BRANCH = "refs/heads/ledger"
_ID = re.compile(r"[0-9a-f]{40}")
_TRIES, _PAUSE = 500, 0.01
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def read(repository: Path, name: str = BRANCH) -> str | None:
    """Return the id of the commit that a branch is at; None if there is no such branch.

    Raises:
        LedgerBroken: what stands there is no commit's id.
        Unreadable: the system refuses.
    """
    try:
        text = files.read_file(repository / name).decode(errors="replace").rstrip()
    except NotFound:
        return _packed(repository, name)
    except Corrupt as error:
        raise LedgerBroken(error.problem, where=error.where, remedy=error.remedy) from error
    if not _ID.fullmatch(text):
        raise LedgerBroken(
            "names no commit",
            where=Where(str(repository / name)),
            remedy="restore the ledger from a copy or from its remote",
        )
    return text


def _packed(repository: Path, name: str) -> str | None:
    """Look the branch up where `git pack-refs` puts it."""
    try:
        text = files.read_file(repository / "packed-refs").decode(errors="replace")
    except NotFound:
        return None
    for line in text.splitlines():
        target, _, found = line.partition(" ")
        if found == name and _ID.fullmatch(target):
            return target
    return None


def swap(repository: Path, old: str | None, new: str, name: str = BRANCH) -> bool:
    """Move a branch from ``old`` to ``new``, durable when this returns.

    The caller holds the ledger's own lock, so that no other process of ours is in here.

    Returns:
        False if the branch is not at ``old``; then nothing was changed.

    Raises:
        WorkspaceBusy: another program keeps the branch locked.
        DiskFull: no space left; nothing was changed.
        Unwritable: any other refusal.
    """
    path = repository / name
    lock = path.with_name(path.name + ".lock")
    temporary = files.temporary_path(path.parent)
    with files.writing(path):
        descriptor = os.open(temporary, _NEW, 0o666)
        try:
            files.write_all(descriptor, f"{new}\n".encode())
            os.fsync(descriptor)
            _take(temporary, lock)
            try:
                moved = read(repository, name) == old
                if moved:
                    lock.replace(path)
            finally:
                lock.unlink(missing_ok=True)
        finally:
            os.close(descriptor)
            temporary.unlink(missing_ok=True)
        if moved:
            files.sync_directory(path.parent)
            files.settle(path.parent)
    return moved


def tidy(repository: Path, name: str = BRANCH) -> None:
    """Remove what killed processes of ours left around a branch. The caller holds the lock.

    Raises:
        Unwritable: the system refuses.
    """
    path = repository / name
    with files.writing(path):
        _remove_ours(path.with_name(path.name + ".lock"))
        files.sweep(path.parent)


def _take(temporary: Path, lock: Path) -> None:
    """Give a temporary file its second name, the lock's, as soon as that is free."""
    pause = threading.Event()
    for _ in range(_TRIES):
        try:
            os.link(temporary, lock)
        except FileExistsError:
            _remove_ours(lock)
            pause.wait(_PAUSE)
        else:
            return
    raise WorkspaceBusy(
        "another program keeps the branch locked",
        where=Where(str(lock)),
        remedy="wait for it to end; if none is running, remove this file",
    )


def _remove_ours(lock: Path) -> None:
    """Remove a lock file that a killed process of ours left behind: one that has two names."""
    try:
        abandoned = lock.lstat().st_nlink > 1
    except FileNotFoundError:
        return
    if abandoned:
        lock.unlink(missing_ok=True)
