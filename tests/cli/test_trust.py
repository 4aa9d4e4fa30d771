"""`sigil trust`: whose verdicts count."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from sigil.cli.gate_context import open_ledger
from sigil.cli.trust import trust
from sigil.errors import KeyMissing, NotFound
from sigil.ledger import keys
from sigil.ledger.ledger import Ledger
from sigil.ledger.pins import Pin


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGIL_KEYS", str(tmp_path / "keys"))


def printed() -> str:
    result = CliRunner().invoke(trust, ["reviewer"])
    assert result.exit_code == 0
    return result.stdout


def test_a_reviewers_key_is_made_once_and_shown_again():
    assert printed() == printed()


def test_a_reviewers_key_is_not_the_evaluators_and_its_private_half_is_not_shown():
    evaluator = keys.create(keys.path_of())
    text = printed()
    assert evaluator.key not in text
    assert keys.load(keys.path_of("reviewer")).key in text
    assert (keys.path_of("reviewer").read_text()).strip() not in text


def test_a_key_that_the_ledger_does_not_trust_signs_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / ".sigil" / "ledger"
    path.parent.mkdir()
    Ledger.create(path, keys.create(keys.path_of()), Pin.of(path))
    assert open_ledger(tmp_path, "reviewer").tip.size == 0  # the evaluator's, where there is none
    printed()
    with pytest.raises(KeyMissing, match="does not trust the key"):
        open_ledger(tmp_path, "reviewer")


@pytest.mark.parametrize("signer", ["evaluator", "reviewer"])
def test_without_a_ledger_one_is_joined_before_a_key_is_asked_for(tmp_path, signer):
    with pytest.raises(NotFound, match="join it: sigil ledger init --remote URL"):
        open_ledger(tmp_path, signer)


@pytest.mark.parametrize(
    ("signer", "making"), [("evaluator", "sigil ledger key"), ("reviewer", "sigil trust reviewer")]
)
def test_beside_a_ledger_a_lost_key_is_replaced_by_the_command_that_makes_such_a_key(
    tmp_path, monkeypatch, signer, making
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / ".sigil" / "ledger"
    path.parent.mkdir()
    Ledger.create(path, keys.create(tmp_path / "lost" / "key"), Pin.of(path))
    with pytest.raises(KeyMissing, match=f"make another: {making}, which says where"):
        open_ledger(tmp_path, signer)
    assert not keys.path_of(signer).exists()
