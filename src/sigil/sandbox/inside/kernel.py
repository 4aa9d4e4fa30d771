"""Ask the kernel to take powers away from this process: one function per power.

Runs in the target's interpreter: CPython 3.9 or later, the standard library alone, and no
knowledge of Sigil. Policies arrive as bytes and tuples (`sigil/sandbox/policy.py`).

Every function either does the whole of what it says or raises OSError; none reports success
for half of it. Importable everywhere; what the platform lacks raises ENOSYS when called.

Not here: in which order, and what to do when one fails (`calls.py`, `commands.py`).
"""

from __future__ import annotations

import _signal as signal  # the Python part brings in enum, which every fork would copy
import _socket
import ctypes
import errno
import fcntl
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

# Flags of unshare.
NAMESPACES = {
    "mount": 0x00020000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}

# Flags of mount and umount2.
MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

# The numbers that both architectures share, and those that they do not.
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_PIDFD_SEND_SIGNAL, _PIDFD_OPEN, _CLOSE_RANGE = 424, 434, 436
_CLONE_VM = 0x100
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

_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long
_prctl = getattr(_libc, "prctl", None)


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, "{}: {}".format(what, os.strerror(code)))
    return result


def _linux(what: str) -> None:
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, what + ": not Linux")


def _control(what: str, option: int, *arguments: int) -> None:
    """Call prctl, with every unused argument zero as the kernel demands."""
    _linux(what)
    padded = [ctypes.c_ulong(a) for a in (*arguments, 0, 0, 0, 0)[:4]]
    _checked(_prctl(option, *padded), what)


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
    _linux("capabilities")
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
    _linux("capabilities")
    try:
        _control("ambient set", _CAP_AMBIENT, _CAP_AMBIENT_CLEAR_ALL)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    bits = sum(1 << capability for capability in keep) if os.geteuid() == 0 else 0
    header = ctypes.create_string_buffer(struct.pack("=Ii", 0x20080522, 0), 8)
    sets = ctypes.create_string_buffer(struct.pack("=6I", bits, bits, 0, 0, 0, 0), 24)
    _checked(_syscall(_number("capset"), header, sets), "capset")


def _number(name: str) -> int:
    number = _OURS.get(name)
    if number is None:
        raise OSError(errno.ENOSYS, "{}: unknown on {}".format(name, os.uname().machine))
    return number


# --- seccomp ------------------------------------------------------------------------------


class Seccomp:
    """A program that is ready to be installed: nothing is allocated when it is."""

    def __init__(self, program: bytes) -> None:
        self._instructions = ctypes.create_string_buffer(program, len(program))
        self._program = _Program(
            len(program) // 8, ctypes.cast(self._instructions, ctypes.c_void_p)
        )
        self._call = (_number("seccomp"), 1, 0, ctypes.byref(self._program))

    def install(self) -> None:
        """Filter this process and all that it forks, for good. Needs no_new_privileges."""
        _checked(_syscall(*self._call), "seccomp")

    def install_with_listener(self) -> int:
        """Filter, and return the descriptor at which the calls that it stops are answered."""
        call, operation, _, program = self._call
        return _checked(_syscall(call, operation, _NEW_LISTENER, program), "seccomp listener")


# --- landlock -----------------------------------------------------------------------------

# Rights that a rule on a plain file may hold: execute, write, read, truncate, ioctl.
_OF_FILES = 1 | 2 | 4 | 1 << 14 | 1 << 15


