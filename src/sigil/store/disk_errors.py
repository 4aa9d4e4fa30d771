"""What does the system's refusal mean, and what can the reader do about it?

Promises: no `OSError` of the store reaches a user; each becomes one line with the path, the
system's reason and a remedy. A full disk is told apart from every other refusal, because
freeing space and running again is then enough.

Not here: what happens to the half-written file (`sigil.store.files`).
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Generator
from pathlib import Path

from sigil.errors import Corrupt, DiskFull, NotFound, SigilError, Unreadable, Unwritable, Where

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REMEDIES = {
    errno.EACCES: "check the permissions",
    errno.EPERM: "check the permissions",
    errno.EROFS: "the file system is read-only, choose another place",
    errno.ENOTDIR: "a part of the path is a file, choose another place",
    errno.EISDIR: "a directory has this name, move it away",
    errno.ENOENT: "create the directory first",
    errno.EEXIST: "something else has this name, move it away",
    errno.ELOOP: "replace the symbolic link by what it points to",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.EIO: "check the disk",
}


def write_error(error: OSError, path: Path) -> SigilError:
    """Return the error of Sigil for a refused write at ``path``."""
    reason = error.strerror or type(error).__name__
    if error.errno in _NO_SPACE:
        return DiskFull(
            f"no space to write ({reason})",
            where=Where(str(path)),
            remedy="free some space or raise the quota, then run it again",
        )
    remedy = _REMEDIES.get(error.errno or 0, "choose another place")
    return Unwritable(f"cannot be written ({reason})", where=Where(str(path)), remedy=remedy)


def read_error(error: OSError, path: Path) -> SigilError:
    """Return the error of Sigil for a refused read of ``path``."""
    where = Where(str(path))
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return NotFound("there is no such file", where=where, remedy="check the path")
    if error.errno == errno.ELOOP:
        return Corrupt(
            "a symbolic link stands where a file was written",
            where=where,
            remedy="restore the file",
        )
    reason = error.strerror or type(error).__name__
    return Unreadable(f"cannot be read ({reason})", where=where, remedy="check the permissions")


@contextlib.contextmanager
def reading(path: Path) -> Generator[None]:
    """Turn any `OSError` of the block into `NotFound`, `Corrupt` or `Unreadable` at ``path``."""
    try:
        yield
    except OSError as error:
        raise read_error(error, path) from error


@contextlib.contextmanager
def writing(path: Path) -> Generator[None]:
    """Turn any `OSError` of the block into `DiskFull` or `Unwritable` at ``path``."""
    try:
        yield
    except OSError as error:
        raise write_error(error, path) from error
