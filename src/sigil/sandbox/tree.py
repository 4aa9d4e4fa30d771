"""Which files does a repository consist of, and what is in them?

Two sources with one face: a folder as it is (in a git work tree: tracked files and untracked
ones that are not ignored) and the tree of a commit, read through git's plumbing without
touching the work tree. Only files, their executable bit and symbolic links count, as in git:
an empty folder does not exist, and neither does an owner or a time.

Not here: copying (`sigil.sandbox.base`).
"""

# Names stay strings here: on 50,000 files, Path objects cost more than the calls themselves.
# ruff: noqa: PTH112, PTH114, PTH115, PTH123, PTH208

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Protocol, Self

from sigil.errors import Corrupt, DependencyMissing, InvalidValue, NotFound, Unreadable, Where
from sigil.printable import printable
from sigil.store.git_command import complaint, environment

Mode = Literal["100644", "100755", "120000"]
"""As git writes it: a file, an executable file, a symbolic link."""

NEVER_FROZEN = frozenset({".git", ".sigil", ".venv", "node_modules", "__pycache__"})
_HOME, _ADAPTER = ".sigil", "_target.py"
"""Of a folder that is never frozen, the one kind of file that is: what an eval calls in the
place of a function that cannot be called alone."""
_CHUNK = 2**20
_NO_SUCH_NAME = 1
"""How `git rev-parse --verify --quiet` ends where there is no such commit, and nothing else."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a tree.

    Args:
        path: relative, with ``/``, in UTF-8.
        mode: see `Mode`.
        source: what the tree needs to find the bytes again.
    """

    path: str
    mode: Mode
    source: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A name that is not in the frozen tree although it stands in the repository."""

    path: str
    reason: str


class Tree(Protocol):
    """Files with their bytes, in the order of their paths."""

    @property
    def entries(self) -> Sequence[Entry]:
        """Every file, once."""
        ...

    @property
    def skipped(self) -> Sequence[Skipped]:
        """What stands there and is not a file of the tree."""
        ...

    def read(self, entry: Entry) -> Iterator[bytes]:
        """Yield the bytes of a file, or the target of a symbolic link, in chunks."""
        ...


def is_excluded(path: str, exclude: Sequence[str]) -> bool:
    """Say whether ``path`` or a folder above it is never frozen or matches a glob."""
    parts = path.split("/")
    if not NEVER_FROZEN.isdisjoint(parts) and not _is_adapter(parts):
        return True
    if not exclude:
        return False
    above = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    return any(fnmatchcase(name, pattern.rstrip("/")) for name in above for pattern in exclude)


def _is_adapter(parts: Sequence[str]) -> bool:
    match parts:
        case [folder, name]:
            return folder == _HOME and name.endswith(_ADAPTER)
        case _:
            return False


class FolderTree:
    """A folder as it stands now.

    Raises:
        NotFound: there is no such folder.
        InvalidValue: a folder or file in it cannot be read.
    """

    def __init__(self, root: Path, exclude: Sequence[str] = ()):
        if not root.is_dir():
            raise NotFound("no such folder", where=Where(str(root)))
        self._root = str(root)
        self.skipped: list[Skipped] = []
        listed = {*self._names(), *_adapters(self._root)}
        names = sorted(n for n in listed if not is_excluded(n, exclude))
        found = (self._entry(name) for name in names)
        self.entries: list[Entry] = [entry for entry in found if entry is not None]

    def read(self, entry: Entry) -> Iterator[bytes]:
        """Yield the bytes of a file, or the target of a symbolic link, in chunks."""
        try:
            if entry.mode == "120000":
                yield os.fsencode(os.readlink(entry.source))
                return
            with open(entry.source, "rb", buffering=0) as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
        except OSError as error:
            raise _unreadable(entry.source, error) from error

    def _names(self) -> Iterator[str]:
        listed = _listed_by_git(self._root)
        if listed is None:
            yield from _walk(self._root, "")
            return
        for name in listed:
            inner = f"{self._root}/{name}"
            if os.path.isdir(inner) and not os.path.islink(inner):
                # A submodule, or a repository that is not one yet: git lists only its folder.
                prefix = name.rstrip("/")
                for below in _listed_by_git(inner) or _walk(inner, ""):
                    yield f"{prefix}/{below}"
            else:
                yield name

    def _entry(self, name: str) -> Entry | None:
        source = f"{self._root}/{name}"
        try:
            status = os.lstat(source)
        except FileNotFoundError:
            return None  # tracked, and deleted in the work tree
        except OSError as error:
            raise _unreadable(source, error) from error
        mode = _mode(status.st_mode)
        reason = "not a file" if mode is None else None if is_utf8(name) else "name is not UTF-8"
        if mode is None or reason is not None:
            if not stat.S_ISDIR(status.st_mode):
                self.skipped.append(Skipped(name.encode(errors="replace").decode(), str(reason)))
            return None
        return Entry(name, mode, source)


def refuse_escapes(paths: Sequence[str]) -> None:
    """Refuse paths by which a file of a tree would be written somewhere else.

    Git can be made to hold ``..``, a name with a slash in it, and a link beside a folder of the
    same name; none of them is a tree that anybody can check out.

    Raises:
        Corrupt: there is such a path.
    """
    seen = set(paths)
    for path in paths:
        parts = path.split("/")
        above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
        if not {"", ".", ".."}.isdisjoint(parts) or not seen.isdisjoint(above):
            raise Corrupt(
                "a path that leads out of its tree",
                where=Where(printable(path, 200)),
                remedy="no working tree holds such a file; look at who made the commit",
            )
    if len(seen) != len(paths):
        raise Corrupt("two files of one path", remedy="look at who made the commit")


class CommitTree:
    """The tree of a git commit, restricted to the folder ``root`` of the repository.

    A context manager: it keeps one ``git cat-file`` open. Filters (line endings, LFS) are
    not applied, replaced objects are what they were, and submodules are skipped.

    Raises:
        NotFound: no such commit, or not a git repository.
        Unreadable: git will not read the repository, or cannot; the message is git's.
    """

    def __init__(self, root: Path, commit: str, exclude: Sequence[str] = ()):
        self._root = str(root)
        name = f"{commit}^{{commit}}"
        found = _run(self._root, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
        if found.returncode == _NO_SUCH_NAME:
            raise NotFound(f"no commit named {commit}", where=Where(str(root)))
        self.commit = self._said(found).decode().strip()
        self.skipped: list[Skipped] = []
        listing = self._said(_run(self._root, "ls-tree", "-r", "-z", self.commit))
        parsed = [self._entry(record) for record in listing.split(b"\0") if record]
        kept = (e for e in parsed if e is not None and not is_excluded(e.path, exclude))
        self.entries: list[Entry] = sorted(kept, key=lambda entry: entry.path)
        self._reader = subprocess.Popen(
            [_git_program(), "-C", self._root, "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._reader.kill()
        self._reader.communicate()

    def read(self, entry: Entry) -> Iterator[bytes]:
        """Yield the bytes of a blob in chunks; read to the end before the next one."""
        ask, answer = _pipes(self._reader)
        ask.write(entry.source.encode() + b"\n")
        ask.flush()
        header = answer.readline().split()
        if len(header) != 3 or header[1] != b"blob":  # noqa: PLR2004 - "<id> blob <size>"
            raise NotFound(f"the object {entry.source} is missing", where=Where(entry.path))
        left = int(header[2])
        while left:
            chunk = answer.read(min(left, _CHUNK))
            if not chunk:
                raise NotFound("git ended early", where=Where(entry.path))
            left -= len(chunk)
            yield chunk
        answer.read(1)

    def _said(self, done: subprocess.CompletedProcess[bytes]) -> bytes:
        if done.returncode == 0:
            return done.stdout
        said, where = done.stderr.decode(errors="replace"), Where(self._root)
        if "not a git repository" in said:
            raise NotFound("not a git repository", where=where)
        raise Unreadable(
            f"git does not read this repository ({complaint(said)})",
            where=where,
            remedy="do what git says, or see git fsck there",
        )

    def _entry(self, record: bytes) -> Entry | None:
        head, _, raw = record.partition(b"\t")
        mode, kind, blob = head.decode().split()
        path = os.fsdecode(raw)
        if kind == "blob" and is_utf8(path):
            return Entry(path, mode if mode in ("100755", "120000") else "100644", blob)
        reason = "name is not UTF-8" if kind == "blob" else "a submodule"
        self.skipped.append(Skipped(raw.decode(errors="replace"), reason))
        return None


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise NotFound("git cat-file has no pipes")
    return process.stdin, process.stdout


def _git_program() -> str:
    program = shutil.which("git")
    if program is None:
        raise DependencyMissing("git is not installed", remedy="install git")
    return program


def _git(root: str, *arguments: str) -> bytes | None:
    done = _run(root, *arguments)
    return done.stdout if done.returncode == 0 else None


def _run(root: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [_git_program(), "-C", root, "-c", "core.fsmonitor=false", *arguments]
    return subprocess.run(command, capture_output=True, check=False, env=environment())


def _listed_by_git(root: str) -> list[str] | None:
    """Return what git counts to a folder, or None where it is not inside a work tree."""
    if shutil.which("git") is None or not _is_work_tree(root):
        return None
    listing = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listing is None:
        return None
    return list(dict.fromkeys(os.fsdecode(name) for name in listing.split(b"\0") if name))


def _is_work_tree(root: str) -> bool:
    """Say whether ``root`` is in a work tree and not one of its ignored folders."""
    if _git(root, "rev-parse", "--is-inside-work-tree") != b"true\n":
        return False
    return _git(root, "check-ignore", "--quiet", ".") is None


def _walk(root: str, prefix: str) -> Iterator[str]:
    folders = [prefix]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(f"{root}/{folder}") as found:
                names = list(found)
        except OSError as error:
            raise _unreadable(f"{root}/{folder}", error) from error
        for name in names:
            path = f"{folder}{name.name}"
            if not name.is_dir(follow_symlinks=False):
                yield path
            elif name.name not in NEVER_FROZEN:
                folders.append(f"{path}/")


def _adapters(root: str) -> list[str]:
    """Return the adapters of a folder, whether or not git is told to ignore them."""
    try:
        return [f"{_HOME}/{n}" for n in os.listdir(f"{root}/{_HOME}") if n.endswith(_ADAPTER)]
    except OSError:
        return []


def _mode(mode: int) -> Mode | None:
    if stat.S_ISLNK(mode):
        return "120000"
    if not stat.S_ISREG(mode):
        return None
    return "100755" if mode & stat.S_IXUSR else "100644"


def is_utf8(name: str) -> bool:
    """Say whether the system has a name in UTF-8; a tree has no other ones."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unreadable(path: str, error: OSError) -> InvalidValue:
    return InvalidValue(
        f"cannot be read ({error.strerror})",
        where=Where(path.encode(errors="replace").decode()),
        remedy="make it readable, or exclude it",
    )
