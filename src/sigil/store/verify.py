"""Is everything still what it was? The one verifier, which every command uses.

Promises: it re-derives all that a record claims (digests and lengths of inputs and outputs,
``inputs_hash``, the name) from the bytes on the disk, and the frames of journals and the
names of blobs likewise; a run that never ended is called unfinished, not corrupt; it follows
no symbolic link, writes nothing, and its memory does not grow with the tree.

What it cannot see: a manifest rewritten together with the files that it vouches for. That
takes a signature (`sigil.ledger`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sigil import canonical
from sigil.errors import Corrupt, NotFound, NotYet, SigilError, Unreadable, Where
from sigil.store import files, frames, journal, making, manifests, records
from sigil.store.manifests import Manifest, Stored

Kind = Literal["corrupt", "unfinished", "unrecorded", "unverifiable"]
"""corrupt: not what was written. unfinished: its process ended before it did, or has not yet.
unrecorded: a file that no manifest vouches for. unverifiable: from before there were digests."""
_RUN_ID = re.compile(r"[0-9a-f]{32}(-[1-9][0-9]*)?")
_RUN_BY_TIME = re.compile(r".+_[0-9a-f]{8}(-[1-9][0-9]*)?")
_BLOB = re.compile(r"/([0-9a-f]{2})/(\1[0-9a-f]{62})\Z")
_REMEDY = "restore it from a copy, or run it again"
_CANDIDATES = "candidates"
_SEALED = {making.INPUTS, records.OUTPUTS, _CANDIDATES}
"""Directories of a record in which every file is vouched for by its manifest, as in those that
hold an artifact."""
_Names = dict[str, bool]
"""Paths relative to a record, and whether each is a regular file."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Args:
        path: the file or directory.
        kind: see `Kind`.
        problem: what is the matter with it.
        remedy: what the reader can do.
    """

    path: str
    kind: Kind
    problem: str
    remedy: str

    def __str__(self) -> str:
        """Render as one line."""
        return f"{self.path}: {self.kind}: {self.problem}; {self.remedy}"


@dataclass(slots=True)
class Report:
    """What was looked at and what was found.

    Args:
        root: what was verified.
        findings: in the order of the walk.
        runs: how many records were looked at.
        files: how many files were hashed.
        bytes: how many bytes that was.
        frames: how many journal frames were checked.
    """

    root: str
    findings: list[Finding] = field(default_factory=list[Finding])
    runs: int = 0
    files: int = 0
    bytes: int = 0
    frames: int = 0

    @property
    def intact(self) -> bool:
        """Whether nothing is corrupt."""
        return not self.of_kind("corrupt")

    def of_kind(self, kind: Kind) -> list[Finding]:
        """Return the findings of one kind."""
        return [finding for finding in self.findings if finding.kind == kind]

    def raise_if_corrupt(self) -> None:
        """Raise for the first corrupt finding.

        Raises:
            Corrupt: something is not what was written.
        """
        for finding in self.of_kind("corrupt"):
            raise Corrupt(finding.problem, where=Where(finding.path), remedy=finding.remedy)


def verify(path: Path) -> Report:
    """Verify a run, a journal, a blob, or every one of them below a directory.

    Raises:
        NotFound: ``path`` does not exist.
        Unreadable: ``path`` is a directory that may not be listed.
    """
    report = Report(str(path))
    for finding in scan(path, report):
        report.findings.append(finding)
    return report


def scan(path: Path, report: Report) -> Iterator[Finding]:
    """Yield findings as they are made, counting in ``report`` without storing any.

    Raises:
        NotFound: ``path`` does not exist.
        Unreadable: ``path`` is a directory that may not be listed.
    """
    if not path.exists():
        raise NotFound(
            "there is nothing to verify", where=Where(str(path)), remedy="name a run or a folder"
        )
    if path.is_file():
        if path.name == manifests.FILE_NAME:
            yield from _directory(str(path.parent), report, [])
        else:
            yield from _lone_file(str(path), report)
        return
    pending = [str(path)]
    while pending:
        yield from _directory(pending.pop(), report, pending)


# --- the walk ---------------------------------------------------------------------------


def _directory(directory: str, report: Report, pending: list[str]) -> Iterator[Finding]:
    """Verify what stands in one directory; what is to be visited is added to ``pending``."""
    names: _Names = {}
    try:
        below = _list(directory, "", names)
    except OSError as error:
        yield _refusal(directory, files.read_error(error, Path(directory)))
        return
    if manifests.FILE_NAME in names:
        yield from _run(directory, names, below, report)
    elif making.INPUTS in below and _may_name_a_run(directory.rpartition("/")[2]):
        yield Finding(directory, "unfinished", "inputs without a manifest", "run it again")
    # What stands in sealed directories has its digest in the manifest.
    for name in sorted(name for name in names if "/" not in name):
        yield from _lone_file(f"{directory}/{name}", report)
    below.sort(reverse=True)
    pending += [f"{directory}/{name}" for name in below if not files.is_temporary(name)]


def _may_name_a_run(name: str) -> bool:
    """Say whether runs are named so; see `sigil.canonical.names_run`."""
    return bool(_RUN_ID.fullmatch(name) or _RUN_BY_TIME.fullmatch(name))


def _list(directory: str, prefix: str, names: _Names) -> list[str]:
    """Add the files of one directory to ``names``; return the names of its directories."""
    below: list[str] = []
    with os.scandir(f"{directory}/{prefix}") as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.name)
            else:
                names[prefix + entry.name] = entry.is_file(follow_symlinks=False)
    return below


def _list_sealed(directory: str, sealed: set[str], names: _Names, below: list[str]) -> None:
    """Take the sealed directories out of ``below`` and add all their files to ``names``."""
    for name in sealed.intersection(below):
        below.remove(name)
        _list_all(directory, name, names)


def _list_all(directory: str, top: str, names: _Names) -> None:
    """Add every file below a directory of a record, by its path relative to the record."""
    pending = [f"{top}/"]  # as deep as a path may be long: no recursion
    while pending:
        prefix = pending.pop()
        try:
            below = _list(directory, prefix, names)
        except OSError:
            # Files of the manifest are found missing by their names; others would go unseen.
            names[prefix[:-1]] = False
        else:
            pending += [f"{prefix}{name}/" for name in below]


def _lone_file(path: str, report: Report) -> Iterator[Finding]:
    """Verify a file that vouches for itself: a journal by its checksums, a blob by its name."""
    if path.endswith(journal.SUFFIX):
        yield from _journal(path, report)
    elif match := _BLOB.search(path):
        stored = Stored(path, canonical.DIGEST_PREFIX + match[2])
        yield from _file(path, stored, report, "put the same bytes again")


def _journal(path: str, report: Report) -> Iterator[Finding]:
    try:
        with os.fdopen(files.open_regular(path), "rb", buffering=files.CHUNK) as stream:
            reader = frames.Reader(stream, path)
            for _ in reader.frames():
                report.frames += 1
    except SigilError as error:
        yield _refusal(path, error)
        return
    report.files += 1
    report.bytes += reader.end
    if reader.torn:
        problem = f"the end behind frame {reader.last} is torn"
        yield Finding(path, "unfinished", problem, "it is cut off when the run is continued")


# --- one record -------------------------------------------------------------------------


def _run(directory: str, names: _Names, below: list[str], report: Report) -> Iterator[Finding]:
    """Verify a record; its sealed directories move from ``below`` to ``names``."""
    report.runs += 1
    path = f"{directory}/{manifests.FILE_NAME}"
    try:
        manifest = manifests.parse(files.read_file(path), path)
    except SigilError as error:
        _list_sealed(directory, _SEALED, names, below)
        yield _refusal(path, error)
        return
    artifacts = [item.path for item in manifest.artifacts.values()]
    tops = {path.partition("/")[0] for path in artifacts if "/" in path}
    _list_sealed(directory, _SEALED | tops, names, below)
    name = directory.rpartition("/")[2]
    if directory == report.root:  # perhaps typed as ``.`` or through a link
        name = Path(directory).resolve().name
    yield from _identity(directory, name, manifest)
    yield from _contents(directory, manifest.snapshots.values(), names, report)
    yield from _contents(directory, manifest.artifacts.values(), names, report)
    if manifest.status == "running":
        yield Finding(directory, "unfinished", "the run has not ended", "continue or restart it")
        return
    vouched = {item.path for item in manifest.snapshots.values()}.union(artifacts)
    for name in sorted(name for name in names.keys() - vouched if "/" in name or name in _SEALED):
        if not files.is_temporary(name.rpartition("/")[2]):
            yield _unrecorded(directory, name)


def _unrecorded(directory: str, name: str) -> Finding:
    """Return the finding for a file that stands among sealed ones and is not one of them."""
    problem = "the manifest does not list this file, so nothing says who wrote it or when"
    remedy = "do not rely on it"
    if name.startswith(f"{_CANDIDATES}/"):
        remedy = "the journal tells what the candidate is; sigil select writes such copies of it"
    return Finding(f"{directory}/{name}", "unrecorded", problem, remedy)


def _identity(directory: str, name: str, manifest: Manifest) -> Iterator[Finding]:
    """Derive inputs hash and name anew from the digests that the manifest has."""
    path = f"{directory}/{manifests.FILE_NAME}"
    if not manifest.inputs_hash:
        problem = "the manifest has no inputs_hash"
        yield Finding(path, "unverifiable", problem, "run it again for a record that has")
        return
    derived = canonical.inputs_hash(
        {name: item.sha256 for name, item in manifest.snapshots.items()}
    )
    if derived != manifest.inputs_hash:
        problem = f"inputs_hash is {manifest.inputs_hash}, the snapshots give {derived}"
        yield Finding(path, "corrupt", problem, _REMEDY)
    if manifest.run_id != name:
        problem = f"run_id is {manifest.run_id}, the directory is called {name}"
        yield Finding(path, "corrupt", problem, "give the directory its name back")
    elif not canonical.names_run(name, manifest.inputs_hash):
        problem = f"run_id {name} does not derive from the inputs"
        yield Finding(path, "corrupt", problem, _REMEDY)
    elif "-" in name and _RUN_ID.fullmatch(name):
        yield from _collision(directory, name.partition("-")[0], manifest)


def _collision(directory: str, plain: str, manifest: Manifest) -> Iterator[Finding]:
    """Check that a name with ``-2`` was given because the plain one has other inputs."""
    path = Path(directory).resolve().parent / plain / manifests.FILE_NAME
    try:
        other = manifests.parse(files.read_file(path), str(path))
    except SigilError:
        return  # gone since, or reported by its own name
    if other.inputs_hash == manifest.inputs_hash:
        problem = f"{plain} has the same inputs"
        yield Finding(directory, "corrupt", problem, "keep one of the two runs")


def _contents(
    directory: str, stored: Iterable[Stored], names: _Names, report: Report
) -> Iterator[Finding]:
    for item in stored:
        path = f"{directory}/{item.path}"
        regular = names.get(item.path)
        if regular is None:  # missing, behind a link, or in a directory that was not listed
            parents = list(Path(item.path).parents)[:-1]
            regular = not any(Path(directory, parent).is_symlink() for parent in parents)
        if regular:
            yield from _file(path, item, report, _REMEDY)
        else:
            yield Finding(path, "corrupt", "a link or no regular file", _REMEDY)


def _file(path: str, stored: Stored, report: Report, remedy: str) -> Iterator[Finding]:
    """Compare one file with what is claimed of it."""
    try:
        digest, size = making.measure(path)
    except SigilError as error:
        yield _refusal(path, error)
        return
    report.files += 1
    report.bytes += size
    if digest != stored.sha256:
        yield Finding(path, "corrupt", f"has digest {digest}, not {stored.sha256}", remedy)
    elif stored.bytes not in {None, size}:
        yield Finding(path, "corrupt", f"has {size} bytes, not {stored.bytes}", remedy)


def _refusal(path: str, error: SigilError) -> Finding:
    """Return the finding for a file that could not be read as what it should be."""
    where = error.where
    place = str(where) if where and (where.line or where.field) else path
    kind: Kind = "unverifiable" if isinstance(error, (NotYet, Unreadable)) else "corrupt"
    return Finding(place, kind, error.problem, error.remedy or _REMEDY)
