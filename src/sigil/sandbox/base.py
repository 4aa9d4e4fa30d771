"""A private, immutable copy of a repository tree, made once per content.

Candidates are checked out from it and never from the user's folder, so nothing that a
candidate does can reach that folder, and what the user edits meanwhile cannot reach a run.

On disk, in the cache: ``<digest>/tree/…`` (the files), ``<digest>/files.json`` (mode, size
and digest of each) and, once hardlinks were needed, ``<digest>/locked/…``. A base is built under
another name and renamed when it is whole, so two processes at once and a kill at any instant
leave either a whole base or a temporary folder, which the next freeze removes. So does it with
bases that no process uses, except for the `KEPT` that were used last.

Not here: writable views (`sigil.sandbox.checkout`), which files count (`sigil.sandbox.tree`),
who uses a base (`sigil.sandbox.holding`).
"""

# Names stay strings here: on 50,000 files, Path objects cost more than the calls themselves.
# ruff: noqa: PTH101, PTH103, PTH115, PTH120, PTH123, PTH211

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sigil import canonical
from sigil.errors import InvalidValue, Where
from sigil.sandbox.holding import alone, hold, let_go, remove_unused, set_aside
from sigil.sandbox.tree import CommitTree, FolderTree, Mode, Skipped, Tree, refuse_escapes
from sigil.store.disk_errors import writing
from sigil.store.files import sweep, temporary_directory, write_all, write_new

FROZEN_NS = 946_684_800 * 10**9
"""2000-01-01: the time of every frozen file, so that a digest says all there is to say."""

KEPT = 4
"""How many of the bases that were used last a cache keeps although no process uses them."""

_NAME = re.compile(r"[0-9a-f]{64}")
_Files = Mapping[str, tuple[Mode, int, str]]


@dataclass(frozen=True, slots=True)
class Base:
    """A frozen tree in the cache.

    It stays there until the process that got it from `freeze` ends, or the block of `frozen`; and
    so it does for one that got it by pickle: both hold it.

    Args:
        path: the folder that holds the files. Nobody writes there.
        digest: over ``{path: [mode, sha256]}``; neither owner nor time enters it.
        skipped: what stands in the repository and is not in the tree, with the reason.
    """

    path: Path
    digest: str
    skipped: tuple[Skipped, ...] = ()

    def __reduce__(self) -> tuple[object, ...]:
        """Travel as the three fields; whoever receives them holds the base too."""
        return _received, (self.path, self.digest, self.skipped)


def _received(path: Path, digest: str, skipped: tuple[Skipped, ...]) -> Base:
    with suppress(OSError):  # what is gone is told by whoever needs it
        hold(path.parent)
    return Base(path, digest, skipped)


def freeze(
    repo: Path, cache: Path, *, commit: str | None = None, exclude: Sequence[str] = ()
) -> Base:
    """Copy a repository tree into the cache, unless the cache has these contents already.

    Bases that have not been used for long, and that no process uses, leave the cache.

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
    with ExitStack() as stack, writing(cache):
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
        sweep(cache)  # what killed builders left
        if not _taken(cache, name):
            name = _build(tree, cache)
        remove_unused(cache, KEPT, lambda name: bool(_NAME.fullmatch(name)))
        return Base(_folder(cache, name) / "tree", name, skipped)


@contextmanager
def frozen(repo: Path, cache: Path, *, commit: str | None = None) -> Generator[Base]:
    """Freeze for a block, after which the base may leave the cache; see `freeze`.

    For whoever freezes one after the other: each base that is held keeps a descriptor open.
    """
    base = freeze(repo, cache, commit=commit)
    held = base.path.parent.stat(follow_symlinks=False)
    try:
        yield base
    finally:
        let_go(held)


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
    sweep(base.path.parent)
    with writing(base.path.parent), temporary_directory(base.path.parent) as partial:
        os.makedirs(f"{partial}/tree")
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


def changed_since(base: Base, digest: str) -> list[str] | None:
    """Return the paths in which ``base`` differs from the one with this digest, in order.

    None if the cache does not have that one any more, or has something else by its name.
    """
    former = _folder(base.path.parent.parent, digest)
    if not _NAME.fullmatch(former.name) or not (former / "files.json").is_file():
        return None
    then, now = _read_manifest(former), _read_manifest(base.path.parent)
    if _digest({path: (mode, one) for path, (mode, _, one) in then.items()}) != digest:
        return None
    return sorted(path for path in {*then, *now} if then.get(path) != now.get(path))


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


def _folder(cache: Path, name: str) -> Path:
    return cache / name.removeprefix(canonical.DIGEST_PREFIX)


def _digest(files: Mapping[str, tuple[Mode, str]]) -> str:
    return canonical.digest_value({path: list(facts) for path, facts in files.items()})


def _taken(cache: Path, name: str) -> bool:
    """Hold the base of this name, if the cache has it whole."""
    with alone(cache):
        folder = _folder(cache, name)
        whole = _is_whole(folder)
        if whole:
            hold(folder)
        return whole


def _build(tree: Tree, cache: Path) -> str:
    """Copy ``tree`` and hold the copy, named by what was copied: the source may be changing."""
    files: dict[str, tuple[Mode, int, str]] = {}
    refuse_escapes([entry.path for entry in tree.entries])
    with temporary_directory(cache) as partial:
        root = f"{partial}/base/tree"
        os.makedirs(root)
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
        write_new(partial / "base" / "files.json", canonical.compact_json(files))
        _put(partial / "base", _folder(cache, name))
    return name


def _put(built: Path, folder: Path) -> None:
    """Give a built base its name, unless somebody was faster, and hold what has the name."""
    with alone(folder.parent):
        if not _is_whole(folder):
            with suppress(FileNotFoundError):
                set_aside(folder)
            built.rename(folder)
        hold(folder)


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
            write_all(number, chunk)

    number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        digest = canonical.digest_stream(written())
        os.fchmod(number, 0o755 if mode == "100755" else 0o644)
        os.utime(number, ns=(FROZEN_NS, FROZEN_NS))
    finally:
        os.close(number)
    return size, digest


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
