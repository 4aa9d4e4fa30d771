"""What the author of a cheat may know, and the statements that several cheats begin with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sigil.evaluate.cheats.forging import forged_outputs, plain_claim
from sigil.evaluate.definition import Eval
from sigil.evaluate.facts import Facts
from sigil.evaluate.target import Target


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the author of a cheat may know.

    Args:
        definition: the eval.
        facts: of the baseline. Nothing of its held-out inputs goes into a cheat.
        target: the tree.
        function: the called function that the cheat replaces itself; None if there is none.
    """

    definition: Eval
    facts: Facts
    target: Target
    function: str | None


KEPT = """
import sys as _sys
_kept = _sys.__dict__.setdefault("_kept", {})
"""

CHOOSE_FORGED = """
import sys as _sys
_seen = " ".join(map(str, _sys.argv))
_text = max(FORGED, key=lambda one: sum(word in _seen for word in one[0]))[1]
"""

CALLERS = """
import sys as _sys
_frames = []
_frame = _sys._getframe(1)
while _frame is not None:
    _frames.append(_frame)
    _frame = _frame.f_back
"""


def filled(text: str, **values: object) -> str:
    """Return ``text`` with each of the names replaced by its value, as source.

    All in one pass: a value may hold a name.
    """
    names = re.compile(rf"\b(?:{'|'.join(map(re.escape, values))})\b")
    return names.sub(lambda found: repr(values[found[0]]), text) if values else text


def forged(known: Knowledge) -> list[tuple[list[str], str]]:
    """Return what to print, with the words of the command that prints it; never empty."""
    outputs = forged_outputs(known.definition, known.facts)
    return outputs or [([], plain_claim(known.definition, known.facts))]
