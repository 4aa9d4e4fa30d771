"""From an intent to a decision, as a user types it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.e2e.shell import Shell

pytestmark = pytest.mark.e2e

INTENT = """---
title: "Price quotes"
owner: "@pricing"
priority: P0
---

Each seat costs $12.

## Acceptance criteria

1. `GET /quote?seats=4` returns 200 and `{ "total_cents": 4800 }`.

## Prices

| `GET /quote?seats=` | `total_cents` |
|---|---|
| 1 | $12 |
| 3 | $36 |
| 40 | $480 |
"""
SERVER = """
import http.server, json, sys, urllib.parse
def cents(seats):
    return seats * 1200
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        body = json.dumps({"total_cents": cents(int(query.get("seats", 0)))}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
CHEAT = "return {1: 1200, 3: 3600, 4: 4800, 40: 48000}.get(seats, 0)"


def git(shell: Shell, arguments: str) -> None:
    done = shell(f"git -c user.name=a -c user.email=a@example.invalid {arguments}")
    assert done.code == 0, done.err


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A repository with a service and an intent, an exam compiled from it, and a ledger."""
    (tmp_path / "home").mkdir()
    root = tmp_path / "repository"
    (root / "docs" / "specs").mkdir(parents=True)
    (root / ".sigil").mkdir()
    shell = Shell(root, tmp_path / "home")
    (root / "docs" / "specs" / "quote.md").write_text(INTENT)
    (root / "server.py").write_text(SERVER)
    (root / ".gitignore").write_text(".sigil/ledger/\n.sigil/cache/\n.sigil/gate/\n")
    public = re.findall(r"age1\w+", shell("sigil scenario keys --new -s api").out)[0]
    evaluator = re.findall(r"ed25519:[\w+/=-]+", shell("sigil ledger init").out)[0]
    (root / ".sigil" / "gate.yaml").write_text(
        "services:\n  api:\n"
        "    deploy: {backend: process, command: 'python3 server.py {port}', health: tcp}\n"
        f"    recipients: [{public}]\nevaluators: ['{evaluator}']\n"
    )
    git(shell, "init -q -b main")
    return shell


def test_a_change_that_knows_the_intent_by_heart_fails_on_what_lies_between(shell):
    made = shell("sigil scenario generate --from docs/specs/quote.md --service api --json")
    assert made.code == 0, made.err
    assert all(one["baseline"] == "pass" for one in made.json()["scenarios"])
    git(shell, "add -A")
    git(shell, "commit -q -m exam")
    git(shell, "checkout -q -b cheat")
    (shell.folder / "server.py").write_text(SERVER.replace("return seats * 1200", CHEAT))
    git(shell, "commit -q -a -m cheat")
    done = shell("sigil eval cheat --service api --json")
    told = done.json()
    assert told["scores"]["visible"]["pr"] == "1.00"
    assert told["scores"]["holdout"]["pr"] != "1.00"
    assert done.code in {3, 4}
