"""Is something among many? A list is looked through, a set is looked up."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
import libcst.matchers as m

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.rule import Gain, Match, Rule

_CONSTANT = m.Element(m.SimpleString() | m.Integer() | m.Name("None"))
_ASKS = (cst.In, cst.NotIn)


def _among_constants(facts: Facts) -> Iterator[Match]:
    """``x in [1, 2]`` becomes ``x in {1, 2}``, which the compiler makes once."""
    for target in facts.nodes(cst.ComparisonTarget):
        items = target.comparator
        if not isinstance(target.operator, _ASKS) or not isinstance(items, (cst.List, cst.Tuple)):
            continue
        if len(items.elements) > 1 and all(m.matches(e, _CONSTANT) for e in items.elements):
            yield Match(target, {items: cst.Set([cst.Element(e.value) for e in items.elements])})


def _in_a_loop(facts: Facts) -> Iterator[Match]:
    """A list that does not change in a loop that asks it is made a set before the loop."""
    for target in facts.nodes(cst.ComparisonTarget):
        name, loop = target.comparator, facts.loop_around(target)
        if not isinstance(target.operator, _ASKS) or not isinstance(name, cst.Name):
            continue
        if loop is None or facts.kind(name) not in {"list", "tuple"}:
            continue
        if name.value not in facts.changed(loop):
            fresh = facts.fresh(f"{name.value}_set")
            made = cst.parse_statement(f"{fresh} = set({name.value})")
            yield Match(target, {loop: [made, loop], name: cst.Name(fresh)})


RULES = (
    Rule(
        "membership-in-a-set",
        "a loop that asks whether things are in a list asks a set made before it instead",
        Gain.ORDER,
        _in_a_loop,
        unless="if something in it cannot be hashed, or it changes under another name",
    ),
    Rule(
        "constants-in-a-set",
        "membership among constants is looked up in a set instead of compared with each",
        Gain.SMALL,
        _among_constants,
        unless="if what is looked for cannot be hashed",
    ),
)
