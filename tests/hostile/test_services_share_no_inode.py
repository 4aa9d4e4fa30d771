"""A service leaves a sign that another one, up at the same time on this kernel, looks for.

What is left at one side of an evaluation must change nothing of what the other side finds. The
signs that stay open (load, counters, pages in memory) are in docs/threat-model.md.
"""

from __future__ import annotations

import errno
import os
import platform
from pathlib import Path
from typing import Any

import pytest
from tests.hostile.deployed import make, tell

from sigil.gate.deploy import Deployment, Source
from sigil.sandbox.syscalls import NUMBERS

pytestmark = pytest.mark.hostile

Pair = tuple[Deployment, Deployment]

# --- locks --------------------------------------------------------------------------------

TRYING = """
import builtins, ctypes, fcntl, os, struct, sys

WHERE = 7000  # of one byte

def lock(kind, start=WHERE):
    return struct.pack("hhqqi", kind, 0, start, 1, 0)

def tried(attempt):
    try:
        return attempt() or "granted"
    except OSError as error:
        return error.strerror

def ways(number):
    own = lambda *args: fcntl.fcntl(number, *args) and "granted"
    found = lambda command: struct.unpack("hhqqi", fcntl.fcntl(number, command, lock(1))[:28])
    return {
        "shared": lambda: fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB),
        "range": lambda: own(fcntl.F_SETLK, lock(fcntl.F_RDLCK)),
        "range to write": lambda: own(fcntl.F_SETLK, lock(fcntl.F_WRLCK)),
        "range of the open file": lambda: own(fcntl.F_OFD_SETLK, lock(fcntl.F_RDLCK)),
        "who has it": lambda: found(fcntl.F_GETLK),
        "who has it open": lambda: found(fcntl.F_OFD_GETLK),
        "exclusive": lambda: fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB),
    }

def free(number):
    fcntl.flock(number, fcntl.LOCK_UN)
    for command in (fcntl.F_SETLK, fcntl.F_OFD_SETLK):
        fcntl.fcntl(number, command, lock(fcntl.F_UNLCK))
"""

LISTENING = """
number = {place}
said = {{}}
for name, attempt in ways(number).items():
    said[name] = tried(attempt)
    free(number)
os.close(number)
"""

LEAVING = """
number = {place}
said = tried(ways(number)[{way!r}])
builtins.held = number
"""

LETTING_GO = "import builtins, os\nos.close(builtins.held)\nsaid = 1"

