"""What is searched for in a list again and again is looked up in a dict made once.

The dict holds for each key the items that have it, in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.growing import growing
from sigil.search.rewrite.places import repeated_in, share_a_loop, stays_inside
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.scans import Scan, key_assigned, passed_over, scans
from sigil.search.rewrite.shapes import (
    bare,
    block,
    conjunction,
    expression,
    index_of,
    renamed,
    sole,
    statements,
)


def _by_index(facts: Facts) -> Iterator[Match]:
    """A scan that is repeated looks up an index that is made before all of them."""
    for scan in scans(facts):
        yield from _indexed(facts, scan)


def _by_difference(facts: Facts) -> Iterator[Match]:
    """The same for items that add up to something with an item of the loop around."""
    for scan in scans(facts, sums=True):
        yield from _indexed(facts, scan)


def _indexed(facts: Facts, scan: Scan) -> Iterator[Match]:
    place = repeated_in(facts, scan.node, scan.reads)
    if place is None or key_assigned(facts, scan, place):
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


def _pays(facts: Facts, scan: Scan) -> bool:
    """Return whether what is gone through may be long: not a display, nor a constant."""
    source = expression(scan.source)
    return not isinstance(source, (cst.List, cst.Tuple, cst.Set, cst.SimpleString)) and not (
        isinstance(source, cst.Call) and facts.read(source) <= {"range"}
    )


def _looking_up(scan: Scan, index: str) -> dict[cst.CSTNode, Replacement]:
    """Return the replacements in the scan itself: what it goes through, what it still asks."""
    sought = scan.sought
    found = expression(f"{index}.get({sought}, ())")
    if scan.left is None:
        return {scan.node.iter: found}
    if isinstance(scan.node, cst.CompFor):
        ifs = [cst.CompIf(expression(conjunction(scan.left)))] if scan.left else []
        kept = scan.node.with_changes(iter=found, ifs=ifs)
        return {scan.node: kept}
    passed = passed_over(scan.node)
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


def _title(scan: Scan) -> str:
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
    for scan in scans(facts):
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


def _grows_between(facts: Facts, scan: Scan, appends: Sequence[cst.BaseStatement]) -> bool:
    """Return whether the list grows in a loop around the scan, and not in the scan."""
    body = scan.node.body if isinstance(scan.node, cst.For) else scan.node
    if any(body in facts.ancestors(line) for line in appends):
        return False
    if key_assigned(facts, scan, facts.statement_of(scan.node) or appends[0]):
        return False
    return any(share_a_loop(facts, scan.node, line) for line in appends)


_UNLESS = (
    "if a key cannot be hashed, is not equal to itself, changes meanwhile, "
    "or is missing where nothing asked for it, or the list is an iterator"
)

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
        unless="if sums are rounded, the numbers are no numbers, or the list is an iterator",
    ),
)
