"""Ask the kernel to take powers away from this process: one function per power.

Runs in the target's interpreter: CPython 3.9 or later, the standard library alone, and no
knowledge of Sigil. Policies arrive as bytes and tuples (`sigil/sandbox/policy.py`).

Every function either does the whole of what it says or raises OSError; none reports success
for half of it. Importable everywhere; what the platform lacks raises ENOSYS when called.

Not here: namespaces and mounts (`namespaces.py`), in which order, and what to do when one fails
(`calls.py`, `commands.py`).
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import stat
import struct
import sys

# Options of prctl.
_SET_PDEATHSIG = 1
_SET_DUMPABLE = 4
_CAPBSET_DROP = 24
_SET_CHILD_SUBREAPER = 36
_SET_NO_NEW_PRIVS = 38
_CAP_AMBIENT = 47
_CAP_AMBIENT_CLEAR_ALL = 4

# The numbers that both architectures share, and those that they do not.
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_PIDFD_SEND_SIGNAL, _PIDFD_OPEN, _CLOSE_RANGE = 424, 434, 436
_NEW_LISTENER = 1 << 3
_NUMBERS = {
    "x86_64": {
        "seccomp": 317,
        "capset": 126,
        "pivot_root": 155,
        "openat": 257,
        "socket": 41,
        "clone": 56,
        "kill": 62,
    },
    "aarch64": {
        "seccomp": 277,
        "capset": 91,
        "pivot_root": 41,
        "openat": 56,
        "socket": 198,
        "clone": 220,
        "kill": 129,
    },
}
_OURS = _NUMBERS.get(os.uname().machine, {}) if sys.platform == "linux" else {}

libc = ctypes.CDLL(None, use_errno=True)
syscall = libc.syscall
syscall.restype = ctypes.c_long
_prctl = getattr(libc, "prctl", None)


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def checked(result: int, what: str) -> int:
    """Return what a system call returned; raise its error if it failed."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, "{}: {}".format(what, os.strerror(code)))
    return result


def linux_only(what: str) -> None:
    """Refuse what no other system has."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, what + ": not Linux")


def _control(what: str, option: int, *arguments: int) -> None:
    """Call prctl, with every unused argument zero as the kernel demands."""
    linux_only(what)
    padded = [ctypes.c_ulong(a) for a in (*arguments, 0, 0, 0, 0)[:4]]
    checked(_prctl(option, *padded), what)


# --- privileges ---------------------------------------------------------------------------


def no_new_privileges() -> None:
    """Let no later exec gain powers; inherited, and cannot be undone."""
    _control("no_new_privs", _SET_NO_NEW_PRIVS, 1)


def die_with_parent(parent: int, signal: int = 9) -> None:
    """Have the kernel send ``signal`` to this process when its parent thread ends.

    Args:
        parent: the pid that the parent had when it forked; if it is already gone, so are we.
        signal: SIGKILL unless told otherwise.
    """
    _control("parent death signal", _SET_PDEATHSIG, signal)
    if os.getppid() != parent:
        os._exit(0)


def set_dumpable(value: int) -> None:
    """Say whether others of this uid may trace this process and read its memory (1) or not (0).

    Also decides who owns ``/proc/self``: it must be 1 while the uid map is written.
    """
    _control("dumpable", _SET_DUMPABLE, value)


def become(uid: int, gid: int) -> None:
    """Give up being root for good: real, effective and saved ids, and all groups."""
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    set_dumpable(1)


CHANGE_IDS = (6, 7)
"""CAP_SETGID and CAP_SETUID."""


def drop_capabilities(keep: tuple = ()) -> None:
    """Empty every capability set but for ``keep``; uid 0 becomes an ordinary owner of files.

    Also inside a user namespace. Called twice, the second call can keep no more than the first.
    """
    drop_bounding_set()
    keep_capabilities(keep)


def drop_bounding_set() -> None:
    """Let no later exec bring a capability back; takes away nothing that is there now."""
    linux_only("capabilities")
    for capability in range(64):
        try:
            _control("bounding set", _CAPBSET_DROP, capability)
        except OSError as error:
            if error.errno == errno.EINVAL:
                break  # past the last capability of this kernel
            if error.errno != errno.EPERM:
                raise


def keep_capabilities(keep: tuple = ()) -> None:
    """Empty the permitted, effective, inheritable and ambient sets but for ``keep``."""
    linux_only("capabilities")
    try:
        _control("ambient set", _CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    bits = sum(1 << capability for capability in keep) if os.geteuid() == 0 else 0
    header = ctypes.create_string_buffer(struct.pack("=Ii", 0x20080522, 0), 8)
    sets = ctypes.create_string_buffer(struct.pack("=6I", bits, bits, 0, 0, 0, 0), 24)
    checked(syscall(number("capset"), header, sets), "capset")


def number(name: str) -> int:
    """Return the number of a system call on this machine."""
    found = _OURS.get(name)
    if found is None:
        raise OSError(errno.ENOSYS, "{}: unknown on {}".format(name, os.uname().machine))
    return found


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _control("child subreaper", _SET_CHILD_SUBREAPER, 1)


# --- seccomp ------------------------------------------------------------------------------


class Seccomp:
    """A program that is ready to be installed: nothing is allocated when it is."""

    def __init__(self, program: bytes) -> None:
        self._instructions = ctypes.create_string_buffer(program, len(program))
        self._program = _Program(
            len(program) // 8, ctypes.cast(self._instructions, ctypes.c_void_p)
        )
        self._call = (number("seccomp"), 1, 0, ctypes.byref(self._program))

    def install(self) -> None:
        """Filter this process and all that it forks, for good. Needs no_new_privileges."""
        checked(syscall(*self._call), "seccomp")

    def install_with_listener(self) -> int:
        """Filter, and return the descriptor at which the calls that it stops are answered."""
        call, operation, _, program = self._call
        return checked(syscall(call, operation, _NEW_LISTENER, program), "seccomp listener")


# --- landlock -----------------------------------------------------------------------------

# Rights that a rule on a plain file may hold: execute, write, read, truncate, ioctl.
_OF_FILES = 1 | 2 | 4 | 1 << 14 | 1 << 15


def landlock_abi() -> int:
    """Return the landlock ABI of this kernel; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1))


