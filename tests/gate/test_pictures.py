"""Screenshots are files for the visible half, and for it alone."""

from __future__ import annotations

import pytest

from sigil.gate.effects import Answered, Call
from sigil.gate.model import Result, Scenario, Status
from sigil.gate.pictures import as_text, keep_pictures, picture
from sigil.gate.sittings import Observed, Sitting

PNG = b"\x89PNG\r\n"


def observed(name: str, half: str, *replies: object) -> Observed:
    answered = tuple(
        Answered(Call("browser", {"action": "screenshot", "name": None}), reply)
        for reply in replies
    )
    sitting = Sitting(Scenario(name, half, "", "x.lua"), "pr", 0, 1)
    return Observed(sitting, Result(name, Status.PASS, ()), None, None, answered)


def test_those_of_a_visible_scenario_are_numbered_files(tmp_path):
    seen = observed("billing/dashboard", "visible", as_text(PNG), as_text(PNG + b"2"))
    first, second = keep_pictures(tmp_path, [seen])
    assert first.name == "billing--dashboard.pr.0.1.png"
    assert (first.read_bytes(), second.read_bytes()) == (PNG, PNG + b"2")


def test_those_of_a_holdout_are_none(tmp_path):
    assert keep_pictures(tmp_path, [observed("holdout_001", "holdout", as_text(PNG))]) == []
    assert list(tmp_path.iterdir()) == []


def test_what_failed_is_no_picture(tmp_path):
    assert keep_pictures(tmp_path, [observed("a", "visible", None, "text")]) == []


@pytest.mark.parametrize("reply", [None, "", "text", 1, "data:image/png;base64,!"])
def test_other_replies_are_no_pictures(reply):
    assert picture(reply) is None


def test_a_picture_comes_back_as_it_was():
    assert picture(as_text(PNG)) == PNG
