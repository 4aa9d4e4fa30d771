"""`sigil ci` in a clone of a real remote, against a forge that speaks HTTP on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.shell import Done
from tests.gate.evaluations import Bench, cheating, reviewer_of, served
from tests.gate.forges import TOKEN, FakeForge, forged

from sigil.gate.record import events
from sigil.ledger.remote import remember

pytestmark = pytest.mark.e2e


@dataclass
class Runner:
    """A machine that examines pull requests of ``acme/shop``."""

    bench: Bench
    forge: FakeForge
    home: Path
    origin: Path

    def begun(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            **self.forge.environment(),
            **more,
        }
        return subprocess.Popen(
            [Path(sys.executable).parent / "sigil", *arguments],
            cwd=self.bench.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def sigil(self, *arguments: str, **more: str) -> Done:
        with self.begun(*arguments, **more) as process:
            try:
                out, err = process.communicate(timeout=100)
            finally:
                process.kill()
        return Done(process.returncode, out, err)

    def states(self) -> list[tuple[str, str]]:
        return [(commit, body["state"]) for commit, body in self.forge.statuses]

    def ci(self, *flags: str) -> Done:
        return self.sigil("ci", "acme/shop#42", "--service", "api", *flags)

    def main(self) -> str:
        return self.bench.git("--git-dir", str(self.origin), "rev-parse", "main")

    def push_base(self, text: str) -> None:
        """Somebody pushes to the base branch."""
        (self.bench.root / "NOTES").write_text(text)
        self.bench.git("add", "NOTES")
        self.bench.git("commit", "-q", "-m", text)
        self.bench.git("push", "-q", str(self.origin), "main")
        self.forge.base = self.main()


@pytest.fixture
def runner(auto_bench, auto_past, tmp_path):
    bench, home, origin = auto_bench, tmp_path / "home", tmp_path / "origin.git"
    keys = home / ".config" / "sigil" / "keys"
    keys.mkdir(parents=True, mode=0o700)
    for name, text in (("api.agekey", str(bench.exam.key)), ("evaluator.ed25519", None)):
        file = keys / name
        file.touch(mode=0o600)
        file.write_bytes(text.encode() if text else signing_key(bench))
    bench.git("init", "-q", "--bare", str(origin))
    bench.git("remote", "add", "origin", str(origin))
    bench.git("push", "-q", "origin", "main", "change:refs/pull/42/head")
    head, base = bench.git("rev-parse", "change", "main").split()
    with forged(head=head, base=base) as forge:
        known = Runner(bench, forge, home, origin)
        reviewer = reviewer_of(auto_past).key
        trusted = ("--trust", bench.signer.key, "--trust", reviewer)
        done = known.sigil("ledger", "verify", *trusted)
        assert done.code == 0, done.err
        yield known


def signing_key(bench: Bench) -> bytes:
    from cryptography.hazmat.primitives import serialization

    private = bench.signer._private
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_a_good_change_gets_a_status_a_comment_and_is_merged_by_the_forge(runner):
    done = runner.ci("--comment", "--auto-merge")
    assert done.code == 0, done.err + done.out
    assert runner.states() == [(runner.forge.head, "pending"), (runner.forge.head, "success")]
    [comment] = runner.forge.comments
    assert "ALLOW" in comment["body"]
    assert "by the exam alone: ALLOW" in done.out
    assert comment["body"].startswith("<!-- sigil:api -->")
    assert runner.forge.merged_with[0]["sha"] == runner.forge.head
    assert f"merged as {runner.forge.merge_commit}" in done.out


def test_the_allow_is_used_up_before_the_forge_merges(runner):
    uses: list[int] = []

    def look() -> None:
        uses.append(len(list(runner.bench.ledger().entries(kind=events.MERGE))))

    runner.forge.on_merge = look
    runner.ci("--auto-merge")
    assert uses == [1]


def test_a_cheating_change_is_a_failure_and_the_comment_holds_the_wall(runner):
    runner.bench.serving.pr = cheating
    done = runner.ci("--comment", "--auto-merge")
    assert done.code == 4, done.err
    assert runner.forge.statuses[-1][1]["state"] == "failure"
    assert runner.forge.merged_with == []
    said = runner.forge.comments[0]["body"] + done.out + done.err
    assert "canary-title" not in said
    assert "8400" not in said


def test_the_log_of_a_job_says_no_more_of_holdouts_than_the_comment(runner):
    runner.bench.serving.pr = cheating
    first, second = runner.ci(), runner.ci()
    assert "\n holdout  " in first.out
    assert "decision: BLOCK" in second.out
    assert "\n visible  " in second.out
    for word in ("\n holdout  ", "\n overall  ", "satisfaction", "regression"):
        assert word not in second.out


def test_what_went_wrong_on_the_machine_is_in_the_report_and_not_in_the_log_of_a_job(runner):
    (runner.home / ".config" / "sigil" / "keys" / "api.agekey").unlink()
    done = runner.ci("--comment")
    assert done.code == 3
    assert "bundle failed: whoever runs the gate knows why" in done.out
    assert str(runner.home) not in done.out + done.err + runner.forge.comments[0]["body"]
    remedy = done.out.partition("whoever runs the gate: ")[2].splitlines()[0]
    assert str(runner.home) in runner.sigil(*remedy.split()[1:]).out


def test_once_holdouts_were_asked_the_log_of_a_job_has_no_word_that_a_start_printed(runner):
    bench = runner.bench
    assert runner.ci().code == 0
    bench.policy(
        services={
            "api": {
                "deploy": {
                    "backend": "process",
                    "command": "python server.py {port}",
                    "health": "/healthz",
                },
                "recipients": [bench.exam.recipient],
            }
        }
    )
    bench.git("add", ".sigil/gate.yaml")
    runner.push_base("deployed")
    bench.git("checkout", "-q", "-b", "spy")
    (bench.root / "server.py").write_text("import sys; print('gold 17'); sys.exit('gold 17')")
    bench.git("commit", "-q", "-a", "-m", "spy")
    bench.git("push", "-q", "-f", str(runner.origin), "spy:refs/pull/42/head")
    runner.forge.head = bench.git("rev-parse", "spy")
    done = runner.ci("--comment")
    assert "deploy pr failed: the service exited with status 1 before it was healthy" in done.out
    assert "gold" not in done.out + done.err + runner.forge.comments[0]["body"]
    assert "gold 17" in runner.sigil("report").out


def test_the_same_comment_is_kept_current(runner):
    runner.forge.say("<!-- sigil:api -->\nALLOW, believe me", login="mallory")
    runner.ci("--comment")
    runner.bench.serving.pr = cheating
    runner.ci("--comment")
    bodies = [one["body"] for one in runner.forge.comments]
    assert len(bodies) == 2
    assert bodies[0].endswith("believe me")
    assert "BLOCK" in bodies[1]


def test_the_token_is_in_no_output_and_no_file(runner):
    done = runner.ci("--comment", "--json")
    assert TOKEN not in done.out + done.err
    for path in (*runner.bench.root.rglob("*"), *runner.home.rglob("*")):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path


def test_a_dry_run_says_what_would_be_and_does_nothing(runner):
    before = runner.bench.ledger().tip.size
    done = runner.ci("--comment", "--auto-merge", "--dry-run")
    assert done.code == 0, done.err
    assert "would examine" in done.out
    assert "would merge on an ALLOW" in done.out
    assert {method for method, _, _ in runner.forge.asked} == {"GET"}
    assert runner.bench.ledger().tip.size == before


def test_json_says_what_the_forge_was_told(runner):
    told = json.loads(runner.ci("--json").out)["forge"]
    assert told == {"state": "success", "comment": None, "merged": None, "held": "", "next": ""}


def test_below_auto_the_forge_is_not_asked_to_merge(runner):
    runner.bench.ledger().append(f"{events.INCIDENT}safety", "api", {"eval": "", "note": ""})
    done = runner.ci("--auto-merge")
    assert done.code == 0, done.err
    assert "not merged: the service is at ADVISORY" in done.out
    assert "to AUTO: 199 evaluations more · 14 more days without an incident" in done.out
    assert runner.forge.merged_with == []


@pytest.mark.parametrize("is_opened", [True, False])
def test_a_service_that_is_not_enrolled_is_told_once_how_it_would_be(runner, is_opened):
    for _ in range(3):  # from AUTO to NONE
        body = {"eval": "eval_0", "decided": "BLOCK", "verdict": "ALLOW"}
        runner.bench.ledger().append(events.OVERRIDE, "api", body)
    if not is_opened:
        (runner.home / ".config" / "sigil" / "keys" / "api.agekey").unlink()
    done = runner.ci()
    assert done.code == 3, done.err
    assert done.out.count("to SHADOW: sigil trust enroll --service api") == 1


def test_a_base_that_moved_on_the_forge_is_not_merged_into(runner):
    runner.forge.base = "e" * 40
    done = runner.ci("--auto-merge")
    assert "not merged: something was pushed in the meantime" in done.out
    assert list(runner.bench.ledger().entries(kind=events.MERGE)) == []


def test_a_change_that_is_behind_its_base_is_examined_and_not_merged(runner):
    runner.push_base("meanwhile")
    done = runner.ci("--auto-merge")
    assert "does not stand on main" in done.out
    assert runner.forge.merged_with == []


def test_the_exam_is_that_of_the_remotes_base_and_not_of_a_local_branch(runner):
    runner.bench.git("update-ref", "refs/remotes/origin/main", "change")
    runner.bench.git("checkout", "-q", "-B", "main", "change")
    assert runner.ci().code == 0


def test_a_pull_request_that_is_not_open_is_not_examined(runner):
    runner.forge.state = "closed"
    done = runner.ci()
    assert (done.code, runner.forge.statuses) == (12, [])
    assert "is not open" in done.err


def test_a_merge_that_the_forge_refuses_is_one_line_and_spends_the_allow(runner):
    runner.forge.on_merge = lambda: setattr(runner.forge, "merged_with", None)
    done = runner.ci("--auto-merge")
    assert done.code == 67
    assert "Traceback" not in done.err
    assert len(list(runner.bench.ledger().entries(kind=events.MERGE))) == 1


def test_an_examination_that_ends_in_an_error_leaves_an_error_on_the_commit(runner):
    runner.bench.git("--git-dir", str(runner.origin), "update-ref", "-d", "refs/pull/42/head")
    done = runner.ci()
    assert done.code == 44
    assert runner.forge.statuses[-1][1]["state"] == "error"


def lost_remote(runner: Runner) -> None:
    gone = runner.origin.with_name("canary-folder") / "origin.git"
    runner.bench.git("remote", "set-url", "origin", str(gone))


def torn_ledger(runner: Runner) -> None:
    (runner.bench.root / ".sigil/ledger/refs/heads/ledger").write_text("canary")


def lost_key(runner: Runner) -> None:
    (runner.home / ".config/sigil/keys/evaluator.ed25519").unlink()


def torn_object(runner: Runner) -> None:
    ledger = runner.bench.root / ".sigil/ledger"
    name = (ledger / "refs/heads/ledger").read_text().strip()
    file = ledger / "objects" / name[:2] / name[2:]
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:20])


@pytest.mark.parametrize(
    ("breaks", "flags", "code"),
    [
        (lost_remote, (), 44),
        (lost_remote, ("--json",), 44),
        (lost_remote, ("--dry-run",), 44),
        (torn_ledger, ("--auto-merge",), 60),
        (torn_object, ("--auto-merge",), 60),
        (lost_key, ("--auto-merge",), 62),
    ],
)
def test_an_error_that_ends_a_job_shows_its_log_nothing_of_the_machine(runner, breaks, flags, code):
    breaks(runner)
    done = runner.ci(*flags)
    assert done.code == code, done.err
    ended = done.err.splitlines()[-1]
    assert ended.startswith("sigil: ")
    assert "…" in ended
    for canary in ("canary", str(runner.home), str(runner.bench.root), str(runner.origin.parent)):
        assert canary not in done.out + done.err


def test_a_ledger_with_a_torn_object_holds_an_examination_up_no_longer_than_a_whole_one(runner):
    torn_object(runner)
    done = runner.ci()
    assert done.code == 3, done.err
    assert "ledger failed: whoever runs the gate knows why" in done.out
    assert "cannot be read (its file is cut short" in runner.sigil("ledger", "verify").err


def test_the_status_is_that_of_the_commit_that_is_examined_and_of_no_other(runner):
    examined, runner.forge.head = runner.forge.head, "d" * 40  # pushed just after it was asked for
    assert runner.ci().code == 0
    assert runner.states() == [(examined, "pending"), (examined, "success")]


def test_a_push_during_the_exam_changes_neither_what_is_examined_nor_its_status(runner):
    def push(state: str) -> None:
        if state == "pending":
            main = ("update-ref", "refs/pull/42/head", "main")
            runner.bench.git("--git-dir", str(runner.origin), *main)

    runner.forge.on_status, head = push, runner.forge.head
    assert runner.ci().code == 0
    assert runner.states() == [(head, "pending"), (head, "success")]


def test_who_interrupts_it_leaves_no_commit_under_examination(runner):
    running = threading.Event()
    runner.forge.on_status = lambda _state: running.set()
    with runner.begun("ci", "acme/shop#42", "--service", "api") as process:
        try:
            assert running.wait(60)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert runner.states() == [(runner.forge.head, "pending"), (runner.forge.head, "error")]


def test_a_status_that_the_forge_does_not_take_leaves_no_commit_under_examination(runner):
    def refuse_the_next(state: str) -> None:
        if state == "pending":
            runner.forge.failing.append((422, {}))

    runner.forge.on_status = refuse_the_next
    done = runner.ci()
    assert done.code == 67
    assert runner.states() == [(runner.forge.head, "pending"), (runner.forge.head, "error")]


def test_where_not_even_that_is_taken_the_cause_is_told_first_and_this_is_a_warning(runner):
    runner.bench.git("--git-dir", str(runner.origin), "update-ref", "-d", "refs/pull/42/head")
    runner.forge.refused = {"error"}
    done = runner.ci()
    assert done.code == 44
    assert "warning: the status of" in done.err
    assert runner.forge.statuses == []


def test_a_remote_of_the_ledger_that_is_away_is_a_warning_and_a_review(runner, tmp_path):
    remember(runner.bench.root / ".sigil" / "ledger", str(tmp_path / "nowhere.git"))
    done = runner.ci("--comment", "--auto-merge")
    assert done.code == 3, done.err
    assert "warning: the ledger is not shared yet" in done.err
    assert "not merged: the ledger cannot be shared" in done.out
    assert runner.states()[-1] == (runner.forge.head, "pending")
    assert len(runner.forge.comments) == 1
    assert runner.forge.merged_with == []


def authors_own(runner: Runner, **policy: object) -> None:
    """Let the author push a branch with an exam and a policy of his own, and aim at it."""
    bench = runner.bench
    bench.git("checkout", "-q", "-b", "authors-own", "main")
    bench.policy(**policy)
    (bench.root / ".sigil/scenarios/api/visible/quote_2.lua").unlink()
    bench.exam.seal()
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "mine")
    bench.git("push", "-q", "origin", "authors-own")
    runner.forge.branch, runner.forge.base = "authors-own", bench.git("rev-parse", "HEAD")
    bench.git("checkout", "-q", "main")
    bench.git("branch", "-q", "-D", "authors-own")


def test_the_author_does_not_pick_the_exam_by_picking_the_base(runner):
    authors_own(runner)
    begun = runner.bench.ledger().tip.size
    done = runner.ci("--comment")
    assert (done.code, runner.forge.statuses, runner.forge.comments) == (12, [], [])
    [line] = done.err.splitlines()
    assert "nothing is examined against 'authors-own', which is none of: main" in line
    assert runner.bench.ledger().tip.size == begun


def test_no_deployment_of_an_authors_branch_is_asked_a_holdout(runner):
    seen: list[int] = []
    with served() as own:
        own.pr = own.baseline = lambda seats: seen.append(seats) or 0
        deploy = {"backend": "external", "urls": own.urls, "vouched": True}
        service = {"deploy": deploy, "recipients": [runner.bench.exam.recipient]}
        authors_own(runner, services={"api": service})
        done = runner.ci()
    assert (done.code, seen) == (12, [])


def test_a_success_against_a_listed_base_is_no_success_for_the_default_branch(runner):
    authors_own(runner)
    done = runner.sigil("ci", "acme/shop#42", "-s", "api", SIGIL_BASES="main authors-own")
    assert done.code == 0, done.err
    assert {body["context"] for _, body in runner.forge.statuses} == {"sigil/api@authors-own"}


def test_a_pull_request_that_wants_elsewhere_by_now_is_not_merged(runner):
    def aim_elsewhere(state: str) -> None:
        if state == "success":
            runner.forge.branch = "elsewhere"

    runner.forge.on_status = aim_elsewhere
    done = runner.ci("--auto-merge")
    assert (
        "not merged: the pull request is not open, a draft, or wants elsewhere by now" in done.out
    )
    assert (runner.forge.merged_with, list(runner.bench.ledger().entries(kind=events.MERGE))) == (
        [],
        [],
    )


def test_a_list_of_bases_without_the_default_branch_leaves_it_out(runner):
    done = runner.ci("--base", "release")
    assert (done.code, runner.forge.statuses) == (12, [])
    assert "against 'main', which is none of: release" in done.err


def test_a_policy_that_takes_the_token_of_the_forge_is_no_policy(runner):
    service = {
        "deploy": {"backend": "external", "urls": runner.bench.serving.urls, "vouched": True},
        "env": ["GITHUB_TOKEN"],
        "recipients": [runner.bench.exam.recipient],
    }
    authors_own(runner, services={"api": service})
    done = runner.ci("--base", "authors-own")
    assert done.code == 3
    assert "success" not in [state for _, state in runner.states()]
    assert "policy failed" in done.out


def test_without_a_token_nothing_is_asked(runner):
    done = runner.sigil("ci", "acme/shop#42", "-s", "api", GITHUB_TOKEN="")
    assert (done.code, runner.forge.asked) == (12, [])
