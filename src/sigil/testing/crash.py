"""Kill a real process at every call that writes, one call after the other.

A scenario is a function ``(directory, acknowledge)`` that does something durable and calls
``acknowledge(value)`` for whatever it would report as done. It runs in a forked child that
kills itself with SIGKILL at its n-th writing call, for n = 1, 2, … until it runs through;
a ``write`` is also killed half-way. What each child left behind, and what it had
acknowledged by then, is for the test to judge.

    for death in deaths(Path("scenarios.py"), "appends", tmp_path):
        ...

The children are forked by a process of their own, which has no threads. Not here: a power
cut, which loses what a kill keeps (`sigil.testing.power`), and writes that do not go
through `os`, such as SQLite's.
"""

from __future__ import annotations

import itertools
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

WRITING = (
    "open", "write", "pwrite", "fsync", "fdatasync", "rename", "replace", "link", "symlink",
    "unlink", "rmdir", "mkdir", "truncate", "ftruncate",
)  # fmt: skip
Moment = Literal["before", "half-way"]
Acknowledge = Callable[[object], None]
Scenario = Callable[[Path, Acknowledge], None]


@dataclass(frozen=True, slots=True)
class Death:
    """How one child ended.

    Args:
        call: which writing call it was, from 1.
        name: of that call, such as ``fsync``; empty if it ran through.
        moment: before the call, or half-way through a write.
        directory: what it left.
        acknowledged: what it had reported as done.
    """

    call: int
    name: str
    moment: Moment
    directory: Path
    acknowledged: list[Any]


def deaths(file: Path, function: str, root: Path) -> Iterator[Death]:
    """Run a scenario to every death of it, and at last to its end.

    Args:
        file: a Python file.
        function: the scenario's name in it.
        root: where the children get a directory each.

    Raises:
        AssertionError: a child failed otherwise than by being killed.
    """
    command = [sys.executable, "-m", "sigil.testing.crash", str(file), function, str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # asked for above
        for line in process.stdout:
            found: dict[str, Any] = json.loads(line)
            found["directory"] = Path(found["directory"])
            yield Death(**found)
    assert process.returncode == 0, f"{function} failed by itself, see its output above"


# --- the process that forks -------------------------------------------------------------


def _run(scenario: Scenario, root: Path) -> None:
    for call, moment in _moments():
        directory = root / f"{call:03}-{moment}"
        directory.mkdir(parents=True)
        name, acknowledged = _child(scenario, directory, call, moment)
        if name == "" and moment == "half-way":
            continue  # this call was no write
        found = Death(call, name, moment, directory, acknowledged)
        print(json.dumps({**_fields(found), "directory": str(directory)}), flush=True)
        if name == "":
            return


def _moments() -> Iterator[tuple[int, Moment]]:
    for call in itertools.count(1):
        yield call, "before"
        yield call, "half-way"


def _fields(death: Death) -> dict[str, Any]:
    return {name: getattr(death, name) for name in Death.__slots__}


def _child(scenario: Scenario, directory: Path, call: int, moment: Moment) -> tuple[str, list[Any]]:
    """Fork, run and bury one child; return the call it died at and what it acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _live_and_die(scenario, directory, call, moment, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        messages = [json.loads(line) for line in pipe]
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in {0, -signal.SIGKILL}:
        raise SystemExit(f"the child ended with {status} at call {call}")
    names = [message["died"] for message in messages if "died" in message]
    acknowledged = [message["done"] for message in messages if "done" in message]
    return (names[0] if names else ""), acknowledged


def _live_and_die(
    scenario: Scenario, directory: Path, call: int, moment: Moment, pipe: int
) -> None:
    send = os.write

    def tell(**message: object) -> None:
        send(pipe, json.dumps(message).encode() + b"\n")

    _arm(call, moment, lambda name: tell(died=name))
    try:
        scenario(directory, lambda value: tell(done=value))
    except BaseException:  # noqa: BLE001  the child must not return into its parent's stack
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _arm(call: int, moment: Moment, last_words: Callable[[str], None]) -> None:
    """Replace every writing function of `os` by one that counts, and kills at ``call``."""
    count = itertools.count(1)
    lock = threading.Lock()

    def wrap(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **rest: Any) -> Any:
            if name == "open" and not arguments[1] & (os.O_CREAT | os.O_TRUNC):
                return real(*arguments, **rest)
            with lock:
                fatal = next(count) == call
            if fatal and moment == "half-way" and name in {"write", "pwrite"}:
                data = bytes(arguments[1])
                real(arguments[0], data[: len(data) // 2], *arguments[2:])
            elif not fatal or moment == "half-way":
                return real(*arguments, **rest)
            last_words(name)
            os.kill(os.getpid(), signal.SIGKILL)
            return threading.Event().wait()  # the signal may reach another thread first

        return counted

    for name in WRITING:
        setattr(os, name, wrap(name, getattr(os, name)))


if __name__ == "__main__":
    _run(runpy.run_path(sys.argv[1])[sys.argv[2]], Path(sys.argv[3]))
