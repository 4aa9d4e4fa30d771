"""The state of a ledger at one size, signed: who knows one knows all that stood there.

Every append writes the checkpoint after it, in the same commit, so that the newest state of a
ledger is always signed as a whole. Besides the root it holds the tree's frontier and the digest of
the newest entry, which is all that the next append needs of what was before.

Pure. Not here: comparing checkpoints (`sigil.ledger.verifying`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sigil.errors import LedgerBroken
from sigil.ledger import dsse, merkle
from sigil.ledger.keys import Signer
from sigil.ledger.statement import Entry, leaf, moment, stamp

PAYLOAD = "application/vnd.sigil.ledger.checkpoint.v1+json"
_FIELDS = frozenset({"frontier", "last", "ledger", "root", "size", "ts"})
_HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What stood in a ledger at one moment.

    Args:
        ledger: id of the ledger.
        size: how many entries.
        root: of their Merkle tree, 64 hex digits.
        ts: when it was signed, as far as the ledger goes: never before its newest entry.
        frontier: of the tree.
        last: digest of the newest entry; None if there is none.
        key: whose signature it carries; empty before it is signed.
    """

    ledger: str
    size: int
    root: str
    ts: datetime
    frontier: merkle.Frontier
    last: str | None
    key: str = ""


def empty(ledger: str, ts: datetime) -> Checkpoint:
    """Return the state of a ledger before its first entry."""
    return Checkpoint(ledger, 0, merkle.root_of_frontier(()).hex(), ts, (), None)


def after(former: Checkpoint, entry: Entry) -> Checkpoint:
    """Return the state after one more entry."""
    frontier = merkle.extend(former.frontier, former.size, leaf(entry.digest))
    root = merkle.root_of_frontier(frontier).hex()
    return Checkpoint(former.ledger, former.size + 1, root, entry.ts, frontier, entry.digest)


def sign(state: Checkpoint, signer: Signer) -> bytes:
    """Return the bytes of a signed checkpoint."""
    document = {
        "frontier": [subtree.hex() for subtree in state.frontier],
        "last": state.last,
        "ledger": state.ledger,
        "root": state.root,
        "size": state.size,
        "ts": stamp(state.ts),
    }
    return dsse.sign(PAYLOAD, dsse.encode(document), signer)


def read(data: bytes) -> Checkpoint:
    """Return the checkpoint of which ``data`` are the bytes.

    Its signature is checked, against the key that it names; whether that key is trusted is for
    the caller to say.

    Raises:
        LedgerBroken: no checkpoint, not signed by the key that it names, or one that contradicts
            itself.
    """
    signed = dsse.parse(data, PAYLOAD)
    if not signed.genuine():
        raise LedgerBroken("the signature of a checkpoint does not fit")
    try:
        state = _state(signed.document(), signed.key)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LedgerBroken("a signed checkpoint does not have its form") from error
    if merkle.root_of_frontier(state.frontier).hex() != state.root:
        raise LedgerBroken("the parts of a checkpoint do not lead to its root")
    return state


def _state(document: Any, key: str) -> Checkpoint:
    if document.keys() != _FIELDS:
        raise ValueError(document)
    frontier = tuple(bytes.fromhex(text) for text in document["frontier"])
    size = document["size"]
    well_formed = (
        type(size) is int
        and size >= 0
        and len(frontier) == size.bit_count()
        and all(len(subtree) == _HASH_BYTES for subtree in frontier)
        and isinstance(document["ledger"], str)
        and isinstance(document["root"], str)
        and (document["last"] is None) == (size == 0)
    )
    if not well_formed:
        raise ValueError(document)
    return Checkpoint(
        document["ledger"], size, document["root"], moment(document["ts"]), frontier,
        document["last"], key,
    )  # fmt: skip