READ = "os.open({!r}, os.O_RDONLY)"
SPACES = ("cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "user", "uts")
PLACES = {
    "a program": READ.format("/usr/bin/env"),
    "a setting": READ.format("/etc/passwd"),
    "the loader's cache": READ.format("/etc/ld.so.cache"),
    "a module": "os.open(os.__file__, os.O_RDONLY)",
    "the interpreter": "os.open(os.path.realpath(sys.executable), os.O_RDONLY)",
    "its own program": READ.format("/proc/self/exe"),
    "a folder": READ.format("/usr/lib"),
    "the root of an overlay": READ.format("/usr"),
    "the root": READ.format("/"),
    "a file of its checkout": READ.format("server.py"),
    "a table of the kernel": READ.format("/proc/stat"),
    "a setting of the kernel": READ.format("/proc/sys/kernel/ostype"),
    "the table of locks": READ.format("/proc/locks"),
    "its standard input": "os.dup(0)",
    "a device to write": "os.open('/dev/null', os.O_RDWR)",
    **{name: READ.format(f"/dev/{name}") for name in ("null", "zero", "full", "random", "urandom")},
    **{f"the namespace {name}": READ.format(f"/proc/self/ns/{name}") for name in SPACES},
    "an epoll": "ctypes.CDLL(None).epoll_create1(0)",
    "an event": "os.eventfd(0)",
    "a memory file": "os.memfd_create('x')",
}


def listen(service: Deployment, place: str) -> dict[str, Any]:
    said = tell(service, TRYING + LISTENING.format(place=place))
    assert isinstance(said, dict), said  # not the name of an error
    return said


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_no_lock_of_one_service_is_seen_by_another(pair: Pair, place: str):
    pr, baseline = pair
    before = listen(pr, place)
    ways = ("shared", "range", "range to write", "range of the open file", "exclusive")
    heard = {}
    for way in ways:
        tell(baseline, TRYING + LEAVING.format(place=place, way=way))
        heard[way] = listen(pr, place)
        tell(baseline, LETTING_GO)
    assert heard == dict.fromkeys(ways, before)


def test_a_lock_still_keeps_a_service_from_itself(pair: Pair):
    place = PLACES["a program"]
    assert listen(pair[0], place)["exclusive"] == "granted"
    tell(pair[0], TRYING + LEAVING.format(place=place, way="exclusive"))
    heard = listen(pair[0], place)
    tell(pair[0], LETTING_GO)
    assert heard["exclusive"] == os.strerror(errno.EAGAIN)


def test_a_database_in_a_file_works(pair: Pair):
    said = tell(
        pair[0],
        """
        import sqlite3
        said = []
        for name in ("own.db", "/tmp/own.db"):
            one, other = (sqlite3.connect(name, timeout=0) for _ in range(2))
            with one:
                one.execute("create table t (x)")
            one.execute("begin exclusive")
            try:
                other.execute("begin exclusive")
                said.append("both")
            except sqlite3.OperationalError as error:
                said.append(str(error))
            one.close(), other.close()
        """,
    )
    assert said == ["database is locked"] * 2


def test_locks_of_open_files_are_not_listed_for_all(pair: Pair):
    pr, baseline = pair
    place = "os.open('/tmp/listed', os.O_RDWR | os.O_CREAT)"
    left = tell(baseline, TRYING + LEAVING.format(place=place, way="range of the open file"))
    said = tell(pr, "said = open('/proc/locks').read()")
    tell(baseline, LETTING_GO)
    assert (left, said) == ("granted", "")


# --- what stays with an inode -------------------------------------------------------------


@pytest.mark.parametrize("command", [1035, 1036, 1037, 1038])
@pytest.mark.parametrize("path", ["/usr/bin/env", "/dev/null", "/proc/self/ns/uts"])
def test_a_file_takes_no_hint_and_tells_none(pair: Pair, command: int, path: str):
    said = tell(
        pair[0],
        f"""
        import fcntl, os
        fcntl.fcntl(os.open({path!r}, os.O_RDONLY), {command}, bytes([3, 0, 0, 0, 0, 0, 0, 0]))
        """,
    )
    assert said == "PermissionError"


STATE_OF_EXT4, READ_EXTENTS_AHEAD = 0x40046629, 0x6612


@pytest.mark.parametrize("request_", [STATE_OF_EXT4, READ_EXTENTS_AHEAD])
def test_its_file_system_keeps_no_state_of_a_file_for_it(pair: Pair, request_: int):
    said = tell(
        pair[0],
        f"""
        import fcntl, os
        try:
            fcntl.ioctl(os.open("/usr/bin/env", os.O_RDONLY), {request_}, bytes(4))
        except OSError as error:
            said = error.strerror
        """,
    )
    assert said == "Inappropriate ioctl for device"


def test_reading_a_file_leaves_no_time(home: Path, source: Source):
    folder = home / "readable"
    folder.mkdir()
    (folder / "file").write_text("read")
    os.utime(folder / "file", ns=(10**9, 2 * 10**9))  # so old that a read would be noted
    with make(home, source, readable=[str(folder)]) as service:
        path = str(folder / "file")
        said = tell(
            service, f"import os\nsaid = [open({path!r}).read(), os.stat({path!r}).st_atime]"
        )
    assert said == ["read", 1.0]
    assert (folder / "file").stat().st_atime_ns == 10**9


def test_no_attribute_can_be_left_at_a_file(pair: Pair):
    said = tell(pair[0], "import os\nos.setxattr('/usr/bin/env', 'user.x', b'x')")
    assert said == "OSError"


# --- names that a kernel knows ------------------------------------------------------------

LIBC = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
UNIX = "import builtins, socket\nbuiltins.one = socket.socket(socket.AF_UNIX)\n"
SIGNS = {
    "an abstract socket": (
        UNIX + "builtins.one.bind('\\0sigil-sign')\nbuiltins.one.listen()",
        "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0sigil-sign')",
    ),
    "a socket in the table": (
        UNIX + "builtins.one.bind('\\0sigil-listed')",
        "said = 'sigil-listed' in open('/proc/net/unix').read()",
    ),
    "shared memory of System V": (
        LIBC + "libc.shmget(0x51611, 4096, 0o1666)",
        LIBC + "said = libc.shmget(0x51611, 0, 0) >= 0",
    ),
    "a semaphore of System V": (
        LIBC + "libc.semget(0x51611, 1, 0o1666)",
        LIBC + "said = libc.semget(0x51611, 0, 0) >= 0",
    ),
    "a file in memory": (
        "open('/dev/shm/sigil-sign', 'w')",
        "import os\nsaid = os.path.exists('/dev/shm/sigil-sign')",
    ),
    "a file in the folder for such": (
        "open('/tmp/sigil-sign', 'w')",
        "import os\nsaid = os.path.exists('/tmp/sigil-sign')",
    ),
}


@pytest.mark.parametrize(("leave", "look"), SIGNS.values(), ids=SIGNS)
def test_what_has_a_name_is_only_found_by_who_made_it(pair: Pair, leave: str, look: str):
    pr, baseline = pair
    before = tell(pr, look)
    tell(baseline, leave)
    assert tell(pr, look) == before
    assert tell(baseline, look) != before  # so it was there to be found


def test_a_service_has_no_queue_of_posix(pair: Pair):
    said = tell(
        pair[0], LIBC + "said = [libc.mq_open(b'/sign', 0o102, 0o666, None), ctypes.get_errno()]"
    )
    assert said == [-1, errno.EACCES]


@pytest.mark.parametrize("call", ["add_key", "request_key", "keyctl"])
def test_a_service_has_no_keyring(pair: Pair, call: str):
    number = NUMBERS[call][platform.machine() != "x86_64"]
    said = tell(
        pair[0],
        LIBC
        + f"said = [libc.syscall({number}, b'user', b'sign', b'x', 1, -4), ctypes.get_errno()]",
    )
    assert said == [-1, errno.EPERM]
