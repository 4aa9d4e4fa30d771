"""One pinned region of one parent, taken apart into the places that may change.

A site is an expression with its characters, its context and its vocabulary; a block is a
list of statements. Signatures, decorators, annotations, docstrings, imports, f-strings,
match patterns and assignment targets are no sites.

Not here: what a site may change into (`operators`, `statements`, `grammar`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeGuard

from sigil.search.mutate.assigned import (
    Flow,
    bound_names,
    doubtful_uses,
    free_names,
    parameters,
)
from sigil.search.mutate.fragments import ATOM, Fragment, Kind, level_of, needed_level
from sigil.search.mutate.kinds import Kinds, annotated, infer, kind_of
from sigil.search.mutate.library import FORBIDDEN_CALLS
from sigil.search.mutate.scope import Globals, Scope, read_globals, scope_at
from sigil.search.mutate.source import Source

Role = Literal["value", "test", "loop_test", "receiver", "exponent", "iterated", "index"]
"""What a site is for. loop_test: of a while; receiver: of an attribute or subscript."""

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef
_FIXED = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
_UNTOUCHED = (
    ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Delete, ast.Pass, ast.Raise,
)  # fmt: skip
_LONGEST_REUSE = 14


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds a statement: the function it is in and the names it may use."""

    function: AnyFunction | None
    shadowed: frozenset[str]
    kinds: Kinds
    scope: Scope
    loops: tuple[ast.For | ast.AsyncFor | ast.While, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """An expression that may be replaced.

    Args:
        node: the expression.
        parent: the node that holds it.
        start: first character in the file, own parentheses included.
        end: past its last character.
        need: how tightly a replacement must bind to stand bare.
        kind: what it evaluates to now.
        want: what its context expects.
        role: what it is for.
        statement: the statement that it is part of.
        scope: what a replacement may be built from.
    """

    node: ast.expr
    parent: ast.AST
    start: int
    end: int
    need: int
    kind: Kind
    want: Kind
    role: Role
    statement: ast.stmt
    scope: Scope


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
        top = Context(
            None, self.module.names, self.module.kinds, Scope((), (), frozenset(), frozenset())
        )
        self._body(source.tree.body, top)
        self.reusables = self._collect_reusables()
        chunk = [s for s in source.tree.body if self._overlaps(s)]
        self.chunk_first = min([first, *(_first_line(s) for s in chunk)])
        self.chunk_last = max([last, *(s.end_lineno or last for s in chunk)])
        self.doubtful = doubtful_uses(ast.Module(chunk, []), self.flow)

    @property
    def text(self) -> str:
        """The region's characters."""
        return self.source.text[self.start : self.end]

    @property
    def size(self) -> int:
        """How many expressions the region has."""
        return len(self.sites)

    def fragment(self, node: ast.expr, kind: Kind = "unknown") -> Fragment:
        """Return an expression of the source as a fragment on one line."""
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
        for expression, want, role in self._expressions(statement, context):
            _Descent(self, statement, context).visit(expression, statement, "value", want, role)
        if isinstance(statement, ast.AugAssign):
            self.assignments.append(statement)

    def _expressions(
        self, statement: ast.stmt, context: Context
    ) -> Iterator[tuple[ast.expr, Kind, Role]]:
        match statement:
            case ast.Return(value=ast.expr() as value):
                returns = annotated(context.function.returns) if context.function else "unknown"
                yield value, returns, "value"
            case ast.Assign(value=value, targets=targets):
                yield from ((t.slice, "unknown", "index") for t in targets if _indexed(t))
                yield value, "unknown", "value"
            case ast.AnnAssign(value=ast.expr() as value):
                yield value, annotated(statement.annotation), "value"
            case ast.AugAssign(value=value, target=target):
                if _indexed(target):
                    yield target.slice, "unknown", "index"
                yield value, kind_of(target, context.kinds), "value"
            case ast.Expr(value=value) if not isinstance(value, ast.Constant):
                yield value, "unknown", "value"
            case ast.If(test=test) | ast.Assert(test=test):
                yield test, "bool", "test"
            case ast.While(test=test):
                yield test, "bool", "loop_test"
            case ast.For(iter=source) | ast.AsyncFor(iter=source):
                yield source, "seq", "iterated"
            case ast.With(items=items) | ast.AsyncWith(items=items):
                yield from ((item.context_expr, "other", "receiver") for item in items)
            case ast.Match(subject=subject):
                yield subject, "unknown", "value"
            case _:
                return

    def _collect_reusables(self) -> list[Reusable]:
        found: dict[str, Reusable] = {}
        for site in self.sites:
            if isinstance(site.node, (ast.Constant, ast.Name)) or not _may_be_copied(site.node):
                continue
            fragment = self.fragment(site.node, site.kind)
            if fragment.size <= _LONGEST_REUSE and fragment.text not in found:
                found[fragment.text] = Reusable(fragment, frozenset(free_names(site.node)))
        return list(found.values())


class _Descent:
    """Collects the sites of one statement's expressions."""

    def __init__(self, subject: Subject, statement: ast.stmt, context: Context):
        self._subject = subject
        self._statement = statement
        self._kinds = context.kinds
        self._shadowed = context.shadowed
        self._scope = context.scope

    def visit(
        self,
        node: ast.expr,
        parent: ast.AST,
        field: str,
        want: Kind = "unknown",
        role: Role = "value",
    ) -> None:
        kind = kind_of(node, self._kinds)
        if self._may_change(node):
            shared = isinstance(parent, ast.Call) or isinstance(node, ast.GeneratorExp)
            source = self._subject.source
            start, end = source.span(node) if shared else source.outer_span(node)
            need = ATOM if isinstance(node, ast.GeneratorExp) else needed_level(parent, field)
            expected = kind if kind != "unknown" and want in ("unknown", "other") else want
            if role in ("test", "loop_test") and kind != "bool":
                expected = "unknown"
            self._subject.sites.append(
                Site(
                    node,
                    parent,
                    start,
                    end,
                    need,
                    kind,
                    expected,
                    role,
                    self._statement,
                    self._scope,
                )
            )
        self._children(node, kind)

    def _may_change(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return (
                node.id in self._scope.names
                and self._kinds.get(node.id) != "other"
                and not (
                    node.id in self._subject.module.names
                    and node.id not in self._shadowed
                    and node.id not in self._subject.module.kinds
                )
            )
        if isinstance(node, (ast.JoinedStr, ast.Lambda, ast.Starred, ast.Slice)):
            return False
        return not any(isinstance(inner, _FIXED) for inner in ast.walk(node))

    def _children(self, node: ast.expr, kind: Kind) -> None:
        match node:
            case ast.JoinedStr() | ast.Constant() | ast.Name():
                return
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
                return  # a negative literal is one literal
            case ast.BinOp():
                self.visit(node.left, node, "left", kind)
                exponent = isinstance(node.op, ast.Pow)
                self.visit(node.right, node, "right", kind, "exponent" if exponent else "value")
            case ast.Compare():
                for side in (node.left, *node.comparators):
                    self.visit(side, node, "left")
            case ast.IfExp():
                self.visit(node.test, node, "test", "bool", "test")
                self.visit(node.body, node, "body", kind)
                self.visit(node.orelse, node, "orelse", kind)
            case ast.Call():
                self._call(node)
            case ast.Attribute():
                self._receiver(node.value, node)
            case ast.Subscript():
                self._receiver(node.value, node)
                self._index(node.slice, node)
            case ast.Lambda():
                with_names = _Descent._with_names(self, parameters(node))
                with_names.visit(node.body, node, "body")
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                self._comprehension(node)
            case _:
                for field, value in ast.iter_fields(node):
                    for child in value if isinstance(value, list) else [value]:
                        if isinstance(child, ast.expr):
                            self.visit(child, node, field)

    def _call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute):
            self._receiver(node.func.value, node.func)
        elif not isinstance(node.func, ast.Name):
            self._receiver(node.func, node)
        takes: Sequence[Kind] = ()
        if isinstance(node.func, (ast.Name, ast.Attribute)):
            name = ast.unparse(node.func)
            takes = next((f.takes for f in self._scope.functions
                          if f.text == name and len(f.takes) == len(node.args)), ())  # fmt: skip
            if name == "range":
                takes = ("int",) * len(node.args)
        for position, argument in enumerate(node.args):
            if isinstance(argument, ast.Starred):
                self.visit(argument.value, argument, "value", "seq")
            else:
                want = takes[position] if position < len(takes) else "unknown"
                self.visit(argument, node, "args", want)
        for keyword in node.keywords:
            self.visit(keyword.value, keyword, "value")

    def _receiver(self, node: ast.expr, parent: ast.AST) -> None:
        if isinstance(node, ast.Name) and node.id in self._subject.module.names:
            return  # a module or a class: `math.sqrt`
        self.visit(node, parent, "value", role="receiver")

    def _index(self, node: ast.expr, parent: ast.Subscript) -> None:
        if not isinstance(node, ast.Slice):
            self.visit(node, parent, "slice", role="index")
            return
        for part in (node.lower, node.upper, node.step):
            if part is not None:
                self.visit(part, node, "lower", "int", "index")

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        here = self
        for generator in node.generators:
            here.visit(generator.iter, generator, "iter", "seq", "iterated")
            names = [n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name)]
            here = here._with_names(names)
            for condition in generator.ifs:
                here.visit(condition, generator, "ifs", "bool", "test")
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for part in parts:
            here.visit(part, node, "elt")

    def _with_names(self, names: Sequence[str]) -> _Descent:
        """Return the same descent where ``names`` have values too."""
        inner = _Descent.__new__(_Descent)
        inner._subject, inner._statement, inner._kinds = self._subject, self._statement, self._kinds
        inner._shadowed = self._shadowed | frozenset(names)
        local = [v.text for v in self._scope.values if v.text in self._scope.local]
        inner._scope = scope_at(
            [*names, *(name for name in local if name not in names)],
            inner._shadowed, self._subject.module, self._kinds,
        )  # fmt: skip
        return inner


def _indexed(target: ast.expr) -> TypeGuard[ast.Subscript]:
    return isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice)


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", ())
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _in_order(names: frozenset[str], function: AnyFunction | None) -> list[str]:
    """Return parameters first, as they are declared, then the rest by name."""
    first = [name for name in parameters(function) if name in names] if function else []
    return first + sorted(names - set(first))


def _may_be_copied(node: ast.expr) -> bool:
    for inner in ast.walk(node):
        match inner:
            case ast.Lambda() | ast.JoinedStr() | ast.Starred():
                return False
            case ast.Call(func=ast.Name(id=name)) | ast.Attribute(attr=name):
                if name.startswith("_") or name in FORBIDDEN_CALLS:
                    return False
            case ast.Constant(value=value) if isinstance(value, str) and len(value) > 24:
                return False
            case _ if isinstance(inner, _FIXED):
                return False
            case _:
                pass
    return True
