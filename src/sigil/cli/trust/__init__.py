"""`sigil trust`: its table of commands, and nothing of what they do."""

from __future__ import annotations

import click

from sigil.cli.lazy import LazyGroup

COMMANDS = {
    "show": "Where services stand, and what the next rung asks.",
    "enroll": "Register a service: NONE becomes SHADOW.",
    "reviewer": "Show or make this user's key for verdicts.",
    "history": "Every step up and down, with its reason.",
}


@click.group(cls=LazyGroup, table=COMMANDS, package="sigil.cli.trust")
def trust() -> None:
    """The trust ladder: NONE, SHADOW, ADVISORY, AUTO.

    Computed from the ledger, never configured.
    """
