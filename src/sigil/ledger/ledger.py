"""An append-only list of signed events in a git repository of its own.

Promises: when `append` returns, the entry is on the disk and part of the newest state; an append
that fails or is killed leaves the ledger as it was; of two writers at once, in one process or in
several, none loses an entry. Times never go back: an event that the clock places before the
newest entry gets that entry's ``ts`` and keeps what the clock said as ``clock``. It is not refused,
because then an incident could not be recorded until somebody repaired the clock, and whoever can
set the clock could silence the ledger.

The form of a ledger is fixed by ADR 7. Not here: believing what is in it
(`sigil.ledger.verifying`), other machines (`sigil.ledger.syncing`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sigil import __version__
from sigil.effects import SYSTEM_CLOCK, Clock, random_bytes
from sigil.errors import (
    DiskFull,
    KeyMissing,
    LedgerBroken,
    SigilError,
    Unwritable,
    Where,
    WorkspaceBusy,
)
from sigil.ledger import checkpoint, layout, packing, refs, statement, verifying
from sigil.ledger.building import Built, attest, build
from sigil.ledger.checkpoint import Checkpoint
from sigil.ledger.keys import MAKING, Signer
from sigil.ledger.making import new_repository
from sigil.ledger.objects import Objects, blob, commit, tree
from sigil.ledger.pins import Pin, Pinned, seen
from sigil.ledger.snapshot import Snapshot
from sigil.ledger.statement import Entry, Event
from sigil.ledger.turns import turn
from sigil.ledger.verifying import Verified
from sigil.store import files

EVALUATOR = f"sigil@{__version__}"
_ID_BYTES = 16
_TRIES = 100


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest state.

    Args:
        size: how many entries.
        root: of their Merkle tree, 64 hex digits.
        ts: of its checkpoint.
        commit: id of the commit that holds it.
    """

    size: int
    root: str
    ts: datetime
    commit: str


