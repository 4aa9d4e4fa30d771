"""A module's text and the definitions in it: found in pinned lines, parsed, put back.

Only the lines of a definition are parsed into a concrete syntax tree, which costs much; the
module around it is read by `ast`. Pure.

Not here: rewriting a definition (`applying`).
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import libcst as cst

from sigil.search.mutate.assigned import bound_names
from sigil.search.rewrite.facts import Definition

_DEEPEST = 100
"""Levels of syntax. The trees of libcst are walked by recursion, some frames a level."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)
_LONE_RETURN = re.compile(r"\r(?!\n)")


class NotRewritable(ValueError):
    """Text that is no Python."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the module around a definition says of names.

    Args:
        imports: dotted name by name, as `Facts` takes it.
        shadowed: built-in names that the module defines anew.
        indent: what the module indents with.
    """

    imports: Mapping[str, str]
    shadowed: frozenset[str]
    indent: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a definition stands, decorators included; ``indent`` is what stands before it."""

    first: int
    last: int
    indent: str


class Text:
    """A module's text, taken apart.

    Args:
        text: Python.

    Raises:
        NotRewritable: it does not parse, or has line ends of its own.
    """

    def __init__(self, text: str):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise NotRewritable(str(error)) from error
        if _LONE_RETURN.search(text):
            raise NotRewritable("carriage returns that end no line")
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._lines = text.split("\n")
        self._places = list(_places(tree, self._lines))
        self._known: dict[Definition, _Place] = {}
        indent = next((i for i in _indents(tree, self._lines)), "    ")
        self.around = Around(_imports(tree), _shadowed(tree), indent)

    def definitions(self, first: int, last: int) -> Iterator[tuple[Definition, int]]:
        """Yield the outermost functions, the classes and their methods within two lines.

        With each comes the 1-based line that it begins on, decorators included.
        """
        for place in self._places:
            if first <= place.first and place.last <= last:
                definition = self._parsed(place)
                if definition is not None:
                    self._known[definition] = place
                    yield definition, place.first

    def with_(self, definition: Definition, rewritten: Definition) -> str:
        """Return the text with a definition that `definitions` gave replaced by another."""
        place = self._known[definition]
        body: cst.BaseStatement = rewritten
        if place.indent:
            body = cst.ClassDef(cst.Name("_"), cst.IndentedBlock([rewritten], indent=place.indent))
        code = cst.Module(
            [body], default_indent=self.around.indent, default_newline=self._newline
        ).code
        lines = code.removesuffix("\n").split("\n")[1 if place.indent else 0 :]
        ends = "\r" if self._lines[place.last - 1].endswith("\r") else ""
        lines[-1] = lines[-1].removesuffix("\r") + ends
        return "\n".join([*self._lines[: place.first - 1], *lines, *self._lines[place.last :]])

    def _parsed(self, place: _Place) -> Definition | None:
        """Return a definition parsed from its lines; None if it shares them with other code."""
        text = "\n".join([*self._lines[place.first - 1 : place.last], ""])
        if place.indent:
            text = f"class _:{self._newline}{text}"
        config = cst.PartialParserConfig(default_indent=self.around.indent)
        try:
            body = cst.parse_module(text, config).body
        except (cst.ParserSyntaxError, RecursionError):
            return None
        if place.indent:
            body = cast("Sequence[cst.BaseStatement]", cast("cst.ClassDef", body[0]).body.body)
        only = body[0] if len(body) == 1 else None
        return only if isinstance(only, (cst.FunctionDef, cst.ClassDef)) else None


def _places(root: ast.AST, lines: list[str]) -> Iterator[_Place]:
    """Yield where definitions stand that are in no function, and are not nested too deeply."""
    for child in ast.iter_child_nodes(root):
        if isinstance(child, _DEFINITIONS):
            first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
            indent = lines[first - 1][: child.col_offset]
            if not indent.strip() and _depth(child) <= _DEEPEST:
                yield _Place(first, child.end_lineno or first, indent)
        if not isinstance(child, _FUNCTIONS):
            yield from _places(child, lines)


def _depth(root: ast.AST) -> int:
    """Return how many levels a tree has."""
    deepest = 0
    waiting = [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        waiting += [(child, level + 1) for child in ast.iter_child_nodes(node)]
    return deepest


def _indents(tree: ast.Module, lines: list[str]) -> Iterator[str]:
    """Yield what the first statements inside of definitions are indented with."""
    for statement in tree.body:
        if isinstance(statement, _DEFINITIONS):
            inner = statement.body[0]
            before = lines[inner.lineno - 1][: inner.col_offset]
            if before and not before.strip():
                yield before


def _imports(tree: ast.Module) -> dict[str, str]:
    """Return what the statements of a module itself import, and as what."""
    found: dict[str, str] = {}
    for statement in tree.body:
        if isinstance(statement, _DEFINITIONS):
            continue
        for node in ast.walk(statement):
            match node:
                case ast.Import(names=names):
                    for one in names:
                        whole = one.name if one.asname else one.name.partition(".")[0]
                        found[one.asname or whole] = whole
                case ast.ImportFrom(module=module, names=names, level=level):
                    for one in names:
                        origin = f"{module}." if module and not level else "."
                        found[one.asname or one.name] = f"{origin}{one.name}"
                case _:
                    pass
    return found


def _shadowed(tree: ast.Module) -> frozenset[str]:
    return frozenset(bound_names(tree.body) & set(dir(builtins)))
