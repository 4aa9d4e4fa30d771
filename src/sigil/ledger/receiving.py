"""What a fetch brought, apart from the ledger's own objects until it is believed.

Whoever can push to a remote decides what is sent from there. So it is received in a folder of its
own, read from there together with what the ledger has, and what was found good is taken from it;
what is refused, and what came beside it, goes with the folder.

Promises: an object that was moved is on the disk under its name when `keep` returns, since git has
synced its bytes; a pack is there before its index, so nobody finds an index without it. Nothing is
read before `refuse_giants` has found that it unfolds to no more than is ever held.

Not here: fetching (`sigil.ledger.remote`), what is good (`sigil.ledger.syncing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sigil.errors import LedgerBroken
from sigil.ledger import stored
from sigil.ledger.objects import Object, Objects
from sigil.store import files

_AT_ONCE = 256
"""Objects that are written, and files that are open, at the same time."""
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

    def refuse_giants(self) -> None:
        """Refuse a pack with an object that is larger than any of a ledger, be it a part of others.

        Raises:
            LedgerBroken: there is one, or a pack is damaged.
        """
        for name, size in Objects(self.folder).sizes():
            if size is not None and size > stored.LARGEST:
                raise LedgerBroken(
                    f"the object {name} unfolds to {size} bytes, which nothing in a ledger does",
                    remedy="find out who put it there, and see git fsck there",
                )

    def keep(self, wanted: Mapping[str, str]) -> None:
        """Take some of what came to the ledger's own objects. Doing it again does nothing.

        Args:
            wanted: the kind of each object, by its name; what did not come is passed over.

        Raises:
            DiskFull, Unwritable: the system refuses; whole objects may have been taken.
        """
        came, own = Objects(self.folder), Objects(self.into)
        names = {name for name, _ in came.sizes()}
        if all(name in wanted or own.holds(name) for name in names):
            self._move()
            return
        taken = [name for name in wanted if name in names]
        for first in range(0, len(taken), _AT_ONCE):
            some = taken[first : first + _AT_ONCE]
            own.write(Object(wanted[name], came.read(name, wanted[name])) for name in some)

    def _move(self) -> None:
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
