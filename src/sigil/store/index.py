"""Answer questions about many runs from a database that can be deleted at any time.

Promises: the manifests are the truth; the index is built from them alone, into a temporary
file that is renamed, so that a reader sees the old one or the new one; a second build reads
only the manifests whose inode, size or time has changed; an index that is missing, damaged
or of another layout is built anew by whoever asks.

Not here: what a manifest holds (its body stays out of the database), and whether it is true
(`sigil.store.verify`).
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from sigil.errors import NotFound, SigilError, Where
from sigil.store import files, manifests
from sigil.store.disk_errors import write_error

if TYPE_CHECKING:
    from sqlalchemy import Engine, Table
    from sqlalchemy.exc import OperationalError

FILE_NAME = "index.sqlite"
LAYOUT = 1
"""Of the tables. An index with another number is built anew."""
_BATCH = 5000


@dataclass(frozen=True, slots=True)
class IndexedRun:
    """What the index knows of a run.

    Args:
        path: of its directory, relative to the root.
        run_id: its name.
        job_type: which feature.
        job_id: the governance identity, or empty.
        status: ``running``, ``succeeded`` or ``failed``.
        inputs_hash: the identity of its inputs.
        schema_version: of its manifest.
    """

    path: str
    run_id: str
    job_type: str
    job_id: str
    status: str
    inputs_hash: str
    schema_version: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build of the index did.

    Args:
        runs: how many are in it.
        read: how many manifests were read; the others had not changed.
        removed: how many are no longer there.
        refused: manifests that could not be read, with the reason.
    """

    runs: int
    read: int
    removed: int
    refused: tuple[str, ...]


class _Facts(msgspec.Struct):
    """The few keys of a manifest that are indexed; the others are skipped, not built."""

    run_id: str
    status: str
    job_type: str | None = None
    job_id: str | None = None
    inputs_hash: str | None = None
    schema_version: str | None = None


_decode = msgspec.json.Decoder(_Facts).decode
_Row = dict[str, Any]
_Stamp = tuple[int, int, int]
"""Inode, size and time of change: a manifest is replaced, never edited, so one of them differs."""


def reindex(root: Path, database: Path | None = None) -> Summary:
    """Bring the index of every run below ``root`` up to date with the files.

    Args:
        root: a directory; ``.sigil`` of a repository, or ``artifacts`` of governed jobs.
        database: where the index is kept; ``<root>/index.sqlite`` if not given.

    Raises:
        NotFound: ``root`` is not a directory.
        DiskFull: no space; the former index stays.
        Unwritable: the system refuses; the former index stays.
    """
    if not root.is_dir():
        raise NotFound("no such directory", where=Where(str(root)), remedy="check the path")
    path = database or root / FILE_NAME
    found = dict(_scan(str(root)))
    stamps = _stamps(path)
    if stamps == found:
        return Summary(len(found), 0, 0, ())
    changed = [place for place, stamp in found.items() if (stamps or {}).get(place) != stamp]
    unchanged = {row["path"]: row for row in _select(path, {}) or ()} if stamps else {}
    refused: list[str] = []
    fresh = {place: _row(root, place, found[place], refused) for place in changed}
    rows = (fresh.get(place) or unchanged.get(place) for place in found)
    with files.temporary_directory(path.parent) as stage:
        count = _write(stage / FILE_NAME, filter(None, rows))
        files.sync_file(stage / FILE_NAME)
        with files.writing(path):
            (stage / FILE_NAME).replace(path)
            files.sync_directory(path.parent)
    files.sweep(path.parent)
    removed = len((stamps or {}).keys() - found.keys())
    return Summary(count, len(changed), removed, tuple(refused))


def runs(
    root: Path,
    *,
    status: str | None = None,
    job_type: str | None = None,
    inputs_hash: str | None = None,
    run_id: str | None = None,
    database: Path | None = None,
) -> list[IndexedRun]:
    """Return the indexed runs that have all of the given values, by path.

    The answer is as old as the index: `reindex` brings it up to date. An index that is
    missing, damaged or of another layout is built first.

    Args:
        root: as for `reindex`.
        status: such as ``succeeded``.
        job_type: which feature.
        inputs_hash: the identity of the inputs.
        run_id: the name of the run.
        database: as for `reindex`.

    Raises:
        NotFound: ``root`` is not a directory.
        DiskFull: no space to build the index.
        Unwritable: the index cannot be built.
    """
    path = database or root / FILE_NAME
    wanted = {
        "status": status, "job_type": job_type, "inputs_hash": inputs_hash, "run_id": run_id,
    }  # fmt: skip
    rows = _select(path, {key: value for key, value in wanted.items() if value is not None})
    if rows is None:
        reindex(root, database)
        rows = _select(path, {key: value for key, value in wanted.items() if value is not None})
    keys = IndexedRun.__slots__
    return [IndexedRun(**{key: row[key] for key in keys}) for row in rows or ()]


# --- the files --------------------------------------------------------------------------


