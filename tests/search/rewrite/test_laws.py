"""The laws themselves can fail: a result of another type is another result."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.rule import Gain, Match, Rule

SUBTYPES = ("Counter", "OrderedDict")


def replacing(kind: str) -> Rule:
    """Return a rule that makes what is called ``kind`` where a dict was made."""

    def find(facts: Facts) -> Iterator[Match]:
        for call in facts.nodes(cst.Call):
            if facts.is_builtin(call.func, "dict"):
                yield Match(call, {call.func: cst.Name(kind)}, imports=[("collections", kind)])

    return Rule("another-kind", "makes another kind of dict", Gain.SMALL, find)


@pytest.mark.parametrize("kind", SUBTYPES)
def test_a_rule_that_returns_a_subtype_of_dict_does_not_do_the_same(kind: str):
    example = Example(
        "another-kind",
        """
        def counts(known):
            return [dict(known)]
        """,
        st.tuples(st.dictionaries(st.sampled_from("abc"), st.integers())),
    )
    with pytest.raises(AssertionError):
        follows(example, (replacing(kind),))


def test_a_rule_that_returns_a_named_tuple_does_not_do_the_same():
    def find(facts: Facts) -> Iterator[Match]:
        for call in facts.nodes(cst.Call):
            if facts.is_builtin(call.func, "tuple"):
                yield Match(call, {call: cst.parse_expression("Pair(*items)")})

    example = Example(
        "another-kind",
        """
        from collections import namedtuple

        Pair = namedtuple("Pair", "a b")

        def pair(items):
            return tuple(items)
        """,
        st.tuples(st.tuples(st.integers(), st.integers())),
    )
    with pytest.raises(AssertionError):
        follows(example, (Rule("another-kind", "names a pair", Gain.SMALL, find),))
