"""A planted bug, and the source of the function that has it."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass

HEADER = "import math\n\n\n"
Arguments = list[object]


@dataclass(frozen=True, slots=True)
class Bug:
    """A function with something wrong in it.

    Args:
        kind: what is wrong, such as ``off by one``.
        correct: the function as it should be; it needs no more than `HEADER`.
        changes: (correct text, wrong text), each found exactly once.
        draw: gives the arguments of one call, plain JSON-like data.
    """

    kind: str
    correct: Callable[..., object]
    changes: tuple[tuple[str, str], ...]
    draw: Callable[[random.Random], Arguments]

    @property
    def function(self) -> str:
        """Return the function's name."""
        return self.correct.__name__

    @property
    def name(self) -> str:
        """Return function and kind, for people."""
        return f"{self.function}: {self.kind}"

    @property
    def source(self) -> str:
        """Return the text of a file with the broken function."""
        text = inspect.getsource(self.correct)
        for old, new in self.changes:
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: {old!r} is there {text.count(old)} times")
            text = text.replace(old, new)
        return HEADER + text
