"""Show on standard error what is being done while inputs are looked for.

On a terminal in place; else as a line every few seconds, and none where it takes no longer.

Not here: what is done (`sigil.optimize.generate.underway`).
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from threading import Event, Thread

from sigil.cli.status_line import StatusLine
from sigil.effects import SYSTEM_CLOCK
from sigil.optimize.generate.workshop import Request

_SHOWN_EVERY_S = 0.5
LINE_EVERY_S = 5.0


@contextmanager
def looking(request: Request) -> Generator[None]:
    """Say for a block that inputs of a function are looked for, and how that goes."""
    name = request.function.qualname
    over = Event()
    with StatusLine(quiet=False) as line:
        line.prints(f"looking for inputs of {name}")
        thread = Thread(target=_show, args=(line, request, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _show(line: StatusLine, request: Request, over: Event) -> None:
    began = SYSTEM_CLOCK.monotonic_ns()
    printed_s = 0.0
    while not over.wait(_SHOWN_EVERY_S):
        elapsed_s = (SYSTEM_CLOCK.monotonic_ns() - began) / 1e9
        said = f"inputs · {request.underway.said()} · {elapsed_s:.0f} s"
        if not line.shows(said) and elapsed_s - printed_s >= LINE_EVERY_S:
            printed_s = elapsed_s
            line.prints(said)
