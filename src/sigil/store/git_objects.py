"""Is a loose object of git whole? Asked before libgit2 reads it.

libgit2 (1.9) does not end on a loose object that was cut: its inflating goes round for ever, with
the interpreter's lock held, so that no timeout of ours helps. A crash of the machine leaves such
objects where git does not sync them.

Not here: packs, objects of alternates, whether the content fits the name (libgit2 checks that).
"""

from __future__ import annotations

import zlib
from pathlib import Path

from sigil.errors import Corrupt, NotFound, Where
from sigil.store.files import read_chunks

_PIECE = 1 << 20


def objects_of(git_folder: Path) -> Path:
    """Return where a repository keeps its objects; that of a worktree is its main repository's.

    Args:
        git_folder: such as ``.git``.
    """
    common = git_folder / "commondir"
    if common.is_file():
        git_folder /= common.read_text("utf-8").strip()
    return git_folder / "objects"


def is_loose(objects: Path, name: str) -> bool:
    """Say whether an object has a file of its own.

    Args:
        objects: see `objects_of`.
        name: its 40 or 64 hex digits.
    """
    return (objects / name[:2] / name[2:]).is_file()


def refuse_torn(objects: Path, name: str) -> None:
    """Refuse a loose object that ends too early; one that is packed, or not there, passes.

    Args:
        objects: see `objects_of`.
        name: its 40 or 64 hex digits.

    Raises:
        Corrupt: it was cut.
        Unreadable: the system refuses.
    """
    path = objects / name[:2] / name[2:]
    inflating = zlib.decompressobj()
    try:
        for chunk in read_chunks(path):
            rest = chunk
            while rest and not inflating.eof:
                inflating.decompress(rest, _PIECE)
                rest = inflating.unconsumed_tail
    except NotFound:
        return
    except zlib.error:
        return  # libgit2 says so
    if not inflating.eof:
        raise Corrupt(
            "this object of git was cut",
            where=Where(str(path)),
            remedy="remove it and fetch it again: git fsck names what is missing",
        )
