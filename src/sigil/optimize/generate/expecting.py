"""What do a function's tests and its docstring say that it returns? Read from syntax alone.

Understood are examples of a docstring (``>>> f(1)`` and the value below it) and in tests
``assert f(…) == value``, ``assertEqual(f(…), value)`` and the like, with values that are
literals, names bound to literals, rows of ``pytest.mark.parametrize`` or of a loop.

Pure. Not here: calls whose answer nothing states (`sigil.optimize.generate.recording`).
"""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

from sigil.evaluate.literals import NotLiteral, read_literal
from sigil.optimize.generate.locating import Function
from sigil.optimize.generate.marking import Doubt, is_marked, marked_tests
from sigil.optimize.generate.testing import TestFile
from sigil.sandbox.model import Case

MOST_ROWS = 500
_PAIR = 2
_EQUAL = frozenset(
    "assertEqual assertEquals assertIs assertListEqual assertTupleEqual assertSetEqual "
    "assertDictEqual assertSequenceEqual assertMultiLineEqual".split()
)

Names = Mapping[str, ast.expr]
"""Expressions that names stand for; literals all."""


@dataclass(frozen=True, slots=True)
class Stated:
    """An answer that somebody wrote down.

    Args:
        case: the arguments.
        value: what should come out.
        origin: where it stands, such as ``tests/test_a.py:12``.
        test: path and name of the test; None for the function's own docstring.
        doubt: whether the test is skipped or expected to fail.
        got: what the unchanged function gives instead, for a person; empty if that is not known
            or the same.
    """

    case: Case
    value: object
    origin: str
    test: tuple[str, str] | None = None
    doubt: Doubt | None = None
    got: str = ""


def stated_answers(function: Function, tests: Sequence[TestFile]) -> list[Stated]:
    """Return the answers that a docstring and tests state, in order; none for methods."""
    if function.is_method or function.flow != "plain":
        return []
    found = [*_of_docstring(function)]
    for test in tests:
        found.extend(_of_test(test, function))
    return found


def _of_docstring(function: Function) -> Iterator[Stated]:
    names: dict[str, ast.expr] = {}
    try:
        examples = doctest.DocTestParser().get_examples(function.doc or "")
    except ValueError:
        return
    for example in examples:
        body = _parsed(example.source)
        names.update(_bound(body, names))
        if len(body) != 1 or not isinstance(body[0], ast.Expr):
            continue
        case = _case(body[0].value, _Called(frozenset({function.name}), frozenset()), names)
        if case is not None and not example.options:
            yield from _with_value(case, example.want, f"the docstring of {function.name}")


def _of_test(test: TestFile, function: Function) -> Iterator[Stated]:
    tree = _parsed(test.text)
    called = _imported(tree, function)
    if not called.names and not called.modules:
        return
    names: dict[str, ast.expr] = dict(_bound(tree, {}))
    for node, doubt in marked_tests(tree):
        for row in _parametrized(node, names):
            for one in _of_body(node.body, row, called, test.path):
                yield replace(one, test=(test.path, node.name), doubt=doubt)


@dataclass(frozen=True, slots=True)
class _Called:
    """How a test calls the function: by these names, or as an attribute of these modules."""

    names: frozenset[str]
    modules: frozenset[str]

    def is_call(self, node: ast.expr) -> bool:
        """Return whether an expression calls the function."""
        if not isinstance(node, ast.Call):
            return False
        if isinstance(node.func, ast.Name):
            return node.func.id in self.names
        if not isinstance(node.func, ast.Attribute):
            return False
        return ast.unparse(node.func) in self.modules


def _imported(tree: list[ast.stmt], function: Function) -> _Called:
    names: set[str] = set()
    modules: set[str] = set()
    for node in ast.walk(ast.Module(tree, [])):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                shown = alias.asname or alias.name
                if alias.name in {function.name, "*"}:
                    names.add(function.name if alias.name == "*" else shown)
                modules.add(f"{shown}.{function.qualname}")
        elif isinstance(node, ast.Import):
            modules.update(f"{a.asname or a.name}.{function.qualname}" for a in node.names)
    return _Called(frozenset(names), frozenset(modules))


# --- walking a test ---------------------------------------------------------------------


def _of_body(body: list[ast.stmt], given: Names, called: _Called, path: str) -> Iterator[Stated]:
    names = dict(given)
    for node in body:
        names.update(_bound([node], names))
        if isinstance(node, ast.For):
            for row in _rows(node.target, _resolved(node.iter, names)):
                yield from _of_body(node.body, {**names, **row}, called, path)
        elif isinstance(node, ast.With | ast.If):
            if not (isinstance(node, ast.With) and "raises" in ast.unparse(node.items[0]).lower()):
                yield from _of_body(node.body, names, called, path)
        else:
            pair = _compared(node)
            if pair is not None:
                yield from _stated(pair, names, called, f"{path}:{node.lineno}")


