"""The objects of the next states of a ledger: per event an entry, a checkpoint and a commit.

Pure but for reading the state before. Not here: writing them (`sigil.ledger.objects`), making one
of them the newest (`sigil.ledger.refs`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sigil.ledger import checkpoint, layout, statement
from sigil.ledger.checkpoint import Checkpoint
from sigil.ledger.keys import Signer
from sigil.ledger.objects import Object, blob, commit, tree
from sigil.ledger.snapshot import Snapshot
from sigil.ledger.statement import Entry, Event


@dataclass(frozen=True, slots=True)
class Built:
    """States that are still to be written.

    Args:
        entries: what was added, in order.
        objects: all that has to be written.
        commit: id of the last state.
        state: its checkpoint.
    """

    entries: tuple[Entry, ...]
    objects: tuple[Object, ...]
    commit: str
    state: Checkpoint


def build(newest: Snapshot, events: Iterable[Event], signer: Signer) -> Built:
    """Put events after the newest state, one commit each.

    Raises:
        InvalidValue: an event that cannot be written as an entry.
        LedgerBroken: the newest state is damaged.
    """
    state, root, parent = newest.checkpoint, dict(newest.folders), newest.commit
    folder: dict[str, tuple[bool, str]] = {}
    if state.size % layout.SHARD:
        folder = newest.folder(layout.shard(state.size))
    entries: list[Entry] = []
    objects: list[Object] = []
    for event in events:
        entry, data = statement.sign(
            event,
            ledger=state.ledger,
            seq=state.size,
            ts=max(event.clock, state.ts),
            previous=state.last,
            signer=signer,
        )
        if entry.seq % layout.SHARD == 0:
            folder = {}
        state = checkpoint.after(state, entry)
        new = _Files(blob(data), blob(checkpoint.sign(state, signer)))
        folder[layout.file(entry.seq)] = (False, new.entry.id)
        folded = tree(folder)
        root |= {
            layout.shard(entry.seq): (True, folded.id),
            layout.CHECKPOINT: (False, new.checkpoint.id),
        }
        top = tree(root)
        step = commit(top.id, parent, int(state.ts.timestamp()), _message(entry))
        objects += [new.entry, new.checkpoint, folded, top, step]
        entries.append(entry)
        parent = step.id
    return Built(tuple(entries), tuple(objects), parent, replace(state, key=signer.key))


def attest(newest: Snapshot, state: Checkpoint, signer: Signer) -> Built:
    """Sign the newest state once more, at a later time: nothing was added since."""
    signed = blob(checkpoint.sign(state, signer))
    top = tree(newest.folders | {layout.CHECKPOINT: (False, signed.id)})
    step = commit(top.id, newest.commit, int(state.ts.timestamp()), f"still {state.size} entries")
    return Built((), (signed, top, step), step.id, replace(state, key=signer.key))


@dataclass(frozen=True, slots=True)
class _Files:
    entry: Object
    checkpoint: Object


def _message(entry: Entry) -> str:
    return f"{entry.seq} {entry.kind} {entry.service}"
