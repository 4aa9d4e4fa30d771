"""What untrusted code may ask of the kernel: seccomp programs and landlock rules, as data.

Pure: this module only describes. The bytes and rules are applied inside the child, by
`sigil/sandbox/inside/kernel.py`, which knows nothing of why.

* *calls* get a list of what is allowed; everything else is refused with EPERM, so that
  honest code sees an ordinary error and hostile code gets nothing.
* *commands* need files and processes, so they get a list of what is denied.
* *the zygote* that forks the workers is denied what a command is, and besides that every
  way to write a file, open a socket or start a program.

A foreign architecture and the x32 ABI kill the process: their numbers mean other calls.

Not here: whether the kernel can do all this (`sigil.sandbox.ladder`).
Sources: seccomp(2), landlock(7), linux/seccomp.h, linux/landlock.h.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sigil.sandbox.syscalls import NUMBERS

Network = Literal["none", "loopback"]

# --- seccomp: a filter is a default and rules, tried in order -----------------------------

ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000
"""SECCOMP_RET_KILL_PROCESS."""
REFUSE: Final = 0x00050000 | errno.EPERM
MISSING: Final = 0x00050000 | errno.ENOSYS
UNSUPPORTED: Final = 0x00050000 | errno.EOPNOTSUPP
NO_FAMILY: Final = 0x00050000 | errno.EAFNOSUPPORT

AUDIT_ARCH: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_COLUMN: Final = {"x86_64": 0, "aarch64": 1}
_X32_BIT: Final = 0x40000000

# Opcodes of classic BPF, and where struct seccomp_data keeps what they load.
_LOAD: Final = 0x20
_AND: Final = 0x54
_JUMP: Final = 0x05
_JUMP_EQUAL: Final = 0x15
_JUMP_GREATER_OR_EQUAL: Final = 0x35
_RETURN: Final = 0x06
_LEAF: Final = 2
_AT_NUMBER: Final = 0
_AT_ARCH: Final = 4
_AT_ARGS: Final = 16
_ALL_BITS: Final = 0xFFFFFFFF

_Instruction = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Test:
    """A condition on one argument of a call: ``argument & mask`` is one of ``values``.

    Only the low 32 bits are looked at: every tested argument is an int or flags, of which
    the kernel itself ignores the upper half.
    """

    __test__ = False  # pytest: this is not a suite

    argument: int
    values: tuple[int, ...]
    mask: int = _ALL_BITS


@dataclass(frozen=True, slots=True)
class Rule:
    """What to answer to one call: ``action`` if every test holds, ``otherwise`` if not."""

    call: str
    action: int
    tests: tuple[Test, ...] = ()
    otherwise: int = REFUSE


@dataclass(frozen=True, slots=True)
class Filter:
    """Rules in order, and the answer to every call that no rule names."""

    rules: tuple[Rule, ...]
    default: int


def assemble(policy: Filter, machine: str) -> bytes:
    """Return ``policy`` as the BPF program of one architecture.

    Args:
        policy: a call that stands twice is answered by its first rule.
        machine: as `platform.machine` says it: ``x86_64`` or ``aarch64``.

    Returns:
        An array of ``struct sock_filter`` (8 bytes each), native byte order.

    Raises:
        KeyError: the architecture is not one we know.
    """
    code: list[_Instruction] = [
        (_LOAD, 0, 0, _AT_ARCH),
        (_JUMP_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _AT_NUMBER),
    ]
    if machine == "x86_64":
        code += [(_JUMP_GREATER_OR_EQUAL, 0, 1, _X32_BIT), (_RETURN, 0, 0, KILL)]
    answers: dict[int, list[_Instruction]] = {}
    for rule in policy.rules:
        number = NUMBERS[rule.call][_COLUMN[machine]]
        if number is not None:
            answers.setdefault(number, _body(rule))
    code += _search(sorted(answers.items()), policy.default)
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def _search(answers: list[tuple[int, list[_Instruction]]], default: int) -> list[_Instruction]:
    """Return a binary search for the number, ending in its answer.

    When a filter is installed the kernel tries every number on it, to remember which calls
    are always allowed. That is done for each worker, and a search in order would cost it
    several times as much.
    """
    if len(answers) <= _LEAF:
        chain = [((_JUMP_EQUAL, 0, len(body), number), *body) for number, body in answers]
        return [*(step for steps in chain for step in steps), (_RETURN, 0, 0, default)]
    middle = len(answers) // 2
    lower = _search(answers[:middle], default)
    upper = _search(answers[middle:], default)
    # Conditional jumps reach 255 instructions; the plain one reaches everywhere.
    enter = [(_JUMP_GREATER_OR_EQUAL, 0, 1, answers[middle][0]), (_JUMP, 0, 0, len(lower))]
    return [*enter, *lower, *upper]


def _body(rule: Rule) -> list[_Instruction]:
    """Return the instructions that answer a call whose number already matched."""
    blocks: list[list[_Instruction]] = []
    for test in rule.tests:
        block: list[_Instruction] = [(_LOAD, 0, 0, _AT_ARGS + 8 * test.argument)]
        if test.mask != _ALL_BITS:
            block.append((_AND, 0, 0, test.mask))
        # A value that matches jumps over the values after it, and over the way out.
        left = len(test.values)
        block += [(_JUMP_EQUAL, left - i, 0, value) for i, value in enumerate(test.values)]
        block.append((_RETURN, 0, 0, rule.otherwise))
        blocks.append(block)
    return [*(step for block in blocks for step in block), (_RETURN, 0, 0, rule.action)]


# --- seccomp: the three policies ----------------------------------------------------------

_EXECUTABLE: Final = 4  # PROT_EXEC
_NO_CODE: Final = Test(2, (0,), mask=_EXECUTABLE)
_ANONYMOUS: Final = Test(3, (0x20,), mask=0x20)

_CALLS_ALLOWED: Final = (
    # The worker's only descriptors are three times /dev/null and its socket.
    "recvfrom sendto read write "
    # memory, without new code
    "munmap mremap brk madvise "
    "exit exit_group rt_sigreturn restart_syscall futex sched_yield "
    # clocks and sleep: nobody believes them, and the deadline is outside
    "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time "
    "getpid getppid gettid getuid geteuid getgid getegid getrandom getrusage times sysinfo uname"
)


def calls_filter() -> Filter:
    """Return the allow-list of a sealed worker: compute, sleep, answer, end."""
    return Filter(
        rules=(
            *(Rule(name, ALLOW) for name in _CALLS_ALLOWED.split()),
            Rule("mmap", ALLOW, (_NO_CODE, _ANONYMOUS)),
            Rule("mprotect", ALLOW, (_NO_CODE,)),
            # time.sleep of CPython before 3.11
            Rule("select", ALLOW, (Test(0, (0,)),)),
            Rule("pselect6", ALLOW, (Test(0, (0,)),)),
            Rule("clone3", MISSING),
        ),
        default=REFUSE,
    )


_NEW_NAMESPACES: Final = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET."""

