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
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from sigil import canonical
from sigil.effects import SYSTEM_CLOCK, Clock
from sigil.errors import AlreadyExists, Corrupt, InvalidValue, NotFound, Unreadable, Where
from sigil.store import files, manifests
from sigil.store.making import TIMES, Plan, files_below, measure, sync_directories
from sigil.store.manifests import Manifest, Stored

__all__ = ["JOURNAL", "TIMES", "Manifest", "RunRecord", "Stored"]

JOURNAL = "run.journal"
LOCK = ".lock"
FINISHED = "finished_at"
OUTPUTS = "outputs"


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
        plan = Plan(kind, snapshots, paths or {}, meta or {}, extra or {}, clock)
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
        plan = Plan(kind, snapshots, paths or {}, meta or {}, extra or {}, clock)
        inputs_hash = canonical.snapshots_hash(snapshots)
        for directory in _names(parent, inputs_hash):
            record = cls._find_or_make(directory, plan)
            if record.manifest.inputs_hash == inputs_hash:
                return record
        raise AssertionError("unreachable: the names never end")

    @classmethod
    def _find_or_make(cls, directory: Path, plan: Plan) -> Self:
        if not os.path.lexists(directory / manifests.FILE_NAME):
            # Taken meanwhile: another process was quicker, most likely with the same inputs.
            with contextlib.suppress(AlreadyExists):
                return cls(directory, plan.carry_out(directory), plan.clock)
        try:
            record = cls.open(directory, clock=plan.clock)
        except NotFound as error:
            raise Corrupt(
                "stands where a run belongs, and has no manifest",
                where=Where(str(directory)),
                remedy="move it away, then run again",
            ) from error
        if record.status == "running" or FINISHED not in record.times():
            with files.writing(directory):
                # Whoever wrote this manifest may have been killed before its name was
                # synced, and the caller may report what it says.
                files.sync_directory(directory)
                files.settle(directory)
        return record

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

    def times(self) -> dict[str, object]:
        """Return what ``times.json`` says, as far as it can be read: nothing rests on it.

        ``created_at``, and ``finished_at`` once the manifest that says so is on the disk.
        """
        path = self.directory / TIMES
        with contextlib.suppress(NotFound, Corrupt, Unreadable):
            return manifests.parse_object(files.read_file(path), str(path))
        return {}

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
        finished = self._replace(manifest)
        # Only now: to whoever reads it, this says that the manifest is on the disk.
        times = {**self.times(), FINISHED: self.clock.now().isoformat()}
        files.write_unsynced(self.directory / TIMES, canonical.snapshot_json(times))
        return finished

    def reopen(self) -> Self:
        """Let a finished run be continued: ``running``, and no file vouched for but its inputs.

        A run that is ``running`` is returned as it is.
        """
        if self.status == "running":
            return self
        times = {event: time for event, time in self.times().items() if event != FINISHED}
        files.write_atomic(self.directory / TIMES, canonical.snapshot_json(times))
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

    def _seal(self, outputs: Iterable[str]) -> dict[str, Stored]:
        """Sync the outputs, then return digests of them as they are read back."""
        paths = [
            path
            for output in outputs
            for path in files_below(self.directory, files.confined(output))
        ]
        for path in paths:
            files.sync_file(self.directory / path)
        sync_directories(self.directory, paths)
        return {path: Stored(path, *measure(self.directory / path)) for path in paths}


def _names(parent: Path, inputs_hash: str) -> Iterator[Path]:
    name = canonical.run_id(inputs_hash)
    yield parent / name
    for number in itertools.count(2):
        yield parent / f"{name}-{number}"
