"""Each command of the gate as it is typed: its example, its JSON, its exit code, its refusals."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from tests.e2e.shell import BIN, Done
from tests.gate.evaluations import (
    Bench,
    cheating,
    honest,
    make_bench,
    make_past,
    reviewer_of,
    served,
)

from sigil.cli.sigil import sigil
from sigil.errors import Unwritable, Where
from sigil.gate.exam.channel import Assignment, Report
from sigil.gate.exam.hall import Hall, Lost
from sigil.gate.record import events
from sigil.gate.record.unfinished import BEGUN, Begun, body_of
from sigil.ledger import keys
from sigil.store.files import write_atomic

COMMANDS = (
    "eval", "ci", "decide", "feedback", "report", "diff", "compare", "verdict", "override",
    "incident", "init", "trust show", "trust enroll", "trust reviewer", "trust history",
)  # fmt: skip
NOWHERE, LATER = "eval_00000000000000", "eval_ZZZZZZZZZZZZZZ"


def command_of(words: str) -> click.Command:
    found: click.Command = sigil
    for word in words.split():
        assert isinstance(found, click.Group)
        named = found.get_command(click.Context(found), word)
        assert named is not None
        found = named
    return found


@dataclass
class Desk:
    """A repository at ADVISORY whose evaluator and reviewer sit at one machine.

    Args:
        bench: its repository.
        good: the id of an evaluation that allows.
        bad: of one that blocks.
        codes: what each ended with.
    """

    bench: Bench
    good: str
    bad: str
    codes: tuple[int, int]

    def filled(self, line: str) -> list[str]:
        return shlex.split(line.format(good=self.good, bad=self.bad, nowhere=NOWHERE))


def typed(line: str | list[str]) -> Result:
    return CliRunner().invoke(sigil, shlex.split(line) if isinstance(line, str) else line)


def refused(words: list[str]) -> Done:
    """Type it as a process of its own, which says what is wrong and ends."""
    done = subprocess.run(
        [BIN / "sigil", *words], capture_output=True, text=True, timeout=60, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


def installed(home: Path, name: str, text: bytes) -> None:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = home / name
    file.touch(mode=0o600)
    file.write_bytes(text)


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Iterator[Desk]:
    """Evaluate a good change and a bad one."""
    above = tmp_path_factory.mktemp("desk")
    home = above / "keys"
    signer = keys.create(home / "evaluator.ed25519")
    ledger = tmp_path_factory.mktemp("past") / "ledger"
    make_past(ledger, signer, evals=55)
    reviewer = reviewer_of(ledger)
    with pytest.MonkeyPatch.context() as patched, served() as serving:
        bench = make_bench(above / "repository", serving, ledger, signer)
        installed(home, "reviewer.ed25519", ledger.with_name("reviewer.ed25519").read_bytes())
        installed(home, "api.agekey", str(bench.exam.key).encode())
        patched.setenv("SIGIL_KEYS", str(home))
        patched.setenv("XDG_STATE_HOME", str(above / "state"))
        patched.setenv("HOME", str(above))
        patched.chdir(bench.root)
        trusted = typed(f"ledger verify --trust {signer.key} --trust {reviewer.key}")
        assert trusted.exit_code == 0, trusted.output
        bench.git("branch", "cheat", "change")
        bench.git("checkout", "-q", "cheat")
        (bench.root / "server.py").write_text("price = 0\n")
        bench.git("commit", "-q", "-a", "-m", "cheat")
        bench.git("checkout", "-q", "main")
        done: list[Result] = []
        for branch, prices in (("change", honest), ("cheat", cheating)):
            serving.pr = prices
            done.append(typed(f"eval {branch} -s api --json"))
        names = [json.loads(one.stdout)["eval"] for one in done]
        yield Desk(bench, *names, codes=(done[0].exit_code, done[1].exit_code))


# --- help ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", COMMANDS)
def test_help_has_an_example_that_its_own_parser_takes(words):
    command = command_of(words)
    found = re.search(rf"Example: sigil {words}(.*)", command.help or "")
    assert found is not None
    command.make_context(words, shlex.split(found[1]))


@pytest.mark.parametrize("words", COMMANDS)
def test_help_of_every_flag_says_something(words):
    options = [one for one in command_of(words).params if isinstance(one, click.Option)]
    assert [one.name for one in options if not one.help] == []


# --- what is read ---------------------------------------------------------------------------------

READS = (
    "decide change -s api", "feedback --last", "feedback {good}", "report", "report {bad}",
    "diff {good} {bad}", "trust show", "trust show -s api", "trust history -s api",
)  # fmt: skip


@pytest.mark.parametrize("line", READS)
def test_json_is_all_that_stands_on_standard_output(desk, line):
    done = typed([*desk.filled(line), "--json"])
    assert done.exit_code in {0, 3, 4}, done.output
    assert json.loads(done.stdout)


@pytest.mark.parametrize("line", READS)
def test_text_says_something(desk, line):
    assert typed(desk.filled(line)).stdout.strip()


def test_exit_codes_are_those_of_the_decisions(desk):
    assert desk.codes == (0, 4)
    assert typed("decide cheat -s api").exit_code == 4


def test_decide_says_what_the_exam_alone_said_and_what_the_next_rung_asks(desk):
    found = json.loads(typed("decide cheat -s api --json").stdout)
    assert (found["recommended"], found["recorded"]) == ("BLOCK", "BLOCK")
    assert "evaluations" in found["lacks"]
    shown = typed("decide cheat -s api").stdout
    assert "by the exam alone: BLOCK" in shown
    assert "· BLOCK at ADVISORY\n" in shown
    assert re.search(r"to AUTO: 1\d\d evaluations more", shown)


def test_decide_says_why_it_was_decided_so(desk):
    shown = typed("decide cheat -s api").stdout
    reported = [line.strip() for line in typed("report " + desk.bad).stdout.splitlines()]
    told = [line[12:] for line in shown.splitlines() if line.startswith("    ")]
    assert "BLOCK was decided" not in shown
    assert re.search(r"    BLOCK   \d+ scenarios? of P0 failed", shown)
    assert all(line in reported for line in told)
    assert f"more: sigil report {desk.bad}" in shown
    codes = [
        one["code"] for one in json.loads(typed("decide cheat -s api --json").stdout)["decided_for"]
    ]
    assert "p0_failed" in codes


def test_one_scenario_is_not_several(desk):
    done = typed(f"scenario run quote_1 -s api --url {desk.bench.serving.urls['baseline']}")
    assert done.exit_code == 0, done.output
    assert "running 1 visible scenario against api" in done.stdout


def test_what_differs_subtracts(desk):
    scores = json.loads(typed([*desk.filled("diff {good} {bad}"), "--json"]).stdout)["scores"]
    for half in ("visible", "holdout", "overall"):
        one = scores[half]
        delta = float(one["delta"].replace("−", "-"))
        assert round(float(one["after"]) - float(one["before"]), 2) == delta


def test_replay_says_how_many_sittings_it_cannot_repeat(desk, monkeypatch):
    whole = Hall.examine

    def examine(hall: Hall, assignment: Assignment, **rest: Any) -> Report:
        if assignment.scenario.id == "quote_1":
            raise Lost("its process ended without a report")
        return whole(hall, assignment, **rest)

    git = desk.bench.git
    git("checkout", "-q", "-b", "lost")
    (desk.bench.root / "server.py").write_text("price = 7\n")
    git("commit", "-q", "-a", "-m", "lost")
    git("checkout", "-q", "main")
    with monkeypatch.context() as patched:
        patched.setattr(Hall, "examine", examine)
        name = json.loads(typed("eval lost -s api --json").stdout)["eval"]
    done = typed(f"replay {name}")
    assert done.exit_code == 0, done.output
    assert f"{name}: 6 sittings repeated" in done.stdout
    assert "2 sittings of which no calls were kept cannot be repeated: in error" in done.stdout
    assert json.loads(typed(f"replay {name} --json").stdout)["left"] == 2


def branch(desk, name: str, *, price: int) -> None:
    """Commit a change of the service, and go back to main."""
    git = desk.bench.git
    git("checkout", "-q", "-b", name)
    (desk.bench.root / "server.py").write_text(f"price = {price}\n")
    git("commit", "-q", "-a", "-m", name)
    git("checkout", "-q", "main")


def test_a_decision_is_printed_although_what_ci_shows_cannot_be_written(
    desk, tmp_path, monkeypatch
):
    def refuses(path: Path, data: bytes) -> None:
        if path.suffix == ".xml":
            raise Unwritable("the disk went away", where=Where(str(path)))
        write_atomic(path, data)

    branch(desk, "unwritten", price=8)
    monkeypatch.setattr("sigil.store.files.write_atomic", refuses)
    done = typed(f"eval unwritten -s api --junit {tmp_path}/x.xml")
    assert isinstance(done.exception, Unwritable)
    assert "decision: BLOCK" in done.stdout


def test_a_decision_on_record_is_told_although_no_copy_of_it_can_be_kept(desk, monkeypatch):
    def refuses(path: Path, data: bytes) -> None:
        if path.name == "feedback.json":
            raise Unwritable("the disk went away", where=Where(str(path)))
        write_atomic(path, data)

    branch(desk, "uncopied", price=9)
    monkeypatch.setattr("sigil.gate.record.dossier.write_atomic", refuses)
    done = typed("eval uncopied -s api")
    assert done.exit_code == 4, done.output
    assert "decision: BLOCK" in done.stdout
    assert "warning: the decision stands, and no copy of it could be kept" in done.stderr
    assert "BLOCK" in typed("decide uncopied -s api").stdout


def test_an_incident_and_an_override_say_where_the_service_stands_now(desk):
    done = typed(desk.filled("override {bad} --to review --reason 'the spec was wrong'"))
    assert done.exit_code == 0, done.output
    assert "BLOCK overridden to REVIEW" in done.stdout
    assert "now SHADOW" in done.stdout
    assert "fell from ADVISORY to SHADOW: a decision was overridden" in done.stdout
    assert "what was counted before counts no more" in done.stdout
    assert "a human overrode it to REVIEW" in typed("decide cheat -s api").stdout
    assert "BLOCK at ADVISORY, SHADOW now\n" in typed("decide cheat -s api").stdout
    found = json.loads(typed("decide cheat -s api --json").stdout)
    assert (found["recorded_tier"], found["tier"]) == ("ADVISORY", "SHADOW")
    done = typed("incident safety -s api")
    assert done.exit_code == 0, done.output
    assert "now SHADOW" in done.stdout


def test_a_report_shows_who_overrode_what_to_what_why_and_when(desk):
    command = [*desk.filled("override {bad} --to allow --reason"), "<b>we need it</b>"]
    assert typed(command).exit_code == 0
    [*_, entry] = desk.bench.ledger().entries(kind=events.OVERRIDE)
    shown = typed(desk.filled("report {bad}")).stdout
    when = f"{entry.ts:%Y-%m-%d %H:%M} UTC"
    assert f"  BLOCK overridden to ALLOW · {when} · entry {entry.seq}\n" in shown
    assert f"    by {entry.key}\n    because: <b>we need it</b>\n" in shown
    said = json.loads(typed(desk.filled("report {bad} --json")).stdout)["said"]
    assert said[-1] == {
        "kind": "override.human", "decided": "BLOCK", "verdict": "ALLOW", "key": entry.key,
        "reason": "<b>we need it</b>", "ts": entry.ts.isoformat(), "entry": entry.seq,
    }  # fmt: skip
    html = typed(desk.filled("report {bad} --html -")).stdout
    assert "<td>BLOCK overridden to ALLOW</td><td>&lt;b&gt;we need it" in html
    assert entry.key in html


def test_a_report_warns_where_nobody_can_know_what_was_said_since(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))  # a machine that trusts no key
    done = typed(desk.filled("report {bad}"))
    assert done.exit_code == 0, done.output
    assert "warning: whether somebody overrode it is not known" in done.stderr


def test_decide_says_that_a_newer_evaluation_of_the_change_came_to_no_decision(desk):
    ledger = desk.bench.ledger()
    [mine] = [
        entry.body
        for entry in ledger.entries(kind=events.DECISION)
        if entry.body["eval"] == desk.bad
    ]
    assert json.loads(typed("decide cheat -s api --json").stdout)["unfinished"] == []
    later = Begun(LATER, "cheat", mine["commit"], mine["provenance"]["artifact"])
    ledger.append(BEGUN, "api", body_of(later))
    done = typed("decide cheat -s api --json")
    found = json.loads(done.stdout)
    assert found["unfinished"] == [{"eval": LATER, "cause": "no end on record"}]
    assert (
        f"came to no decision: {LATER} (no end on record); this is about {desk.bad}" in done.stderr
    )


# --- where holdouts are shown ---------------------------------------------------------------------


def on_a_terminal(words: list[str]) -> tuple[int, str]:
    """Type it at a terminal; return its exit code and what the terminal shows."""
    ours, its = pty.openpty()
    with subprocess.Popen([BIN / "sigil", *words], stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        shown = b""
        with suppress(OSError):  # EIO: nobody has the other end open any more
            while more := os.read(ours, 1 << 16):
                shown += more
        os.close(ours)
        return process.wait(60), shown.decode()


def test_frames_of_holdouts_are_shown_on_a_terminal(desk):
    code, shown = on_a_terminal(desk.filled("report {bad} --holdouts"))
    assert code == 0, shown
    assert "holdout_001" in shown


def test_where_no_frame_may_be_shown_it_is_said_how_to_see_those_of_holdouts(desk):
    assert f"sigil report {desk.good} --holdouts" in typed(f"report {desk.good}").stdout


def test_feedback_begins_with_which_evaluation_it_is_of(desk):
    first = typed(desk.filled("feedback {bad}")).stdout.splitlines()[0]
    assert first == f"# {desk.bad} · api · cheat · BLOCK"


def test_a_report_begins_with_both_verdicts_and_the_scores(desk):
    shown = typed(desk.filled("report {bad}")).stdout
    head, *between, _, heads, first = shown[: shown.index("visible ") + 20].splitlines()
    assert head.startswith(f"{desk.bad} · api · cheat · BLOCK")
    assert between[-1] == "  by the exam alone: BLOCK"
    assert heads.split() == ["pr", "baseline", "Δ"]
    assert first.split()[0] == "visible"
    assert f"sigil report {desk.bad} --holdouts" in shown.splitlines()[-1]


def test_a_page_goes_to_standard_output_to_a_file_or_beside_the_evaluation(desk, tmp_path):
    printed = typed(desk.filled("report {bad} --html -")).stdout
    assert printed.startswith("<!doctype html>")
    assert typed([*desk.filled("report {bad} --html"), f"{tmp_path}/r.html"]).exit_code == 0
    assert (tmp_path / "r.html").read_text() == printed
    done = typed(desk.filled("report {bad} --html"))
    assert done.exit_code == 0, done.output
    kept = desk.bench.root / ".sigil" / "gate" / desk.bad / "report.html"
    assert kept.read_text() == printed
    assert not (desk.bench.root / "-").exists()


def test_frames_of_holdouts_reach_neither_a_pipe_nor_a_file(desk, tmp_path):
    file = tmp_path / "h.txt"
    command = [BIN / "sigil", *desk.filled("report {bad} --holdouts")]
    with file.open("wb") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, file.read_bytes()) == (2, b"")
    assert b"on a terminal alone" in done.stderr
    assert refused(desk.filled("report {bad} --holdouts")).out == ""


# --- whose verdicts count -------------------------------------------------------------------------


def without_reviewer(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Sit down at a machine that has the evaluator's key alone."""
    source = keys.path_of()
    installed(tmp_path / "keys", "evaluator.ed25519", source.read_bytes())
    monkeypatch.setenv("SIGIL_KEYS", str(tmp_path / "keys"))


