"""`sigil scenario keys`: where the keys that open holdouts are, and making one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sigil.cli.completing import services
from sigil.cli.options import as_json, print_json, repo_root


@click.command()
@click.option(
    "--service",
    "-s",
    help="Of one service; else of all in .sigil/gate.yaml.",
    shell_complete=services,
)
@click.option("--new", is_flag=True, help="Make a key for the service; never overwrites one.")
@repo_root
@as_json
def keys(service: str | None, new: bool, repo_root: Path | None, as_json: bool) -> None:
    """Show the public key of each service, and where its private key is.

    A private key is made readable for you alone, below $SIGIL_KEYS or ~/.config/sigil/keys, and
    is never printed. Who examines keeps it; who writes the code under examination must not have it.
    It is found by the name of its service alone: repositories with services of the same name share
    it, unless SIGIL_KEYS names another folder for each.
    """
    from sigil.cli.options import repository_or_none
    from sigil.cli.scenario.choosing import policy_of
    from sigil.errors import UsageError

    root = repository_or_none(repo_root)
    policy = policy_of(root) if root else None
    listed = {} if policy is None else policy.gate.services
    if new:
        if service is None:
            raise UsageError("no service is named", remedy="say --service NAME")
        _make(service)
    names = [service] if service else sorted(listed)
    if not names:
        raise UsageError(
            "no service is named, and no .sigil/gate.yaml lists any", remedy="say --service NAME"
        )
    rows = [_facts(name, listed[name].recipients if name in listed else None) for name in names]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        _print(row)


def _make(service: str) -> None:
    from sigil.cli.scenario.choosing import keys_here
    from sigil.gate.bundle.keys import make_identity

    make_identity(keys_here(), service)


def _facts(service: str, recipients: list[str] | None) -> dict[str, Any]:
    """Return what is known of a service's key; ``listed`` is None where no policy names it."""
    from sigil.cli.scenario.choosing import keys_here
    from sigil.errors import KeyMissing
    from sigil.gate.bundle.keys import identity_path, read_identities

    path = identity_path(keys_here(), service)
    facts: dict[str, Any] = {"service": service, "path": str(path), "public": [], "problem": None}
    try:
        facts["public"] = list(read_identities(path).recipients)
    except KeyMissing as missing:
        facts["problem"] = missing.problem
    known = None if recipients is None else bool(set(recipients) & set(facts["public"]))
    return {**facts, "listed": known, "recipients": recipients or []}


def _print(row: dict[str, Any]) -> None:
    from sigil.printable import printable

    state = row["problem"] or ", ".join(row["public"])
    click.echo(f"{row['service']}: {state} ({printable(row['path'])})")
    if row["public"]:
        click.echo(
            f"  of every service here called {row['service']}, also of other repositories: "
            "see $SIGIL_KEYS"
        )
    if row["public"] and not row["listed"]:
        click.echo(
            f"  not yet a recipient: add {row['public'][0]} to "
            f"services.{row['service']}.recipients of .sigil/gate.yaml"
        )
        click.echo(
            "  then, for holdouts that are sealed already, on a machine that opens them: "
            f"sigil scenario rotate --service {row['service']}"
        )