def landlock(files: int, tcp: int, scoped: int, rules: tuple) -> None:
    """Deny what is handled, except beneath the rules' paths. Needs no_new_privileges.

    Args:
        files: handled access to files.
        tcp: handled access to the network; 0 before ABI 4.
        scoped: handled scopes; 0 before ABI 6.
        rules: ``(path, access)``; a path that is not there is skipped.
    """
    attributes = struct.pack("=QQQ", files, tcp, scoped)
    size = 24 if scoped else 16 if tcp else 8
    ruleset = checked(
        syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), 0), "landlock ruleset"
    )
    try:
        for path, access in rules:
            _allow_beneath(ruleset, path, access)
        checked(syscall(_LANDLOCK_RESTRICT, ruleset, 0), "landlock")
    finally:
        os.close(ruleset)


def _allow_beneath(ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            access &= _OF_FILES
        if access:
            beneath = struct.pack("=Qi", access, descriptor)
            checked(syscall(_LANDLOCK_ADD, ruleset, 1, beneath, 0), "landlock " + path)
    finally:
        os.close(descriptor)


# --- descriptors, limits, processes -------------------------------------------------------


def close_from(first: int) -> None:
    """Close every descriptor from ``first`` on."""
    if sys.platform == "linux" and syscall(_CLOSE_RANGE, first, 0xFFFFFFFF, 0) == 0:
        return
    os.closerange(first, min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 65536))


def limit(name: str, soft: int, hard: int | None = None) -> None:
    """Lower an rlimit, such as ``AS`` or ``CPU``; never above the hard limit that holds."""
    which = getattr(resource, "RLIMIT_" + name)
    ceiling = resource.getrlimit(which)[1]
    wanted = soft if hard is None else hard
    if ceiling != resource.RLIM_INFINITY:
        soft, wanted = min(soft, ceiling), min(wanted, ceiling)
    resource.setrlimit(which, (soft, wanted))


class MappedMemory:
    """How much address space this process maps; opened while files still can be."""

    def __init__(self) -> None:
        self._descriptor = -1
        if sys.platform == "linux":
            self._descriptor = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)

    def read(self) -> int:
        """Return the bytes now, and close; 0 where it is not known."""
        if self._descriptor < 0:
            return 0
        try:
            return int(os.pread(self._descriptor, 64, 0).split()[0]) * resource.getpagesize()
        finally:
            os.close(self._descriptor)


def address_space() -> int:
    """Return the bytes of address space that this process maps; 0 where that is unknown."""
    try:
        return MappedMemory().read()
    except OSError:
        return 0


def trim_heap() -> None:
    """Give freed memory back to the kernel, where libc can; what is not there is not forked."""
    trim = getattr(libc, "malloc_trim", None)
    if trim is not None:
        trim(0)


def open_process(pid: int) -> int:
    """Return a pidfd, by which the process can be signalled without a race."""
    linux_only("pidfd")
    return checked(syscall(_PIDFD_OPEN, pid, 0), "pidfd_open")


# --- self-test ----------------------------------------------------------------------------

_AT_FDCWD = -100
_UNIX_STREAM = (1, 1, 0)


class SelfTest:
    """What sealed code must not be able to do, as raw system calls that are tried for real.

    Everything is prepared before the fork: a fresh process pays for each page it touches,
    and an exception touches dozens.
    """

    def __init__(self) -> None:
        self._attempts = (
            ("open", (number("openat"), _AT_FDCWD, b"/", 0, 0)),
            ("socket", (number("socket"), *_UNIX_STREAM)),
            ("fork", (number("clone"), 17, 0, 0, 0, 0)),
            ("kill", (number("kill"), 0, 0)),
        )

    def powers_left(self) -> str:
        """Return the names of what worked, with commas between them; empty if all is sealed.

        What worked is left behind (a descriptor, an ended child): nobody goes on after that.
        """
        left = ""
        for name, arguments in self._attempts:
            result = syscall(*arguments)
            if result >= 0:
                if name == "fork" and result == 0:
                    os._exit(0)
                left = left + "," + name if left else name
        return left
