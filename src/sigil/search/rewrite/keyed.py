"""What an inner loop computes for each of its values is computed once for each value.

Not here: what does not depend on the inner loop at all (`invariants`).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Comprehension, Facts
from sigil.search.rewrite.places import changed_as_items, repeated_in
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    expression,
    is_steady,
    nested_function,
    statements,
    target_names,
)


def _once_per_value(facts: Facts) -> Iterator[Match]:
    """``width = max(…)`` for each column of each row is computed once for each column."""
    for line in facts.nodes(cst.SimpleStatementLine):
        bound, loop = assignment(line), facts.loop_around(line)
        if bound is None or not isinstance(loop, cst.For) or not _is_long(facts, bound[1]):
            continue
        name, value = bound
        names = target_names(loop.target) or frozenset()
        reads = facts.read(value) - facts.assigned(value)
        keys = sorted(reads & names)
        place = repeated_in(facts, loop, reads - names)
        if not keys or place is None or place is loop or not is_steady(facts, value):
            continue
        if not _comes_again(facts, loop, place) or reads & changed_as_items(facts, place):
            continue
        if (reads | {name}) & facts.assigned(value) or reads & facts.changed(loop.body):
            continue
        function = facts.fresh(f"{name}_of")
        given = ", ".join(keys)
        body = cst.IndentedBlock(statements(f"return {bare(value)}"))
        made = [nested_function(f"@cache\ndef {function}({given}):", body)]
        call = expression(f"{function}({given})")
        yield Match(line, {place: [*made, place], value: call}, imports=[("functools", "cache")])


def _comes_again(facts: Facts, loop: cst.For, place: cst.BaseStatement) -> bool:
    """Return whether a loop goes through numbers, or the same each time that it is begun."""
    match loop.iter:
        case cst.Call(func=cst.Name(value="range" | "enumerate")):
            return True
        case source:
            return is_steady(facts, source) and not facts.read(source) & facts.changed(place)


def _is_long(facts: Facts, value: cst.BaseExpression) -> bool:
    """Return whether an expression goes through something, and gives what cannot change."""
    goes = any(isinstance(part, Comprehension) for part in facts.walk(value))
    match value:
        case cst.Call(func=cst.Name(value=name) as function):
            plain = name in {"sum", "min", "max", "len", "any", "all", "tuple", "frozenset"}
            return goes and plain and facts.is_builtin(function)
        case _:
            return goes and facts.kind(value) in {"int", "float", "str", "bool"}


RULES = (
    Rule(
        "computed-once-per-value",
        "what is computed for the same values in each turn of a loop is kept from the first",
        Gain.ORDER,
        _once_per_value,
        unless=(
            "if a value cannot be hashed (1, 1.0 and True are one), "
            "or what is read changes under another name"
        ),
    ),
)
