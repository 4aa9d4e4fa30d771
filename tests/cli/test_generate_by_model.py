"""`generate-spec --llm` and `generate-eval --via-description`, as whole commands."""

from __future__ import annotations

import json
import select
import signal
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.e2e.shell import Shell

from sigil.testing.model_server import ModelServer

pytest.importorskip("openai")
pytestmark = pytest.mark.e2e

SOURCE = """\
def unique(items):
    seen = []
    for item in items:
        if item not in seen:
            seen.append(item)
    return seen
"""
SPEC = """\
```yaml
name: uniq
description: fewer comparisons, the same list
pins:
  - {id: unique, language: python, files: [lists.py], symbol: unique}
```
"""
EVAL = """\
```yaml
inputs:
  cases:
    - {args: [[1, 2, 1, 3, 3, 4]], expected: [1, 2, 3, 4]}
holdout:
  cases:
    - {args: [[5, 5, 6]], expected: [5, 6]}
metrics:
  - {id: same, kind: call, measure: matches}
  - {id: time_ms, kind: call, measure: time}
aggregate: {objective: min(time_ms) subject_to same==true}
accept: {rule: time_ms <= 0.9 * baseline.time_ms and same==true}
```
"""
ASK_SPEC = 'sigil generate-spec --llm "drop repeats faster" --files "lists.py"'
ASK_EVAL = 'sigil generate-eval --spec uniq --via-description quick "the same list, sooner"'


def request_in(inbox: Path) -> Path:
    """Return the one request that appears there."""
    until = time.monotonic() + 60
    while not (found := list(inbox.glob("*.request.md"))):
        assert time.monotonic() < until
        select.select([], [], [], 0.05)
    return found[0]


def answer_in(inbox: Path) -> None:
    """Answer that request."""
    request = request_in(inbox)
    reply = request.with_name(request.name.replace(".request.", ".reply."))
    reply.with_suffix(".new").write_text(SPEC)
    reply.with_suffix(".new").rename(reply)


@pytest.fixture
def server() -> Generator[ModelServer]:
    def script(request, number: int) -> str:
        return EVAL if "Give the eval" in request["messages"][-1]["content"] else SPEC

    with ModelServer(script) as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, server: ModelServer) -> Shell:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "lists.py").write_text(SOURCE)
    shell = Shell(folder, tmp_path)
    url = server.openai_url
    done = shell(f"sigil setup --provider openai-compatible --model m-1 --base-url {url} --yes")
    assert done.code == 0, done.err
    return shell


def test_from_words_to_a_run(shell, server):
    spec = shell(ASK_SPEC)
    assert spec.code == 0, spec.err
    assert "wrote .sigil/uniq.sigil.yaml: lists.py:1-6 (unique)" in spec.out
    made = shell(ASK_EVAL)
    assert made.code == 0, made.err
    assert "baseline: same yes, time_ms" in made.out
    assert "evals: [quick]" in (shell.folder / ".sigil" / "uniq.sigil.yaml").read_text()
    assert len(server.asked) == 2
    assert shell("sigil run --spec uniq --provider none --dry-run").code == 0


def test_a_dry_run_writes_no_document_and_is_not_paid_twice(shell, server):
    done = shell(f"{ASK_SPEC} --dry-run")
    assert done.code == 0, done.err
    assert "# would write .sigil/uniq.sigil.yaml" in done.out
    assert not (shell.folder / ".sigil" / "uniq.sigil.yaml").exists()
    real = shell(ASK_SPEC)
    assert "asked nothing, since all was on record" in real.out
    assert (shell.folder / ".sigil" / "uniq.sigil.yaml").is_file()
    assert len(server.asked) == 1


def test_json_says_all_of_it(shell):
    made = shell(f"{ASK_SPEC} --json").json()
    assert (made["name"], made["written"]) == ("uniq", [".sigil/uniq.sigil.yaml"])
    assert json.dumps(made["files"]).count("lists.py") == 1


def test_a_spec_that_is_there_is_not_overwritten(shell):
    (shell.folder / ".sigil" / "uniq.sigil.yaml").write_text("mine\n")
    assert shell(ASK_SPEC).code == 45
    assert (shell.folder / ".sigil" / "uniq.sigil.yaml").read_text() == "mine\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (ASK_SPEC.replace("--files", "--function"), "--llm chooses the pins itself"),
        ("sigil generate-spec --llm words", "say --files"),
        ("sigil generate-spec --llm --files lists.py", "no description"),
        ("sigil generate-spec x --files lists.py --dry-run", "--dry-run goes with --llm"),
        ("sigil generate-eval --spec x y --model m", "--model goes with --via-description"),
        ("sigil generate-eval --spec x --via-description y z --unsafe", "--unsafe does not go"),
        (f"{ASK_SPEC} --provider none", "no model is configured"),
        (f"{ASK_SPEC} --provider opnai", "did you mean openai?"),
    ],
)
def test_flags_that_do_not_go_together_are_named_before_anything_is_asked(
    shell, server, command, said
):
    done = shell(command)
    assert (done.code, server.asked) == (2, [])
    assert said in done.err


def test_a_file_that_is_not_there_is_told_before_a_model_is_named(shell, server):
    done = shell(ASK_SPEC.replace("lists.py", "gone.py"))
    assert (done.code, server.asked) == (2, [])
    assert "gone.py" in done.err
    assert "asking" not in done.err


def test_an_inbox_is_a_model_too(shell):
    running = shell.start(f"{ASK_SPEC} --provider inbox")
    try:
        inbox = shell.folder / ".sigil" / "generated" / "inbox"
        answer_in(inbox)
        out, err = running.communicate(timeout=60)
        assert running.returncode == 0, err
        assert "wrote .sigil/uniq.sigil.yaml" in out
        assert "answer in .sigil/generated/inbox" in err
    finally:
        if running.poll() is None:
            running.kill()
            running.communicate()


def test_ctrl_c_while_the_model_thinks_writes_no_document(shell):
    before = sorted((shell.folder / ".sigil").glob("*.yaml"))
    running = shell.start(f"{ASK_SPEC} --provider inbox")
    try:
        request_in(shell.folder / ".sigil" / "generated" / "inbox")
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
        assert (running.returncode, "Traceback" in err) == (130, False)
        assert sorted((shell.folder / ".sigil").glob("*.yaml")) == before
    finally:
        if running.poll() is None:
            running.kill()
            running.communicate()
