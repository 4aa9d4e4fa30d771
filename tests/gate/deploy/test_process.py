"""Services in the sandbox: side by side, reached, told apart, and gone afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.gate.deploy.conftest import SERVER

from sigil.gate.deploy import deploy
from sigil.gate.deploy.process import ProcessDeployment
from sigil.gate.deploy.settings import Process
from sigil.gate.effects import Call
from sigil.gate.http import Http

if TYPE_CHECKING:
    from tests.gate.deploy.conftest import Commit


def settings(command: str = "python server.py {port}", **more: object) -> Process:
    return Process.model_validate({"backend": "process", "command": command, **more})


def get(deployment: ProcessDeployment, path: str) -> dict[str, object]:
    asking = Http(deployment.connect, deployment.authority, origins=deployment.origins)
    try:
        return asking.perform(Call("http", {"method": "GET", "path": path}))
    finally:
        asking.close()


def test_both_sides_are_up_on_one_port_and_are_two_services(commit: Commit, cache: Path):
    old = commit({"server.py": SERVER})
    new = commit({"server.py": SERVER.replace('"path": self.path', '"path": "changed"')})
    with (
        deploy(settings(), new, "pr", cache=cache) as pr,
        deploy(settings(), old, "baseline", cache=cache) as baseline,
    ):
        assert pr.authority == baseline.authority
        said = [json.loads(get(side, "/x")["body"])["path"] for side in (pr, baseline)]
    assert said == ["changed", "/x"]
