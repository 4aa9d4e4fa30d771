"""Answer for the calls that landlock does not see: changing modes and times, and signals.

Runs in the target's interpreter: CPython 3.9 or later, the standard library alone, and no
knowledge of Sigil. Needed where a command has no mount namespace of its own (L2): landlock
keeps it from writing a foreign file, but not from making one world-readable or unusable. So
these calls stop in the kernel until the zygote has looked at them.

A path is read from the caller's memory once, resolved by us to a descriptor, and the change is
made by us through that descriptor: whatever the caller does to its memory or its links
meanwhile, what is changed is what was looked at.

Not here: which calls those are (`sigil/sandbox/policy.py`). Source: seccomp_unotify(2).
"""

# Strings and descriptors, not Path objects: importing pathlib is dear, and so is each object.
# ruff: noqa: PTH101, PTH115, PTH116

from __future__ import annotations

import errno
import fcntl
import os
import select
import stat
import struct
from contextlib import suppress

_RECEIVE, _ANSWER, _STILL_VALID = 0xC0502100, 0xC0182101, 0x40082102
_NOTICE = struct.Struct("=QIIiIQ6Q")
_ANSWER_FORM = struct.Struct("=QqiI")
_CONTINUE = 1
_AT_FDCWD = -100
_NOFOLLOW, _EMPTY_PATH = 0x100, 0x1000
_NOW, _OMIT = 0x3FFFFFFF, 0x3FFFFFFE
_PATH_MAX = 4096
_SECOND = 10**9
_UTIMBUF = "=qq"


class Supervisor:
    """Hears what a command asks for and does it, if it is about the command's own.

    Args:
        listener: of the seccomp filter.
        names: which call a number is.
        roots: real paths below which a command may change modes and times.
        family: returns the pids that a command may signal.
    """

    def __init__(self, listener: int, names: dict, roots: list, family) -> None:
        self.listener = listener
        self._names = names
        self._roots = tuple(root + "/" for root in roots)
        self._family = family

    def serve(self) -> bool:
        """Answer one call; False if nobody is left who could make one."""
        notice = bytearray(_NOTICE.size)
        try:
            fcntl.ioctl(self.listener, _RECEIVE, notice)
        except OSError:
            return not self._is_deserted()  # the caller died meanwhile
        identity, pid, _, number, _, _, *arguments = _NOTICE.unpack(notice)
        error, flags = 0, 0
        try:
            flags = self._decide(identity, pid, self._names.get(str(number), ""), arguments)
        except OSError as refused:
            error = -(refused.errno or errno.EPERM)
        except (ValueError, OverflowError, struct.error):
            error = -errno.EINVAL
        with suppress(OSError):
            fcntl.ioctl(self.listener, _ANSWER, _ANSWER_FORM.pack(identity, 0, error, flags))
        return True

    def _is_deserted(self) -> bool:
        poll = select.poll()
        poll.register(self.listener, select.POLLIN)
        return any(event & select.POLLHUP for _, event in poll.poll(0))

    def _decide(self, identity: int, pid: int, name: str, arguments: list) -> int:
        """Do what is asked for, or raise; return flags of the answer."""
        if name in ("kill", "tkill", "tgkill"):
            self._may_signal(_signed(arguments[0]), pid)
            return _CONTINUE
        caller = _Caller(pid)
        try:
            target = _TARGETS[name](caller, arguments)
            try:
                self._still_there(identity)
                self._is_own(target)
                _CHANGES[name](caller, arguments, "/proc/self/fd/{}".format(target))
            finally:
                os.close(target)
        finally:
            caller.close()
        return 0

    def _still_there(self, identity: int) -> None:
        """Make sure that what was read was read from the caller and not from a later process."""
        fcntl.ioctl(self.listener, _STILL_VALID, struct.pack("=Q", identity))

    def _is_own(self, target: int) -> None:
        status = os.fstat(target)
        path = os.readlink("/proc/self/fd/{}".format(target)) + "/"
        shared = stat.S_ISREG(status.st_mode) and status.st_nlink > 1
        if shared or not path.startswith(self._roots):
            raise PermissionError(errno.EPERM, "not the command's own")

    def _may_signal(self, target: int, caller: int) -> None:
        family = self._family()
        if target == 0 or target in family or target == caller:
            return
        if target < -1 and -target in {_group(pid) for pid in family}:
            return
        raise PermissionError(errno.EPERM, "not a process of the command")


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return 0


