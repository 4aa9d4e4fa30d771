"""One pinned region of one parent, taken apart into the places that may change.

A site is an expression with its characters, its context and its vocabulary; a block is a
list of statements. Signatures, decorators, annotations, docstrings, imports, f-strings,
match patterns and assignment targets are no sites.

Not here: what a site may change into (`operators`, `statements`, `grammar`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sigil.search.mutate.assigned import (
    Flow,
    bound_names,
    doubtful_uses,
    free_names,
    parameters,
)
from sigil.search.mutate.displays import Peers, peers
from sigil.search.mutate.fragments import ATOM, Fragment, Kind, level_of
from sigil.search.mutate.kinds import Kinds, annotated, infer
from sigil.search.mutate.scope import Globals, Scope, read_globals, scope_at
from sigil.search.mutate.sites import Descent, Site, may_be_copied, own_expressions
from sigil.search.mutate.source import Source

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef
_UNTOUCHED = (
    ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Delete, ast.Pass, ast.Raise,
)  # fmt: skip
_LONGEST_REUSE = 14
_WORD = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds a statement: the function it is in and the names it may use."""

    function: AnyFunction | None
    shadowed: frozenset[str]
    kinds: Kinds
    scope: Scope
    loops: tuple[ast.For | ast.AsyncFor | ast.While, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive statements of one suite, with their surroundings.

    Args:
        body: those inside the region, at least one.
        suite: all of the suite.
        context: the names and loops around the first of ``body``.
    """

    body: Sequence[ast.stmt]
    suite: Sequence[ast.stmt]
    context: Context


@dataclass(frozen=True, slots=True)
class Reusable:
    """A fragment of the source that may be copied to where its names have values."""

    fragment: Fragment
    names: frozenset[str]


class Subject:
    """A region of a parsed file.

    Args:
        source: the file.
        first: the region's first line, 1-based.
        last: its last line, inclusive.
        pinned: bare names of pinned functions, which a mutation must not call.
    """

    def __init__(self, source: Source, first: int, last: int, pinned: Iterable[str] = ()):
        self.source = source
        self.first, self.last = first, last
        self.start, self.end = source.line_start(first), source.line_start(last + 1)
        self.flow = Flow(source.tree)
        self.module: Globals = read_globals(source.tree, pinned)
        self.sites: list[Site] = []
        self.blocks: list[Block] = []
        self.assignments: list[ast.AugAssign] = []
        self._scopes: dict[tuple[frozenset[str], int], Scope] = {}
        self._fragments: dict[tuple[ast.expr, Kind], Fragment] = {}
        top = Context(
            None, self.module.names, self.module.kinds, Scope((), (), frozenset(), frozenset())
        )
        self._body(source.tree.body, top)
        chunk = [s for s in source.tree.body if self._overlaps(s)]
        self.chunk_first = min([first, *(_first_line(s) for s in chunk)])
        self.chunk_last = max([last, *(s.end_lineno or last for s in chunk)])
        self.doubtful = doubtful_uses(ast.Module(chunk, []), self.flow)

    @property
    def text(self) -> str:
        """The region's characters."""
        return self.source.text[self.start : self.end]

    @cached_property
    def indexes(self) -> bool:
        """Whether the region takes elements or slices of something."""
        return any(site.role == "index" for site in self.sites)

    def fragment(self, node: ast.expr, kind: Kind = "unknown") -> Fragment:
        """Return an expression of the source as a fragment on one line."""
        known = self._fragments.get((node, kind))
        if known is None:
            known = self._fragments[node, kind] = self._fragment(node, kind)
        return known

    def _fragment(self, node: ast.expr, kind: Kind) -> Fragment:
        text = self.source.segment(node)
        size = sum(isinstance(inner, ast.expr) for inner in ast.walk(node))
        if isinstance(node, ast.Tuple) or "\n" in text or "\r" in text or "#" in text:
            text = ast.unparse(node)
            level = ATOM if isinstance(node, ast.Tuple) else level_of(node)
            return Fragment(text, level, kind, size)
        return Fragment(text, level_of(node), kind, size)

    # --- statements ----------------------------------------------------------------------

    def _overlaps(self, node: ast.stmt) -> bool:
        return _first_line(node) <= self.last and (node.end_lineno or 0) >= self.first

    def _inside(self, node: ast.stmt) -> bool:
        return _first_line(node) >= self.first and (node.end_lineno or 0) <= self.last

    def _body(self, body: Sequence[ast.stmt], context: Context) -> None:
        statements = [statement for statement in body if self._overlaps(statement)]
        inside = [statement for statement in statements if self._inside(statement)]
        if inside and context.function is not None:
            self.blocks.append(Block(inside, body, self._at(inside[0], context)))
        for statement in statements:
            here = self._at(statement, context)
            if self._inside(statement) and not isinstance(statement, _UNTOUCHED):
                self._statement(statement, here)
            self._nested(statement, here)

    def _at(self, statement: ast.stmt, context: Context) -> Context:
        """Return ``context`` with the names that have values before ``statement``."""
        names = self.flow.before(statement)
        key = (names, id(context.kinds))
        scope = self._scopes.get(key)
        if scope is None:
            scope = scope_at(
                _in_order(names, context.function), context.shadowed, self.module, context.kinds
            )
            self._scopes[key] = scope
        return replace(context, scope=scope)

    def _nested(self, statement: ast.stmt, context: Context) -> None:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                kinds = infer(statement, context.kinds)
                own = frozenset(bound_names(statement.body)) | frozenset(parameters(statement))
                outer = context.shadowed if context.function else frozenset[str]()
                inner = Context(statement, outer | own, kinds, context.scope)
                self._body(statement.body, inner)
            case ast.For() | ast.AsyncFor() | ast.While():
                self._body(statement.body, replace(context, loops=(*context.loops, statement)))
                self._body(statement.orelse, context)
            case ast.Match():
                for case in statement.cases:
                    self._body(case.body, context)
            case _:
                for name in ("body", "orelse", "finalbody"):
                    self._body(getattr(statement, name, ()), context)
                for handler in getattr(statement, "handlers", ()):
                    self._body(handler.body, context)

    def _statement(self, statement: ast.stmt, context: Context) -> None:
        returns = annotated(context.function.returns) if context.function else "unknown"
        descent = Descent(
            self.source,
            self.module,
            kinds=context.kinds,
            scope=context.scope,
            shadowed=context.shadowed,
        )
        for expression, want, role in own_expressions(statement, context.kinds, returns):
            descent.visit(expression, statement, "value", want, role=role)
        self.sites += descent.found
        if isinstance(statement, ast.AugAssign):
            self.assignments.append(statement)

    @cached_property
    def peers(self) -> Mapping[ast.expr, Peers]:
        """The literals of tables, each with its peers; see `displays`."""
        return peers(self.source.tree)

    @cached_property
    def words(self) -> list[str]:
        """The words of the file, comments and docstrings included, each once."""
        return list(dict.fromkeys(_WORD.findall(self.source.text)))

    @cached_property
    def reusables(self) -> list[Reusable]:
        """The expressions that may be copied to elsewhere, each once."""
        found: dict[str, Reusable] = {}
        for site in self.sites:
            if isinstance(site.node, (ast.Constant, ast.Name)) or not may_be_copied(site.node):
                continue
            fragment = self.fragment(site.node, site.kind)
            if fragment.size <= _LONGEST_REUSE and fragment.text not in found:
                found[fragment.text] = Reusable(fragment, frozenset(free_names(site.node)))
        return list(found.values())


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", ())
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _in_order(names: frozenset[str], function: AnyFunction | None) -> list[str]:
    """Return parameters first, as they are declared, then the rest by name."""
    first = [name for name in parameters(function) if name in names] if function else []
    return first + sorted(names - set(first))
