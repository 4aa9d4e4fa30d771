"""Which tests of a file are skipped or expected to fail? Read from syntax alone.

Understood are the marks of pytest and the decorators of unittest, on a test, its class, its
module (``pytestmark``) or a row of its parameters, and calls of ``pytest.skip`` and the like in
its body.

Pure. Not here: what tests state (`sigil.optimize.generate.expecting`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

Doubt = Literal["always", "sometimes"]
"""Whether a test is skipped or expected to fail whatever happens, or under a condition."""

_Test = ast.FunctionDef | ast.AsyncFunctionDef
_ALWAYS = frozenset({"skip", "xfail", "expectedFailure", "SkipTest"})
_SOMETIMES = frozenset({"skipif", "skipIf", "skipUnless"})
_INSIDE = frozenset({"skip", "xfail", "skipTest"})
_PYTEST_OR_UNITTEST = frozenset({"pytest", "unittest", "self", "mark"})


def marked_tests(tree: Sequence[ast.stmt]) -> Iterator[tuple[_Test, Doubt | None]]:
    """Yield the functions of a test file, at any depth, with what their marks say."""
    yield from _within(tree, _of_marks(_module_marks(tree)) or _of_module(tree))


def is_marked(row: ast.expr) -> bool:
    """Return whether a row of parameters is a ``pytest.param`` with a mark that doubts it."""
    if not isinstance(row, ast.Call):
        return False
    marks = [keyword.value for keyword in row.keywords if keyword.arg == "marks"]
    return _of_marks(_each(marks)) is not None


def _within(body: Sequence[ast.stmt], outer: Doubt | None) -> Iterator[tuple[_Test, Doubt | None]]:
    for node in body:
        if isinstance(node, _Test):
            yield node, outer or _of_marks(node.decorator_list) or _of_body(node.body)
        if isinstance(node, ast.ClassDef):
            yield from _within(
                node.body, outer or _of_marks([*node.decorator_list, *_module_marks(node.body)])
            )
        elif not isinstance(node, _Test):
            inner = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.stmt)]
            yield from _within(inner, outer)


def _module_marks(body: Sequence[ast.stmt]) -> Iterator[ast.expr]:
    """Yield the marks of ``pytestmark``."""
    for node in body:
        match node:
            case ast.Assign([ast.Name("pytestmark")], value):
                yield from _each([value])
            case _:
                continue


def _each(marks: Iterable[ast.expr]) -> Iterator[ast.expr]:
    for mark in marks:
        yield from mark.elts if isinstance(mark, ast.List | ast.Tuple) else [mark]


def _of_marks(marks: Iterable[ast.expr]) -> Doubt | None:
    found: list[Doubt] = [doubt for mark in marks if (doubt := _of_mark(mark)) is not None]
    return "always" if "always" in found else next(iter(found), None)


def _of_mark(mark: ast.expr) -> Doubt | None:
    name = _last_name(mark.func if isinstance(mark, ast.Call) else mark)
    if name == "xfail" and isinstance(mark, ast.Call) and mark.args:
        return "sometimes"
    return "always" if name in _ALWAYS else "sometimes" if name in _SOMETIMES else None


def _of_module(tree: Sequence[ast.stmt]) -> Doubt | None:
    """Return whether a module skips itself, always or under a condition."""
    return _of_body([node for node in tree if not isinstance(node, _Test | ast.ClassDef)])


def _of_body(body: Sequence[ast.stmt]) -> Doubt | None:
    """Return what calls in a body say; one of its first level ends it always."""
    if any(map(_ends, body)):
        return "always"
    inner = (node for statement in body for node in ast.walk(statement))
    return "sometimes" if any(map(_ends, inner)) else None


def _ends(node: ast.AST) -> bool:
    """Return whether a statement skips the test or lets it fail."""
    match node:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(owner), name))):
            return owner in _PYTEST_OR_UNITTEST and name in _INSIDE
        case ast.Expr(ast.Call(ast.Name(name))):
            return name in _INSIDE
        case ast.Raise(ast.expr() as raised):
            name = _last_name(raised.func if isinstance(raised, ast.Call) else raised)
            return name in {"SkipTest", "Skipped"}
        case _:
            return False


def _last_name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]
