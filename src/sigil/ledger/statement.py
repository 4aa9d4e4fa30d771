"""One entry: an event at its place in a ledger, as an in-toto Statement that somebody signed.

An `Event` is what happened; it keeps its id wherever it stands. An `Entry` is the event at a
place: which ledger, which number, after which entry, and by whose key. An entry that moves (see
`sigil.ledger.syncing`) is signed anew.

The form is fixed by ADR 7:

    {"_type": "https://in-toto.io/Statement/v1", "predicateType": PREDICATE,
     "predicate": {body, clock, evaluator, id, kind, ledger, previous, seq, service, ts},
     "subject": [{"digest": {"sha256": …}, "name": …}, …]}

Two times: ``clock`` is what the writer's clock said when it happened; ``ts`` never decreases along
a ledger, and is the later one of ``clock`` and the ``ts`` before it.

Pure. Not here: what a kind of event means (`sigil.gate`), whether entries follow one another
(`sigil.ledger.verifying`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sigil import canonical
from sigil.errors import InvalidValue, LedgerBroken
from sigil.ledger import dsse
from sigil.ledger.keys import Signer

PAYLOAD = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:sigil:ledger:entry:v1"
MAX_BYTES = 1 << 20
_KIND = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*", re.ASCII)
_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_NAME_LENGTH = 128
_BODY = "body"
_PARTS = frozenset({"_type", "predicate", "predicateType", "subject"})
_FIELDS = frozenset({
    "body", "clock", "evaluator", "id", "kind", "ledger", "previous", "seq", "service", "ts",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Args:
        id: 32 hex digits that no other event has.
        kind: such as ``eval.decision``: lower-case words between dots.
        service: that it concerns.
        body: JSON-like facts.
        clock: what the writer's clock said.
        evaluator: the program that wrote it, such as ``sigil@0.4.2``.
        subjects: ``{name: "sha256:<hex>"}`` of the artifacts that it is about; if it names
            none, the statement's subject is the body.
    """

    id: str
    kind: str
    service: str
    body: Mapping[str, Any]
    clock: datetime
    evaluator: str
    subjects: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Entry:
    """An event at its place.

    Args:
        event: what happened.
        ledger: id of the ledger.
        seq: its number, from 0 without gaps.
        ts: when, as far as the ledger goes: never before that of the entry before it.
        previous: digest of the entry before it; None for the first.
        key: whose signature it carries; nothing here says that it was checked.
        digest: ``sha256:<hex>`` of its bytes.
    """

    event: Event
    ledger: str
    seq: int
    ts: datetime
    previous: str | None
    key: str
    digest: str

    @property
    def id(self) -> str:
        """Return the event's id."""
        return self.event.id

    @property
    def kind(self) -> str:
        """Return the event's kind."""
        return self.event.kind

    @property
    def service(self) -> str:
        """Return the service that the event concerns."""
        return self.event.service

    @property
    def body(self) -> Mapping[str, Any]:
        """Return the event's facts."""
        return self.event.body


def leaf(digest: str) -> bytes:
    """Return the Merkle leaf of an entry: over the 32 bytes of its digest."""
    return canonical.merkle_leaf(bytes.fromhex(digest.removeprefix(canonical.DIGEST_PREFIX)))


# --- writing ----------------------------------------------------------------------------


def check(event: Event) -> None:
    """Refuse an event that no ledger takes.

    Raises:
        InvalidValue: a field that does not have its form.
    """
    if not _KIND.fullmatch(event.kind) or len(event.kind) > _NAME_LENGTH:
        raise InvalidValue(
            f"{event.kind!r} is no kind of event",
            remedy="write lower-case words between dots, such as eval.decision",
        )
    for name in (event.service, *event.subjects):
        if not 0 < len(name) <= _NAME_LENGTH or not name.isprintable():
            raise InvalidValue(
                f"{name[:_NAME_LENGTH]!r} is no name",
                remedy=f"use 1 to {_NAME_LENGTH} printable characters",
            )
    if _BODY in event.subjects:
        raise InvalidValue(f"no artifact may be called {_BODY}", remedy="choose another name")
    for name, digest in event.subjects.items():
        if not _SHA256.fullmatch(digest):
            raise InvalidValue(
                f"the digest of {name!r} is no sha256",
                remedy="write sha256: and 64 lower-case hex digits",
            )


