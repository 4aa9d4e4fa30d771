"""Write a file so that it is whole or absent, and read it so that it is what was written.

Promises: a file written here appears under its name at once, with all of its bytes, and is
on the disk when the call returns; a full disk is a `DiskFull`, any other refusal an
`Unwritable` that names the place and the remedy; no call follows a symbolic link in the
last part of a path; what a killed process left half-written is swept by the next one.

Directories above a store may be links: where a user keeps things is the user's business.

Not here: directories (`sigil.store.directories`), removing them (`sigil.store.removal`) and who
may write (`sigil.store.locks`), all re-exported; content addresses (`sigil.store.blobs`), many
small writes (`sigil.store.journal`).
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import re
import stat
from collections.abc import Callable, Generator, Iterator
from pathlib import Path, PurePosixPath

from sigil import canonical
from sigil.errors import Corrupt, InvalidValue, Unwritable, Where
from sigil.store.directories import (
    make_directory,
    settle,
    settle_new,
    sync_directory,
)
from sigil.store.disk_errors import read_error, write_error, writing
from sigil.store.locks import lock
from sigil.store.removal import remove_tree

__all__ = [
    "CHUNK", "confined", "hold", "is_confined", "is_temporary", "lock", "make_directory",
    "open_regular", "read_chunks", "read_file", "read_verified", "remove_tree", "settle",
    "settle_new", "sweep", "sync_directory", "sync_file", "temporary_directory",
    "temporary_path", "write_all", "write_atomic", "write_error", "write_new",
    "write_unsynced", "writing",
]  # fmt: skip

TEMPORARY_PREFIX = ".sigil-"
TEMPORARY_SUFFIX = ".tmp"
CHUNK = 1 << 20
_NUMBERS = itertools.count()
_ESCAPES = re.compile(r"/\.{0,2}/")
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


# --- writing ----------------------------------------------------------------------------


def write_atomic(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data``, whole and durable when this returns.

    The directory must exist. Permissions follow the umask. A symbolic link at ``path`` is
    replaced, not followed. Safe beside other writers of the same path: the last one wins.

    Raises:
        DiskFull: no space or quota left; ``path`` is as it was.
        Unwritable: any other refusal; ``path`` is as it was.
    """
    with writing(path):
        _replace(path, data, os.fsync)
        sync_directory(path.parent)
        settle(path.parent)


def _replace(path: Path, data: bytes, sync: Callable[[int], object]) -> None:
    _refuse_what_is_no_file(path)
    descriptor, temporary = _open_temporary(path.parent)
    try:
        write_all(descriptor, data)
        sync(descriptor)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    finally:
        # Closed last: the lock on it tells `sweep` that the file is still in use.
        os.close(descriptor)


def _refuse_what_is_no_file(path: Path) -> None:
    """Refuse to put a file where a device, a pipe or a socket is, which others use.

    Raises:
        Unwritable: one is there, or a link leads to one.
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # nothing is there, or whoever writes is told
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise Unwritable(
            "a device, a pipe or a socket is no place for a file",
            where=Where(str(path)),
            remedy="name a file",
        )


def write_unsynced(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data``, whole for every reader, but not synced.

    For what nothing rests on: after a power cut the file may be empty or the former one.

    Raises:
        DiskFull: no space or quota left; ``path`` is as it was.
        Unwritable: any other refusal; ``path`` is as it was.
    """
    with writing(path):
        _replace(path, data, lambda _: None)