def verdicts(desk: Desk) -> int:
    return len(list(desk.bench.ledger().entries(kind=events.VERDICT)))


def test_a_reviewers_verdict_is_recorded(desk):
    before = verdicts(desk)
    done = typed(desk.filled("verdict {good} allow --reason fine"))
    assert done.exit_code == 0, done.output
    assert verdicts(desk) == before + 1


def test_of_a_second_verdict_on_the_same_change_it_is_said_that_it_does_not_count(desk):
    assert typed(desk.filled("verdict {good} allow")).exit_code == 0
    second = typed(desk.filled("verdict {good} allow"))
    assert "it does not count: this change " in second.stdout


def test_a_verdict_by_the_evaluators_own_key_is_refused_at_once(desk, monkeypatch, tmp_path):
    without_reviewer(desk, monkeypatch, tmp_path)
    before = verdicts(desk)
    done = refused(desk.filled("verdict {good} allow"))
    assert done.code == 62
    assert "would count for nothing" in done.err
    assert "sigil trust reviewer" in done.err
    assert verdicts(desk) == before


def test_a_verdict_by_none_of_the_named_reviewers_is_refused(desk):
    path = desk.bench.root / ".sigil" / "gate.yaml"
    before = path.read_text()
    path.write_text(json.dumps({**json.loads(before), "reviewers": ["ed25519:somebody-else"]}))
    try:
        done = refused(desk.filled("verdict {good} allow"))
    finally:
        path.write_text(before)
    assert done.code == 62
    assert "under reviewers" in done.err


