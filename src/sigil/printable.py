"""Text of unknown origin, made fit to be shown to a person on one line.

Whatever a candidate, a command or a model says may end on a terminal or in a report. Here it
loses every power over them: what a terminal obeys (control characters, escape sequences), what
reorders or hides (bidirectional and other format characters, line separators) and what cannot
be encoded (lone surrogates) appears as its Python escape. A backslash is doubled, so that an
escape is always one of ours and the text can be read back.

Pure. Not here: secrets (`sigil.llm.redaction`), markup of a report.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Final

MAX_TEXT: Final = 2000
_CUT: Final = "…"


def printable(text: str, cap: int = MAX_TEXT) -> str:
    """Return ``text`` on one line, at most ``cap`` long, with nothing that a terminal obeys.

    What is too long ends in ``…``, never inside of an escape. Escaping twice doubles the
    backslashes twice: for text that went through here before there is `shorten`.

    Args:
        text: anything, of any length; no more than ``cap`` characters of it are looked at.
        cap: at least 1.
    """
    head = text[: cap + 1]
    if head.isprintable() and "\\" not in head:
        return shorten(head, cap)
    pieces = [_escaped(character) for character in head]
    ends = list(accumulate(map(len, pieces)))
    if ends[-1] <= cap:
        return "".join(pieces)
    return "".join(piece for piece, end in zip(pieces, ends, strict=True) if end < cap) + _CUT


def printable_once(text: str, cap: int = MAX_TEXT) -> str:
    """Return ``text`` as `printable` does, but as it is if all of it can be printed.

    For what may have gone through `printable` before, such as a note on record: its escapes are
    not escaped again. What only looks like an escape cannot be told from one here.
    """
    return shorten(text, cap) if text.isprintable() else printable(text, cap)


def shorten(shown: str, cap: int = MAX_TEXT) -> str:
    """Return text that is printable already, cut to ``cap`` characters, the last one ``…``."""
    return shown if len(shown) <= cap else shown[: cap - 1] + _CUT


def _escaped(character: str) -> str:
    if character.isprintable() and character != "\\":
        return character
    return character.encode("unicode_escape").decode("ascii")