_ALWAYS_DENIED: Final = (
    # other processes' memory and descriptors
    "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd "
    # another view of the file system
    "mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick "
    "mount_setattr name_to_handle_at open_by_handle_at fanotify_init mknod mknodat "
    # namespaces of one's own bring back the whole attack surface of root
    "setns unshare "
    # large or privileged interfaces that a compiler or a test runner has no use for
    "bpf userfaultfd perf_event_open add_key request_key keyctl memfd_secret lookup_dcookie "
    "kexec_load kexec_file_load init_module finit_module delete_module iopl ioperm modify_ldt "
    "swapon swapoff reboot syslog acct quotactl quotactl_fd nfsservctl uselib ustat _sysctl "
    "settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname vhangup "
    "move_pages migrate_pages"
)

_DONE: Final = 0x00050000
"""The call returns 0 and nothing happens."""
_CACHE_ADVICE: Final = "fadvise64 readahead"
_CACHE_READ: Final = "mincore cachestat inotify_init inotify_init1"
_ONLY_CACHED: Final = Test(5, (8,), mask=8)  # RWF_NOWAIT
_WATCHING: Final = Test(1, (1024, 1025, 1026, 1035, 1036, 1037, 1038))
"""F_SETLEASE, F_GETLEASE, F_NOTIFY, and those that get and set hints of how long what is written
will live, which stay with an inode after everybody has closed it.

Which files of the system are cached, or opened by others, is a place to leave and to find
word: it is shared by everything that runs on one kernel. Reading and being slow stay."""

_AF_UNIX: Final = 1
_AF_INET: Final = 2
_AF_INET6: Final = 10
_AF_NETLINK: Final = 16
_TIOCSTI: Final = 0x5412
_TIOCLINUX: Final = 0x541C
_EVERYONE: Final = 0xFFFFFFFF  # kill(-1, …)


