"""The page about rewrites lists the catalogue as it is."""

from __future__ import annotations

from pathlib import Path

from sigil.search.rewrite.catalogue import RULES
from sigil.search.rewrite.rule import Gain, Rule

PAGE = Path(__file__).parents[3] / "docs" / "rewrites.md"
SAVES = {Gain.ORDER: "order", Gain.LARGE: "large", Gain.SMALL: "small"}


def row(rule: Rule) -> str:
    return f"| `{rule.name}` | {rule.says} | {SAVES[rule.gain]} | {rule.unless} |"


def test_the_page_has_a_row_for_every_rule_and_no_other():
    listed = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert listed == [row(rule) for rule in sorted(RULES, key=lambda rule: -rule.gain)]
