"""Where everything stands in a ledger's repository, and in its tree.

    .sigil/ledger/                a bare git repository with one branch, ``ledger``
      HEAD config objects/ refs/
      .gitignore                  keeps it out of the repository that it lies in
      .ledger.lock                held while something is appended

    checkpoint.json               the signed state after the newest entry
    000000000/000000000.json      an entry, in the folder that is named after its first one
    000000000/000000001.json

Pure but for `check`, which looks for links. Not here: what the files hold.
"""

from __future__ import annotations

import os
from pathlib import Path

from sigil.errors import LedgerBroken, NotFound, Where
from sigil.store.disk_errors import read_error

NO_LEDGER = (
    "where others have one, join it: sigil ledger init --remote URL; if this is the first, make "
    "it: sigil ledger init; if it was here, restore it"
)
HOME = Path(".sigil") / "ledger"
CHECKPOINT = "checkpoint.json"
LOCK = ".ledger.lock"
SHARD = 256
"""Entries in a folder: each append writes the folder of 1 to 256 entries and that of all folders,
which together are shortest near the square root of what a ledger holds."""

FILES = {
    "HEAD": b"ref: refs/heads/ledger\n",
    "config": b"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n",
    ".gitignore": b"*\n",
}
FOLDERS = (
    *("objects", "objects/info", "objects/pack", "refs", "refs/heads", "refs/tags"),
    *(f"objects/{number:02x}" for number in range(256)),
)


def shard(seq: int) -> str:
    """Return the name of the folder that entry ``seq`` stands in."""
    return f"{seq - seq % SHARD:09}"


def file(seq: int) -> str:
    """Return the name of the file of entry ``seq``."""
    return f"{seq:09}.json"


def check(repository: Path) -> None:
    """Refuse what is no ledger, or one whose parts are links to somewhere else.

    Raises:
        NotFound: there is no ledger.
        LedgerBroken: a symbolic link stands where a part of it was written.
        Unreadable: the system refuses.
    """
    try:
        _check(repository)
    except OSError as error:
        raise read_error(error, repository) from error


def _check(repository: Path) -> None:
    parts = ("", "HEAD", "objects", "refs", "refs/heads", LOCK)
    for path in (repository / part for part in parts):
        if path.is_symlink():
            raise LedgerBroken(
                "a symbolic link stands where a ledger was written",
                where=Where(str(path)),
                remedy="put the folder itself there",
            )
    if not (repository / "HEAD").is_file() or not (repository / "objects").is_dir():
        raise NotFound(
            "there is no ledger",
            where=Where(str(repository)),
            remedy=NO_LEDGER,
        )
    with os.scandir(repository / "objects"):
        pass  # libgit2 would call what it may not read missing
