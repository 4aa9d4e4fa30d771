"""What an expression may be built from at a given place.

Names that surely have a value there, functions of the module, functions of well-known
modules that the file imports, and safe built-ins; never a dunder name, never the pinned
function itself, never anything in `library.FORBIDDEN_CALLS`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sigil.search.mutate import library
from sigil.search.mutate.assigned import bound_names, own_nodes
from sigil.search.mutate.fragments import Fragment, Kind, atom
from sigil.search.mutate.kinds import Kinds, annotated, infer, kind_of
from sigil.search.mutate.library import Function

_MOST_GLOBALS = 16  # of each kind, so that a large module does not drown the local names


@dataclass(frozen=True, slots=True)
class Scope:
    """The vocabulary at one place.

    Args:
        values: names and constants that can be read, local ones first.
        functions: what can be called.
        local: those of ``values`` that are local names.
        names: every bare name that may be read there; for fragments that are moved.
    """

    values: tuple[Fragment, ...]
    functions: tuple[Function, ...]
    local: frozenset[str]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Globals:
    """What a module offers to the functions in it.

    Args:
        constants: top-level names that hold data.
        functions: its own functions, imported well-known ones and safe built-ins.
        names: every name bound at the top level.
        kinds: kinds of top-level names.
    """

    constants: tuple[Fragment, ...]
    functions: tuple[Function, ...]
    names: frozenset[str]
    kinds: Kinds


def read_globals(tree: ast.Module, pinned: Iterable[str]) -> Globals:
    """Return what ``tree`` offers, without the functions named in ``pinned``."""
    plain = [node for node in tree.body if not isinstance(node, ast.ClassDef)]
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    kinds = infer(ast.Module(plain, []), dict.fromkeys(classes, "other"))
    names = frozenset(bound_names(tree.body))
    constants: dict[str, Fragment] = {}
    functions: list[Function] = []
    excluded = set(pinned)
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _worth(value, kinds):
                constants[name] = atom(name, kind_of(value, kinds))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr(), annotation=annotation):
                constants[name] = atom(name, annotated(annotation))
            case ast.FunctionDef() if node.name not in excluded and _callable(node):
                functions.append(_signature(node))
            case ast.Import() | ast.ImportFrom():
                found_functions, found_constants = _imported(node)
                functions += found_functions
                constants |= found_constants
            case _:
                pass
    known = [constant for name, constant in constants.items() if not name.startswith("__")]
    own = functions[: _MOST_GLOBALS * 2]
    builtins = [f for f in library.BUILTINS if f.text not in names]
    return Globals(tuple(known[:_MOST_GLOBALS]), (*own, *builtins), names, kinds)


def scope_at(
    local: Iterable[str], shadowed: frozenset[str], module: Globals, kinds: Mapping[str, Kind]
) -> Scope:
    """Return the vocabulary where the names ``local`` have values.

    Args:
        local: local names that are surely bound, in the order in which to offer them.
        shadowed: every name that the function binds somewhere; a global of that name is
            not visible in it.
        module: what the file offers.
        kinds: kinds of the function's names.
    """
    visible = [name for name in local if not name.startswith("__")]
    hidden = shadowed | set(visible)
    own = [atom(name, kinds.get(name, "unknown")) for name in visible]
    constants = [c for c in module.constants if c.text.split(".")[0] not in hidden]
    functions = tuple(f for f in module.functions if f.text.split(".")[0] not in hidden)
    near = frozenset(visible)
    return Scope((*own, *constants), functions, near, near | (module.names - shadowed))


def _worth(value: ast.expr, kinds: Kinds) -> bool:
    return kind_of(value, kinds) in ("int", "number", "bool", "str", "seq", "map")


def _callable(node: ast.FunctionDef) -> bool:
    if node.name.startswith("__") or node.decorator_list:
        return False
    if node.args.kwonlyargs and None in node.args.kw_defaults:
        return False
    for inner in own_nodes(node.body):
        match inner:
            case ast.Yield() | ast.YieldFrom():
                return False
            case ast.Call(func=ast.Name(id=name)) if name in library.FORBIDDEN_CALLS:
                return False
            case _:
                pass
    return bool(node.args.args)


def _signature(node: ast.FunctionDef) -> Function:
    spec = [*node.args.posonlyargs, *node.args.args]
    needed = spec[: len(spec) - len(node.args.defaults)] or spec[:1]
    return Function(
        node.name, tuple(annotated(a.annotation) for a in needed), annotated(node.returns)
    )


def _imported(
    node: ast.Import | ast.ImportFrom,
) -> tuple[list[Function], dict[str, Fragment]]:
    functions: list[Function] = []
    constants: dict[str, Fragment] = {}
    if isinstance(node, ast.Import):
        for alias in node.names:
            prefix = alias.asname or alias.name
            for function in library.MODULES.get(alias.name, ()):
                text = f"{prefix}.{function.text}"
                functions.append(Function(text, function.takes, function.gives))
            for name in library.CONSTANTS.get(alias.name, ()):
                constants[f"{prefix}.{name}"] = atom(f"{prefix}.{name}", "number")
        return functions, constants
    known = {function.text: function for function in library.MODULES.get(node.module or "", ())}
    for alias in node.names:
        name = alias.asname or alias.name
        if alias.name in known:
            functions.append(Function(name, known[alias.name].takes, known[alias.name].gives))
        elif alias.name in library.CONSTANTS.get(node.module or "", ()):
            constants[name] = atom(name, "number")
    return functions, constants
