"""A proof holds without the ledger, and proves nothing else than what it says."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sigil.errors import InvalidValue, LedgerBroken, NotFound
from sigil.ledger import proof
from sigil.ledger.ledger import Ledger


@pytest.fixture
def longer(ledger):
    for number in range(3, 11):
        ledger.append("fact", "api", {"n": number})
    return ledger


def checked(ledger):
    return ledger.verify({ledger.signer.key})


def written(found):
    return json.dumps(found.document(), indent=2).encode()


def test_every_entry_is_proved(longer, key):
    for seq in range(11):
        found = proof.parse(written(proof.prove(checked(longer), seq)))
        entry, state = found.check({key.key})
        assert (entry.seq, entry, state.size) == (seq, longer.snapshot().entry(seq), 11)


def test_growth_from_every_size_is_proved(longer, key):
    for size in range(12):
        found = proof.parse(written(proof.prove_growth(checked(longer), size)))
        assert found.former.size == size
        assert found.check({key.key}).root == longer.tip.root


def test_growth_says_the_root_that_was(longer, ledger, key):
    before = ledger.tip
    ledger.append("fact", "api", {})
    found = proof.prove_growth(checked(ledger), before.size)
    assert found.former.root == before.root


def test_a_proof_for_one_entry_is_none_for_another(longer, key):
    one, other = (proof.prove(checked(longer), seq) for seq in (4, 5))
    with pytest.raises(LedgerBroken, match="do not lead"):
        replace(one, entry=other.entry).check({key.key})
    with pytest.raises(LedgerBroken, match="do not lead"):
        replace(one, path=other.path).check({key.key})


def test_a_proof_with_the_checkpoint_of_another_state_is_none(longer, key):
    before = proof.prove(checked(longer), 4)
    longer.append("fact", "api", {})
    after = proof.prove(checked(longer), 4)
    with pytest.raises(LedgerBroken, match="do not lead"):
        replace(before, checkpoint=after.checkpoint).check({key.key})


def test_a_proof_with_the_checkpoint_of_another_ledger_is_none(longer, key, tmp_path):
    other = Ledger.create(tmp_path / "other", key)
    other.append("fact", "api", {})
    found = proof.prove(checked(other), 0)
    with pytest.raises(LedgerBroken, match="do not lead"):
        replace(found, entry=proof.prove(checked(longer), 0).entry).check({key.key})


def test_growth_from_another_root_is_not_proved(longer, key):
    found = proof.prove_growth(checked(longer), 5)
    wrong = replace(found, former=replace(found.former, root="0" * 64))
    with pytest.raises(LedgerBroken, match="do not lead"):
        wrong.check({key.key})


def test_a_proof_by_a_key_that_does_not_count_is_none(longer, stranger):
    for found in (proof.prove(checked(longer), 1), proof.prove_growth(checked(longer), 1)):
        with pytest.raises(LedgerBroken, match="not trusted"):
            found.check({stranger.key})


@pytest.mark.parametrize("where", ["entry", "checkpoint"])
def test_a_proof_of_what_was_changed_is_none(longer, key, where):
    document = proof.prove(checked(longer), 1).document()
    signature = document[where]["signatures"][0]
    signature["sig"] = signature["sig"].replace(
        signature["sig"][5], "A" if signature["sig"][5] != "A" else "B"
    )
    with pytest.raises(LedgerBroken):
        proof.parse(json.dumps(document).encode()).check({key.key})


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"{}", b'{"format": "sigil.ledger.inclusion.v1"}', b"\xff", b"[" * 100_000,
        b'{"format":"sigil.ledger.consistency.v1","path":[],"checkpoint":{},"former":{"size":"1","root":""}}',
        b'{"format":"x","path":[],"checkpoint":{}}', b'{"path":["zz"],"checkpoint":{}}',
    ],
)  # fmt: skip
def test_what_is_no_proof_is_said_to_be_none(data):
    with pytest.raises(InvalidValue, match="no proof"):
        proof.parse(data)


def test_no_proof_of_what_is_not_there(ledger):
    with pytest.raises(NotFound):
        proof.prove(checked(ledger), 3)
    with pytest.raises(NotFound):
        proof.prove_growth(checked(ledger), 4)
