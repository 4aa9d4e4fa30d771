"""Namespaces of this process, and what is mounted in them.

Runs in the target's interpreter: CPython 3.9 or later, the standard library alone, and no
knowledge of Sigil. Every function either does the whole of what it says or raises OSError.

Not here: other powers (`kernel.py`), what is mounted where (`view.py`).
"""

from __future__ import annotations

import _signal as signal  # the Python part brings in enum, which every fork would copy
import _socket
import ctypes
import fcntl
import os
import struct

import kernel

# Flags of unshare.
NAMESPACES = {
    "mount": 0x00020000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}

# Flags of mount.
MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_BIND = 4096
MS_REC = 16384
MS_REMOUNT = 32
MS_PRIVATE = 1 << 18

# Attributes of mount_setattr.
ATTR_RDONLY = 1
ATTR_NOSUID = 2
ATTR_NODEV = 4
AT_RECURSIVE = 0x8000

_AT_FDCWD = -100
_CLONE_VM = 0x100
_MOUNT_SETATTR = 442


def unshare(*names: str) -> None:
    """Move this process into new namespaces; ``pid`` takes effect for its next child.

    A new user namespace maps the present uid and gid to themselves: no root inside.
    """
    kernel.linux_only("unshare")
    uid, gid = os.geteuid(), os.getegid()
    flags = 0
    for name in names:
        flags |= NAMESPACES[name]
    kernel.checked(kernel.libc.unshare(flags), "unshare " + " ".join(names))
    if "user" in names:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", "{0} {0} 1".format(uid))
        _write("/proc/self/gid_map", "{0} {0} 1".format(gid))


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


class PidNamespace:
    """Pid namespaces, one after the other, whose first process only waits to be killed.

    That process costs next to nothing: it shares the memory of this one and sleeps in libc's
    ``pause`` with every signal blocked, on a stack of its own. What is forked in between is
    an ordinary process in the namespace, and does not survive it.

    Needs capabilities over a pid namespace that this process is pid 1 of.
    """

    _STACK = 65536

    def __init__(self, own: int) -> None:
        self._own = own
        self._stack = ctypes.create_string_buffer(self._STACK)
        self._pause = ctypes.cast(kernel.libc.pause, ctypes.c_void_p)
        self._every_signal = signal.valid_signals()

    def open(self) -> int:
        """Make a namespace for the next child; return the pid of its first process."""
        top = (ctypes.addressof(self._stack) + self._STACK) & ~63
        flags = NAMESPACES["pid"] | _CLONE_VM | signal.SIGCHLD
        before = signal.pthread_sigmask(signal.SIG_BLOCK, self._every_signal)
        try:
            first = kernel.libc.clone(self._pause, ctypes.c_void_p(top), flags, None)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        kernel.checked(first, "clone")
        kernel.set_dumpable(1)
        descriptor = kernel.open_process(first)
        try:
            kernel.checked(kernel.libc.setns(descriptor, NAMESPACES["pid"]), "setns")
        finally:
            os.close(descriptor)
            kernel.set_dumpable(0)
        return first

    def leave(self) -> None:
        """Let later children be born in this process's own namespace again."""
        kernel.checked(kernel.libc.setns(self._own, NAMESPACES["pid"]), "setns")


def enter_network(descriptor: int) -> None:
    """Move this process into a network namespace that it has capabilities over."""
    kernel.checked(kernel.libc.setns(descriptor, NAMESPACES["net"]), "setns net")


def raise_loopback() -> None:
    """Bring up ``lo`` in this network namespace."""
    probe = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    try:
        # SIOCSIFFLAGS with IFF_UP | IFF_RUNNING
        fcntl.ioctl(probe.fileno(), 0x8914, struct.pack("16sH14s", b"lo", 1 | 64, b""))
    finally:
        probe.close()


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount ``source`` on ``target``."""
    kernel.linux_only("mount")
    done = kernel.libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode(),
        ctypes.c_ulong(flags),
        data.encode(),
    )
    kernel.checked(done, "mount " + target)


def restrict(path: str, attributes: int, flags: int = 0) -> None:
    """Set attributes of the mount at ``path``."""
    change = struct.pack("=QQQQ", attributes, 0, 0, 0)
    done = kernel.syscall(_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(path), flags, change, len(change))
    kernel.checked(done, "mount_setattr " + path)


def make_mounts_private() -> None:
    """Let no mount of ours be seen outside, nor the other way round."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)


def pivot_root_keeping(old: str) -> None:
    """Make the current folder, a mount point, the root, with the old root at ``old`` in it."""
    kernel.checked(
        kernel.syscall(kernel.number("pivot_root"), b".", os.fsencode(old)), "pivot_root"
    )
