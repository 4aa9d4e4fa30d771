"""`sigil scenario`: its table of commands, and nothing of what they do."""

from __future__ import annotations

import click

from sigil.cli.lazy import LazyGroup

COMMANDS = {
    "run": "Run the visible half on the files as they stand.",
    "generate": "Compile an intent into scenarios: a visible half and a sealed one.",
    "lint": "Say what is wrong with scenarios before they run.",
    "keys": "Show or make the key that opens the holdouts of a service.",
    "seal": "Seal scenarios as holdouts, and record what belongs to the exam.",
    "rotate": "Seal the holdouts anew: other readers, other ids, seen ones dropped.",
    "list": "List the scenarios of a service; of holdouts, nothing that tells what they ask.",
}


@click.group(cls=LazyGroup, table=COMMANDS, package="sigil.cli.scenario")
def scenario() -> None:
    """The sealed exam: keys, what is sealed for whom, and what belongs to it."""
