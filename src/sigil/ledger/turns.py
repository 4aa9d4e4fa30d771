"""Take turns: wait for a lock that another process holds for a moment.

`sigil.store.locks` refuses at once, because who holds a workspace holds it for hours. Here a turn
takes milliseconds, so waiting is right; a holder that does not let go is named in the end.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from pathlib import Path

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import WorkspaceBusy
from sigil.store import files

PATIENCE_S = 60.0
_PAUSE_S = 0.002


@contextlib.contextmanager
def turn(path: Path, patience_s: float = PATIENCE_S) -> Generator[None]:
    """Hold ``path`` as a lock file for the block, waiting for whoever holds it.

    Raises:
        WorkspaceBusy: the holder did not let go within ``patience_s`` seconds.
        DiskFull: no space for the lock file.
        Unwritable: the lock file cannot be created, or is a symbolic link.
    """
    pause = threading.Event()
    deadline = SYSTEM_CLOCK.monotonic_ns() + round(patience_s * 1e9)
    with contextlib.ExitStack() as held:
        while True:
            try:
                held.enter_context(files.lock(path))
                break
            except WorkspaceBusy:
                if SYSTEM_CLOCK.monotonic_ns() > deadline:
                    raise
            pause.wait(_PAUSE_S)
        yield
