"""What one evaluation leaves in the ledger: that it began, what the exam came to, how it ended.

    record.begin()                    before anything of the exam is opened
    record.complete(…)                the exam's scores, and what may be told of them
    record.decide(…) or break_off(…)  exactly one of the two, unless the process is killed
    record.announce(…)                steps on the trust ladder that follow from it
    record.share()                    with the ledger's remote, if it has one

What an entry says that depends on other evaluations is found out while nobody else can append: of
two that end at once, one knows of the other.

A remote that cannot be reached is a warning: what was appended here is shared by whatever command
reaches it next. But how current the ledger is, is not known then (invariant IV), and what this
evaluation itself appended says nothing of it.

Not here: the shapes of the entries (`sigil.gate.record.events`, `sigil.gate.record.unfinished`),
what is decided (`sigil.gate.concluding`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sigil.errors import Unreadable, Unwritable, WorkspaceBusy
from sigil.gate.foreseeing import foreseen
from sigil.gate.policy import Gate
from sigil.gate.record import asked, events
from sigil.gate.record.events import Complete, Decided, Provenance
from sigil.gate.record.history import History, read_history, signers_of
from sigil.gate.record.steps import announce
from sigil.gate.record.unfinished import BEGUN, BROKEN, Begun, Broken, body_of
from sigil.ledger.ledger import Ledger
from sigil.ledger.statement import Entry

Share = Callable[[Ledger], bool]
"""Brings a ledger and its remote to the same state; says whether it has a remote."""
Body = Mapping[str, Any] | Callable[[], Mapping[str, Any]]
"""Facts of an entry, or what returns them once nobody else can append."""


class Record:
    """The entries of one evaluation.

    Args:
        ledger: opened to sign.
        share: with its remote.
        service: whose.
        begun: which evaluation, of which change.

    Attributes:
        warnings: what did not work and keeps nothing from being recorded.
    """

    def __init__(self, ledger: Ledger, share: Share, service: str, begun: Begun):
        self._ledger, self._share, self._service, self._begun = ledger, share, service, begun
        self._is_reached: bool | None = None  # None: it has no remote
        self._before: datetime | None = None
        self._began: datetime | None = None
        self._current: datetime | None = None
        self._last: Entry | None = None
        self._read: tuple[str, History] | None = None
        self.warnings: list[str] = []

    @property
    def signer(self) -> str:
        """The key that signs.

        Raises:
            KeyMissing: there is none.
        """
        return self._ledger.needed_signer().key

    @property
    def has_begun(self) -> bool:
        """Whether it is on record here that the evaluation began."""
        return self._began is not None

    def begin(self) -> None:
        """Verify the ledger, and put on record that the evaluation begins.

        Raises:
            SigilError: it is not what it should be, or cannot be written.
        """
        self._before = self._ledger.check().ts
        self._append(BEGUN, body_of(self._begun), {"artifact": self._begun.artifact})
        self._began = self._ledger.tip.ts
        self.share()

    def share(self) -> None:
        """Share what was appended, and learn what others did.

        Raises:
            SigilError: ledger or remote is not what it was known to be.
        """
        try:
            self._is_reached = True if self._share(self._ledger) else None
        except (Unreadable, Unwritable, WorkspaceBusy) as error:
            self._is_reached = False
            self.warnings.append(f"the ledger is not shared yet: {error}")

    def history(self, gate: Gate) -> History:
        """Return the service's past, out of a ledger that was just verified. Writes nothing.

        Raises:
            SigilError: it is not what it should be.
        """
        newest = self._ledger.tip.commit
        if self._read is None or self._read[0] != newest:  # else nothing has come since
            found = read_history(self._ledger, self._service, gate, is_noted=False)
            self._read = newest, found
        known = self._read[1]  # the entries stand; who counts and how current they are may not
        current = self._ledger.synced_at or known.current
        return replace(known, signers=signers_of(gate), current=current)

    def age_s(self, history: History, now: datetime) -> float | None:
        """Return the seconds since the ledger was known to hold all there is; None if never.

        Without a remote, since the state that was there when this was asked first: what is
        appended here says nothing of it.
        """
        if self._is_reached is not None:
            current = self._ledger.synced_at
        else:
            is_ours = history.current == self._began
            self._current = self._current or (self._before if is_ours else history.current)
            current = self._current
        return None if current is None else (now - current).total_seconds()

    def foreseen(self, gate: Gate, now: datetime) -> list[str]:
        """Return what speaks against an ALLOW already when it has begun; see `foreseeing`.

        What is decided goes by `age_s`, which this leaves as it is.

        Raises:
            KeyMissing: there is no key to sign with.
        """
        has_remote = self._is_reached is not None
        current = self._ledger.synced_at if has_remote else self._before
        return foreseen(
            None if current is None else (now - current).total_seconds(),
            gate.policy.freshness_s,
            has_remote=has_remote,
            is_evaluator_known=self.signer in gate.evaluators,
        )

    def may_have_asked(self) -> bool:
        """Return whether another evaluation, of whatever service, may have asked a holdout.

        It may while the ledger is not shared: others may have appended what is not here.

        Raises:
            SigilError: the ledger is not what it should be.
        """
        if not self.is_shared:
            return True
        known = self._ledger.known()
        entries = self._ledger.verify(known.keys, known).snapshot.genuine(known.keys)
        return asked.may_have_asked(entries, self._begun.eval)

    @property
    def size(self) -> int:
        """How many entries the ledger has."""
        return self._ledger.tip.size

    @property
    def entry(self) -> int | None:
        """The number of what ended the evaluation, which sharing may have moved; None of nothing.

        Raises:
            SigilError: the ledger cannot be read.
        """
        if self._last is None:
            return None
        later = self._ledger.snapshot().entries(start=self._last.seq)
        return next(one.seq for one in later if one.id == self._last.id)

    @property
    def is_shared(self) -> bool:
        """Whether all that was appended is with the remote too, if there is one."""
        return self._is_reached is not False

    def complete(self, among: Callable[[], Complete], about: Provenance) -> None:
        """Append ``eval.complete``.

        Args:
            among: returns what is to be said, called while nobody else can append.
            about: the six fields.

        Raises:
            SigilError: it cannot be written.
        """

        def body() -> Mapping[str, Any]:
            return events.complete_body(among())

        self._append(events.COMPLETE, body, _subjects(about))

    def decide(self, among: Callable[[], Decided], about: Provenance) -> None:
        """Append ``eval.decision``.

        Args:
            among: returns what was decided, called while nobody else can append.
            about: the six fields.

        Raises:
            SigilError: it cannot be written.
        """

        def body() -> Mapping[str, Any]:
            return events.decision_body(among())

        self._last = self._append(events.DECISION, body, _subjects(about))

    def break_off(self, known: Broken) -> None:
        """Append ``eval.broken``.

        Raises:
            SigilError: it cannot be written.
        """
        self._last = self._append(BROKEN, body_of(known), {"artifact": known.artifact})

    def announce(self, gate: Gate, moment: datetime) -> None:
        """Tell of the steps on the trust ladder that the decision led to.

        Raises:
            SigilError: the ledger is not what it should be, or cannot be written.
        """
        announce(self._ledger, self._service, gate, moment)

    def _append(self, kind: str, body: Body, subjects: Mapping[str, str]) -> Entry:
        return self._ledger.append(kind, self._service, body, subjects)


def _subjects(provenance: Provenance) -> dict[str, str]:
    return {
        "artifact": provenance.artifact,
        "baseline": provenance.baseline,
        "scenarios": provenance.scenarios,
        "control": provenance.control,
    }
