"""Checking a proof that somebody took away from a ledger, and saying what it proves."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sigil.cli import entries
from sigil.cli.options import print_json
from sigil.printable import printable


def verify_proof(path: Path, keys: frozenset[str], as_json: bool) -> None:
    """Check the proof in a file, or on standard input if that is ``-``, and print what it proves.

    Args:
        path: the file.
        keys: whose signatures count.
        as_json: print JSON.

    Raises:
        KeyMissing: no key counts.
        InvalidValue: it is no proof.
        LedgerBroken: it proves nothing.
    """
    from sigil.errors import InvalidValue, KeyMissing, LedgerBroken, Where
    from sigil.ledger import proof
    from sigil.store.files import read_file

    if not keys:
        raise KeyMissing("it is not known whose signatures count", remedy="name one with --key")
    data = sys.stdin.buffer.read() if str(path) == "-" else read_file(path)
    try:
        parsed = proof.parse(data)
    except InvalidValue as error:
        raise InvalidValue(error.problem, where=Where(str(path)), remedy=error.remedy) from error
    try:
        checked = parsed.check(keys)
    except LedgerBroken as error:
        where = error.where or Where(str(path))
        raise LedgerBroken(error.problem, where=where, remedy=error.remedy) from error
    if isinstance(checked, tuple):
        entry, state = checked
        facts = {"proved": "inclusion", "entry": entries.facts(entry), "size": state.size}
        among = entries.counted(state.size)
        line = f"entry {entry.seq} ({printable(entry.kind)}) stands among {among}"
    else:
        assert isinstance(parsed, proof.Consistency)  # nothing else leads to a state alone
        state, former = checked, parsed.former
        facts = {"proved": "growth", "former": {"size": former.size, "root": former.root}}
        line = f"the {state.size} entries begin with the {former.size} of root {former.root}"
    facts |= {"ledger": state.ledger, "root": state.root, "size": state.size}
    print_json(facts) if as_json else click.echo(
        f"{line}, ledger {printable(state.ledger)}: proved"
    )
