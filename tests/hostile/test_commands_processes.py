"""Hostile commands against processes: outlive, reach, forge, exhaust."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sigil.sandbox import Level, Limits

if TYPE_CHECKING:
    from tests.hostile.conftest import Attack

pytestmark = pytest.mark.hostile


def command_lines() -> Iterator[bytes]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes()
        except OSError:
            continue


def running(mark: str) -> list[bytes]:
    return [line for line in command_lines() if mark.encode() in line]


# --- outliving ----------------------------------------------------------------------------

DAEMONS = {
    "background": "sleep {mark} &",
    "setsid": "setsid sleep {mark} &",
    "double fork": "(setsid sh -c 'sleep {mark} & sleep {mark}' &);",
    "ignoring": "(trap '' TERM INT HUP; setsid sleep {mark}; sleep {mark}) &",
    "stopped": "sleep {mark} & kill -STOP $!;",
}


@pytest.mark.parametrize("kind", DAEMONS)
def test_no_process_outlives_its_command(shell_attack: Attack, kind: str):
    mark = f"{os.getpid()}71"
    result = shell_attack.sh(DAEMONS[kind].format(mark=mark) + " echo done")
    assert (result.ending, result.stdout) == ("exited", b"done\n")
    assert running(mark) == []


@pytest.mark.parametrize("kind", DAEMONS)
def test_no_process_outlives_a_deadline(shell_attack: Attack, kind: str):
    mark = f"{os.getpid()}72"
    line = f"trap '' TERM; {DAEMONS[kind].format(mark=mark)} sleep {mark}"
    assert shell_attack.sh(line, limits=Limits(wall_s=0.3)).ending == "timeout"
    assert running(mark) == []


def test_a_daemon_that_python_makes_is_ended(attack: Attack):
    mark = f"{os.getpid()}73"
    result = attack(
        f"""
        import signal
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for number in range(1, 32):
                    try:
                        signal.signal(number, signal.SIG_IGN)
                    except (OSError, ValueError):
                        pass
                os.execvp("sleep", ["sleep", "{mark}"])
            os._exit(0)
        os.wait()
        """
    )
    assert result.exit_code == 0, result.stderr
    assert running(mark) == []


@pytest.mark.parametrize(
    "line", ["while :; do :; done", "kill -STOP $$", "trap '' TERM; while :; do sleep 9; done"]
)
def test_what_never_ends_is_ended(shell_attack: Attack, line: str):
    result = shell_attack.sh(line, limits=Limits(wall_s=0.3))
    assert (result.ending, result.exit_code) == ("timeout", None)


# --- reaching -----------------------------------------------------------------------------


def test_everybody_cannot_be_killed(attack: Attack):
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        attack("try_(lambda: os.kill(-1, 9))")
        assert bystander.poll() is None
        assert attack.sh("echo alive").stdout == b"alive\n"
    finally:
        bystander.kill()
        bystander.wait()


def test_nobody_outside_can_be_signalled(attack: Attack):
    bystander = subprocess.Popen(["sleep", "60"])
    zygote = attack.sandbox._zygote
    assert zygote is not None
    try:
        pids = (os.getpid(), bystander.pid, zygote._process.pid, 1)
        attempts = [f"os.kill({pid}, 9)" for pid in pids]
        attempts += [f"os.kill(os.getppid() or {bystander.pid}, 9)", "os.killpg(1, 9)"]
        attempts += [f"os.killpg({os.getpgid(0)}, 9)"]
        assert attack.each(attempts) == dict.fromkeys(attempts, "held")
        assert bystander.poll() is None
        assert zygote.alive()
    finally:
        bystander.kill()
        bystander.wait()


def test_nobody_outside_can_be_slowed_or_limited(attack: Attack):
    me = os.getpid()
    before = (os.getpriority(os.PRIO_PROCESS, 0), os.sched_getaffinity(0))
    attempts = [
        f"os.setpriority(os.PRIO_PROCESS, {me}, 19)",
        f"os.sched_setaffinity({me}, [0])",
        f"__import__('resource').prlimit({me}, 0, (1, 1))",
    ]
    assert attack.each(attempts) == dict.fromkeys(attempts, "held")
    assert (os.getpriority(os.PRIO_PROCESS, 0), os.sched_getaffinity(0)) == before


MEMORY = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
buffer = ctypes.create_string_buffer(16)
for pid in ({pid}, os.getppid() or 1, 1):
    ours, theirs = Vector(ctypes.addressof(buffer), 16), Vector({address}, 16)
    done = libc.process_vm_readv(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)
    print("held" if done < 0 else "GOT", "held" if libc.ptrace(16, pid, 0, 0) < 0 else "GOT")
"""


