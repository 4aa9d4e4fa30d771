"""`sigil deploy`: the service of the billing example, kept up for a person."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.e2e.shell import environment
from tests.gate import billings

from sigil.cli.sigil import sigil
from sigil.errors import DeploymentFailed, InvalidValue, NotFound, UsageError

SECONDS = 60


@pytest.fixture
def root(tmp_path) -> Path:
    return billings.repository(tmp_path / "repository")


def started(root: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["sigil", "deploy", "-s", "api", "--json", *arguments],
        cwd=root,
        env=environment(root.parent),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> dict[str, str]:
    """Return the object that stands on the first lines."""
    lines: list[str] = []
    while "}\n" not in lines:
        lines.append(process.stdout.readline())
        assert lines[-1], process.stderr.read()
    return json.loads("".join(lines))


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(sigil, ["deploy", "--repo-root", str(root), *arguments])


def test_it_answers_until_ctrl_c_and_not_any_more_then(root):
    with started(root) as process:
        url = told(process)["url"]
        with urllib.request.urlopen(f"{url}/healthz", timeout=SECONDS) as reply:
            assert reply.status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{url}/healthz", timeout=SECONDS)


def test_a_ref_is_put_up_as_it_was_committed(root):
    (root / "server.py").write_text("raise SystemExit(1)\n")
    with started(root, "main") as process:
        found = told(process)
        assert len(found["commit"]) == 40
        with urllib.request.urlopen(f"{found['url']}/healthz", timeout=SECONDS) as reply:
            assert reply.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0


def test_a_service_that_ends_by_itself_is_an_error(root):
    server = (root / "server.py").read_text()
    dying = "import os, threading\nthreading.Timer(1, os._exit, [3]).start()\n"
    (root / "server.py").write_text(server.replace("import argparse", f"{dying}import argparse"))
    with started(root) as process:
        _, said = process.communicate(timeout=SECONDS)
        assert "api ended by itself" in said
        assert process.returncode == DeploymentFailed.exit_code


def test_a_port_that_somebody_has_is_told_before_anything_starts(root):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run(root, "-s", "api", "--port", str(port))
    assert isinstance(result.exception, InvalidValue)
    assert f"port {port} is not to be had (Address already in use)" in str(result.exception)
    assert "starting" not in result.output


def test_who_puts_up_an_external_service_is_told(root):
    policy = root / ".sigil" / "gate.yaml"
    urls = '{pr: "http://127.0.0.1:1", baseline: "http://127.0.0.1:2"}'
    policy.write_text(f"services:\n  api:\n    deploy: {{backend: external, urls: {urls}}}\n")
    result = run(root, "-s", "api")
    assert isinstance(result.exception, UsageError)
    assert "http://127.0.0.1:2" in str(result.exception)


def test_without_a_policy_the_command_that_writes_one_is_named(root):
    (root / ".sigil" / "gate.yaml").unlink()
    with pytest.raises(NotFound, match="there is no policy; sigil init"):
        raise run(root, "-s", "api").exception


@pytest.mark.parametrize(("arguments", "problem"), [
    (["-s", "apj"], "no service 'apj'"),
    (["-s", "api", "nowhere"], "no commit 'nowhere'"),
])  # fmt: skip
def test_what_is_not_there_is_told(root, arguments, problem):
    result = run(root, *arguments)
    assert isinstance(result.exception, NotFound)
    assert problem in str(result.exception)
