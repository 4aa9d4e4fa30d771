"""Scans: loops, and parts of comprehensions, that look for items with a certain key.

A scan does something only with items one key of which equals what is sought.
Not here: what stands in the place of scans that are repeated (`lookups`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.places import stays_inside
from sigil.search.rewrite.shapes import (
    bare,
    block,
    compared,
    conjuncts,
    expression,
    is_steady,
    small,
    sole,
    target_names,
)


@dataclass(frozen=True, slots=True)
class Equal:
    """A condition that a scan begins with: ``key == sought``.

    Args:
        test: the condition as written.
        key: reads the item.
        sought: does not.
    """

    test: cst.BaseExpression
    key: str
    sought: str


@dataclass(frozen=True, slots=True)
class Scan:
    """A loop over a list for items with a certain key.

    Args:
        node: the loop, or the part of a comprehension.
        names: what its target binds.
        source: the text of what it goes through.
        keys: the conditions that an index answers: of one item all at once, or each of its
            own branch.
        left: the other conditions of the only branch; None if there are several branches.
        reads: the names that what is indexed depends on.
    """

    node: cst.For | cst.CompFor
    names: frozenset[str]
    source: str
    keys: Sequence[Equal]
    left: Sequence[cst.BaseExpression] | None
    reads: frozenset[str]

    @property
    def sought(self) -> str:
        """Return the text of what is looked up."""
        if self.left is None or len(self.keys) == 1:
            return self.keys[0].sought
        return f"({', '.join(key.sought for key in self.keys)})"

    @property
    def key(self) -> str:
        """Return the text of the key of an item, if there is one branch."""
        if len(self.keys) == 1:
            return self.keys[0].key
        return f"({', '.join(key.key for key in self.keys)})"

    @property
    def item(self) -> str:
        """Return the text of an item."""
        text = bare(self.node.target)
        return f"({text})" if isinstance(self.node.target, cst.Tuple) else text


def scans(facts: Facts, *, sums: bool = False) -> Iterator[Scan]:
    """Yield the scans of a definition; with ``sums`` those for the other part of a sum."""
    for node in (*facts.nodes(cst.For), *facts.nodes(cst.CompFor)):
        names = target_names(node.target)
        if names is None or node.asynchronous or not is_steady(facts, node.iter):
            continue
        source, bounds = _whole(facts, node)
        branches = _branches(node)
        if not branches:
            continue
        found = [_equalities(facts, tests, names, sums=sums) for tests in branches]
        scan = _scan(facts, node, names, source, found, branches, bounds)
        if scan is not None and _is_calm(facts, scan):
            yield scan


def _scan(  # noqa: PLR0917 - the parts of one scan, found one after the other
    facts: Facts,
    node: cst.For | cst.CompFor,
    names: frozenset[str],
    source: cst.BaseExpression,
    found: Sequence[Sequence[Equal]],
    branches: Sequence[Sequence[cst.BaseExpression]],
    bounds: Sequence[cst.BaseExpression],
) -> Scan | None:
    if not all(found) or (bounds and isinstance(node, cst.For) and passed_over(node)):
        return None
    if len(found) == 1:
        keys = found[0]
        tests = {key.test for key in keys}
        left = [*bounds, *(test for test in branches[0] if test not in tests)]
    else:
        # Of each branch the one condition that asks for the same as that of the others.
        common = [k for k in found[0] if all(k.sought in [o.sought for o in f] for f in found)]
        if not common or bounds:
            return None
        keys = [next(k for k in one if k.sought == common[0].sought) for one in found]
        left = None
    reads = facts.read(source)
    for key in keys:
        reads |= facts.read(expression(key.key)) - names
    return Scan(node, names, bare(source), keys, left, reads)


def _whole(
    facts: Facts, node: cst.For | cst.CompFor
) -> tuple[cst.BaseExpression, Sequence[cst.BaseExpression]]:
    """Return what a scan goes through, and conditions on the item.

    Of ``range(i + 1, n)``, that begins elsewhere each time, the whole ``range(n)``.
    """
    match node.iter:
        case cst.Call(
            func=cst.Name(value="range") as name,
            args=[cst.Arg(value=first), cst.Arg(value=stop)],
        ) if facts.is_builtin(name) and isinstance(node.target, cst.Name):
            if isinstance(first, cst.Integer):
                return node.iter, ()
            return expression(f"range({bare(stop)})"), [_not_before(node.target.value, first)]
        case _:
            return node.iter, ()


def _not_before(item: str, first: cst.BaseExpression) -> cst.BaseExpression:
    match first:
        case cst.BinaryOperation(operator=cst.Add(), right=cst.Integer(value="1"), left=left):
            return expression(f"{item} > {bare(left)}")
        case _:
            return expression(f"{item} >= {bare(first)}")


def _branches(node: cst.For | cst.CompFor) -> list[list[cst.BaseExpression]]:
    """Return the conditions of each branch of a scan; none if it does something without."""
    if isinstance(node, cst.CompFor):
        return [[part for one in node.ifs for part in conjuncts(one.test)]] if node.ifs else []
    passed = passed_over(node)
    if passed is not None:
        return [[passed[1]]]
    found: list[list[cst.BaseExpression]] = []
    for statement in block(node.body):
        branch: cst.If | cst.Else | cst.BaseStatement | None = statement
        while branch is not None:
            if not isinstance(branch, cst.If):
                return []
            found.append(conjuncts(branch.test))
            branch = branch.orelse
    return found


def passed_over(node: cst.For) -> tuple[cst.If, cst.BaseExpression] | None:
    """Return the question at the beginning of a loop that passes other items over.

    With it comes what it is not: ``if key != sought: continue`` goes on for equal ones.
    """
    first, *rest = block(node.body) or [None]
    if not rest or not isinstance(first, cst.If) or first.orelse is not None:
        return None
    sides = compared(first.test, cst.NotEqual)
    if sides is None or not isinstance(small(sole(first.body)), cst.Continue):
        return None
    return first, expression(f"{bare(sides[0])} == {bare(sides[1])}")


def _equalities(
    facts: Facts, tests: Sequence[cst.BaseExpression], names: frozenset[str], *, sums: bool
) -> list[Equal]:
    found: list[Equal] = []
    for test in tests:
        sides = compared(test)
        if sides is None or not is_steady(facts, test):
            if not is_steady(facts, test):
                break
            continue
        if sums:
            sides = _moved_over(facts, sides, names)
        for key, sought in (sides, sides[::-1]) if sides else ():
            if facts.read(key) & names and not facts.read(sought) & names:
                found.append(Equal(test, bare(key), bare(sought)))
    return found


def _moved_over(
    facts: Facts, sides: tuple[cst.BaseExpression, cst.BaseExpression], names: frozenset[str]
) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    """Return ``b`` and ``c - a`` of ``a + b == c`` where only ``b`` reads the item."""
    for total, rest in (sides, sides[::-1]):
        match total:
            case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
                for key, other in ((left, right), (right, left)):
                    if facts.read(key) & names and not facts.read(other) & names:
                        return key, expression(f"{bare(rest)} - {bare(other)}")
            case _:
                pass
    return None


def _is_calm(facts: Facts, scan: Scan) -> bool:
    """Return whether nothing that the scan does changes what it looks for, or the key."""
    if not isinstance(scan.node, cst.For):
        return True
    sought = facts.read(expression(scan.sought))
    body = scan.node.body
    if (sought | scan.reads) & facts.changed(body) or scan.names & facts.assigned(body):
        return False
    return stays_inside(facts, scan.names, scan.node)


def key_assigned(facts: Facts, scan: Scan, place: cst.BaseStatement) -> bool:
    """Return whether a key is assigned to while the index is in use."""
    keys = {key.key.replace("'", '"') for key in scan.keys}
    return any(
        bare(node).replace("'", '"') in keys and facts.is_target(node)
        for kind in (cst.Subscript, cst.Attribute)
        for node in facts.nodes(kind, place)
    )
