"""`sigil ledger`: make, read, check, share and export the record of decisions."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli import entries
from sigil.cli.completing import services
from sigil.cli.gate_context import base_branch
from sigil.cli.joining import (
    named_on_base,
    refuse_beside_another,
    say_next,
    warn_of_first_use,
)
from sigil.cli.options import as_json, print_json, shown
from sigil.cli.proving import verify_proof

if TYPE_CHECKING:
    from sigil.ledger.keys import PrivateKey
    from sigil.ledger.ledger import Ledger
    from sigil.ledger.pins import Pin
    from sigil.ledger.snapshot import Snapshot

place = click.option(
    "--ledger",
    "place",
    type=click.Path(path_type=Path, file_okay=False),
    help="Its folder; by default .sigil/ledger of the nearest folder upward with a .sigil folder.",
)
kind = click.option("--kind", help="Only events of this kind; incident.* takes every incident.")
service = click.option(
    "--service", help="Only events that concern this service.", shell_complete=services
)
since = click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]),
    help="Only events from this time on, in UTC.",
)
trust = click.option(
    "--trust", "trusted", multiple=True, metavar="KEY", help="Trust this public key from now on."
)


@click.group()
def ledger() -> None:
    """Keep a signed, append-only record in a git repository of its own.

    Entries are chained and signed, every state has a signed checkpoint, and what was seen is
    remembered outside of the repository, so that a record that was shortened or rewritten is
    found out. docs/ledger.md says how to operate it.
    """


@ledger.command()
@place
@click.option("--remote", help="A git repository to share it over; what is there is taken.")
@trust
@base_branch
@as_json
def init(
    place: Path | None,
    remote: str | None,
    trusted: tuple[str, ...],
    base: str | None,
    as_json: bool,
) -> None:
    """Make a ledger, or take that of a remote, and make a key to sign with unless there is one.

    Where this machine knew the ledger, the keys that it trusted count, and others have to be named
    with --trust. At first use those count that --trust, or the policy on the base branch, names;
    only where neither names any, whoever signed is believed, and you are told who.
    """
    from sigil.ledger import keys, syncing
    from sigil.ledger import remote as remotes
    from sigil.ledger.ledger import Ledger
    from sigil.ledger.pins import Pin

    path, others = _place(place), frozenset(map(keys.public, trusted))
    key_file, signer, pin = keys.path_of(), _key(), Pin.of(path)
    refuse_beside_another(path, remote, signer)
    remote = _address(remote) if remote else None
    before = pin.read()
    named = named_on_base(path, base) if remote and before is None else None
    found = None
    if remote:
        found = syncing.clone(path, remote, pin, others, signer, named=named, signing=_new_key)
    if found:
        signer = keys.load(key_file)
        made = Ledger.open(path, signer, pin)
    else:
        pin.expect_nothing()
        signer = signer or _new_key()
        made = Ledger.create(path, signer, pin)
    pin.trust(made.snapshot().checkpoint.ledger, others)
    known = made.known()
    vouched = bool(before or others or named)
    first_use = frozenset[str]() if vouched else known.keys - {signer.key}
    warn_of_first_use(made.snapshot(), first_use)
    if remote:
        remotes.remember(path, remote)
        syncing.sync(made, remotes.Remote(remote, path))
    facts = {
        "ledger": known.ledger,
        "path": str(path),
        "size": made.tip.size,
        "key": signer.key,
        "key_file": str(key_file),
        "trusted": sorted(known.keys),
        "first_use": sorted(first_use),
        "memory": str(pin.path),
    }
    if as_json:
        print_json(facts)
        return
    click.echo(f"ledger  {known.ledger} in {shown(path)}, {entries.counted(made.tip.size)}")
    click.echo(f"key     {signer.key} in {key_file}")
    for key in sorted(known.keys - {signer.key}):
        click.echo(f"trusts  {key}{' (at first use)' if key in first_use else ''}")
    if found:
        say_next(signer.key, named)


@ledger.command()
@as_json
def key(as_json: bool) -> None:
    """Show this machine's key, made now if there is none, and where it has to be named.

    A ledger counts what a key signs from when it is trusted, on this machine and on each other.
    """
    from sigil.ledger import keys

    own = _key() or _new_key()
    if as_json:
        print_json({"key": own.key, "key_file": str(keys.path_of())})
        return
    click.echo(f"{own.key}")
    click.echo(f"  in {keys.path_of()}")
    click.echo("  name it in .sigil/gate.yaml, under evaluators, on the base branch")
    click.echo(f"  and once on each machine, this one too: sigil ledger verify --trust {own.key}")


@ledger.command()
@place
@click.option("-n", "--number", type=click.IntRange(1), default=20, show_default=True)
@as_json
def log(place: Path | None, number: int, as_json: bool) -> None:
    """Show the newest entries, newest first."""
    newest = _watched(place)
    start = max(0, newest.checkpoint.size - number)
    entries.print_entries(reversed(list(newest.entries(start=start))), as_json)


@ledger.command("list")
@place
@kind
@service
@since
@as_json
def list_(
    place: Path | None,
    kind: str | None,
    service: str | None,
    since: datetime | None,
    as_json: bool,
) -> None:
    """List entries in order."""
    from datetime import UTC

    moment = since.replace(tzinfo=UTC) if since else None
    newest = _watched(place)
    if kind is not None:
        entries.check_kind(newest, kind)
    found = newest.entries(kind=kind, service=service, since=moment)
    entries.print_entries(found, as_json)


@ledger.command()
@click.argument("entry")
@place
@as_json
def show(entry: str, place: Path | None, as_json: bool) -> None:
    """Show one entry, by its number or its id (or the beginning of its id)."""
    found = entries.find(_watched(place), entry)
    print_json(entries.facts(found)) if as_json else entries.print_entry(found)


@ledger.command()
@place
@click.option("--full", is_flag=True, help="Check the signature of every entry too.")
@click.option("--key", "keys", multiple=True, metavar="KEY", help="Only this public key counts.")
@trust
@click.option(
    "--proof",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Check this proof instead; needs no ledger if --key is given.",
)
@as_json
def verify(
    place: Path | None,
    full: bool,
    keys: tuple[str, ...],
    trusted: tuple[str, ...],
    proof: Path | None,
    as_json: bool,
) -> None:
    """Check that the ledger is whole, genuine, and continues what was seen before.

    Ends with 60 if it is damaged, shortened or signed by a foreign key, with 61 if other entries
    stand where there were some before.
    """
    from sigil.ledger import keys as key_forms

    counted = frozenset(map(key_forms.public, keys))
    added = frozenset(map(key_forms.public, trusted))
    if proof is not None:
        with _named_alone(counted):
            verify_proof(proof, counted or _known_keys(place) | added, as_json)
        return
    opened = _opened(place)
    with _named_alone(counted):
        found = opened.check(keys=counted, trust=added, full=full)
    if as_json:
        print_json({
            "size": found.size, "root": found.root, "ts": found.ts.isoformat(),
            "full": found.full, "continues": found.continues, "held_back": found.held_back,
            "checked_by": sorted(counted or opened.known().keys),
        })  # fmt: skip
        return
    depth = "every entry" if found.full else "from the checkpoint"
    before = "" if found.continues is None else f", continues the {found.continues} seen before"
    click.echo(f"{shown(opened.path)}: {entries.counted(found.size)}, {depth}{before}: intact")
    click.echo(f"root {found.root}")
    if found.held_back:
        click.echo(
            f"{entries.counted(found.held_back)} came over a minute later than their `clock` says: "
            "it was behind, or they were shared late"
        )


@ledger.command()
@click.argument("entry", required=False)
@place
@click.option(
    "--growth",
    type=click.IntRange(0),
    metavar="SIZE",
    help="Prove instead that the ledger begins with its first SIZE entries.",
)
@click.option("--json", is_flag=True, expose_value=False, help="Changes nothing: a proof is JSON.")
def prove(entry: str | None, place: Path | None, growth: int | None) -> None:
    """Print the proof that an entry stands in the ledger, as JSON.

    Whoever has the signers' public keys checks it without the ledger:
    sigil ledger verify --proof FILE --key KEY.
    """
    from sigil.errors import UsageError
    from sigil.ledger import proof

    if (entry is None) == (growth is None):
        raise UsageError("name one entry, or --growth SIZE", remedy="see sigil ledger prove --help")
    checked = _opened(place).check()
    if growth is not None:
        print_json(proof.prove_growth(checked, growth).document())
    elif entry is not None:
        seq = entries.find(checked.snapshot, entry).seq
        print_json(proof.prove(checked, seq).document())


@ledger.command()
@place
def attest(place: Path | None) -> None:
    """Sign the newest state again: to your knowledge nothing is missing.

    For a ledger without a remote, whose newest state may be older than a decision accepts.
    """
    from sigil.errors import KeyMissing, Where

    opened = _opened(place, _key())
    key = opened.needed_signer().key
    if key not in opened.known().keys:  # what it signed would lock everybody out
        raise KeyMissing(
            "this ledger does not trust the key that would sign",
            where=Where(shown(opened.path)),
            remedy=f"sigil ledger verify --trust {key}",
        )
    tip = opened.attest()
    click.echo(f"attested {entries.counted(tip.size)} at {tip.ts:%Y-%m-%d %H:%M:%S}Z")


@ledger.command()
@click.argument("remote", required=False)
@place
@as_json
def sync(remote: str | None, place: Path | None, as_json: bool) -> None:
    """Make the ledger and its remote the same; nobody's entry is lost.

    REMOTE is any git repository; it is remembered. Entries that are only here are put behind
    those that are only there, signed anew.
    """
    import dataclasses

    from sigil.errors import UsageError
    from sigil.ledger import remote as remotes
    from sigil.ledger import syncing

    opened = _opened(place, _key())
    url = _address(remote) if remote else remotes.remembered(opened.path)
    if not url:
        raise UsageError("this ledger has no remote", remedy="name one: sigil ledger sync URL")
    done = syncing.sync(opened, remotes.Remote(url, opened.path))
    if remote:
        remotes.remember(opened.path, url)
    if as_json:
        print_json(dataclasses.asdict(done))
        return
    moved = f" ({done.moved} of them renumbered)" if done.moved else ""
    click.echo(f"{done.received} received, {done.sent} sent{moved}; {entries.counted(done.size)}")


@ledger.command()
@place
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write here instead of to standard output.",
)
@click.option("--decoded", is_flag=True, help="Plain facts instead of the signed documents.")
@as_json
def export(place: Path | None, output: Path | None, decoded: bool, as_json: bool) -> None:
    """Write all entries as one JSON document a line, and the signed checkpoint as the last.

    The ledger is checked first, from its checkpoint.
    """
    import json

    from sigil.store.files import write_atomic

    checked = _opened(place).check().snapshot
    if decoded:
        lines = [
            json.dumps(entries.facts(entry), ensure_ascii=False).encode()
            for entry in checked.entries()
        ]
    else:
        lines = [*(data for _, data in checked.raw()), checked.checkpoint_bytes]
    data = b"".join(line + b"\n" for line in lines)
    if output is None:
        click.echo(data, nl=False)
        return
    write_atomic(output, data)
    size = checked.checkpoint.size
    facts = {"output": str(output), "entries": size, "bytes": len(data)}
    print_json(facts) if as_json else click.echo(
        f"{shown(output)}: {entries.counted(size)}, {len(data)} bytes"
    )


# --- what they share --------------------------------------------------------------------


def _place(given: Path | None) -> Path:
    from sigil.ledger.layout import HOME

    if given is not None:
        return given.absolute()
    here = Path.cwd()
    root = next((path for path in (here, *here.parents) if (path / ".sigil").is_dir()), here)
    return root / HOME


def _opened(given: Path | None, signer: PrivateKey | None = None) -> Ledger:
    from sigil.ledger.ledger import Ledger

    path = _place(given)
    return Ledger.open(path, signer, _pin(path))


def _address(remote: str) -> str:
    """Return an address that means the same wherever it is used next."""
    return str(Path(remote).absolute()) if Path(remote).is_dir() else remote


def _watched(given: Path | None) -> Snapshot:
    """Return the newest state to read from; whoever reads is told if it is not what was known."""
    from sigil.errors import KeyMissing, LedgerBroken, LedgerForked

    opened = _opened(given)
    try:
        opened.known()
        known, newest = opened.moment()
        opened.guard(newest, known)
    except (KeyMissing, LedgerBroken, LedgerForked) as error:
        click.echo(f"sigil: warning: not verified: {error}", err=True)
    return opened.snapshot()


def _pin(path: Path) -> Pin:
    from sigil.ledger.pins import Pin

    return Pin.of(path)


def _key() -> PrivateKey | None:
    """Return the key of this machine; None if it has none."""
    from sigil.ledger import keys

    return keys.load(keys.path_of()) if keys.path_of().exists() else None


def _new_key() -> PrivateKey:
    """Make the key of this machine, and say so whatever becomes of the command."""
    from sigil.ledger import keys

    made = keys.create(keys.path_of())
    click.echo(f"made {keys.path_of()}: it signs what this machine appends", err=True)
    return made


def _known_keys(given: Path | None) -> frozenset[str]:
    known = _pin(_place(given)).read()
    return known.keys if known else frozenset()


@contextmanager
def _named_alone(keys: frozenset[str]) -> Generator[None]:
    """Where only keys count that were named, say of another that it has to be named as well."""
    from sigil.errors import LedgerBroken
    from sigil.ledger.verifying import TRUST_IT

    try:
        yield
    except LedgerBroken as error:
        if not keys or error.remedy != TRUST_IT:
            raise
        remedy = "if it is a key that you know, name it too, with another --key"
        raise LedgerBroken(error.problem, where=error.where, remedy=remedy) from error
