"""Folders that lie over one another, in the form that overlayfs has on disk.

A layer holds files, folders that merge with those below, *whiteouts* (a character device 0:0,
which hides a name) and *opaque* folders (an attribute, which hides all below). What a
candidate wrote is such a layer and may be hostile: no link in it is followed, pipes and
devices are not opened, depth is bounded.

Source: the kernel's Documentation/filesystems/overlayfs.rst.

Not here: mounting (`sigil.sandbox.inside`), checkouts (`sigil.sandbox.checkout`).
"""

# Names are strings and descriptors here: they were written by hostile code.
# ruff: noqa: PTH102, PTH115, PTH208, PTH211

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from typing import Literal

from sigil.errors import InvalidValue, Where
from sigil.sandbox.model import CandidateFailed

Kind = Literal["file", "link", "folder", "gone", "special"]

MAX_DEPTH = 128
_OPAQUE = ("user.overlay.opaque", "trusted.overlay.opaque")
_FICLONE = 0x40049409
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Item:
    """One name in a layer.

    Args:
        path: relative to the layer.
        kind: ``gone`` is a whiteout.
        status: of the name itself.
        opaque: a folder that hides what lies below it.
    """

    path: str
    kind: Kind
    status: os.stat_result
    opaque: bool = False


def relative(path: str) -> str:
    """Return ``path`` if it names something inside a tree.

    Raises:
        InvalidValue: empty, absolute, with ``.`` or ``..``, not normal or not encodable.
    """
    parts = path.split("/")
    bad = any(part in ("", ".", "..") or len(os.fsencode(part)) > 255 for part in parts)  # noqa: PLR2004 - NAME_MAX
    if bad or "\0" in path or len(parts) > MAX_DEPTH:
        raise InvalidValue(
            "not a path inside the repository",
            where=Where(path.encode(errors="replace").decode() or "''"),
            remedy="write it relative to the root, without '..'",
        )
    return path


def kind_of(status: os.stat_result) -> Kind:
    """Say what a name in a layer means."""
    mode = status.st_mode
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISLNK(mode):
        return "link"
    return "gone" if stat.S_ISCHR(mode) and status.st_rdev == 0 else "special"


def items(layer: Path) -> Iterator[Item]:
    """Yield every name in ``layer``, folders before what is in them.

    Raises:
        CandidateFailed: nested deeper than `MAX_DEPTH`.
    """
    root = str(layer)
    folders = [""]
    while folders:
        folder = folders.pop()
        for name in sorted(os.listdir(f"{root}/{folder}")):
            path = f"{folder}{name}"
            status = os.lstat(f"{root}/{path}")
            kind = kind_of(status)
            yield Item(path, kind, status, kind == "folder" and is_opaque(f"{root}/{path}"))
            if kind == "folder":
                if path.count("/") >= MAX_DEPTH:
                    raise CandidateFailed("flood", "folders are nested too deeply")
                folders.append(f"{path}/")


def is_opaque(folder: str | int) -> bool:
    """Say whether a folder of a layer hides all that lies below it."""
    for name in _OPAQUE:
        with suppress(OSError):
            if os.getxattr(folder, name) == b"y":
                return True
    return False


def lookup(stack: Sequence[Path], path: str) -> tuple[Path, os.stat_result] | None:
    """Find ``path`` in layers, topmost first, without following any link.

    Returns:
        The layer that has it and its status; None where it is absent, hidden, or behind
        something that is not a folder.
    """
    parts = path.split("/")
    for layer in stack:
        name = str(layer)
        hidden = False
        for depth, part in enumerate(parts):
            name = f"{name}/{part}"
            try:
                status = os.lstat(name)
            except OSError:
                break
            kind = kind_of(status)
            if depth == len(parts) - 1:
                return None if kind == "gone" else (layer, status)
            if kind != "folder":
                return None
            hidden = hidden or is_opaque(name)
        if hidden:
            return None
    return None


def blocked_by(stack: Sequence[Path], path: str) -> str | None:
    """Return the nearest name above ``path`` that exists and is not a folder, if any."""
    parts = path.split("/")
    for depth in range(1, len(parts)):
        above = "/".join(parts[:depth])
        found = lookup(stack, above)
        if found is not None and kind_of(found[1]) != "folder":
            return above
    return None


def read_file(layer: Path, path: str, limit: int) -> bytes:
    """Return the bytes of a regular file in a layer, reached without any link.

    Raises:
        CandidateFailed: larger than ``limit``.
        OSError: not there, not a regular file, or behind a link.
    """
    folder = os.open(layer, _FOLDER)
    try:
        *above, name = path.split("/")
        for part in above:
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        number = os.open(name, _FILE, dir_fd=folder)
    finally:
        os.close(folder)
    with os.fdopen(number, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise FileNotFoundError(path)
        data = file.read(limit + 1)
        while len(data) <= limit and (more := file.read(limit + 1 - len(data))):
            data += more
    if len(data) > limit:
        raise CandidateFailed("flood", f"{path} is larger than {limit} bytes")
    return data


def copy_item(item: Item, source: str, target: str) -> None:
    """Copy one name of a layer; a folder without what is in it."""
    if item.kind == "folder":
        os.mkdir(target, 0o755)
        if item.opaque:
            os.setxattr(target, _OPAQUE[0], b"y")
    elif item.kind == "gone":
        whiteout(target)
    elif item.kind == "link":
        os.symlink(os.readlink(source), target)
    elif item.kind == "file":
        copy_file(source, target, item.status.st_mode)


def whiteout(target: str) -> None:
    """Make a name that hides the one below it."""
    os.mknod(target, stat.S_IFCHR, os.makedev(0, 0))


def copy_file(source: str, target: str, mode: int) -> None:
    """Copy a regular file that is not a link, sharing its blocks where the disk can."""
    from_ = os.open(source, _FILE)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        to = os.open(target, flags, 0o600)
        try:
            if not clone(from_, to):
                while os.sendfile(to, from_, None, 2**30):
                    pass
            os.fchmod(to, (mode & 0o777) | 0o600)
            status = os.fstat(from_)
            os.utime(to, ns=(status.st_atime_ns, status.st_mtime_ns))
        finally:
            os.close(to)
    finally:
        os.close(from_)


def clone(source: int, target: int) -> bool:
    """Let two open files share their blocks until one is written; False where it cannot be."""
    try:
        ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True
