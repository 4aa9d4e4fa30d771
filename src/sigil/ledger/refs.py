"""Which commit is the newest? One ref of a git repository, read and moved as git does it.

Promises: `swap` moves the ref only from where the caller saw it, whoever else moves it, git
itself included, since it takes git's own lock file; the move is on the disk when it returns; a
lock file that a killed process of ours left is recognised by what is in it and removed, while one
of git's is waited for and never touched. An empty one can be of either; it is removed if it stays
empty, because git fills its own at once.

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
_MARK = b"sigil\n"
_DIGITS = b"0123456789abcdef"
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
    with files.writing(path):
        _take(lock)
        try:
            if read(repository, name) != old:
                return False
            _replace(path, f"{new}\n".encode())
        finally:
            lock.unlink(missing_ok=True)
        files.sync_directory(path.parent)
        files.settle(path.parent)
    return True


def _replace(path: Path, data: bytes) -> None:
    """Give a file other bytes, whole or not at all; its name is still to be synced."""
    temporary = files.temporary_path(path.parent)
    descriptor = os.open(temporary, _NEW, 0o666)
    try:
        files.write_all(descriptor, data)
        os.fsync(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _take(lock: Path) -> None:
    """Make the lock file as soon as there is none of somebody who lives."""
    pause = threading.Event()
    for attempt in range(1, _TRIES + 1):
        try:
            descriptor = os.open(lock, _NEW, 0o666)
        except FileExistsError:
            if _abandoned(lock, last=attempt == _TRIES - 1):
                lock.unlink(missing_ok=True)
            else:
                pause.wait(_PAUSE)
            continue
        try:
            files.write_all(descriptor, _MARK)
        finally:
            os.close(descriptor)
        return
    raise WorkspaceBusy(
        "another program keeps the branch locked",
        where=Where(str(lock)),
        remedy="wait for it to end; if none is running, remove this file",
    )


def _abandoned(lock: Path, *, last: bool) -> bool:
    """Say whether a lock file is of a process that is gone.

    Ours begins with no hex digit, even where a power cut left zeros; git's begins with the id of
    a commit. The caller holds the ledger's lock, so none of ours that lives is in here.
    """
    try:
        found = files.read_file(lock)
    except NotFound:
        return False
    return last if not found else found[:1] not in _DIGITS


def tidy(repository: Path, name: str = BRANCH) -> None:
    """Remove what killed processes of ours left beside a branch. The caller holds the lock."""
    files.sweep((repository / name).parent)
