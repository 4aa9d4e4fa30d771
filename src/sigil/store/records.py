"""One run of any feature as one directory: frozen inputs, outputs, manifest.

    <run>/inputs/…        the snapshots, written before anything runs
    <run>/outputs/…       what came out (a feature may have further files of its own)
    <run>/manifest.json   digests of all of it, the identity, the status; no time
    <run>/times.json      when it was created and finished; in no digest
    <run>/run.journal     what happened, if the feature keeps a journal

Promises: a record appears whole, with its inputs and status ``running``, or not at all; its
identity is a function of the snapshot bytes as read back from the disk; a record that says
``succeeded`` or ``failed`` has all of its outputs on the disk. A run whose process died
says ``running``, and can be continued or begun again.

Not here: whether a record is still what it was (`sigil.store.verify`), and whether anybody
is working on it (`RunRecord.lock` answers that).
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, Self

from sigil import canonical
from sigil.effects import SYSTEM_CLOCK, Clock
from sigil.errors import AlreadyExists, Corrupt, InvalidValue, NotFound, Where
from sigil.store import files, manifests
from sigil.store.manifests import Manifest, Stored

__all__ = ["JOURNAL", "TIMES", "Manifest", "RunRecord", "Stored"]

JOURNAL = "run.journal"
TIMES = "times.json"
LOCK = ".lock"
INPUTS = "inputs"
OUTPUTS = "outputs"
_SEED_PATHS = {
    "brief": "brief.resolved.json",
    "context": "context.resolved.json",
    "doctrine": "doctrine.resolved.json",
    "model_config": "model_config.json",
    "prior_artifact": "prior_artifact.resolved.json",
}


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run on the disk, as it stood when this value was made.

    Args:
        directory: where it is.
        manifest: what its ``manifest.json`` says.
        clock: what ``times.json`` is written by.
    """

    directory: Path
    manifest: Manifest
    clock: Clock = SYSTEM_CLOCK

    # --- making and finding -------------------------------------------------------------

    @classmethod
    def create(
        cls,
        directory: Path,
        kind: str,
        snapshots: Mapping[str, bytes],
        *,
        paths: Mapping[str, str] | None = None,
        meta: Mapping[str, object] | None = None,
        extra: Mapping[str, object] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> Self:
        """Make a record of a given name, with status ``running``.

        Args:
            directory: the new directory. Its name is the run's identity: it ends in ``_``
                and the first 8 digits of the inputs hash (`canonical.run_name` over
                `canonical.snapshots_hash`).
            kind: the feature, ``job_type`` in the manifest.
            snapshots: frozen inputs by name.
            paths: where a snapshot stands below ``inputs/``, for those that shall not stand
                under their own name.
            meta: facts of the feature, JSON-like; never a time.
            extra: further top-level keys of the manifest, JSON-like.
            clock: tells the time for ``times.json``.

        Raises:
            AlreadyExists: something has this name.
            InvalidValue: the name does not fit the inputs, or two snapshots one path.
            DiskFull: no space; nothing is left behind.
            Unwritable: the system refuses; nothing is left behind.
        """
        plan = _Plan(kind, snapshots, paths or {}, meta or {}, extra or {}, clock)
        return cls(directory, plan.carry_out(directory), clock)

    @classmethod
    def claim(
        cls,
        parent: Path,
        kind: str,
        snapshots: Mapping[str, bytes],
        *,
        paths: Mapping[str, str] | None = None,
        meta: Mapping[str, object] | None = None,
        extra: Mapping[str, object] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> Self:
        """Find or make the record of these inputs, whose name derives from them alone.

        The name is `canonical.run_id`, with ``-2``, ``-3``, … only where that directory
        holds other inputs. The arguments are those of `create`, with the directory above.

        Returns:
            The record. One that was there before has the status that it was left with: a
            caller executes it unless it succeeded and still verifies.

        Raises:
            Corrupt: a directory of this name is no record.
            InvalidValue: two snapshots have one path.
            DiskFull: no space; nothing is left behind.
            Unwritable: the system refuses; nothing is left behind.
        """
        plan = _Plan(kind, snapshots, paths or {}, meta or {}, extra or {}, clock)
        inputs_hash = canonical.snapshots_hash(snapshots)
        for directory in _names(parent, inputs_hash):
            record = cls._find_or_make(directory, plan)
            if record.manifest.inputs_hash == inputs_hash:
                return record
        raise AssertionError("unreachable: the names never end")

    @classmethod
    def _find_or_make(cls, directory: Path, plan: _Plan) -> Self:
        if not os.path.lexists(directory / manifests.FILE_NAME):
            # Taken meanwhile: another process was quicker, most likely with the same inputs.
            with contextlib.suppress(AlreadyExists):
                return cls(directory, plan.carry_out(directory), plan.clock)
        try:
            return cls.open(directory, clock=plan.clock)
        except NotFound as error:
            raise Corrupt(
                "stands where a run belongs, and has no manifest",
                where=Where(str(directory)),
                remedy="move it away, then run again",
            ) from error

    @classmethod
    def open(cls, directory: Path, *, clock: Clock = SYSTEM_CLOCK) -> Self:
        """Return the record in ``directory`` as its manifest has it, unverified.

        Raises:
            NotFound: there is no manifest.
            Corrupt: the manifest is damaged; the field is named.
            Unreadable: the system refuses.
        """
        path = directory / manifests.FILE_NAME
        return cls(directory, manifests.parse(files.read_file(path), str(path)), clock)

    # --- working ------------------------------------------------------------------------

    @property
    def status(self) -> manifests.Status:
        """``running``, ``succeeded`` or ``failed``, as the manifest has it."""
        return self.manifest.status

    @property
    def journal_path(self) -> Path:
        """Where the journal of this run stands, if it keeps one."""
        return self.directory / JOURNAL

    def lock(self) -> contextlib.AbstractContextManager[None]:
        """Work on this run alone for a block.

        Raises:
            WorkspaceBusy: on entry, if another process works on it; it is named.
        """
        return files.lock(self.directory / LOCK)

    def snapshot(self, name: str) -> bytes:
        """Return the bytes of a frozen input, verified.

        Raises:
            NotFound: the run has no such input, or its file is gone.
            Corrupt: the file has other bytes.
        """
        stored = self.manifest.snapshots.get(name)
        if stored is None:
            known = ", ".join(sorted(self.manifest.snapshots)) or "none"
            raise NotFound(
                f"no input {name!r}", where=Where(str(self.directory)), remedy=f"it has: {known}"
            )
        return files.read_verified(self.directory / stored.path, stored.sha256)

    def write(self, path: str, data: bytes) -> Path:
        """Write one file of this run, whole and durable, and return where it stands.

        Args:
            path: relative to the run, such as ``outputs/report.json``.
            data: its bytes.

        Raises:
            InvalidValue: ``path`` leads out of the run.
            DiskFull: no space.
            Unwritable: the system refuses.
        """
        target = self.directory / files.confined(path)
        files.make_directory(target.parent)
        files.write_atomic(target, data)
        return target

    def finish(
        self,
        status: Literal["succeeded", "failed"],
        outputs: Iterable[str] = (),
        *,
        error: str | None = None,
        meta: Mapping[str, object] | None = None,
    ) -> Self:
        """Say how the run ended, with the digests of its outputs as they are on the disk.

        Args:
            status: how it ended.
            outputs: files and directories, relative to the run. They are synced here.
            error: one line, if it failed.
            meta: facts to add to those of `create`.

        Raises:
            InvalidValue: the run is finished already, or an output leads out of it.
            NotFound: an output is not there.
            Corrupt: an output is a link or no regular file.
            DiskFull: no space; the run still says ``running``.
            Unwritable: the system refuses; the run still says ``running``.
        """
        if self.status != "running":
            raise InvalidValue(
                f"this run has {self.status} already",
                where=Where(str(self.directory)),
                remedy="reopen it first",
            )
        manifest = dataclasses.replace(
            self.manifest,
            status=status,
            artifacts=self._seal(outputs),
            error=error,
            meta={**self.manifest.meta, **(meta or {})},
        )
        self._note("finished_at")
        return self._replace(manifest)

    def reopen(self) -> Self:
        """Let a finished run be continued: ``running``, and no file vouched for but its inputs.

        A run that is ``running`` is returned as it is.
        """
        if self.status == "running":
            return self
        return self._replace(
            dataclasses.replace(self.manifest, status="running", artifacts={}, error=None)
        )

    def restart(self) -> Self:
        """Let a failed, damaged or half-done run begin again: as `reopen`, without outputs/.

        Raises:
            Unwritable: an output of the former attempt cannot be removed.
        """
        record = self.reopen()
        outputs = self.directory / OUTPUTS
        with files.writing(outputs):
            if outputs.is_symlink() or outputs.is_file():
                outputs.unlink()
            elif outputs.exists():
                files.remove_tree(outputs)
        return record

    # --- inside -------------------------------------------------------------------------

    def _replace(self, manifest: Manifest) -> Self:
        files.write_atomic(self.directory / manifests.FILE_NAME, manifests.render(manifest))
        return dataclasses.replace(self, manifest=manifest)

    def _note(self, event: str) -> None:
        """Add a time to ``times.json``, whatever state that file is in: nothing rests on it."""
        path = self.directory / TIMES
        times: dict[str, object] = {}
        with contextlib.suppress(NotFound, Corrupt):
            times = manifests.parse_object(files.read_file(path), str(path))
        times[event] = self.clock.now().isoformat()
        files.write_atomic(path, canonical.snapshot_json(times))

    def _seal(self, outputs: Iterable[str]) -> dict[str, Stored]:
        """Sync the outputs, then return digests of them as they are read back."""
        paths = [
            path
            for output in outputs
            for path in _files_below(self.directory, files.confined(output))
        ]
        for path in paths:
            files.sync_file(self.directory / path)
        _sync_directories(self.directory, paths)
        return {path: _measure(self.directory, path) for path in paths}


# --- making -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plan:
    """A record that is to be made. Field by field, the arguments of `RunRecord.create`."""

    kind: str
    snapshots: Mapping[str, bytes]
    paths: Mapping[str, str]
    meta: Mapping[str, object]
    extra: Mapping[str, object]
    clock: Clock

    def carry_out(self, directory: Path) -> Manifest:
        """Write the record where nobody sees it, then give it its name."""
        places = {name: self._place(name) for name in self.snapshots}
        if len(set(places.values())) < len(places):
            raise InvalidValue("two snapshots have one path", where=Where(str(directory)))
        files.make_directory(directory.parent)
        files.sweep(directory.parent)
        with files.temporary_directory(directory.parent) as stage:
            for name, data in self.snapshots.items():
                path = stage / places[name]
                with files.writing(path):
                    path.parent.mkdir(parents=True, exist_ok=True)
                files.write_new(path, data)
            stored = {name: _measure(stage, place) for name, place in places.items()}
            manifest = self._manifest(directory, stored)
            files.write_new(stage / manifests.FILE_NAME, manifests.render(manifest))
            times = {"created_at": self.clock.now().isoformat()}
            files.write_new(stage / TIMES, canonical.snapshot_json(times))
            _sync_directories(stage, places.values())
            _move(stage, directory)
        return manifest

    def _place(self, name: str) -> str:
        place = self.paths.get(name) or _SEED_PATHS.get(name, name)
        return str(files.confined(f"{INPUTS}/{place}"))

    def _manifest(self, directory: Path, stored: Mapping[str, Stored]) -> Manifest:
        """Derive the identity from the digests of what stands on the disk."""
        inputs_hash = canonical.inputs_hash({name: item.sha256 for name, item in stored.items()})
        if not canonical.names_run(directory.name, inputs_hash):
            raise InvalidValue(
                f"the name of this run does not end in _{canonical.run_id(inputs_hash)[:8]}",
                where=Where(str(directory)),
                remedy="derive it with canonical.run_name",
            )
        return Manifest(
            run_id=directory.name,
            inputs_hash=inputs_hash,
            job_type=self.kind,
            status="running",
            snapshots=stored,
            meta=self.meta,
            extra=self.extra,
        )


def _move(stage: Path, directory: Path) -> None:
    """Give the stage its name, unless that is taken; an empty directory is not in the way."""
    with files.writing(directory):
        try:
            stage.rename(directory)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
                raise
            raise AlreadyExists(
                "something of this name exists",
                where=Where(str(directory)),
                remedy="resume that run, or start again a second later",
            ) from error
        files.sync_directory(directory.parent)


def _names(parent: Path, inputs_hash: str) -> Iterator[Path]:
    name = canonical.run_id(inputs_hash)
    yield parent / name
    for number in itertools.count(2):
        yield parent / f"{name}-{number}"


# --- what stands on the disk ------------------------------------------------------------


def _measure(directory: Path, path: str) -> Stored:
    """Return digest and length of a file as it is read back from the disk."""
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for chunk in files.read_chunks(directory / path):
            size += len(chunk)
            yield chunk

    digest = canonical.digest_stream(counted())
    return Stored(path, digest, size)


def _files_below(directory: Path, path: PurePosixPath) -> Iterator[str]:
    """Yield the files that ``path`` is or holds, ascending; a link on the way is refused."""
    target = directory / path
    if any((directory / part).is_symlink() for part in (path, *path.parents[:-1])):
        raise Corrupt(
            "a symbolic link stands where an output belongs",
            where=Where(str(target)),
            remedy="write the file itself",
        )
    if not target.is_dir():
        yield str(path)
        return
    for name in sorted(entry.name for entry in target.iterdir()):
        if not files.is_temporary(name):
            yield from _files_below(directory, path / name)


def _sync_directories(directory: Path, paths: Iterable[str]) -> None:
    """Sync every directory between these files and ``directory``, and itself."""
    below = {parent for path in paths for parent in PurePosixPath(path).parents}
    for parent in sorted({PurePosixPath(), *below}, reverse=True):
        with files.writing(directory / parent):
            files.sync_directory(directory / parent)
