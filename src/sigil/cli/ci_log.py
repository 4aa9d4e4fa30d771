"""What `sigil ci` says in the log of its job, which the author of the change reads.

What ends an examination speaks to whoever runs the gate: it names files, addresses, keys, and git
says more of them. So all of it goes through the rule of `sigil.gate.telling` first, errors with
their exit codes, and warnings.

Not here: what the outcome of an examination says, which is made fit where it is made; the line
itself (`sigil.cli.lazy`); what click says of a command line, which stands in the author's sight.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Generator
from contextlib import contextmanager

import click

from sigil.errors import SigilError


def fit(text: str, known: Collection[str] = ()) -> str:
    """Return what an author may read of a message of ours.

    Args:
        text: one line.
        known: words that the author knows, such as the name of the pull request.
    """
    from sigil.gate.parts import machine_names
    from sigil.gate.telling import Telling

    telling = Telling(environment=os.environ, machine=machine_names(), public=known)
    return telling.line(text)


@contextmanager
def errors_fit(known: Collection[str] = ()) -> Generator[None]:
    """Let an error that ends the block say no more than an author may read.

    Args:
        known: as of `fit`.

    Raises:
        SigilError, OSError: what was raised, of the same kind, with other words.
    """
    try:
        yield
    except SigilError as error:
        error.problem, error.where, error.remedy = fit(str(error), known), None, None
        raise
    except OSError as error:
        if error.filename is not None:
            error.filename = fit(os.fsdecode(error.filename), known)
        raise


def warn(text: str, known: Collection[str] = ()) -> None:
    """Print a warning on standard error, as an author may read it."""
    from sigil.printable import printable_once

    click.echo(f"sigil: warning: {printable_once(fit(text, known))}", err=True)
