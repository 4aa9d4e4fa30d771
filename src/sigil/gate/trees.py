"""Read files of a tree that nobody trusts: a commit, or the folder as it stands.

Promises: nothing is reached through a link, no more is read than the caller allows, and what
is read of a commit is what the commit holds, whatever the folder has become since.

Not here: what the files mean (`sigil.gate.bundle.read`, `sigil.gate.policy`).
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Protocol

from sigil.canonical import digest
from sigil.errors import (
    Corrupt,
    DependencyMissing,
    InvalidValue,
    NotFound,
    Unreadable,
    Where,
    install,
)
from sigil.gate.refnames import unambiguous
from sigil.printable import printable
from sigil.store.disk_errors import read_error
from sigil.store.files import CHUNK, open_regular
from sigil.store.git_objects import objects_of, refuse_torn

Kind = Literal["file", "link", "other"]
_FILES = {0o100644, 0o100755, 0o100664}
_TREE = 0o040000
_LINK = 0o120000
_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """Something below a folder that is no folder itself.

    Args:
        path: relative to the tree's root, with ``/``; bytes that are no UTF-8 are surrogates.
        kind: ``file``, ``link`` or ``other``: a device, a pipe, a submodule.
    """

    path: str
    kind: Kind


class Tree(Protocol):
    """A tree of files."""

    @property
    def name(self) -> str:
        """What a person calls it; empty for the working tree."""
        ...

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield what stands below ``folder`` at any depth; nothing if there is no such folder.

        A link where ``folder`` or a part of it should be is yielded as itself.
        """
        ...

    def read(self, path: str, most: int) -> bytes:
        """Return the bytes of a regular file.

        Raises:
            NotFound: there is no such file.
            Corrupt: something else than a file has its name.
            InvalidValue: it is larger than ``most`` bytes.
            Unreadable: the system refuses.
        """
        ...


def place(tree: Tree, path: str) -> Where:
    """Return where ``path`` is, as a user would type it: ``<commit>:<path>`` as git has it."""
    shown = printable(path, 200)
    return Where(f"{tree.name}:{shown}" if tree.name else shown)


def _too_large(tree: Tree, path: str, most: int, more: str = "") -> InvalidValue:
    return InvalidValue(
        f"{more}larger than {most:,} bytes", where=place(tree, path), remedy="make it smaller"
    )


class Capped:
    """A tree of which no more than so many bytes are read.

    Args:
        tree: to read.
        most: bytes of all files together.
    """

    def __init__(self, tree: Tree, most: int):
        self._tree = tree
        self._most = most
        self._left = most

    @property
    def name(self) -> str:
        """Return the tree's own."""
        return self._tree.name

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield what stands below ``folder``; see `Tree`."""
        return self._tree.entries(folder)

    def read(self, path: str, most: int) -> bytes:
        """Return the bytes of a file; see `Tree`."""
        data = self._tree.read(path, most)
        self._left -= len(data)
        if self._left < 0:
            raise _too_large(self, path, self._most, "with the files before it ")
        return data


# --- the folder as it stands ------------------------------------------------------------


def first_link(root: Path, path: str) -> str | None:
    """Return the topmost part of ``path``, below ``root``, that is a symbolic link; None if none.

    Args:
        root: a folder that may be a link itself.
        path: relative to it; none of it has to exist.
    """
    current = PurePosixPath()
    for part in PurePosixPath(path).parts:
        current /= part
        if (root / current).is_symlink():
            return str(current)
    return None


@dataclass(frozen=True, slots=True)
class FolderTree:
    """The files below a folder.

    Args:
        root: the folder.
    """

    root: Path

    @property
    def name(self) -> str:
        """Return nothing: a path is enough."""
        return ""

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield what stands below ``folder``; see `Tree`."""
        link = first_link(self.root, folder)
        if link is not None:
            yield Entry(link, "link")
            return
        for part in reversed((PurePosixPath(folder), *PurePosixPath(folder).parents[:-1])):
            path = self.root / part
            if not path.is_dir():
                if path.exists():
                    yield Entry(str(part), _kind(path.lstat().st_mode))
                return
        waiting = [folder]
        while waiting:
            yield from self._scan(waiting.pop(), waiting)

    def _scan(self, folder: str, waiting: list[str]) -> Iterator[Entry]:
        try:
            with os.scandir(self.root / folder) as found:
                for entry in found:
                    path = f"{folder}/{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(path)
                    else:
                        yield Entry(path, _kind(entry.stat(follow_symlinks=False).st_mode))
        except OSError as error:
            raise read_error(error, self.root / folder) from error

    def read(self, path: str, most: int) -> bytes:
        """Return the bytes of a file; see `Tree`."""
        link = first_link(self.root, str(PurePosixPath(path).parent))
        if link is not None:
            raise Corrupt("a symbolic link", where=place(self, link))
        descriptor = open_regular(self.root / path)
        try:
            pieces: list[bytes] = []
            while (left := most + 1 - sum(map(len, pieces))) > 0:
                piece = os.read(descriptor, min(left, CHUNK))
                if not piece:
                    return b"".join(pieces)
                pieces.append(piece)
        except OSError as error:
            raise read_error(error, self.root / path) from error
        finally:
            os.close(descriptor)
        raise _too_large(self, path, most)


