"""A writable scratch view of a frozen base plus the changes of one candidate.

    with open_checkout(base, {"src/a.py": text, "old.txt": None}, scratch=scratch) as checkout:
        sandbox.run("python bench.py", checkout=checkout)
        checkout.read("result.json")

Three ways, best first. *overlay*: nothing but the changes is written; the command mounts base
and changes in its own namespaces, so that opening costs the same whatever the size of the
repository, nothing is mounted on the host and a crash leaves nothing to unmount. *reflink*:
every file shares blocks with the base until it is written. *hardlink*: every file is a
write-protected link to a private copy of the base; commands replace such files but cannot
write into them. The last two cost one call per file of the repository.

Commands that run one after the other in one checkout see each other's files.

Not here: freezing (`sigil.sandbox.base`), mounting and running (`sigil.sandbox.commands`).
"""

# Names are strings here: they were written by hostile code, or there are 50,000 of them.
# ruff: noqa: PTH101, PTH103, PTH115, PTH120, PTH123, PTH211

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Literal, Self

from sigil.errors import InvalidValue, Where
from sigil.sandbox import base as bases
from sigil.sandbox import layers as lay
from sigil.sandbox.base import Base
from sigil.sandbox.overlay import overlay_holds
from sigil.store.disk_errors import writing
from sigil.store.removal import remove_tree

Method = Literal["overlay", "reflink", "hardlink"]
READ_LIMIT = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Overlay:
    """What has to be mounted to see an overlay checkout.

    Args:
        lower: read-only folders, topmost first; the last is the base.
        upper: takes what commands write.
        work: the kernel's own.
    """

    lower: tuple[Path, ...]
    upper: Path
    work: Path


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where a file of a materialised checkout comes from."""

    source: str
    mode: int
    from_base: bool


class Checkout:
    """A scratch view of base, layers and changes. A context manager: closing removes it.

    Attributes:
        path: the root as commands see it, where they run. For ``overlay`` it is not
            there outside of a command; use `read` and `export_changes`.
        method: how it is made; a sandbox without mount namespaces turns ``overlay`` into
            one of the others at its first command.
        home: where commands that have no mount namespace get their ``HOME``.
    """

    def __init__(
        self,
        base: Base,
        changes: Mapping[str, bytes | None],
        layers: Sequence[Path],
        folder: Path,
        method: Method,
    ):
        self.base = base
        self.changes = MappingProxyType(dict(changes))
        self.layers = tuple(layers)
        self.folder = folder
        self.method: Method = method
        self.path = folder / "root"
        self.home = folder / "home"
        self._upper = folder / "upper"
        self._created: dict[str, tuple[int, int]] = {}
        self._mounts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove everything that was written; idempotent. No command may be running."""
        remove_tree(self.folder)

    def overlay(self) -> Overlay | None:
        """Return what to mount for the next command; None where the files already are there.

        Each mount gets a work folder of its own: without syncing to disk ("volatile"), the
        kernel refuses to use one twice.
        """
        if self.method != "overlay":
            return None
        self._mounts += 1
        work = self.folder / f"work-{self._mounts}"
        work.mkdir()
        return Overlay(self._lower(), self._upper, work)

    def read(self, path: str, limit: int = READ_LIMIT) -> bytes | None:
        """Return a file as the commands left it; None if there is no such regular file.

        Links are not followed: a candidate could point them anywhere.

        Raises:
            InvalidValue: ``path`` does not name something inside the repository.
            CandidateFailed: the file is larger than ``limit`` bytes.
        """
        stack = self._stack()
        found = lay.lookup(stack, lay.relative(path))
        if found is None or lay.kind_of(found[1]) != "file":
            return None
        try:
            return lay.read_file(found[0], path, limit)
        except OSError:
            return None

    def export_changes(self, into: Path) -> None:
        """Write what commands wrote as a layer for `open_checkout`, without `changes`.

        Raises:
            CandidateFailed: folders nested too deeply.
            Unwritable, DiskFull: ``into`` cannot hold it.
        """
        with writing(into):
            self._export_difference(self._upper if self.method == "overlay" else self.path, into)

    def materialize(self) -> None:
        """Put every file at `path`, for a sandbox that cannot mount; costs O(repository)."""
        if self.method != "overlay":
            return
        with writing(self.folder):
            self.method = "reflink" if _can_clone(self.base, self.folder) else "hardlink"
            self._created.clear()
            self._place([*self.layers, self._upper])

    def shares_inodes_unprotected(self) -> bool:
        """Say whether `base_is_intact` has to be asked after each command."""
        if self.method != "hardlink":
            return False
        first = next((p for p, mode, _ in bases.manifest(self.base) if mode != "120000"), None)
        return first is not None and not bases.is_locked(bases.locked_tree(self.base) / first)

    def base_is_intact(self) -> bool:
        """Say whether the files shared with other checkouts are still what was frozen.

        If they are not, the shared copy is dropped, and made anew when next needed.
        """
        locked = bases.locked_tree(self.base)
        if not bases.damaged(self.base, locked):
            return True
        remove_tree(locked)
        return False

    # --- making it ----------------------------------------------------------------------

    def prepare(self) -> None:
        """Write the changes, and for the methods without a mount every file."""
        self._upper.mkdir()
        stack = (*reversed(self.layers), self.base.path)
        for path, content in self.changes.items():
            self._write_change(path, content, stack)
        if self.method == "overlay":
            for path in self.changes:
                self._note(path, self._upper / path)
        else:
            self._place([*self.layers, self._upper])

    def _note(self, path: str, target: str | Path) -> None:
        """Remember what we made, to tell it from what commands make."""
        with suppress(FileNotFoundError):
            status = os.lstat(target)
            # A hardlink's change time moves whenever another checkout links to the file.
            changed = 0 if self.method == "hardlink" else status.st_ctime_ns
            self._created[path] = (status.st_ino, changed)

    def _lower(self) -> tuple[Path, ...]:
        return (*reversed(self.layers), self.base.path)

    def _stack(self) -> tuple[Path, ...]:
        return (self._upper, *self._lower()) if self.method == "overlay" else (self.path,)

    def _write_change(self, path: str, content: bytes | None, stack: Sequence[Path]) -> None:
        blocking = lay.blocked_by(stack, path)
        found = lay.lookup(stack, path)
        if blocking is not None or (found is not None and lay.kind_of(found[1]) == "folder"):
            raise InvalidValue(
                f"{blocking} is not a folder" if blocking else "is a folder, not a file",
                where=Where(path),
                remedy="change files only, and none through a symbolic link",
            )
        target = f"{self._upper}/{path}"
        if content is None:
            if found is not None:
                os.makedirs(os.path.dirname(target), exist_ok=True)
                lay.whiteout(target)
            return
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "xb") as file:
            file.write(content)
        is_program = found is not None and found[1].st_mode & 0o100
        os.chmod(target, 0o755 if is_program else 0o644)

    def _place(self, layers: Sequence[Path]) -> None:
        """Put base and ``layers`` (lowest first) at `path` as plain files."""
        self.path.mkdir()
        link = self.method == "hardlink"
        source = bases.locked_tree(self.base) if link else self.base.path
        put = _link if link else lay.copy_file
        made: set[str] = set()
        for path, placed in _merged(self.base, source, layers).items():
            target = f"{self.path}/{path}"
            folder = os.path.dirname(target)
            if folder not in made:
                os.makedirs(folder, exist_ok=True)
                made.add(folder)
            _put(placed, target, put)
            self._note(path, target)

    def _export_difference(self, root: Path, into: Path) -> None:
        """Copy to ``into`` what is in ``root`` and not of our making, and hide what is missing."""
        into.mkdir(parents=True, exist_ok=True)
        seen: set[str] = set()
        for item in lay.items(root):
            seen.add(item.path)
            status, created = item.status, self._created.get(item.path)
            changed = 0 if self.method == "hardlink" else status.st_ctime_ns
            if item.kind == "folder" or created != (status.st_ino, changed):
                lay.copy_item(item, f"{root}/{item.path}", f"{into}/{item.path}")
        for path in self._created.keys() - seen:
            parts = path.split("/")
            above = ("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
            hidden = next(name for name in above if name not in seen)
            with suppress(FileExistsError, NotADirectoryError):
                os.makedirs(os.path.dirname(f"{into}/{hidden}"), exist_ok=True)
                lay.whiteout(f"{into}/{hidden}")


def open_checkout(
    base: Base,
    changes: Mapping[str, str | bytes | None],
    *,
    scratch: Path,
    layers: Sequence[Path] = (),
    method: Method | None = None,
) -> Checkout:
    """Open a scratch view of ``base`` with ``changes``.

    Args:
        base: from `freeze`.
        changes: new contents by path relative to the root; None deletes. A file that was
            executable stays so.
        scratch: where to write; made if need be.
        layers: folders from `Checkout.export_changes`; a later one covers an earlier one.
        method: None takes the best that holds here.

    Raises:
        InvalidValue: a path leaves the tree, goes through a link, or names a folder.
        Unwritable, DiskFull: the scratch folder cannot hold it.
    """
    contents = {
        lay.relative(path): content.encode() if isinstance(content, str) else content
        for path, content in changes.items()
    }
    with writing(scratch):
        scratch.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="checkout-", dir=scratch)).resolve()
        try:
            chosen = method or _best_method(base, folder)
            checkout = Checkout(base, contents, layers, folder, chosen)
            checkout.prepare()
        except BaseException:
            remove_tree(folder)
            raise
    return checkout


