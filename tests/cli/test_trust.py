"""`sigil trust`: whose verdicts count."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from sigil.cli.trust import trust
from sigil.ledger import keys


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
