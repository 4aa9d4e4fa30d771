"""Cut the power after every operation and rebuild what a disk may have kept.

A kill keeps the page cache; a power cut keeps only what was synced. `Recorder` notes what
a scenario does to the files below a directory, in order; `images` then builds, for the
moment after each operation, several directories that a disk may come back with:

* ``nothing``: no byte and no name that was not synced;
* ``names``: every name, but no byte that was not synced (a rename that overtook its data);
* ``bytes``: every byte, but no name that was not synced;
* ``torn``: every name, and unsynced bytes up to their middle;
* ``hole``: every name and byte, but zeros in the first half of the unsynced bytes;
* ``all``: everything, as after a kill.

The model is stricter than any one file system: syncing a file does not sync its name, and
syncing a directory does not sync what is in its files. Not here: writes that do not go
through `os`, such as SQLite's.
"""

from __future__ import annotations

import contextlib
import copy
import os
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VARIANTS = ("nothing", "names", "bytes", "torn", "hole", "all")


@dataclass(slots=True)
class _File:
    now: bytes = b""
    kept: bytes = b""


@dataclass(slots=True)
class _Directory:
    now: dict[str, _File | _Directory] = field(default_factory=dict[str, "_File | _Directory"])
    kept: dict[str, _File | _Directory] = field(default_factory=dict[str, "_File | _Directory"])


@dataclass(frozen=True, slots=True)
class Image:
    """A directory as a disk may come back with it.

    Args:
        operation: after which operation the power was cut, such as ``12 fsync run.journal``.
        variant: see the head of this module.
        tree: relative path to content; None for a directory.
        acknowledged: what had been reported as done by then.
    """

    operation: str
    variant: str
    tree: dict[str, bytes | None]
    acknowledged: list[Any]
    disk: _Directory = field(repr=False, compare=False)

    def build(self, directory: Path) -> None:
        """Write the image into an empty directory."""
        for path, content in self.tree.items():
            if content is None:
                (directory / path).mkdir()
            else:
                (directory / path).write_bytes(content)