def write_new(path: Path, data: bytes) -> None:
    """Create ``path`` with ``data`` and sync the file, but not its directory.

    For files inside a directory that nobody can see yet: whoever renames that directory
    into place syncs it.

    Raises:
        DiskFull: no space or quota left.
        Unwritable: any other refusal, such as a file of this name.
    """
    with writing(path):
        descriptor = os.open(path, _NEW, 0o666)
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``, however many calls the system needs for it.

    Raises:
        OSError: as the system says; a part may have been written.
    """
    written = os.write(descriptor, data)
    if written == len(data):
        return
    rest = memoryview(data)[written:]
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_file(path: Path) -> None:
    """Make the bytes of an existing file durable, whoever wrote them.

    Raises:
        NotFound: there is no such file.
        Corrupt: something else than a file has its name.
        DiskFull: a file system that reserves no space found none.
        Unwritable: the disk refuses.
    """
    descriptor = open_regular(path)
    try:
        with writing(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- temporary files --------------------------------------------------------------------


def temporary_path(directory: Path) -> Path:
    """Return a name for a temporary file or directory that no other call returns."""
    name = f"{TEMPORARY_PREFIX}{os.getpid()}-{next(_NUMBERS)}{TEMPORARY_SUFFIX}"
    return directory / name


def is_temporary(name: str) -> bool:
    """Say whether ``name`` is one that only a write in progress has."""
    return name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX)


@contextlib.contextmanager
def temporary_directory(directory: Path) -> Generator[Path]:
    """Make a directory that nobody takes for finished; removed unless it was renamed.

    Raises:
        DiskFull: no space or quota left.
        Unwritable: any other refusal.
    """
    with writing(directory):
        path, descriptor = open_temporary_directory(directory)
    try:
        yield path
    finally:
        if path.exists():
            with contextlib.suppress(OSError):
                remove_tree(path)
        os.close(descriptor)


def open_temporary_directory(directory: Path) -> tuple[Path, int]:
    """Create a temporary directory, locked for as long as its descriptor is open.

    Whoever closes that descriptor removes the directory before, else `sweep` does one day.

    Raises:
        OSError: the disk refuses.
    """
    while True:
        path = temporary_path(directory)
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            path.mkdir()
            descriptor = os.open(path, _READ | os.O_DIRECTORY)
            if hold(descriptor):
                return path, descriptor
            os.close(descriptor)


def _open_temporary(directory: Path) -> tuple[int, Path]:
    """Create a temporary file, locked for as long as its descriptor is open."""
    while True:
        path = temporary_path(directory)
        try:
            descriptor = os.open(path, _NEW, 0o666)
        except FileExistsError:
            continue  # left by a dead process that had our number
        if hold(descriptor):
            return descriptor, path
        os.close(descriptor)


def hold(descriptor: int) -> bool:
    """Lock a fresh temporary so that `sweep` leaves it; False if it was swept already.

    Between its creation and the lock, a sweeper may take it for a leftover; then it has no
    name any more and the caller makes another.
    """
    with contextlib.suppress(OSError):  # a file system without locks: nobody sweeps there
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return os.fstat(descriptor).st_nlink > 0


def sweep(directory: Path) -> int:
    """Remove the temporary files and directories of processes that are gone.

    Whoever writes one holds a lock on it, and a lock dies with its process, so nothing that
    is still being written is touched, whatever its process id or container.

    Returns:
        How many were removed. Those that cannot be removed are left.
    """
    removed = 0
    with contextlib.suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            if is_temporary(entry.name) and not entry.is_symlink():
                removed += _sweep_one(entry.path)
    return removed


def _sweep_one(path: str) -> int:
    try:
        descriptor = os.open(path, _READ)
    except OSError:
        return 0
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            remove_tree(Path(path))
        else:
            Path(path).unlink()
    except OSError:
        return 0
    finally:
        os.close(descriptor)
    return 1


# --- reading ----------------------------------------------------------------------------


def read_file(path: str | Path) -> bytes:
    """Return the bytes of a regular file; a link, pipe or device there is not one.

    Raises:
        NotFound: there is no such file.
        Corrupt: something else than a file has its name.
        Unreadable: the system refuses.
    """
    return b"".join(read_chunks(path))


def read_chunks(path: str | Path) -> Iterator[bytes]:
    """Yield the bytes of a regular file in pieces of at most 1 MiB.

    Raises:
        NotFound: there is no such file.
        Corrupt: something else than a file has its name.
        Unreadable: the system refuses.
    """
    descriptor = open_regular(path)
    try:
        while chunk := os.read(descriptor, CHUNK):
            yield chunk
    except OSError as error:
        raise read_error(error, Path(path)) from error
    finally:
        os.close(descriptor)


def open_regular(path: str | Path) -> int:
    """Return a descriptor for reading a regular file; the caller closes it.

    Raises:
        NotFound: there is no such file.
        Corrupt: a link, directory, pipe or device has its name.
        Unreadable: the system refuses.
    """
    try:
        descriptor = os.open(path, _READ)
    except OSError as error:
        raise read_error(error, Path(path)) from error
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise Corrupt(
        "something else stands where a file was written",
        where=Where(str(path)),
        remedy="restore the file",
    )


def read_verified(path: Path, digest: str) -> bytes:
    """Return the bytes of ``path`` if they have ``digest`` (``sha256:<hex>``).

    Raises:
        NotFound: there is no such file.
        Corrupt: the bytes are others than those that were written.
        Unreadable: the system refuses.
    """
    data = read_file(path)
    found = canonical.digest(data)
    if found != digest:
        raise Corrupt(
            f"has digest {found}, not the recorded {digest}",
            where=Where(str(path)),
            remedy="restore the file from a copy, or run it again",
        )
    return data


def confined(path: str) -> PurePosixPath:
    """Return a relative path of a record, which never leads out of its directory.

    Raises:
        InvalidValue: empty, absolute, with ``..``, ``.``, ``//`` or a control character.
    """
    if not is_confined(path):
        raise InvalidValue(
            f"{path!r} is not a path inside the record",
            remedy="use a relative path without . and ..",
        )
    return PurePosixPath(path)


def is_confined(path: str) -> bool:
    """Say whether ``path`` is relative and stays inside the directory that it starts from."""
    return path.isprintable() and not _ESCAPES.search(f"/{path}/")
