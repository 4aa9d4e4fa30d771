"""A scratch environment for each peer, made when the bench first needs it and kept after.

They stand in the user's cache folder, one by package and version, never in this repository.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

INSTALL_S = 900


@dataclass(frozen=True, slots=True)
class Peer:
    """A package that does what Sigil does.

    Args:
        name: as its makers write it.
        package: as it is called on PyPI.
        version: the one that is measured.
        program: its driver.
        isolates: whether a candidate runs in a process of its own.
    """

    name: str
    package: str
    version: str
    program: str
    isolates: bool = False


class NotInstalled(Exception):
    """A peer cannot be had here; the message says why."""


def python_of(peer: Peer) -> Path:
    """Return the interpreter that has ``peer``, installed now if it is not.

    Raises:
        NotInstalled: it cannot be installed.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / "sigil-bench" / f"{peer.package}-{peer.version}"
    python, done = home / "bin" / "python", home / "installed"
    if done.exists():
        return python
    shutil.rmtree(home, ignore_errors=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", f"{peer.package}=={peer.version}"]
    try:
        for command in ([sys.executable, "-m", "venv", str(home)], pip):
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_S)
    except subprocess.CalledProcessError as failed:
        lines = (failed.stderr or "").strip().splitlines()
        raise NotInstalled(lines[-1] if lines else f"exit {failed.returncode}") from None
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise NotInstalled(str(failed)) from None
    done.touch()
    return python
