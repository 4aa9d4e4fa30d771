"""A ledger as it is in one commit. What is read here has been believed by nobody yet.

Everything that is read from one snapshot belongs together, whatever is appended meanwhile.

Not here: whether it is true (`sigil.ledger.verifying`), how it goes on (`sigil.ledger.ledger`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sigil.errors import LedgerBroken, NotFound, Where
from sigil.ledger import checkpoint, layout, statement
from sigil.ledger.checkpoint import Checkpoint
from sigil.ledger.objects import Objects, parse_commit, parse_tree
from sigil.ledger.statement import Entry
from sigil.ledger.stored import RESTORE


@dataclass(frozen=True)
class Snapshot:
    """One state of a ledger.

    Args:
        objects: where it is read from.
        commit: which state.
        place: what to call the ledger in a message.
    """

    objects: Objects
    commit: str
    place: str

    @cached_property
    def is_one(self) -> bool:
        """Whether it is a state of a ledger at all, and not of something else in git.

        Raises:
            LedgerBroken: the commit or its root folder is missing or damaged.
        """
        root, _ = parse_commit(self.objects.read(self.commit, "commit"))
        return f" {layout.CHECKPOINT}\0".encode() in self.objects.read(root, "tree")

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The signed state; its signature is by the key that it names.

        Raises:
            LedgerBroken: there is none, or it contradicts itself.
        """
        try:
            return checkpoint.read(self.checkpoint_bytes)
        except LedgerBroken as error:
            where = error.where or Where(self.place, field=layout.CHECKPOINT)
            raise LedgerBroken(
                error.problem, where=where, remedy=error.remedy or RESTORE
            ) from error

    @cached_property
    def checkpoint_bytes(self) -> bytes:
        """The bytes of the signed state.

        Raises:
            LedgerBroken: there are none.
        """
        is_folder, name = self.folders.get(layout.CHECKPOINT, (True, ""))
        if is_folder:
            raise LedgerBroken("is not there", where=Where(self.place, field=layout.CHECKPOINT))
        return self.objects.read(name, "blob")

    @cached_property
    def folders(self) -> dict[str, tuple[bool, str]]:
        """Whether it is a folder, and the object's id, of everything at the root.

        Raises:
            LedgerBroken: the commit or its root folder is missing or damaged.
        """
        root, _ = parse_commit(self.objects.read(self.commit, "commit"))
        return self._folder(root)

    def folder(self, name: str) -> dict[str, tuple[bool, str]]:
        """Return the same of a folder at the root; nothing if there is none.

        Raises:
            LedgerBroken: it is damaged, or no folder.
        """
        is_folder, found = self.folders.get(name, (True, ""))
        if not is_folder:
            raise LedgerBroken(f"{self.place}: {name} is no folder")
        return self._folder(found) if found else {}

    def _folder(self, name: str) -> dict[str, tuple[bool, str]]:
        rows = parse_tree(self.objects.read(name, "tree"))
        return {file: (is_folder, target) for file, is_folder, target in rows}

    def raw(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield number and bytes of every entry from ``start``, in order.

        Raises:
            LedgerBroken: an entry is missing, or something is there that does not belong.
        """
        size = self.checkpoint.size
        expected = {layout.shard(seq) for seq in range(0, size, layout.SHARD)}
        if self.folders.keys() != {layout.CHECKPOINT, *expected}:
            raise LedgerBroken(
                f"{self.place}: the folders are not those of a ledger of {size} entries",
                remedy=RESTORE,
            )
        for first in range(start - start % layout.SHARD, size, layout.SHARD):
            found = self._shard(first, min(first + layout.SHARD, size))
            for seq in range(max(first, start), first + len(found)):
                yield seq, self.objects.read(found[seq - first], "blob")

    def _shard(self, first: int, end: int) -> list[str]:
        """Return the ids of the entries from ``first``, which are all that the folder holds."""
        found = self.folder(layout.shard(first))
        names = [layout.file(seq) for seq in range(first, end)]
        if found.keys() != {*names} or any(is_folder for is_folder, _ in found.values()):
            raise LedgerBroken(
                f"{self.place}: {layout.shard(first)} does not hold entries {first} to {end - 1}",
                remedy=RESTORE,
            )
        return [found[name][1] for name in names]

    def entry(self, seq: int) -> Entry:
        """Return one entry.

        Raises:
            NotFound: there is none of this number.
            LedgerBroken: it is damaged.
        """
        return statement.read(self.bytes_of(seq))

    def bytes_of(self, seq: int) -> bytes:
        """Return the bytes of one entry.

        Raises:
            NotFound: there is none of this number.
            LedgerBroken: it is missing all the same, or damaged.
        """
        size = self.checkpoint.size
        if not 0 <= seq < size:
            raise NotFound(
                f"there is no entry {seq} in {self.place}",
                remedy=f"it has entries 0 to {size - 1}" if size else "it has no entries yet",
            )
        is_folder, name = self.folder(layout.shard(seq)).get(layout.file(seq), (True, ""))
        if is_folder:
            raise LedgerBroken(f"{self.place}: entry {seq} is missing")
        return self.objects.read(name, "blob")

    def entries(
        self,
        *,
        kind: str | None = None,
        service: str | None = None,
        since: datetime | None = None,
        start: int = 0,
    ) -> Iterator[Entry]:
        """Yield entries in order.

        Args:
            kind: only this one; ``incident.*`` is every kind that begins so.
            service: only this one.
            since: only those whose ``ts`` is not before.
            start: only from this number on.

        Raises:
            LedgerBroken: an entry is missing or damaged.
        """
        for _, data in self.raw(start):
            entry = statement.read(data)
            if (
                (kind is None or _is_kind(entry.kind, kind))
                and (service is None or entry.service == service)
                and (since is None or entry.ts >= since)
            ):
                yield entry

    def genuine(self, keys: Collection[str], *, service: str | None = None) -> Iterator[Entry]:
        """Yield the entries of a service in order, the signature of each checked.

        Args:
            keys: whose signatures count.
            service: whose entries; None for those of all.

        Raises:
            LedgerBroken: an entry is damaged, or not signed by one of the keys.
        """
        for seq, data in self.raw():
            if service is None:
                entry = statement.read_genuine(data)
            else:
                entry = statement.read_genuine_of(service, data)
            if entry is None:
                continue
            if entry.key not in keys:
                raise LedgerBroken(f"entry {seq} is signed by a key that does not count here")
            yield entry


def _is_kind(found: str, wanted: str) -> bool:
    if wanted.endswith(".*"):
        return found.startswith(wanted.removesuffix("*"))
    return found == wanted
