"""`sigil scenario run` and the policy's reset: what runs already is wiped only if that is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.gate import billings

from sigil.cli.sigil import sigil
from sigil.errors import UsageError

SCENARIO = """return { title = 'Up', policy = { capabilities = {'http'} }, run = function()
  expect(sigil.get('/healthz').status == 200)
end }
"""


class Noting(BaseHTTPRequestHandler):
    """Notes what is posted to it."""

    posted: list[str]

    def do_GET(self) -> None:
        self.reply()

    def do_POST(self) -> None:
        type(self).posted.append(self.path)
        self.reply()

    def reply(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url(monkeypatch) -> Iterator[str]:
    monkeypatch.setattr(Noting, "posted", [], raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Noting) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def root(tmp_path) -> Path:
    """A repository with two scenarios and a policy that resets."""
    visible = tmp_path / ".sigil" / "scenarios" / "api" / "visible"
    visible.mkdir(parents=True)
    for name in ("one", "two"):
        (visible / f"{name}.lua").write_text(SCENARIO)
    (tmp_path / ".sigil" / "gate.yaml").write_text("services:\n  api: {reset: POST /test/reset}\n")
    return tmp_path


def run(root: Path, *words: str) -> Result:
    arguments = ["scenario", "run", "--repo-root", str(root), "-s", "api", *words]
    return CliRunner().invoke(sigil, arguments)


def test_what_runs_already_is_not_reset_and_that_is_said(root, url):
    result = run(root, "--all", "--url", url)
    assert result.exit_code == 0, result.output
    assert Noting.posted == []
    assert "POST /test/reset (--reset sends it)" in result.output


def test_whoever_says_reset_has_it_before_each_scenario_and_is_told_once(root, url):
    result = run(root, "--all", "--url", url, "--reset")
    assert Noting.posted == ["/test/reset"] * 2
    assert result.output.count("POST /test/reset before each scenario") == 1


def test_nobody_claims_to_know_what_answers_at_an_address(root, url):
    result = run(root, "--all", "--url", url)
    assert "as it stands here" not in result.output
    assert f"asking what runs already: {url.removeprefix('http://')}" in result.output


def test_what_is_not_reset_may_be_asked_by_several_at_once(root, url):
    assert run(root, "--all", "--url", url, "--lanes", "2").exit_code == 0
    refused = run(root, "--all", "--url", url, "--reset", "--lanes", "2")
    assert isinstance(refused.exception, UsageError)


def test_a_reset_that_the_policy_does_not_have_is_refused(root, url):
    (root / ".sigil" / "gate.yaml").write_text("services:\n  api: {}\n")
    refused = run(root, "--all", "--url", url, "--reset")
    assert isinstance(refused.exception, UsageError)
    assert ".sigil/gate.yaml has no reset" in str(refused.exception)


def test_what_is_put_up_from_the_files_here_is_reset_and_that_is_said_once(tmp_path):
    root = billings.repository(tmp_path / "repository")
    policy = root / ".sigil" / "gate.yaml"
    text = policy.read_text().replace("    deploy:", "    reset: GET /healthz\n    deploy:", 1)
    policy.write_text(text)
    result = run(root, "--all", "--deploy")
    assert result.output.count("GET /healthz before each scenario") == 1, result.output
