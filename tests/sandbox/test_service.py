"""Services: they stay, they are reached by one way alone, and they end with whoever holds them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from sigil.errors import SandboxUnavailable
from sigil.sandbox import CommandSandbox, Limits, freeze, open_checkout, service
from sigil.sandbox.service import Service

LIMITS = Limits(memory_bytes=256 * 2**20)

ECHO = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.create_server((sys.argv[1], int(sys.argv[2])), family=family) as server:
    print("ready", flush=True)
    while True:
        taken, _ = server.accept()
        with taken:
            taken.sendall(taken.recv(100))
"""

Start = Callable[..., Service]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a Python program as a service."""
    (tmp_path / "repo").mkdir()
    base = freeze(tmp_path / "repo", tmp_path / "cache")
    with ExitStack() as stack:

        def started(program: str, *arguments: str, **more: object) -> Service:
            text = {"s.py": textwrap.dedent(program)}
            checkout = stack.enter_context(open_checkout(base, text, scratch=tmp_path / "scratch"))
            try:
                sandbox = CommandSandbox(warm=False, level="L3", limits=LIMITS)
            except SandboxUnavailable as missing:
                pytest.skip(str(missing))
            stack.callback(sandbox.close)
            command = more.pop("command", ["python", "s.py", *arguments])
            return stack.enter_context(Service(sandbox, command, checkout=checkout, **more))

        yield started


def connected(running: Service, port: int) -> socket.socket:
    """Connect as soon as the service listens."""
    for _ in range(400):
        try:
            return running.connect(port, timeout_s=5)
        except OSError:
            assert running.ended(0.05) is None
    raise AssertionError("it never listened")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0"])
def test_a_connection_reaches_what_listens_on_the_services_loopback(start: Start, address: str):
    with connected(start(ECHO, address, "8000"), 8000) as connection:
        connection.sendall(b"hello")
        assert connection.recv(100) == b"hello"


def test_the_way_in_is_a_stream_of_ours_alone(start: Start):
    with connected(start(ECHO, "127.0.0.1", "8000"), 8000) as connection:
        assert (connection.family, connection.type) == (socket.AF_INET, socket.SOCK_STREAM)
        assert not connection.get_inheritable()


def test_nobody_reaches_it_through_our_own_loopback(start: Start):
    connected(start(ECHO, "127.0.0.1", "18643"), 18643).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 18643), timeout=5)


def test_two_services_have_the_same_port_and_cannot_reach_each_other(start: Start):
    asking = """
    import socket, sys
    with socket.create_server(("127.0.0.1", 8001)) as server:
        try:
            socket.create_connection(("127.0.0.1", 8000), timeout=5)
            said = b"reached"
        except OSError as error:
            said = type(error).__name__.encode()
        while True:
            taken, _ = server.accept()
            taken.sendall(said)
            taken.close()
    """
    connected(start(ECHO, "127.0.0.1", "8000"), 8000).close()
    with connected(start(asking), 8001) as connection:
        assert connection.recv(100) == b"ConnectionRefusedError"


def test_a_port_that_nobody_listens_on_refuses(start: Start):
    running = start(ECHO, "127.0.0.1", "8000")
    connected(running, 8000).close()
    with pytest.raises(ConnectionRefusedError):
        running.connect(8001, timeout_s=5)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_ports_that_it_listens_on_are_told(start: Start, address: str):
    running = start(ECHO, address, "8765")
    connected(running, 8765).close()
    assert running.ports() == [8765]


def test_a_fork_of_ours_connects_too(start: Start):
    running = start(ECHO, "127.0.0.1", "8000")
    connected(running, 8000).close()
    child = os.fork()
    if child == 0:
        with running.connect(8000, timeout_s=5) as connection:
            connection.sendall(b"x")
            os._exit(0 if connection.recv(1) == b"x" else 1)
    assert os.waitpid(child, 0)[1] == 0


# --- how it ends --------------------------------------------------------------------------


def test_a_service_that_ends_says_how(start: Start):
    ended = start("raise SystemExit(7)").ended(20)
    assert ended is not None
    assert (ended.ending, ended.code) == ("exited", 7)


def test_a_service_that_is_killed_says_by_what(start: Start):
    ended = start("import os; os.kill(os.getpid(), 11)").ended(20)
    assert ended is not None
    assert (ended.ending, ended.code) == ("signalled", 11)


def test_a_program_that_does_not_exist_is_missing(start: Start):
    ended = start("", command="no-such-program --port 1").ended(20)
    assert ended is not None
    assert ended.ending == "missing"
    assert "no-such-program" in ended.reason


def test_a_service_that_fills_the_disk_is_stopped(start: Start, monkeypatch):
    room = [2**40]
    monkeypatch.setattr(service, "_free", lambda place: room[0])
    monkeypatch.setattr(service, "LOOK_S", 0.01)
    running = start(ECHO, "127.0.0.1", "8000")
    connected(running, 8000).close()
    room[0] = 0
    ended = running.ended(20)
    assert ended is not None
    assert ended.ending == "disk"


def test_connecting_to_an_ended_service_is_refused(start: Start):
    running = start("pass")
    assert running.ended(20)
    with pytest.raises(OSError):  # noqa: PT011 - refused or reset, by who is faster
        running.connect(8000, timeout_s=5)


def test_what_was_stopped_did_not_end_by_itself(start: Start):
    running = start(ECHO, "127.0.0.1", "8000")
    running.stop()
    running.stop()
    assert running.ended(1) is None
    assert running.ports() == []
    with pytest.raises(ConnectionRefusedError, match="stopped"):
        running.connect(8000, timeout_s=1)


def test_many_threads_may_ask_whether_it_has_ended(start: Start):
    running = start("raise SystemExit(7)")
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: running.ended(20), range(8)))
    assert found == {service.Ended("exited", 7)}


def test_stopping_ends_what_ignores_every_signal_and_what_it_started(start: Start):
    mark = f"{os.getpid()}81"
    running = start(
        f"""
        import os, signal, socket
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        if os.fork() == 0:
            os.setsid()
            os.execvp("sleep", ["sleep", "{mark}"])
        server = socket.create_server(("127.0.0.1", 8000))
        while True:
            server.accept()
        """
    )
    connected(running, 8000).close()
    running.stop()
    assert not alive(mark)


KILLED = """
import sys
from pathlib import Path
from sigil.sandbox import CommandSandbox, freeze, open_checkout
from sigil.sandbox.service import Service
place = Path(sys.argv[1])
base = freeze(place / "repo", place / "cache")
sandbox, checkout = CommandSandbox(warm=False), open_checkout(base, {}, scratch=place / "scratch")
service = Service(sandbox, "sleep " + sys.argv[2], checkout=checkout)
print("started", flush=True)
sys.stdin.read()
"""


def test_a_service_ends_when_we_are_killed(tmp_path: Path):
    (tmp_path / "repo").mkdir()
    mark = f"{os.getpid()}82"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path), mark],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    for _ in range(200):
        if not alive(mark):
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise AssertionError("it outlived us")


def alive(mark: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes().split(b"\0"):
                return True
        except OSError:
            continue
    return False


def children() -> set[int]:
    """Return the pids of our own children."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


