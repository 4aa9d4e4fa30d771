"""Invariant I, stage by stage and call by call: what fails is named, on record, and no ALLOW.

Every stage is made to fail after an ALLOW of the same change, which has to be gone then.
"""

from __future__ import annotations

import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from tests.gate.evaluations import Bench, Quiet

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import (
    DeploymentFailed,
    LedgerForked,
    NotFound,
    SigilError,
    Unreadable,
    UsageError,
)
from sigil.gate import evaluation as evaluating
from sigil.gate import holding, trees
from sigil.gate.acting import decision_on
from sigil.gate.decision import Code, Stage, Verdict
from sigil.gate.deploy import deploy
from sigil.gate.evaluation import evaluate
from sigil.gate.outcome import Outcome
from sigil.gate.parts import Wanted
from sigil.gate.record import dossier, events, history, recording
from sigil.gate.record.unfinished import BEGUN, BROKEN
from sigil.gate.revisions import resolve
from sigil.gate.view import present
from sigil.gate.view.comment import markdown
from sigil.gate.view.summarizing import summary
from sigil.ledger import objects, refs
from sigil.ledger.ledger import Ledger

CAUSE = "the reason why"


class Broke(Exception):
    """A fault that nobody foresaw."""


def raising(error: BaseException):
    def call(*arguments: Any, **named: Any) -> Any:
        raise error

    return call


def evaluated(bench: Bench, **parts: Any) -> Outcome:
    return evaluate(bench.wanted(), bench.parts(**parts), Quiet())


def kinds(bench: Bench) -> list[str]:
    return [entry.kind for entry in bench.ledger().entries()]


def worth(bench: Bench) -> tuple[Verdict, list[Code]]:
    """Return what the ledger's last decision on the change is worth now."""
    revisions = resolve(bench.root, "change")
    found = decision_on(bench.root, revisions, bench.ledger(), "api", SYSTEM_CLOCK.now()).worth
    return found.verdict, [reason.code for reason in found.reasons]


def worth_of_latest(bench: Bench) -> Verdict:
    """Return what there is on record of the change, REVIEW where there is no decision at all."""
    try:
        return worth(bench)[0]
    except NotFound:
        return Verdict.REVIEW


def begun(bench: Bench) -> int:
    """Return how many evaluations are on record."""
    return sum(entry.kind == BEGUN for entry in bench.ledger().entries())


@dataclass
class Dying:
    """A deployment that works and cannot be ended."""

    whole: Any

    def __enter__(self):
        return self.whole.__enter__()

    def __exit__(self, *ended: object) -> None:
        self.whole.__exit__(*ended)
        raise DeploymentFailed(CAUSE)


def failing_on(failing: str, error: BaseException):
    def put_up(settings, source, side, **rest):
        if side == failing:
            raise error
        return deploy(settings, source, side, **rest)

    return put_up


def break_stage(stage: Stage, patch: pytest.MonkeyPatch, error: Exception) -> dict[str, Any]:
    """Make one stage fail; return the parts that an evaluation needs for it."""
    patched = {
        Stage.POLICY: (evaluating, "load_policy"),
        Stage.BUNDLE: (evaluating, "read_bundle"),
        Stage.RUN: (holding, "examine"),
        Stage.SCORE: (evaluating, "score"),
        Stage.TRUST: (history.History, "trust"),
        Stage.LEDGER: (recording, "read_history"),
    }
    if stage in patched:
        patch.setattr(*patched[stage], raising(error))
    return {
        Stage.DEPLOY_PR: {"deploy": failing_on("pr", error)},
        Stage.DEPLOY_BASELINE: {"deploy": failing_on("baseline", error)},
        Stage.DOSSIER: {"keep": raising(error)},
        Stage.TEARDOWN: {"deploy": lambda *args, **rest: Dying(deploy(*args, **rest))},
    }.get(stage, {})


STAGES = [stage for stage in Stage if stage is not Stage.RESOLVE]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_fails_is_the_cause_is_on_record_and_takes_an_earlier_allow_away(
    bench, monkeypatch, stage
):
    assert evaluated(bench).decision.verdict is Verdict.ALLOW
    assert worth(bench) == (Verdict.ALLOW, [])
    with monkeypatch.context() as patch:
        outcome = evaluated(bench, **break_stage(stage, patch, SigilError(CAUSE)))
    assert outcome.decision.verdict is Verdict.REVIEW
    first, *others = outcome.decision.reasons
    assert (first.code, first.about) == (Code.STAGE_FAILED, stage.value)
    assert others == []
    assert [(one.stage, CAUSE in one.problem) for one in outcome.troubles] == [(stage, True)]
    assert kinds(bench)[-1] in {events.DECISION, BROKEN}
    assert outcome.entry == len(kinds(bench)) - 1
    assert worth(bench)[0] is not Verdict.ALLOW


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("kind", [Broke, OSError, MemoryError])
def test_a_fault_that_nobody_foresaw_at_any_stage_is_told_by_its_kind_alone(
    bench, monkeypatch, stage, kind
):
    if stage is Stage.TEARDOWN:
        monkeypatch.setattr(Dying, "__exit__", raising(kind("canary")))
    with monkeypatch.context() as patch:
        outcome = evaluated(bench, **break_stage(stage, patch, kind("canary")))
    assert outcome.decision.verdict is Verdict.REVIEW
    assert [(one.stage, one.problem) for one in outcome.troubles] == [
        (stage, f"unexpected {kind.__name__}")
    ]
    assert "canary" not in repr(outcome)


