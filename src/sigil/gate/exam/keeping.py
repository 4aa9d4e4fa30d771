"""What an exam keeps of its sittings: no value of the vault, and no more than there is room for.

The service under test decides how long its replies are, so each side has room of its own: one that
fills it loses its own sittings, and takes none from the other.

Not here: what is written to disk (`sigil.gate.record.dossier`).
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from sigil.gate.effects import Answered, Json
from sigil.gate.exam.channel import Report
from sigil.gate.model import Evidence, Result, SideName, Status
from sigil.gate.secrets import LEAST, Redactor
from sigil.gate.sittings import Observed, Sitting, written

ROOM: Final = 128 * 2**20
"""Bytes of memory for the calls and replies of one side, over a whole exam."""


class Keeping:
    """Takes in reports. Called from many threads.

    Args:
        secrets: value by name: what is not to be kept.
        room: bytes of memory for the calls and replies of each side.
    """

    def __init__(self, secrets: Mapping[str, str], room: int):
        self._redactor, self._room = Redactor(secrets), room
        self._hidden = {name: value for name, value in secrets.items() if len(value) >= LEAST}
        self._lock = threading.Lock()
        self._taken = Counter[SideName]()

    def observed(self, sitting: Sitting, report: Report) -> Observed:
        """Return what is kept of a sitting: an error without its calls where there is no room."""
        if not self._fits(sitting.side, _held(report.answered)):
            result = Result(sitting.scenario.id, Status.ERROR, ())
            problem = f"its replies do not fit into the {self._room:,} bytes kept of one side"
            return Observed(sitting, result, report.declared, Evidence(problem), (), is_whole=False)
        return Observed(
            sitting,
            report.result,
            report.declared,
            report.evidence,
            tuple(map(self._redactor.answered, report.answered)),
            report.elapsed_ms,
            written=written(sitting.scenario, self._hidden),
        )

    def _fits(self, side: SideName, size: int) -> bool:
        with self._lock:
            fits = self._taken[side] + size <= self._room
            self._taken[side] += size if fits else 0
            return fits


def _held(answered: Sequence[Answered]) -> int:
    """Return the bytes of memory that calls and replies take, about."""
    return sum(
        _memory(one.call.request) + _memory(one.reply) + _memory(one.failure) for one in answered
    )


def _memory(value: Json) -> int:
    size = sys.getsizeof(value)
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return size + sum(_memory(key) + _memory(inner) for key, inner in fields.items())
    if isinstance(value, list | tuple):
        return size + sum(map(_memory, cast("Sequence[Any]", value)))
    return size