# --- what is refused ------------------------------------------------------------------------------

REFUSED = {
    "decide nowhere -s api": (44, "nowhere"),
    "decide main -s api": (12, "holds nothing"),
    "decide change -s nosuch": (44, "never evaluated"),
    "eval nowhere -s api": (44, "nowhere"),
    "eval change -s api --junit /nonexistent/x.xml": (40, "/nonexistent/x.xml"),
    "eval change -s api --markdown .sigil": (40, "a directory has this name"),
    "feedback": (2, "which evaluation"),
    "feedback {nowhere}": (44, NOWHERE),
    "report {nowhere}": (44, NOWHERE),
    "report --holdouts --json": (2, "on a terminal alone"),
    "report {bad} --holdouts": (2, "on a terminal alone"),
    "diff {good} {nowhere}": (44, NOWHERE),
    "verdict {nowhere} allow": (44, NOWHERE),
    "verdict {good} maybe": (2, "maybe"),
    "override {good} --to allow --reason x": (12, "already"),
    "override {bad} --to review --reason ' '": (12, "needs a reason"),
    "override {bad} --to review": (2, "--reason"),
    "incident 'foo bar' -s api": (12, "'foo bar' is no tag"),
    "incident Safety -s api": (12, "lower-case"),
    "incident safety -s nosuch": (44, "name one of: api"),
    "incident safety -s api --eval {nowhere}": (44, NOWHERE),
    "trust enroll -s nosuch": (44, "name one of: api"),
    "trust enroll -s 'A B'": (12, "no name of a service"),
    "trust show -s nosuch": (44, "name one of: api"),
    "trust history -s nosuch": (44, "name one of: api"),
    "ci acme/shop -s api": (12, "names no pull request"),
    "init -s 'A B'": (12, "no name of a service"),
    "scenario run quote_1 -s api --url localhost:8000": (12, "no address of a service"),
}


