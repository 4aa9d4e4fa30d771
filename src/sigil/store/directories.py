"""Make directories whose names are on the disk, whoever made those above them.

Syncing a file does not sync its name, and syncing a directory does not sync the directory's
own name. So whatever is to survive a power cut needs the sync of every directory between it
and the mount point, once.

Not here: what is in them (`sigil.store.files`), removing them (`sigil.store.removal`).
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
from pathlib import Path

from sigil.store.disk_errors import writing


def make_directory(path: Path) -> None:
    """Create ``path`` and its missing parents, durable when this returns.

    Raises:
        DiskFull: no space or quota left.
        Unwritable: any other refusal, such as a file in the way.
    """
    with writing(path):
        missing = list(itertools.takewhile(lambda p: not p.exists(), (path, *path.parents)))
        for directory in reversed(missing):
            with contextlib.suppress(FileExistsError):
                directory.mkdir()
            settle_new(directory)
        if not stat.S_ISDIR(path.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        settle(path)


_settled: set[tuple[int, int]] = set()
"""Device and inode of directories whose names this process has synced."""


def settle(directory: Path) -> None:
    """Make the name of an existing directory durable, and the names of those above it.

    Whoever made them may have been killed before it synced their names; without this, a
    power cut could take away a directory with all that was synced inside it. Done once per
    process and directory, up to the mount point.

    Raises:
        OSError: as the system says.
    """
    status = directory.stat()
    if (status.st_dev, status.st_ino) in _settled:
        return
    real = directory.resolve()
    if real != real.parent and real.parent.stat().st_dev == status.st_dev:
        settle(real.parent)
        sync_directory(real.parent)
    _settled.add((status.st_dev, status.st_ino))


def settle_new(directory: Path) -> None:
    """Make durable the name of a directory that was just made or renamed.

    Not left to `settle`, because a new directory may have the inode of a former one.

    Raises:
        OSError: as the system says.
    """
    sync_directory(directory.parent)
    settle(directory.parent)
    status = directory.stat()
    _settled.add((status.st_dev, status.st_ino))


def sync_directory(path: Path) -> None:
    """Make the names in ``path`` durable.

    Raises:
        OSError: as the system says. A directory that may not be opened for reading, or a
            file system that cannot sync directories, is passed over: there is no other way.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)
