"""Which names a piece of code binds, and which it reads.

Not here: which names mean what in a definition (`facts`).
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from sigil.search.rewrite.tree import walk

BINDERS: tuple[type[cst.CSTNode], ...] = (
    cst.AssignTarget, cst.For, cst.AugAssign, cst.AnnAssign, cst.NamedExpr, cst.CompFor,
    cst.Param, cst.FunctionDef, cst.ClassDef, cst.AsName, cst.Del, cst.Global, cst.Nonlocal,
    cst.MatchAs, cst.MatchStar, cst.Import, cst.ImportFrom,
)  # fmt: skip
"""The kinds of nodes that bind names."""


def assigned_by(nodes: Iterable[cst.CSTNode]) -> frozenset[str]:  # noqa: C901 - one case for each binder
    """Return the names that some nodes bind, each on its own."""
    found: set[str] = set()
    imports: dict[str, str] = {}
    for node in nodes:
        match node:
            case cst.AssignTarget(target=target) | cst.For(target=target):
                found |= _names_bound(target)
            case cst.AugAssign(target=target) | cst.AnnAssign(target=target):
                found |= _names_bound(target)
            case cst.NamedExpr(target=target) | cst.CompFor(target=target):
                found |= _names_bound(target)
            case cst.Param(name=name) | cst.FunctionDef(name=name) | cst.ClassDef(name=name):
                found.add(name.value)
            case cst.AsName(name=name):
                found |= _names_bound(name)
            case cst.Del(target=target):
                found |= _names_bound(target)
            case cst.Global(names=items) | cst.Nonlocal(names=items):
                found |= {item.name.value for item in items}
            case cst.MatchAs(name=cst.Name(value=name)) | cst.MatchStar(name=cst.Name(value=name)):
                found.add(name)
            case cst.Import() | cst.ImportFrom():
                imports |= imported_by([node])
            case _:
                pass
    return frozenset(found | imports.keys())


def read(root: cst.CSTNode) -> frozenset[str]:
    """Return every name in ``root`` but those of attributes and keywords."""
    return read_by(walk(root))


def read_by(nodes: Iterable[cst.CSTNode]) -> frozenset[str]:
    """Return every name among ``nodes``, in source order, but those of attributes and keywords."""
    found: set[str] = set()
    others: set[cst.CSTNode | None] = set()
    for node in nodes:
        match node:
            case cst.Attribute(attr=name) | cst.Arg(keyword=name):
                others.add(name)
            case cst.Name(value=name) if node not in others:
                found.add(name)
            case _:
                pass
    return frozenset(found)


def imported_by(nodes: Iterable[cst.CSTNode]) -> dict[str, str]:
    """Return what those of ``nodes`` that are import statements bind, and to what."""
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, cst.Import):
            for alias in node.names:
                dotted = alias.evaluated_name
                found[alias.evaluated_alias or dotted.partition(".")[0]] = (
                    dotted if alias.evaluated_alias else dotted.partition(".")[0]
                )
        elif isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
            module = _dotted(node.module) if node.module and not node.relative else None
            for alias in node.names:
                name = alias.evaluated_alias or alias.evaluated_name
                if module:
                    found[name] = f"{module}.{alias.evaluated_name}"
                else:
                    found.setdefault(name, f".{alias.evaluated_name}")
    return found


def _dotted(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def _names_bound(target: cst.CSTNode) -> set[str]:
    match target:
        case cst.Name(value=name):
            return {name}
        case cst.Tuple() | cst.List():
            return {name for item in target.elements for name in _names_bound(item.value)}
        case cst.Element(value=value) | cst.StarredElement(value=value):
            return _names_bound(value)
        case _:
            return set()
