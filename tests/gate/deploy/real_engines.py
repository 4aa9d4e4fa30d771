"""Engines of containers that are installed here: whether they work, and what they still hold.

An image is made of nothing but a static busybox, so that nothing is fetched from anywhere.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

DOCKERFILE = """
FROM scratch
COPY busybox /bin/busybox
COPY www /www
CMD ["/bin/busybox", "httpd", "-f", "-p", "80", "-h", "/www"]
"""
COMPOSE = """
services:
  web:
    build: .
    stop_signal: SIGKILL
    ports: ["127.0.0.1::80"]
"""
_PROBE_S = 120.0
_PROJECT = re.compile(r"--project-name (\S+)")
_KINDS = {
    ("ps", "--all"): "{{.Names}}",
    ("network", "ls"): "{{.Name}}",
    ("volume", "ls"): "{{.Name}}",
    ("images",): "{{.Repository}}",
}


@functools.cache
def problem_of(engine: str) -> str:
    """Return why an engine cannot build and run a container here; empty if it can."""
    busybox = shutil.which("busybox")
    if shutil.which(engine) is None or busybox is None:
        return f"{engine if busybox else 'a static busybox'} is not installed"
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(busybox, folder)
        (Path(folder) / "www").mkdir()
        (Path(folder) / "Dockerfile").write_text(DOCKERFILE)
        (Path(folder) / "compose.yaml").write_text(COMPOSE)
        file = str(Path(folder) / "compose.yaml")  # not named, what is built is not removed
        project = ("compose", "--file", file, "-p", f"probe-of-{os.getpid()}")
        if _last(engine, folder, "compose", "version"):
            return "it has no compose"
        try:
            return _last(engine, folder, *project, "up", "--detach", "--build", "--wait")
        finally:
            _last(engine, folder, *project, "down", "--volumes", "--rmi", "local")


def held_by(engine: str, project: str) -> list[str]:
    """Return the names of all that an engine holds of a project."""
    listed = [
        line
        for words, form in _KINDS.items()
        for line in subprocess.run(
            [engine, *words, "--format", form], capture_output=True, text=True, check=True
        ).stdout.split()
    ]
    return sorted(name for name in listed if project in name)


def project_of(pid: int) -> str:
    """Return the project that a process has put up, or is about to; empty before."""
    lines = [line for parent, line in _processes() if parent == pid]
    return next((found[1] for line in lines if (found := _PROJECT.search(line))), "")


def at_work(mark: str) -> list[str]:
    """Return the command lines of processes with a word in them, such as a project's name."""
    return [line for _, line in _processes() if mark in line]


def _processes() -> Iterator[tuple[int, str]]:
    """Yield the parent of each process, and its command line."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
            yield int(parent), line.decode(errors="replace")


def _last(engine: str, folder: str, *words: str) -> str:
    """Run a command; return the last line of what it complains of, empty if it ends well."""
    try:
        done = subprocess.run(
            [engine, *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PROBE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{engine} does not answer"
    if done.returncode == 0:
        return ""
    return (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
