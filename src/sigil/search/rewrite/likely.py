"""What a value most likely is, by what is done with it.

Only for rules that say when they may differ: `kinds` tells what is sure.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.shapes import assignment, block, occurrences

_METHODS_OF = {
    "str": (
        "strip lstrip rstrip split rsplit splitlines partition rpartition join upper lower "
        "title capitalize casefold swapcase replace startswith endswith isdigit isalpha "
        "isalnum isspace isupper islower zfill ljust rjust center encode removeprefix "
        "removesuffix format translate find rfind"
    ),
    "dict": "keys values items get setdefault popitem",
    "list": "append extend insert sort reverse",
    "set": "add discard union intersection difference issubset issuperset isdisjoint",
}
_KIND_OF_METHOD = {name: kind for kind, names in _METHODS_OF.items() for name in names.split()}


def likely_kind(facts: Facts, node: cst.BaseExpression) -> str | None:
    """Return the kind of ``node``, or the one whose methods are called on it; None if unknown."""
    sure = facts.kind(node)
    if sure is not None or not isinstance(node, cst.Name):
        return sure
    for use in occurrences(facts, node.value):
        match facts.parent(use):
            case cst.Attribute(attr=cst.Name(value=method)) if method in _KIND_OF_METHOD:
                return _KIND_OF_METHOD[method]
            case cst.Subscript(
                slice=[cst.SubscriptElement(slice=cst.Index(value=cst.SimpleString()))]
            ):
                return "dict"
            case cst.FormattedStringExpression():
                return "str"
            case _:
                pass
    return None


def kind_here(facts: Facts, node: cst.BaseExpression) -> str | None:
    """Return the kind of ``node``, for a name from the last line before that assigns to it."""
    sure = facts.kind(node)
    value = node if sure is not None else value_here(facts, node)
    return sure if value is None else facts.kind(value)


def value_here(facts: Facts, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """Return ``node``, or the expression in the last line before that assigns to a name.

    Only lines of the blocks around ``node`` are looked at, which are sure to come before;
    None if there is no such line.
    """
    if not isinstance(node, cst.Name):
        return node
    below: cst.CSTNode = node
    for above in facts.ancestors(node):
        for line in _before(above, below):
            if node.value in facts.assigned(line):
                bound = assignment(line)
                return bound[1] if bound and bound[0] == node.value else None
        if isinstance(above, (cst.For, cst.While, cst.FunctionDef)):
            return None
        below = above
    return None


def _before(around: cst.CSTNode, node: cst.CSTNode) -> Sequence[cst.BaseStatement]:
    """Return the statements of a block before one of them, the last first."""
    inside = block(around)
    at = next((i for i, one in enumerate(inside) if one is node), 0)
    return inside[:at][::-1]
