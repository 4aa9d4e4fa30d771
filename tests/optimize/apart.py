"""A backend that has its lanes in a process of its own, as one on another machine would.

Its settings: ``log``, a file that gets a line for each candidate. Also a plugin's module: the
tests of whole commands install it.
"""

from __future__ import annotations

import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sigil.errors import SandboxUnavailable
from sigil.evaluate.backend import Order
from sigil.evaluate.facts import Facts
from sigil.evaluate.lanes import Lanes
from sigil.evaluate.result import Evaluation
from sigil.evaluate.settings import Effort


class Apart:
    """Asks the other process, and hands its answers on."""

    def __init__(self, order: Order, settings: Mapping[str, Any]):
        unknown = sorted({*settings} - {"log"})
        if unknown:
            raise ValueError(f"apart takes log, and no {', '.join(unknown)}")
        self._log = Path(settings["log"]) if "log" in settings else None
        self._facts: Facts | None = None
        self._numbers = count()
        self._asked: dict[int, Future[Any]] = {}
        self._lock = threading.Lock()
        self._is_ending = False
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                process_group=0,  # what Ctrl-C means is for the run to decide
            )
            self._connection = Connection(ours.detach())
        with suppress(OSError):
            self._connection.send_bytes(pickle.dumps(order))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def facts(self) -> Facts:
        if self._facts is None:
            self._facts = self._ask("facts").result()
        return self._facts

    def baseline(self) -> Evaluation:
        return self.facts.evaluation

    def adopt(self, facts: Facts) -> None:
        self._facts = facts
        self._ask("adopt", facts).result()

    def environment(self) -> Future[dict[str, Any]]:
        return self._ask("environment")

    def submit(
        self, files: Mapping[str, str], effort: Effort, bar: Sequence[float] = ()
    ) -> Future[Evaluation]:
        if self._log is not None:
            with self._log.open("a") as log:
                log.write(f"{effort}\n")
        return self._ask("submit", dict(files), effort, tuple(bar))

    def dismiss(self) -> None:
        with self._lock:
            if not self._is_ending:
                self._is_ending = True
                with suppress(OSError):
                    self._connection.send((0, "end"))

    def close(self) -> None:
        self.dismiss()
        self._process.wait()
        self._reader.join()
        self._connection.close()

    def _ask(self, kind: str, *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            number = next(self._numbers)
            self._asked[number] = future
            try:
                self._connection.send((number, kind, *arguments))
            except OSError:
                self._settle(number, self._why_not())
        return future

    def _read(self) -> None:
        with suppress(OSError, EOFError):
            while True:
                number, answer = self._connection.recv()
                self._settle(number, answer)
        with self._lock:  # nobody asks between this and the end of what was asked
            for number in list(self._asked):
                self._settle(number, self._why_not())

    def _why_not(self) -> Exception:
        if self._is_ending:
            return CancelledError()
        return SandboxUnavailable("the process of the lanes ended", remedy="go on with --resume")

    def _settle(self, number: int, answer: Any) -> None:
        future = self._asked.pop(number, None)
        if future is None or not future.set_running_or_notify_cancel():
            return
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)


def serve(connection: Connection) -> None:
    """Answer until told to end, or until whoever asks is gone."""
    sending = threading.Lock()

    def send(number: int, answer: Any) -> None:
        with sending, suppress(OSError):
            connection.send((number, answer))

    def arrived(number: int, future: Future[Any]) -> None:
        if not future.cancelled():
            send(number, future.exception() or future.result())

    order = pickle.loads(connection.recv_bytes())
    with (
        Lanes(order.definition, order.target, order.settings, order.count) as lanes,
        ThreadPoolExecutor(1) as first,
        suppress(EOFError, OSError),
    ):
        while True:
            number, kind, *arguments = connection.recv()
            if kind == "end":
                lanes.dismiss()
                break
            if kind == "facts":
                future = first.submit(lambda: lanes.facts)
            elif kind == "adopt":
                future = first.submit(lanes.adopt, *arguments)
            else:
                future = getattr(lanes, kind)(*arguments)
            future.add_done_callback(partial(arrived, number))


if __name__ == "__main__":
    with Connection(int(sys.argv[1])) as connection:
        serve(connection)
