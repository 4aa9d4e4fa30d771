"""Evidence to take away: that one entry stands in a ledger, or that a ledger only grew.

A proof is a document that is checked without the ledger, by whoever has the signers' public keys:
besides the entry and a signed checkpoint it holds about log2(n) hashes, at most 544 bytes of them
among 100,000 entries. What is proved is *that* something stands there, not that nothing else does.

Pure but for reading. Not here: checking the ledger itself (`sigil.ledger.verifying`).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sigil.errors import InvalidValue, LedgerBroken, NotFound
from sigil.ledger import checkpoint, dsse, merkle, statement
from sigil.ledger.checkpoint import Checkpoint
from sigil.ledger.pins import Seen
from sigil.ledger.statement import Entry
from sigil.ledger.verifying import Verified, trusted

INCLUSION = "sigil.ledger.inclusion.v1"
CONSISTENCY = "sigil.ledger.consistency.v1"

_ANOTHER = "ask for the proof again: sigil ledger prove"


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That an entry stands in a ledger.

    Args:
        entry: bytes of the entry.
        path: hashes from the entry's leaf to the root.
        checkpoint: bytes of the signed checkpoint that the root is of.
    """

    entry: bytes
    path: tuple[bytes, ...]
    checkpoint: bytes

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "format": INCLUSION,
            "entry": json.loads(self.entry),
            "path": [node.hex() for node in self.path],
            "checkpoint": json.loads(self.checkpoint),
        }

    def check(self, keys: Collection[str]) -> tuple[Entry, Checkpoint]:
        """Return what it proves.

        Args:
            keys: whose signatures count.

        Raises:
            LedgerBroken: it proves nothing.
        """
        state = checkpoint.read(self.checkpoint)
        try:
            entry = statement.read_genuine(self.entry)
        except LedgerBroken as error:
            raise LedgerBroken(f"the entry {error.problem}", remedy=_ANOTHER) from error
        trusted(state.key, keys, "the checkpoint")
        trusted(entry.key, keys, "the entry")
        leaf, root = statement.leaf(entry.digest), bytes.fromhex(state.root)
        if entry.ledger != state.ledger or not merkle.included(
            leaf, entry.seq, state.size, self.path, root
        ):
            raise LedgerBroken("the hashes do not lead from the entry to the checkpoint")
        return entry, state


@dataclass(frozen=True, slots=True)
class Consistency:
    """That a ledger begins with what it held before.

    Args:
        former: the state before, which whoever checks knows from elsewhere.
        path: hashes that lead to both roots.
        checkpoint: bytes of the signed checkpoint of the later state.
    """

    former: Seen
    path: tuple[bytes, ...]
    checkpoint: bytes

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "format": CONSISTENCY,
            "former": {"root": self.former.root, "size": self.former.size},
            "path": [node.hex() for node in self.path],
            "checkpoint": json.loads(self.checkpoint),
        }

    def check(self, keys: Collection[str]) -> Checkpoint:
        """Return the later state.

        Args:
            keys: whose signatures count.

        Raises:
            LedgerBroken: it proves nothing.
        """
        state = checkpoint.read(self.checkpoint)
        trusted(state.key, keys, "the checkpoint")
        if not merkle.consistent(
            self.former.size,
            bytes.fromhex(self.former.root),
            state.size,
            bytes.fromhex(state.root),
            self.path,
        ):
            raise LedgerBroken("the hashes do not lead from the former state to the checkpoint")
        return state


Proof = Inclusion | Consistency


def prove(state: Verified, seq: int) -> Inclusion:
    """Return the proof that entry ``seq`` stands in a state that was found good.

    Raises:
        NotFound: there is no such entry.
    """
    entry = state.snapshot.bytes_of(seq)
    path = merkle.inclusion(state.leaves, seq)
    return Inclusion(entry, tuple(path), state.snapshot.checkpoint_bytes)


def prove_growth(state: Verified, former: int) -> Consistency:
    """Return the proof that a state that was found good begins with its first ``former`` entries.

    Raises:
        NotFound: there are fewer.
    """
    if not 0 <= former <= state.size:
        raise NotFound(
            f"there are no {former} entries in {state.snapshot.place}",
            remedy=f"choose a size from 0 to {state.size}",
        )
    root = merkle.root(state.leaves[:former]).hex()
    path = merkle.consistency(state.leaves, former)
    return Consistency(Seen(former, root), tuple(path), state.snapshot.checkpoint_bytes)


def parse(data: bytes) -> Proof:
    """Return the proof of which ``data`` are the bytes; nothing is checked yet.

    Raises:
        InvalidValue: they are no proof.
    """
    try:
        document = json.loads(data)
        path = tuple(bytes.fromhex(node) for node in document["path"])
        signed = dsse.encode(document["checkpoint"])
        if document["format"] == INCLUSION:
            return Inclusion(dsse.encode(document["entry"]), path, signed)
        if document["format"] == CONSISTENCY:
            return Consistency(_state(document["former"]), path, signed)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidValue):
        pass
    raise InvalidValue("is no proof", remedy="make one: sigil ledger prove")


def _state(document: Any) -> Seen:
    state = Seen(document["size"], document["root"])
    if type(state.size) is not int or len(bytes.fromhex(state.root)) != 32:  # noqa: PLR2004 (SHA-256)
        raise ValueError(document)
    return state
