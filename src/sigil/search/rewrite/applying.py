"""From text to definitions and back: find those in pinned lines, rewrite them, write them.

A definition is parsed on its own, so that rewrites compose at little cost, and put back
where it stood. Pure.

Not here: which rewrites there are (`catalogue`) and which to try first (`proposer`).
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from sigil.search.rewrite.binding import assigned, imported
from sigil.search.rewrite.facts import Definition, Facts
from sigil.search.rewrite.rule import Match, Replacement, Rule

_DEEPEST = 100
"""Levels of syntax. The trees of libcst are walked by recursion, some frames a level."""
_Definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class NotRewritable(ValueError):
    """Text that is no Python, or too deep to be taken apart."""


@dataclass(frozen=True, slots=True)
class Found:
    """A match of a rule in a definition.

    Args:
        rule: which.
        line: 1-based, counted from the definition's first line.
        result: the definition with this one place rewritten.
    """

    rule: Rule
    line: int
    result: Definition


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


class Text:
    """A module's text, taken apart.

    Args:
        text: Python.

    Raises:
        NotRewritable: it does not parse.
    """

    def __init__(self, text: str):
        try:
            tree = ast.parse(text)
            if _depth(tree) > _DEEPEST:
                raise NotRewritable("nested too deeply")
            places = list(_places(tree))
            self._module = cst.parse_module(text)
        except (cst.ParserSyntaxError, SyntaxError, ValueError, RecursionError) as error:
            raise NotRewritable(str(error)) from error
        found = list(_definitions(self._module))
        self._spans = {
            node: place for node, place in zip(found, places, strict=True) if place is not None
        }
        self.around = Around(
            imported_at_top(self._module),
            _shadowed(self._module),
            self._module.default_indent,
        )

    def definitions(self, first: int, last: int) -> Iterator[tuple[Definition, int]]:
        """Yield the outermost functions, the classes and their methods within two lines.

        With each comes the 1-based line that it begins on, decorators included.
        """
        for node, (begins, ends) in self._spans.items():
            if first <= begins and ends <= last:
                yield node, begins

    def with_(self, definition: Definition, rewritten: Definition) -> str:
        """Return the text with one definition in the place of another."""
        new = rewritten.with_changes(leading_lines=definition.leading_lines)
        return cast("cst.Module", self._module.deep_replace(definition, new)).code


def alone(definition: Definition, around: Around) -> Definition:
    """Return ``definition`` parsed anew from its own text, so that no node is in it twice."""
    config = cst.PartialParserConfig(default_indent=around.indent)
    bare = definition.with_changes(leading_lines=())
    parsed = cst.parse_module(cst.Module([bare], default_indent=around.indent).code, config)
    return cast("Definition", parsed.body[0])


def source(definition: Definition) -> str:
    """Return the text of a definition."""
    return cst.Module([definition]).code


def matches(rules: Sequence[Rule], definition: Definition, around: Around) -> Iterator[Found]:
    """Yield every match of ``rules``, in order of the rules and then of the source.

    Args:
        rules: which to try.
        definition: from `alone`.
        around: of its module.
    """
    facts = Facts(definition, around.imports, around.shadowed)
    line_of = _lines(definition)
    for rule in rules:
        for match in rule.find(facts):
            yield Found(rule, line_of(match.node), rewritten(facts, match, around))


def rewritten(facts: Facts, match: Match, around: Around) -> Definition:
    """Return the definition of ``facts`` with ``match`` carried out."""
    changed = facts.definition.visit(_Replacing(match.replace))
    assert isinstance(changed, (cst.FunctionDef, cst.ClassDef))
    first = [*_imports(facts, match.imports), *match.before]
    if first:
        changed = _beginning_with(changed, first)
    return alone(changed, around)


# --- applying one match -------------------------------------------------------------------


class _Replacing(cst.CSTTransformer):
    """Puts new nodes in the place of old ones.

    What is inside an old one goes with it, unless the old one is among what takes its place:
    then it stays there, with what was replaced inside of it.
    """

    def __init__(self, replace: Mapping[cst.CSTNode, Replacement]):
        super().__init__()
        self._replace = replace

    def on_visit(self, node: cst.CSTNode) -> bool:
        new = self._replace.get(node)
        return new is None or (not isinstance(new, cst.CSTNode) and node in new)

    def on_leave(  # pyright: ignore[reportIncompatibleMethodOverride] - any node, not only its own kind
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
        new = self._replace.get(original_node)
        if new is None:
            return updated_node
        if isinstance(new, cst.CSTNode):
            return new
        if not new:
            return cst.RemoveFromParent()
        if original_node in new:
            return cst.FlattenSentinel([updated_node if n is original_node else n for n in new])
        return cst.FlattenSentinel(_with_comments_of(original_node, new))


def _with_comments_of(old: cst.CSTNode, new: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
    """Return ``new`` with the blank lines and comments that stood above ``old``."""
    lines = getattr(old, "leading_lines", ())
    head, *rest = new
    if lines and not getattr(head, "leading_lines", ()) and hasattr(head, "leading_lines"):
        head = head.with_changes(leading_lines=lines)
    return [head, *rest]


def _beginning_with(definition: Definition, first: Sequence[cst.BaseStatement]) -> Definition:
    """Return ``definition`` with statements at the beginning of its body, after a docstring."""
    body = definition.body
    if not isinstance(body, cst.IndentedBlock):
        line = cast("Sequence[cst.BaseSmallStatement]", body.body)
        body = cst.IndentedBlock([cst.SimpleStatementLine(line)])
    at = 1 if definition.get_docstring(clean=False) is not None else 0
    statements = [*body.body[:at], *first, *body.body[at:]]
    return definition.with_changes(body=body.with_changes(body=statements))


def _imports(facts: Facts, wanted: Sequence[tuple[str, str]]) -> Iterator[cst.BaseStatement]:
    """Yield the import statements for what is not imported under its own name yet."""
    names: dict[str, list[str]] = {}
    for module, name in wanted:
        dotted = f"{module}.{name}" if name else module
        if facts.stands_for(cst.Name(name or module)) == dotted:
            continue
        if name:
            names.setdefault(module, []).append(name)
        else:
            yield cst.parse_statement(f"import {module}")
    for module, given in names.items():
        yield cst.parse_statement(f"from {module} import {', '.join(given)}")


# --- finding definitions ------------------------------------------------------------------


def _definitions(root: cst.CSTNode) -> Iterator[Definition]:
    """Yield every definition in source order, nested ones included."""
    for child in root.children:
        if isinstance(child, (cst.FunctionDef, cst.ClassDef)):
            yield child
        yield from _definitions(child)


def _places(root: ast.AST, *, nested: bool = False) -> Iterator[tuple[int, int] | None]:
    """Yield the first and last line of the same definitions; None for what is in a function."""
    for child in ast.iter_child_nodes(root):
        inside = nested or isinstance(root, (ast.FunctionDef, ast.AsyncFunctionDef))
        if isinstance(child, _Definitions):
            begins = min([child.lineno, *(d.lineno for d in child.decorator_list)])
            yield None if inside else (begins, child.end_lineno or begins)
        yield from _places(child, nested=inside)


def _depth(root: ast.AST) -> int:
    """Return how many levels a tree has."""
    deepest = 0
    waiting = [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        waiting += [(child, level + 1) for child in ast.iter_child_nodes(node)]
    return deepest


def imported_at_top(module: cst.Module) -> dict[str, str]:
    """Return what the statements of a module itself import, and as what."""
    found: dict[str, str] = {}
    for statement in module.body:
        if not isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            found |= imported(statement)
    return found


def _shadowed(module: cst.Module) -> frozenset[str]:
    bound: set[str] = set()
    for statement in module.body:
        match statement:
            case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
                bound.add(name.value)
            case _:
                bound |= assigned(statement)
    return frozenset(bound & set(dir(builtins)))


def _lines(definition: Definition) -> Callable[[cst.CSTNode], int]:
    """Return a function that gives the line of a node in its definition, from 1."""
    module = cst.Module([definition])
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)

    def line(node: cst.CSTNode) -> int:
        place = positions.get(node)
        return place.start.line if isinstance(place, CodeRange) else 1

    return line
