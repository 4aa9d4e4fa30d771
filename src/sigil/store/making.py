"""Make a record where nobody sees it, give it its name at once, and measure what is in it.

Promises: the digests are those of bytes read back from the disk; files and directories are
synced before the name is; whatever goes wrong, nothing is left behind.

Not here: what a record is for, and how it ends (`sigil.store.records`).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sigil import canonical
from sigil.effects import Clock
from sigil.errors import AlreadyExists, Corrupt, InvalidValue, Where
from sigil.store import files, manifests
from sigil.store.disk_errors import read_error
from sigil.store.manifests import Manifest, Stored

INPUTS = "inputs"
TIMES = "times.json"
_SEED_PATHS = {
    "brief": "brief.resolved.json",
    "context": "context.resolved.json",
    "doctrine": "doctrine.resolved.json",
    "model_config": "model_config.json",
    "prior_artifact": "prior_artifact.resolved.json",
}


@dataclass(frozen=True, slots=True)
class Plan:
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
            stored = {
                name: Stored(place, *measure(stage / place)) for name, place in places.items()
            }
            manifest = self._manifest(directory, stored)
            files.write_new(stage / manifests.FILE_NAME, manifests.render(manifest))
            times = {"created_at": self.clock.now().isoformat()}
            files.write_unsynced(stage / TIMES, canonical.snapshot_json(times))
            sync_directories(stage, places.values())
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
        files.settle_new(directory)


# --- what stands on the disk ------------------------------------------------------------


def measure(path: str | Path) -> tuple[str, int]:
    """Return digest and length of a file as it is read back from the disk.

    Raises:
        NotFound: there is no such file.
        Corrupt: a link, directory, pipe or device has its name.
        Unreadable: the system refuses.
    """
    descriptor = files.open_regular(path)
    try:
        data, more = os.read(descriptor, files.CHUNK), os.read(descriptor, files.CHUNK)
        if not more:  # nearly always: one piece, no need to go through a stream
            return canonical.digest(data), len(data)
        size = len(data) + len(more)

        def counted() -> Iterator[bytes]:
            nonlocal size
            yield data
            yield more
            while chunk := os.read(descriptor, files.CHUNK):
                size += len(chunk)
                yield chunk

        return canonical.digest_stream(counted()), size
    except OSError as error:
        raise read_error(error, Path(path)) from error
    finally:
        os.close(descriptor)


def files_below(directory: Path, path: PurePosixPath) -> Iterator[str]:
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
            yield from files_below(directory, path / name)


def sync_directories(directory: Path, paths: Iterable[str]) -> None:
    """Sync every directory between these files and ``directory``, and itself."""
    below = {parent for path in paths for parent in PurePosixPath(path).parents}
    for parent in sorted({PurePosixPath(), *below}, reverse=True):
        with files.writing(directory / parent):
            files.sync_directory(directory / parent)