def sign(
    event: Event, *, ledger: str, seq: int, ts: datetime, previous: str | None, signer: Signer
) -> tuple[Entry, bytes]:
    """Put an event at a place.

    Returns:
        The entry as it is read from its bytes, and they.

    Raises:
        InvalidValue: the body has no canonical form, or makes the entry longer than `MAX_BYTES`.
    """
    check(event)
    predicate = {
        "body": dict(event.body),
        "clock": stamp(event.clock),
        "evaluator": event.evaluator,
        "id": event.id,
        "kind": event.kind,
        "ledger": ledger,
        "previous": previous,
        "seq": seq,
        "service": event.service,
        "ts": stamp(ts),
    }
    document = {
        "_type": STATEMENT,
        "predicate": predicate,
        "predicateType": PREDICATE,
        "subject": _subjects(event),
    }
    data = dsse.sign(PAYLOAD, dsse.encode(document), signer)
    if len(data) > MAX_BYTES:
        raise InvalidValue(
            f"an entry of {len(data)} bytes is too long",
            remedy=f"keep it below {MAX_BYTES}: store the document elsewhere and its digest here",
        )
    return read(data), data  # what nobody can read is not written


def _subjects(event: Event) -> list[dict[str, Any]]:
    named = event.subjects or {_BODY: canonical.digest(dsse.encode(dict(event.body)))}
    return [
        {"digest": {"sha256": digest.removeprefix(canonical.DIGEST_PREFIX)}, "name": name}
        for name, digest in sorted(named.items())
    ]


def stamp(moment: datetime) -> str:
    """Return ``2026-11-21T08:30:00.000000Z``: of one length, so that text sorts as time does."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return text.removesuffix("+00:00") + "Z"


def moment(text: object) -> datetime:
    """Return the time that `stamp` wrote.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text)


# --- reading ----------------------------------------------------------------------------


def read(data: bytes) -> Entry:
    """Return the entry of which ``data`` are the bytes; its signature is not looked at.

    Raises:
        LedgerBroken: they are no entry in its one form.
    """
    return _read(data, dsse.parse(data, PAYLOAD))


def read_genuine(data: bytes) -> Entry:
    """Return the entry of which ``data`` are the bytes, signed by the key that it names.

    Raises:
        LedgerBroken: they are no entry, or were changed after they were signed.
    """
    signed = dsse.parse(data, PAYLOAD)
    _refuse_changed(signed)
    return _read(data, signed)


def read_genuine_of(service: str, data: bytes) -> Entry | None:
    """Return the entry as `read_genuine` does; None for one of another service, unchecked.

    Raises:
        LedgerBroken: they are no entry, or one of the service that was changed after it was signed.
    """
    signed = dsse.parse(data, PAYLOAD)
    found = _read(data, signed)
    if found.service != service:
        return None
    _refuse_changed(signed)
    return found


def _refuse_changed(signed: dsse.SignedDocument) -> None:
    if not signed.genuine():
        raise LedgerBroken("was changed after it was signed")


def _read(data: bytes, signed: dsse.SignedDocument) -> Entry:
    document = signed.document()
    try:
        return _entry(document, signed.key, canonical.digest(data))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LedgerBroken("is signed, and no entry of a ledger") from error


def _entry(document: Any, key: str, digest: str) -> Entry:
    predicate = document["predicate"]
    types = document["_type"], document["predicateType"]
    if document.keys() != _PARTS or predicate.keys() != _FIELDS or types != (STATEMENT, PREDICATE):
        raise ValueError(types)
    event = Event(
        id=_text(predicate["id"]),
        kind=_text(predicate["kind"]),
        service=_text(predicate["service"]),
        body=predicate["body"],
        clock=moment(predicate["clock"]),
        evaluator=_text(predicate["evaluator"]),
        subjects=_named(document["subject"]),
    )
    found = Entry(
        event, _text(predicate["ledger"]), predicate["seq"], moment(predicate["ts"]),
        predicate["previous"], key, digest,
    )  # fmt: skip
    if type(found.seq) is not int or not isinstance(event.body, dict):
        raise ValueError(found.seq)
    return found


def _named(subjects: Any) -> dict[str, str]:
    """Return the artifacts that a statement names; a body that stands for itself is none."""
    named = {_text(one["name"]): f"sha256:{_text(one['digest']['sha256'])}" for one in subjects}
    if len(named) != len(subjects) or not named:
        raise ValueError(named)
    return {} if named.keys() == {_BODY} else named


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
