"""Is a ledger what its signers wrote, all of it, and the same that was seen before?

Two depths. From the checkpoint: a trusted key signed the newest state as a whole, so every byte of
every entry is hashed into its root, and no other signature is needed. In full: besides, every
entry has its form, its place in the chain, a time that does not go back, and a signature of a
trusted key of its own.

At either depth the ledger is held against what was seen before: it must begin with the very
entries that were there. Missing ones make it broken, other ones make it forked.

Pure but for reading. Not here: where what was seen is kept (`sigil.ledger.pins`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sigil import canonical
from sigil.errors import LedgerBroken, LedgerForked
from sigil.ledger import merkle, statement
from sigil.ledger.checkpoint import Checkpoint
from sigil.ledger.pins import Pinned, Seen, other_ledger
from sigil.ledger.snapshot import RESTORE, Snapshot
from sigil.ledger.statement import Entry

SHARING = timedelta(seconds=60)
"""How far ``ts`` may be after ``clock`` without a word: an entry that moves behind one that another
machine shared first takes that one's time, and keeps its own clock's."""
TRUST_IT = "if it is a key of yours: sigil ledger verify --trust KEY, or --trust of ledger init"


@dataclass(frozen=True, slots=True)
class Verified:
    """A ledger that was found good.

    Args:
        snapshot: what was verified; reading from it reads just that.
        size: how many entries.
        root: of their Merkle tree, 64 hex digits.
        ts: of its checkpoint.
        full: whether every entry's own signature was checked.
        continues: the size that it was found to continue; None if nothing was known.
        leaves: of the tree, one an entry.
        held_back: how many entries have a ``ts`` that is later than their ``clock`` by more than
            two machines at work on one ledger explain; None unless in full.
    """

    snapshot: Snapshot
    size: int
    root: str
    ts: datetime
    full: bool
    continues: int | None
    leaves: Sequence[bytes] = field(repr=False)
    held_back: int | None = None


def verify(
    snapshot: Snapshot, keys: Collection[str], pinned: Pinned | None = None, *, full: bool = False
) -> Verified:
    """Check one state of a ledger.

    Args:
        snapshot: the state.
        keys: whose signatures count.
        pinned: what is known of the ledger; only its id and states are looked at.
        full: check every entry by itself too.

    Raises:
        LedgerBroken: damaged, truncated, or signed by a key that does not count.
        LedgerForked: other entries stand where there were some before.
    """
    state = snapshot.checkpoint
    if pinned is not None and pinned.ledger != state.ledger:  # first: no key would mend it
        raise other_ledger(pinned.ledger, state.ledger)
    trusted(state.key, keys, "the checkpoint")
    held_back = None
    if full:
        leaves, held_back = _every_entry(snapshot, keys)
    else:
        leaves = leaves_of(snapshot)
    if merkle.root(leaves).hex() != state.root:
        raise LedgerBroken(
            f"{snapshot.place}: the entries are not those that the checkpoint was signed over",
            remedy=RESTORE,
        )
    for known in filter(None, (pinned.seen, pinned.shared) if pinned else ()):
        continues(leaves, known, snapshot.place)
    return Verified(
        snapshot, state.size, state.root, state.ts, full, pinned.seen.size if pinned else None,
        leaves, held_back,
    )  # fmt: skip


def leaves_of(snapshot: Snapshot) -> list[bytes]:
    """Return the leaf of every entry, from its bytes.

    Raises:
        LedgerBroken: an entry is missing or damaged.
    """
    return [statement.leaf(canonical.digest(data)) for _, data in snapshot.raw()]


def trusted(key: str, keys: Collection[str], what: str) -> None:
    """Refuse a signer that does not count.

    Raises:
        LedgerBroken: ``key`` is not among ``keys``.
    """
    if key not in keys:
        raise LedgerBroken(
            f"{what} is signed by {key[:80]!r}, which is not trusted",
            remedy=TRUST_IT,
        )


def continues(leaves: list[bytes], known: Seen, place: str) -> None:
    """Refuse a list that does not begin with what was there.

    Raises:
        LedgerBroken: it is shorter.
        LedgerForked: it begins otherwise.
    """
    missing = known.size - len(leaves)
    if missing > 0:
        are = "entry is" if missing == 1 else "entries are"
        raise LedgerBroken(
            f"{place}: {missing} {are} missing at the end: "
            f"there were {known.size}, there are {len(leaves)}",
            remedy=RESTORE,
        )
    if merkle.root(leaves[: known.size]).hex() != known.root:
        raise LedgerForked(
            f"{place}: the first {known.size} entries are not those that were there before",
            remedy=RESTORE,
        )


# --- entry by entry ---------------------------------------------------------------------


def _every_entry(snapshot: Snapshot, keys: Collection[str]) -> tuple[list[bytes], int]:
    """Check each entry; return the leaves, and how many came later than their clock said."""
    leaves: list[bytes] = []
    held_back = 0
    for entry in chained(snapshot, keys):
        leaves.append(statement.leaf(entry.digest))
        held_back += entry.ts - entry.event.clock > SHARING
    return leaves, held_back


def chained(snapshot: Snapshot, keys: Collection[str], start: int = 0) -> Iterator[Entry]:
    """Yield the entries from ``start``, each checked by itself and against the one before.

    Raises:
        LedgerBroken: at the first one that is not good.
    """
    state = snapshot.checkpoint
    before = snapshot.entry(start - 1) if start else None
    for seq, data in snapshot.raw(start):
        entry = _genuine(data, keys, f"{snapshot.place}: entry {seq}")
        problem = _misplaced(entry, seq, state, before)
        if problem:
            raise LedgerBroken(f"{snapshot.place}: entry {seq} {problem}", remedy=RESTORE)
        yield entry
        before = entry


def _genuine(data: bytes, keys: Collection[str], what: str) -> Entry:
    try:
        entry = statement.read_genuine(data)
    except LedgerBroken as error:
        raise LedgerBroken(f"{what} {error.problem}", remedy=RESTORE) from error
    trusted(entry.key, keys, what)
    return entry


def _misplaced(entry: Entry, seq: int, state: Checkpoint, before: Entry | None) -> str | None:
    """Return why an entry cannot stand where it stands; None if it can."""
    if entry.ledger != state.ledger:
        return "belongs to another ledger"
    if entry.seq != seq:
        return f"was signed as entry {entry.seq}"
    if entry.previous != (before.digest if before else None):
        return "does not follow the one before it"
    if before and entry.ts < before.ts:
        return "is earlier than the one before it"
    if entry.ts < entry.event.clock:
        return "is earlier than it happened"
    return None
