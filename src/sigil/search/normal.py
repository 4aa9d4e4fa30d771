"""The normal form of Python: two programs with one form do the same.

It errs on this side only: many that do the same have different forms. Comments, layout,
docstrings, annotations of local names and the names of local variables do not count; nor
does the order of operands that commute and of assignments that do not meet, a double
negation, ``not a == b`` for ``a != b``, ``b > a`` for ``a < b``, ``x += 1`` for ``x = x + 1``,
an ``else`` after a jump, code after one, and what does nothing. Parameters keep their names,
since callers may use them.

Not here: which syntax may be taken for which (`sigil.search.sameness`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import cast

from sigil.search import sameness
from sigil.search.bindings import arguments, bound_in, stored

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
LOOKS_AT_NAMES = re.compile(r"\b(?:locals|vars|dir|eval|exec|globals|__code__|__name__)\b")
"""What makes the spelling of a local name matter."""
_UNSAID = frozenset({"ctx", "type_comment", "kind"})
_ABSENT = object()


class NormalForm:
    """Writes a syntax tree as tokens in which local names are numbers."""

    def __init__(self, *, keep_docstrings: bool, keep_names: bool):
        self.tokens: list[str] = []
        self._keep_docstrings = keep_docstrings
        self._keep_names = keep_names
        self._scopes: list[dict[str, str]] = []
        self._numbered = 0
        self._annotations_count = True
        self._guarded = 0

    def add(self, node: ast.AST) -> None:
        """Append the tokens of ``node``."""
        rule = self._RULES.get(type(node))
        if rule is None:
            self._add_as_is(node)
        else:
            rule(self, node)

    def add_block(self, body: Sequence[ast.stmt]) -> None:
        """Append the tokens of statements; assignments that do not meet come in one order."""
        self.tokens.append("[")
        run: list[tuple[str, ast.expr]] = []
        for statement in sameness.plain(body, keep_strings=self._keep_docstrings):
            found = sameness.assigned(statement, annotations_count=self._annotations_count)
            if found is None or not _independent(found, run):
                self._add_assignments(run)
                run = []
            if found is None:
                self.add(statement)
            else:
                run.append(found)
        self._add_assignments(run)
        self.tokens.append("]")

    def _add_assignments(self, run: Sequence[tuple[str, ast.expr]]) -> None:
        """Append assignments, none of which another one needs, by value and then by name."""
        start, numbered = len(self.tokens), self._numbered
        values: list[list[str]] = []
        for _, value in run:
            self.add(value)
            values.append(self.tokens[start:])
            del self.tokens[start:]
        order = list(range(len(run)))
        # Names that are new here have numbers by their place; and where an exception may be
        # caught, it matters what was assigned before it.
        if self._numbered == numbered and not self._guarded:
            order.sort(key=lambda i: (values[i], self._known(run[i][0])))
        for index in order:
            self.tokens += ["Assign", *values[index], self._name(run[index][0])]

    def _add_pair(self, left: ast.expr, right: ast.expr, commutes: Callable[[], bool]) -> None:
        """Append two operands, in an order that does not depend on how they are written.

        Whether they commute is asked only where it matters: to find out looks at all of both.
        """
        start, numbered = len(self.tokens), self._numbered
        self.add(left)
        middle = len(self.tokens)
        self.add(right)
        if self._numbered != numbered:
            return
        first, second = self.tokens[start:middle], self.tokens[middle:]
        if second < first and commutes():
            self.tokens[start:] = [*second, *first]

    def _add_denial(self, node: ast.UnaryOp) -> None:
        denied = sameness.denied(node) if isinstance(node.op, ast.Not) else node
        if not isinstance(denied, ast.UnaryOp):
            self.add(denied)
            return
        self.tokens += ["UnaryOp", type(denied.op).__name__]
        self.add(denied.operand)

    def _add_operation(self, node: ast.BinOp) -> None:
        self.tokens += ["BinOp", type(node.op).__name__]
        if isinstance(node.op, sameness.MAY_COMMUTE):
            self._add_pair(node.left, node.right, lambda: sameness.commutes(node))
        else:
            self.add(node.left)
            self.add(node.right)

    def _add_comparison(self, node: ast.Compare) -> None:
        if len(node.ops) > 1:
            self._add_as_is(node)
            return
        left, (op,), (right,) = node.left, node.ops, node.comparators
        swaps = sameness.may_swap(left, right)
        if swaps and isinstance(op, ast.Gt | ast.GtE):
            left, right = right, left
            op = ast.Lt() if isinstance(op, ast.Gt) else ast.LtE()
        self.tokens += ["Compare", type(op).__name__]
        self._add_pair(left, right, lambda: swaps and isinstance(op, ast.Eq | ast.NotEq))

    def _add_choice(self, node: ast.IfExp) -> None:
        if isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not):
            self.add(ast.IfExp(node.test.operand, node.orelse, node.body))
        else:
            self._add_as_is(node)

    def _add_name(self, node: ast.Name) -> None:
        self.tokens += ["Name", self._name(node.id)]

    def _add_constant(self, node: ast.Constant) -> None:
        self.tokens += ["Constant", f"{type(node.value).__name__}:{node.value!r}"]

    def _add_return(self, node: ast.Return) -> None:
        if node.value is None or (
            isinstance(node.value, ast.Constant) and node.value.value is None
        ):
            self.tokens.append("Return")
        else:
            self._add_as_is(node)

    def _add_guarded(self, node: ast.Try | ast.TryStar | ast.With | ast.AsyncWith) -> None:
        self._guarded += 1
        self._add_as_is(node)
        self._guarded -= 1

    def _add_as_is(self, node: ast.AST) -> None:
        self.tokens.append(type(node).__name__)
        self._add_fields(node)

    def _add_class(self, node: ast.ClassDef) -> None:
        self.tokens += ["ClassDef", self._name(node.name)]
        self._add_all([*node.decorator_list, *node.bases, *node.keywords])
        outside, self._annotations_count = self._annotations_count, True
        self._add_all(self.without_docstring(node.body))  # its order can be seen, as in an Enum
        self._annotations_count = outside

    def without_docstring(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Return ``body`` without a leading string, unless something reads docstrings."""
        match body:
            case [ast.Expr(value=ast.Constant(value=str())), *rest] if not self._keep_docstrings:
                return rest or [ast.Pass()]
            case _:
                return body

    def _add_all(self, nodes: Sequence[ast.AST]) -> None:
        self.tokens.append("[")
        for node in nodes:
            self.add(node)
        self.tokens.append("]")

    def _add_fields(self, node: ast.AST) -> None:
        for field in _said(type(node)):
            value: object = getattr(node, field, _ABSENT)
            if field == "test" and isinstance(value, ast.expr):
                self.add(sameness.truth(value))
            elif isinstance(value, ast.AST):
                self.add(value)
            elif value is _ABSENT:
                continue
            elif isinstance(value, list):
                self._add_list(field, cast("list[object]", value))
            else:
                self.tokens.append(self._plain(node, field, value))

    def _add_list(self, field: str, values: Sequence[object]) -> None:
        if field in {"body", "orelse", "finalbody"}:
            self.tokens.append(field)
            self.add_block(cast("Sequence[ast.stmt]", values))
            return
        self.tokens.append(f"{field}[")
        for value in values:
            if isinstance(value, ast.AST):
                self.add(value)
            else:
                self.tokens.append(repr(value))
        self.tokens.append("]")

    def _plain(self, node: ast.AST, field: str, value: object) -> str:
        """Return the token of a field that is no tree: some of them bind a local name."""
        binds = (
            isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and field == "name"
        )
        if isinstance(value, str) and (binds or field in {"rest", "asname"}):
            return self._name(value)
        return f"{field}={value!r}"

    def _name(self, name: str) -> str:
        for scope in reversed(self._scopes):
            if name in scope:
                if not scope[name]:
                    scope[name] = f"#{self._numbered}"
                    self._numbered += 1
                return scope[name]
        return name

    def _known(self, name: str) -> str:
        """Return the token of a name that has one, or nothing."""
        return next((scope[name] for scope in reversed(self._scopes) if name in scope), name)

    def _add_function(self, node: _Function) -> None:
        self.tokens.append(type(node).__name__)
        if not isinstance(node, ast.Lambda):
            self.tokens.append(self._name(node.name))
            self._add_all(node.decorator_list)
            self._add_all([node.returns] if node.returns else [])
        self.add(node.args)
        body = [node.body] if isinstance(node, ast.Lambda) else self.without_docstring(node.body)
        parameters = {argument.arg for argument in arguments(node.args)}
        bound: set[str] = set() if self._keep_names else bound_in(body) - parameters
        self._scopes.append(dict.fromkeys(bound, "") | {name: name for name in parameters})
        outside, self._annotations_count = self._annotations_count, False
        if isinstance(node, ast.Lambda):
            self.add(node.body)
        else:
            self.add_block(sameness.without_last_return(self.without_docstring(node.body)))
        self._annotations_count = outside
        self._scopes.pop()

    def _add_comprehension(self, node: _Comprehension) -> None:
        self.tokens.append(type(node).__name__)
        first = node.generators[0]
        self.add(first.iter)  # the only part that is evaluated outside
        bound = {name for one in node.generators for name in stored(one.target)}
        self._scopes.append(dict.fromkeys(bound, "") if not self._keep_names else {})
        for generator in node.generators:
            self.tokens.append(f"async={generator.is_async}")
            self.add(generator.target)
            if generator is not first:
                self.add(generator.iter)
            self._add_all([sameness.truth(test) for test in generator.ifs])
        self._add_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self._scopes.pop()

    _RULES: dict[type[ast.AST], Callable[..., None]] = {  # noqa: RUF012 - never altered
        ast.Name: _add_name,
        ast.Constant: _add_constant,
        ast.BinOp: _add_operation,
        ast.UnaryOp: _add_denial,
        ast.Compare: _add_comparison,
        ast.IfExp: _add_choice,
        ast.Return: _add_return,
        ast.FunctionDef: _add_function,
        ast.AsyncFunctionDef: _add_function,
        ast.Lambda: _add_function,
        ast.ListComp: _add_comprehension,
        ast.SetComp: _add_comprehension,
        ast.GeneratorExp: _add_comprehension,
        ast.DictComp: _add_comprehension,
        ast.ClassDef: _add_class,
        ast.Try: _add_guarded,
        ast.TryStar: _add_guarded,
        ast.With: _add_guarded,
        ast.AsyncWith: _add_guarded,
    }


@cache
def _said(kind: type[ast.AST]) -> tuple[str, ...]:
    """Return the fields of a kind of syntax that mean something."""
    return tuple(field for field in kind._fields if field not in _UNSAID)


def _independent(one: tuple[str, ast.expr], run: Sequence[tuple[str, ast.expr]]) -> bool:
    """Return whether an assignment may trade places with each of ``run``."""
    if not run:
        return True
    name, value = one
    reads = _names(value)
    return all(
        name != other and other not in reads and name not in _names(earlier)
        for other, earlier in run
    ) and all(map(sameness.only_reads, (value, *(earlier for _, earlier in run))))


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
