"""What this machine has seen of a ledger, kept where whoever rewrites the ledger does not reach.

A ledger that lost its newest entries is still a chain with good signatures; only somebody who
remembers more can tell. So the last state that was found good is kept in a file outside of the
repository, with the keys that are trusted: on first use what is there is believed, from then on
it must be continued. The file is named by the ledger's place, so that another ledger that is put
there is noticed too. Anyone who may write in both places can deceive us: docs/ledger.md.

Not here: the comparison (`sigil.ledger.verifying`).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sigil.canonical import DIGEST_PREFIX, digest, snapshot_json
from sigil.errors import LedgerBroken, NotFound, Where
from sigil.ledger.checkpoint import Checkpoint
from sigil.ledger.keys import home_folder, is_public
from sigil.ledger.turns import turn
from sigil.store import files

_LONG = 1 << 16
_LINE = re.compile(r"([0-9]{1,15}) ([0-9a-f]{64})\n")


@dataclass(frozen=True, slots=True)
class Seen:
    """A state that was found good.

    Args:
        size: how many entries.
        root: of their Merkle tree, 64 hex digits.
    """

    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Pinned:
    """What is known of a ledger.

    Args:
        ledger: its id.
        keys: who may sign in it.
        seen: the last state of it here.
        shared: the last state that its remote had too; None without a remote.
    """

    ledger: str
    keys: frozenset[str]
    seen: Seen
    shared: Seen | None = None


def seen(state: Checkpoint) -> Seen:
    """Return what is remembered of a checkpoint."""
    return Seen(state.size, state.root)


class Pin:
    """The file that remembers one ledger.

    Args:
        path: of the file; it need not exist.
    """

    def __init__(self, path: Path):
        self.path = path
        self._recent = path.with_suffix(".seen")

    @classmethod
    def of(cls, ledger: Path, environment: Mapping[str, str] = os.environ) -> Pin:
        """Return the file for the ledger at a place.

        Args:
            ledger: folder of the ledger.
            environment: of which ``XDG_STATE_HOME`` names the folder of all such files.
        """
        home = environment.get("XDG_STATE_HOME", "")
        base = Path(home) if Path(home).is_absolute() else home_folder() / ".local" / "state"
        name = digest(str(ledger.resolve()).encode()).removeprefix(DIGEST_PREFIX)[:32]
        return cls(base / "sigil" / "ledgers" / f"{name}.json")

    def read(self) -> Pinned | None:
        """Return what is remembered; None before the first use.

        Raises:
            LedgerBroken: the file is damaged: what it remembered cannot be told.
            Unreadable: the system refuses.
        """
        try:
            data = files.read_file(self.path)
        except NotFound:
            return None
        try:
            known = _parsed(json.loads(data))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise LedgerBroken(
                "does not say what was seen of the ledger",
                where=Where(str(self.path)),
                remedy="restore it; removing it means to believe the ledger as it is now",
            ) from error
        newest = max((known.seen, *self._lines()), key=lambda state: state.size)
        return replace(known, seen=newest)

    def _lines(self) -> list[Seen]:
        """Return the states in the second file; what a power cut tore is passed over."""
        try:
            data = files.read_file(self._recent)
        except NotFound:
            return []
        found = (_LINE.fullmatch(line) for line in data.decode("latin-1").splitlines(keepends=True))
        return [Seen(int(line[1]), line[2]) for line in found if line]

    def expect_nothing(self) -> None:
        """Refuse to begin anew where a ledger is known to have been.

        Raises:
            LedgerBroken: something is remembered.
        """
        known = self.read()
        if known is not None:
            raise LedgerBroken(
                f"the ledger {known.ledger} was here before, with {known.seen.size} entries",
                where=Where(str(self.path)),
                remedy="restore it; or remove this file, to forget it and begin anew",
            )

    def trust(self, ledger: str, keys: frozenset[str]) -> None:
        """Trust further keys, in a ledger of which nothing was seen or that has this id.

        Raises:
            LedgerBroken: another ledger was seen at this place.
            DiskFull, Unwritable: it cannot be kept.
        """
        with self._held():
            known = self.read() or Pinned(ledger, frozenset(), NOTHING)
            if known.ledger != ledger:
                raise other_ledger(known.ledger, ledger)
            self._write(replace(known, keys=known.keys | keys))

    def advance(self, state: Checkpoint) -> None:
        """Remember a state that was found to continue what was remembered.

        Costs no sync: it is one line at the end of a second file. After a power cut the last
        lines may be lost; then something earlier is remembered, which the ledger continues too.

        Raises:
            DiskFull, Unwritable: it cannot be kept.
        """
        line = f"{state.size} {state.root}\n".encode()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        with files.writing(self._recent):
            descriptor = os.open(self._recent, flags, 0o666)
            try:
                files.write_all(descriptor, line)
                long = os.fstat(descriptor).st_size > _LONG
            finally:
                os.close(descriptor)
        if long:
            self._gather()

    def _gather(self) -> None:
        """Move what the second file says into the first one."""
        with self._held():
            known = self.read()
            if known is not None:
                self._write(known)

    def share(self, state: Checkpoint) -> None:
        """Remember a state that the remote has too, whatever was seen here before.

        Raises:
            DiskFull, Unwritable: it cannot be kept.
        """
        with self._held():
            known = self.read()
            if known is not None:
                self._write(replace(known, seen=seen(state), shared=seen(state)))

    @contextlib.contextmanager
    def _held(self) -> Generator[None]:
        files.make_directory(self.path.parent)
        with turn(self.path.with_name(f".{self.path.name}.lock")):
            files.sweep(self.path.parent)
            yield

    def _write(self, known: Pinned) -> None:
        document = {
            "keys": sorted(known.keys),
            "ledger": known.ledger,
            "seen": _plain(known.seen),
            "shared": _plain(known.shared) if known.shared else None,
        }
        files.write_atomic(self.path, snapshot_json(document))
        with files.writing(self._recent):
            self._recent.unlink(missing_ok=True)


NOTHING = Seen(0, digest(b"").removeprefix(DIGEST_PREFIX))


def other_ledger(expected: str, found: str) -> LedgerBroken:
    """Return the error for a ledger that is another one than was here before."""
    return LedgerBroken(
        f"this is the ledger {found}, where {expected} was before",
        remedy="restore the former one from a copy or from its remote",
    )


def _plain(state: Seen) -> dict[str, object]:
    return {"root": state.root, "size": state.size}


def _parsed(document: Any) -> Pinned:
    keys = frozenset[str](document["keys"])
    if not all(map(is_public, keys)) or not isinstance(document["ledger"], str):
        raise ValueError(document)
    shared = document["shared"]
    state = _state(document["seen"])
    return Pinned(document["ledger"], keys, state, _state(shared) if shared else None)


def _state(document: Any) -> Seen:
    state = Seen(document["size"], document["root"])
    if type(state.size) is not int or state.size < 0 or len(bytes.fromhex(state.root)) != 32:  # noqa: PLR2004 (SHA-256)
        raise ValueError(document)
    return state