def commands_filter(network: Network = "none") -> Filter:
    """Return the deny-list of a command: it may have files and processes, and little else.

    Args:
        network: ``loopback`` also allows internet sockets (and netlink, by which resolvers
            ask which addresses exist); what they reach is bounded elsewhere.
    """
    families = (_AF_UNIX,) if network == "none" else (_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK)
    return Filter(
        rules=(
            *(Rule(name, REFUSE) for name in _ALWAYS_DENIED.split()),
            *(Rule(name, _DONE) for name in _CACHE_ADVICE.split()),
            *(Rule(name, MISSING) for name in _CACHE_READ.split()),
            Rule("fcntl", REFUSE, (_WATCHING,), otherwise=ALLOW),
            Rule("preadv2", UNSUPPORTED, (_ONLY_CACHED,), otherwise=ALLOW),
            *(
                Rule(f"io_uring_{name}", MISSING)  # its operations bypass seccomp
                for name in ("setup", "enter", "register")
            ),
            # clone3 keeps its flags in memory, where no filter can look; libc falls back.
            Rule("clone3", MISSING),
            Rule("clone", ALLOW, (Test(0, (0,), mask=_NEW_NAMESPACES),)),
            Rule("socket", ALLOW, (Test(0, families),), otherwise=NO_FAMILY),
            Rule("socketpair", ALLOW, (Test(0, (_AF_UNIX,)),), otherwise=NO_FAMILY),
            # Typing into the terminal that a person will use afterwards.
            Rule("ioctl", REFUSE, (Test(1, (_TIOCSTI, _TIOCLINUX)),), otherwise=ALLOW),
            Rule("kill", REFUSE, (Test(0, (_EVERYONE,)),), otherwise=ALLOW),
        ),
        default=ALLOW,
    )


# --- seccomp: a command without namespaces ------------------------------------------------

ASK: Final = 0x7FC00000
"""SECCOMP_RET_USER_NOTIF: the zygote decides."""

_OWNERS: Final = "chown lchown fchown fchownat"
_ATTRIBUTES: Final = "setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr"
_SHARED_WITH_ALL: Final = (
    "shmget shmat shmctl semget semop semctl semtimedop msgget msgctl msgsnd msgrcv mq_open "
    "mq_unlink rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal"
)
_OF_ITSELF: Final = "prlimit64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler"


_CONNECTED: Final = Test(1, (1, 5), mask=0xF)
"""SOCK_STREAM or SOCK_SEQPACKET."""
_CHANGING: Final = (_TIOCSTI, _TIOCLINUX, 0x40086602, 0x401C5820, 0x40087602)
"""Besides terminals: FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR, FS_IOC_SETVERSION."""
_TIGHTER: Final = frozenset({"socket", "socketpair", "ioctl"})


def lone_commands_filter() -> Filter:
    """Return the deny-list of a command that shares the system's namespaces.

    Besides `commands_filter`: no sockets at all (a path may lead to a daemon of the host), no
    System V and POSIX objects that every process of the user can reach, and no limits or
    priorities but one's own. Owners and attributes of files stay as they are.
    """
    return Filter(
        rules=(
            *(Rule(name, REFUSE) for name in _OWNERS.split()),
            *(Rule(name, UNSUPPORTED) for name in _ATTRIBUTES.split()),
            *(Rule(name, REFUSE) for name in _SHARED_WITH_ALL.split()),
            *(Rule(name, ALLOW, (Test(0, (0,)),)) for name in _OF_ITSELF.split()),
            Rule("setpriority", ALLOW, (Test(0, (0,)), Test(1, (0,)))),
            Rule("ioprio_set", ALLOW, (Test(0, (1,)), Test(1, (0,)))),
            Rule("socket", NO_FAMILY),
            # A pair of datagram sockets could still send to any path.
            Rule("socketpair", ALLOW, (Test(0, (_AF_UNIX,)), _CONNECTED), otherwise=NO_FAMILY),
            Rule("ioctl", REFUSE, (Test(1, _CHANGING),), otherwise=ALLOW),
            *(rule for rule in commands_filter().rules if rule.call not in _TIGHTER),
        ),
        default=ALLOW,
    )


SUPERVISED: Final = "chmod fchmod fchmodat fchmodat2 utime utimes futimesat utimensat"
SUPERVISED_SIGNALS: Final = "kill tkill tgkill"


