"""How to evaluate: everything that is neither in the eval nor in the target.

Plain data, so that a lane process receives exactly what its parent decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sigil.sandbox.model import Level

Effort = Literal["screen", "confirm"]
"""screen: checks, exact metrics once, timing enough to rank. confirm: fresh and full."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The circumstances of a run's evaluations.

    Args:
        scratch: a folder for checkouts and what builds write; the caller deletes it.
        cache: where frozen repositories stay between runs.
        seed: of the order in blocks and of the input generator; the eval's ``replay.seed``
            unless a flag says otherwise.
        level: demand exactly this rung of the ladder; None takes the best that holds.
        unsafe: allow rung L0, a bare process.
        confirm_s: seconds of sampling for one confirmation; the blocks without which nothing
            can be decided are taken all the same.
    """

    scratch: Path
    cache: Path
    seed: int = 0
    level: Level | None = None
    unsafe: bool = False
    confirm_s: float = 20.0
