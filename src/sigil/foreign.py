"""Load what another package brings by an entry point, whatever its module does meanwhile.

A module that fails, tries to end the process, interrupts it or prints is a failure of its own
or nothing at all: it neither ends what loads it nor writes between its lines.

Not here: which groups of entry points there are, and what becomes of a failure.
"""

from __future__ import annotations

import io
import signal
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

from sigil.printable import printable

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

_LONGEST = 300


def points(group: str) -> EntryPoints:
    """Return the entry points of a group, which is reading a file of each installed package."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - most runs look for no plugin

    return entry_points(group=group)


def load(point: EntryPoint) -> tuple[Any, str | None]:
    """Return what an entry point names, or why it cannot be had, as one printable line."""
    return guarded(point.load)


def guarded(step: Callable[[], Any]) -> tuple[Any, str | None]:
    """Return what ``step`` of a package returns, or why it did not, as one printable line.

    Raises:
        KeyboardInterrupt: somebody wants all of this to end, and not the package alone.
    """
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), catch_warnings():
            simplefilter("ignore")
            return step(), None
    except KeyboardInterrupt as error:
        if _is_ours(error):
            raise
        return None, "KeyboardInterrupt"
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever its module does
        return None, described(error)


def described(error: BaseException) -> str:
    """Return what a package raised as one printable line."""
    return printable(" ".join(f"{type(error).__name__}: {error}".split()), _LONGEST)


def _is_ours(error: KeyboardInterrupt) -> bool:
    """Say whether a signal interrupts us: our commands raise a class of their own for it.

    Where Python's own handler is in place, nobody can tell, and it is taken for one.
    """
    handler = signal.getsignal(signal.SIGINT)
    return type(error) is not KeyboardInterrupt or handler is signal.default_int_handler
