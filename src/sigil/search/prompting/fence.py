"""Text of unknown origin, made fit to be shown to a model as data.

Secrets are taken out, what cannot be encoded is escaped, and the whole stands between marks
that nobody who wrote it could know.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from sigil.llm.redaction import redact

_CUT = "[… {count} characters left out …]"


@dataclass(frozen=True, slots=True)
class Fence:
    """The marks of one prompt.

    Args:
        boundary: a word that was drawn for this prompt alone.
    """

    boundary: str

    @classmethod
    def drawn(cls, stream: random.Random) -> Fence:
        """Return new marks, 64 bits of ``stream``."""
        return cls(f"{stream.getrandbits(64):016x}")

    @property
    def begin(self) -> str:
        """Return the mark before data."""
        return f"<<<{self.boundary}"

    @property
    def end(self) -> str:
        """Return the mark after data."""
        return f"{self.boundary}>>>"

    def around(self, text: str, budget: int) -> str:
        """Return ``text`` between the marks.

        Args:
            text: anything. A copy of the boundary in it is taken out.
            budget: the most characters of it that are shown; of more, the middle goes.
        """
        # A secret must not be cut in two before it is looked for, or its rest is shown.
        shown = cut(redact(text).replace(self.boundary, "…"), budget)
        shown = shown.encode("utf-8", "backslashreplace").decode("utf-8")
        return f"{self.begin}\n{shown}\n{self.end}"


def cut(text: str, budget: int) -> str:
    """Return ``text``, without its middle if it is longer than ``budget`` characters."""
    if len(text) <= budget:
        return text
    mark = _CUT.format(count=len(text) - budget)
    head = budget * 2 // 3
    return f"{text[:head]}\n{mark}\n{text[len(text) - (budget - head) :]}"
