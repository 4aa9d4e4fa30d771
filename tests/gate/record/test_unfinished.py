"""Evaluations without a decision, out of what the ledger holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from sigil.errors import LedgerBroken
from sigil.gate.decision import Stage
from sigil.gate.record.events import DECISION
from sigil.gate.record.unfinished import (
    BEGUN,
    BROKEN,
    Begun,
    Broken,
    body_of,
    unfinished,
    unfinished_since,
)


@dataclass(frozen=True)
class Said:
    """An entry, as far as the gate looks at it."""

    kind: str
    body: dict[str, Any]
    service: str = "api"
    key: str = "ed25519:x"
    ts: datetime = field(default=datetime(2026, 1, 1, tzinfo=UTC))


def begun(name: str, artifact: str = "sha256:a", **more: str) -> Said:
    return Said(BEGUN, body_of(Begun(name, "change", "1" * 40, artifact)), **more)


def broken(name: str, *stages: Stage, interrupted: bool = False) -> Said:
    return Said(BROKEN, body_of(Broken(name, "1" * 40, "sha256:a", list(stages), interrupted)))


def decided(name: str) -> Said:
    return Said(DECISION, {"eval": name, "verdict": "ALLOW"})


def found(*entries: Said, after: str = "") -> list[tuple[str, str]]:
    return [(one.eval, one.cause) for one in unfinished(entries, "api", "sha256:a", after=after)]


def test_one_that_was_decided_is_finished():
    assert found(begun("e1"), decided("e1")) == []


def test_one_that_was_killed_left_its_beginning_alone():
    assert found(begun("e1")) == [("e1", "no end on record")]


def test_one_that_broke_says_at_which_stages():
    assert found(begun("e1"), broken("e1", Stage.POLICY, Stage.LEDGER)) == [
        ("e1", "policy, ledger failed")
    ]


def test_one_that_somebody_ended_says_so():
    assert found(begun("e1"), broken("e1", interrupted=True)) == [("e1", "interrupted")]


def test_those_of_another_change_or_service_are_none_of_ours():
    assert found(begun("e1", "sha256:b"), begun("e2", service="web")) == []


def test_what_had_broken_off_before_one_began_does_not_count_after_it():
    past = (begun("e1"), broken("e1", interrupted=True), begun("e2"))
    assert found(*past, begun("e3"), decided("e3"), after="e3") == []


def test_what_breaks_off_while_another_is_decided_counts_after_that():
    entries = (begun("e1"), begun("e2"), decided("e2"), broken("e1", interrupted=True))
    assert found(*entries, after="e2") == [("e1", "interrupted")]


@pytest.mark.parametrize("kind", [BEGUN, BROKEN, DECISION])
def test_an_entry_of_another_shape_is_not_passed_over(kind):
    with pytest.raises(LedgerBroken, match="another shape"):
        found(Said(kind, {"eval": 1}))


def test_later_ones_without_a_decision_are_found_of_whatever_change():
    entries = [
        *(begun("e1"), begun("e2"), decided("e2"), begun("e3", "sha256:b", service="web")),
        *(begun("e4"), decided("e4"), begun("e5"), broken("e5", interrupted=True)),
    ]
    later = [(one.eval, one.cause) for one in unfinished_since(entries, "e2")]
    assert later == [("e3", "no end on record"), ("e5", "interrupted")]
