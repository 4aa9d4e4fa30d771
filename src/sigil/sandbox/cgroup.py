"""A control group that bounds the memory and the processes of commands, where one may be made.

Version 1 (as root) and version 2 (where a subtree was delegated). One group per sandbox and
not per command: moving a process into a group costs the kernel milliseconds, so the zygote is
moved once and its forks are born inside. What a killed parent left behind is removed by the
next one, for the name says whose it was.

Not here: rlimits, which each command sets for itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sigil.effects import random_bytes

_ROOT = Path("/sys/fs/cgroup")
_PREFIX = "sigil-"
_V1 = {"memory": "memory.limit_in_bytes", "pids": "pids.max"}
_V2 = {"memory": "memory.max", "pids": "pids.max"}


class CommandGroup:
    """Folders of the control group file system, one per controller (version 1) or one in all.

    Attributes:
        name: as it stands in `Isolation.cgroup`.
    """

    def __init__(self, folders: Mapping[str, Path], files: Mapping[str, str]):
        self._folders = dict(folders)
        self._files = dict(files)
        self._limits: dict[str, int] = {}
        self._events = _open_events(folders["memory"])
        self._kills = 0
        self.name = str(next(iter(folders.values())))

    def add(self, pid: int) -> None:
        """Move a process in; what it forks later is born inside."""
        for folder in dict.fromkeys(self._folders.values()):
            (folder / "cgroup.procs").write_text(str(pid))

    def bound(self, *, memory_bytes: int, processes: int) -> None:
        """Set the limits for what runs next."""
        for controller, limit in (("memory", memory_bytes), ("pids", processes)):
            if self._limits.get(controller) == limit:
                continue
            folder = self._folders[controller]
            if controller == "memory":
                self._bound_swap(folder)
            (folder / self._files[controller]).write_text(str(limit))
            self._limits[controller] = limit

    def killed(self) -> bool:
        """Say whether a process of the group died for want of memory since the last question."""
        before, self._kills = self._kills, self._count_kills()
        return self._kills > before

    def _count_kills(self) -> int:
        try:
            lines = os.pread(self._events, 4096, 0).splitlines()
        except OSError:
            return self._kills
        return next((int(line[9:]) for line in lines if line.startswith(b"oom_kill ")), 0)

    def close(self) -> None:
        """Remove the group. One that is still busy is left to the next sandbox to remove."""
        os.close(self._events)
        for folder in dict.fromkeys(self._folders.values()):
            with suppress(OSError):
                folder.rmdir()

    @staticmethod
    def _bound_swap(folder: Path) -> None:
        for name, value in (("memory.swap.max", "0"), ("memory.swappiness", "0")):
            with suppress(OSError):
                (folder / name).write_text(value)


def _open_events(folder: Path) -> int:
    """Open the file that counts the processes killed for want of memory."""
    name = "memory.oom_control" if (folder / "memory.oom_control").exists() else "memory.events"
    return os.open(folder / name, os.O_RDONLY | os.O_CLOEXEC)


def make_group() -> CommandGroup | None:
    """Make a group below the one that this process is in; None where that is not allowed."""
    # No number: whoever runs inside reads the name, and would know which group came first.
    name = f"{_PREFIX}{os.getpid()}-{random_bytes(4).hex()}"
    ours = _memberships()
    first = {c: _ROOT / c / ours[c].lstrip("/") for c in _V1 if c in ours}
    unified = _ROOT / ours.get("", "/").lstrip("/")
    for parents, files in ((first, _V1), (dict.fromkeys(_V2, unified), _V2)):
        made = _make(parents, name, files)
        if made is not None:
            return made
    return None


def _make(parents: Mapping[str, Path], name: str, files: Mapping[str, str]) -> CommandGroup | None:
    if set(parents) != set(files):
        return None
    folders = {controller: parent / name for controller, parent in parents.items()}
    try:
        for folder in dict.fromkeys(folders.values()):
            _sweep(folder.parent)
            folder.mkdir()
        group = CommandGroup(folders, files)
        group.bound(memory_bytes=2**40, processes=2**15)
    except OSError:
        for folder in folders.values():
            with suppress(OSError):
                folder.rmdir()
        return None
    return group


def _memberships() -> dict[str, str]:
    """Return this process's group by controller; version 2 stands under the empty name."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return {}
    found: dict[str, str] = {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            found[controller] = path
    return found


def _sweep(folder: Path) -> None:
    """Remove groups of processes that are gone."""
    for old in folder.glob(f"{_PREFIX}*"):
        pid = old.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            with suppress(OSError):
                old.rmdir()
