"""What keeps a change from an ALLOW is told before anything is put up."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.evaluations import Bench, Quiet, reviewer_of

from sigil.errors import Unreadable, Unwritable
from sigil.gate.decision import Code, Stage, Verdict
from sigil.gate.deploy import deploy
from sigil.gate.evaluation import evaluate
from sigil.gate.foreseeing import NO_ALLOW, foreseen
from sigil.gate.outcome import Outcome

DEPLOYS = {Stage.DEPLOY_PR, Stage.DEPLOY_BASELINE}


def told(age_s: float | None = 1.0, *, remote: bool = False, known: bool = True) -> list[str]:
    return foreseen(age_s, 60, has_remote=remote, is_evaluator_known=known)


def test_of_what_is_in_order_nothing_is_said():
    assert told() == []
    assert told(60.0) == []


@pytest.mark.parametrize(
    ("remote", "remedy"), [(False, "sigil ledger attest"), (True, "sigil ledger sync")]
)
def test_a_stale_ledger_is_told_with_its_age_and_a_remedy(remote, remedy):
    assert told(3700.0, remote=remote) == [
        f"{NO_ALLOW}: its ledger is 1:01:40 old, of at most 60 s",
        f"  first: {remedy}",
        "  and none can below ADVISORY either: sigil trust show",
    ]


def test_a_ledger_of_the_future_one_never_shared_and_a_foreign_key_are_told():
    assert "future" in told(-1.0)[0]
    assert "never in step" in told(None, remote=True)[0]
    assert "none of the evaluators" in told(known=False)[0]


@given(st.none() | st.floats(-1e9, 1e9), st.floats(1, 1e9), st.booleans(), st.booleans())
def test_each_line_fits_a_narrow_terminal(age_s, freshness_s, remote, known):
    lines = foreseen(age_s, freshness_s, has_remote=remote, is_evaluator_known=known)
    assert all(len(line) <= 78 for line in lines)


@given(st.floats(-1e6, 1e6), st.floats(1, 1e6))
def test_something_is_said_if_and_only_if_the_ledger_is_not_of_late(age_s, freshness_s):
    lines = foreseen(age_s, freshness_s, has_remote=False, is_evaluator_known=True)
    assert bool(lines) is not (0 <= age_s <= freshness_s)


# --- in an evaluation -------------------------------------------------------------------------


class Noting(Quiet):
    """A watch that remembers what was said before the first deployment."""

    def __init__(self) -> None:
        super().__init__()
        self.early: list[str] = []

    def says(self, text: str) -> None:
        super().says(text)
        if DEPLOYS.isdisjoint(self.stages):
            self.early.append(text)


def evaluated(bench: Bench, **parts) -> tuple[Outcome, Noting]:
    watch = Noting()
    return evaluate(bench.wanted(), bench.parts(**parts), watch), watch


def make_stale(bench: Bench, past) -> None:
    shutil.rmtree(bench.ledger_path)
    shutil.copytree(past, bench.ledger_path)
    for name in ("pin.json", "pin.seen"):
        (bench.root / ".git" / name).unlink(missing_ok=True)
    ledger = bench.ledger()
    keys_of = frozenset({bench.signer.key, reviewer_of(past).key})
    ledger.pin.trust(ledger.snapshot().checkpoint.ledger, keys_of)


def test_a_fresh_ledger_is_allowed_without_a_word(bench):
    outcome, watch = evaluated(bench)
    assert outcome.decision.verdict is Verdict.ALLOW
    assert [line for line in watch.lines if NO_ALLOW in line] == []


def test_a_stale_ledger_is_told_before_anything_is_put_up_and_decided_on_at_the_end(bench, past):
    make_stale(bench, past)
    outcome, watch = evaluated(bench)
    [said] = [line for line in watch.early if NO_ALLOW in line]
    assert "days old" in said
    assert Code.STALE_LEDGER in {reason.code for reason in outcome.decision.reasons}
    assert outcome.score is not None


def test_a_ledger_that_is_attested_while_the_exam_goes_on_is_fresh_at_the_end(bench, past):
    """What was told early is asked anew, and leaves no trace."""
    make_stale(bench, past)

    def attesting(*arguments, **named):
        bench.ledger().attest()
        return deploy(*arguments, **named)

    outcome, watch = evaluated(bench, deploy=attesting)
    assert any(NO_ALLOW in line for line in watch.early)
    assert Code.STALE_LEDGER not in {reason.code for reason in outcome.decision.reasons}


def test_a_remote_that_was_never_reached_is_told_before_anything_is_put_up(bench):
    def unreached(_):
        raise Unreadable("no route")

    outcome, watch = evaluated(bench, share=unreached)
    assert any("never in step" in line for line in watch.early)
    assert outcome.decision.verdict is Verdict.REVIEW


def test_where_nothing_can_be_kept_nothing_is_put_up(bench):
    def refuses(recipients):
        assert recipients == (bench.exam.recipient,)
        raise Unwritable("the disk is full")

    outcome, watch = evaluated(bench, ready=refuses)
    assert DEPLOYS.isdisjoint(watch.stages)
    assert [trouble.stage for trouble in outcome.troubles] == [Stage.DOSSIER]
    assert outcome.decision.verdict is Verdict.REVIEW
