"""The story of `make demo-gate`, as its output tells it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "examples" / "demo_gate.py"
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def told() -> str:
    done = subprocess.run(
        [sys.executable, DEMO], capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def after(told: str, heading: str) -> str:
    return told.partition(f"── {heading}")[2].partition("\n── ")[0]


def rows(part: str) -> dict[str, list[str]]:
    lines = [line.split() for line in part.splitlines()]
    return {line[0]: line[1:] for line in lines if line and line[0] in {"visible", "holdout"}}


def test_on_the_visible_half_both_changes_are_equal(told):
    honest, cheating = (after(told, f"The {name} change") for name in ("honest", "cheating"))
    assert rows(honest)["visible"] == rows(cheating)["visible"]
    assert rows(honest)["visible"][0] == "1.00"


def test_the_sealed_half_tells_them_apart(told):
    honest, cheating = (after(told, f"The {name} change") for name in ("honest", "cheating"))
    assert rows(honest)["holdout"][0] == "1.00"
    assert float(rows(cheating)["holdout"][0]) < 0.8
    assert "decision: REVIEW" in honest
    assert "by the exam alone: ALLOW, and with the trust earned so far: REVIEW" in honest
    assert "decision: BLOCK" in cheating


def test_what_the_service_lacks_for_the_next_rung_is_said(told):
    honest = after(told, "The honest change")
    assert "to ADVISORY: 49 evaluations more · 20 human verdicts more" in honest


def test_it_ends_with_where_keys_come_from(told):
    assert "sigil scenario keys --new" in told.rpartition("root ")[2]


def test_the_author_of_the_cheating_change_reads_labels_alone(told):
    feedback = after(told, "What the author of the cheating change may read")
    assert "  step_2  : " in feedback
    assert "seats" not in feedback.replace("docs/specs/seat-quotes.md", "").replace(
        "seat-quotes/", ""
    )
    assert "total_cents" not in feedback


def test_both_decisions_are_on_record(told):
    assert after(told, "And what stands in the ledger").count("eval.decision  ") == 2
