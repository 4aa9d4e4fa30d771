"""Numbers that may be tuned in C, Rust, TypeScript and their relatives.

By a scanner, not a parser: decimal numbers outside of strings and comments. Left alone
unless a comment on the line says otherwise: 0, 1 and -1, what stands in brackets or behind
``==``, ``!=`` or ``case``, other bases, and preprocessor lines that are no ``#define``. Where
there is a grammar for the language, also what stands in the head of a function or type:
default arguments and the like belong to its callers.

Not here: Python, and what comments say (`sigil.search.literals`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from sigil.search import braces
from sigil.search.literals import Literal, hints_in, space_of
from sigil.search.syntax.definitions import headers
from sigil.search.syntax.grammars import Unparsable, available, grammar_of

_NUMBER = re.compile(
    r"(?<![\w.$])(?P<digits>\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)"
    r"(?P<suffix>[uUlLfF]{0,3}|(?:[iu](?:8|16|32|64|128|size)|f32|f64)?)(?![\w.])"
)
_STRUCTURE = re.compile(r"(?:[=!]=|\bcase)\s*-?\s*$")
_DIRECTIVE = re.compile(r"\s*#\s*(?!define\b)\w+")


def find(text: str, language: str, path: str, first: int, last: int) -> list[Literal]:
    """Return the numbers on the lines ``first`` to ``last`` that may be tuned, in order.

    Args:
        text: the whole file.
        language: a key of `sigil.search.braces.LANGUAGES`.
        path: of the file.
        first: 1-based line.
        last: inclusive.
    """
    if language not in braces.LANGUAGES:
        return []
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    hints = hints_in(lines[first - 1 : last], first)
    masked = braces.without_texts(text, language)
    heads = _heads(text, grammar_of(language, path), first, last)
    found: list[Literal] = []
    for match in _NUMBER.finditer(masked, starts[first - 1], starts[last]):
        line = bisect_right(starts, match.start())
        before, digits = masked[starts[line - 1] : match.start()], match.group("digits")
        if _DIRECTIVE.match(before) or _is_octal(digits):
            continue
        if any(start <= match.start() < end for start, end in heads):
            continue
        value = _value(digits, match.group("suffix"))
        structural = _is_structure(before)
        space = space_of(value, digits, hints.get(line), structural=structural)
        if space is not None:
            start, end = match.span("digits")
            found.append(Literal(path, line, start, end, digits, value, space, bare=False))
    return found


def _heads(text: str, grammar: str | None, first: int, last: int) -> list[tuple[int, int]]:
    if grammar is None or not available(grammar):
        return []
    try:
        return headers(text, grammar, first, last)
    except Unparsable:
        return []


def _is_octal(digits: str) -> bool:
    return len(digits) > 1 and digits[0] == "0" and digits.isdigit()


def _value(digits: str, suffix: str) -> int | float:
    whole = digits.replace("_", "").isdigit() and not suffix.lower().startswith("f")
    return int(digits) if whole else float(digits)


def _is_structure(before: str) -> bool:
    """Return whether what stands on the line before a number makes it part of a layout."""
    return bool(_STRUCTURE.search(before)) or before.count("[") > before.count("]")