def test_an_evaluation_that_broke_off_is_told_beside_the_decision_before_it(bench, monkeypatch):
    evaluated(bench)
    with monkeypatch.context() as patch:
        name = evaluated(bench, **break_stage(Stage.BUNDLE, patch, SigilError(CAUSE))).eval
    assert worth(bench) == (Verdict.REVIEW, [Code.BROKEN_OFF])
    revisions = resolve(bench.root, "change")
    stands = decision_on(bench.root, revisions, bench.ledger(), "api", SYSTEM_CLOCK.now())
    assert f"{name}, bundle failed" in present.reason_text(stands.worth.reasons[0])


def test_a_change_whose_evaluation_broke_off_is_not_called_unknown(bench, monkeypatch):
    with monkeypatch.context() as patch:
        evaluated(bench, **break_stage(Stage.POLICY, patch, SigilError(CAUSE)))
    with pytest.raises(NotFound, match="came to no decision: policy failed"):
        worth(bench)


def test_a_later_decision_is_worth_what_it_says(bench, monkeypatch):
    with monkeypatch.context() as patch:
        evaluated(bench, **break_stage(Stage.BUNDLE, patch, SigilError(CAUSE)))
    evaluated(bench)
    assert worth(bench) == (Verdict.ALLOW, [])


def test_an_evaluation_that_cannot_be_put_on_record_is_not_held(bench):
    watch = Quiet()
    outcome = evaluate(bench.wanted(), bench.parts(ledger=raising(SigilError(CAUSE))), watch)
    assert outcome.decision.verdict is Verdict.REVIEW
    assert Stage.BUNDLE not in watch.stages
    assert outcome.entry is None


def test_what_the_exam_came_to_and_could_not_be_recorded_is_not_told(bench):
    class Full:
        def __init__(self) -> None:
            self.whole = bench.ledger()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.whole, name)

        def append(self, kind: str, *rest: Any) -> Any:
            if kind == events.COMPLETE:
                raise OSError
            return self.whole.append(kind, *rest)

    outcome = evaluated(bench, ledger=Full)
    assert outcome.decision.verdict is Verdict.REVIEW
    assert outcome.feedback.disclosure.value == "nothing"


# --- what is asked for wrongly ------------------------------------------------------------


def test_a_service_that_the_base_branch_does_not_know_is_a_wrong_command(bench):
    before = kinds(bench)
    wanted = Wanted(bench.root, "apu", "change")
    with pytest.raises(UsageError, match=r"no service 'apu'.*name one of: api") as refused:
        evaluate(wanted, bench.parts(), Quiet())
    assert refused.value.exit_code == 2
    assert kinds(bench) == before


# --- what the author is told --------------------------------------------------------------


def test_the_author_reads_why_the_change_did_not_come_up(new_bench):
    failed = DeploymentFailed("it ended", output=("first", "last words"))
    outcome = evaluated(new_bench, deploy=failing_on("pr", failed))
    lines = present.feedback_lines(outcome.feedback)
    assert lines[0] == "deploy pr failed: it ended"
    assert [line.strip(" │") for line in lines[1:3]] == ["first", "last words"]


def test_a_comment_says_why_the_change_did_not_come_up_and_none_of_it_is_markup(new_bench):
    failed = DeploymentFailed("it ended", output=("<b>`last`|words</b>",))
    outcome = evaluated(new_bench, deploy=failing_on("pr", failed))
    written = markdown(summary(outcome), outcome.feedback)
    assert "- deploy pr failed: `it ended`\n  - `<b>?last??words<…>`\n" in written


@pytest.mark.parametrize("stage", [Stage.BUNDLE, Stage.RUN, Stage.DOSSIER, Stage.LEDGER])
def test_what_went_wrong_with_the_exam_itself_is_the_operators(bench, monkeypatch, stage):
    with monkeypatch.context() as patch:
        outcome = evaluated(bench, **break_stage(stage, patch, SigilError(CAUSE)))
    assert [(one.stage, one.problem) for one in outcome.feedback.obstacles] == [(stage, "")]
    assert CAUSE not in repr(outcome.feedback)


# --- the remote ---------------------------------------------------------------------------


