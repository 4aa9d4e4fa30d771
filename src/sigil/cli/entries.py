"""Entries of a ledger on the command line: found by what the user types, shown as text or facts.

Whatever stands in an entry may be written by anybody, and loses its power over a terminal here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.options import print_json
from sigil.errors import InvalidValue, NotFound, Where
from sigil.printable import printable

if TYPE_CHECKING:
    from sigil.ledger.snapshot import Snapshot
    from sigil.ledger.statement import Entry

_SHORTEST_ID = 8


def find(newest: Snapshot, wanted: str) -> Entry:
    """Return the entry of a number or of an id, or of the beginning of one."""
    if wanted.isascii() and wanted.isdigit() and len(wanted) < _SHORTEST_ID:
        return newest.entry(int(wanted))
    found = [entry for entry in newest.entries() if entry.id.startswith(wanted)]
    if len(found) != 1 or not wanted:
        number = "no entry" if not found else f"{len(found)} entries"
        raise NotFound(
            f"{number} with an id that begins with {wanted!r}",
            remedy="see sigil ledger list --json",
        )
    return found[0]


def check_kind(newest: Snapshot, wanted: str) -> None:
    """Refuse a kind that no entry is of, here or anywhere: it is mistyped.

    Raises:
        InvalidValue: neither this ledger nor the gate knows it.
    """
    from sigil.gate.record import events, unfinished

    if any(newest.entries(kind=wanted)):
        return
    known = {
        *(events.COMPLETE, events.DECISION, events.MERGE, events.ENROLLED, events.TRANSITION),
        *(events.VERDICT, events.OVERRIDE, f"{events.INCIDENT}*"),
        *(unfinished.BEGUN, unfinished.BROKEN),
    }
    groups = {f"{one.partition('.')[0]}.*" for one in known}
    if wanted not in known | groups and not wanted.startswith(events.INCIDENT):
        raise InvalidValue(
            f"no entry is of kind {printable(wanted, 80)!r}",
            where=Where("--kind"),
            remedy=f"name one of: {', '.join(sorted(known))}",
        )


def counted(count: int) -> str:
    """Return a number of entries in words: ``1 entry``, ``2 entries``."""
    return f"{count} {'entry' if count == 1 else 'entries'}"


def print_entries(entries: Iterable[Entry], as_json: bool) -> None:
    """Print one line an entry, or all of them as JSON."""
    if as_json:
        print_json([facts(entry) for entry in entries])
        return
    for entry in entries:
        time = f"{entry.ts:%Y-%m-%dT%H:%M:%SZ}"
        row = f"{entry.seq:>6}  {time}  {printable(entry.kind):<24} {printable(entry.service):<12}"
        click.echo(f"{row} {printable(entry.id, 12)}")


def facts(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON."""
    return {
        "seq": entry.seq,
        "id": entry.id,
        "ts": entry.ts.isoformat(),
        "clock": entry.event.clock.isoformat(),
        "kind": entry.kind,
        "service": entry.service,
        "body": entry.body,
        "subjects": entry.event.subjects,
        "evaluator": entry.event.evaluator,
        "ledger": entry.ledger,
        "previous": entry.previous,
        "key": entry.key,
        "digest": entry.digest,
    }


def print_entry(entry: Entry) -> None:
    """Print all of one entry."""
    found = facts(entry)
    body, subjects = found.pop("body"), found.pop("subjects")
    for name, value in (found | {f"subject {name}": of for name, of in subjects.items()}).items():
        click.echo(f"{printable(name):<10} {printable(str(value))}")
    click.echo("body")
    for line in json.dumps(body, indent=2, ensure_ascii=False).splitlines():
        click.echo(f"  {line if line.isprintable() else printable(line)}")
