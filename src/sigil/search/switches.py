"""Literals that choose a branch, and those that matter in one branch alone.

A name that is bound once, to a literal, and asked about by ``==``, ``in``, ``match`` or as
the key of a table is a *switch*: what it is compared with are its alternatives. A literal
below such a question is read only for some values of the switch. Pure; conservative: a
name that is bound again anywhere in the file, or is a parameter somewhere, is no switch.

Not here: which other literals may be tuned (`sigil.search.literals`).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sigil.search.written import Value


@dataclass(frozen=True, slots=True)
class When:
    """A condition under which a literal is read.

    Args:
        line: 1-based, of the switch's literal.
        column: of it, in bytes, as in `ast`.
        values: some of its values.
        among: whether the literal is read for these values, or for all others.
    """

    line: int
    column: int
    values: tuple[Value, ...]
    among: bool

    @property
    def opposite(self) -> When:
        """Return the condition of the other branch."""
        return When(self.line, self.column, self.values, not self.among)


Guards = tuple[When, ...]


@dataclass(frozen=True, slots=True)
class Switches:
    """What a file's questions say about its literals.

    Args:
        choices: the alternatives of each switch, by line and column of its literal.
        guards: the conditions under which an expression is evaluated, by its line and column;
            only of expressions that have some.
    """

    choices: Mapping[tuple[int, int], tuple[Value, ...]]
    guards: Mapping[tuple[int, int], Guards]


def switches(tree: ast.AST) -> Switches:
    """Return the switches in ``tree`` and what they govern."""
    bound = _bound(tree)
    asked = _alternatives(tree, bound)
    choices: dict[tuple[int, int], tuple[Value, ...]] = {}
    for name, node in bound.items():
        own = _constant(node)
        values = [value for value in asked.get(name, ()) if type(value) is type(own)]
        found = tuple(dict.fromkeys([*values, own] if own is not None else values))
        if len(found) > 1 and not isinstance(own, float):
            choices[node.lineno, node.col_offset] = found
    walk = _Walk(bound)
    walk.visit(tree, ())
    return Switches(choices, walk.guards)


# --- names --------------------------------------------------------------------------------


def _bound(tree: ast.AST) -> dict[str, ast.expr]:
    """Return the names that are bound once in the file, and the literal that each is bound to."""
    times: Counter[str] = Counter()
    literals: dict[str, ast.expr] = {}
    for node in ast.walk(tree):
        for name in _names(node):
            times[name] += 1 if isinstance(node, ast.Name) else _NEVER_ONCE
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                literals[name] = value
            case _:
                pass
    return {
        name: value
        for name, value in literals.items()
        if times[name] == 1 and _constant(value) is not None
    }


_NEVER_ONCE = 2


def _names(node: ast.AST) -> Sequence[str]:
    """Return the names that ``node`` itself binds, by whatever way."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return names
        case ast.alias(name=name, asname=other):
            return [other or name]
        case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            return [name]
        case _:
            return []


def _constant(node: ast.AST) -> Value | None:
    match node:
        case ast.Constant(value=str() | int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=(int() | float()) as value)):
            return -value
        case _:
            return None


def _constants(nodes: Iterable[ast.AST | None]) -> tuple[Value, ...] | None:
    """Return the values of literals; None if one of them is something else."""
    found = [_constant(node) if node is not None else None for node in nodes]
    return None if None in found else tuple(value for value in found if value is not None)


# --- questions ----------------------------------------------------------------------------


def _alternatives(tree: ast.AST, bound: Mapping[str, ast.expr]) -> dict[str, list[Value]]:
    """Return what each name is compared with, in the order of the text.

    A number counts only where its name is used for nothing but questions: otherwise it is a
    quantity that happens to be compared.
    """
    found: dict[str, list[Value]] = {}
    uses: Counter[str] = Counter()
    questions: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            uses[node.id] += 1
        question = _asked(node)
        if question is not None:
            name, values = question
            found.setdefault(name, []).extend(values)
            questions[name] += 1
    return {
        name: values
        for name, values in found.items()
        if name in bound
        and (isinstance(_constant(bound[name]), str) or uses[name] == questions[name])
    }


def _asked(node: ast.AST) -> tuple[str, Sequence[Value]] | None:
    """Return a name and what it is compared with, if ``node`` asks about a name."""
    match node:
        case ast.Compare(left=ast.Name(id=name), ops=[_], comparators=[_]):
            found = _question(node)
            return (name, found[1]) if found else None
        case ast.Subscript(value=ast.Dict(keys=keys), slice=ast.Name(id=name)):
            values = _constants(keys)
            return (name, values) if values else None
        case ast.Match(subject=ast.Name(id=name), cases=cases):
            values = [value for case in cases for value in _pattern(case.pattern) or ()]
            return name, values
        case _:
            return None


