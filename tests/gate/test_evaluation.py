"""From a ref to a signed decision, and what no fault may lead to."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import fields
from datetime import timedelta

import pytest
from tests.gate.evaluations import (
    Bench,
    Quiet,
    cheating,
    honest,
    question,
    reviewer_of,
)

from sigil.errors import DiskFull, LedgerBroken, NotFound, Unreadable, UsageError
from sigil.gate.acting import report_incident
from sigil.gate.decision import Code, Stage, Verdict
from sigil.gate.deploy import deploy
from sigil.gate.evaluation import evaluate
from sigil.gate.feedback import Silence
from sigil.gate.model import Status
from sigil.gate.parts import Parts
from sigil.gate.policy import load_policy
from sigil.gate.record import events
from sigil.gate.record.history import read_history
from sigil.gate.trust import Tier


def evaluated(bench: Bench, **changed):
    return evaluate(bench.wanted(), bench.parts(**changed), Quiet())


def history_of(bench: Bench):
    gate = load_policy((bench.root / ".sigil" / "gate.yaml").read_bytes()).gate
    return read_history(bench.ledger(), "api", gate)


def codes(outcome) -> set[Code]:
    return {reason.code for reason in outcome.decision.reasons}


def test_the_past_of_these_tests_leads_to_advisory(bench):
    assert history_of(bench).trust(bench.parts().clock.now()).tier is Tier.ADVISORY


def test_an_honest_change_is_allowed_and_both_events_are_on_record(bench):
    outcome = evaluated(bench)
    assert outcome.troubles == ()
    assert outcome.decision.verdict is Verdict.ALLOW
    newest = list(bench.ledger().entries())[-2:]
    assert [entry.kind for entry in newest] == [events.COMPLETE, events.DECISION]
    assert newest[1].seq == outcome.entry


def test_a_change_that_is_right_only_where_it_can_look_is_blocked(bench):
    bench.serving.pr = cheating
    outcome = evaluated(bench)
    assert outcome.score.visible.pr == 1
    assert outcome.score.holdout.pr == 0
    assert outcome.decision.verdict is Verdict.BLOCK


def test_what_was_broken_before_and_is_mended_is_a_gain(bench):
    bench.serving.baseline = cheating
    outcome = evaluated(bench)
    assert outcome.score.overall.delta > 0
    assert outcome.decision.verdict is Verdict.ALLOW


def test_a_decision_is_bound_to_what_was_compared(bench):
    outcome = evaluated(bench)
    _, decided = history_of(bench).decided()[-1]
    assert decided.provenance == outcome.provenance
    assert decided.commit == bench.git("rev-parse", "change")
    assert decided.base == bench.git("rev-parse", "main")


def test_a_change_of_the_exam_on_the_change_itself_counts_for_nothing(bench):
    bench.git("checkout", "-q", "change")
    for path in (bench.exam.folder / "visible").iterdir():
        path.write_text("return { run = function() expect(true) end }")
    (bench.root / ".sigil" / "gate.yaml").write_text("services: {}")
    bench.git("commit", "-q", "-a", "-m", "widen the exam")
    bench.git("checkout", "-q", "main")
    bench.serving.pr = cheating
    assert evaluated(bench).decision.verdict is Verdict.BLOCK


def test_a_change_that_is_good_and_edits_what_it_is_judged_by_is_for_a_person(bench):
    bench.git("checkout", "-q", "change")
    (bench.root / ".sigil" / "gate.yaml").write_text("services: {}")
    bench.git("commit", "-q", "-a", "-m", "and the policy")
    bench.git("checkout", "-q", "main")
    outcome = evaluated(bench)
    assert codes(outcome) == {Code.UNVOUCHED}
    assert [one.paths for one in outcome.feedback.reasons] == [(".sigil/gate.yaml",)]


def with_a_reset(bench: Bench) -> None:
    policy = bench.root / ".sigil" / "gate.yaml"
    written = json.loads(policy.read_text())
    written["services"]["api"]["reset"] = "GET /reset"
    bench.policy(services=written["services"])
    bench.git("commit", "-q", "-a", "-m", "reset it")


def test_a_service_is_reset_before_each_scenario(bench):
    with_a_reset(bench)
    asked: list[int] = []
    bench.serving.pr = lambda seats: asked.append(seats) or honest(seats)
    assert evaluated(bench).decision.verdict is Verdict.ALLOW
    assert not any(asked[0::2])
    assert all(asked[1::2])


@pytest.mark.parametrize("side", ["pr", "baseline"])
def test_the_author_of_a_change_is_told_which_side_was_not_reset(bench, side):
    with_a_reset(bench)
    setattr(bench.serving, side, {1: 1200, 2: 2400}.__getitem__)  # and for no seats it breaks off
    assert evaluated(bench).feedback.unreset == (side,)


def test_scenarios_at_once_are_refused_where_each_begins_with_a_reset(bench):
    with_a_reset(bench)
    before = bench.ledger().tip.size
    with pytest.raises(UsageError, match="leave out --lanes 4"):
        evaluate(bench.wanted(lanes=4), bench.parts(), Quiet())
    assert bench.ledger().tip.size == before


def test_a_ref_that_does_not_exist_is_an_error_and_nothing_is_recorded(bench):
    before = bench.ledger().tip.size
    with pytest.raises(NotFound, match="nowhere"):
        evaluate(bench.wanted("nowhere"), bench.parts(), Quiet())
    assert bench.ledger().tip.size == before


def test_the_same_seed_gives_the_same_results(bench):
    one, other = (evaluate(bench.wanted(seed=7), bench.parts(), Quiet()).answers for _ in range(2))
    assert one == other


def test_the_second_time_that_nothing_is_better_less_is_said(bench):
    bench.serving.pr = cheating
    disclosed = [evaluated(bench).feedback.disclosure.value for _ in range(2)]
    assert disclosed == ["steps", "specs"]


def test_what_was_told_of_holdouts_counts_in_an_exam_that_has_one_visible_scenario_more(bench):
    bench.policy(policy={"submissions": 2})
    bench.git("commit", "-q", "-a", "-m", "two submissions")
    bench.serving.pr = cheating
    first = evaluated(bench)
    bench.exam.write("visible/quote_0.lua", question(1, priority="P2"))
    bench.exam.seal()
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "one visible question more")
    later = [evaluated(bench) for _ in range(2)]
    assert first.provenance.scenarios != later[0].provenance.scenarios
    disclosed = [one.feedback.disclosure.value for one in (first, *later)]
    assert disclosed == ["steps", "specs", "nothing"]
    assert [one.feedback.silence for one in (first, *later)] == [None, None, Silence.SPENT]


@pytest.mark.parametrize("names", [(), ("another",)])
def test_whoever_evaluates_spends_the_submissions_of_an_exam(bench, names):
    """Also one whom the policy does not name, or names no more."""
    bench.policy(policy={"submissions": 2}, evaluators=[f"ed25519:{name}" for name in names])
    bench.git("commit", "-q", "-a", "-m", "two submissions")
    bench.serving.pr = cheating
    disclosed = [evaluated(bench).feedback.disclosure.value for _ in range(3)]
    assert disclosed == ["steps", "specs", "nothing"]


def test_repeats_are_run(bench):
    outcome = evaluate(bench.wanted(repeats=3), bench.parts(), Quiet())
    assert all(len(one.pr) == len(one.baseline) == 3 for one in outcome.answers)


# --- what an ALLOW takes besides a good exam ---------------------------------------------


def test_a_ledger_that_nobody_attested_for_long_allows_nothing(bench, past):
    shutil.rmtree(bench.ledger_path)
    shutil.copytree(past, bench.ledger_path)
    (bench.root / ".git" / "pin.json").unlink()
    (bench.root / ".git" / "pin.seen").unlink(missing_ok=True)
    ledger = bench.ledger()
    keys_of = frozenset({bench.signer.key, reviewer_of(past).key})
    ledger.pin.trust(ledger.snapshot().checkpoint.ledger, keys_of)
    outcome = evaluated(bench)
    assert outcome.decision.verdict is Verdict.REVIEW
    assert codes(outcome) == {Code.STALE_LEDGER}


class Late:
    """A clock that somebody puts forward."""

    def __init__(self, clock):
        self._clock, self.ahead = clock, timedelta()

    def now(self):
        return self._clock.now() + self.ahead

    def monotonic_ns(self):
        return self._clock.monotonic_ns()


def test_time_that_a_remote_takes_to_fail_makes_the_ledger_older(bench):
    clock = Late(bench.parts().clock)

    def share(ledger):
        if list(ledger.entries(kind=events.COMPLETE)):
            clock.ahead = timedelta(seconds=61)
            raise Unreadable("no route")
        ledger.note_synced()
        return True

    assert codes(evaluated(bench, share=share, clock=clock)) == {Code.STALE_LEDGER}


def test_what_an_evaluation_appends_itself_makes_no_ledger_newer(bench):
    clock = Late(bench.parts().clock)

    def share(ledger):
        if list(ledger.entries(kind=events.COMPLETE)):
            clock.ahead = timedelta(seconds=61)
        return False

    assert codes(evaluated(bench, share=share, clock=clock)) == {Code.STALE_LEDGER}


def test_an_incident_that_is_told_of_while_the_exam_is_put_on_record_counts(bench):
    def share(ledger):
        if list(ledger.entries(kind=events.COMPLETE)):
            report_incident(bench.ledger(), "api", "eval.regression")
        return False

    outcome = evaluated(bench, share=share)
    assert outcome.decision.verdict is Verdict.REVIEW
    assert [(one.code, one.about) for one in outcome.decision.reasons] == [(Code.TIER, "SHADOW")]


def test_a_chosen_seed_allows_nothing(bench):
    outcome = evaluate(bench.wanted(seed=7), bench.parts(), Quiet())
    assert codes(outcome) == {Code.SEED_KNOWN}


def test_a_service_that_nobody_vouches_for_allows_nothing(bench):
    written = (bench.root / ".sigil" / "gate.yaml").read_text()
    (bench.root / ".sigil" / "gate.yaml").write_text(
        written.replace('"vouched": true', '"vouched": false')
    )
    bench.git("commit", "-q", "-a", "-m", "nobody vouches")
    assert codes(evaluated(bench)) == {Code.UNBOUND}


def test_the_same_change_cannot_be_tried_again_until_it_passes(bench):
    bench.serving.pr = cheating
    assert evaluated(bench).decision.verdict is Verdict.BLOCK
    bench.serving.pr = honest
    outcome = evaluated(bench)
    assert outcome.decision.verdict is Verdict.REVIEW
    assert codes(outcome) == {Code.CONTRADICTED}


def test_a_flag_asks_for_no_fewer_repeats_than_the_policy(bench):
    bench.policy(policy={"repeats": 2})
    bench.git("commit", "-q", "-a", "-m", "twice")
    outcome = evaluate(bench.wanted(repeats=1), bench.parts(), Quiet())
    assert all(len(one.pr) == 2 for one in outcome.answers)


def test_each_half_is_asked_of_a_deployment_of_its_own(bench):
    put_up = []

    def counted(settings, source, side, **rest):
        put_up.append(side)
        return deploy(settings, source, side, **rest)

    evaluated(bench, deploy=counted)
    assert put_up == ["pr", "pr", "baseline", "baseline"]


# --- invariant I: whatever fails, nothing is allowed -------------------------------------


class Broke(Exception):
    """A fault that nobody foresaw."""


def breaking(error: BaseException):
    def call(*arguments, **named):
        raise error

    return call


FAULTS = {
    "identities": Stage.BUNDLE,
    "ledger": Stage.LEDGER,
    "share": Stage.LEDGER,
    "answerer": Stage.RUN,
    "keep": Stage.DOSSIER,
    "ready": Stage.DOSSIER,
    "hall": Stage.RUN,
    "deploy": Stage.DEPLOY_PR,
}


def test_every_part_is_broken_by_some_test():
    others = {"cache", "resolve", "clock", "entropy", "environment", "machine"}
    assert {field.name for field in fields(Parts)} == others | set(FAULTS)


@pytest.mark.parametrize("part", FAULTS)
@pytest.mark.parametrize("error", [Broke("canary"), DiskFull("no space")])
def test_a_part_that_breaks_leads_to_a_review_that_names_its_stage(bench, part, error):
    outcome = evaluated(bench, **{part: breaking(error)})
    assert outcome.decision.verdict is Verdict.REVIEW
    assert FAULTS[part] in {trouble.stage for trouble in outcome.troubles}
    assert "canary" not in repr(outcome.troubles)


@pytest.mark.parametrize("part", ["resolve", "entropy"])
def test_before_there_is_a_change_a_fault_is_an_error(bench, part):
    with pytest.raises(Broke):
        evaluated(bench, **{part: breaking(Broke())})


@pytest.mark.parametrize("failing", range(1, 6))
def test_a_clock_that_breaks_at_any_time_allows_nothing(bench, failing):
    clock = Failing(bench.parts().clock, "now", failing)
    try:
        outcome = evaluated(bench, clock=clock)
    except Broke:
        return
    assert outcome.decision.verdict is not Verdict.ALLOW or clock.calls < failing


class Failing:
    """Whatever it stands for, but the n-th use of one attribute fails."""

    def __init__(self, whole, name, failing):
        self._whole, self._name, self._failing = whole, name, failing
        self.calls = 0

    def __getattr__(self, name):
        if name == self._name:
            self.calls += 1
            if self.calls == self._failing:
                raise Broke
        return getattr(self._whole, name)


@pytest.mark.parametrize("name", ["append", "check", "tip", "signer"])
@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_ledger_that_breaks_at_any_use_allows_nothing(bench, name, failing):
    ledger = Failing(bench.ledger(), name, failing)
    outcome = evaluated(bench, ledger=lambda: ledger)
    assert outcome.decision.verdict is not Verdict.ALLOW or ledger.calls < failing


def test_a_decision_that_cannot_be_recorded_is_a_review(bench):
    class Unwritten(Failing):
        def append(self, kind, *rest):
            if kind == events.DECISION:
                raise LedgerBroken("gone")
            return bench.ledger().append(kind, *rest)

    outcome = evaluated(bench, ledger=lambda: Unwritten(bench.ledger(), "", 0))
    assert outcome.decision.verdict is Verdict.REVIEW
    assert outcome.entry is None


def test_a_service_that_dies_half_way_is_never_allowed(bench):
    def dying(seats: int) -> int:
        raise ConnectionResetError

    bench.serving.pr = dying
    outcome = evaluated(bench)
    assert outcome.decision.verdict is not Verdict.ALLOW
    assert Code.ERRORED in codes(outcome)


def test_a_tampered_bundle_is_a_review_and_nothing_runs(bench):
    sealed = next((bench.exam.folder / "holdout").iterdir())
    sealed.write_bytes(sealed.read_bytes()[:-1] + b"x")
    bench.git("commit", "-q", "-a", "-m", "tamper")
    watch = Quiet()
    outcome = evaluate(bench.wanted(), bench.parts(), watch)
    assert outcome.decision.verdict is Verdict.REVIEW
    assert Stage.RUN not in watch.stages


def test_an_evaluator_that_the_base_ref_does_not_name_allows_nothing(bench):
    bench.policy(evaluators=[])
    bench.git("commit", "-q", "-a", "-m", "nobody")
    outcome = evaluated(bench)
    assert outcome.decision.verdict is Verdict.REVIEW
    assert Code.EVALUATOR_UNKNOWN in codes(outcome)


def test_an_endless_scenario_is_an_error_and_the_rest_is_run(bench):
    bench.exam.write("visible/endless.lua", "return { run = function() while true do end end }")
    bench.exam.seal()
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "endless")
    outcome = evaluated(bench)
    assert outcome.decision.verdict is not Verdict.ALLOW
    assert [one.question.id for one in outcome.answers if one.has(Status.ERROR)] == ["endless"]


def test_a_scenario_is_held_to_the_time_that_it_allows_itself(bench):
    bench.exam.write(
        "visible/slow.lua",
        "return { budget = { max_seconds = 1 }, run = function()"
        " sigil.sleep(30) expect(true) end }",
    )
    bench.exam.seal()
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "slow")
    outcome = evaluated(bench)
    assert [one.question.id for one in outcome.answers if one.has(Status.ERROR)] == ["slow"]
    slow = [one for one in outcome.observed if one.scenario == "slow"]
    assert "ended without a report" in slow[0].evidence.message


def test_what_no_time_is_left_for_is_not_run_and_nothing_is_allowed(bench):
    bench.policy(policy={"max_seconds": 1e-9})
    bench.git("commit", "-q", "-a", "-m", "no time")
    outcome = evaluated(bench)
    assert outcome.decision.verdict is Verdict.REVIEW
    assert {Code.NOT_RUN, Code.BELOW_FLOOR} <= codes(outcome)


# --- invariant II: what is sealed stays sealed -------------------------------------------


def test_nothing_of_a_holdout_is_told_or_kept_in_the_open(bench):
    bench.serving.pr = cheating
    watch = Quiet()
    outcome = evaluate(bench.wanted(), bench.parts(), watch)
    written = b"".join(
        path.read_bytes()
        for path in bench.root.rglob("*")
        if path.is_file() and ".git/" not in str(path)
    )
    price = rf"(?<![0-9a-f]){7 * 1200}(?![0-9a-f])"  # in a digest it stands by chance
    for secret in ("canary-title", "seats=7", "seats=9", price):
        assert not re.search(secret.encode(), written)
        assert not re.search(secret, repr(outcome))
        assert not re.search(secret, repr(watch.lines))