class Recorder:
    """A disk that remembers what is synced, fed by the real calls of one process.

    Args:
        root: the directory that is watched, empty unless ``after`` is given.
        after: the image of variant ``all`` that ``root`` was built from: a process was killed
            there, and what it had not synced may still be lost.
    """

    def __init__(self, root: Path, after: Image | None = None):
        self.root = root
        self._disk = copy.deepcopy(after.disk) if after else _Directory()
        self._open: dict[int, tuple[_File | _Directory, bool]] = {}
        self._offsets: dict[int, int] = {}
        self._acknowledged: list[Any] = []
        self._moments: list[tuple[str, _Directory, int]] = []
        self._lock = threading.RLock()

    def acknowledge(self, value: object) -> None:
        """Note that ``value`` is reported as done now."""
        with self._lock:
            self._acknowledged.append(value)
            self._note("acknowledge", repr(value))

    def images(self, variants: Sequence[str] = VARIANTS) -> Iterator[Image]:
        """Yield every different image of every moment."""
        for operation, disk, count in self._moments:
            seen: list[dict[str, bytes | None]] = []
            for variant in variants:
                tree = dict(_tree(disk, variant, ""))
                if tree not in seen:
                    seen.append(tree)
                    yield Image(operation, variant, tree, self._acknowledged[:count], disk)

    @contextlib.contextmanager
    def watching(self) -> Generator[None]:
        """Replace the writing functions of `os` for the block."""
        steps: dict[str, Callable[..., None]] = {
            "open": self._opened,
            "close": self._closed,
            "write": self._wrote,
            "ftruncate": self._cut,
            "fsync": self._synced,
            "fdatasync": self._synced,
            "mkdir": self._made,
            "rename": self._moved,
            "replace": self._moved,
            "unlink": self._removed,
            "rmdir": self._removed,
        }
        real = {name: getattr(os, name) for name in steps}
        for name, step in steps.items():
            setattr(os, name, self._watched(name, real[name], step))
        try:
            yield
        finally:
            for name, function in real.items():
                setattr(os, name, function)

    def _watched(
        self, name: str, real: Callable[..., Any], step: Callable[..., None]
    ) -> Callable[..., Any]:
        def watched(*arguments: Any, **rest: Any) -> Any:
            with self._lock:
                result = real(*arguments, **rest)
                step(result, *arguments)
                if name not in {"open", "close"}:
                    self._note(name, " ".join(str(a)[-60:] for a in arguments[:2]))
            return result

        return watched

    def _note(self, name: str, detail: str) -> None:
        operation = f"{len(self._moments)} {name} {detail}"
        self._moments.append((operation, copy.deepcopy(self._disk), len(self._acknowledged)))

    # --- what each call does to the disk ------------------------------------------------

    def _find(self, path: str | os.PathLike[str]) -> tuple[_Directory, str] | None:
        """Return the parent of ``path`` and its name, or None if it is elsewhere."""
        text = os.fspath(path)
        if not text.startswith(f"{self.root}/"):
            return None
        *parents, name = text[len(str(self.root)) + 1 :].split("/")
        at: _File | _Directory = self._disk
        for part in parents:
            assert isinstance(at, _Directory)  # the real call has succeeded
            at = at.now[part]
        assert isinstance(at, _Directory)
        return at, name

    def _opened(self, result: int, path: Any, flags: int, *_: Any) -> None:
        if os.fspath(path) == str(self.root):
            self._open[result] = (self._disk, False)
            return
        found = self._find(path)
        if found is None:
            return
        parent, name = found
        if name not in parent.now and flags & os.O_CREAT:
            parent.now[name] = _File()
            self._note("create", str(path))
        self._open[result] = (parent.now[name], bool(flags & os.O_APPEND))
        self._offsets[result] = 0

    def _closed(self, _: None, descriptor: int) -> None:
        self._open.pop(descriptor, None)

    def _wrote(self, result: int, descriptor: int, data: Any) -> None:
        file, appending = self._open.get(descriptor, (None, False))
        if isinstance(file, _File):
            at = len(file.now) if appending else self._offsets[descriptor]
            file.now = file.now[:at] + bytes(data)[:result] + file.now[at + result :]
            self._offsets[descriptor] = at + result

    def _cut(self, _: None, descriptor: int, length: int) -> None:
        file, _appending = self._open.get(descriptor, (None, False))
        if isinstance(file, _File):
            file.now = file.now[:length]

    def _synced(self, _: None, descriptor: int) -> None:
        inode, _appending = self._open.get(descriptor, (None, False))
        if isinstance(inode, _File):
            inode.kept = inode.now
        elif inode is not None:
            inode.kept = dict(inode.now)

    def _made(self, _: None, path: Any, *__: Any) -> None:
        if found := self._find(path):
            found[0].now[found[1]] = _Directory()

    def _moved(self, _: None, source: Any, target: Any) -> None:
        before, after = self._find(source), self._find(target)
        if before and after:
            after[0].now[after[1]] = before[0].now.pop(before[1])

    def _removed(self, _: None, path: Any, *__: Any) -> None:
        if found := self._find(path):
            del found[0].now[found[1]]


def _tree(at: _Directory, variant: str, prefix: str) -> Iterator[tuple[str, bytes | None]]:
    """Yield what a disk of this variant comes back with, parents first."""
    names = at.kept if variant in {"nothing", "bytes"} else at.now
    for name, inode in names.items():
        path = f"{prefix}{name}"
        if isinstance(inode, _File):
            yield path, _content(inode, variant)
        else:
            yield path, None
            yield from _tree(inode, variant, f"{path}/")


def _content(file: _File, variant: str) -> bytes:
    if variant in {"nothing", "names"} or file.now == file.kept:
        return file.kept
    pairs = enumerate(zip(file.kept, file.now, strict=False))
    start = next((at for at, (a, b) in pairs if a != b), min(len(file.kept), len(file.now)))
    middle = start + (len(file.now) - start + 1) // 2
    if variant == "torn":
        return file.now[:middle]
    if variant == "hole":
        return file.now[:start] + bytes(middle - start) + file.now[middle:]
    return file.now
