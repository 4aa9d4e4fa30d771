"""The expressions of a statement that may be replaced, each with its context.

No sites: assignment targets, tuples as such, f-strings, lambdas as such, starred arguments,
called names, modules and classes, slices as such, and whatever binds a name or yields.

Not here: which statements there are (`subject`), what a site may change into (`repairs`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeGuard, cast

from sigil.search.mutate.assigned import parameters
from sigil.search.mutate.fragments import ATOM, Kind, needed_level
from sigil.search.mutate.kinds import Kinds, annotated, kind_of
from sigil.search.mutate.library import FORBIDDEN_CALLS
from sigil.search.mutate.scope import Globals, Scope, scope_at
from sigil.search.mutate.source import Source

Role = Literal["value", "test", "loop_test", "receiver", "exponent", "iterated", "index", "effect"]
"""What a site is for. loop_test: of a while; receiver: of an attribute or subscript.
effect: a call whose result nobody reads; never a site itself."""

FIXED = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
"""Expressions that do more than give a value; nothing that holds one is replaced."""

_NEVER = (ast.JoinedStr, ast.Lambda, ast.Starred, ast.Slice, ast.Tuple)
_LONGEST_TEXT = 24
_Found = tuple[ast.expr, Kind, Role]


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
    scope: Scope


def may_be_copied(node: ast.expr) -> bool:
    """Return whether a second copy of ``node`` does no harm and makes sense elsewhere."""
    for inner in ast.walk(node):
        match inner:
            case ast.Lambda() | ast.JoinedStr() | ast.Starred():
                return False
            case ast.Call(func=ast.Name(id=name)) | ast.Attribute(attr=name):
                if name.startswith("_") or name in FORBIDDEN_CALLS:
                    return False
            case ast.Constant(value=value) if isinstance(value, str) and len(value) > _LONGEST_TEXT:
                return False
            case _ if isinstance(inner, FIXED):
                return False
            case _:
                pass
    return True


# --- the expressions of a statement ------------------------------------------------------


def own_expressions(statement: ast.stmt, kinds: Kinds, returns: Kind) -> Iterator[_Found]:
    """Yield the expressions that ``statement`` evaluates, with what each is expected to give.

    Args:
        statement: of any kind; those of suites inside it are not its own.
        kinds: kinds of names.
        returns: what the function around it promises to return.
    """
    match statement:
        case ast.Return(value=ast.expr() as value):
            yield value, returns, "value"
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            yield from _assigned(statement, kinds)
        case ast.Expr(value=value) if not isinstance(value, ast.Constant):
            yield value, "unknown", "effect"
        case ast.If(test=test) | ast.Assert(test=test):
            yield test, "bool", "test"
        case ast.While(test=test):
            yield test, "bool", "loop_test"
        case ast.For(iter=source) | ast.AsyncFor(iter=source):
            yield source, "seq", "iterated"
        case _:
            yield from _managed(statement)


def _managed(statement: ast.stmt) -> Iterator[_Found]:
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        for item in statement.items:
            yield item.context_expr, "other", "receiver"
    elif isinstance(statement, ast.Match):
        yield statement.subject, "unknown", "value"


def _assigned(
    statement: ast.Assign | ast.AnnAssign | ast.AugAssign, kinds: Kinds
) -> Iterator[_Found]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    for target in targets:
        if _indexed(target):
            yield target.slice, "unknown", "index"
    if statement.value is None:
        return
    want: Kind = "unknown"
    if isinstance(statement, ast.AnnAssign):
        want = annotated(statement.annotation)
    elif isinstance(statement, ast.AugAssign):
        want = kind_of(statement.target, kinds)
    yield statement.value, want, "value"


def _indexed(target: ast.expr) -> TypeGuard[ast.Subscript]:
    return isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice)


def _expected(kind: Kind, want: Kind, role: Role) -> Kind:
    """Return what may stand where a ``kind`` stands and a ``want`` is asked for."""
    if role in ("test", "loop_test") and kind != "bool":
        return "unknown"
    return kind if kind != "unknown" and want in ("unknown", "other") else want


# --- the sites in an expression ----------------------------------------------------------


class Descent:
    """Collects the sites of one statement's expressions.

    Args:
        source: the file.
        module: what the file offers.
        kinds: kinds of names in the statement's function.
        scope: what may be used before it.
        shadowed: names that its function binds somewhere.
    """

    def __init__(
        self,
        source: Source,
        module: Globals,
        *,
        kinds: Kinds,
        scope: Scope,
        shadowed: frozenset[str],
    ):
        self.found: list[Site] = []
        self._source = source
        self._module = module
        self._kinds = kinds
        self._scope = scope
        self._shadowed = shadowed

    def visit(
        self,
        node: ast.expr,
        parent: ast.AST,
        field: str,
        want: Kind = "unknown",
        *,
        role: Role = "value",
    ) -> None:
        """Add ``node`` and what is in it.

        Args:
            node: the expression.
            parent: what holds it.
            field: the name of its place in ``parent``.
            want: the kind that is expected there.
            role: what it is for.
        """
        if role != "effect" and self._may_change(node):
            start, end = self._span(node, parent)
            self.found.append(
                Site(
                    node=node,
                    parent=parent,
                    start=start,
                    end=end,
                    need=ATOM
                    if isinstance(node, ast.GeneratorExp)
                    else needed_level(parent, field),
                    kind=(kind := kind_of(node, self._kinds)),
                    want=_expected(kind, want, role),
                    role=role,
                    scope=self._scope,
                )
            )
        rule = self._RULES.get(type(node))
        if rule is not None:
            rule(self, node)
        else:
            self._others(node)

    def _span(self, node: ast.expr, parent: ast.AST) -> tuple[int, int]:
        # The parentheses around a sole argument are the call's own.
        shared = isinstance(parent, ast.Call) or isinstance(node, ast.GeneratorExp)
        return self._source.span(node) if shared else self._source.outer_span(node)

    def _may_change(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self._scope.names and self._kinds.get(node.id) != "other"
        if isinstance(node, _NEVER):
            return False
        if not self._source.may_suspend_or_bind:
            return True
        return not any(isinstance(inner, FIXED) for inner in ast.walk(node))

    # --- by kind of expression ---

    def _leaf(self, node: ast.expr) -> None:
        """Nothing is below a name or literal, and nothing in an f-string may change."""

    def _others(self, node: ast.AST) -> None:
        for field, value in ast.iter_fields(node):
            for child in cast("list[object]", value if isinstance(value, list) else [value]):
                if isinstance(child, ast.expr):
                    self.visit(child, node, field)

    def _unary(self, node: ast.UnaryOp) -> None:
        kind = kind_of(node, self._kinds)
        negative_literal = isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
        if not negative_literal:
            self.visit(node.operand, node, "operand", kind if kind != "bool" else "unknown")

    def _binary(self, node: ast.BinOp) -> None:
        kind = kind_of(node, self._kinds)
        self.visit(node.left, node, "left", kind)
        exponent = isinstance(node.op, ast.Pow)
        self.visit(node.right, node, "right", kind, role="exponent" if exponent else "value")

    def _conditional(self, node: ast.IfExp) -> None:
        self.visit(node.test, node, "test", "bool", role="test")
        kind = kind_of(node, self._kinds)
        self.visit(node.body, node, "body", kind)
        self.visit(node.orelse, node, "orelse", kind)

    def _attribute(self, node: ast.Attribute) -> None:
        self._receiver(node.value, node)

    def _subscript(self, node: ast.Subscript) -> None:
        self._receiver(node.value, node)
        if not isinstance(node.slice, ast.Slice):
            self.visit(node.slice, node, "slice", role="index")
            return
        for part in (node.slice.lower, node.slice.upper, node.slice.step):
            if part is not None:
                self.visit(part, node.slice, "lower", "int", role="index")

    def _call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute):
            self._receiver(node.func.value, node.func)
        elif not isinstance(node.func, ast.Name):
            self._receiver(node.func, node)
        takes = self._takes(node)
        for argument, want in zip(node.args, takes, strict=True):
            if isinstance(argument, ast.Starred):
                self.visit(argument.value, argument, "value", "seq")
            else:
                self.visit(argument, node, "args", want)
        for keyword in node.keywords:
            self.visit(keyword.value, keyword, "value")

    def _takes(self, node: ast.Call) -> Sequence[Kind]:
        """Return the kind that each positional argument is expected to have."""
        count = len(node.args)
        if isinstance(node.func, (ast.Name, ast.Attribute)):
            name = ast.unparse(node.func)
            if name == "range":
                return ("int",) * count
            for function in self._scope.functions:
                if function.text == name and len(function.takes) == count:
                    return function.takes
        return ("unknown",) * count

    def _receiver(self, node: ast.expr, parent: ast.AST) -> None:
        module_or_class = isinstance(node, ast.Name) and self._kinds.get(node.id) == "other"
        if not module_or_class:
            self.visit(
                node, parent, "func" if isinstance(parent, ast.Call) else "value", role="receiver"
            )

    def _lambda(self, node: ast.Lambda) -> None:
        self._inside(parameters(node)).visit(node.body, node, "body")

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        here = self
        for generator in node.generators:
            here.visit(generator.iter, generator, "iter", "seq", role="iterated")
            here = here._inside(
                [n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name)]
            )
            for condition in generator.ifs:
                here.visit(condition, generator, "ifs", "bool", role="test")
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for part in parts:
            here.visit(part, node, "elt")

    def _inside(self, names: Sequence[str]) -> Descent:
        """Return the same descent where ``names`` have values too."""
        shadowed = self._shadowed | frozenset(names)
        local = [v.text for v in self._scope.values if v.text in self._scope.local]
        scope = scope_at(
            [*names, *(name for name in local if name not in names)],
            shadowed, self._module, self._kinds,
        )  # fmt: skip
        inner = Descent(
            self._source, self._module, kinds=self._kinds, scope=scope, shadowed=shadowed
        )
        inner.found = self.found
        return inner

    _RULES: dict[type[ast.expr], Callable[..., None]] = {  # noqa: RUF012 - never altered
        ast.JoinedStr: _leaf,
        ast.Constant: _leaf,
        ast.Name: _leaf,
        ast.UnaryOp: _unary,
        ast.BinOp: _binary,
        ast.IfExp: _conditional,
        ast.Attribute: _attribute,
        ast.Subscript: _subscript,
        ast.Call: _call,
        ast.Lambda: _lambda,
        ast.ListComp: _comprehension,
        ast.SetComp: _comprehension,
        ast.GeneratorExp: _comprehension,
        ast.DictComp: _comprehension,
    }
