"""What the pages about the gate say is what the code does and what the tests show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sigil.gate.decision import THRESHOLDS, Code, Stage, Verdict
from sigil.gate.feedback import Disclosure
from sigil.gate.forge.publishing import BROKEN, RUNNING, STATES
from sigil.gate.policy import Policy, load_policy
from sigil.gate.trust import Ladder, Tier

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = (ROOT / "docs/decisions.md").read_text()
THREATS = (ROOT / "docs/threat-model.md").read_text()
CI = (ROOT / "docs/ci.md").read_text()
NAMED = re.compile(r"`((?:tests/[\w/]+\.py)?)::(test_\w+)`")
ROW = re.compile(r"^\| `(\w+)` \| ([\w ]+) \|", re.MULTILINE)


def named_tests() -> list[tuple[str, str]]:
    """Return every test that the threat model names; a name alone is of the file before it."""
    found: list[tuple[str, str]] = []
    for path, name in NAMED.findall(THREATS):
        found.append((path or found[-1][0], name))
    return found


@pytest.mark.parametrize(("path", "name"), named_tests())
def test_what_the_threat_model_names_is_a_test(path, name):
    assert f"def {name}(" in (ROOT / path).read_text()


def test_every_reason_is_explained_once():
    explained = [code for code, _ in ROW.findall(DECISIONS)]
    assert sorted(explained) == sorted(set(explained))
    assert {code.value for code in Code} <= set(explained)


def test_a_reason_leaves_what_the_page_says():
    said = dict(ROW.findall(DECISIONS))
    blocking = {Code.P0_FAILED.value, Code.BELOW_FLOOR.value}
    assert {code for code, verdict in said.items() if verdict == "BLOCK"} == blocking
    assert set(said.values()) == {"REVIEW", "BLOCK", "as it was", "as was said"}


def test_every_stage_is_named():
    [row] = [line for line in DECISIONS.splitlines() if line.startswith("| `stage_failed`")]
    assert [stage.value for stage in Stage if stage.value not in row] == []


def test_exit_codes_are_those_of_the_page():
    rows = dict(re.findall(r"^\| (ALLOW|REVIEW|BLOCK) \| (\d) \|", DECISIONS, re.MULTILINE))
    assert rows == {verdict.value: str(verdict.exit_code) for verdict in Verdict}


def test_every_rung_has_a_row_with_its_figures():
    rows = dict(re.findall(r"^\| (NONE|SHADOW|ADVISORY|AUTO) \| (.*)$", DECISIONS, re.MULTILINE))
    assert set(rows) == {tier.value for tier in Tier}
    ladder = Ladder()
    for figure in (ladder.shadow_evals, ladder.verdicts, f"{float(ladder.agreement):.2f}"):
        assert str(figure) in rows["SHADOW"]
    figures = (ladder.advisory_evals, ladder.quiet.days, float(ladder.scorecard))
    for figure in (*figures, float(ladder.clean_allows)):
        assert str(figure) in rows["ADVISORY"]


def test_the_policy_of_the_page_is_the_default_one():
    [text] = re.findall(r"```yaml\n(.*?)```", DECISIONS, re.DOTALL)
    policy = load_policy(text.encode()).gate.policy
    assert policy == Policy()
    for priority, known in THRESHOLDS.items():
        written = getattr(policy.thresholds, priority.value)
        assert (written.allow, written.review) == (float(known.allow), float(known.review))


def test_every_state_of_a_commit_is_explained():
    rows = dict(re.findall(r"^\| `(pending|success|failure|error)` \| (.*) \|$", CI, re.MULTILINE))
    assert set(rows) == {*STATES.values(), BROKEN, RUNNING}
    assert all(verdict.value in rows[state] for verdict, state in STATES.items())


def test_the_steps_of_disclosure_are_as_many_as_the_page_has():
    assert len(re.findall(r"^\d\. \*\*", THREATS, re.MULTILINE)) == len(Disclosure)