def test_what_was_appended_is_shared_at_the_end(bench):
    sizes: list[int] = []

    def share(ledger) -> bool:
        sizes.append(ledger.tip.size)
        ledger.note_synced()
        return True

    outcome = evaluated(bench, share=share)
    assert outcome.decision.verdict is Verdict.ALLOW
    assert outcome.warnings == ()
    assert sizes[-1] == outcome.entry + 1


def test_a_remote_that_is_never_reached_is_a_warning_and_allows_nothing(bench):
    outcome = evaluated(bench, share=raising(Unreadable("no route")))
    assert [reason.code for reason in outcome.decision.reasons] == [Code.LEDGER_UNKNOWN]
    assert len(outcome.warnings) == 1
    assert "no route" in outcome.warnings[0]
    assert kinds(bench)[-3:] == [BEGUN, events.COMPLETE, events.DECISION]


def test_a_remote_that_is_lost_at_the_very_end_is_a_warning(bench):
    times: list[int] = []

    def share(ledger) -> bool:
        times.append(1)
        if len(times) > 3:
            raise Unreadable("no route")
        ledger.note_synced()
        return True

    outcome = evaluated(bench, share=share)
    assert outcome.decision.verdict is Verdict.ALLOW
    assert "no route" in outcome.warnings[0]


@pytest.mark.parametrize("failing", [1, 2, 3, 4])
def test_a_remote_with_another_past_allows_nothing(bench, failing):
    times: list[int] = []

    def share(ledger) -> bool:
        times.append(1)
        if len(times) == failing:
            raise LedgerForked("another past")
        return False

    outcome = evaluated(bench, share=share)
    assert outcome.decision.verdict is Verdict.REVIEW
    assert outcome.decision.reasons[0].about == Stage.LEDGER.value
    assert worth_of_latest(bench) is not Verdict.ALLOW


def test_an_evaluation_that_is_ended_while_its_decision_is_shared_allows_nothing(bench):
    times: list[int] = []

    def share(ledger) -> bool:
        times.append(1)
        if len(times) == 4:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        evaluated(bench, share=share)
    assert worth(bench) == (Verdict.REVIEW, [Code.BROKEN_OFF])


# --- every call of a face, one after the other ---------------------------------------------

FACES = {
    "writing objects": (objects.Objects, "write"),
    "reading objects": (objects.Objects, "read"),
    "moving the branch": (refs, "swap"),
    "reading the branch": (refs, "read"),
    "reading the base branch": (trees.CommitTree, "read"),
    "keeping what was seen": (dossier, "write_atomic"),
    "starting processes": (subprocess, "Popen"),
    "handing sockets over": (socket, "send_fds"),
}
MOST = 12
"""Calls of one face that are made to fail, if it is called more often."""


@dataclass
class Calls:
    """How often something was called, and how often before and after the decision was appended."""

    made: int = 0
    before: int = 0
    after: int = 0

    def some(self) -> list[int]:
        """Return calls to fail: the last, those around the decision, and others spread evenly."""
        around = {self.before, self.before + 1, self.after, self.after + 1, self.made}
        chosen = {number for number in around if 1 <= number <= self.made}
        spread = range(MOST - len(chosen))
        chosen |= {1 + number * self.made // len(spread) for number in spread}
        return list(range(1, self.made + 1)) if self.made <= MOST else sorted(chosen)


@contextmanager
def failing_at(patch: pytest.MonkeyPatch, place: Any, name: str, number: int):
    """Let the n-th call of something fail, none for 0, and tell of the calls."""
    whole, append, calls = getattr(place, name), Ledger.append, Calls()

    def call(*arguments: Any, **named: Any) -> Any:
        calls.made += 1
        if calls.made == number:
            raise OSError(5, "canary")
        return whole(*arguments, **named)

    def appending(ledger: Ledger, kind: str, *rest: Any, **named: Any) -> Any:
        if kind != events.DECISION:
            return append(ledger, kind, *rest, **named)
        calls.before = calls.made
        entry = append(ledger, kind, *rest, **named)
        calls.after = calls.made
        return entry

    with patch.context() as patched:
        patched.setattr(place, name, call)
        patched.setattr(Ledger, "append", appending)
        yield calls


@pytest.mark.parametrize("face", FACES)
def test_whichever_call_fails_nothing_is_allowed(bench, monkeypatch, face):
    with failing_at(monkeypatch, *FACES[face], 0) as calls:
        assert evaluated(bench).decision.verdict is Verdict.ALLOW
    assert 0 < calls.after <= calls.made
    for number in calls.some():
        before = begun(bench)
        with failing_at(monkeypatch, *FACES[face], number) as failed:
            outcome = evaluated(bench)
        assert failed.made >= number
        assert outcome.decision.verdict is not Verdict.ALLOW, number
        if begun(bench) > before:  # else an earlier decision stands
            assert worth_of_latest(bench) is not Verdict.ALLOW, number
        assert "canary" not in repr(outcome.feedback)
