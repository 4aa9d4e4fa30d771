"""The optimizer ``simple``: best-first search over one archive, and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sigil.search.model import Proposer
from sigil.search.optimizer import Problem
from sigil.search.pins import Pin
from sigil.search.population import BestFirst
from sigil.search.rounds import Rounds


class Simple(Rounds):
    """Best-first search over one archive.

    Args:
        pins: what may change.
        proposers: with distinct names, in order of preference.
        facts: the other fields of the `Problem`.
    """

    def __init__(self, pins: Sequence[Pin], proposers: Sequence[Proposer], **facts: Any):
        super().__init__(Problem(pins, proposers, **facts), BestFirst(), name="simple")
