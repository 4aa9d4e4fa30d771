"""`sigil completion`: print the script that makes the shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL; eval it in your shell's start file."""
    from sigil.cli.bash import join_colons
    from sigil.cli.sigil import sigil

    join_colons()
    complete = get_completion_class(shell)
    assert complete is not None  # the three shells are built into click
    click.echo(complete(sigil, {}, "sigil", "_SIGIL_COMPLETE").source())
