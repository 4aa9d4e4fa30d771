"""What is sealed is what is opened, by a recipient alone."""

from __future__ import annotations

import pyrage
import pytest
from tests.gate.exams import MONEY, UPGRADE, Exam, an_exam

from sigil.errors import SealBroken
from sigil.gate.evaluator import open_bundle
from sigil.gate.keys import Identities
from sigil.gate.model import Scenario


@pytest.fixture
def exam(tmp_path) -> Exam:
    return an_exam(tmp_path)


def test_both_halves_are_read_once_a_recipient_opens_them(exam):
    opened = open_bundle(exam.read(), exam.identities)
    folder = ".sigil/scenarios/api"
    library = {"lib.money": MONEY}
    spec = "docs/specs/billing.md"
    assert opened.scenarios == (
        Scenario("billing/upgrade", "visible", UPGRADE, f"{folder}/visible/billing/upgrade.lua",
                 "", library),
        Scenario("holdout_001", "holdout", "return { title = 'first' }\n",
                 f"{folder}/holdout/holdout_001.lua", spec, library),
        Scenario("holdout_002", "holdout", "return { title = 'second' }\n",
                 f"{folder}/holdout/holdout_002.lua", spec, library),
    )  # fmt: skip


def test_nobody_else_opens_them(exam):
    stranger = Identities((pyrage.x25519.Identity.generate(),))
    with pytest.raises(SealBroken, match="sealed for other keys"):
        open_bundle(exam.read(), stranger)
