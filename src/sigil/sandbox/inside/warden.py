"""Look after one command: give it a place of its own, let it go, end all that it started.

Runs in the target's interpreter: CPython 3.9 or later, the standard library alone, and no
knowledge of Sigil. The warden is not sealed, but holds nothing worth having: one socket to the
parent, whose frames the command cannot forge because it never has that socket.

Not here: the command's own process (`program.py`).
"""

# Strings and descriptors, not Path objects: importing pathlib is dear, and so is each object.
# ruff: noqa: PTH123, PTH208

from __future__ import annotations

import os
import resource
import signal
import socket

import events
import kernel
import program
import view


def main(config: dict, exposed, request: dict, descriptors: list, parent: int):
    """Run one command from set-up to the end of its last process.

    Args:
        config: of the zygote.
        exposed: what commands may read.
        request: this command.
        descriptors: its stdin, stdout, stderr, and our socket to the parent.
        parent: a pidfd that becomes readable when the parent is gone.

    Returns:
        Only in the command's own process, when it is to run warm: what to call.
    """
    status = socket.socket(fileno=descriptors.pop())
    wake = events.wake_on_children()
    try:
        _settle(config, exposed, request)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = os.fork()
    except BaseException as error:
        _give_up(status, error)
    if command == 0:
        try:
            return program.prepare(config, exposed, request, descriptors, theirs)
        except BaseException as error:
            _give_up(theirs, error)
    theirs.close()
    for number in descriptors:
        os.close(number)
    _watch(status, ours, wake, parent, command)
    return None


def _settle(config: dict, exposed, request: dict) -> None:
    """Make the command's own namespaces and view, or at least become the heir of its orphans."""
    if config["level"] == "L3":
        kernel.die_with_parent(0)
        names = ["mount", "ipc"]
        if request["network"] == "loopback":
            names.append("net")
        kernel.unshare(*names)
        if request["network"] == "loopback":
            kernel.raise_loopback()
        view.enter(exposed, request)
    else:
        kernel.adopt_orphans()


def _give_up(channel: socket.socket, error: BaseException) -> None:
    events.send(channel, {"failed": "{}: {}".format(type(error).__name__, error)})
    os._exit(1)


def _watch(status, ours, wake: int, parent: int, command: int) -> None:
    """Relay the word to go, wait for the end, leave nothing running, report. Never returns."""
    ended = None
    told = {}
    while ended is None:
        ready = events.wait([status.fileno(), parent, wake, *([ours.fileno()] if ours else [])])
        if parent in ready:
            break
        if ours and ours.fileno() in ready:
            word = ours.recv(4096)
            if word:
                told = program.understand(word)
                events.send(status, told)
            else:
                ours = ours.close()
        if status.fileno() in ready:
            if status.recv(16) != b"go":
                break
            if ours:
                ours.send(b"go")
        if wake in ready:
            events.drain(wake)
            ended = _reap(command)
    rest = _end_all(command)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = {
        "ended": rest if ended is None else ended,
        "cpu_ns": int((used.ru_utime + used.ru_stime) * 1e9),
        "max_rss_bytes": used.ru_maxrss * 1024,
    }
    events.send(status, report)
    os._exit(0)


def _reap(command: int):
    """Reap whoever ended; return the command's wait status if it was among them."""
    ended = None
    try:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return ended
            if pid == command:
                ended = status
    except ChildProcessError:
        return ended


def _end_all(command: int):
    """Kill and reap every process of the command; return its wait status if it ended only now."""
    ended = None
    while True:
        if os.getpid() == 1:
            _kill(-1, signal.SIGKILL)
        else:
            _kill_descendants()
        try:
            pid, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return ended
        if pid == command:
            ended = status


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


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
