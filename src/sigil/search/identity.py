"""Are two candidates the same program, before either costs an evaluation?

The pinned regions are compared in a normal form of their syntax (`sigil.search.normal`),
which errs on one side only: programs that it calls equal do the same. For the languages that
have a grammar that form is the syntax tree without comments and layout
(`sigil.search.syntax.spelling`); for others, the text without blank lines and trailing blanks.

Pure. Not here: behaviour on inputs, which has to be measured.
"""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sigil.canonical import digest_value
from sigil.search.definitions import NotPython, parse_python
from sigil.search.normal import LOOKS_AT_NAMES, NormalForm
from sigil.search.pins import Pin, Region, language_of, locate
from sigil.search.syntax.grammars import available, grammar_of
from sigil.search.syntax.spelling import normal_form

FEATURES = (
    *("If", "For", "While", "Return", "Assign", "AugAssign", "Call", "Attribute", "Subscript"),
    *("Compare", "BoolOp", "IfExp", "ListComp", "GeneratorExp", "Lambda", "List", "Tuple", "Dict"),
    *("Constant", "Name", "Add", "Sub", "Mult", "Div", "Pow", "Mod", "FloorDiv", "USub", "Try"),
)
"""Kinds of syntax whose numbers say how far apart two programs are."""
_TEXT_FEATURES = (
    r"\bif\b",
    r"\bfor\b",
    r"\bwhile\b",
    r"\breturn\b",
    r"=",
    r"[(]",
    r"\[",
    r"\d+",
    r"\n",
)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a candidate is, apart from how it is written.

    Args:
        fingerprint: equal for candidates that are one program.
        features: ln(1 + count) of each of `FEATURES`, for distances between programs.
    """

    fingerprint: str
    features: tuple[float, ...]


def fingerprint(files: Mapping[str, str], pins: Sequence[Pin]) -> str:
    """Return the fingerprint of the pinned code in ``files``; see `Identity`."""
    return identify(files, pins).fingerprint


def identify(files: Mapping[str, str], pins: Sequence[Pin]) -> Identity:
    """Return fingerprint and features of the pinned code in ``files``.

    Raises:
        SigilError: the pins cannot be located; see `sigil.search.pins.locate`.
    """
    languages = {pin.id: pin for pin in pins}
    parts: list[list[str]] = []
    counts: Counter[str] = Counter()
    for region in locate(pins, files):
        text = files[region.path]
        lines = text.split("\n")[region.first - 1 : region.last]
        language = language_of(languages[region.pin_id], region.path)
        tokens = _python_tokens(lines, region) if language == "python" else None
        if tokens is not None:
            counts.update(tokens)
        else:
            shown = [line.rstrip() for line in lines if line.strip()]
            counts.update(_count_text("\n".join(shown)))
            tokens = _tree_tokens(text, language, region) or shown
        parts.append([region.pin_id, region.path if region.whole else "", *tokens])
    features = tuple(math.log1p(counts.get(name, 0)) for name in FEATURES)
    return Identity(_digest(parts), features)


def _digest(parts: list[list[str]]) -> str:
    """Return the digest of ``parts``; lone surrogates, which have no bytes, are escaped."""
    try:
        return digest_value(parts)
    except UnicodeEncodeError:
        readable = [
            [p.encode("utf-8", "backslashreplace").decode() for p in part] for part in parts
        ]
        return digest_value(readable)


def _count_text(text: str) -> dict[str, int]:
    return {
        name: len(re.findall(pattern, text))
        for name, pattern in zip(FEATURES, _TEXT_FEATURES, strict=False)
    }


def _tree_tokens(text: str, language: str | None, region: Region) -> list[str] | None:
    grammar = grammar_of(language, region.path)
    if grammar is None or grammar == "python" or not available(grammar):
        return None
    return normal_form(text, grammar, region.first, region.last)


def _python_tokens(lines: list[str], region: Region) -> list[str] | None:
    """Return the normal form of a region, or None if it is not Python by itself."""
    text = "\n".join(lines) + "\n"
    indented = next((line[:1].isspace() for line in lines if line.strip()), False)
    try:
        tree = parse_python(f"if 1:\n{text}" if indented else text)
    except NotPython:
        return None
    first = tree.body[0] if indented and tree.body else None
    body = first.body if isinstance(first, ast.If) else tree.body
    normal = NormalForm(
        keep_docstrings="__doc__" in text, keep_names=bool(LOOKS_AT_NAMES.search(text))
    )
    normal.add_block(normal.without_docstring(body) if region.whole else body)
    return normal.tokens
