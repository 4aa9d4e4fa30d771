"""Several machines on one ledger: nobody's entry is lost, and no history is taken for another.

The remote's order counts. Entries that are only here move behind those that are only there: each
is signed anew for its new place and keeps its id, its body and the time of its clock. Then they are
pushed, which the remote takes only if nothing else came in between; otherwise all starts again.
Whatever moment this is interrupted at, doing it again does what is left to do.

A remote that lost or changed what it was known to have is refused, and so is a ledger here; only
entries that this machine's own key signed are ever moved.

Not here: talking to the remote (`sigil.ledger.remote`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sigil.errors import LedgerBroken, LedgerForked, Where, WorkspaceBusy
from sigil.ledger import lineage, refs, verifying
from sigil.ledger.building import build
from sigil.ledger.keys import Signer
from sigil.ledger.ledger import Ledger
from sigil.ledger.making import new_repository
from sigil.ledger.objects import Objects, parse_commit
from sigil.ledger.pins import NOTHING, Pin, Pinned
from sigil.ledger.receiving import Received
from sigil.ledger.remote import Remote
from sigil.ledger.snapshot import RESTORE, Snapshot
from sigil.ledger.statement import Entry, Event
from sigil.ledger.verifying import Verified

_TRIES = 50
_SHOWN = 5
_EITHER = f"see git fsck there; if that finds nothing, the copy here is damaged: {RESTORE}"


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of it.

    Args:
        size: entries, here and there.
        root: of their Merkle tree, 64 hex digits.
        received: how many came from the remote.
        sent: how many went there.
        moved: how many of those got another number than they had here.
    """

    size: int
    root: str
    received: int
    sent: int
    moved: int


@dataclass(frozen=True, slots=True)
class _Both:
    """Two states of one ledger, and what each has behind their common beginning.

    Args:
        here: ours.
        there: the remote's.
        left: entries that are only here, with this number or with any.
        arrived: entries that have their number only there.
    """

    here: Snapshot
    there: Snapshot
    left: Sequence[Entry]
    arrived: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class _Step:
    """What one try did.

    Args:
        reached: what both have now; None if somebody was faster.
        sent: entries that the remote took.
        moved: how many of them got another number.
    """

    reached: Snapshot | None
    sent: int = 0
    moved: int = 0


_AGAIN = _Step(None)


def sync(ledger: Ledger, remote: Remote) -> Synced:
    """Make ledger and remote the same.

    Args:
        ledger: opened with a pin; with a signer if it has entries that the remote has not.
        remote: of which ``path`` is the ledger's.

    Raises:
        KeyMissing: it is not known whose signatures count, or entries have to be signed anew
            and there is no key.
        LedgerBroken: one of the two lost entries, is damaged or signed by a foreign key.
        LedgerForked: one of the two has other entries than it is known to have had.
        Unreadable, Unwritable: the remote cannot be reached.
        WorkspaceBusy: others push faster than we do.
    """
    received: set[str] = set()
    sent = moved = 0
    for _ in range(_TRIES):
        ledger.known()  # or it is said what is missing
        known, here = ledger.moment()
        assert known is not None
        ours = verifying.verify(here, known.keys, known)
        both = _received(ledger, remote, known, ours)
        if both is None:
            step = _first(ledger, remote, known, here)
        else:
            received |= {entry.id for entry in both.arrived} - {entry.id for entry in both.left}
            step = _settle(ledger, remote, both)
        sent, moved = sent + step.sent, moved + step.moved
        if step.reached is not None:
            state = step.reached.checkpoint
            ledger.note_synced()
            return Synced(state.size, state.root, len(received), sent, moved)
    raise WorkspaceBusy(
        f"others push to {remote.shown} faster than we do", remedy="try again in a while"
    )


def _received(ledger: Ledger, remote: Remote, known: Pinned, ours: Verified) -> _Both | None:
    """Return the remote's state beside ours once it was found good; None if it has none.

    What is refused leaves nothing among the ledger's objects.
    """
    with remote.fetch(ours.snapshot.commit) as came:
        if came is None:
            return None
        there = _arrived(remote, came)
        _refuse_another(ledger, remote, known, there)
        both = _compare(known, ours, there, remote)
        _keep(remote, came, there)
    return replace(both, there=replace(ledger.state(came.commit), place=_named(remote)))


def _arrived(remote: Remote, came: Received) -> Snapshot:
    """Return the remote's state, to read from where it came to.

    Raises:
        LedgerBroken: it is too large to be read, or no ledger at all.
    """
    there = Snapshot(came.objects, came.commit, _named(remote))
    with _blaming(remote):
        came.refuse_giants()
        if not there.is_one:
            raise LedgerBroken(
                f"{_named(remote)} has a branch `ledger` that holds something else, no ledger",
                remedy="leave it as it is, and share the ledger over another repository, such as "
                "an empty one: sigil ledger sync URL; if a ledger was there, find out who "
                "replaced it",
            )
    return there


