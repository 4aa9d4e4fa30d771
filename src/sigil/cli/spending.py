"""One line on what a model was asked and what that cost."""

from __future__ import annotations

from sigil.llm.budget import Spent
from sigil.printable import printable

_LONGEST_NAME = 80


def spent_line(model: str, spent: Spent) -> str:
    """Return such as ``m-1: 2 answers, 1,234 tokens in, 56 out, 0.0012 USD``."""
    name = printable(model, _LONGEST_NAME)
    if not spent.exchanges:
        return f"{name}: asked nothing, since all was on record"
    answers = f"{spent.exchanges} answer{'s' * (spent.exchanges != 1)}"
    tokens = f"{spent.input_tokens:,} tokens in, {spent.output_tokens:,} out"
    cost = f"{spent.cost_usd:.6f}".rstrip("0").rstrip(".") + " USD"
    if spent.unpriced:
        cost = "price not known" if spent.unpriced == spent.exchanges else f"{cost} or more"
    return f"{name}: {answers}, {tokens}, {cost}"