class _Caller:
    """The process that asks, as long as it waits for the answer."""

    def __init__(self, pid: int) -> None:
        self._folder = "/proc/{}".format(pid)
        self._memory = os.open(self._folder + "/mem", os.O_RDONLY | os.O_CLOEXEC)

    def close(self) -> None:
        os.close(self._memory)

    def bytes_at(self, address: int, size: int) -> bytes:
        return os.pread(self._memory, size, address)

    def path_at(self, address: int) -> str:
        """Return the path at ``address``; read page by page, for the next may not exist."""
        found = b""
        while b"\0" not in found:
            if len(found) >= _PATH_MAX:
                raise OSError(errno.ENAMETOOLONG, "path")
            here = address + len(found)
            found += self.bytes_at(here, 4096 - here % 4096)
        path = os.fsdecode(found.partition(b"\0")[0])
        own = "/proc/self/"
        return self._folder + "/" + path[len(own) :] if path.startswith(own) else path

    def open_at(self, folder: int, address: int, follow: bool = True) -> int:
        """Return a descriptor of a path, relative to one of the caller's descriptors."""
        flags = os.O_PATH | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
        path = self.path_at(address)
        if path.startswith("/"):
            return os.open(path, flags)
        base = self.open(folder)
        try:
            return os.open(path, flags, dir_fd=base)
        finally:
            os.close(base)

    def open(self, number: int) -> int:
        """Return a descriptor of our own for what one of the caller's descriptors names."""
        name = "/cwd" if number == _AT_FDCWD else "/fd/{}".format(number)
        return os.open(self._folder + name, os.O_PATH | os.O_CLOEXEC)


def _signed(argument: int) -> int:
    """Return the C int in the low half of an argument."""
    value = argument & 0xFFFFFFFF
    return value - 2**32 if value >= 2**31 else value


def _target_of_utimensat(caller, arguments: list) -> int:
    if arguments[1] == 0:
        return caller.open(_signed(arguments[0]))
    follow = not arguments[3] & _NOFOLLOW
    return caller.open_at(_signed(arguments[0]), arguments[1], follow)


_TARGETS = {
    "chmod": lambda caller, a: caller.open_at(_AT_FDCWD, a[0]),
    "fchmod": lambda caller, a: caller.open(_signed(a[0])),
    "fchmodat": lambda caller, a: caller.open_at(_signed(a[0]), a[1]),
    "fchmodat2": lambda caller, a: (
        caller.open(_signed(a[0]))
        if a[3] & _EMPTY_PATH
        else caller.open_at(_signed(a[0]), a[1], not a[3] & _NOFOLLOW)
    ),
    "utime": lambda caller, a: caller.open_at(_AT_FDCWD, a[0]),
    "utimes": lambda caller, a: caller.open_at(_AT_FDCWD, a[0]),
    "futimesat": lambda caller, a: caller.open_at(_signed(a[0]), a[1]),
    "utimensat": _target_of_utimensat,
}


def _chmod(position: int):
    return lambda _, arguments, target: os.chmod(target, arguments[position] & 0o777)


def _set_times(target: str, accessed, modified) -> None:
    """Set times in nanoseconds; None is now, False leaves one as it is."""
    status = os.stat(target)
    if accessed is None and modified is None:
        os.utime(target)
        return
    now = os.stat("/proc/self/stat").st_mtime_ns
    pair = []
    for wanted, present in ((accessed, status.st_atime_ns), (modified, status.st_mtime_ns)):
        pair.append(now if wanted is None else present if wanted is False else wanted)
    os.utime(target, ns=tuple(pair))


def _times(position: int, form: str, scale: int):
    """Return how to set times from two structs at an argument; a null pointer means now."""

    def change(caller, arguments: list, target: str) -> None:
        if arguments[position] == 0:
            _set_times(target, None, None)
            return
        values = struct.unpack(form, caller.bytes_at(arguments[position], struct.calcsize(form)))
        if form == _UTIMBUF:
            _set_times(target, *(seconds * _SECOND for seconds in values))
            return
        _set_times(target, *(_one_time(*values[i : i + 2], scale) for i in (0, 2)))

    return change


def _one_time(seconds: int, fraction: int, scale: int):
    if scale == 1 and fraction in (_NOW, _OMIT):
        return None if fraction == _NOW else False
    return seconds * _SECOND + fraction * scale


_CHANGES = {
    "chmod": _chmod(1),
    "fchmod": _chmod(1),
    "fchmodat": _chmod(2),
    "fchmodat2": _chmod(2),
    "utime": _times(1, _UTIMBUF, 1),
    "utimes": _times(1, "=qqqq", 1000),
    "futimesat": _times(2, "=qqqq", 1000),
    "utimensat": _times(2, "=qqqq", 1),
}