def _kind(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return "file"
    return "link" if stat.S_ISLNK(mode) else "other"


# --- a commit ---------------------------------------------------------------------------


class CommitTree:
    """The files of a commit of a git repository.

    Args:
        repository: where it is; any folder inside of it.
        reference: anything that git resolves to a commit, and that is no name of two things.

    Raises:
        NotFound: there is no repository, or no such commit.
        InvalidValue: the name of a branch and of a tag, or the like; see `unambiguous`.
        Unreadable: the repository belongs to another user, whom git does not trust.
        Corrupt: the commit was cut.
        DependencyMissing: pygit2 is not installed.
    """

    def __init__(self, repository: Path, reference: str):
        self._git = git_library()
        self._repository = opened(repository)
        self._objects = objects_of(Path(self._repository.path))
        self._root = self._tree_of(reference)

    @property
    def name(self) -> str:
        """Return the commit's digits, as many as git shows."""
        return self.commit[:12]

    @property
    def subject(self) -> str:
        """Return the first line of what its author said of it, which nobody checks."""
        message: bytes = self._repository[self.commit].raw_message
        return message.decode("utf-8", "replace").strip().partition("\n")[0]

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield what stands below ``folder``; see `Tree`."""
        with self._whole(folder):
            yield from self._entries(folder)

    def _entries(self, folder: str) -> Iterator[Entry]:
        found = self._find(folder)
        if found is None:
            return
        path, entry = found
        if entry.filemode != _TREE:
            yield Entry(path, _kind_in_git(entry.filemode))
            return
        for path, inner in self._below(folder, entry):
            yield Entry(path, _kind_in_git(inner.filemode))

    def _below(self, folder: str, tree: Any) -> Iterator[tuple[str, Any]]:
        """Yield what stands below a folder at any depth, as git has it."""
        waiting: list[tuple[str, Any]] = [(folder, tree)]
        while waiting:
            above, found = waiting.pop()
            refuse_torn(self._objects, str(found.id))
            for inner in found:
                path = f"{above}/{_text(inner)}" if above else _text(inner)
                if inner.filemode == _TREE:
                    waiting.append((path, inner))
                else:
                    yield path, inner

    def contents(self) -> Iterator[tuple[str, int, str]]:
        """Yield path, mode and digest of everything in the commit, in no order.

        A submodule has no bytes here: the commit that it names stands for them.

        Raises:
            Corrupt: an object was cut.
            Unreadable: git lacks an object of the commit, or has a damaged one.
        """
        with self._whole(""):
            for path, entry in self._below("", self._root):
                yield path, entry.filemode, self._digest(entry)

    def _digest(self, entry: Any) -> str:
        name = str(entry.id)
        if entry.type_str != "blob":
            return name
        refuse_torn(self._objects, name)
        return digest(self._repository[entry.id].data)

    def read(self, path: str, most: int) -> bytes:
        """Return the bytes of a file; see `Tree`."""
        with self._whole(path):
            return self._read(path, most)

    def _read(self, path: str, most: int) -> bytes:
        found = self._find(path)
        if found is None or found[1].filemode == _TREE:
            raise NotFound("there is no such file", where=place(self, path))
        if found[0] != path or found[1].filemode not in _FILES:
            raise Corrupt("something else than a file", where=place(self, path))
        refuse_torn(self._objects, str(found[1].id))
        _, size = self._repository.odb.read_header(found[1].id)
        if size > most:
            raise _too_large(self, path, most)
        return bytes(self._repository[found[1].id].data)

    def _tree_of(self, reference: str) -> Any:
        try:
            if "\0" in reference:  # where git would stop reading
                raise ValueError(reference)  # noqa: TRY301 (one refusal for all of them)
            reference = unambiguous(self._repository, reference)
            self._refuse_torn_tip(reference)
            commit = self._repository.revparse_single(reference).peel(self._git.Commit)
        except (KeyError, ValueError, self._git.GitError) as error:
            raise NotFound(
                f"git knows no commit {printable(reference, 100)!r}",
                remedy="fetch it, or name another",
            ) from error
        self.commit = str(commit.id)
        refuse_torn(self._objects, str(commit.tree_id))
        return commit.tree

    def _refuse_torn_tip(self, reference: str) -> None:
        """Refuse a commit that was cut, as far as a name leads to it without reading it."""
        name = reference
        with contextlib.suppress(KeyError, ValueError, self._git.GitError):
            name = str(self._repository.lookup_reference_dwim(reference).resolve().target)
        if _OBJECT.fullmatch(name):
            refuse_torn(self._objects, name)

    @contextlib.contextmanager
    def _whole(self, path: str) -> Generator[None]:
        """Say so where git lacks an object of the commit, or has a damaged one."""
        try:
            yield
        except (KeyError, self._git.GitError) as error:
            raise Unreadable(
                "git cannot read this of the commit",
                where=place(self, path),
                remedy="git fsck; of a shallow or partial clone, fetch the rest",
            ) from error

    def _find(self, path: str) -> tuple[str, Any] | None:
        """Return the entry at ``path``, or the one on the way there that is no folder."""
        tree, walked = self._root, ""
        *folders, last = path.split("/")
        for part in folders:
            walked = f"{walked}/{part}" if walked else part
            if part not in tree:
                return None
            if tree[part].filemode != _TREE:
                return walked, tree[part]
            tree = tree[part]
            refuse_torn(self._objects, str(tree.id))
        return (path, tree[last]) if last in tree else None


def opened(repository: Path) -> Any:
    """Return pygit2's repository.

    Args:
        repository: any folder inside of it.

    Raises:
        NotFound, Unreadable, DependencyMissing: see `CommitTree`.
    """
    git = git_library()
    try:
        return git.Repository(str(repository))
    except git.GitError as error:
        if "owned by" in str(error):
            raise Unreadable(
                "the git repository belongs to another user",
                where=Where(str(repository)),
                remedy="if you trust it: git config --global --add safe.directory FOLDER",
            ) from error
        raise NotFound(
            "there is no git repository",
            where=Where(str(repository)),
            remedy="git init, and commit what is to be examined",
        ) from error


def _kind_in_git(mode: int) -> Kind:
    if mode in _FILES:
        return "file"
    return "link" if mode == _LINK else "other"


def _text(entry: Any) -> str:
    return entry.raw_name.decode("utf-8", "surrogateescape")


def git_library() -> Any:
    """Return pygit2, which is an extra.

    Raises:
        DependencyMissing: it is not installed.
    """
    try:
        import pygit2  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as error:
        raise DependencyMissing(
            "reading a commit needs the library pygit2", remedy=install("gate")
        ) from error
    return pygit2
