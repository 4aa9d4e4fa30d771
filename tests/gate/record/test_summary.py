"""What is kept of an evaluation."""

from __future__ import annotations

from dataclasses import replace

from tests.gate.summaries import FULL


def test_halves_stand_in_the_order_in_which_people_read_them():
    mixed = {name: FULL.scores[name] for name in ("overall", "holdout", "visible")}
    halves = [name for name, _ in replace(FULL, scores=mixed).halves()]
    assert halves == ["visible", "holdout", "overall"]
