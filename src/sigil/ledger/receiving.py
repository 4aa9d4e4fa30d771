"""What a fetch brought, apart from the ledger's own objects until it is believed.

Whoever can push to a remote decides what is sent from there. So it is received in a folder of its
own, read from there together with what the ledger has, and moved to it once it was found good; what
is refused goes with the folder.

Promises: an object that was moved is on the disk under its name when `keep` returns, since git has
synced its bytes; a pack is there before its index, so nobody finds an index without it.

Not here: fetching (`sigil.ledger.remote`), what is good (`sigil.ledger.syncing`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sigil.ledger.objects import Objects
from sigil.store import files

_LATE = {".rev": 1, ".idx": 2}
"""Files of a pack by when they are moved; all others come before."""


@dataclass(frozen=True, slots=True)
class Received:
    """A state of a ledger that was fetched.

    Args:
        commit: its id.
        folder: where the objects are that came with it.
        into: the ledger's own ``objects``.
    """

    commit: str
    folder: Path
    into: Path

    @property
    def objects(self) -> Objects:
        """Both, to read from."""
        return Objects(self.folder, behind=Objects(self.into))

    def keep(self) -> None:
        """Move what came to the ledger's own objects. Doing it again does nothing.

        Raises:
            DiskFull, Unwritable: the system refuses; whole objects may have been moved.
        """
        touched: set[Path] = set()
        for path in self._files():
            target = self.into / path.relative_to(self.folder)
            with files.writing(target):
                if not target.parent.is_dir():
                    target.parent.mkdir(exist_ok=True)
                    files.settle_new(target.parent)
                path.replace(target)
            touched.add(target.parent)
        for folder in sorted(touched):
            with files.writing(folder):
                files.sync_directory(folder)

    def _files(self) -> Iterator[Path]:
        """Yield loose objects, then packs, each before its index."""
        loose = (path for path in self.folder.glob("??/*") if path.is_file())
        packed = (path for path in self.folder.glob("pack/pack-*") if path.is_file())
        yield from sorted(loose)
        yield from sorted(packed, key=lambda path: (_LATE.get(path.suffix, 0), path.name))
