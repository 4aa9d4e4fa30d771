"""Find Chromium, and start it so that it is quiet, private and gone with whoever started it.

The browser's home and temporary files are below a folder of its own, which only its user can read
and which is removed at the end; what a killed process leaves is swept by the next. Of the pages
themselves nothing is written: they are seen in a context that is kept in memory. The kernel kills
Chromium with the driver, and the driver ends with the pipes that lead to it.

Chromium's own sandbox is on, except for root, who cannot have it.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sigil.gate.effects import EffectMissing

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CONTEXT: Final[dict[str, Any]] = {
    "accept_downloads": False,
    "locale": "en-US",
    "timezone_id": "UTC",
    "reduced_motion": "reduce",
    "service_workers": "block",
    "viewport": {"width": 1280, "height": 800},
}
"""What every page is seen with."""
_QUIET: Final = (
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--dns-prefetch-disable",
    "--no-first-run",
    "--no-pings",
    # Everything but the door: no names are looked up, and nothing is sent that a door cannot see.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)


def find() -> str:
    """Return the path of a Chromium.

    Raises:
        EffectMissing: there is none.
    """
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    raise EffectMissing("there is no Chromium on this machine: apt-get install chromium")


def options(folder: Path, door: int) -> dict[str, Any]:
    """Return what `playwright` is told to launch.

    Args:
        folder: the browser's own.
        door: port of the one way out.
    """
    executable = find()
    root = os.geteuid() == 0
    return {
        "executable_path": _tied(executable, folder),
        "headless": True,
        "chromium_sandbox": not root,
        "args": list(_QUIET),
        # Loopback is not spared, as it is by default.
        "proxy": {"server": f"socks5://127.0.0.1:{door}", "bypass": "<-loopback>"},
        "env": environment(folder),
        "downloads_path": str(folder),
    }


@contextmanager
def temporary_files_in(folder: Path) -> Generator[None]:
    """Have a driver that is started meanwhile keep its temporary files, profiles too, in there."""
    folder.chmod(0o700)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


def environment(folder: Path) -> dict[str, str | float | bool]:
    """Return all the variables that the browser gets; nothing of ours is among them."""
    home = str(folder)
    return {
        "PATH": os.defpath,
        "HOME": home,
        "TMPDIR": home,
        "XDG_CONFIG_HOME": home,
        "XDG_CACHE_HOME": home,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


def _tied(executable: str, folder: Path) -> str:
    """Return a program that the kernel kills with its parent, and that is otherwise the same.

    Without ``setpriv``, the browser still ends by itself when the pipe to it is closed.
    """
    tie = shutil.which("setpriv")
    if tie is None:
        return executable
    script = folder / "browser"
    line = shlex.join([tie, "--pdeathsig", "KILL", "--", executable])
    script.write_text(f'#!/bin/sh\nexec {line} "$@"\n', encoding="utf-8")
    script.chmod(0o700)
    return str(script)
