"""When a ledger is begun, and when one is taken from its remote: whose keys count in it then.

Where others have one, none is begun beside it unless its user says so.

What this machine knew counts; else what ``--trust`` and the policy on the base branch name; and
only where neither names any, whoever signed is believed once, which is said aloud.

Not here: taking it (`sigil.ledger.syncing`).
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.options import shown
from sigil.printable import printable

_ANOTHER = "--new-ledger begins one of its own, which never becomes one with theirs"

if TYPE_CHECKING:
    from sigil.gate.trees import CommitTree
    from sigil.ledger.keys import PrivateKey
    from sigil.ledger.snapshot import Snapshot
    from sigil.ledger.syncing import Named


def refuse_beside_another(path: Path, remote: str | None, key: PrivateKey | None) -> None:
    """Refuse a place at which something is, before anything is made; say what a ledger there lacks.

    Args:
        path: the place.
        remote: with which it was to be shared, if any.
        key: of this machine; None if it has none.

    Raises:
        AlreadyExists: something is there.
    """
    from sigil.errors import AlreadyExists, Where
    from sigil.ledger.keys import MAKING, path_of
    from sigil.ledger.making import refuse_taken

    if not (path / "HEAD").is_file():
        refuse_taken(path)
        return
    lacks = "use it, or move it away first"
    if key is None:
        lacks = f"it lacks this machine's key: restore {path_of()}, or make another: {MAKING}"
    if remote:
        lacks = (
            f"{lacks}; to share it: sigil ledger sync {printable(remote)}; "
            "to take that of the remote instead, move this one away"
        )
    raise AlreadyExists("there is a ledger already", where=Where(shown(path)), remedy=lacks)


def refuse_beside_others(place: Path) -> None:
    """Refuse to begin a ledger where others have one, or may have one, before anything is made.

    Args:
        place: where the ledger of a repository would be; nothing is there.

    Raises:
        AlreadyExists: a remote of the repository holds one, or its policy says that there is one.
        Unreadable: a remote does not say.
    """
    from sigil.errors import AlreadyExists, Unreadable, Where
    from sigil.ledger.finding import TIMEOUT_S, holds_ledger, remotes_of

    root, unheard = place.parent.parent, None
    for name in remotes_of(root):
        waits = f"asking the remote {printable(name)} for a ledger, {TIMEOUT_S:g} s at most"
        click.echo(waits, err=True)
        try:
            found = holds_ledger(root, name)
        except Unreadable as silent:
            unheard = unheard or silent
            continue
        if found:
            raise AlreadyExists(
                f"others have a ledger: the remote {printable(name)} holds it",
                remedy=f'sigil ledger init --remote "$(git remote get-url {shlex.quote(name)})", '
                f"then this again; {_ANOTHER}",
            )
    if named := named_on_base(place, None):
        raise AlreadyExists(
            "names evaluators, so they have a ledger, and it is not here",
            where=Where(named.place),
            remedy=f"ask them for its address: sigil ledger init --remote ADDRESS; {_ANOTHER}",
        )
    if unheard is not None:
        raise Unreadable(
            f"nobody knows whether others have a ledger: {unheard.problem}",
            remedy=f"this again once it answers; {_ANOTHER}",
        )


def named_on_base(place: Path, base: str | None) -> Named | None:
    """Return the keys that the policy on the base branch names; None if it names none.

    Args:
        place: folder of the ledger; the policy is that of the repository that it is to lie in, or
            of the current folder's, if it lies in none.
        base: the branch, as the user named it; None for main or master.

    Raises:
        NotFound: there is no such branch, and the user named it.
        SigilError: the policy or git's objects cannot be read.
    """
    from sigil.errors import NotFound
    from sigil.gate.policy import MAX_BYTES, PATH, load_policy
    from sigil.ledger.syncing import Named

    found = _base(place, base)
    if found is None:
        return None
    branch, tree = found
    policy = f"{PATH} on {printable(branch, 80)}"
    try:
        gate = load_policy(tree.read(PATH, MAX_BYTES), policy).gate
    except NotFound:
        return None
    keys = frozenset({*gate.evaluators, *gate.reviewers})
    return Named(keys, policy) if keys else None


def _base(place: Path, base: str | None) -> tuple[str, CommitTree] | None:
    """Return the base branch; None where there is no repository, or none of the usual names."""
    from sigil.cli.options import repository_or_none
    from sigil.errors import NotFound
    from sigil.gate.revisions import control_tree

    own = place.parent.parent if place.parent.name == ".sigil" else None
    root = own or repository_or_none(None) or Path.cwd()
    try:
        return control_tree(root, base)
    except NotFound:
        if base is not None:
            raise
        return None


def say_next(key: str, named: Named | None) -> None:
    """Say what a machine lacks that has just taken the ledger of others, before it can evaluate.

    Args:
        key: its own.
        named: keys that the base branch names already.
    """
    lines = [
        f"on each other machine: sigil ledger verify --trust {key}",
        "to open holdouts: sigil scenario keys --new --service NAME, which says where to name it;",
        "then, on a machine that opens them already: sigil scenario rotate --service NAME",
    ]
    if named is None or key not in named.keys:
        lines.insert(0, "name this key in .sigil/gate.yaml, under evaluators, on the base branch")
    for at, line in enumerate(lines):
        click.echo(f"{'      ' if at else 'next  '}{line}")


def warn_of_first_use(taken: Snapshot, believed: frozenset[str]) -> None:
    """Say which keys are believed although nothing vouches for them."""
    from sigil.ledger.syncing import signatures

    if not believed:
        return
    counted, size = signatures(taken), taken.checkpoint.size
    click.echo(
        "sigil: warning: taken on trust at this first use, since nothing names them:", err=True
    )
    for key in sorted(believed):
        click.echo(f"  {key}  signed {counted.get(key, 0)} of {size} entries", err=True)
    click.echo(
        "  Ask their owners whether these are theirs. If one is not, move away the ledger and the\n"
        "  file that --json calls its memory, and begin again with --trust KEY for each that is.\n"
        "  Keys that .sigil/gate.yaml on the base branch names count too.",
        err=True,
    )
