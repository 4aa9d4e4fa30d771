"""The `sg` command: the software genomics runtime, whose commands are still to come.

The names are reserved and documented, and each says plainly that it does nothing yet.
"""

from __future__ import annotations

import click

from sigil import __version__
from sigil.cli.lazy import run_group
from sigil.errors import NotYet

LATER = {
    "init": "Parse contracts and register seed genes.",
    "run": "Execute a pathway.",
    "deploy": "Deploy a topology.",
    "generate": "Generate competing alleles.",
    "compete": "Run competition trials between alleles.",
    "watch": "Run diagnostics for resilience fitness.",
    "test": "Run contract conformance tests.",
    "status": "Show alleles, fitness and phenotype.",
    "lineage": "Show the ancestry of a locus.",
    "snapshot": "Keep the state of a genome.",
    "rollback": "Restore a genome from a snapshot.",
    "dashboard": "Watch a genome in the browser.",
}


class _LaterGroup(click.Group):
    """A group in which every command is announced and none exists."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the announced names."""
        return list(LATER)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command that says that it is still to come."""
        if cmd_name not in LATER:
            return None
        return click.Command(
            cmd_name,
            callback=_refuse,
            short_help=LATER[cmd_name],
            context_settings={"ignore_unknown_options": True},
            params=[click.Argument(["rest"], nargs=-1)],
        )


@click.group(cls=_LaterGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sg")
def sg() -> None:
    """Let machine-written code compete and heal in production.

    Not in this release: every command below is still to come. What works today is `sigil`.
    """


def _refuse(rest: tuple[str, ...]) -> None:  # noqa: ARG001  # click hands over what it parsed
    name = click.get_current_context().info_name
    raise NotYet(f"sg {name} is still to come", remedy="use the sigil command meanwhile")


def main() -> None:
    """Run `sg` to its exit code."""
    run_group(sg, "sg")
