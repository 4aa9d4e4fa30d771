"""What do the commits hold by which a state came? Former states of the same ledger, and no more.

The newest checkpoint is signed over the entries alone. Whoever can push may put other commits
before it, or beside it as a second parent, with files that nobody signed; whoever took them would
pass them on. So every commit that is not here yet has to be a state that the newest one continues:
one parent at most, a checkpoint, and the newest state's own entries up to its size.

Promises: no more than the objects that are named belongs to those states.

Not here: whether the newest state is true (`sigil.ledger.verifying`), taking what is named
(`sigil.ledger.receiving`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import islice

from sigil.errors import LedgerBroken
from sigil.ledger import layout
from sigil.ledger.objects import parse_commit
from sigil.ledger.snapshot import Snapshot

LONGEST = 1 << 16
"""Bytes of a commit, and of a checkpoint: many times what either takes."""


def objects_of(newest: Snapshot, is_here: Callable[[str], bool]) -> dict[str, str]:
    """Return the kind of each object of a state and of those before it, by its name.

    Args:
        newest: a state that was found good.
        is_here: whether a commit was taken before; what is behind it is not looked at.

    Raises:
        LedgerBroken: a commit is no former state, or an object is damaged.
    """
    named: dict[str, str] = {}
    final = cache(newest.folder)
    step, size = newest.commit, newest.checkpoint.size
    while not is_here(step):
        data = newest.objects.read(step, "commit")
        root, parents = parse_commit(data)
        state = Snapshot(newest.objects, step, newest.place)
        if len(parents) > 1 or max(len(data), len(state.checkpoint_bytes)) > LONGEST:
            raise _foreign(newest, step)
        if state.checkpoint.ledger != newest.checkpoint.ledger or state.checkpoint.size > size:
            raise _foreign(newest, step)
        size = state.checkpoint.size
        named |= {step: "commit", root: "tree", state.folders[layout.CHECKPOINT][1]: "blob"}
        _add_entries(named, newest, state, final)
        if not parents:
            break
        [step] = parents
    return named


def _add_entries(
    named: dict[str, str],
    newest: Snapshot,
    state: Snapshot,
    final: Callable[[str], dict[str, tuple[bool, str]]],
) -> None:
    """Name the folders of a state and what is in them, which has to be in the newest one too."""
    size = state.checkpoint.size
    shards = range(0, size, layout.SHARD)
    if state.folders.keys() != {layout.CHECKPOINT, *map(layout.shard, shards)}:
        raise _foreign(newest, state.commit)
    for first in shards:
        name = layout.shard(first)
        is_folder, tree = state.folders[name]
        if tree in named:
            continue
        expected = final(name)
        if state.folders[name] != newest.folders[name]:
            found = state.folder(name) if is_folder else {}
            expected = dict(islice(sorted(expected.items()), size - first))
            if found != expected:
                raise _foreign(newest, state.commit)
        named[tree] = "tree"
        named |= dict.fromkeys((one for _, one in expected.values()), "blob")


def _foreign(newest: Snapshot, commit: str) -> LedgerBroken:
    return LedgerBroken(f"{newest.place}: the commit {commit} is no former state of this ledger")
