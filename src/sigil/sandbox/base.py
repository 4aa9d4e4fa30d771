"""A private, immutable copy of a repository tree, made once per content.

Candidates are checked out from it and never from the user's folder, so nothing that a
candidate does can reach that folder, and what the user edits meanwhile cannot reach a run.

On disk, in the cache: ``<digest>/tree/…`` (the files), ``<digest>/files.json`` (mode, size
and digest of each) and, once hardlinks were needed, ``<digest>/locked/…``. A base is built under
another name and renamed when it is whole, so two processes at once and a kill at any instant
leave either a whole base or a ``.partial-…`` folder, which the next freeze removes.

Not here: writable views (`sigil.sandbox.checkout`), which files count (`sigil.sandbox.tree`).
"""

# Names stay strings here: on 50,000 files, Path objects cost more than the calls themselves.
# ruff: noqa: PTH101, PTH103, PTH104, PTH115, PTH120, PTH123, PTH211

from __future__ import annotations

import errno
import fcntl
import json
import os
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sigil import canonical
from sigil.errors import DiskFull, InvalidValue, SigilError, Unwritable, Where
from sigil.sandbox.removal import remove_tree
from sigil.sandbox.tree import CommitTree, FolderTree, Mode, Skipped, Tree

FROZEN_NS = 946_684_800 * 10**9
"""2000-01-01: the time of every frozen file, so that a digest says all there is to say."""

_PARTIAL = ".partial-"
_Files = Mapping[str, tuple[Mode, int, str]]


@dataclass(frozen=True, slots=True)
class Base:
    """A frozen tree in the cache.

    Args:
        path: the folder that holds the files. Nobody writes there.
        digest: over ``{path: [mode, sha256]}``; neither owner nor time enters it.
        skipped: what stands in the repository and is not in the tree, with the reason.
    """

    path: Path
    digest: str
    skipped: tuple[Skipped, ...] = ()


def freeze(
    repo: Path, cache: Path, *, commit: str | None = None, exclude: Sequence[str] = ()
) -> Base:
    """Copy a repository tree into the cache, unless the cache has these contents already.

    Args:
        repo: a folder; in a git work tree its tracked and untracked-not-ignored files count.
        cache: where bases are kept; made if need be, never inside the frozen tree.
        commit: take the files of this commit instead of the work tree.
        exclude: globs over relative paths; a folder that matches is left out whole.

    Raises:
        NotFound: no such folder or commit.
        InvalidValue: something in the folder cannot be read.
        Unwritable, DiskFull: the cache cannot hold the copy.
    """
    with ExitStack() as stack, disk_errors(cache):
        tree: Tree
        if commit is None:
            tree = FolderTree(repo, exclude)
        else:
            tree = stack.enter_context(CommitTree(repo, commit, exclude))
        skipped = tuple(tree.skipped)
        name = _digest(
            {
                entry.path: (entry.mode, canonical.digest_stream(tree.read(entry)))
                for entry in tree.entries
            }
        )
        cache.mkdir(parents=True, exist_ok=True)
        _sweep(cache)
        if not _is_whole(_folder(cache, name)):
            name = _build(tree, cache)
        return Base(_folder(cache, name) / "tree", name, skipped)


def locked_tree(base: Base) -> Path:
    """Return a copy of ``base`` whose files nobody in the sandbox can open for writing.

    Hardlinked checkouts share its inodes. For root, the files belong to another user, so
    that a candidate without capabilities can neither write nor chmod them. For anybody else
    they are only read-only, and `unchanged` has to be asked after each command.

    Raises:
        Unwritable, DiskFull: the cache cannot hold the copy.
    """
    locked = base.path.parent / "locked"
    if locked.is_dir():
        return locked
    with disk_errors(base.path.parent), _partial(base.path.parent) as partial:
        for path, mode, _ in manifest(base):
            source, target = f"{base.path}/{path}", f"{partial}/tree/{path}"
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if mode == "120000":
                _write(target, mode, iter([os.fsencode(os.readlink(source))]))
                continue
            _write(target, mode, _chunks(source))
            os.chmod(target, 0o555 if mode == "100755" else 0o444)
            if os.geteuid() == 0:
                with suppress(OSError):
                    os.chown(target, _NOBODY, _NOBODY)
        _rename_new(partial / "tree", locked)
    return locked


_NOBODY = 65534


def is_locked(path: Path) -> bool:
    """Say whether the kernel itself keeps candidates from writing a locked file."""
    return os.geteuid() == 0 and os.lstat(path).st_uid == _NOBODY


def manifest(base: Base) -> Iterator[tuple[str, Mode, int]]:
    """Yield path, mode and size of each file of ``base``, in the order of the paths."""
    for path, (mode, size, _) in sorted(_read_manifest(base.path.parent).items()):
        yield path, mode, size


