"""Which names surely have a value before each statement?

Definite assignment by one pass over structured statements: a branch that may not run adds
nothing, a branch that never falls through takes no part in a join. Conservative, so a name
that is offered to a mutation can never be unbound because of the mutation.

Not here: what the names are worth offering for (`scope`).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

Names = frozenset[str]
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def parameters(function: Function) -> list[str]:
    """Return the names of a function's parameters, in order."""
    spec = function.args
    plain = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    stars = [star for star in (spec.vararg, spec.kwarg) if star is not None]
    return [argument.arg for argument in (*plain, *stars)]


def bound_names(body: Iterable[ast.AST]) -> set[str]:
    """Return every name that ``body`` binds in its own scope, nested scopes left out."""
    found: set[str] = set()
    for node in own_nodes(body):
        match node:
            case ast.Name(ctx=(ast.Store() | ast.Del()), id=name):
                found.add(name)
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                found.add(name)
            case ast.alias(name=name, asname=alias):
                found.add(alias or name.split(".")[0])
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                found.add(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                found.add(name)
            case _:
                pass
    return found


def own_nodes(roots: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield every node below ``roots`` that belongs to the same scope.

    A nested definition is yielded, its inside is not; comprehensions count as nested.
    """
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*_DEFINITIONS, ast.Lambda, *_COMPREHENSIONS)):
            waiting += ast.iter_child_nodes(node)


class Flow:
    """The names that surely have a value before each statement of one tree.

    Args:
        tree: a module; everything nested in it is followed too.
    """

    def __init__(self, tree: ast.Module):
        self._before: dict[int, Names] = {}
        # What a nested function sees: None for the names before its definition.
        self._visible: Names | None = frozenset()
        self._follow(tree.body, frozenset())

    def before(self, statement: ast.stmt) -> Names:
        """Return the local names that are bound whenever ``statement`` begins."""
        return self._before.get(id(statement), frozenset())

    def _follow(self, body: Sequence[ast.stmt], names: Names) -> Names | None:
        """Return the names after ``body``, or None if control never gets past it."""
        falls_through = True
        for statement in body:
            self._before[id(statement)] = names
            after = self._after(statement, names)
            if after is None:
                falls_through = False
            else:
                names = after
        return names if falls_through else None

    def _after(self, statement: ast.stmt, names: Names) -> Names | None:
        if isinstance(statement, _JUMPS):
            return None
        rule = self._RULES.get(type(statement))
        if rule is not None:
            return rule(self, statement, names)
        if isinstance(statement, ast.Delete):
            return names - _targets(statement.targets)
        return names | _bound_by(statement)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> Names:
        outer = self._visible
        inside = (names if outer is None else outer) - bound_names(node.body)
        self._visible = None
        self._follow(node.body, inside | frozenset(parameters(node)))
        self._visible = outer
        return names | {node.name}

    def _class(self, node: ast.ClassDef, names: Names) -> Names:
        outer = self._visible
        self._visible = names if outer is None else outer  # methods do not see class names
        self._follow(node.body, names)
        self._visible = outer
        return names | {node.name}

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, names: Names) -> Names:
        inside = names if isinstance(node, ast.While) else names | _targets([node.target])
        self._follow(node.body, inside)
        self._follow(node.orelse, names)
        return names

    def _if(self, node: ast.If, names: Names) -> Names | None:
        return _join([self._follow(node.body, names), self._follow(node.orelse, names)])

    def _try(self, node: ast.Try, names: Names) -> Names | None:
        body = self._follow(node.body, names)
        otherwise = self._follow(node.orelse, names if body is None else body)
        ends: list[Names | None] = [None if body is None else otherwise]
        for handler in node.handlers:
            own = frozenset({handler.name}) if handler.name else frozenset[str]()
            after = self._follow(handler.body, names | own)
            ends.append(None if after is None else after - own)
        final = self._follow(node.finalbody, names)
        after = _join(ends)
        return None if after is None or final is None else after | final

    def _with(self, node: ast.With | ast.AsyncWith, names: Names) -> Names:
        inside = names | _targets(item.optional_vars for item in node.items if item.optional_vars)
        after = self._follow(node.body, inside)
        return inside if after is None else after

    def _match(self, node: ast.Match, names: Names) -> Names | None:
        ends: list[Names | None] = [names]
        for case in node.cases:
            captured = frozenset(bound_names([case.pattern]))
            ends.append(self._follow(case.body, names | captured))
        return _join(ends)

    _RULES: dict[type[ast.stmt], Callable[..., Names | None]] = {  # noqa: RUF012 - never altered
        ast.FunctionDef: _function,
        ast.AsyncFunctionDef: _function,
        ast.ClassDef: _class,
        ast.For: _loop,
        ast.AsyncFor: _loop,
        ast.While: _loop,
        ast.If: _if,
        ast.Try: _try,
        ast.TryStar: _try,
        ast.With: _with,
        ast.AsyncWith: _with,
        ast.Match: _match,
    }


def _join(ends: Iterable[Names | None]) -> Names | None:
    reached = [names for names in ends if names is not None]
    return frozenset[str].intersection(*reached) if reached else None


def _targets(targets: Iterable[ast.expr]) -> Names:
    return frozenset(
        node.id for target in targets for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del))
    )  # fmt: skip


def _bound_by(statement: ast.stmt) -> Names:
    match statement:
        case ast.Assign(targets=targets):
            return _targets(targets)
        case ast.AnnAssign(target=target, value=ast.expr()) | ast.AugAssign(target=target):
            return _targets([target])
        case ast.Import() | ast.ImportFrom():
            return frozenset(bound_names(statement.names))
        case _:
            return frozenset()


# --- uses --------------------------------------------------------------------------------


def inner_names(node: ast.AST) -> set[str]:
    """Return the names that comprehensions and lambdas inside ``node`` bind for themselves."""
    found: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Lambda):
            found |= set(parameters(inner))
        elif isinstance(inner, ast.comprehension):
            found |= _targets([inner.target])
    return found


def free_names(node: ast.AST) -> set[str]:
    """Return the names that ``node`` reads from around it."""
    loads = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    return loads - inner_names(node)


def header(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the parts of a statement that are not statements: its own expressions."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield child


def doubtful_uses(tree: ast.Module, flow: Flow) -> Counter[str]:
    """Count the reads of local names that may not have a value yet, by name.

    A change of statements is safe for names if it adds none of them.
    """
    found: Counter[str] = Counter()
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            local = bound_names(function.body)
            for statement in _statements(function.body):
                found.update(_doubtful(statement, local, flow.before(statement)))
    return found


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of ``body`` and of their suites, definitions left out."""
    waiting = list(body)
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, _DEFINITIONS):
            continue
        yield statement
        suites = (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ()), statement)
        for suite in suites:
            for name in ("body", "orelse", "finalbody"):
                waiting += getattr(suite, name, ())


def _doubtful(statement: ast.stmt, local: set[str], names: Names) -> list[str]:
    parts = list(header(statement))
    reads = [
        node.id for part in parts for node in ast.walk(part)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]  # fmt: skip
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        reads.append(statement.target.id)
    open_reads = [name for name in reads if name in local and name not in names]
    if not open_reads:
        return []
    own = set[str]().union(*(inner_names(part) for part in parts))
    return [name for name in open_reads if name not in own]