def _compared(node: ast.stmt) -> tuple[ast.expr, ast.expr] | None:
    """Return the two sides of an assertion of equality."""
    if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare):
        compare = node.test
        if len(compare.ops) == 1 and isinstance(compare.ops[0], ast.Eq | ast.Is):
            return compare.left, compare.comparators[0]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if name in _EQUAL:
            return (call.args[0], call.args[1]) if len(call.args) >= _PAIR else None
    return None


def _stated(
    pair: tuple[ast.expr, ast.expr], names: Names, called: _Called, origin: str
) -> Iterator[Stated]:
    for one, other in (pair, pair[::-1]):
        case = _case(one, called, names)
        if case is not None:
            yield from _with_value(case, ast.unparse(_resolved(other, names)), origin)


def _case(node: ast.expr, called: _Called, names: Names) -> Case | None:
    if not called.is_call(node) or not isinstance(node, ast.Call):
        return None
    try:
        args = [read_literal(ast.unparse(arg)) for arg in _given(node.args, names)]
        kwargs = {
            str(keyword.arg): read_literal(ast.unparse(_resolved(keyword.value, names)))
            for keyword in node.keywords
            if keyword.arg is not None
        }
    except NotLiteral:
        return None
    return Case(tuple(args), kwargs) if len(kwargs) == len(node.keywords) else None


def _given(args: Sequence[ast.expr], names: Names) -> Iterator[ast.expr]:
    """Yield the arguments of a call, those of a starred list or tuple one by one."""
    for arg in args:
        match _resolved(arg, names):
            case ast.Starred(ast.List(items) | ast.Tuple(items)):
                yield from items
            case other:
                yield other


def _with_value(case: Case, text: str, origin: str) -> Iterator[Stated]:
    try:
        yield Stated(case, read_literal(text), origin)
    except NotLiteral:
        return


# --- names ------------------------------------------------------------------------------


def _bound(body: Sequence[ast.stmt], known: Names) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that statements bind to literals."""
    for node in body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            value = _resolved(node.value, known)
            if isinstance(target, ast.Name) and _is_literal(value):
                yield target.id, value


def _parametrized(node: ast.FunctionDef | ast.AsyncFunctionDef, known: Names) -> Iterator[Names]:
    """Yield what names stand for in each run of a test: once, or once a row."""
    rows: list[dict[str, ast.expr]] = [dict(known)]
    for decorator in node.decorator_list:
        if not isinstance(decorator, ast.Call) or len(decorator.args) < _PAIR:
            continue
        if "parametrize" in ast.unparse(decorator.func):
            target = _targets(decorator.args[0])
            new = list(_rows(target, _resolved(decorator.args[1], known))) if target else []
            rows = [row | dict(more) for row in rows for more in new][:MOST_ROWS]
    yield from rows


def _targets(names: ast.expr) -> ast.expr | None:
    """Return the names of ``parametrize`` as the target of a loop."""
    try:
        found = read_literal(ast.unparse(names))
    except NotLiteral:
        return None
    parts = found.split(",") if isinstance(found, str) else found
    if not isinstance(parts, list | tuple) or not parts:
        return None
    each: list[ast.expr] = [ast.Name(str(part).strip(), ast.Store()) for part in parts]  # type: ignore[misc]  # plain data
    return each[0] if len(each) == 1 else ast.Tuple(each, ast.Store())


def _rows(target: ast.expr, rows: ast.expr) -> Iterator[Names]:
    if not isinstance(rows, ast.List | ast.Tuple | ast.Set):
        return
    for row in rows.elts[:MOST_ROWS]:
        item: ast.expr = row
        if is_marked(row):
            continue
        if isinstance(row, ast.Call) and ast.unparse(row.func).endswith("param"):
            item = row.args[0] if len(row.args) == 1 else ast.Tuple(row.args, ast.Load())
        if isinstance(target, ast.Name):
            yield {target.id: item}
        elif isinstance(target, ast.Tuple) and isinstance(item, ast.Tuple | ast.List):
            pairs = zip(target.elts, item.elts, strict=False)
            yield {name.id: value for name, value in pairs if isinstance(name, ast.Name)}


class _Substitute(ast.NodeTransformer):
    def __init__(self, names: Names):
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._names.get(node.id, node)


def _resolved(node: ast.expr, names: Names) -> ast.expr:
    """Return a copy of an expression with names replaced by what they stand for."""
    found: ast.expr = _Substitute(names).visit(deepcopy(node))
    return found


def _is_literal(node: ast.expr) -> bool:
    try:
        read_literal(ast.unparse(node))
    except NotLiteral:
        # A list of pairs of which one part is no literal still offers the other rows.
        return isinstance(node, ast.List | ast.Tuple)
    return True


def _parsed(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
