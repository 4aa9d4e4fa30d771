"""The objects of a git repository: read wherever git keeps them, written so that they stay.

Nothing here asks the repository's configuration, hooks, attributes or index: what is read are
loose objects and packs alone, each held against its SHA-1, and writing makes loose objects in
git's own form. So a repository that somebody else prepared can lie, which `sigil.ledger.verifying`
finds, but it cannot make us run anything.

Promises: when `write` returns, bytes and names are on the disk. The objects of one call are
synced at the same time, because a disk takes about as long for ten syncs at once as for one.

Not here: files that are torn (`sigil.ledger.stored`), which commit is the newest
(`sigil.ledger.refs`), packing (`sigil.ledger.packing`).
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sigil.canonical import git_object_id
from sigil.errors import LedgerBroken, Where
from sigil.ledger import stored
from sigil.ledger.needs import libraries
from sigil.store import files

with libraries():
    from pygit2 import GitError, Odb

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_FOLDER_MODE, _FILE_MODE = b"40000", b"100644"
_KINDS = {1: "commit", 2: "tree", 3: "blob"}
_NAME = re.compile(r"[0-9a-f]{40}")
_ID_BYTES = 20
_FASTEST = 1
_AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Object:
    """Something to be written.

    Args:
        kind: ``blob``, ``tree`` or ``commit``.
        data: its bytes.
    """

    kind: str
    data: bytes

    @property
    def id(self) -> str:
        """Return the name that git gives it: 40 hex digits."""
        return git_object_id(self.kind, self.data)


class Objects:
    """The object database of one repository.

    Args:
        folder: the repository's ``objects`` folder.
        behind: where what is not there is looked for; None for nowhere.
    """

    def __init__(self, folder: Path, behind: Objects | None = None):
        self._folder, self._behind = folder, behind
        self._packs: Odb | None = None

    def read(self, name: str, kind: str) -> bytes:
        """Return the bytes of an object.

        Raises:
            LedgerBroken: it is missing, damaged, or of another kind.
            Unreadable: the system refuses.
        """
        if not _NAME.fullmatch(name):
            raise LedgerBroken(f"{name[:80]!r} names no object", where=Where(str(self._folder)))
        found = self._found(name)
        if found is None and self._behind is not None:
            return self._behind.read(name, kind)
        if found is None:
            raise LedgerBroken(
                f"the object {name} is missing",
                where=Where(str(self._folder)),
                remedy=stored.RESTORE,
            )
        if found[0] != kind:
            raise LedgerBroken(f"the object {name} is no {kind}", where=Where(str(self._folder)))
        return found[1]

    def holds(self, name: str) -> bool:
        """Say whether an object is here, whole or not.

        Raises:
            LedgerBroken: an index is damaged.
            Unreadable: the system refuses.
        """
        return os.path.lexists(self._path(name)) or name in self._in_packs()

    def sizes(self) -> Iterator[tuple[str, int | None]]:
        """Yield the name of every object, and how many bytes it unfolds to if it is in a pack.

        Raises:
            LedgerBroken: an index or a pack is damaged.
            Unreadable: the system refuses.
        """
        for path in self._folder.glob("??/*"):
            yield path.parent.name + path.name, None
        packs = self._in_packs()
        for name in map(str, packs):
            try:
                yield name, packs.read_header(name)[1]
            except (GitError, KeyError, ValueError) as error:
                raise stored.unread(self._folder, name, str(error)) from error

    def _in_packs(self) -> Odb:
        if self._packs is None:
            self._packs = stored.packs(self._folder)
        return self._packs

    def _found(self, name: str) -> tuple[str, bytes] | None:
        """Return kind and bytes of an object; a torn file does no harm where a pack has it too."""
        try:
            found = stored.loose(self._folder, name)
        except LedgerBroken:
            if (copy := self._packed(name)) is None:
                raise
            return copy
        return found or self._packed(name)

    def _packed(self, name: str) -> tuple[str, bytes] | None:
        packs = self._in_packs()
        try:
            if packs.read_header(name)[1] > stored.LARGEST:  # before it is unfolded
                raise stored.unread(self._folder, name, "it is far too long")
            found, data = packs.read(name)
        except KeyError:
            return None
        except (GitError, ValueError, OSError) as error:
            raise stored.unread(self._folder, name, str(error)) from error
        return _KINDS.get(found, ""), data

    def write(self, objects: Iterable[Object]) -> None:
        """Write objects, durable when this returns; one that is there already is replaced.

        The names come before the sync. A power cut in between can leave an object that is
        empty; no commit that a ref names leads to one, and writing it again repairs it.

        Raises:
            DiskFull: no space left.
            Unwritable: any other refusal.
        """
        descriptors: list[int] = []
        touched: set[Path] = set()
        try:
            for one in objects:
                path = self._path(one.id)
                with files.writing(path):
                    descriptors.append(_place(one, path, self._folder))
                touched.add(path.parent)
            with files.writing(self._folder):
                _sync(descriptors, sorted(touched))
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name[2:]


def _place(one: Object, path: Path, folder: Path) -> int:
    """Write a loose object under its name; return a descriptor that is still to be synced."""
    if not path.parent.is_dir():
        path.parent.mkdir(exist_ok=True)
        files.settle_new(path.parent)
    temporary = files.temporary_path(folder)
    descriptor = os.open(temporary, _NEW, 0o444)
    try:
        header = f"{one.kind} {len(one.data)}\0".encode()
        files.write_all(descriptor, zlib.compress(header + one.data, _FASTEST))
        temporary.replace(path)
    except BaseException:
        os.close(descriptor)
        temporary.unlink(missing_ok=True)
        raise
    return descriptor


def _sync(descriptors: list[int], folders: list[Path]) -> None:
    """Sync files and folders at the same time.

    The threads live for this call, so that whoever forks between two calls has none.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        synced = [pool.submit(os.fsync, descriptor) for descriptor in descriptors]
        synced += [pool.submit(files.sync_directory, folder) for folder in folders]
    for one in synced:
        one.result()


