"""Look after one command: fork it into a place of its own, end all that it started.

Runs in the target's interpreter: CPython 3.9 or later, the standard library alone, and no
knowledge of Sigil. All of this happens in the zygote, which has one command at a time: so a
command costs one fork. Under L3 the command is pid 2 of a pid namespace whose pid 1 only
waits to be killed, and takes all others along; elsewhere the zygote inherits every orphan.

What the command is to do it hears from the parent itself, over the *gate*: a socket that it
closes before anybody else's code runs. The zygote's own socket it never holds.

Not here: the command's own process (`program.py`).
"""

# Strings and descriptors, not Path objects: importing pathlib is dear, and so is each object.
# ruff: noqa: PTH123, PTH208

from __future__ import annotations

import json
import os
import signal
import socket
from contextlib import suppress

import door
import metadata
import program
import view


class Ward:
    """One command, from set-up to the end of its last process.

    Args:
        config: of the zygote.
        exposed: what commands may read.
        namespace: where the command's processes live; None where there are no namespaces.
    """

    def __init__(self, config: dict, exposed, namespace) -> None:
        self._config = config
        self._exposed = exposed
        self._namespace = namespace
        self._first = 0
        self._view = -1
        self._status = None
        self._cpu_s = 0.0
        self._max_rss_kib = 0
        self._settled = None
        self._supervisor = None
        self._door = None
        self.pid = 0

    def start(self, gate: int):
        """Fork the command, which prepares and then waits at the gate.

        Returns:
            Only in the command's own process, and only if it is to run warm: what to call.
        """
        self._settled, settled = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if self._namespace is not None:
            self._first = self._namespace.open()
        self.pid = os.fork()
        if self.pid == 0:
            return program.become(self._config, self._exposed, gate, settled.detach())
        os.close(gate)
        settled.close()
        if self._namespace is not None:
            self._namespace.leave()
        return None

    def numbers(self) -> list:
        """Return the descriptors to watch on behalf of `attend`."""
        numbers = [] if self._settled is None else [self._settled.fileno()]
        if self._supervisor is not None:
            numbers.append(self._supervisor.listener)
        if self._door is not None:
            numbers.append(self._door.channel.fileno())
        return numbers

    def open_door(self, channel: int) -> None:
        """Let sockets be asked for, over ``channel``, that are in the command's network."""
        self._close_door()
        if self._namespace is not None:
            with suppress(OSError):  # it has just ended
                self._door = door.Door(channel, self.pid)
        if self._door is None:
            os.close(channel)  # which the parent sees

    def attend(self, ready: set) -> None:
        """Hear the command's process until it is sealed, and then what it may not do alone."""
        opened = self._door
        if opened is not None and opened.channel.fileno() in ready and not opened.serve():
            self._close_door()
        supervisor = self._supervisor
        if supervisor is not None and supervisor.listener in ready and not supervisor.serve():
            self._dismiss()
        if self._settled is not None and self._settled.fileno() in ready:
            word, descriptors, _, _ = socket.recv_fds(self._settled, 65536, 1)
            if descriptors:
                self._supervise(descriptors[0], json.loads(word)["roots"])
            elif self._namespace is not None:
                self._keep_view()
                self._settled = self._settled.close()  # and is not woken by it any more
            elif not word:
                self._settled = self._settled.close()

    def _keep_view(self) -> None:
        """Hold the command's mounts, so that its end need not wait until they are taken down."""
        with suppress(OSError):
            name = "{}/proc/{}/ns/mnt".format(view.HOST, self.pid)
            self._view = os.open(name, os.O_RDONLY | os.O_CLOEXEC)

    def _supervise(self, listener: int, roots: list) -> None:
        self._supervisor = metadata.Supervisor(
            listener, self._config["numbers"], roots, _descendants
        )

    def _dismiss(self) -> None:
        os.close(self._supervisor.listener)
        self._supervisor = None

    def _close_door(self) -> None:
        if self._door is not None:
            self._door.close()
            self._door = None

    def reap(self) -> bool:
        """Reap what has ended; say whether the command was among it."""
        while self._take(os.WNOHANG):
            pass
        return self._status is not None

    def end(self) -> dict:
        """Kill and reap every process of the command; return the report."""
        if self._namespace is not None:
            # A namespace that ends buries its dead without saying what they used.
            self._cpu_s += _used_by_the_living({os.getpid(), self._first})
        while True:
            if self._namespace is None:
                _kill_descendants()
            else:
                _kill(self._first, signal.SIGKILL)
            if not self._take(0):
                break
        return {
            "ended": self._status,
            "cpu_ns": int(self._cpu_s * 1e9),
            "max_rss_bytes": self._max_rss_kib * 1024,
        }

    def _take(self, options: int) -> bool:
        """Reap one child, with what it used; False if there is none to reap."""
        try:
            pid, status, used = os.wait4(-1, options)
        except ChildProcessError:
            return False
        if pid == self.pid:
            self._status = status
        if pid:
            self._cpu_s += used.ru_utime + used.ru_stime
            self._max_rss_kib = max(self._max_rss_kib, used.ru_maxrss)
        return pid != 0

    def close(self) -> None:
        """Let go of what is left, which may take the kernel a while."""
        if self._settled is not None:
            self._settled.close()
        self._close_door()
        if self._supervisor is not None:
            self._dismiss()
        if self._view >= 0:
            os.close(self._view)


def _used_by_the_living(others: set) -> float:
    """Return the processor time of the processes in our namespaces, in seconds.

    Args:
        others: pids that do not count.
    """
    ticks = 0
    proc = view.HOST + "/proc"
    for name in os.listdir(proc):
        if name.isdigit() and int(name) not in others:
            with suppress(OSError), open("{}/{}/stat".format(proc, name), "rb") as file:
                ticks += sum(map(int, file.read().rpartition(b")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _kill(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _kill_descendants() -> None:
    """Kill all, having stopped them first: what is stopped forks no more."""
    stopped = set()
    while True:
        fresh = _descendants() - stopped
        if not fresh:
            break
        for pid in fresh:
            _kill(pid, signal.SIGSTOP)
        stopped |= fresh
    for pid in stopped:
        _kill(pid, signal.SIGKILL)


def _descendants() -> set:
    """Return the pids of all living processes below this one.

    A pid cannot be reused meanwhile by a stranger: the processes are our children, or end as
    such, and nobody but us reaps those.
    """
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/{}/stat".format(name), "rb") as file:
                    facts = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if facts[0] != b"Z":
                children.setdefault(int(facts[1]), []).append(int(name))
    found = set()
    left = [os.getpid()]
    while left:
        for child in children.get(left.pop(), ()):
            found.add(child)
            left.append(child)
    return found