def landlock_abi() -> int:
    """Return the landlock ABI of this kernel; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, _syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1))


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
    ruleset = _checked(
        _syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), 0), "landlock ruleset"
    )
    try:
        for path, access in rules:
            _allow_beneath(ruleset, path, access)
        _checked(_syscall(_LANDLOCK_RESTRICT, ruleset, 0), "landlock")
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
            _checked(_syscall(_LANDLOCK_ADD, ruleset, 1, beneath, 0), "landlock " + path)
    finally:
        os.close(descriptor)


# --- namespaces and mounts ----------------------------------------------------------------


def unshare(*names: str) -> None:
    """Move this process into new namespaces; ``pid`` takes effect for its next child.

    A new user namespace maps the present uid and gid to themselves: no root inside.
    """
    _linux("unshare")
    uid, gid = os.geteuid(), os.getegid()
    flags = 0
    for name in names:
        flags |= NAMESPACES[name]
    _checked(_libc.unshare(flags), "unshare " + " ".join(names))
    if "user" in names:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", "{0} {0} 1".format(uid))
        _write("/proc/self/gid_map", "{0} {0} 1".format(gid))


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
        self._pause = ctypes.cast(_libc.pause, ctypes.c_void_p)
        self._every_signal = signal.valid_signals()

    def open(self) -> int:
        """Make a namespace for the next child; return the pid of its first process."""
        top = (ctypes.addressof(self._stack) + self._STACK) & ~63
        flags = NAMESPACES["pid"] | _CLONE_VM | signal.SIGCHLD
        before = signal.pthread_sigmask(signal.SIG_BLOCK, self._every_signal)
        try:
            first = _libc.clone(self._pause, ctypes.c_void_p(top), flags, None)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        _checked(first, "clone")
        set_dumpable(1)
        descriptor = open_process(first)
        try:
            _checked(_libc.setns(descriptor, NAMESPACES["pid"]), "setns")
        finally:
            os.close(descriptor)
            set_dumpable(0)
        return first

    def leave(self) -> None:
        """Let later children be born in this process's own namespace again."""
        _checked(_libc.setns(self._own, NAMESPACES["pid"]), "setns")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _control("child subreaper", _SET_CHILD_SUBREAPER, 1)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount ``source`` on ``target``."""
    _linux("mount")
    done = _libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode(),
        ctypes.c_ulong(flags),
        data.encode(),
    )
    _checked(done, "mount " + target)


def unmount(target: str, flags: int = MNT_DETACH) -> None:
    """Detach what is mounted on ``target``."""
    _linux("umount")
    _checked(_libc.umount2(target.encode(), flags), "umount " + target)


def make_mounts_private() -> None:
    """Let no mount of ours be seen outside, nor the other way round."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)


def pivot_root(new: str) -> None:
    """Make ``new``, a mount point, the root directory, and detach the old root."""
    os.chdir(new)
    _checked(_syscall(_number("pivot_root"), b".", b"."), "pivot_root " + new)
    unmount(".")
    os.chdir("/")


def pivot_root_keeping(old: str) -> None:
    """Make the current folder, a mount point, the root, with the old root at ``old`` in it."""
    _checked(_syscall(_number("pivot_root"), b".", os.fsencode(old)), "pivot_root")


def raise_loopback() -> None:
    """Bring up ``lo`` in this network namespace."""
    probe = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    try:
        # SIOCSIFFLAGS with IFF_UP | IFF_RUNNING
        fcntl.ioctl(probe.fileno(), 0x8914, struct.pack("16sH14s", b"lo", 1 | 64, b""))
    finally:
        probe.close()


# --- descriptors, limits, processes -------------------------------------------------------


def close_from(first: int) -> None:
    """Close every descriptor from ``first`` on."""
    if sys.platform == "linux" and _syscall(_CLOSE_RANGE, first, 0xFFFFFFFF, 0) == 0:
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
    trim = getattr(_libc, "malloc_trim", None)
    if trim is not None:
        trim(0)


def open_process(pid: int) -> int:
    """Return a pidfd, by which the process can be signalled without a race."""
    _linux("pidfd")
    return _checked(_syscall(_PIDFD_OPEN, pid, 0), "pidfd_open")


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
            ("open", (_number("openat"), _AT_FDCWD, b"/", 0, 0)),
            ("socket", (_number("socket"), *_UNIX_STREAM)),
            ("fork", (_number("clone"), 17, 0, 0, 0, 0)),
            ("kill", (_number("kill"), 0, 0)),
        )

    def powers_left(self) -> str:
        """Return the names of what worked, with commas between them; empty if all is sealed.

        What worked is left behind (a descriptor, an ended child): nobody goes on after that.
        """
        left = ""
        for name, arguments in self._attempts:
            result = _syscall(*arguments)
            if result >= 0:
                if name == "fork" and result == 0:
                    os._exit(0)
                left = left + "," + name if left else name
        return left
