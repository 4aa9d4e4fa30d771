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
from collections.abc import Sequence
from typing import cast

from sigil.search import sameness
from sigil.search.bindings import arguments, bound_in, stored

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
LOOKS_AT_NAMES = re.compile(r"\b(?:locals|vars|dir|eval|exec|globals|__code__|__name__)\b")
"""What makes the spelling of a local name matter."""


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
        match node:
            case ast.UnaryOp(op=ast.Not()):
                denied = sameness.denied(node)
                self._add_as_is(denied) if isinstance(denied, ast.UnaryOp) else self.add(denied)
            case ast.BinOp():
                self.tokens += ["BinOp", type(node.op).__name__]
                self._add_pair(node.left, node.right, commutes=sameness.commutes(node))
            case ast.Compare(ops=[op], comparators=[right]):
                self._add_comparison(node.left, op, right)
            case ast.IfExp(test=ast.UnaryOp(op=ast.Not(), operand=test)):
                self.add(ast.IfExp(test, node.orelse, node.body))
            case _:
                self._add_as_is(node)

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

    def _add_pair(self, left: ast.expr, right: ast.expr, *, commutes: bool) -> None:
        """Append two operands, in an order that does not depend on how they are written."""
        start, numbered = len(self.tokens), self._numbered
        self.add(left)
        middle = len(self.tokens)
        self.add(right)
        first, second = self.tokens[start:middle], self.tokens[middle:]
        if commutes and self._numbered == numbered and second < first:
            self.tokens[start:] = [*second, *first]

    def _add_comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> None:
        swaps = sameness.may_swap(left, right)
        if swaps and isinstance(op, ast.Gt | ast.GtE):
            left, right = right, left
            op = ast.Lt() if isinstance(op, ast.Gt) else ast.LtE()
        self.tokens += ["Compare", type(op).__name__]
        self._add_pair(left, right, commutes=swaps and isinstance(op, ast.Eq | ast.NotEq))

    def _add_as_is(self, node: ast.AST) -> None:
        self.tokens.append(type(node).__name__)
        match node:
            case ast.Name():
                self.tokens.append(self._name(node.id))
            case ast.Constant():
                self.tokens.append(f"{type(node.value).__name__}:{node.value!r}")
            case ast.Return(value=None | ast.Constant(value=None)):
                pass
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._add_function(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                self._add_comprehension(node)
            case ast.ClassDef():
                self._add_class(node)
            case ast.Try() | ast.TryStar() | ast.With() | ast.AsyncWith():
                self._guarded += 1
                self._add_fields(node)
                self._guarded -= 1
            case _:
                self._add_fields(node)

    def _add_class(self, node: ast.ClassDef) -> None:
        self.tokens.append(self._name(node.name))
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
        for field, value in ast.iter_fields(node):
            if field in {"ctx", "type_comment", "kind"}:
                continue
            if field == "test" and isinstance(value, ast.expr):
                self.add(sameness.truth(value))
            elif isinstance(value, ast.AST):
                self.add(value)
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
