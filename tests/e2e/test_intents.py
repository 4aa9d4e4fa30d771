"""`sigil scenario run` on the billing example: an agent and a judge over a provider's own wire."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.browser.chromium import BINARY
from tests.e2e.shell import environment
from tests.gate import billings
from tests.gate.lua.worlds import FIXTURES

from sigil.llm.model import Message, Request
from sigil.testing.exam_models import ScriptedAgent, ScriptedJudge
from sigil.testing.model_server import ModelServer

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(BINARY is None, reason="there is no chromium on this machine"),
]


def answering(body: Mapping[str, Any], number: int) -> str:
    """A model that buys if it has tools, and grades otherwise."""
    messages = tuple(Message(one["role"], one["content"]) for one in body["messages"])
    grades = messages[0].content.startswith("You grade")
    who = ScriptedJudge(0.9) if grades else ScriptedAgent(*billings.UPGRADE)
    return who.complete(Request(messages)).text


@pytest.fixture
def root(tmp_path) -> Path:
    root = billings.repository(tmp_path / "repository")
    scenario = root / ".sigil" / "scenarios" / "api" / "visible" / "billing" / "upgrade.lua"
    scenario.write_bytes((FIXTURES / "upgrade.lua").read_bytes())
    return root


def scenario_run(root: Path, home: Path) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        ["sigil", "scenario", "run", "billing/upgrade", "--deploy", "-s", "api", "--json"],
        cwd=root,
        env={**environment(home), **billings.ENVIRONMENT, "MODEL_KEY": "k-123"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    [found] = json.loads(done.stdout)
    return done.returncode, found


def with_models(root: Path, server: ModelServer) -> None:
    policy = root / ".sigil" / "gate.yaml"
    entry = (
        f"{{provider: openai-compatible, model: any, base_url: '{server.openai_url}', "
        "key_variable: MODEL_KEY}"
    )
    policy.write_text(f"{policy.read_text()}    models: {{intent: {entry}, judge: {entry}}}\n")


def test_the_upgrade_passes_with_a_model_that_the_policy_names(root, tmp_path):
    with ModelServer(answering) as server:
        with_models(root, server)
        code, found = scenario_run(root, tmp_path)
        assert (found["status"], found["steps"], code) == ("pass", ["pass"] * 5, 0)
        assert len(server.asked) == len(billings.UPGRADE) + 3


def test_without_a_model_it_is_an_error_that_says_what_to_do(root, tmp_path):
    code, found = scenario_run(root, tmp_path)
    assert (found["status"], code) == ("error", 1)
    assert "add models: {intent: …}" in found["frame"]
