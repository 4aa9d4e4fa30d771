"""Classes: attributes in fixed places."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.search.rewrite.shapes import assignment, block

_NEEDS_A_DICT = frozenset({"__dict__", "setattr", "cached_property"})


def _slots(facts: Facts) -> Iterator[Match]:
    """A plain class whose ``__init__`` assigns every attribute names them in ``__slots__``."""
    made = facts.definition
    if not isinstance(made, cst.ClassDef) or made.bases or made.keywords or made.decorators:
        return
    lines = block(made.body)
    if any(assignment(line) is not None for line in lines):
        return  # a default, a constant, or __slots__ itself
    first = [node for node in lines if _is_init(node)]
    if len(first) != 1:
        return
    methods = [node for node in lines if isinstance(node, cst.FunctionDef)]
    names = _assigned(facts, first[0])
    # A method or a property of that name would be in the way.
    if not names or {method.name.value for method in methods} & set(names):
        return
    others = {_first_parameter(method) for method in methods} - {"self", ""}
    if any(_assigned(facts, made, other) for other in others) or facts.names & _NEEDS_A_DICT:
        return
    if names == _assigned(facts, made):
        text = ", ".join(f'"{name}"' for name in names)
        slots = cst.parse_statement(f"__slots__ = ({text},)")
        yield Match(made, {}, before=[slots])


def _is_init(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.FunctionDef) and node.name.value == "__init__"


def _first_parameter(method: cst.FunctionDef) -> str:
    given = (*method.params.posonly_params, *method.params.params)
    return given[0].name.value if given else ""


def _assigned(facts: Facts, root: cst.CSTNode, own: str = "self") -> list[str]:
    """Return the attributes of what is called ``own`` that ``root`` assigns, once, in order."""
    found = [
        node.attr.value
        for node in facts.nodes(cst.Attribute, root)
        if isinstance(node.value, cst.Name) and node.value.value == own and facts.is_target(node)
    ]
    return list(dict.fromkeys(found))


RULES = (
    Rule(
        "slots",
        "attributes lie in fixed places of the object instead of in a dict of its own",
        Gain.SMALL,
        _slots,
        unless="if somebody adds attributes to it, refers to it weakly, or counts on its dict",
    ),
)
