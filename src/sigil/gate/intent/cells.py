"""What the cells of a table say: amounts with their units, counts, text, nothing.

Pure.
"""

from __future__ import annotations

import re
from fractions import Fraction

from sigil.gate.intent.model import Cell

_DASHES = frozenset({"", "-", "–", "—", "n/a", "N/A"})
_NUMBER = re.compile(
    r"(?P<sign>[-−]?)(?P<before>[$€£]?)(?P<digits>[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15})"
    r"(?P<point>\.[0-9]{1,9})?(?P<after>\s?%|\s?[€£]|/[A-Za-z]+|\s[A-Za-z][A-Za-z ]*)?"
)
_CODE = re.compile(r"[-−]?0[0-9]")
"""A postal code, say: a leading zero is part of it."""


def read_cell(markdown: str) -> Cell:
    """Return what a cell says.

    What stands in backticks is text as it is, unless all of it is a number.
    """
    text = plain(markdown)
    if text in _DASHES:
        return Cell(text, empty=True)
    match = _NUMBER.fullmatch(text)
    if match is None or _CODE.match(text):
        return Cell(text)
    number = Fraction(match["digits"].replace(",", "") + (match["point"] or ""))
    unit = match["before"] + (match["after"] or "").strip()
    return Cell(text, -number if match["sign"] else number, unit)


def plain(markdown: str) -> str:
    """Return Markdown on one line without emphasis and backticks around all of it."""
    text = markdown.strip()
    for mark in ("**", "__", "`", "*"):
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
            inner = text[len(mark) : -len(mark)]
            if mark not in inner:
                text = inner.strip()
    return text