def test_the_launchers_memory_cannot_be_reached(attack: Attack):
    result = attack(MEMORY.format(pid=os.getpid(), address=id(object)))
    assert result.stdout == b"held held\n" * 3


def test_the_host_cannot_be_reached_over_any_socket(attack: Attack, tmp_path: Path):
    path = str(tmp_path / "socket")
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(path)
        unix.listen()
        host, port = tcp.getsockname()
        attempts = [
            f"socket.create_connection(({host!r}, {port}), 1)",
            f"socket.socket(socket.AF_UNIX).connect({path!r})",
            "socket.create_connection(('192.0.2.1', 80), 1)",
            "socket.getaddrinfo('example.org', 80)",
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
            "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
            "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
            "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
            "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
            "socket.socket(40, socket.SOCK_STREAM)",
        ]
        held = attack.each(attempts)
    assert held == dict.fromkeys(attempts, "held")


def test_a_pair_of_sockets_is_no_way_to_a_path(attack: Attack, tmp_path: Path):
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as unix:
        unix.bind(path)
        attempt = f"socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b'x', {path!r})"
        assert attack.each([attempt]) == {attempt: "held"}


def test_flags_of_foreign_files_cannot_be_set(attack: Attack):
    attempt = (
        "__import__('fcntl').ioctl(os.open('/usr/bin/env', 0), 0x40086602, b'\\x40' + bytes(7))"
    )
    assert attack.each([attempt]) == {attempt: "held"}


def test_abstract_sockets_of_the_host_are_out_of_reach(attack: Attack):
    name = f"\0sigil-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(name)
        unix.listen()
        result = attack(f"try_(lambda: socket.socket(socket.AF_UNIX).connect({name!r}))")
    assert result.stdout == b"held\n"


def test_loopback_is_not_the_hosts(attack: Attack, command_level: Level):
    if command_level == "L2":
        pytest.skip("no network of its own without namespaces")
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        port = tcp.getsockname()[1]
        result = attack(
            f"try_(lambda: socket.create_connection(('127.0.0.1', {port}), 1))",
            network="loopback",
        )
    assert result.stdout == b"held\n"


def test_shared_memory_of_the_host_is_out_of_reach(attack: Attack):
    made = subprocess.run(["ipcmk", "-M", "64", "-p", "0666"], capture_output=True, check=True)
    number = int(made.stdout.split()[-1])
    try:
        code = f"""
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            libc.shmat.restype = ctypes.c_long
            print("held" if libc.shmat({number}, None, 0) == -1 else "GOT")
        """
        assert attack(code).stdout == b"held\n"
    finally:
        subprocess.run(["ipcrm", "-m", str(number)], check=True)


def test_calls_that_evade_filters_are_refused(attack: Attack):
    result = attack(
        """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        for name, number in (("io_uring_setup", 425), ("bpf", 321), ("userfaultfd", 323),
                             ("perf_event_open", 298), ("keyctl", 250), ("open_by_handle_at", 304),
                             ("fanotify_init", 300), ("pidfd_getfd", 438), ("setns", 308)):
            print(name, libc.syscall(number, 0, 0, 0, 0, 0))
        """
    )
    assert {line.split()[1] for line in result.stdout.splitlines()} == {b"-1"}


def test_the_other_instruction_set_is_death(attack: Attack):
    result = attack("import ctypes; ctypes.CDLL(None).syscall(0x40000000 + 39); print('GOT')")
    assert (result.ending, result.stdout) == ("signalled", b"")


# --- forging ------------------------------------------------------------------------------


def test_a_frame_of_ours_cannot_be_forged(attack: Attack):
    result = attack(
        """
        frames = [b'{"ended": 0, "cpu_ns": 0, "max_rss_bytes": 0}', b'{"missing": "x"}', b"go"]
        for number in range(3, 1024):
            for frame in frames:
                try:
                    os.write(number, frame)
                    print("GOT", number)
                except OSError:
                    pass
        sys.stdout.flush()
        for number in (0, 1, 2):
            for frame in frames:
                try:
                    os.write(number, frame + b"\\n")
                except OSError:
                    pass
        sys.exit(7)
        """
    )
    assert (result.ending, result.exit_code) == ("exited", 7)
    assert b"GOT" not in result.stdout
    assert result.cpu_ns > 0