def _keep(remote: Remote, came: Received, there: Snapshot) -> None:
    """Take what belongs to a state that was found good, and nothing that came beside it."""
    with _blaming(remote):
        wanted = lineage.objects_of(there, Objects(came.into).holds)
    came.keep(wanted)


def _named(remote: Remote) -> str:
    return f"the remote {remote.shown}"


@contextlib.contextmanager
def _blaming(remote: Remote) -> Generator[None]:
    """Say of an error that it is about the remote's state, and how that is mended.

    For a block that reads nothing else. What the remote holds is read from the copy that was
    fetched, so an object that cannot be read may be the copy's fault. Then nobody is told to force
    anything over the remote, which may be whole.

    Raises:
        LedgerBroken, LedgerForked: as they come, with their side.
    """
    try:
        yield
    except (LedgerBroken, LedgerForked) as error:
        where, remedy = error.where, error.remedy
        if where is None and not error.problem.startswith(_named(remote)):
            where = Where(_named(remote))
        is_copy = where is not None and where.file != _named(remote)
        if is_copy:
            where = Where(_named(remote))
        if remedy in {None, RESTORE}:
            remedy = _EITHER if is_copy else remote.restoring
        raise type(error)(error.problem, where=where, remedy=remedy) from error


def _first(ledger: Ledger, remote: Remote, known: Pinned, here: Snapshot) -> _Step:
    """Give the ledger to a remote that has none."""
    if known.shared is not None:
        raise LedgerBroken(
            f"the remote {remote.shown} had {known.shared.size} entries and has no ledger now",
            remedy="find out who removed it; push the branch `ledger` there to restore it",
        )
    return _push(ledger, remote, here, here, here.checkpoint.size)


def _refuse_another(ledger: Ledger, remote: Remote, known: Pinned, there: Snapshot) -> None:
    """Say of a ledger that was made beside the remote's how to take that instead."""
    with _blaming(remote):
        found = there.checkpoint.ledger
    if known.shared is None and found != known.ledger and ledger.pin is not None:
        raise LedgerBroken(
            f"the remote {remote.shown} holds the ledger {found}, and here is another one, "
            f"{known.ledger}, which was made by itself",
            remedy=f"to take the remote's, without what is in this one: move {ledger.path} and "
            f"{ledger.pin.path} away, then: sigil ledger init --remote {remote.shown}",
        )


def _compare(known: Pinned, ours: Verified, there: Snapshot, remote: Remote) -> _Both:
    """Check the remote's state, and find where the two part."""
    expected = Pinned(known.ledger, known.keys, known.shared or NOTHING)
    with _blaming(remote):
        theirs = verifying.verify(there, known.keys, expected)
        pairs = enumerate(zip(ours.leaves, theirs.leaves, strict=False))
        shorter = min(ours.size, theirs.size)
        common = next((at for at, (one, other) in pairs if one != other), shorter)
        arrived = tuple(verifying.chained(there, known.keys, common))
    left = tuple(ours.snapshot.entries(start=common))
    return _Both(ours.snapshot, there, left, arrived)


def _settle(ledger: Ledger, remote: Remote, both: _Both) -> _Step:
    """Let the one follow the other, or move what is only here behind what is only there."""
    if not both.arrived and _descends(both.here, both.there.commit):
        return _push(ledger, remote, both.here, both.here, len(both.left))
    events = _unsent(both, ledger.signer.key if ledger.signer else "")
    if not events:
        return _Step(both.there if _adopt(ledger, both.here, both.there) else None)
    built = build(both.there, events, ledger.needed_signer())
    with ledger.turn():  # whoever holds it may sweep what is half-written
        ledger.write(built)
    step = _push(ledger, remote, both.here, ledger.state(built.commit), len(events))
    return replace(step, moved=step.sent)


def _unsent(both: _Both, key: str) -> list[Event]:
    """Return what is only here.

    Raises:
        LedgerForked: something of it is not this machine's to move, or stands there otherwise.
    """
    there = {entry.id: entry.event for entry in both.arrived}
    for entry in both.left:
        if entry.key != key or there.get(entry.id, entry.event) != entry.event:
            raise LedgerForked(
                f"{both.here.place}: entry {entry.seq} is not what the remote has, and it was "
                f"signed by {entry.key}, not by the key of this machine",
                remedy="sync on the machine that wrote it, or restore one of the two from a copy",
            )
    return [entry.event for entry in both.left if entry.id not in there]


def _push(ledger: Ledger, remote: Remote, here: Snapshot, new: Snapshot, count: int) -> _Step:
    """Give a state to the remote and, if it takes it, make it ours."""
    if not remote.push(new.commit):
        return _AGAIN
    return _Step(new if _adopt(ledger, here, new) else None, sent=count)


