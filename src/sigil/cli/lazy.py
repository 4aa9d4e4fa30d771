"""A click group that imports a command only when it is called.

`sigil --help` has to answer in a tenth of a second, so the one-line help of each command
stands in the table and its module stays unread.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import warnings
from collections.abc import Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path

import click

from sigil.errors import SigilError, UsageError
from sigil.store.disk_errors import write_error

INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group whose commands live in modules named after them.

    Args:
        table: one line of help by command name. The command ``validate-patch`` is the
            object ``validate_patch`` of the module ``<package>.validate_patch``; one whose
            name is Python's, such as ``list``, is the object ``list_``.
        package: where the modules are.
    """

    def __init__(self, *, table: Mapping[str, str], package: str = "sigil.cli", **rest: object):
        super().__init__(**rest)  # type: ignore[arg-type]  # click's own keyword arguments
        self._table = table
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table, which is the order of use."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in self._table:
            return None
        name = cmd_name.replace("-", "_")
        module = importlib.import_module(f"{self._package}.{name}")
        command = getattr(module, name, None) or getattr(module, f"{name}_")
        assert isinstance(command, click.Command)  # a wrong table is our own bug
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that ``args`` names, or suggest the nearest name."""
        name = args[0]
        if name not in self._table and not name.startswith("-"):
            close = get_close_matches(name, self._table, n=1)
            hint = f"did you mean {close[0]}?" if close else f"see {ctx.command_path} --help"
            raise UsageError(f"no command {name!r}", remedy=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._table.items()))


def run_group(group: click.Group, name: str) -> None:
    """Run a command line to its exit code: one line on standard error for any error of ours."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)  # so that what is open is put in order
    warnings.showwarning = partial(_warned, name)
    try:
        code = group.main(prog_name=name, standalone_mode=False) or 0
        gc.freeze()  # the end of the process need not look for garbage in all that was loaded
        sys.exit(code)
    except click.ClickException as error:
        click.echo(_misused(name, error), err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"{name}: interrupted", err=True)
        sys.exit(INTERRUPTED)
    except SigilError as error:
        click.echo(f"{name}: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever reads our output has gone; there is nobody left to tell.
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        refusal = write_error(error, Path(error.filename or "standard output"))
        click.echo(f"{name}: {refusal}", err=True)
        os._exit(refusal.exit_code)  # the interpreter would try to write the rest again


def _misused(name: str, error: click.ClickException) -> str:
    """Return what is wrong with a command line, and where it is explained, on one line.

    One that says nothing is answered by the help.
    """
    from sigil.printable import printable_once

    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error.format_message()
    problem = printable_once(" ".join(error.format_message().split()).rstrip("."))
    context = error.ctx if isinstance(error, click.UsageError) else None
    problem = problem[:1].lower() + problem[1:]
    remedy = f"; see {context.command_path} --help" if context else ""
    return f"{name}: {problem}{remedy}"


class Interrupted(KeyboardInterrupt):
    """A signal asks for the end: not what somebody's plugin raises (`sigil.foreign`)."""


def _interrupt(*_: object) -> None:
    raise Interrupted


def _warned(name: str, message: Warning | str, *_: object, **__: object) -> None:
    """Show a warning on one line, whoever wrote it."""
    from sigil.printable import printable_once

    click.echo(f"{name}: warning: {printable_once(str(message))}", err=True)
