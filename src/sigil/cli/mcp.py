"""`sigil mcp`: the reading commands and the place of the model, for agents."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import click

from sigil.cli.lazy import INTERRUPTED
from sigil.cli.options import repo_root


@click.command()
@repo_root
def mcp(repo_root: Path | None) -> None:
    """Serve agents over the Model Context Protocol, on standard input and output.

    Tools read specs, runs, candidates and records, answer the requests of a run that was started
    with `sigil run --provider inbox`, and measure a diff in the sandbox. There is no network, and
    nothing of held-out inputs. Agents start this command themselves: docs/agents.md.
    """
    from sigil.cli.options import repository
    from sigil.errors import DependencyMissing, install

    root = repository(repo_root)
    try:
        from sigil.cli.serving.server import make_server
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "mcp":
            raise
        raise DependencyMissing(
            "the Model Context Protocol needs the package mcp", remedy=install("mcp")
        ) from error
    server = make_server(root)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    server.run()


def _leave(*_: object) -> None:
    """End at once: the thread that waits for input cannot be ended otherwise.

    Nothing is lost by it. What was recorded is on the disk, and what is being measured ends
    with this process, as after ``kill -9``.
    """
    os._exit(INTERRUPTED)