class Ledger:
    """One ledger.

    Args:
        path: of its folder.
        signer: who signs what is appended; None to read only.
        pin: what is known of it; every append is held against it and moves it on. None for a
            ledger that nobody watches.
        clock: asked for the time of every event.

    Attributes:
        synced_at: when it last held all that its remote holds; None if it was not synced.
    """

    def __init__(
        self,
        path: Path,
        signer: Signer | None = None,
        pin: Pin | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ):
        self.path = path
        self.signer = signer
        self.pin = pin
        self._clock = clock
        self._objects = Objects(path / "objects")
        self.synced_at: datetime | None = None
        self._newest: Snapshot | None = None
        self._tidy = False

    @classmethod
    def open(
        cls,
        path: Path,
        signer: Signer | None = None,
        pin: Pin | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> Ledger:
        """Open the ledger at ``path``. Nothing is verified by this.

        Raises:
            NotFound: there is none.
            LedgerBroken: a part of it is a symbolic link.
        """
        layout.check(path)
        return cls(path, signer, pin, clock)

    @classmethod
    def create(
        cls, path: Path, signer: Signer, pin: Pin | None = None, clock: Clock = SYSTEM_CLOCK
    ) -> Ledger:
        """Make an empty ledger with an id of its own.

        Raises:
            AlreadyExists: something is at ``path``.
            LedgerBroken: a ledger is known to have been there.
            DiskFull, Unwritable: it cannot be written; nothing is left.
        """
        state = checkpoint.empty(random_bytes(_ID_BYTES).hex(), clock.now())
        with new_repository(path) as stage:
            if pin is not None:
                pin.expect_nothing()
            objects = [blob(checkpoint.sign(state, signer))]
            objects.append(tree({layout.CHECKPOINT: (False, objects[0].id)}))
            objects.append(commit(objects[1].id, None, int(state.ts.timestamp()), "ledger"))
            Objects(stage / "objects").write(objects)
            refs.swap(stage, None, objects[2].id)
        if pin is not None:
            pin.trust(state.ledger, frozenset({signer.key}))
        return cls.open(path, signer, pin, clock)

    # --- reading ------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Return the newest state, to read from.

        Raises:
            LedgerBroken: there is none.
        """
        newest = refs.read(self.path)
        if newest is None:
            raise LedgerBroken(
                "has no entries branch",
                where=Where(str(self.path)),
                remedy="restore the ledger from a copy or from its remote",
            )
        if self._newest is None or self._newest.commit != newest:
            self._newest = self.state(newest)
        return self._newest

    def state(self, commit: str) -> Snapshot:
        """Return the state that a commit holds, to read from."""
        return Snapshot(self._objects, commit, str(self.path))

    def known(self) -> Pinned:
        """Return what is known of this ledger.

        Raises:
            KeyMissing: nothing is.
            LedgerBroken: what was known is damaged.
        """
        known = self.pin.read() if self.pin is not None else None
        if known is None:
            raise KeyMissing(
                "it is not known whose signatures count in this ledger",
                where=Where(str(self.path)),
                remedy="name a public key: sigil ledger verify --trust ed25519:…",
            )
        return known

    def moment(self) -> tuple[Pinned | None, Snapshot]:
        """Return what is known and the newest state, as both are at one moment.

        A sync moves the one after the other, so this waits for its turn; where none can be had,
        as on a file system that is read-only, both are read as they are. Not for whoever holds
        the turn.

        Raises:
            LedgerBroken: one of the two is missing or damaged.
            WorkspaceBusy: another process does not let go.
        """
        with contextlib.ExitStack() as held:
            with contextlib.suppress(DiskFull, Unwritable):
                held.enter_context(self.turn())
            return self.pin.read() if self.pin is not None else None, self.snapshot()

    @property
    def tip(self) -> Tip:
        """The newest state, in short.

        Raises:
            LedgerBroken: it cannot be read.
        """
        newest = self.snapshot()
        state = newest.checkpoint
        return Tip(state.size, state.root, state.ts, newest.commit)

    def entries(
        self,
        *,
        kind: str | None = None,
        service: str | None = None,
        since: datetime | None = None,
    ) -> Iterator[Entry]:
        """Yield the entries of the newest state; see `Snapshot.entries`."""
        return self.snapshot().entries(kind=kind, service=service, since=since)

    def verify(
        self, keys: Collection[str], pinned: Pinned | None = None, *, full: bool = False
    ) -> Verified:
        """Check the newest state; see `sigil.ledger.verifying.verify`."""
        return verifying.verify(self.snapshot(), keys, pinned, full=full)

    def check(
        self,
        *,
        keys: frozenset[str] = frozenset(),
        trust: frozenset[str] = frozenset(),
        full: bool = False,
    ) -> Verified:
        """Check the newest state against what is known, and remember it.

        Args:
            keys: whose signatures count this time; none for those that are trusted.
            trust: whose signatures count from now on too, if all is found good.
            full: check every entry by itself too.

        Raises:
            KeyMissing: it is not known whose signatures count.
            LedgerBroken, LedgerForked: see `sigil.ledger.verifying.verify`.
        """
        if not (keys or trust):
            self.known()
        known, newest = self.moment()
        counted = keys or trust | (known.keys if known else frozenset[str]())
        found = verifying.verify(newest, counted, known, full=full)
        if self.pin is not None and (known or trust):
            state = found.snapshot.checkpoint
            self.pin.trust(state.ledger, trust)
            self.pin.advance(state)
        return found

    # --- writing ------------------------------------------------------------------------

    def append(
        self,
        kind: str,
        service: str,
        body: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
        subjects: Mapping[str, str] | None = None,
    ) -> Entry:
        """Add an event, on the disk when this returns.

        Args:
            kind: such as ``eval.decision``.
            service: that it concerns.
            body: JSON-like facts, or, where they depend on what stands already, what returns them:
                called while nobody else can append, and again if the ledger moved in spite of that.
                It may read the newest state, and `verify` it, which takes the longer the more
                there is; it may not `check`, which writes. What it raises is raised.
            subjects: ``{name: "sha256:<hex>"}`` of the artifacts that it is about.

        Raises:
            InvalidValue: what cannot be written as an entry.
            KeyMissing: the ledger was opened without a signer.
            LedgerBroken: the newest state is damaged, or less than was seen before.
            LedgerForked: other entries stand where there were some before.
            WorkspaceBusy: another process does not let go.
            DiskFull, Unwritable: it cannot be written; nothing was appended.
        """
        signer = self.needed_signer()

        def following(newest: Snapshot) -> Built:
            facts = body() if callable(body) else body
            event = Event(
                random_bytes(_ID_BYTES).hex(), kind, service, facts, self._clock.now(), EVALUATOR,
                subjects or {},
            )  # fmt: skip
            statement.check(event)
            return build(newest, [event], signer)

        return self._add(following).entries[0]

    def attest(self) -> Tip:
        """Sign the newest state once more, so that its ``ts`` is now, although nothing happened.

        Raises:
            SigilError: as `append`.
        """
        signer = self.needed_signer()

        def again(newest: Snapshot) -> Built:
            state = newest.checkpoint
            return attest(newest, replace(state, ts=max(self._clock.now(), state.ts)), signer)

        self._add(again)
        return self.tip

    def needed_signer(self) -> Signer:
        """Return who signs.

        Raises:
            KeyMissing: the ledger was opened to read only.
        """
        if self.signer is None:
            raise KeyMissing(
                "this ledger was opened without a key to sign with",
                where=Where(str(self.path)),
                remedy=f"make one: {MAKING}, which says where it has to be named",
            )
        return self.signer

    def _add(self, step: Callable[[Snapshot], Built]) -> Built:
        """Write what follows the newest state, and make it the newest."""
        with self.turn():
            for _ in range(_TRIES):
                newest = self.snapshot()
                self.guard(newest, self.pin.read() if self.pin is not None else None)
                built = step(newest)
                self.write(built)
                if refs.swap(self.path, newest.commit, built.commit):
                    self._remember(built.state)
                    self._pack(built.state.size)
                    return built
        raise WorkspaceBusy(
            "the branch moves faster than entries can be added",
            where=Where(str(self.path)),
            remedy="stop whatever else writes to it",
        )

    def note_synced(self) -> None:
        """Remember that it holds all that its remote holds."""
        self.synced_at = self._clock.now()

    def _remember(self, state: Checkpoint) -> None:
        """Move the pin on. What was appended stands; a pin that lags is caught up by the next."""
        if self.pin is not None:
            with contextlib.suppress(SigilError):
                self.pin.advance(state)

    def _pack(self, size: int) -> None:
        """Pack now and then. What was appended stands, whether that works or not."""
        if size and size % packing.EVERY == 0:
            with contextlib.suppress(SigilError):
                packing.pack(self.path / "objects")

    def write(self, built: Built) -> None:
        """Write states, durable when this returns; none of them is the newest by that.

        To be called in a `turn`.

        Raises:
            DiskFull, Unwritable: they cannot be written.
        """
        self._objects.write(built.objects)

    def guard(self, newest: Snapshot, known: Pinned | None) -> None:
        """Refuse a state that is not what is known, or does not continue it; else do nothing.

        Costs next to nothing if nothing came since it was last seen.

        Args:
            newest: the state.
            known: what is known at the same moment.

        Raises:
            LedgerBroken, LedgerForked: see `sigil.ledger.verifying.verify`.
        """
        if known is None:
            return
        state = newest.checkpoint
        same = (state.ledger, seen(state)) == (known.ledger, known.seen)
        if same and state.key in known.keys:
            return
        verifying.verify(newest, known.keys, known)

    @contextlib.contextmanager
    def turn(self) -> Generator[None]:
        """Hold the ledger for a block, as every writer does.

        Raises:
            WorkspaceBusy: another process does not let go.
        """
        with turn(self.path / layout.LOCK):
            if not self._tidy:
                refs.tidy(self.path)
                files.sweep(self.path)
                files.sweep(self.path / "objects")
                self._tidy = True
            yield
