"""What people said of an evaluation, out of the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from sigil.errors import LedgerBroken
from sigil.gate.record.remarks import remarks


@dataclass
class Entry:
    kind: str
    body: dict[str, Any]
    seq: int = 7
    service: str = "api"
    key: str = "ed25519:k"
    ts: datetime = field(default=datetime(2026, 11, 21, tzinfo=UTC))


@pytest.mark.parametrize(
    ("kind", "body", "what", "why"),
    [
        (
            "override.human",
            {"decided": "BLOCK", "verdict": "ALLOW", "reason": "we need it"},
            "BLOCK overridden to ALLOW",
            "we need it",
        ),
        ("verdict.human", {"verdict": "REVIEW"}, "a human would say REVIEW", ""),
        ("incident.eval.regression", {"note": "it fell"}, "incident eval.regression", "it fell"),
    ],
)
def test_it_is_told_what_was_said_by_whom_and_why(kind, body, what, why):
    [found] = remarks([Entry(kind, {"eval": "eval_1", **body})], "eval_1")
    assert (found.what, found.reason, found.key, found.entry) == (what, why, "ed25519:k", 7)


def test_what_was_said_of_another_evaluation_or_of_none_is_left_out():
    said = [
        Entry("override.human", {"eval": "eval_2", "decided": "BLOCK", "verdict": "ALLOW"}),
        Entry("incident.safety", {"note": "nobody knows why"}),
        Entry("eval.decision", {"eval": "eval_1"}),
    ]
    assert remarks(said, "eval_1") == []


def test_an_entry_that_nobody_understands_is_an_error():
    with pytest.raises(LedgerBroken):
        remarks([Entry("override.human", {"eval": 5})], "eval_1")
