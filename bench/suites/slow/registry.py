"""Which functions there are, where they stand, and what they are called with."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.suites.slow.inputs.source import Inputs

KINDS = (
    "text", "records", "membership", "graphs", "numeric",
    "parsing", "schedules", "formatting", "combinatorics", "binary",
)  # fmt: skip
_HERE = Path(__file__).parent
_PRELOAD = {"schedules": ("_strptime",)}
"""What a function imports only when it is called, which a sealed worker cannot."""


@dataclass(frozen=True)
class Slow:
    """A function that is to be made faster.

    Args:
        kind: of `KINDS`.
        name: of the function.
        path: the file in which it stands.
        inputs: what it is called with.
    """

    kind: str
    name: str
    path: Path
    inputs: Inputs

    @property
    def by_hand(self) -> Path:
        """Return the file in which a person's version stands."""
        return _HERE / "by_hand" / self.path.name

    @property
    def preload(self) -> tuple[str, ...]:
        """Return modules that have to be there before it is called."""
        return _PRELOAD.get(self.kind, ())

    def load(self) -> Callable[..., Any]:
        """Return the function itself."""
        module = importlib.import_module(f"bench.suites.slow.functions.{self.kind}")
        return getattr(module, self.name)


def chosen(only: str) -> list[Slow]:
    """Return the functions that a comma-separated list of kinds and names asks for; all if empty.

    Raises:
        SystemExit: a name that is neither.
    """
    wanted = {one.strip() for one in only.split(",") if one.strip()}
    unknown = wanted - {slow.kind for slow in FUNCTIONS} - {slow.name for slow in FUNCTIONS}
    if unknown:
        raise SystemExit(
            f"no kind or function {min(unknown)!r} in the suite; kinds: {', '.join(KINDS)}"
        )
    return [s for s in FUNCTIONS if not wanted or {s.kind, s.name} & wanted]


def _of_kind(kind: str) -> list[Slow]:
    table: dict[str, Inputs] = importlib.import_module(f"bench.suites.slow.inputs.{kind}").INPUTS
    path = _HERE / "functions" / f"{kind}.py"
    return [Slow(kind, name, path, inputs) for name, inputs in table.items()]


FUNCTIONS = tuple(slow for kind in KINDS for slow in _of_kind(kind))
"""All of them, kind by kind."""
