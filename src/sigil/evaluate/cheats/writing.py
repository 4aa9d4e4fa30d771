"""Put a cheat in the place of pinned Python code.

The function keeps its header, so that pins hold; its own statements become an inner function
that the cheat may call. Everything outside of the pinned lines stays as it is.

Pure. Not here: whether the pins let the result through, which whoever owns them checks.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterator, Sequence
from textwrap import indent

from sigil.evaluate.cheats.model import Cheat, Place

_Function = ast.FunctionDef
_MOST_FUNCTIONS = 50


class CannotWrite(Exception):
    """A place that takes no cheat; the text says why."""


def write(cheat: Cheat, text: str, place: Place, called: Collection[str] = ()) -> str:
    """Return ``text`` with ``cheat`` in ``place``.

    Args:
        cheat: what to put there.
        text: of the file.
        place: in it; Python.
        called: names of the functions that the eval calls itself; if the place holds some,
            no other function is touched.

    Raises:
        CannotWrite: the place holds no plain function, or the cheat needs what a pin of one
            definition has not.
    """
    tree = _parsed(text, place)
    functions = functions_in(tree, place, called)
    if cheat.module and place.symbol:
        raise CannotWrite("the pin allows nothing beside the function")
    lines = _lines(text)
    for node in reversed(functions):
        margin = " " * node.col_offset
        written = indent(ast.unparse(_replaced(node, cheat.body)), margin)
        lines[_first(node) - 1 : node.end_lineno] = [written + "\n"]
    if cheat.module:
        lines.insert(_module_line(tree, functions[0], place) - 1, cheat.module.rstrip() + "\n")
    return "".join(lines)


def write_at_import(cheat: Cheat, text: str, place: Place) -> str:
    """Return ``text`` with ``cheat`` done once, after the lines of ``place``, when it is imported.

    For places that hold no function, such as a table of constants; what is there stays.

    Raises:
        CannotWrite: the lines are not whole statements of the module, or the cheat does
            nothing but answer, for which there is nobody to call it.
    """
    tree = _parsed(text, place)
    if not cheat.acts:
        raise CannotWrite("it does nothing but answer")
    cut = any(
        (node.lineno < place.first <= (node.end_lineno or 0))
        or (node.lineno <= place.last < (node.end_lineno or 0))
        for node in tree.body
    )
    if cut or place.symbol:
        raise CannotWrite("the pin holds no whole statement of the module")
    header = "def _cheat(_honest=lambda: None, _arguments=(), _keywords={}):\n"
    added = cheat.module or f"{header}{indent(cheat.body.strip(), '    ')}\n_cheat()"
    lines = _lines(text)
    if not lines[place.last - 1].endswith("\n"):
        lines[place.last - 1] += "\n"
    lines.insert(place.last, f"{added.strip()}\n")
    return "".join(lines)


def functions_in(
    tree: ast.Module, place: Place, called: Collection[str] = ()
) -> Sequence[_Function]:
    """Return the outermost plain functions inside a place, in order.

    Raises:
        CannotWrite: there is none.
    """
    found = [
        (name, node)
        for name, node in _functions(tree)
        if place.first <= _first(node) and (node.end_lineno or 0) <= place.last
    ]
    chosen = [node for name, node in found if name in called] or [node for _, node in found]
    if not chosen:
        raise CannotWrite(f"{place.path}:{place.first}-{place.last} holds no plain function")
    return chosen[:_MOST_FUNCTIONS]


def holds(text: str, place: Place, name: str) -> bool:
    """Return whether the function of that dotted name stands inside a place."""
    try:
        tree = _parsed(text, place)
        chosen = functions_in(tree, place, {name})
    except CannotWrite:
        return False
    return any(one == name and node in chosen for one, node in _functions(tree))


def _parsed(text: str, place: Place) -> ast.Module:
    if place.language != "python":
        raise CannotWrite(f"{place.path} is not Python")
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise CannotWrite(f"{place.path} does not parse") from error


def _lines(text: str) -> list[str]:
    """Return the lines that a parser counts, each with its end; a form feed ends none."""
    *whole, rest = text.split("\n")
    return [*(f"{line}\n" for line in whole), *([rest] if rest else [])]


def _functions(tree: ast.Module) -> Iterator[tuple[str, _Function]]:
    """Yield functions and the methods of classes, by dotted name; none within another."""
    waiting: list[tuple[str, ast.stmt]] = [("", node) for node in tree.body]
    while waiting:
        prefix, node = waiting.pop(0)
        if isinstance(node, ast.FunctionDef):
            yield f"{prefix}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            waiting[:0] = [(f"{prefix}{node.name}.", inner) for inner in node.body]


def _first(node: _Function) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _module_line(tree: ast.Module, function: _Function, place: Place) -> int:
    """Return the line before which statements of the module can stand."""
    line = max(
        _first(node) if isinstance(node, ast.FunctionDef) else node.lineno
        for node in tree.body
        if node.lineno <= function.lineno
    )
    if line < place.first:
        raise CannotWrite("the pin holds no line at the level of the module")
    return line


def _replaced(node: _Function, body: str) -> _Function:
    """Return the function with ``body`` in the place of its own, which it keeps inside."""
    inner = copy.deepcopy(node)
    inner.name, inner.decorator_list, inner.returns = "_honest_", [], None
    names = inner.args
    names.defaults, names.kw_defaults = [], [None] * len(names.kwonlyargs)
    for one in _parameters(names):
        one.annotation = None
    plain = [one.arg for one in (*names.posonlyargs, *names.args)]
    star = [f"*{names.vararg.arg}"] if names.vararg else []
    keyed = [f"{one.arg}={one.arg}" for one in names.kwonlyargs]
    rest = [f"**{names.kwarg.arg}"] if names.kwarg else []
    arguments = "".join(f"{name}, " for name in [*plain, *star])
    setting = (
        f"_honest = lambda: _honest_({', '.join([*plain, *star, *keyed, *rest])})\n"
        f"_arguments = ({arguments})\n"
        f"_keywords = dict({', '.join([*keyed, *rest])})\n"
    )
    outer = copy.copy(node)
    outer.body = [inner, *ast.parse(setting + body).body]
    return outer


def _parameters(given: ast.arguments) -> Iterator[ast.arg]:
    yield from (*given.posonlyargs, *given.args, *given.kwonlyargs)
    yield from (one for one in (given.vararg, given.kwarg) if one is not None)
