"""What an earlier change was asked may be left in the kernel; no later one prints it to its author.

The first service that fails to start may say why; once holdouts were asked, fixed words alone.
"""

from __future__ import annotations

import json

import pytest
from tests.gate.evaluations import Bench, Quiet
from tests.gate.test_failing_stages import failing_on

from sigil.cli.evaluation_shown import failures_for_operator
from sigil.errors import DeploymentFailed, SigilError, Unreadable
from sigil.gate.evaluation import evaluate
from sigil.gate.feedback import NOT_UP, WITH_OPERATOR
from sigil.gate.outcome import Outcome
from sigil.gate.record import dossier
from sigil.gate.record.recording import Record
from sigil.gate.view import junit, present
from sigil.gate.view.comment import markdown
from sigil.gate.view.summarizing import summary

CANARY = "gold seventeen"
PRINTED = f"import sys; print('{CANARY}'); sys.exit('{CANARY}')"
LISTENING = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(517, "gold seventeen")
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1]) + %d), Handler).serve_forever()
"""
LATE = {"start_s": 1, "health": "/healthz"}
STARTS = {
    "it exits": (PRINTED, {}, "the service exited with status 1 before it was healthy"),
    "a signal ends it": (
        f"import os; print('{CANARY}', flush=True); os.kill(os.getpid(), 9)",
        {},
        "the service was killed by signal 9 before it was healthy",
    ),
    "its build fails": (PRINTED, {"build": ["python server.py"]}, "the build exited with status 1"),
    "its health check": (LISTENING % 0, LATE, "not healthy within 1 s"),
    "on another port": (LISTENING % 17, LATE, "not healthy within 1 s"),
}


def views(outcome: Outcome) -> dict[str, str]:
    """Return everything that the author is given."""
    told = outcome.feedback
    return {
        "feedback": "\n".join(present.feedback_lines(told)),
        "ci": "\n".join(present.obstacle_lines(told)),
        "JSON": json.dumps(dossier.plain(told)),
        "Markdown": markdown(summary(outcome), told),
        "JUnit": junit.junit("api", junit.of_feedback(told)).decode(),
    }


def started(bench: Bench, program: str, **deploy: object) -> tuple[Outcome, Quiet]:
    """Examine a change that is put up as a command."""
    how = {"backend": "process", "command": "python server.py {port}", **deploy}
    bench.git("checkout", "-q", "main")
    recipient = {"recipients": [bench.exam.recipient]}
    bench.policy(services={"api": {"deploy": how, **recipient}})
    bench.git("commit", "-q", "-a", "-m", "deploy")
    bench.git("checkout", "-q", "-b", "spy")
    (bench.root / "server.py").write_text(program)
    bench.git("commit", "-q", "-a", "-m", "spy")
    watch = Quiet()
    return evaluate(bench.wanted("spy"), bench.parts(), watch), watch


def refused(bench: Bench, **parts: object) -> Outcome:
    failed = DeploymentFailed("it ended", output=(CANARY,))
    return evaluate(bench.wanted(), bench.parts(deploy=failing_on("pr", failed), **parts), Quiet())


def tells(outcome: Outcome) -> bool:
    """Return whether any of the author's views holds what was printed: all do, or none."""
    (told,) = {CANARY in text for text in views(outcome).values()}
    return told


def test_before_any_holdout_was_asked_a_start_tells_why_it_failed_as_often_as_it_does(new_bench):
    assert tells(refused(new_bench))
    assert tells(refused(new_bench))


@pytest.mark.parametrize(("program", "deploy", "said"), STARTS.values(), ids=list(STARTS))
def test_after_one_evaluation_with_holdouts_its_author_reads_fixed_words_alone(
    new_bench, program, deploy, said
):
    evaluate(new_bench.wanted(), new_bench.parts(), Quiet())
    outcome, watch = started(new_bench, program, **deploy)
    (obstacle,) = outcome.feedback.obstacles
    assert (obstacle.problem, obstacle.output) == (f"{said}; {WITH_OPERATOR}", ())
    for view, text in {**views(outcome), "progress": "\n".join(watch.lines)}.items():
        assert (view, [word for word in ("gold", "seventeen", "517", "8097") if word in text]) == (
            view,
            [],
        )


def test_the_operator_reads_all_of_it_still(new_bench):
    evaluate(new_bench.wanted(), new_bench.parts(), Quiet())
    outcome, _ = started(new_bench, PRINTED)
    assert not tells(outcome)
    assert any(CANARY in line for line in failures_for_operator(outcome))
    (trouble,) = summary(outcome).troubles
    assert CANARY in trouble["output"]
    assert CANARY in trouble["problem"]


def test_what_is_no_start_of_a_known_kind_is_told_in_fixed_words_too(new_bench):
    evaluate(new_bench.wanted(), new_bench.parts(), Quiet())
    broken = new_bench.parts(deploy=failing_on("baseline", SigilError(CANARY)))
    (obstacle,) = evaluate(new_bench.wanted(), broken, Quiet()).feedback.obstacles
    assert obstacle.problem == f"{NOT_UP}; {WITH_OPERATOR}"


def test_an_evaluation_that_broke_off_may_have_asked(new_bench):
    def keep(*_: object) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(new_bench.wanted(), new_bench.parts(keep=keep), Quiet())
    assert not tells(refused(new_bench))


def test_what_was_asked_of_another_service_was_asked(new_bench):
    new_bench.ledger().append("eval.begun", "another", {"eval": "eval_1"})
    assert not tells(refused(new_bench))


def test_a_ledger_that_cannot_be_read_then_counts_as_asked(new_bench, monkeypatch):
    def unreadable(_: Record) -> bool:
        raise Unreadable("gone")

    monkeypatch.setattr(Record, "may_have_asked", unreadable)
    assert not tells(refused(new_bench))


def test_while_the_remote_of_the_ledger_is_away_others_may_have_asked(new_bench):
    def away(_: object) -> bool:
        raise Unreadable("no route")

    assert not tells(refused(new_bench, share=away))