@pytest.mark.parametrize("line", REFUSED)
def test_bad_input_is_refused_in_one_line_and_leaves_no_entry(desk, line):
    code, said = REFUSED[line]
    before = desk.bench.ledger().tip.size
    done = refused(desk.filled(line))
    assert done.code == code, done.out + done.err
    problem = done.err.splitlines()[-1]
    assert [one for one in done.err.splitlines() if one.startswith("sigil: ")] == [problem]
    assert said in problem
    assert "Traceback" not in done.out + done.err
    assert desk.bench.ledger().tip.size == before


# --- where there is nothing yet -------------------------------------------------------------------


@pytest.fixture
def empty(tmp_path, monkeypatch) -> Path:
    """A repository that was set up, of a service that nobody enrolled."""
    monkeypatch.setenv("SIGIL_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = tmp_path / "repository"
    root.mkdir()
    monkeypatch.chdir(root)
    done = typed("init -s api --command 'python3 server.py {port}'")
    assert done.exit_code == 0, done.output
    return root


def test_a_service_that_nobody_enrolled_is_shown_with_its_next_step(empty):
    shown = typed("trust show").stdout
    assert shown.startswith("api: NONE")
    assert "to SHADOW: sigil trust enroll --service api" in shown
    assert "· not enrolled" in shown


def test_a_service_without_a_step_has_a_history_that_says_so(empty):
    assert "no step yet" in typed("trust history -s api").stdout
    assert json.loads(typed("trust history -s api --json").stdout) == []


def test_enrolling_is_the_first_step(empty):
    assert typed("trust enroll -s api").stdout.startswith("api: SHADOW")
    assert "NONE → SHADOW: enrolled" in typed("trust history -s api").stdout


def test_enrolling_twice_records_nothing_and_says_so(empty):
    typed("trust enroll -s api")
    before = json.loads(typed("ledger list --json").stdout)
    assert "enrolled already, at SHADOW" in typed("trust enroll -s api").stdout
    assert json.loads(typed("ledger list --json").stdout) == before


def test_a_service_that_the_policy_lacks_is_not_enrolled_by_the_way(empty):
    done = typed("init -s web --enroll")
    assert done.exit_code == 0, done.output
    assert "enrolled web" not in done.stdout
    assert "sigil trust enroll --service web" in done.stdout


def test_a_service_that_did_not_last_is_named_by_eval_and_by_its_report(desk, monkeypatch):
    monkeypatch.setattr("sigil.gate.holding.ended_early", lambda _deployments: ["pr"])
    done = typed("eval change -s api --json")
    name = json.loads(done.stdout)["eval"]
    words = "the service of the change ended before its exam was over"
    assert f"sigil: warning: {words}\n" in done.stderr
    assert json.loads(done.stdout)["ended"] == ["pr"]
    assert f"  {words}\n" in typed(f"report {name}").stdout
    assert json.loads(typed(f"report {name} --json").stdout)["ended"] == ["pr"]
    assert words not in typed(f"feedback {name}").stdout


def test_an_evaluation_that_is_kept_elsewhere_is_said_to_be(desk):
    done = typed("decide change -s api")
    [last] = re.findall(r"more: sigil report (\S+)", done.stdout)
    folder = desk.bench.root / ".sigil" / "gate" / last
    away = folder.rename(folder.with_name("away"))
    try:
        assert (
            "more is kept where it was evaluated, and not here"
            in typed("decide change -s api").stdout
        )
        asked = typed(f"report {last}")
        assert f"there is no evaluation {last} here" in str(asked.exception)
        assert "another machine" in str(asked.exception)
    finally:
        away.rename(folder)


def test_feedback_calls_holdouts_by_letters_in_its_help():
    assert "by a letter" in (command_of("feedback").help or "")


def test_what_is_compared_is_told_by_commit_and_subject(desk, tmp_path):
    def told_of(ref: str) -> str:
        commit, _, subject = desk.bench.git("log", "-1", "--format=%H %s", ref).partition(" ")
        return f"{commit[:12]} {subject}"

    change, baseline = told_of("cheat"), told_of("main")
    evaluated = typed(f"eval cheat -s api --markdown {tmp_path / 'comment.md'}").stdout
    told = (evaluated, typed("report").stdout, (tmp_path / "comment.md").read_text())
    assert [text.count(change) for text in told] == [1, 1, 1]
    assert [text.count(baseline) for text in told] == [1, 1, 1]


def test_a_base_branch_that_lacks_what_its_remote_has_is_said(desk):
    desk.bench.git("update-ref", "refs/remotes/origin/main", "cheat")
    try:
        done = [typed(f"{command} change -s api") for command in ("eval", "decide")]
        assert all("which is behind origin/main" in one.stderr for one in done)
        assert "which is behind origin/main" in typed("report").stdout
    finally:
        desk.bench.git("update-ref", "-d", "refs/remotes/origin/main")
