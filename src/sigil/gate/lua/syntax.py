"""A scenario's text as a tree, with its places in lines and characters.

Lua itself is asked first whether the text is a program (`sigil.gate.lua.interpreter`); this parser
only says where its pieces stand, and a text that it does not understand is refused.

Not here: what is done with the pieces (`marking`, `rewrite`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sigil.errors import DependencyMissing, MalformedScenario, Where, install
from sigil.gate.model import Span

Node = Any
"""A node of tree-sitter, which has no types of its own to import lazily."""


@dataclass(frozen=True, slots=True)
class Program:
    """A text that was parsed.

    Args:
        source: UTF-8 of the text; all offsets count its bytes.
        root: of the tree.
        path: what errors call it.
    """

    source: bytes
    root: Node
    path: str
    _lines: list[bytes] = field(repr=False)

    def text(self, node: Node) -> str:
        """Return the text of a node."""
        return self.source[node.start_byte : node.end_byte].decode()

    def span(self, node: Node) -> Span:
        """Return where a node stands."""
        line, column = self.place(node.start_point)
        end_line, end_column = self.place(node.end_point)
        return Span(line, column, end_line, end_column)

    def place(self, point: tuple[int, int]) -> tuple[int, int]:
        """Return 1-based line and column, in characters, of a row and a column in bytes."""
        row, column = point
        line = self._lines[row]
        if line.isascii():
            return row + 1, column + 1
        return row + 1, len(line[:column].decode(errors="replace")) + 1

    def begins_line(self, node: Node) -> bool:
        """Say whether nothing but blanks stands before a node on its line."""
        start: tuple[int, int] = node.start_point
        return not self._lines[start[0]][: start[1]].strip()

    def line(self, number: int) -> Span:
        """Return the text of a line without the blanks around it."""
        line = self._lines[number - 1].decode() if number <= len(self._lines) else ""
        start = len(line) - len(line.lstrip()) + 1
        return Span(number, start, number, max(start, len(line.rstrip())) + 1)

    def refuse(self, node: Node, problem: str, remedy: str | None = None) -> MalformedScenario:
        """Return the error that names a node's line."""
        line = node.start_point[0] + 1
        return MalformedScenario(problem, where=Where(self.path, line), remedy=remedy)


def parse(text: str, path: str) -> Program:
    """Return the tree of a text.

    Raises:
        MalformedScenario: it has a lone surrogate, or a piece that the parser does not understand.
        DependencyMissing: the extra ``gate`` is not installed.
    """
    source = encoded(text, path)
    program = Program(source, _parser().parse(source).root_node, path, source.split(b"\n"))
    if program.root.has_error:
        broken = next(node for node in walk(program.root) if node.is_error or node.is_missing)
        raise program.refuse(broken, "the parser does not understand this line")
    return program


def encoded(text: str, path: str) -> bytes:
    """Return the bytes of a scenario.

    Raises:
        MalformedScenario: it has no UTF-8 form.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise MalformedScenario("the text is not Unicode", where=Where(path, line)) from None


def load_grammar() -> None:
    """Load the parser, once for this process and its forks.

    Raises:
        DependencyMissing: the extra ``gate`` is not installed.
    """
    _parser()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, in the order of the text, however deep."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(reversed(one.children))


@cache
def _parser() -> Any:
    try:
        import tree_sitter  # noqa: PLC0415 (an extra)
        import tree_sitter_lua  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise DependencyMissing(
            "scenarios need tree-sitter and its Lua grammar",
            remedy=install("gate"),
        ) from error
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_lua.language()))
