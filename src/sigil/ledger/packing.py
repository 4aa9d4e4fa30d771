"""Keep a ledger small: put its loose objects into packs, as `git gc` would, without git.

An append leaves five small files, most of whose bytes repeat the append before. Every 1,024 entries
they are put into one pack, a tenth of the size, from which reading is faster too.

Promises: an object is removed only after a pack that holds it is on the disk and was read; killed
at any moment, a ledger has all of its objects, some of them twice. The caller holds the lock.

Not here: putting packs together, which `git gc` in the ledger's folder does better; objects that no
commit leads to, which are packed like all others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sigil.errors import LedgerBroken, Unwritable, Where
from sigil.ledger import stored
from sigil.ledger.needs import libraries
from sigil.store import files

with libraries():
    from pygit2 import GitError, Odb, Oid, PackBuilder, Repository

EVERY = 1024
"""Entries between two packings."""

_FANOUT = re.compile(r"[0-9a-f]{2}")
_REST = re.compile(r"[0-9a-f]{38}")


def pack(objects: Path) -> int:
    """Put all loose objects into one pack.

    Args:
        objects: the repository's ``objects`` folder.

    Returns:
        How many objects the new pack has; 0 if there was nothing to do.

    Raises:
        LedgerBroken: an object or an index is damaged; nothing was removed.
        DiskFull, Unwritable: the disk refuses; nothing was removed.
    """
    loose = _loose(objects)
    if not loose:
        return 0
    names = [path.parent.name + path.name for path in loose]
    stored.packs(objects)
    for name in names:
        stored.loose(objects, name)
    _write(objects, names)
    with files.writing(objects):
        for path in loose:
            path.unlink()
    return len(names)


def _loose(objects: Path) -> list[Path]:
    with files.writing(objects):
        folders = [path for path in objects.iterdir() if _FANOUT.fullmatch(path.name)]
        found = [path for folder in folders for path in folder.iterdir()]
    return sorted(path for path in found if _REST.fullmatch(path.name))


def _write(objects: Path, names: Sequence[str]) -> None:
    """Write one pack of these objects, on the disk and readable when this returns."""
    before = set(map(Path, (objects / "pack").glob("pack-*.pack")))

    def fill(builder: PackBuilder) -> None:
        builder.set_threads(1)
        for name in names:
            builder.add(Oid(hex=name))

    repository = Repository()  # an empty one in memory, which has no settings
    repository.set_odb(Odb(str(objects)))
    try:
        repository.pack(str(objects / "pack"), fill, 1)
    except (GitError, KeyError, ValueError, OSError) as error:
        raise Unwritable(
            f"cannot be packed ({error})", where=Where(str(objects)), remedy="free some space"
        ) from error
    made = set((objects / "pack").glob("pack-*.pack")) - before
    for path in sorted(made):
        files.sync_file(path)
        files.sync_file(path.with_suffix(".idx"))
    with files.writing(objects):
        files.sync_directory(objects / "pack")
    written = stored.packs(objects)
    missing = [name for name in names if name not in written]
    if missing:
        raise LedgerBroken(f"the object {missing[0]} did not get into a pack")
