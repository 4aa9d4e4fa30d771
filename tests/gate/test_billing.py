"""The scenario of the seed, unchanged, on a real service, with a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.browser.chromium import BINARY
from tests.gate import billings
from tests.gate.lua.worlds import upgrade

from sigil.gate.bundle.linting import visible_scenarios
from sigil.gate.exam.answerers import Answerers
from sigil.gate.exam.hall import Hall
from sigil.gate.intent import read_intent
from sigil.gate.model import Priority, Status
from sigil.gate.trees import FolderTree
from sigil.gate.view.frames import failure_frame
from sigil.testing.exam_models import ScriptedAgent, ScriptedJudge

pytestmark = pytest.mark.skipif(BINARY is None, reason="there is no chromium on this machine")
FRAME = Path(__file__).parent / "golden" / "upgrade.txt"
MODELS = {"intent": {"provider": "stub"}, "judge": {"provider": "stub"}}
MONTHLY = {
    "pages.py": ('value="year" checked', 'value="month" checked'),
    "billing.py": ('"month": 1200', '"month": 7900'),
}
"""The page sends the other period, at a price of its own."""


@pytest.fixture(scope="module")
def hall():
    with Hall() as hall:
        yield hall


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    root = billings.repository(tmp_path_factory.mktemp("billing") / "repository")
    with billings.put_up(root) as deployment:
        yield root, deployment


def examined(hall: Hall, root: Path, deployment, scenario, *, seed: int = 7, **providers):
    settings = billings.service(root, models=MODELS if providers else {})
    with Answerers(billings.ENVIRONMENT, providers=providers) as answerers:
        return billings.sit(hall, deployment, scenario, answerers, settings, seed)


def buying(score: float = 0.9):
    return {"intent": ScriptedAgent(*billings.UPGRADE), "judge": ScriptedJudge(score)}


def test_the_upgrade_passes_in_five_steps(hall, service):
    report = examined(hall, *service, upgrade(), **buying())
    assert report.evidence is None
    assert (report.result.status, len(report.result.steps)) == (Status.PASS, 5)
    assert report.result.judged == 0.9


def test_the_wrong_period_fails_where_the_charge_is_checked(hall, tmp_path):
    root = billings.repository(tmp_path / "repository", MONTHLY)
    with billings.put_up(root) as deployment:
        report = examined(hall, root, deployment, upgrade(), **buying())
    assert [step.value for step in report.result.steps] == ["pass", "fail", "skip", "skip", "skip"]
    drawn = failure_frame(upgrade(), report.evidence, priority=Priority.P0)
    assert re.sub("ord_[0-9A-F]{16}", "ord_…", drawn) == FRAME.read_text(encoding="utf-8").rstrip()


def test_without_a_model_an_intent_is_an_error(hall, service):
    report = examined(hall, *service, upgrade(), seed=8)
    assert report.result.status is Status.ERROR
    assert "no model is set up for intents" in report.evidence.message


VISIBLE = {one.id: one for one in visible_scenarios(FolderTree(billings.EXAMPLE), "api")}


@pytest.mark.parametrize("name", sorted(VISIBLE))
def test_the_examples_own_exam_is_passed(hall, service, name):
    report = examined(hall, *service, VISIBLE[name], seed=20 + sorted(VISIBLE).index(name))
    assert report.evidence is None
    assert report.result.status is Status.PASS


def test_the_examples_own_intent_is_read():
    path = billings.EXAMPLE / "docs" / "specs" / "pro-plan.md"
    intent = read_intent(path.read_bytes(), "docs/specs/pro-plan.md")
    assert (intent.title, intent.priority) == ("The Pro plan", Priority.P0)


def test_a_command_of_a_scenario_runs_on_its_side(hall, service):
    body = """local done = sigil.exec("python3", {"-c", "import billing; print(billing.DECLINED)"})
    expect(done.stdout == "4000000000000002\\n")"""
    report = examined(hall, *service, billings.scenario(body, "exec"))
    assert report.result.status is Status.PASS


def test_what_models_were_asked_names_no_secret(service, hall):
    root, deployment = service
    settings = billings.service(root, models=MODELS)
    body = """--- It is fine.
    sigil.judge("x " .. sigil.env("SIGNUP_PASSWORD"))"""
    with Answerers(billings.ENVIRONMENT, providers=buying()) as answerers:
        asked = billings.scenario(body, "judge")
        billings.sit(hall, deployment, asked, answerers, settings)
        assert b"x __SIGNUP_PASSWORD__" in answerers.exchanges
        assert billings.ENVIRONMENT["SIGNUP_PASSWORD"].encode() not in answerers.exchanges