def test_a_service_ends_with_the_process_that_looks_after_it(start: Start):
    before = children()
    mark = f"{os.getpid()}83"
    running = start(ECHO, "127.0.0.1", "8000", mark)
    connected(running, 8000).close()
    assert alive(mark)
    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(SandboxUnavailable, match="looks after a service died"):
        running.ended(20)
    for _ in range(200):
        if not alive(mark):
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise AssertionError("it outlived the process that looks after it")


# --- what it prints -----------------------------------------------------------------------


def test_the_end_of_what_it_prints_is_kept_where_that_is_asked_for(start: Start):
    running = start("print('a' * 100_000); print('last words')", log_bytes=1000)
    assert running.ended(20)
    running.stop()
    assert running.tail().endswith(b"aaa\nlast words\n")
    assert len(running.tail()) == 1000


def test_what_it_printed_is_forgotten_with_all_that_comes(start: Start):
    program = """
import socket
server = socket.create_server(("127.0.0.1", 8000))
print("early", flush=True)
server.accept()
print("late")
"""
    running = start(program, log_bytes=1000)
    running.hush()
    while running.ended(0.05) is None:
        with suppress(OSError):
            running.connect(8000, timeout_s=1).close()
    running.stop()
    assert running.tail() == b""


def test_otherwise_nothing_of_it_reaches_us(start: Start):
    running = start("print('secret')")
    assert running.ended(20)
    running.stop()
    assert running.tail() == b""


def test_its_environment_is_what_was_declared(start: Start, monkeypatch):
    monkeypatch.setenv("SECRET_OF_OURS", "canary")
    running = start("import os; print(sorted(os.environ))", env={"DECLARED": "1"}, log_bytes=10_000)
    assert running.ended(20)
    running.stop()
    names = ["DECLARED", "HOME", "LANG", "PATH", "PYTHONHASHSEED", "TZ"]
    assert running.tail().decode().strip() == str(names)


# --- where it cannot be -------------------------------------------------------------------


def test_without_namespaces_there_is_no_service(tmp_path: Path):
    (tmp_path / "repo").mkdir()
    base = freeze(tmp_path / "repo", tmp_path / "cache")
    try:
        sandbox = CommandSandbox(warm=False, level="L2")
    except SandboxUnavailable as missing:
        pytest.skip(str(missing))
    with (
        sandbox,
        open_checkout(base, {}, scratch=tmp_path / "scratch") as checkout,
        pytest.raises(SandboxUnavailable, match="network namespaces"),
    ):
        Service(sandbox, "sleep 100", checkout=checkout)
