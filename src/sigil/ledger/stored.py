"""What git keeps on a disk, read so that a torn file is an error and nothing worse.

libgit2 never comes back from a loose object whose stream is cut, and ends the process with a signal
where the index of a pack leads out of the pack. So loose objects are read here, and an index is
held against its own checksum before libgit2 sees it. What is wrong inside of a pack libgit2 finds
by itself: it checks the SHA-1 of what it reads.

Promises: whatever the bytes of a loose object are, reading it ends, and holds at most `LARGEST`
bytes; of packs `sigil.ledger.objects` asks first how much is in them.

Not here: an index that somebody made wrong, checksum and all; a pack that comes while the database
is open, which git has just written; objects of other folders (``objects/info/alternates``), which
nothing that makes or shares a ledger uses; a user's own repository (`sigil.store.git_objects`).
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from sigil.canonical import git_object_id, git_trailer
from sigil.errors import Corrupt, LedgerBroken, NotFound, Unreadable, Where
from sigil.ledger.needs import libraries
from sigil.store import files

with libraries():
    from pygit2 import GitError, Odb, OdbBackendPack

LARGEST = 64 * 2**20
"""Bytes of an object. An entry has at most a megabyte, and the folder of all folders reaches
this at 400 million entries."""
RESTORE = "restore the ledger from a copy or from its remote"
_KINDS = frozenset({"blob", "commit", "tree"})
_TRAILER_BYTES = 20


def loose(objects: Path, name: str) -> tuple[str, bytes] | None:
    """Return kind and bytes of an object that has a file of its own; None if it has none.

    Args:
        objects: the repository's ``objects`` folder.
        name: of the object, 40 hex digits.

    Raises:
        LedgerBroken: the file is not the object of this name, whole.
    """
    path = f"{objects}/{name[:2]}/{name[2:]}"
    if not os.path.lexists(path):  # most are packed, and an error for each costs as much as reading
        return None
    try:
        plain = _inflated(path)
    except NotFound:
        return None
    except (Corrupt, Unreadable) as error:
        raise unread(objects, name, error.problem) from error
    except zlib.error as error:
        raise unread(objects, name, "its file is damaged") from error
    if plain is None:
        raise unread(objects, name, "its file is cut short, or far too long")
    head, _, data = plain.partition(b"\0")
    kind = head.partition(b" ")[0].decode("latin-1")
    if kind not in _KINDS or git_object_id(kind, data) != name:
        raise unread(objects, name, "its file holds something else")
    return kind, data


def _inflated(path: str) -> bytes | None:
    """Return what a file holds compressed; None if its stream has no end, or none within reach.

    No more of the file is held than a piece, whatever stands behind the stream.
    """
    inflater = zlib.decompressobj()
    plain = bytearray()
    for piece in files.read_chunks(path):
        plain += inflater.decompress(piece, LARGEST + 1 - len(plain))
        if inflater.eof or len(plain) > LARGEST:
            break
    return bytes(plain) if inflater.eof and len(plain) <= LARGEST else None


def packs(objects: Path) -> Odb:
    """Return what reads the objects that stand in packs, and no others.

    Raises:
        LedgerBroken: an index is damaged.
        Unreadable: the system refuses.
    """
    folder = objects / "pack"
    for index in (*sorted(folder.glob("*.idx")), folder / "multi-pack-index"):
        _check(index)
    try:
        database = Odb()
        database.add_backend(OdbBackendPack(str(objects)), 1)
    except GitError as error:
        raise Unreadable(
            f"cannot be read ({error})", where=Where(str(objects)), remedy="check the permissions"
        ) from error
    return database


def _check(index: Path) -> None:
    """Refuse an index whose bytes are not those that were written; none is as good as a whole one.

    Raises:
        LedgerBroken: it is damaged, and what makes it anew.
    """
    try:
        data = files.read_file(index)
    except NotFound:
        return
    except Corrupt as error:
        raise LedgerBroken(error.problem, where=error.where, remedy=RESTORE) from error
    if git_trailer(data[:-_TRAILER_BYTES]) == data[-_TRAILER_BYTES:]:
        return
    pack = index.with_suffix(".pack")
    anew = f", then: git index-pack {pack}" if index.suffix else ""
    raise LedgerBroken(
        "the index of a pack is damaged", where=Where(str(index)), remedy=f"remove it{anew}"
    )


def unread(objects: Path, name: str, reason: str) -> LedgerBroken:
    """Return the error about an object that is there and cannot be read."""
    return LedgerBroken(
        f"the object {name} cannot be read ({reason})", where=Where(str(objects)), remedy=RESTORE
    )
