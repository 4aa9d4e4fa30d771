"""What is searched for in a list again and again is looked up in a dict made once.

A scan is a loop, or a part of a comprehension, that does something only with items one key of
which equals what is sought. The dict holds for each key the items that have it, in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.growing import growing
from sigil.search.rewrite.places import repeated_in, share_a_loop, stays_inside
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    bare,
    block,
    compared,
    conjunction,
    conjuncts,
    expression,
    index_of,
    is_steady,
    renamed,
    small,
    sole,
    statements,
    target_names,
)


@dataclass(frozen=True, slots=True)
class _Equal:
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
class _Scan:
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
    keys: Sequence[_Equal]
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


def _scans(facts: Facts, *, sums: bool = False) -> Iterator[_Scan]:
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
    found: Sequence[Sequence[_Equal]],
    branches: Sequence[Sequence[cst.BaseExpression]],
    bounds: Sequence[cst.BaseExpression],
) -> _Scan | None:
    if not all(found) or (bounds and isinstance(node, cst.For) and _passed_over(node)):
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
    return _Scan(node, names, bare(source), keys, left, reads)


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
    passed = _passed_over(node)
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


def _passed_over(node: cst.For) -> tuple[cst.If, cst.BaseExpression] | None:
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
) -> list[_Equal]:
    found: list[_Equal] = []
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
                found.append(_Equal(test, bare(key), bare(sought)))
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


def _is_calm(facts: Facts, scan: _Scan) -> bool:
    """Return whether nothing that the scan does changes what it looks for, or the key."""
    if not isinstance(scan.node, cst.For):
        return True
    sought = facts.read(expression(scan.sought))
    body = scan.node.body
    if (sought | scan.reads) & facts.changed(body) or scan.names & facts.assigned(body):
        return False
    return stays_inside(facts, scan.names, scan.node)


def _key_assigned(facts: Facts, scan: _Scan, place: cst.BaseStatement) -> bool:
    """Return whether a key is assigned to while the index is in use."""
    keys = {key.key.replace("'", '"') for key in scan.keys}
    return any(
        bare(node).replace("'", '"') in keys and facts.is_target(node)
        for kind in (cst.Subscript, cst.Attribute)
        for node in facts.nodes(kind, place)
    )


# --- rewriting ------------------------------------------------------------------------------


def _by_index(facts: Facts) -> Iterator[Match]:
    """A scan that is repeated looks up an index that is made before all of them."""
    for scan in _scans(facts):
        yield from _indexed(facts, scan)


def _by_difference(facts: Facts) -> Iterator[Match]:
    """The same for items that add up to something with an item of the loop around."""
    for scan in _scans(facts, sums=True):
        yield from _indexed(facts, scan)


def _indexed(facts: Facts, scan: _Scan) -> Iterator[Match]:
    place = repeated_in(facts, scan.node, scan.reads)
    if place is None or _key_assigned(facts, scan, place):
        return
    if not _pays(facts, scan):
        return
    names: Mapping[str, str] = {}
    if not stays_inside(facts, scan.names, scan.node):
        names = {name: facts.fresh(f"{name}_indexed") for name in sorted(scan.names)}
    index = facts.fresh(_title(scan))
    target = bare(renamed(scan.node.target, names))
    key, item = (bare(renamed(expression(text), names)) for text in (scan.key, scan.item))
    if len(scan.keys) > 1 and scan.left is not None:
        key = f"({key})"
    if isinstance(scan.node.target, cst.Tuple):
        item = f"({item})"
    add = f"{index}.setdefault({key}, []).append({item})"
    if scan.left is None:
        each = facts.fresh("key")
        keys = dict.fromkeys(bare(renamed(expression(k.key), names)) for k in scan.keys)
        lines = [f"    for {each} in {{{', '.join(keys)}}}:"]
        lines.append(f"        {index}.setdefault({each}, []).append({item})")
    else:
        lines = [f"    {add}"]
    made = statements("\n".join([f"{index} = {{}}", f"for {target} in {scan.source}:", *lines]))
    yield Match(scan.node, {place: [*made, place], **_looking_up(scan, index)})


def _pays(facts: Facts, scan: _Scan) -> bool:
    """Return whether what is gone through may be long: not a display, nor a constant."""
    source = expression(scan.source)
    return not isinstance(source, (cst.List, cst.Tuple, cst.Set, cst.SimpleString)) and not (
        isinstance(source, cst.Call) and facts.read(source) <= {"range"}
    )


def _looking_up(scan: _Scan, index: str) -> dict[cst.CSTNode, Replacement]:
    """Return the replacements in the scan itself: what it goes through, what it still asks."""
    sought = scan.sought
    found = expression(f"{index}.get({sought}, ())")
    if scan.left is None:
        return {scan.node.iter: found}
    if isinstance(scan.node, cst.CompFor):
        ifs = [cst.CompIf(expression(conjunction(scan.left)))] if scan.left else []
        kept = scan.node.with_changes(iter=found, ifs=ifs)
        return {scan.node: kept}
    passed = _passed_over(scan.node)
    if passed is not None:
        return {scan.node.iter: found, passed[0]: []}
    branch = sole(scan.node.body)
    assert isinstance(branch, cst.If)
    if scan.left:
        return {scan.node.iter: found, branch.test: expression(conjunction(scan.left))}
    return {scan.node.iter: found, branch: block(branch.body) or [_on_a_line(branch)]}


def _on_a_line(branch: cst.If) -> cst.BaseStatement:
    assert isinstance(branch.body, cst.SimpleStatementSuite)
    return cst.SimpleStatementLine(branch.body.body)


def _title(scan: _Scan) -> str:
    """Return a name for an index, such as ``rows_by_id``."""
    if scan.left is None and len({key.key for key in scan.keys}) > 1:
        return f"{_word(expression(scan.source))}_by_key"
    match expression(scan.keys[0].key):
        case cst.Subscript(value=value) as key if bare(value) not in scan.names:
            return f"{_word(value)}_by_value" if key else ""
        case cst.Subscript() as key:
            inside = index_of(key)
            quoted = inside.evaluated_value if isinstance(inside, cst.SimpleString) else None
            by = str(quoted) if quoted is not None and str(quoted).isidentifier() else "key"
        case cst.Attribute(attr=cst.Name(value=name)) | cst.Name(value=name):
            by = name
        case _:
            by = "key"
    return f"{_word(expression(scan.source))}_by_{by}"


def _word(node: cst.BaseExpression) -> str:
    match node:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return name
        case cst.Subscript(value=value) | cst.Call(func=cst.Attribute(value=value)):
            return _word(value)
        case cst.Call(args=[cst.Arg(value=value), *_]):
            return _word(value)
        case _:
            return "items"


# --- lists that grow ------------------------------------------------------------------------


def _by_growing_index(facts: Facts) -> Iterator[Match]:
    """A list that is searched while it grows gets an index beside it that grows too."""
    for scan in _scans(facts):
        target = scan.node.target
        if scan.left is None or not isinstance(target, cst.Name):
            continue
        grown = growing(facts, scan.source) if scan.source.isidentifier() else None
        if grown is None or not _grows_between(facts, scan, [line for line, _ in grown.appends]):
            continue
        if scan.reads - {scan.source} & facts.assigned(facts.definition.body):
            continue
        index, item = facts.fresh(_title(scan)), target.value
        key = bare(renamed(expression(scan.key), {item: "ITEM"})).replace("ITEM", "{item}")
        add = f"{index}.setdefault({scan.key}, []).append({item})"
        beside = grown.beside(
            f"{index} = {{}}\nfor {item} in {grown.name}:\n    {add}",
            f"{index} = {{}}",
            f"{index}.setdefault({key}, []).append({{item}})",
        )
        yield Match(scan.node, {**beside, **_looking_up(scan, index)})


def _grows_between(facts: Facts, scan: _Scan, appends: Sequence[cst.BaseStatement]) -> bool:
    """Return whether the list grows in a loop around the scan, and not in the scan."""
    body = scan.node.body if isinstance(scan.node, cst.For) else scan.node
    if any(body in facts.ancestors(line) for line in appends):
        return False
    if _key_assigned(facts, scan, facts.statement_of(scan.node) or appends[0]):
        return False
    return any(share_a_loop(facts, scan.node, line) for line in appends)


_UNLESS = "if a key cannot be hashed, changes meanwhile, or is missing where nothing asked for it"

RULES = (
    Rule(
        "search-by-index",
        "a list that is searched again and again is indexed once by what is sought",
        Gain.ORDER,
        _by_index,
        unless=_UNLESS,
    ),
    Rule(
        "search-by-growing-index",
        "a list that is searched while it grows gets an index beside it that grows too",
        Gain.ORDER,
        _by_growing_index,
        unless=_UNLESS,
    ),
    Rule(
        "sums-by-index",
        "the partner of an item in a sum is looked up by the difference, not tried one by one",
        Gain.ORDER,
        _by_difference,
        unless="if sums are rounded, or the numbers are no numbers",
    ),
)
