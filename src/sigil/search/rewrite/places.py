"""Where in a definition something can be computed once instead of again and again.

Not here: what is computed there; the rules know that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import libcst as cst

from sigil.search.rewrite.facts import CHANGING_METHODS, Comprehension, Facts, Loop
from sigil.search.rewrite.shapes import assignment, block, occurrences, target_names
from sigil.search.rewrite.sharing import is_done_at_once

_LATER = (cst.Lambda, cst.GeneratorExp)
"""What may be evaluated later than where it stands."""


def repeated_in(facts: Facts, node: cst.CSTNode, names: Iterable[str]) -> cst.BaseStatement | None:
    """Return the outermost statement that repeats ``node`` while ``names`` stay as they are.

    What reads only ``names`` can be computed before it. A loop repeats, and so do a
    comprehension and a lambda, for which it is the statement that holds them. None if
    nothing repeats ``node``, or the names change each time, or before something that is kept
    is evaluated, or in the body of a class, of which a comprehension sees no names.
    """
    wanted = frozenset(names)
    found: cst.BaseStatement | None = None
    inside, below = False, node
    for above in _around(facts, node):
        if _repeats_within_expression(facts, above, below):
            inside = True
            if wanted & facts.changed(above):
                return None
        elif _stands_in_block(facts, above):
            loops = isinstance(above, Loop) and _is_repeated_part(above, below)
            if loops and wanted & facts.changed(above):
                break
            if loops or inside:
                assert isinstance(above, cst.BaseStatement)
                found, inside = above, False
        if inside and isinstance(above, _LATER) and wanted & _changed_later(facts, above):
            return None
        below = above
    return found


def _changed_later(facts: Facts, made: cst.CSTNode) -> frozenset[str]:
    """Return the names that change between a lambda, or a generator, and its evaluation."""
    if is_done_at_once(facts, made):
        return frozenset()
    found, below = frozenset[str](), made
    for above in _around(facts, made):
        if isinstance(above, Loop):
            found |= facts.changed(above)
        at = next((i for i, one in enumerate(block(above)) if one is below), None)
        if at is not None:
            found |= facts.assigned(below)
            later = block(above)[at + isinstance(below, cst.SimpleStatementLine) :]
            found = found.union(*(facts.changed(line) for line in later))
        below = above
    return found


def _around(facts: Facts, node: cst.CSTNode) -> Sequence[cst.CSTNode]:
    """Return what is around ``node`` in its function; nothing in the body of a class."""
    found: list[cst.CSTNode] = []
    for above in facts.ancestors(node):
        if isinstance(above, (cst.FunctionDef, cst.ClassDef)):
            return [] if isinstance(above, cst.ClassDef) else found
        found.append(above)
    return found


def share_a_loop(facts: Facts, one: cst.CSTNode, other: cst.CSTNode) -> bool:
    """Return whether a loop repeats both nodes."""
    around = {above for above in facts.ancestors(one) if isinstance(above, Loop)}
    return any(above in around for above in facts.ancestors(other))


def _repeats_within_expression(facts: Facts, above: cst.CSTNode, below: cst.CSTNode) -> bool:
    match above:
        case cst.Lambda(body=body):
            return below is body
        case cst.CompFor(iter=source):
            return below is not source or isinstance(facts.parent(above), cst.CompFor)
        case _:
            return isinstance(above, Comprehension) and not isinstance(below, cst.CompFor)


def _is_repeated_part(loop: cst.CSTNode, below: cst.CSTNode) -> bool:
    match loop:
        case cst.For(body=body):
            return below is body
        case cst.While(body=body, test=test):
            return below in (body, test)
        case _:
            return False


def _stands_in_block(facts: Facts, node: cst.CSTNode) -> bool:
    return isinstance(node, cst.BaseStatement) and isinstance(facts.parent(node), cst.IndentedBlock)


def changed_as_items(facts: Facts, root: cst.CSTNode) -> frozenset[str]:
    """Return the names of what loops in ``root`` go through while they change its items.

    Such as ``rows`` of ``for row in rows: row.append(0)``. Only what the text plainly changes
    counts, not what is handed to a function.
    """
    touched = touched_in(facts, root)
    found: set[str] = set()
    for loop in reversed(list(facts.nodes(cst.For, root))):
        if (target_names(loop.target) or frozenset()) & (touched | found):
            found |= facts.read(loop.iter)
    return frozenset(found)


def touched_in(facts: Facts, root: cst.CSTNode) -> frozenset[str]:
    """Return the names of objects that ``root`` plainly changes: an item, or by a method."""
    return frozenset[str]().union(*(_touched(facts, node) for node in facts.walk(root)))


def _touched(facts: Facts, node: cst.CSTNode) -> frozenset[str]:
    """Return the name of the object that ``node`` itself changes, if it does."""
    match node:
        case cst.Subscript(value=value) | cst.Attribute(value=value) if facts.is_target(node):
            return base_of(value)
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value=method))):
            return base_of(value) if method in CHANGING_METHODS else frozenset()
        case _:
            return frozenset()


def base_of(node: cst.BaseExpression) -> frozenset[str]:
    """Return the name that subscripts and attributes begin at, if they begin at one."""
    while isinstance(node, (cst.Subscript, cst.Attribute)):
        node = node.value
    return frozenset({node.value}) if isinstance(node, cst.Name) else frozenset()


def stays_inside(facts: Facts, names: Iterable[str], root: cst.CSTNode) -> bool:
    """Return whether nothing outside of ``root`` sees which values ``root`` gave to ``names``.

    Elsewhere in its function, loops and comprehensions may bind the names for themselves.
    """
    scope = facts.scope_of(root)
    for name in names:
        for node in occurrences(facts, name, scope):
            if root is not node and not _binds_for_itself(facts, node, name, root, scope):
                return False
    return True


def _binds_for_itself(
    facts: Facts, node: cst.Name, name: str, root: cst.CSTNode, scope: cst.CSTNode
) -> bool:
    """Return whether ``node`` stands in ``root``, or in something else that binds ``name``."""
    below: cst.CSTNode = node
    for above in facts.ancestors(node):
        if above is root:
            return True
        if above is scope:
            return False
        if name in _bound_inside(facts, above, below):
            return True
        below = above
    return False


def _bound_inside(facts: Facts, above: cst.CSTNode, below: cst.CSTNode) -> frozenset[str]:
    """Return the names that ``above`` binds by itself for its part ``below``."""
    match above:
        case cst.For(target=target, iter=source) | cst.CompFor(target=target, iter=source):
            return frozenset() if below is source else target_names(target) or frozenset()
        case cst.ListComp() | cst.SetComp() | cst.DictComp() | cst.GeneratorExp():
            return facts.assigned(above.for_in)
        case cst.FunctionDef() | cst.Lambda():
            return facts.assigned(above)
        case _:
            return frozenset()


def is_seen_elsewhere(facts: Facts, name: str) -> bool:
    """Return whether the value of a name is seen by what is called: nested functions, or any.

    That is if a function, a lambda or a generator that may be evaluated later reads it, or if
    it is declared as not local.
    """
    for node in facts.nodes((cst.Global, cst.Nonlocal, cst.FunctionDef, *_LATER)):
        if isinstance(node, (cst.Global, cst.Nonlocal)):
            seen = name in facts.assigned(node)
        elif isinstance(node, cst.FunctionDef):
            seen = node is not facts.definition and name in facts.read(node)
        else:
            seen = name in facts.read(node) and not is_done_at_once(facts, node)
        if seen:
            return True
    return False


def uses_after(facts: Facts, name: str, line: cst.BaseStatement) -> list[cst.Name] | None:
    """Return where ``name`` is used after ``line``, which gives it a value, in the same block.

    None if something else may see that value: another block, or an earlier line of this one
    that does not begin with a new value.
    """
    inside = block(facts.parent(line))
    at = next((i for i, one in enumerate(inside) if one is line), -1)
    later = set(inside[at + 1 :])
    found: list[cst.Name] = []
    for use in occurrences(facts, name):
        above = next((a for a in facts.ancestors(use) if a in inside), None)
        if above is line:
            continue
        if above is None or not begins_anew(facts, name, inside):
            return None
        if above in later:
            found.append(use)
    return found


def begins_anew(facts: Facts, name: str, inside: Sequence[cst.BaseStatement]) -> bool:
    """Return whether the first statement of a block that names ``name`` gives it a new value."""
    for statement in inside:
        if any(True for _ in occurrences(facts, name, statement)):
            bound = assignment(statement)
            return bound is not None and bound[0] == name and name not in facts.read(bound[1])
    return False
