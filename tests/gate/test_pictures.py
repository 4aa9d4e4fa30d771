"""Screenshots are files for the visible half, and for it alone."""

from __future__ import annotations

import pytest
from tests.browser.chromium import BINARY
from tests.gate.evaluations import Quiet

from sigil.errors import Where
from sigil.gate.effects import Answered, Call
from sigil.gate.evaluation import evaluate
from sigil.gate.evaluator import open_observations
from sigil.gate.model import Result, Scenario, Status
from sigil.gate.pictures import as_text, keep_pictures, picture, read_pictures
from sigil.gate.record.dossier import SEALED, folder_of, parse_observations
from sigil.gate.sittings import Observed, Sitting
from sigil.store.files import read_file

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
    assert first == tmp_path / "screenshots" / "billing" / "dashboard.pr.0.1.png"
    assert (first.read_bytes(), second.read_bytes()) == (PNG, PNG + b"2")


def test_what_is_kept_is_read_back_by_name(tmp_path):
    keep_pictures(
        tmp_path, [observed("b", "visible", as_text(PNG)), observed("a/c", "visible", as_text(PNG))]
    )
    assert read_pictures(tmp_path) == {"a/c.pr.0.1": as_text(PNG), "b.pr.0.1": as_text(PNG)}


def test_two_scenarios_have_two_pictures_whatever_they_are_called(tmp_path):
    seen = [observed(name, "visible", as_text(PNG)) for name in ("a/b", "a--b", "a")]
    keep_pictures(tmp_path, seen)
    assert list(read_pictures(tmp_path)) == ["a--b.pr.0.1", "a.pr.0.1", "a/b.pr.0.1"]


def test_where_none_was_taken_none_is_read(tmp_path):
    assert read_pictures(tmp_path) == {}


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


SHOOTS = """return { policy = { capabilities = {"browser"} }, run = function()
  sigil.browser.open("/api/quote?seats=SEATS")
  local taken = sigil.browser.screenshot("price")
  expect(#taken > 100)
end }"""


@pytest.mark.skipif(BINARY is None, reason="there is no chromium on this machine")
def test_an_evaluation_leaves_the_screenshots_of_its_visible_half(bench):
    bench.exam.write("visible/shoots.lua", SHOOTS.replace("SEATS", "1"))
    bench.exam.seal(SHOOTS.replace("SEATS", "7"))
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "screenshots are taken")
    outcome = evaluate(bench.wanted(), bench.parts(), Quiet())
    folder = folder_of(bench.root, outcome.eval)
    sealed = parse_observations(opened(bench, folder))
    taken = {
        one.scenario: picture(one.answered[-1].reply)
        for one in sealed
        if one.answered[-1].call.kind == "browser"
    }
    assert len(taken) == 2
    shown = read_pictures(folder)
    assert set(shown) == {"shoots.pr.0.1", "shoots.baseline.0.1"}
    assert as_text(taken["shoots"]) in shown.values()


def opened(bench, folder) -> bytes:
    path = folder / SEALED
    return open_observations(read_file(path), bench.exam.identities, Where(str(path)))
