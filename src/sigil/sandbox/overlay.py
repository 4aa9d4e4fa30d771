"""Does overlayfs hold in a folder, without privileges? Asked of the kernel, never assumed.

Not here: the ladder of isolation (`sigil.sandbox.ladder`).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from sigil.sandbox.removal import remove_tree

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
