"""Does overlayfs hold in a folder, without privileges? Asked of the kernel, never assumed.

Not here: the ladder of isolation (`sigil.sandbox.ladder`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sigil.store.removal import remove_tree

MEMORY = Path("/dev/shm")  # noqa: S108 - only ever asked about, swept, and used through mkdtemp
_SCRIPT = Path(__file__).parent / "inside" / "view.py"
_known: dict[int, bool] = {}


def overlay_holds(folder: Path) -> bool:
    """Say whether a command in its own namespaces can mount an overlay in ``folder``.

    Tried once per disk and process, in namespaces that end with the trial.
    """
    device = folder.stat().st_dev
    if device not in _known:
        _known[device] = sys.platform == "linux" and _try(folder)
    return _known[device]


def memory_folder() -> Path | None:
    """Return a folder in memory in which overlays hold, or None where there is none.

    A checkout there costs a few microseconds instead of the disk's milliseconds; what commands
    write then counts as memory, on the machine and against their limit.
    """
    if not os.access(MEMORY, os.W_OK):
        return None
    with tempfile.TemporaryDirectory(prefix=".sigil-trial-", dir=MEMORY) as trial:
        return MEMORY if overlay_holds(Path(trial)) else None


def _try(folder: Path) -> bool:
    trial = Path(tempfile.mkdtemp(prefix=".trial-", dir=folder))
    try:
        done = subprocess.run(
            [sys.executable, "-E", "-s", "-S", str(_SCRIPT), str(trial)],
            capture_output=True,
            check=False,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    finally:
        remove_tree(trial)
    return done.returncode == 0
