"""The cheats. Each is the text of a candidate, adapted to the eval that it is tried on.

Together they are what users of evolved code report and what the hostile tests of the sandbox
do: docs/anti-gaming.md has a row for each. To add one, add it here and there.

Pure. Not here: running them (`sigil.evaluate.cheats.trying`).
"""

from __future__ import annotations

from sigil.evaluate.cheats.deceiving import tampering, two_faced, values
from sigil.evaluate.cheats.knowledge import Knowledge
from sigil.evaluate.cheats.model import Cheat
from sigil.evaluate.cheats.shortcuts import clocks, leaving, printing, recalling

CONTROL = Cheat("no_cheat", "works as the unchanged code does", works=True, acts=True)


def catalogue(known: Knowledge) -> list[Cheat]:
    """Return every cheat, those without a sense here included."""
    return [
        *printing(known),
        *leaving(),
        *clocks(),
        *recalling(known),
        *values(),
        *tampering(known),
        *two_faced(known),
    ]


RECALLS = frozenset({"hard_coded_cases", "counted_calls"})
"""The cheats that only inputs which they have not met can tell from honest work."""
