"""Loops that only fill a list, set or dict, as comprehensions and copies.

A comprehension runs in the interpreter's fast path; a copy of all there is runs in C.
Not here: sums and other results that are no collections (`reductions`).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.likely import likely_kind
from sigil.search.rewrite.nests import (
    Nest,
    instead,
    named_once,
    nests,
    start_of,
)
from sigil.search.rewrite.places import is_seen_elsewhere
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.search.rewrite.shapes import (
    appended,
    assignment,
    bare,
    call_of,
    expression,
    index_of,
    is_empty,
    is_steady,
    same,
    small,
)


def _appends(facts: Facts) -> Iterator[Match]:
    """``xs = []`` and a loop that appends become ``xs = [… for …]``."""
    for nest in nests(facts):
        item = appended(nest.core)
        if item is None or not named_once(facts, item[0], nest.loop):
            continue
        start = start_of(facts, nest, item[0])
        bound = assignment(start)
        if bound is not None and is_empty(bound[1]):
            made = _list(nest, _element(item[1]))
            yield Match(nest.loop, instead(facts, nest, start, f"{item[0]} = {made}"))


def _list(nest: Nest, item: str) -> str:
    if nest.is_plain and item == nest.target:
        return f"list({nest.source})"
    return f"[{item} {nest.clauses}]"


def _element(node: cst.BaseExpression) -> str:
    return f"({bare(node)})" if isinstance(node, cst.Tuple) else bare(node)


def _extends(facts: Facts) -> Iterator[Match]:
    """A loop that appends to a list that has items already extends it."""
    for nest in nests(facts):
        item = appended(nest.core)
        if item is None or not named_once(facts, item[0], nest.loop):
            continue
        if is_seen_elsewhere(facts, item[0]):
            continue
        bound = assignment(start_of(facts, nest, item[0]))
        if facts.kind(cst.Name(item[0])) != "list" or (bound and is_empty(bound[1])):
            continue
        text = _element(item[1])
        added = nest.source if nest.is_plain and text == nest.target else _list(nest, text)
        yield Match(nest.loop, instead(facts, nest, None, f"{item[0]}.extend({added})"))


def _adds(facts: Facts) -> Iterator[Match]:
    """``xs = set()`` and a loop that adds become ``xs = {… for …}``."""
    for nest in nests(facts):
        match small(nest.core):
            case cst.Expr(value=value):
                call = call_of(value, "add")
            case _:
                continue
        if call is None or not isinstance(call[0], cst.Name) or len(call[1]) != 1:
            continue
        name, item = call[0].value, _element(call[1][0].value)
        start = start_of(facts, nest, name)
        bound = assignment(start)
        if bound is None or bare(bound[1]) != "set()" or not named_once(facts, name, nest.loop):
            continue
        whole = nest.is_plain and item == nest.target
        made = f"set({nest.source})" if whole else f"{{{item} {nest.clauses}}}"
        yield Match(nest.loop, instead(facts, nest, start, f"{name} = {made}"))


def _stored(nest: Nest) -> tuple[str, cst.BaseExpression, cst.BaseExpression] | None:
    """Return name, key and value of a core ``name[key] = value``."""
    match small(nest.core):
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Subscript(value=cst.Name(value=name)) as target)],
            value=value,
        ):
            key = index_of(target)
            return None if key is None else (name, key, value)
        case _:
            return None


def _stores(facts: Facts) -> Iterator[Match]:
    """``d = {}`` and a loop that stores become ``d = {k: v for …}``."""
    for nest in nests(facts):
        stored = _stored(nest)
        if stored is None or not named_once(facts, stored[0], nest.loop):
            continue
        name, key, value = stored
        start = start_of(facts, nest, name)
        bound = assignment(start)
        empty = bound is not None and (is_empty(bound[1], cst.Dict) or bare(bound[1]) == "dict()")
        if not empty or not _in_either_order(facts, key, value):
            continue
        made = f"{{{_element(key)}: {_element(value)} {nest.clauses}}}"
        yield Match(nest.loop, instead(facts, nest, start, f"{name} = {made}"))


def _in_either_order(facts: Facts, key: cst.BaseExpression, value: cst.BaseExpression) -> bool:
    """Return whether it does not matter which is evaluated first.

    A loop evaluates the value first, a comprehension the key.
    """
    if is_steady(facts, key) and is_steady(facts, value):
        return True
    return _is_untouched_by(facts, key, value) or _is_untouched_by(facts, value, key)


def _is_untouched_by(facts: Facts, node: cst.BaseExpression, other: cst.BaseExpression) -> bool:
    """Return whether ``node`` gives the same after whatever ``other`` does, and does nothing."""
    names = facts.read(node)
    if not facts.is_pure(node) or not names <= facts.bound:
        return False
    if isinstance(node, cst.Name):
        # Which object it is stays, whatever becomes of that.
        return not is_seen_elsewhere(facts, node.value)
    return not names & facts.changed(other)


def _copies(facts: Facts) -> Iterator[Match]:
    """``[x for x in xs]`` is ``list(xs)``; likewise sets and dicts."""
    for node in facts.nodes(cst.BaseComp):
        made = _copy(facts, node)
        if made is not None:
            yield Match(node, {node: expression(made)})


def _copy(facts: Facts, node: cst.BaseComp) -> str | None:
    """Return what makes the same; a pattern like ``a, b`` makes tuples of whatever it takes."""
    for_in, plain = node.for_in, isinstance(node.for_in.target, cst.Name)
    if for_in.inner_for_in is not None or for_in.ifs or for_in.asynchronous is not None:
        return None
    source = bare(for_in.iter)
    match node:
        case cst.ListComp(elt=elt) if plain and same(elt, for_in.target):
            return f"list({source})"
        case cst.SetComp(elt=elt) if plain and same(elt, for_in.target):
            return f"set({source})"
        case cst.DictComp(key=key, value=value):
            return _dict_copy(facts, key, value, for_in)
        case _:
            return None


def _dict_copy(
    facts: Facts, key: cst.BaseExpression, value: cst.BaseExpression, for_in: cst.CompFor
) -> str | None:
    """Return what makes the dict of ``{key: value for …}``, if that is all of a mapping."""
    match for_in.target:
        case cst.Tuple(elements=[cst.Element(value=first), cst.Element(value=second)]):
            if same(first, key) and same(second, value):
                return _dict_of_pairs(facts, for_in.iter)
        case cst.Name() as name if same(key, name) and isinstance(value, cst.Subscript):
            keys = call_of(for_in.iter, "keys")
            base, index = value.value, index_of(value)
            if (
                index is not None
                and same(index, name)
                and same(base, keys[0] if keys else for_in.iter)
                and (keys or likely_kind(facts, base) == "dict")
            ):
                return f"dict({bare(base)})"
        case _:
            pass
    return None


def _dict_of_pairs(facts: Facts, pairs: cst.BaseExpression) -> str:
    """Return what makes a dict of pairs.

    ``dict`` takes whatever has ``keys`` for a mapping, whose keys may be pairs, but no iterator.
    """
    items = call_of(pairs, "items")
    if items is not None and facts.kind(items[0]) == "dict":
        return f"dict({bare(items[0])})"
    makes_pairs = isinstance(pairs, cst.Call) and any(
        facts.is_builtin(pairs.func, name) for name in ("zip", "enumerate", "map", "filter")
    )
    sure = items is not None or makes_pairs or facts.kind(pairs) in {"list", "tuple", "set"}
    return f"dict({bare(pairs)})" if sure else f"dict(iter({bare(pairs)}))"


def _displays(facts: Facts) -> Iterator[Match]:
    """``all([… for …])`` stops at the first that decides it if it is not a list."""
    for call in facts.nodes(cst.Call):
        match call.args:
            case [
                cst.Arg(value=cst.ListComp(elt=elt, for_in=for_in) as inner, star="", keyword=None)
            ]:
                decides = any(facts.is_builtin(call.func, name) for name in ("any", "all"))
                if decides and facts.is_pure(inner):
                    yield Match(call, {inner: cst.GeneratorExp(elt, for_in, lpar=(), rpar=())})
            case _:
                pass


RULES = (
    Rule(
        "append-loop",
        "a loop that appends to a new list becomes a comprehension, or a copy",
        Gain.LARGE,
        _appends,
    ),
    Rule(
        "extend-loop",
        "a loop that appends to a list adds all items at once",
        Gain.LARGE,
        _extends,
        unless=(
            "if an item fails and what was appended before it is seen all the same, "
            "or an item looks at the list under another name"
        ),
    ),
    Rule(
        "add-loop",
        "a loop that adds to a new set becomes a comprehension, or a copy",
        Gain.LARGE,
        _adds,
    ),
    Rule(
        "store-loop",
        "a loop that stores into a new dict becomes a comprehension",
        Gain.LARGE,
        _stores,
    ),
    Rule(
        "copying-comprehension",
        "a comprehension that changes nothing becomes a copy, which is made in C",
        Gain.LARGE,
        _copies,
        unless="if the mapping is no dict, and has other keys or values when it is asked for them",
    ),
    Rule(
        "deciding-list",
        "any and all are given items one by one, so that they stop at the first that decides",
        Gain.LARGE,
        _displays,
        unless="if a later item fails, or an iterator is used further or does more than give items",
    ),
)
