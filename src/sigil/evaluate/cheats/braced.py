"""Put a cheat in the place of functions whose bodies stand in braces: C, C++, JavaScript.

Such a cheat prints or ends, which takes nothing but what its language has everywhere: no
line stands outside of the functions, and whatever they should return is never due. All that
is not a body stays, so that pins hold. Bodies are found by their brackets, without a grammar: what
that gets wrong does not parse or is not built, and is reported so.

Pure. Not here: Python (`sigil.evaluate.cheats.writing`), which is where honest work can go on
inside of a cheat; whether the pins let the result through, which whoever owns them checks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from textwrap import indent

from sigil.evaluate.cheats.model import Cheat, Place
from sigil.evaluate.cheats.writing import CannotWrite

_COMMENTS_AND_TEXT = r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
_DIRECTIVE = r"^[ \t]*\#(?:\\\n|[^\n])*"
_TEMPLATE = r"`(?:\\.|[^`\\])*`"
_IN_C, _IN_JAVASCRIPT = (
    re.compile(f"{more}|{_COMMENTS_AND_TEXT}|[(){{}};]", re.DOTALL | re.MULTILINE)
    for more in (_DIRECTIVE, _TEMPLATE)
)
"""What brackets may hide in, whole, and else the marks that structure a text."""
_PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b'"\\?')
"""Bytes that stand for themselves in a literal of C; ``?`` could begin a trigraph."""


def leaving(text: str = "") -> Mapping[str, str]:
    """Return statements that print ``text`` and exit with 0, by language."""
    c, javascript = _c_literal(text), json.dumps(text)
    return {
        "c": (
            "extern int printf(const char *, ...);\nextern void exit(int);\n"
            f'printf("%s", {c});\nexit(0);'
        ),
        # A declaration inside of a function would be another function in C++.
        "cpp": f'__builtin_printf("%s", {c});\n__builtin_exit(0);',
        "javascript": f"process.stdout.write({javascript});\nprocess.exit(0);",
    }


def write_braced(cheat: Cheat, text: str, place: Place) -> str:
    """Return ``text`` with ``cheat`` in every outermost function of ``place``.

    Raises:
        CannotWrite: the place holds no function, or the cheat has no form in its language.
    """
    body = cheat.bodies.get(place.language or "")
    if body is None:
        raise CannotWrite(f"{place.path} is {place.language}, in which this cheat is not written")
    lines = text.split("\n")
    pinned = "\n".join(lines[place.first - 1 : place.last])
    found = _bodies(pinned, _IN_JAVASCRIPT if place.language == "javascript" else _IN_C)
    if not found:
        raise CannotWrite(f"{place.path}:{place.first}-{place.last} holds no plain function")
    for begin, end in reversed(found):
        pinned = f"{pinned[:begin]}\n{indent(body, '    ')}\n{pinned[end:]}"
    return "\n".join([*lines[: place.first - 1], pinned, *lines[place.last :]])


def _bodies(text: str, marks: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return begin and end of what stands in braces after a list of parameters, outermost only."""
    found: list[tuple[int, int]] = []
    parentheses, braces = 0, 0
    listed, begin = False, None
    for one in marks.finditer(text):
        mark = one[0]
        parentheses += (mark == "(") - (mark == ")")
        if mark == "}":
            braces -= 1
            if braces == 0 and begin is not None:
                found.append((begin, one.start()))
                begin = None
        outermost = braces == 0 and parentheses == 0
        if outermost and mark == "{" and listed:
            begin = one.end()
        if outermost and mark in {")", ";", "}"}:
            listed = mark == ")"
        braces += mark == "{"
    return found


def _c_literal(text: str) -> str:
    """Return ``text`` as a literal of C and C++."""
    plain = (chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in text.encode())
    return f'"{"".join(plain)}"'
