import importlib
from collections import Counter
from pathlib import Path

import pytest
from tests.search.rewrite.laws import Example

from sigil.search.rewrite.catalogue import RULES
from sigil.search.rewrite.rule import Rule

PROMISED = 40
LONGEST_EXPLANATION = 120


def examples() -> list[Example]:
    """Return the examples of all families, each checked by the module that lists it."""
    found: list[Example] = []
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path.stem != Path(__file__).stem:
            module = importlib.import_module(f"tests.search.rewrite.{path.stem}")
            found += getattr(module, "EXAMPLES", ())
    return found


def test_the_catalogue_is_as_large_as_promised():
    assert len(RULES) >= PROMISED


def test_every_rule_has_a_name_of_its_own():
    assert [name for name, n in Counter(rule.name for rule in RULES).items() if n > 1] == []


def test_every_rule_has_an_example_that_is_checked_to_do_the_same():
    known = {example.rule for example in examples()}
    assert [rule.name for rule in RULES if rule.name not in known] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_explains_itself_in_a_line(rule: Rule):
    assert 0 < len(rule.says) <= LONGEST_EXPLANATION
    assert "\n" not in rule.says + rule.unless
    assert not rule.unless or rule.unless.startswith("if ")
