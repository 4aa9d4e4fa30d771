"""Judges in a whole evaluation: what they can do to a decision, and where their words stay."""

from __future__ import annotations

import json

import pyrage
from tests.gate.evaluations import Bench, Quiet

from sigil.canonical import digest
from sigil.gate.bundle.sealing import seal_bytes
from sigil.gate.decision import Code, Verdict
from sigil.gate.evaluation import evaluate
from sigil.gate.exam.answerers import Answerers
from sigil.gate.judge import rubrics
from sigil.gate.record import events
from sigil.gate.record.dossier import EXCHANGES, folder_of, keep_exchanges, keep_summary
from sigil.gate.view import reporting
from sigil.gate.view.summarizing import summary
from sigil.testing.exam_models import ScriptedJudge

JUDGED = """
return {{
  title = "judged", priority = "P0", policy = {{ capabilities = {{"http", "judge"}} }},
  run = function()
    expect(sigil.get("/api/quote?seats=5").status == 200)
    --- {rubric}
    sigil.judge("canary-subject", {{ min_score = 0.8 }})
  end,
}}
"""


def evaluated(bench: Bench, judge: ScriptedJudge | None, rubric: str = "canary-rubric is kind."):
    """Evaluate a change by an exam with one more holdout, which a judge grades."""
    bench.exam.seal(JUDGED.format(rubric=rubric))
    bench.policy()
    if judge is not None:
        written = bench.root / ".sigil" / "gate.yaml"
        policy = json.loads(written.read_text())
        policy["services"]["api"]["models"] = {"judge": {"provider": "stub"}}
        written.write_text(json.dumps(policy))
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "judged")
    with Answerers({}, providers={"judge": judge} if judge else None) as answerers:

        def keep(name, observed, recipients):
            kept = bench.keep(name, observed, recipients)
            folder = folder_of(bench.root, name)
            keep_exchanges(folder, answerers.exchanges, lambda data: seal_bytes(data, recipients))
            return kept

        return evaluate(bench.wanted(), bench.parts(answerer=answerers.make, keep=keep), Quiet())


def test_judges_that_are_content_change_nothing(bench):
    outcome = evaluated(bench, ScriptedJudge(0.95))
    assert outcome.troubles == ()
    assert outcome.decision.verdict is Verdict.ALLOW


def test_judges_that_disagree_allow_nothing(bench):
    outcome = evaluated(bench, ScriptedJudge(0.95, 0.1, 0.95))
    assert outcome.decision.verdict is Verdict.REVIEW


def test_judges_that_are_not_content_block(bench):
    outcome = evaluated(bench, ScriptedJudge(0.1))
    assert outcome.decision.verdict is Verdict.BLOCK


def test_without_a_model_what_needs_one_allows_nothing(bench):
    outcome = evaluated(bench, None)
    assert outcome.decision.verdict is Verdict.REVIEW
    assert Code.INCONCLUSIVE in {reason.code for reason in outcome.decision.reasons}


def test_without_a_model_what_can_be_decided_is(bench):
    outcome = evaluated(bench, None, rubric='It names "canary".')
    assert outcome.decision.verdict is Verdict.ALLOW


def test_what_judges_were_asked_stands_under_the_exams_seal_alone(bench):
    outcome = evaluated(bench, ScriptedJudge(0.95, rationale="canary-rationale"))
    sealed = (folder_of(bench.root, outcome.eval) / EXCHANGES).read_bytes()
    opened = pyrage.decrypt(sealed, [bench.exam.key])
    for canary in (b"canary-rubric", b"canary-subject", b"canary-rationale"):
        assert canary in opened
    written = [
        path.read_bytes()
        for path in bench.root.rglob("*")
        if path.is_file() and ".git/" not in str(path)
    ]
    assert not any(b"canary-" in data for data in written)
    assert "canary-" not in repr(outcome)


def test_the_rubric_of_a_judge_is_in_the_record_and_is_found_again_in_what_was_kept(bench):
    outcome = evaluated(bench, ScriptedJudge(0.95))
    [entry] = [
        one
        for one in bench.ledger().entries(kind=events.COMPLETE)
        if one.body["eval"] == outcome.eval
    ]
    assert digest(b"canary-rubric is kind.") not in entry.body["rubrics"]
    folder = folder_of(bench.root, outcome.eval)
    keep_summary(folder, summary(outcome), outcome.feedback)
    scenarios, recorded = reporting.opened(bench.root, folder, bench.exam.identities)
    found = rubrics.digests((scenarios[one.scenario], one.answered) for one in recorded)
    assert entry.body["rubrics"] == found
    assert len(found) == 1