# --- forms ------------------------------------------------------------------------------


def blob(data: bytes) -> Object:
    """Return a file's object."""
    return Object("blob", data)


def tree(named: dict[str, tuple[bool, str]]) -> Object:
    """Return a folder's object.

    Args:
        named: whether it is a folder, and the object's id, by name.
    """
    rows = sorted((f"{name}/" if folder else name, name) for name, (folder, _) in named.items())
    parts: list[bytes] = []
    for _, name in rows:
        folder, target = named[name]
        mode = _FOLDER_MODE if folder else _FILE_MODE
        parts.append(b"%b %b\0%b" % (mode, name.encode(), bytes.fromhex(target)))
    return Object("tree", b"".join(parts))


def parse_tree(data: bytes) -> Iterator[tuple[str, bool, str]]:
    """Yield name, whether it is a folder, and id of everything in a folder's object.

    Raises:
        LedgerBroken: it holds anything else than plain files and folders.
    """
    at = 0
    while at < len(data):
        end = data.find(b"\0", at)
        mode, _, name = data[at:end].partition(b" ")
        raw = data[end + 1 : end + 1 + _ID_BYTES]
        if end < 0 or len(raw) != _ID_BYTES or mode not in {_FOLDER_MODE, _FILE_MODE}:
            raise LedgerBroken("a folder of the ledger holds what is no plain file or folder")
        yield name.decode(errors="replace"), mode == _FOLDER_MODE, raw.hex()
        at = end + 1 + _ID_BYTES


def commit(root: str, parent: str | None, seconds: int, message: str) -> Object:
    """Return a commit's object. Its author means nothing: who signed stands in the entry.

    Args:
        root: id of the root folder.
        parent: id of the commit before it.
        seconds: of Unix time.
        message: first line.
    """
    person = f"sigil <sigil@localhost> {seconds} +0000"
    lines = [f"tree {root}"]
    lines += [f"parent {parent}"] if parent else []
    lines += [f"author {person}", f"committer {person}", "", message, ""]
    return Object("commit", "\n".join(lines).encode())


def parse_commit(data: bytes) -> tuple[str, list[str]]:
    """Return the id of the root folder, and of each parent.

    Raises:
        LedgerBroken: it is no commit.
    """
    head = data.partition(b"\n\n")[0].decode("latin-1").splitlines()
    roots = [line.removeprefix("tree ") for line in head[:1] if line.startswith("tree ")]
    if len(roots) != 1:
        raise LedgerBroken("a commit of the ledger names no folder")
    return roots[0], [line.removeprefix("parent ") for line in head if line.startswith("parent ")]
