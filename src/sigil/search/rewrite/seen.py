"""Lists in which a loop looks up what it has put there: what was seen, what was kept."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.growing import Growing, growing
from sigil.search.rewrite.likely import kind_here
from sigil.search.rewrite.places import is_seen_elsewhere, share_a_loop, stays_inside
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    appended,
    assignment,
    bare,
    compared,
    expression,
    is_empty,
    is_steady,
    line_before,
    memberships,
    renamed,
    sole,
    statements,
    target_names,
)
from sigil.search.rewrite.sharing import may_be_caught


def _asked_while_growing(facts: Facts) -> Iterator[Match]:
    """A list that grows between the questions gets a set beside it that grows too."""
    for target in memberships(facts):
        asked = _named(target.comparator)
        if asked is None:
            continue
        name, key = asked
        grown = growing(facts, name)
        if grown is None or not _reaches(facts, grown, target):
            continue
        fresh = facts.fresh(f"{name}_set")
        lists = _asks_for_lists(facts, target)
        if lists and key is None:
            key = "item", expression("tuple(item)")
        beside = grown.beside(
            f"{fresh} = {_first(grown, key)}",
            f"{fresh} = set()",
            f"{fresh}.add({_of_item(key)})",
        )
        yield Match(target, {**beside, **_asking(facts, asked, fresh, lists=lists)})


def _named(
    items: cst.BaseExpression,
) -> tuple[str, tuple[str, cst.BaseExpression] | None] | None:
    """Return which list is asked, and what of its items: (variable, expression), or None."""
    match items:
        case cst.Name(value=name):
            return name, None
        case cst.ListComp(
            elt=elt,
            for_in=cst.CompFor(
                target=cst.Name(value=item),
                iter=cst.Name(value=name),
                ifs=[],
                inner_for_in=None,
            ),
        ):
            return name, (item, elt)
        case _:
            return None


def _reaches(facts: Facts, grown: Growing, target: cst.ComparisonTarget) -> bool:
    """Return whether the list is asked in a loop that it grows in, by something steady."""
    if not any(target in facts.ancestors(node) for node in grown.reads):
        return False
    asked = _named(target.comparator)
    if asked and asked[1]:
        item, elt = asked[1]
        if not is_steady(facts, elt) or not facts.read(elt) <= {item}:
            return False
    return any(share_a_loop(facts, target, line) for line, _ in grown.appends)


def _first(grown: Growing, key: tuple[str, cst.BaseExpression] | None) -> str:
    """Return the text of the set of what is in the list at first."""
    if key is not None:
        item, elt = key
        return f"{{{bare(elt)} for {item} in {grown.name}}}"
    return f"set({grown.name})"


def _of_item(key: tuple[str, cst.BaseExpression] | None) -> str:
    if key is None:
        return "{item}"
    item, elt = key
    # The braces are put in after the renaming: they are no name.
    return bare(renamed(elt, {item: "ITEM"})).replace("ITEM", "{item}")


def _asks_for_lists(facts: Facts, target: cst.ComparisonTarget) -> bool:
    """Return whether lists are looked for, for which tuples stand in a set."""
    asked = facts.parent(target)
    return isinstance(asked, cst.Comparison) and kind_here(facts, asked.left) == "list"


def _asking(
    facts: Facts,
    asked: tuple[str, tuple[str, cst.BaseExpression] | None],
    fresh: str,
    *,
    lists: bool,
) -> dict[cst.CSTNode, Replacement]:
    """Return the replacements by which all that ask the same of the list ask the set."""
    replace: dict[cst.CSTNode, Replacement] = {}
    for target in memberships(facts):
        other, around = _named(target.comparator), facts.parent(target)
        if other is None or other[0] != asked[0] or (other[1] is None) != (asked[1] is None):
            continue
        if other[1] and asked[1] and bare(other[1][1]) != bare(asked[1][1]):
            continue
        if isinstance(around, cst.Comparison) and _asks_for_lists(facts, target) == lists:
            replace[target.comparator] = cst.Name(fresh)
            if lists:
                replace[around.left] = expression(f"tuple({bare(around.left)})")
    return replace


def _only_asked(facts: Facts) -> Iterator[Match]:
    """A list that is only appended to and asked for members is a set from the start."""
    asked = {bare(target.comparator) for target in memberships(facts)}
    for name in sorted(asked & facts.bound):
        grown = growing(facts, name)
        if grown is None or not grown.reads:
            continue
        if not all(isinstance(facts.parent(node), cst.ComparisonTarget) for node in grown.reads):
            continue
        replace: dict[cst.CSTNode, Replacement] = {grown.value: _started(grown)}
        for line, _ in grown.appends:
            for call in facts.nodes(cst.Attribute, line):
                if call.attr.value == "append" and bare(call.value) == name:
                    replace[call.attr] = cst.Name("add")
                    break
        if len(replace) == len(grown.appends) + 1:
            yield Match(grown.start, replace)


def _started(grown: Growing) -> cst.BaseExpression:
    if is_empty(grown.value):
        return expression("set()")
    if isinstance(grown.value, cst.List):
        return cst.Set(grown.value.elements)
    return expression(f"set({bare(grown.value)})")


def _without_repetitions(facts: Facts) -> Iterator[Match]:
    """``for x in xs: if f(x) not in out: out.append(f(x))`` keeps the keys of a dict instead."""
    for loop in facts.nodes(cst.For):
        found = _kept_once(facts, loop)
        if found is None:
            continue
        start, name, key = found
        source, target = bare(loop.iter), bare(loop.target)
        items = source if key == target else f"{key} for {target} in {source}"
        made = statements(f"{name} = list(dict.fromkeys({items}))")
        yield Match(loop, {start: [], loop: made})


def _kept_once(facts: Facts, loop: cst.For) -> tuple[cst.BaseStatement, str, str] | None:
    """Return the line before a loop that starts a list, its name and what the loop keeps once."""
    question = sole(loop.body)
    if loop.orelse or loop.asynchronous or not isinstance(question, cst.If) or question.orelse:
        return None
    asked, kept = compared(question.test, cst.NotIn), appended(sole(question.body))
    start = line_before(facts, loop)
    bound = assignment(start)
    if asked is None or kept is None or bound is None or start is None:
        return None
    name, key = kept
    targets = target_names(loop.target)
    fits = (
        bare(asked[0]) == bare(key)
        and bare(asked[1]) == bound[0] == name
        and is_empty(bound[1])
        and targets is not None
        and stays_inside(facts, targets, loop)
        and is_steady(facts, key)
        and is_steady(facts, loop.iter)
        and name not in facts.read(loop.iter) | facts.read(key)
        and not (may_be_caught(facts, loop) or is_seen_elsewhere(facts, name))
    )
    return (start, name, bare(key)) if fits else None


_HASHABLE = "if something looked for, or in it, cannot be hashed, or it changes under another name"

RULES = (
    Rule(
        "only-first-kept-by-dict",
        "items kept once, each compared with all kept before, become the keys of a dict",
        Gain.ORDER,
        _without_repetitions,
        unless="if an item cannot be hashed, or is not equal to itself",
    ),
    Rule(
        "only-asked-list-is-a-set",
        "a list that is only appended to and asked for members is a set from the start",
        Gain.ORDER,
        _only_asked,
        unless=_HASHABLE,
    ),
    Rule(
        "membership-beside-a-list",
        "a growing list that is asked for members gets a set beside it that grows too",
        Gain.ORDER,
        _asked_while_growing,
        unless=_HASHABLE,
    ),
)