def _best_method(base: Base, folder: Path) -> Method:
    if overlay_holds(folder):
        return "overlay"
    return "reflink" if _can_clone(base, folder) else "hardlink"


def _can_clone(base: Base, folder: Path) -> bool:
    """Say whether files of ``base`` can share blocks with files in ``folder``."""
    source = next((p for p, mode, size in bases.manifest(base) if mode != "120000" and size), None)
    if source is None:
        return True
    with open(base.path / source, "rb") as from_, tempfile.TemporaryFile(dir=folder) as to:
        return lay.clone(from_.fileno(), to.fileno())


def _merged(base: Base, source: Path, layers: Sequence[Path]) -> dict[str, _Placed]:
    """Return where each file comes from when ``layers`` lie over ``base``."""
    files: dict[str, _Placed] = {}
    for path, mode, _ in bases.manifest(base):
        files[path] = _Placed(f"{source}/{path}", int(mode, 8), from_base=True)
    for layer in layers:
        for item in lay.items(layer):
            if item.kind == "gone" or item.opaque:
                hidden = [p for p in files if p == item.path or p.startswith(f"{item.path}/")]
                for path in hidden:
                    del files[path]
            elif item.kind in ("file", "link"):
                files[item.path] = _Placed(
                    f"{layer}/{item.path}", item.status.st_mode, from_base=False
                )
    return files


def _put(placed: _Placed, target: str, put: Callable[[str, str, int], None]) -> None:
    if os.path.islink(placed.source):  # noqa: PTH114 - a string
        os.symlink(os.readlink(placed.source), target)
    elif placed.from_base:
        put(placed.source, target, placed.mode)
    else:
        lay.copy_file(placed.source, target, placed.mode)


def _link(source: str, target: str, mode: int) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        lay.copy_file(source, target, mode)  # another disk, or too many links
