"""Python text, its syntax tree, and edits of the text by the tree's positions.

A change replaces the characters of one node and leaves every other character of the file
alone, so comments and layout survive. Positions of `ast` are UTF-8 bytes within a line;
everything here is in characters of the whole text.

Not here: what to change (`operators`, `statements`) or how expressions bind (`fragments`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

# What ends a line for the tokenizer and for a diff alike; `str.splitlines` knows more.
_LINE_END = re.compile(r"\r?\n")
_LONE_RETURN = re.compile(r"\r(?!\n)")
_BOM = "\ufeff"
_MORE_THAN_A_VALUE = re.compile(r":=|\b(?:await|yield)\b")

Positioned = ast.expr | ast.stmt | ast.keyword | ast.arg


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters ``start`` to ``end`` by ``text``; ``start == end`` inserts."""

    start: int
    end: int
    text: str


class Source:
    """The text of one file beside its tree.

    Args:
        text: the file's text, with or without a byte order mark.

    Raises:
        SyntaxError: it does not parse.
        ValueError: it holds a null character, or a carriage return that ends a line for
            Python but not for a diff.
    """

    def __init__(self, text: str):
        if _LONE_RETURN.search(text):
            raise ValueError("a carriage return without a line feed")
        self.text = text
        lead = len(_BOM) if text.startswith(_BOM) else 0
        self.tree = ast.parse(text[lead:])
        self._starts = [lead, *(found.end() for found in _LINE_END.finditer(text))]
        self._ascii = text[lead:].isascii()

    @property
    def line_count(self) -> int:
        """Number of lines, an empty one after the last line end included."""
        return len(self._starts)

    def line_start(self, line: int) -> int:
        """Return where a 1-based line begins; the line after the last begins at the end."""
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def offset(self, line: int, column: int) -> int:
        """Return the character at a 1-based ``line`` and a ``column`` in UTF-8 bytes."""
        start = self._starts[line - 1]
        if self._ascii:
            return start + column
        before = self.text[start : self.line_start(line + 1)].encode()[:column]
        return start + len(before.decode())

    def span(self, node: Positioned) -> tuple[int, int]:
        """Return first and past-the-last character of ``node``, without its parentheses."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    def segment(self, node: Positioned) -> str:
        """Return the characters of ``node``."""
        start, end = self.span(node)
        return self.text[start:end]

    def outer_span(self, node: ast.expr) -> tuple[int, int]:
        """Return the span of ``node`` with the pairs of parentheses directly around it.

        Only meaningful where those parentheses are not part of the parent's own syntax.
        """
        start, end = self.span(node)
        while True:
            left = len(self.text[:start].rstrip(" \t")) if start else 0
            right = end
            while right < len(self.text) and self.text[right] in " \t":
                right += 1
            if self.text[left - 1 : left] != "(" or self.text[right : right + 1] != ")":
                return start, end
            start, end = left - 1, right + 1

    def indentation(self, line: int) -> str:
        """Return the white space that a 1-based line begins with."""
        text = self.text[self.line_start(line) : self.line_start(line + 1)]
        return text[: len(text) - len(text.lstrip(" \t\f"))]

    @cached_property
    def may_suspend_or_bind(self) -> bool:
        """Whether an expression in it may do more than give a value; False is certain."""
        return bool(_MORE_THAN_A_VALUE.search(self.text))

    @property
    def line_end(self) -> str:
        """The line end that the file uses first, for inserted lines."""
        found = _LINE_END.search(self.text)
        return found.group() if found else "\n"


def apply_edits(text: str, edits: Sequence[Edit], origin: int = 0) -> str | None:
    """Return ``text`` with ``edits`` made, or None if two of them overlap.

    Args:
        text: what to edit.
        edits: in any order; insertions at one place keep their order.
        origin: the position that ``text[0]`` has in the edits' numbering.
    """
    pieces: list[str] = []
    done = origin
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < done:
            return None
        pieces += [text[done - origin : edit.start - origin], edit.text]
        done = edit.end
    pieces.append(text[done - origin :])
    return "".join(pieces)