def _row(root: Path, place: str, stamp: _Stamp, refused: list[str]) -> _Row | None:
    """Read one manifest; a reason why it could not be read is added to ``refused``."""
    shown = f"{root}/{place}/{manifests.FILE_NAME}"
    try:
        facts = _decode(files.read_file(shown))
    except (SigilError, msgspec.DecodeError) as error:
        refused.append(" ".join(f"{shown}: {error}".split()))
        return None
    return {
        "path": place,
        "run_id": facts.run_id,
        "job_type": facts.job_type or "",
        "job_id": facts.job_id or "",
        "status": facts.status,
        "inputs_hash": facts.inputs_hash or "",
        "schema_version": facts.schema_version or "1.0.0",
        "inode": stamp[0],
        "size": stamp[1],
        "changed": stamp[2],
    }


def _scan(root: str) -> Iterator[tuple[str, _Stamp]]:
    """Yield every directory below ``root`` that has a manifest, with the manifest's stamp."""
    pending = [""]
    while pending:
        prefix = pending.pop()
        below: list[str] = []
        manifest: os.DirEntry[str] | None = None
        with contextlib.suppress(OSError), os.scandir(f"{root}/{prefix}") as entries:
            for entry in entries:
                if entry.name == manifests.FILE_NAME:
                    manifest = entry
                elif entry.is_dir(follow_symlinks=False) and not files.is_temporary(entry.name):
                    below.append(f"{prefix}{entry.name}/")
            if manifest is not None:
                now = manifest.stat(follow_symlinks=False)
                yield prefix[:-1] or ".", (now.st_ino, now.st_size, now.st_mtime_ns)
                continue  # runs do not nest
        pending += below


# --- the database -----------------------------------------------------------------------


def _table() -> Table:
    """Return the one table. SQLAlchemy takes a fifth of a second to import, so not before."""
    from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table  # noqa: PLC0415

    texts = ("run_id", "job_type", "job_id", "status", "inputs_hash", "schema_version")
    return Table(
        "runs",
        MetaData(),
        Column("path", String, primary_key=True),
        *(Column(name, String, nullable=False) for name in texts),
        *(Column(name, BigInteger, nullable=False) for name in ("inode", "size", "changed")),
        Index("runs_by_inputs", "inputs_hash"),
        Index("runs_by_id", "run_id"),
    )


@contextlib.contextmanager
def _engine(path: Path, mode: str) -> Generator[Engine]:
    from sqlalchemy import URL, NullPool, create_engine  # noqa: PLC0415  as for _table

    query = {"mode": mode, "uri": "true"}
    url = URL.create("sqlite", database=f"file:{quote(str(path))}", query=query)
    engine = create_engine(url, poolclass=NullPool)
    try:
        yield engine
    finally:
        engine.dispose()


def _write(path: Path, rows: Iterator[_Row]) -> int:
    """Write a new database and return the number of rows.

    It is not yet of use to anyone, so SQLite need not sync it.
    """
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415  as for _table
    from sqlalchemy.schema import CreateIndex, CreateTable  # noqa: PLC0415

    table = _table()
    count = 0
    try:
        with _engine(path, "rwc") as engine, engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = OFF")
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
            connection.execute(CreateTable(table))
            while batch := list(itertools.islice(rows, _BATCH)):
                connection.execute(table.insert(), batch)
                count += len(batch)
            for index in table.indexes:
                connection.execute(CreateIndex(index))
            connection.exec_driver_sql(f"PRAGMA user_version = {LAYOUT}")
            connection.commit()
    except OperationalError as error:
        raise _write_error(error, path) from error
    return count


def _stamps(path: Path) -> dict[str, _Stamp] | None:
    """Return the stamp of every indexed manifest by path, or None if the index is of no use."""
    rows = _query(path, ("path", "inode", "size", "changed"), {})
    return None if rows is None else {row[0]: (row[1], row[2], row[3]) for row in rows}


def _select(path: Path, wanted: Mapping[str, str]) -> list[_Row] | None:
    """Return the rows that have these values, or None if the index is of no use."""
    names = tuple(column.name for column in _table().columns) if path.is_file() else ()
    rows = _query(path, names, wanted)
    return None if rows is None else [dict(zip(names, row, strict=True)) for row in rows]


def _query(
    path: Path, names: tuple[str, ...], wanted: Mapping[str, str]
) -> Sequence[Sequence[Any]] | None:
    """Return columns of the rows that have these values, by path."""
    if not path.is_file():
        return None
    from sqlalchemy import select  # noqa: PLC0415  as for _table
    from sqlalchemy.exc import DatabaseError  # noqa: PLC0415

    table = _table()
    conditions = [table.c[key] == value for key, value in wanted.items()]
    question = select(*(table.c[name] for name in names)).where(*conditions)
    try:
        with _engine(path, "ro") as engine, engine.connect() as connection:
            if connection.exec_driver_sql("PRAGMA user_version").scalar() != LAYOUT:
                return None
            return [tuple(row) for row in connection.execute(question.order_by(table.c.path))]
    except DatabaseError:
        return None


def _write_error(error: OperationalError, path: Path) -> SigilError:
    """Return our error for SQLite's; its text is all that tells a full disk apart."""
    reason = str(error.orig)
    if "full" in reason:
        return write_error(OSError(errno.ENOSPC, reason), path)
    return write_error(OSError(errno.EIO, reason), path)
