"""Which entries of a ledger say that no holdout was asked; all others say one may have been."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from sigil.errors import LedgerBroken
from sigil.gate.record.asked import may_have_asked

FAILED = [{"code": "stage_failed", "verdict": "REVIEW", "about": "deploy pr"}]


@dataclass(frozen=True)
class Entry:
    kind: str
    body: dict[str, Any] = field(default_factory=dict)
    service: str = "another"
    key: str = ""
    ts: datetime = datetime(2026, 1, 1, tzinfo=UTC)


def entry(kind: str, name: str = "one", **body: Any) -> Entry:
    return Entry(f"eval.{kind}", {"eval": name, **body})


ASKED = {
    "no end": [],
    "interrupted": [entry("broken", stages=[], interrupted=True)],
    "the run failed": [entry("broken", stages=["run"])],
    "a decision": [entry("decision", reasons=[])],
    "an early stage is named, and the exam was scored": [
        entry("complete", holdouts=["a"]),
        entry("decision", reasons=FAILED),
    ],
    "another failed to start": [entry("begun", "two"), entry("decision", "two", reasons=FAILED)],
    "it says not which holdouts": [entry("complete")],
    "another kind": [entry("later", "two", stages=["bundle"])],
    "another reason": [entry("decision", reasons=[{"code": "tier", "about": "deploy pr"}])],
}
NOT_ASKED = {
    "its start failed": [entry("decision", reasons=FAILED)],
    "its exam could not be opened": [entry("broken", stages=["bundle"])],
    "an exam without holdouts": [entry("complete", holdouts=[]), entry("decision", reasons=[])],
}


@pytest.mark.parametrize("end", ASKED.values(), ids=list(ASKED))
def test_in_doubt_a_holdout_was_asked(end):
    assert may_have_asked([entry("begun"), *end], "now")


@pytest.mark.parametrize("end", NOT_ASKED.values(), ids=list(NOT_ASKED))
def test_it_was_not_where_the_ledger_says_so(end):
    assert not may_have_asked([entry("begun"), *end], "now")


def test_the_evaluation_itself_is_left_out_and_so_is_what_is_none():
    known = [Entry("trust.enrolled"), entry("begun", "now")]
    assert not may_have_asked(known, "now")


@pytest.mark.parametrize("body", [{}, {"eval": "one", "reasons": {"about": "deploy pr"}}])
def test_an_entry_of_another_shape_is_not_passed_over(body):
    with pytest.raises(LedgerBroken, match="another shape"):
        may_have_asked([Entry("eval.decision", body)], "now")
