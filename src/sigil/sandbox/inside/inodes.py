"""Let no lock that a sandbox takes on a file meet the lock of another sandbox.

Runs in the target's interpreter: CPython 3.9 or later, the standard library alone, and no
knowledge of Sigil. A lock, a hint and what a file system says of a file by ``ioctl`` belong to
an inode, and whoever may read a file may lock it: so a folder of the system that several
sandboxes see is a place to leave and to find word. Three answers, by what there is to show:

* a folder is shown through an overlay of this sandbox's own, which has inodes of its own,
* a small file is copied,
* what can be neither (devices, namespaces that all share, the inode behind every ``epoll``) is
  *held*: the zygote keeps shared locks on it, for itself, as long as it lives. Then an exclusive
  lock is refused and a shared one is granted, whatever anybody else does.

The contents stay those of the machine: pages in memory are shared with it, as without this. A name
that a sandbox once looked for and that was not there, it may not see when it is made later.

Not here: what is shown (`view.py`), leases and hints (`sigil/sandbox/policy.py`).
Sources: the kernel's Documentation/filesystems/overlayfs.rst, flock(2), fcntl_locking(2).
"""

# Strings and descriptors, not Path objects: importing pathlib is dear, and so is each object.
# ruff: noqa: PTH103, PTH112, PTH116, PTH120, PTH123

from __future__ import annotations

import fcntl
import os
import select
import stat
import struct

import namespaces

_COPIED = 2**20
"""The largest file that is copied: settings of the system have some hundred kilobytes."""
_OVERLAY = namespaces.MS_RDONLY | namespaces.MS_NOSUID | namespaces.MS_NODEV
_LOOK = os.O_RDONLY | os.O_CLOEXEC
_READ_LOCK = struct.pack("hhqqi", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)


def show(source: str, target: str, empty: str) -> bool:
    """Show a folder or a file at ``target``, read-only once its mount is.

    Args:
        source: absolute.
        target: where nothing is yet.
        empty: a folder with nothing in it, whose path an option of mount can hold.

    Returns:
        Whether its inodes are this sandbox's own. If not, it is bound: the kernel refused the
        overlay (something is mounted inside of ``source``, or its file system cannot lie below
        one), or it is a large or special file.
    """
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
        if _lay_over(source, target, empty):
            return True
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if _copy(source, target):
            return True
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o644))
    bind(source, target)
    return False


def bind(source: str, target: str) -> None:
    """Show the very thing, with all that is mounted inside of it."""
    namespaces.mount(source, target, flags=namespaces.MS_BIND | namespaces.MS_REC)


def _lay_over(source: str, target: str, empty: str) -> bool:
    """Mount an overlay of ``source`` alone; the kernel wants two layers where none is written."""
    try:
        os.chdir(source)  # a path may hold what the option string cannot
        namespaces.mount("overlay", target, "overlay", _OVERLAY, "lowerdir=.:" + empty)
    except OSError:
        return False
    finally:
        os.chdir("/")
    return True


def _copy(source: str, target: str) -> bool:
    try:
        status = os.stat(source)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _COPIED:
            return False
        with open(source, "rb", buffering=0) as file:
            data = file.read(_COPIED + 1)
    except OSError:
        return False
    if len(data) > _COPIED:
        return False
    with open(target, "xb", buffering=0) as file:
        file.write(data)
        os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    return True


def hold(paths: list) -> list:
    """Hold ``paths`` and the inode behind all anonymous descriptors until this process ends.

    Descriptors of them stay open and are not to reach a command: it could let go of the locks.

    Returns:
        Those that could not be held: somebody has an exclusive lock.
    """
    failed = [path for path in paths if not _hold(lambda path=path: os.open(path, _LOOK))]
    with select.epoll() as anonymous:
        if not _hold(lambda: os.dup(anonymous.fileno())):
            failed.append("epoll")
    return failed


def _hold(open_) -> bool:
    """Take both kinds of lock; of the second, the one that belongs to the open file."""
    try:
        number = open_()
        fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.fcntl(number, fcntl.F_OFD_SETLK, _READ_LOCK)
    except OSError:
        return False
    return True
