"""A setting of the whole process that is another one for as long as anybody needs that.

Several may need it at once, in any thread, and end in any order. What somebody else has set
meanwhile stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Setting(Generic[T]):
    """One setting, and what it is to be while it is needed.

    Args:
        read: returns it as it is.
        write: sets it.
        wanted: what it should be instead, of what it is; the same leaves it alone.
    """

    def __init__(
        self, read: Callable[[], T], write: Callable[[T], object], wanted: Callable[[T], T]
    ):
        self._read, self._write, self._wanted = read, write, wanted
        self._lock = Lock()
        self._needed = 0
        self._change: tuple[T, T] | None = None

    def begin(self) -> None:
        """Need it; `end` is to be called once for each time."""
        with self._lock:
            self._needed += 1
            if self._needed == 1:
                before = self._read()
                wanted = self._wanted(before)
                if wanted != before:
                    self._write(wanted)
                    self._change = before, self._read()

    def end(self) -> None:
        """Need it no longer; whoever is last has it as it was."""
        with self._lock:
            self._needed -= 1
            if self._needed or self._change is None:
                return
            before, ours = self._change
            self._change = None
            if self._read() == ours:
                self._write(before)

    @contextmanager
    def needed(self) -> Generator[None]:
        """Need it for a block."""
        self.begin()
        try:
            yield
        finally:
            self.end()
