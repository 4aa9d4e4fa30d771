"""Threads that do what they are given, in order, and never outlive their welcome.

Unlike those of `concurrent.futures`, they do not hold up the end of the process: a model that
does not answer must not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from sigil.effects import Clock


class Workers:
    """Up to ``most`` threads, started when there is work.

    Args:
        name: of the threads.
        most: jobs done at once.
    """

    def __init__(self, name: str, most: int):
        self._name = name
        self._most = most
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, job: Callable[[], None]) -> None:
        """Have ``job`` done, which must not raise. Called from one thread alone."""
        self._jobs.put(job)
        if len(self._threads) < self._most:
            name = f"{self._name}-{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def end(self) -> None:
        """Let every thread end after what it is doing and what waits."""
        for _ in self._threads:
            self._jobs.put(None)

    def join(self, until_ns: int, clock: Clock) -> bool:
        """Wait for the threads until a moment of ``clock``; say whether all have ended."""
        for thread in self._threads:
            thread.join(max((until_ns - clock.monotonic_ns()) / 1e9, 0.0))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
