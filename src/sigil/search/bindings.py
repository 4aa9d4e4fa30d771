"""Which names does a function bind for itself? Pure; for comparing programs.

Not here: which names have a value where (`sigil.search.mutate.assigned`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from typing import cast

BARE_FIELDS = frozenset({"ctx", "op", "ops", "id", "attr"})
"""Fields of no kind of syntax that hold an expression or a statement."""
_TELLING = frozenset(
    {
        *(
            ast.FunctionDef,
            ast.AsyncFunctionDef,
            ast.ClassDef,
            ast.Lambda,
            ast.Global,
            ast.Nonlocal,
        ),
        *(ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp, ast.alias),
        *(ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping),
    }
)
"""Kinds of syntax that bind names, or say whose they are."""


def arguments(args: ast.arguments) -> Iterator[ast.arg]:
    """Yield every parameter."""
    yield from (*args.posonlyargs, *args.args, *args.kwonlyargs)
    yield from (extra for extra in (args.vararg, args.kwarg) if extra)


def stored(target: ast.AST) -> set[str]:
    """Return the names that a target assigns."""
    return {
        node.id
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def bound_in(body: Sequence[ast.AST]) -> set[str]:
    """Return the names that are local to a function with this body, less the doubtful ones.

    A name that is also an attribute of a class in it, or declared global or nonlocal
    anywhere in it, keeps its spelling.
    """
    bound: set[str] = set()
    doubtful: set[str] = set()
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):  # by far the most frequent
            if not isinstance(node.ctx, ast.Load):
                bound.add(node.id)
        elif type(node) not in _TELLING:
            waiting += children(node)
        else:
            bound |= _binds(node)
            doubtful |= _doubtful(node)
            waiting += _around(node)
    return bound - doubtful


def _doubtful(node: ast.AST) -> set[str]:
    """Return the names that are not the function's own, or not its alone, by what ``node`` says."""
    match node:
        case ast.Global() | ast.Nonlocal():
            return set(node.names)
        case ast.ClassDef():
            return bound_in(node.body)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            return _declared(node)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            # What binds here is its own, but for `:=`.
            return _assigned_by_expressions(node)
        case _:
            return set()


def _around(node: ast.AST) -> list[ast.AST]:
    """Return what ``node`` holds that belongs to the scope in which it stands."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            defaults = (*node.args.defaults, *filter(None, node.args.kw_defaults))
            return [*defaults, *node.decorator_list]
        case ast.Lambda():
            return [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        case ast.ClassDef() | ast.Global() | ast.Nonlocal():
            return []
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return []
        case _:
            return children(node)


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes directly in ``node``, without operators, contexts and literals."""
    found: list[ast.AST] = []
    for name in _with_trees(type(node)):
        value: object = getattr(node, name, None)
        if isinstance(value, list):
            found += [one for one in cast("list[object]", value) if isinstance(one, ast.AST)]
        elif isinstance(value, ast.AST) and not isinstance(value, ast.Constant):
            found.append(value)
    return found


@cache
def _with_trees(kind: type[ast.AST]) -> tuple[str, ...]:
    """Return the fields of a kind of syntax that may hold what binds names."""
    return tuple(name for name in kind._fields if name not in BARE_FIELDS)


def _assigned_by_expressions(node: ast.AST) -> set[str]:
    return {inner.target.id for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr)}


def _binds(node: ast.AST) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar():
            return {node.name} if node.name else set()
        case ast.MatchMapping():
            return {node.rest} if node.rest else set()
        case ast.alias():
            # `import a.b` binds `a`, whose spelling is what is imported.
            return {node.asname} if node.asname else set()
        case _:
            return set()


def _declared(node: ast.AST) -> set[str]:
    return {
        name
        for inner in ast.walk(node)
        if isinstance(inner, (ast.Global, ast.Nonlocal))
        for name in inner.names
    }