def damaged(base: Base, locked: Path) -> bool:
    """Say whether the contents of a locked copy are not what was frozen (reads it all)."""
    for path, (mode, size, digest) in _read_manifest(base.path.parent).items():
        if mode == "120000":
            continue
        name = f"{locked}/{path}"
        try:
            if os.lstat(name).st_size != size:
                return True
            if canonical.digest_stream(_chunks(name)) != digest:
                return True
        except OSError:
            return True
    return False


@contextmanager
def disk_errors(place: Path) -> Generator[None]:
    """Turn what the disk says about ``place`` into one of our errors."""
    try:
        yield
    except SigilError:
        raise
    except OSError as error:
        where = Where(str(error.filename or place))
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull("no space is left", where=where, remedy="free some space") from error
        raise Unwritable(
            f"cannot be written ({error.strerror})",
            where=where,
            remedy="name a folder that you may write to",
        ) from error


def _folder(cache: Path, name: str) -> Path:
    return cache / name.removeprefix(canonical.DIGEST_PREFIX)


def _digest(files: Mapping[str, tuple[Mode, str]]) -> str:
    return canonical.digest_value({path: list(facts) for path, facts in files.items()})


def _build(tree: Tree, cache: Path) -> str:
    """Copy ``tree``, and name the copy by what was copied: the source may be changing."""
    files: dict[str, tuple[Mode, int, str]] = {}
    with _partial(cache) as partial:
        root = f"{partial}/tree"
        made: set[str] = set()
        for entry in tree.entries:
            target = f"{root}/{entry.path}"
            folder = os.path.dirname(target)
            if folder not in made:
                os.makedirs(folder, exist_ok=True)
                made.add(folder)
            size, digest = _write(target, entry.mode, tree.read(entry))
            files[entry.path] = (entry.mode, size, digest)
        name = _digest({path: (mode, digest) for path, (mode, _, digest) in files.items()})
        _write_durably(partial / "files.json", canonical.compact_json(files))
        folder = _folder(cache, name)
        if folder.exists() and not _is_whole(folder):
            os.rename(folder, f"{partial}/damaged")
        _rename_new(partial, folder)
    return name


@contextmanager
def _partial(cache: Path) -> Generator[Path]:
    """Yield a new folder to build in; what is still there at the end is removed.

    A lock on its ``.lock`` says that its builder lives.
    """
    with ExitStack() as stack:
        partial = _claimed(cache, stack)
        (partial / "tree").mkdir()
        try:
            yield partial
        finally:
            remove_tree(partial)


def _claimed(cache: Path, stack: ExitStack) -> Path:
    """Make a folder and lock it; again, if somebody swept it before it was locked."""
    while True:
        partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=cache))
        with suppress(FileNotFoundError):
            partial.chmod(0o755)
            lock = stack.enter_context((partial / ".lock").open("wb"))
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (partial / ".lock").exists():
                return partial


def _sweep(cache: Path) -> None:
    """Remove what builders that were killed left behind."""
    for partial in cache.glob(f"{_PARTIAL}*"):
        with suppress(OSError), (partial / ".lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_tree(partial)


def _rename_new(source: Path, target: Path) -> None:
    """Rename, unless somebody else was faster with the same contents."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _write(target: str, mode: Mode, chunks: Iterable[bytes]) -> tuple[int, str]:
    """Write one frozen file; return its size and the digest of what was written."""
    if mode == "120000":
        link = b"".join(chunks)
        os.symlink(link, os.fsencode(target))
        return len(link), canonical.digest(link)
    size = 0

    def written() -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            size += len(chunk)
            yield chunk
            _write_all(number, chunk)

    number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        digest = canonical.digest_stream(written())
        os.fchmod(number, 0o755 if mode == "100755" else 0o644)
        os.utime(number, ns=(FROZEN_NS, FROZEN_NS))
    finally:
        os.close(number)
    return size, digest


def _write_all(number: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(number, view) :]


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _chunks(path: str) -> Iterator[bytes]:
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(2**20):
            yield chunk


def _read_manifest(folder: Path) -> _Files:
    try:
        return cast("_Files", json.loads((folder / "files.json").read_bytes()))
    except (OSError, ValueError) as error:
        raise InvalidValue(
            "the frozen copy is damaged", where=Where(str(folder)), remedy="remove this folder"
        ) from error


def _is_whole(folder: Path) -> bool:
    """Say whether a cached base is there with every file's kind, size, mode and time."""
    if not (folder / "files.json").is_file():
        return False
    root = f"{folder}/tree"
    try:
        return all(_is_intact(f"{root}/{path}", *facts) for path, facts in _items(folder))
    except InvalidValue:
        return False


def _items(folder: Path) -> Iterator[tuple[str, tuple[Mode, int, str]]]:
    yield from _read_manifest(folder).items()


_ST_MODE: Mapping[Mode, int] = {"100644": 0o100644, "100755": 0o100755, "120000": 0o120777}


def _is_intact(path: str, mode: Mode, size: int, _digest: str) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    if status.st_mode != _ST_MODE[mode] or status.st_size != size:
        return False
    return mode == "120000" or status.st_mtime_ns == FROZEN_NS
