"""What is grouped in a dict: its key is computed once for the question and for what follows.

Not here: counts (`counting`), what is computed for a key (`keyed`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.search.rewrite.shapes import (
    bare,
    call_of,
    code,
    compared,
    is_empty,
    is_steady,
    line_after,
    same,
    small,
    sole,
    statements,
)
from sigil.search.rewrite.sharing import may_be_caught

_COMPUTED = (
    cst.Subscript, cst.Call, cst.Tuple, cst.BinaryOperation, cst.FormattedString,
)  # fmt: skip
"""Keys that cost more to compute again than a call of ``setdefault``; names and attributes do
not, nor is it worth making a set each time, which is why sets are left alone."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A branch on whether a key is in a mapping.

    Args:
        branch: the statement.
        mapping: a name.
        key: computed, and the same each time.
        missing: the block for a key that is not there; None if there is none.
        there: the block for one that is.
    """

    branch: cst.If
    mapping: cst.Name
    key: cst.BaseExpression
    missing: cst.BaseSuite | None
    there: cst.BaseSuite | None

    def group(self, node: cst.CSTNode) -> bool:
        """Return whether ``node`` is what the mapping has for the key."""
        if not isinstance(node, cst.Subscript) or not same(node.value, self.mapping):
            return False
        inside = [part.slice for part in node.slice]
        parts = [bare(part.value) for part in inside if isinstance(part, cst.Index)]
        # In brackets, a tuple needs no parentheses.
        return len(parts) == len(inside) and ", ".join(parts) == bare(self.key)

    def begun(self) -> cst.BaseExpression | None:
        """Return what a missing key gets, if that is all that is done for it."""
        match small(sole(self.missing)):
            case cst.Assign(targets=[cst.AssignTarget(target=target)], value=value):
                return value if self.group(target) else None
            case _:
                return None


def _questions(facts: Facts) -> Iterator[_Question]:
    for branch in facts.nodes(cst.If):
        other = branch.orelse.body if isinstance(branch.orelse, cst.Else) else None
        if (branch.orelse is not None and other is None) or _is_chained(facts, branch):
            continue
        for operator, missing, there in (
            (cst.NotIn, branch.body, other),
            (cst.In, other, branch.body),
        ):
            match compared(branch.test, operator):
                case key, cst.Name(value=name) as mapping if isinstance(key, _COMPUTED):
                    if is_steady(facts, key) and name not in facts.read(key):
                        yield _Question(branch, mapping, key, missing, there)
                case _:
                    pass


def _is_chained(facts: Facts, branch: cst.If) -> bool:
    """Return whether ``branch`` is an ``elif``."""
    return not isinstance(facts.parent(branch), cst.IndentedBlock)


def _by_setdefault(facts: Facts) -> Iterator[Match]:
    """``if f(x) not in d: d[f(x)] = []`` and ``d[f(x)].append(y)`` compute the key once."""
    for question in _questions(facts):
        if facts.loop_around(question.branch) is None:
            continue
        found = _followed(facts, question) if question.there is None else _decided(facts, question)
        if found is None:
            continue
        line, begun, use = found
        key = bare(question.key)
        key = f"({key})" if isinstance(question.key, cst.Tuple) else key
        text = f"{question.mapping.value}.setdefault({key}, {begun}).{use}"
        made = statements(text)
        if line is question.branch:
            yield Match(line, {line: made})
        else:
            yield Match(question.branch, {question.branch: made, line: []})


def _followed(facts: Facts, question: _Question) -> tuple[cst.BaseStatement, str, str] | None:
    """Return the line after the question that uses the group, what it begins as, and the use."""
    line, begun = line_after(facts, question.branch), question.begun()
    empty = _empty(facts, begun) if begun is not None else None
    put = small(line)
    if line is None or empty is None or not isinstance(put, cst.Expr):
        return None
    match put.value:
        case cst.Call(func=cst.Attribute(value=group, attr=cst.Name(value=method)), args=args):
            if question.group(group):
                return line, empty, code(cst.Call(cst.Name(method), args))
        case _:
            pass
    return None


def _empty(facts: Facts, begun: cst.BaseExpression) -> str | None:
    """Return the text of an empty list or dict, which is quick to make in vain."""
    if is_empty(begun) or is_empty(begun, cst.Dict):
        return bare(begun)
    match begun:
        case cst.Call(func=function, args=[]):
            kinds = {"list": "[]", "dict": "{}"}
            return next((kinds[k] for k in kinds if facts.is_builtin(function, k)), None)
        case _:
            return None


def _decided(facts: Facts, question: _Question) -> tuple[cst.BaseStatement, str, str] | None:
    """Return the same where a new group begins with the item that an old one is given."""
    begun, put = question.begun(), small(sole(question.there))
    added = call_of(put.value, "append") if isinstance(put, cst.Expr) else None
    match begun, added:
        case (
            cst.List(elements=[cst.Element(value=first)]),
            (group, [cst.Arg(value=item, star="", keyword=None)]),
        ) if question.group(group) and same(first, item):
            if facts.changed(item) & facts.read(question.key):
                return None
            # What fails must not leave an empty group behind for anybody to see.
            plain = isinstance(item, (cst.Name, cst.SimpleString, cst.Integer))
            name = question.mapping.value
            private = name not in facts.parameters and facts.kind(question.mapping) == "dict"
            seen = may_be_caught(facts, question.branch) or name in facts.read(item)
            if plain or (private and not seen):
                return question.branch, "[]", f"append({bare(item)})"
        case _:
            pass
    return None


RULES = (
    Rule(
        "grouped-by-setdefault",
        "a key that is computed to ask for its group, to begin it and to use it is computed once",
        Gain.SMALL,
        _by_setdefault,
        unless="if the mapping is no dict, or the key is another one each time it is computed",
    ),
)
