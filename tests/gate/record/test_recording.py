"""What an evaluation reads of the ledger while it writes into it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sigil.gate.policy import Gate, Service
from sigil.gate.record.recording import Record
from sigil.gate.record.unfinished import Begun
from sigil.ledger import keys
from sigil.ledger.ledger import Ledger
from sigil.ledger.pins import Pin
from sigil.testing.clocks import FixedClock


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def ledger(tmp_path, clock):
    signer = keys.create(tmp_path / "keys" / "evaluator.ed25519")
    made = Ledger.create(tmp_path / "ledger", signer, Pin(tmp_path / "pin.json"), clock)
    made.append("fact", "api", {"n": 1})
    return made


@pytest.fixture
def record(ledger):
    begun = Begun("eval_1", "change", "1" * 40, "sha256:" + "2" * 64)
    return Record(ledger, lambda _: False, "api", begun)


def gate_of(*evaluators: str) -> Gate:
    return Gate(services={"api": Service()}, evaluators=list(evaluators))


def test_a_sync_that_brings_nothing_makes_the_past_current(record, ledger, clock):
    before = record.history(gate_of()).current
    clock.advance(timedelta(hours=1).total_seconds())
    ledger.note_synced()
    again = record.history(gate_of())
    assert again.current == ledger.synced_at
    assert again.current > before


def test_another_policy_lets_others_count(record):
    assert record.history(gate_of("one")).signers.evaluators == {"one"}
    assert record.history(gate_of("two")).signers.evaluators == {"two"}


def test_an_append_that_reads_the_past_does_not_fail_with_what_is_remembered(
    record, ledger, monkeypatch
):
    """The entry stands once it is appended, and a pin that lags is caught up by the next."""

    def refuse(*_: object) -> None:
        raise PermissionError("the pin cannot be written")

    def body() -> dict[str, int]:
        monkeypatch.setattr(Pin, "trust", refuse)
        monkeypatch.setattr(Pin, "advance", refuse)
        found = len(record.history(gate_of()).entries)
        monkeypatch.undo()
        return {"n": found}

    assert ledger.append("fact", "api", body).body == {"n": 1}
