"""What a rule makes stands only where it means what it says."""

from __future__ import annotations

import pytest
from tests.search.rewrite.laws import rewritings

from sigil.search.rewrite.catalogue import RULES

BY_NAME = {rule.name: rule for rule in RULES}


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        (
            "append-loop",
            "found = []\n    for x in {name}:\n        found.append(x)\n    return found",
        ),
        ("copying-comprehension", "return [x for x in {name}]"),
        ("copying-comprehension", "return [x for x in {name}], list(text)"),
        ("extreme-without-sorting", "return sorted({name})[0]"),
        ("sum-loop", "total = 0\n    for x in {name}:\n        total += x\n    return total"),
    ],
)
def test_no_rewrite_asks_a_built_in_whose_name_means_something_else(rule: str, body: str):
    """The same function is rewritten where the parameter has another name."""
    asked = {"sum-loop": "sum", "extreme-without-sorting": "min"}.get(rule, "list")
    for name, meant in (("items", True), (asked, False)):
        source = f"def f(text, {name}):\n    {body.format(name=name)}\n"
        assert bool(list(rewritings(BY_NAME[rule], source))) is meant


def test_a_name_of_a_built_in_that_was_there_before_may_stay():
    source = """
    def f(list, wanted):
        found = []
        for x in wanted:
            if x in list:
                found.append(x)
        return found
    """
    [text] = rewritings(BY_NAME["append-loop"], source)
    assert "found = [x for x in wanted if x in list]" in text