def _adopt(ledger: Ledger, here: Snapshot, new: Snapshot) -> bool:
    """Make a state that the remote has ours too; False if ours has changed meanwhile."""
    with ledger.turn():
        if not refs.swap(ledger.path, here.commit, new.commit):
            return False
        if ledger.pin is not None:
            ledger.pin.share(new.checkpoint)
    return True


def _descends(state: Snapshot, ancestor: str) -> bool:
    """Say whether git would call the way from ``ancestor`` to ``state`` a fast-forward."""
    step: str | None = state.commit
    while step is not None and step != ancestor:
        _, parents = parse_commit(state.objects.read(step, "commit"))
        step = parents[0] if parents else None
    return step is not None


# --- a second machine -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Named:
    """Keys that a place outside of the ledger names, so that a first use need not believe all.

    Args:
        keys: some of them need not have signed anything.
        place: what names them, for messages.
    """

    keys: frozenset[str]
    place: str


def clone(
    path: Path,
    remote_url: str,
    pin: Pin,
    keys: frozenset[str],
    signer: Signer | None = None,
    *,
    named: Named | None = None,
    signing: Callable[[], Signer] | None = None,
) -> Verified | None:
    """Make a ledger from its remote.

    Where the pin knows the ledger, the keys that it knows count, and it must be continued. Where
    it knows nothing, those count that are named here; if none is, whoever signed what is there is
    believed, once.

    Args:
        path: where the ledger is to be.
        remote_url: address of the remote.
        pin: where what is found is remembered.
        keys: whose signatures count, beside those that the pin knows.
        signer: whose signatures count too.
        named: whose count too at first use, if they signed something there.
        signing: makes the signer if there is none, when all was found good and nothing is at
            ``path`` yet.

    Returns:
        What was found; None if the remote has no ledger, and then nothing was made.

    Raises:
        AlreadyExists: something is at ``path``.
        LedgerBroken: what is there is damaged, less than was known, another ledger than was known,
            or signed by a key that does not count.
        LedgerForked: it is other than was known.
        Unreadable: the remote cannot be reached.
    """
    with contextlib.suppress(_NoLedger), new_repository(path) as stage:
        remote = Remote(remote_url, stage)
        with remote.fetch(None) as came:
            if came is None:
                raise _NoLedger
            there, known = _arrived(remote, came), pin.read()
            own = frozenset({signer.key}) if signer else frozenset[str]()
            with _blaming(remote):  # whole and continued first: else no key would mend it
                signed = signatures(there)
                found = verifying.verify(there, signed.keys(), known, full=True)
                believed = _believed(signed, known, keys, named) | own
                if foreign := {key: signed[key] for key in sorted(signed.keys() - believed)}:
                    raise _foreign(foreign, known, named)
            _keep(remote, came, there)
        if signer is None and signing is not None:
            believed |= {signing().key}
        refs.swap(stage, None, there.commit)
        pin.trust(there.checkpoint.ledger, believed)
        pin.share(there.checkpoint)
        return found
    return None


class _NoLedger(Exception):
    """The remote is empty, so the stage is to be removed again."""


def _believed(
    signed: Mapping[str, int], known: Pinned | None, keys: frozenset[str], named: Named | None
) -> frozenset[str]:
    """Return whose signatures count in a ledger that is to be taken."""
    if known is not None:
        return known.keys | keys
    if named is not None:
        return keys | (named.keys & signed.keys())
    return keys or frozenset(signed)


def _foreign(signed: Mapping[str, int], known: Pinned | None, named: Named | None) -> LedgerBroken:
    """Return the error for keys that signed and do not count."""
    shown = list(signed)[:_SHOWN]
    who = ", ".join(f"{key} ({_signed(signed[key])})" for key in shown)
    more = f" and {len(signed) - len(shown)} more" if len(signed) > len(shown) else ""
    if known is not None:
        why = "this machine knew the ledger without it"
    else:
        why = f"{named.place} does not name it" if named else "it is none of those named"
    return LedgerBroken(
        f"signed by {who}{more}, which is not trusted: {why}",
        remedy="if you know whose it is, the same once more with "
        + " ".join(f"--trust {key}" for key in shown),
    )


def _signed(count: int) -> str:
    return "the newest state" if not count else "1 entry" if count == 1 else f"{count} entries"


def signatures(state: Snapshot) -> dict[str, int]:
    """Return how many entries each key signed, as a state says; 0 for its checkpoint alone."""
    counted = dict.fromkeys((state.checkpoint.key,), 0)
    for entry in state.entries():
        counted[entry.key] = counted.get(entry.key, 0) + 1
    return counted