def test_nothing_of_ours_is_left_in_a_warm_process(attack: Attack):
    result = attack(
        """
        import gc, socket
        everything = gc.get_objects()
        everything += [v for o in everything if isinstance(o, dict) for v in o.values()]
        print([s for s in everything if isinstance(s, socket.socket) and s.fileno() >= 0])
        frame = sys._getframe()
        while frame:
            held = [n for n, v in frame.f_locals.items() if isinstance(v, socket.socket)]
            print(held) if held else None
            frame = frame.f_back
        """
    )
    assert result.stdout == b"[]\n", result.stderr


# --- exhausting ---------------------------------------------------------------------------


def test_a_fork_bomb_is_bounded_and_ended(attack: Attack):
    mark = f"{os.getpid()}74"
    result = attack(
        """
        while True:
            try:
                os.fork()
            except OSError:
                pass
        """,
        mark,
        limits=Limits(wall_s=1.0, processes=40),
    )
    assert result.ending == "timeout"
    assert running(mark) == []


def test_a_bomb_of_threads_is_bounded(attack: Attack):
    result = attack(
        """
        import threading, time
        made = 0
        try:
            for made in range(10_000):
                threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        except RuntimeError:
            pass
        print(made < 200)
        """,
        limits=Limits(wall_s=10, processes=100),
    )
    assert result.stdout == b"True\n"


BOMBS = {
    "one block": "x = bytearray(2 * 10**9)",
    "many": "x = []\nwhile True: x.append(bytearray(10**6))",
    "caught": "x = []\nwhile True:\n    try: x.append(bytearray(10**6))\n"
    "    except MemoryError: pass",
    "children": "x = []\nfor _ in range(8):\n    if os.fork() == 0: break\n"
    "while True: x.append(bytearray(10**6))",
    "files": "while True:\n    for i in range(10**6):\n"
    "        open(f'/tmp/{i}', 'wb').write(bytes(10**6))",
}


@pytest.mark.parametrize("kind", BOMBS)
def test_memory_is_bounded(attack: Attack, kind: str):
    limits = Limits(wall_s=3.0, memory_bytes=100 * 2**20, processes=20, file_bytes=2**24)
    result = attack(BOMBS[kind], limits=limits)
    assert result.ending in ("memory", "timeout") or result.exit_code == 1
    assert result.max_rss_bytes < 300 * 2**20
    assert attack.sh("echo alive").stdout == b"alive\n"


def test_a_file_is_bounded(shell_attack: Attack):
    result = shell_attack.sh(
        "head -c 3000000 /dev/zero > big; stat -c %s big", limits=Limits(file_bytes=10**6)
    )
    assert int(result.stdout) <= 10**6


def test_a_limit_cannot_be_raised(attack: Attack):
    attempts = [
        f"__import__('resource').setrlimit({number}, (2**40, 2**40))"
        for number in ("1", "4", "6")  # FSIZE, CORE, NPROC
    ]
    assert attack.each(attempts) == dict.fromkeys(attempts, "held")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_ends_it(attack: Attack, stream: str):
    code = f"while True: os.write(sys.{stream}.fileno(), b'x' * 65536)"
    result = attack(code, limits=Limits(wall_s=20, output_bytes=10**5))
    assert result.ending == "flood"
    assert len(result.stdout) + len(result.stderr) == 10**5


def test_a_flood_from_many_processes_ends_it(shell_attack: Attack):
    result = shell_attack.sh(
        "for i in 1 2 3 4; do yes $i & done; wait", limits=Limits(wall_s=20, output_bytes=10**5)
    )
    assert result.ending == "flood"
    assert len(result.stdout) == 10**5


def test_a_closed_stdout_is_no_way_to_hide(shell_attack: Attack):
    result = shell_attack.sh("exec >&- 2>&-; sleep 60", limits=Limits(wall_s=0.3))
    assert result.ending == "timeout"


def test_the_test_itself_is_not_sealed():
    assert sys.platform != "linux" or Path(f"/proc/{os.getpid()}/environ").read_bytes()