def _question(test: ast.AST) -> tuple[str, tuple[Value, ...], bool] | None:
    """Return name, values, and whether the test holds among them; None for another test."""
    match test:
        case ast.Name(id=name):
            return name, (True,), True
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            found = _question(inner)
            return found and (found[0], found[1], not found[2])
        case ast.Compare(left=ast.Name(id=name), ops=[operator], comparators=[right]):
            return _compared(name, operator, right)
        case _:
            return None


def _compared(
    name: str, operator: ast.cmpop, right: ast.expr
) -> tuple[str, tuple[Value, ...], bool] | None:
    match operator, right:
        case ((ast.Eq() | ast.NotEq()), _):
            values = _constants([right])
        case (ast.In() | ast.NotIn()), (ast.Tuple(elts=items) | ast.List(elts=items)
                                        | ast.Set(elts=items)):  # fmt: skip
            values = _constants(items)
        case _:
            return None
    return (name, values, isinstance(operator, (ast.Eq, ast.In))) if values else None


def _pattern(pattern: ast.pattern) -> tuple[Value, ...] | None:
    """Return the values that a pattern takes; None if it takes something else, too."""
    match pattern:
        case ast.MatchValue(value=value):
            return _constants([value])
        case ast.MatchOr(patterns=patterns):
            found = [_pattern(part) for part in patterns]
            return None if None in found else tuple(v for part in found for v in part or ())
        case _:
            return None


# --- branches -----------------------------------------------------------------------------

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class _Walk:
    """Goes through a file and notes under which conditions each expression is evaluated."""

    def __init__(self, bound: Mapping[str, ast.expr]):
        self._bound = bound
        self.guards: dict[tuple[int, int], Guards] = {}

    def visit(self, node: ast.AST, guards: Guards) -> None:
        """Note ``node`` and what is below it."""
        if isinstance(node, ast.expr) and guards:
            self.guards[node.lineno, node.col_offset] = guards
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                self.visit(test, guards)
                yes, no = self._branches(test)
                self._block(body, guards + yes)
                self._block(orelse, guards + no)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.visit(test, guards)
                yes, no = self._branches(test)
                self.visit(body, guards + yes)
                self.visit(orelse, guards + no)
            case ast.Match(subject=ast.Name(id=name), cases=cases):
                self._cases(name, cases, guards)
            case _:
                self._fields(node, guards)

    def _fields(self, node: ast.AST, guards: Guards) -> None:
        for _, value in ast.iter_fields(node):
            match value:
                case [ast.stmt(), *_]:
                    self._block(value, guards)
                case list():
                    for child in value:  # pyright: ignore[reportUnknownVariableType] - nodes or plain values
                        if isinstance(child, ast.AST):
                            self.visit(child, guards)
                case ast.AST():
                    self.visit(value, guards)
                case _:
                    pass

    def _block(self, statements: Sequence[ast.stmt], guards: Guards) -> None:
        """Visit statements in order; one that leaves in one branch narrows what follows."""
        for statement in statements:
            self.visit(statement, guards)
            if isinstance(statement, ast.If):
                yes, no = self._branches(statement.test)
                if _leaves(statement.body):
                    guards += no
                if _leaves(statement.orelse):
                    guards += yes

    def _cases(self, name: str, cases: Sequence[ast.match_case], guards: Guards) -> None:
        taken: list[Value] = []
        for case in cases:
            values = _pattern(case.pattern)
            before = self._when(name, tuple(taken), among=False) if taken else ()
            here = self._when(name, values, among=True) if values else before
            self._block(case.body, guards + here)
            if values and case.guard is None:
                taken += values

    def _branches(self, test: ast.expr) -> tuple[Guards, Guards]:
        """Return the conditions of the branch where ``test`` holds, and of the other."""
        if isinstance(test, ast.BoolOp):
            parts = [self._branches(value) for value in test.values]
            if isinstance(test.op, ast.And):
                return tuple(when for yes, _ in parts for when in yes), ()
            return (), tuple(when for _, no in parts for when in no)
        found = _question(test)
        if found is None:
            return (), ()
        when = self._when(found[0], found[1], among=found[2])
        return when, tuple(one.opposite for one in when)

    def _when(self, name: str, values: tuple[Value, ...], *, among: bool) -> Guards:
        node = self._bound.get(name)
        if node is None or (values == (True,) and not isinstance(_constant(node), bool)):
            return ()
        return (When(node.lineno, node.col_offset, values, among),)


def _leaves(statements: Sequence[ast.stmt]) -> bool:
    return bool(statements) and isinstance(statements[-1], _LEAVES)