def supervised_filter(*, signals: bool) -> Filter:
    """Return the filter that stops a call until `inside/metadata.py` has looked at it.

    Args:
        signals: also those that send one, where landlock does not scope them.
    """
    calls = f"{SUPERVISED} {SUPERVISED_SIGNALS}" if signals else SUPERVISED
    return Filter(rules=tuple(Rule(name, ASK) for name in calls.split()), default=ALLOW)


_WRITERS: Final = (
    "creat truncate rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat "
    "mkdir mkdirat rmdir chmod fchmod fchmodat chown lchown fchown fchownat utime utimes "
    "utimensat futimesat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr"
)
_OPEN_WRITES: Final = 0o3 | 0o100 | 0o1000
"""O_WRONLY, O_RDWR, O_CREAT and O_TRUNC; O_TMPFILE needs one of the first two."""


def zygote_filter() -> Filter:
    """Return the deny-list of the calls zygote, which runs a user's stable modules.

    It reads, computes and forks. It starts no program, opens no socket (its own came by
    inheritance) and writes no file, even where there is no landlock.
    """
    commands = commands_filter().rules
    return Filter(
        rules=(
            *(Rule(name, REFUSE) for name in _WRITERS.split()),
            *(Rule(name, REFUSE) for name in ("execve", "execveat", "socket", "socketpair")),
            Rule("open", ALLOW, (Test(1, (0,), mask=_OPEN_WRITES),)),
            Rule("openat", ALLOW, (Test(2, (0,), mask=_OPEN_WRITES),)),
            Rule("openat2", MISSING),  # its flags stand in memory
            *(rule for rule in commands if rule.call not in {"socket", "socketpair"}),
        ),
        default=ALLOW,
    )


# --- landlock -----------------------------------------------------------------------------

EXECUTE: Final = 1 << 0
WRITE_FILE: Final = 1 << 1
READ_FILE: Final = 1 << 2
READ_DIR: Final = 1 << 3
REMOVE_DIR: Final = 1 << 4
REMOVE_FILE: Final = 1 << 5
MAKE_CHAR: Final = 1 << 6
MAKE_DIR: Final = 1 << 7
MAKE_REG: Final = 1 << 8
MAKE_SOCK: Final = 1 << 9
MAKE_FIFO: Final = 1 << 10
MAKE_BLOCK: Final = 1 << 11
MAKE_SYM: Final = 1 << 12
REFER: Final = 1 << 13
TRUNCATE: Final = 1 << 14
IOCTL_DEV: Final = 1 << 15

READ: Final = READ_FILE | READ_DIR
RUN: Final = READ | EXECUTE
WRITE: Final = (
    WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO
    | MAKE_SYM | REFER | TRUNCATE
)  # fmt: skip
"""Everything in a directory but making devices."""

_RIGHTS_OF_ABI: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP: Final = 0b11  # bind and connect
_TCP_SINCE: Final = 4
_SCOPED: Final = 0b11  # abstract unix sockets and signals
_SCOPED_SINCE: Final = 6


@dataclass(frozen=True, slots=True)
class Landlock:
    """A landlock ruleset: what is handled is denied, except beneath the rules' paths.

    Args:
        files: LANDLOCK_ACCESS_FS_* bits that are handled.
        tcp: LANDLOCK_ACCESS_NET_* bits that are handled; 0 before ABI 4.
        scoped: LANDLOCK_SCOPE_* bits; 0 before ABI 6.
        rules: ``(path, bits)``. A path that does not exist is skipped: nothing is granted.
    """

    files: int
    tcp: int
    scoped: int
    rules: tuple[tuple[str, int], ...] = ()

    def as_tuple(self) -> tuple[int, int, int, tuple[tuple[str, int], ...]]:
        """Return the plain form that `inside/kernel.py` takes."""
        return (self.files, self.tcp, self.scoped, self.rules)


def landlock(
    abi: int, rules: Sequence[tuple[str, int]] = (), *, network: Network = "none"
) -> Landlock:
    """Return the strongest ruleset of a landlock ABI that still grants ``rules``.

    Args:
        abi: 1 or later, as the kernel reports it.
        rules: ``(path, bits)`` from `READ`, `RUN`, `WRITE`; bits that the ABI lacks go.
        network: ``loopback`` leaves TCP alone, since landlock knows ports, not addresses.
    """
    files = (1 << _RIGHTS_OF_ABI.get(abi, 16)) - 1
    return Landlock(
        files=files,
        tcp=_TCP if abi >= _TCP_SINCE and network == "none" else 0,
        scoped=_SCOPED if abi >= _SCOPED_SINCE else 0,
        rules=tuple((path, bits & files) for path, bits in rules),
    )
