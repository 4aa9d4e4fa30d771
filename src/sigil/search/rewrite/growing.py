"""Lists that a definition starts and then only ever appends to.

Whatever is known of such a list's items can be kept beside it: a set of them, an index.
Not here: what is kept; the rules know that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from sigil.search.rewrite.facts import PURE_METHODS, Facts
from sigil.search.rewrite.rule import Replacement
from sigil.search.rewrite.shapes import (
    appended,
    assignment,
    bare,
    is_empty,
    is_list,
    occurrences,
    small,
    statements,
)

_REORDERS = frozenset({"sort", "reverse"})


@dataclass(frozen=True, slots=True)
class Growing:
    """A list that only grows.

    Args:
        name: its only name, as far as the text tells.
        start: the statement that makes it.
        value: what it is at first.
        appends: the lines that append to it, each with the item.
        reads: where else it is named, but for lines that only change its order.
    """

    name: str
    start: cst.BaseStatement
    value: cst.BaseExpression
    appends: Sequence[tuple[cst.BaseStatement, cst.BaseExpression]]
    reads: Sequence[cst.Name]

    def beside(self, at_first: str, empty: str, with_item: str) -> dict[cst.CSTNode, Replacement]:
        """Return the replacements that keep something beside the list.

        Args:
            at_first: statements that make it from a list that is not empty at first.
            empty: the statement that makes it from an empty one.
            with_item: the statement that adds one item, written ``{item}``: a name or
                constant, or else the end of the list, so that it is not evaluated again.
        """
        made = empty if is_empty(self.value) else at_first
        replace: dict[cst.CSTNode, Replacement] = {self.start: [self.start, *statements(made)]}
        for line, item in self.appends:
            plain = isinstance(item, (cst.Name, cst.SimpleString, cst.Integer))
            text = bare(item) if plain else f"{self.name}[-1]"
            replace[line] = [line, *statements(with_item.replace("{item}", text))]
        return replace


@dataclass(slots=True)
class _Uses:
    starts: list[cst.BaseStatement] = field(default_factory=list[cst.BaseStatement])
    appends: list[tuple[cst.BaseStatement, cst.BaseExpression]] = field(
        default_factory=list[tuple[cst.BaseStatement, cst.BaseExpression]]
    )
    reads: list[cst.Name] = field(default_factory=list[cst.Name])


def growing(facts: Facts, name: str) -> Growing | None:
    """Return what is known of the list ``name``; None if it may do anything else than grow."""
    uses = _Uses()
    for node in occurrences(facts, name):
        if not _sort_out(facts, node, uses):
            return None
    if len(uses.starts) != 1 or not uses.appends:
        return None
    [start] = uses.starts
    bound = assignment(start)
    if bound is None or not is_list(facts, bound[1]) or not _follows(facts, start, uses):
        return None
    return Growing(name, start, bound[1], uses.appends, uses.reads)


def _sort_out(facts: Facts, node: cst.Name, uses: _Uses) -> bool:
    """Note what ``node`` is there for; return False if that may change the list otherwise."""
    line = facts.statement_of(node)
    bound = assignment(line)
    if facts.is_target(node):
        if bound is None or bound[0] != node.value or line is None:
            return False
        uses.starts.append(line)
        return True
    item = appended(line)
    if item is not None and line is not None and item[0] == node.value:
        if _is_receiver(facts, node):
            uses.appends.append((line, item[1]))
            return True
    elif _only_reorders(node, line):
        return True
    uses.reads.append(node)
    return not _may_change(facts, node)


def _is_receiver(facts: Facts, node: cst.Name) -> bool:
    return isinstance(facts.parent(node), cst.Attribute)


def _only_reorders(node: cst.Name, line: cst.CSTNode | None) -> bool:
    match small(line):
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value=method)))):
            return value is node and method in _REORDERS
        case _:
            return False


def _may_change(facts: Facts, node: cst.Name) -> bool:
    above = facts.parent(node)
    match above:
        case cst.Attribute(attr=cst.Name(value=method)):
            return method not in PURE_METHODS
        case cst.Subscript():
            return facts.is_target(above)
        case cst.Arg():
            call = facts.parent(above)
            return (
                isinstance(call, cst.Call)
                and not facts.is_harmless(call)
                and not isinstance(facts.parent(call), cst.Return)
            )
        case cst.Param() | cst.NameItem() | cst.AsName() | cst.FunctionDef() | cst.ClassDef():
            return True
        case _:
            return False


def _follows(facts: Facts, start: cst.BaseStatement, uses: _Uses) -> bool:
    """Return whether every use stands behind ``start`` in its own block."""
    around = facts.parent(start)
    if not isinstance(around, cst.IndentedBlock):
        return False
    later = set(around.body[around.body.index(start) + 1 :])
    nodes: list[cst.CSTNode] = [*uses.reads, *(line for line, _ in uses.appends)]
    return all(any(a in later for a in (node, *facts.ancestors(node))) for node in nodes)
