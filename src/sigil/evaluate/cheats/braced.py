"""Put a cheat in the place of a function whose body stands in braces: C, C++, JavaScript.

Such a cheat prints or ends, which takes nothing but what its language has everywhere: no
line stands outside of the function, and whatever it should return is never due. All lines
before the body stay, so that pins hold.

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

_MARK = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | [(){}]""",
    re.DOTALL | re.VERBOSE,
)
"""What a header may hold besides words: comments, literals, and the brackets that count."""
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
    """Return ``text`` with ``cheat`` in the function that ``place`` is.

    Raises:
        CannotWrite: the place is no single function, or the cheat has no form in its language.
    """
    body = cheat.bodies.get(place.language or "")
    if body is None:
        raise CannotWrite(f"{place.path} is {place.language}, in which this cheat is not written")
    if not place.symbol:
        raise CannotWrite(f"the pin of {place.path} is not one function")
    lines = text.split("\n")
    pinned = "\n".join(lines[place.first - 1 : place.last])
    begin = _begin_of_body(pinned, place)
    end = pinned.rfind("}")
    if end < begin:
        raise CannotWrite(f"{place.path}:{place.first} begins a body that does not end")
    written = f"{pinned[:begin]}\n{indent(body, '    ')}\n{pinned[end:]}"
    return "\n".join([*lines[: place.first - 1], written, *lines[place.last :]])


def _begin_of_body(pinned: str, place: Place) -> int:
    """Return the place after the first brace that follows a list of parameters."""
    depth, listed = 0, False
    for found in _MARK.finditer(pinned):
        if found[0] == "(":
            depth += 1
        elif found[0] == ")":
            depth, listed = depth - 1, True
        elif found[0] == "{" and depth == 0:
            if not listed:
                break
            return found.end()
    raise CannotWrite(f"{place.path}:{place.first}-{place.last} holds no plain function")


def _c_literal(text: str) -> str:
    """Return ``text`` as a literal of C and C++."""
    plain = (chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in text.encode())
    return f'"{"".join(plain)}"'
