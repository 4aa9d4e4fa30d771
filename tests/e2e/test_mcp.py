"""`sigil mcp` as clients start it: a process, its two pipes, and nothing else."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.asking import SOON_S, make_repository
from tests.e2e.shell import BIN, Shell, environment

pytest.importorskip("mcp")
pytestmark = pytest.mark.e2e

BETTER = """\
--- a/square.py
+++ b/square.py
@@ -1,2 +1,2 @@
 def square(x):
-    return x
+    return x * x
"""
HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "home").mkdir()
    return Shell(make_repository(tmp_path / "repository"), tmp_path / "home")


@pytest.fixture
def server(shell: Shell) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [BIN / "sigil", "mcp"],
        cwd=shell.folder,
        env=environment(shell.home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def ask(server: subprocess.Popen[str], method: str, params: object) -> Any:
    """Send one request by hand; return the next line, which has to be its answer."""
    assert server.stdin is not None
    assert server.stdout is not None
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    server.stdin.write(json.dumps(message) + "\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())["result"]


def open_addresses(pid: int) -> set[str]:
    """Return the inodes of a process's sockets of the internet's families."""
    held = {path.readlink().name for path in Path(f"/proc/{pid}/fd").iterdir()}
    known = {
        f"socket:[{line.split()[9]}]"
        for table in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    }
    return held & known


def test_it_says_who_it_is_opens_no_address_and_ends_with_its_input(
    server: subprocess.Popen[str],
) -> None:
    hello = ask(server, "initialize", HELLO)
    assert hello["serverInfo"]["name"] == "sigil"
    assert "list_requests" in hello["instructions"]
    assert open_addresses(server.pid) == set()
    out, err = server.communicate(timeout=SOON_S)
    assert (out, err, server.returncode) == ("", "", 0)


def test_a_diff_is_measured_in_the_sandbox_of_a_server(shell: Shell) -> None:
    from mcp import Client, StdioServerParameters

    parameters = StdioServerParameters(
        command=str(BIN / "sigil"), args=["mcp"], env=environment(shell.home), cwd=shell.folder
    )

    async def added() -> Any:
        async with Client(parameters) as client:
            return await client.call_tool("add_candidate", {"spec": "square", "patch": BETTER})

    result = asyncio.run(asyncio.wait_for(added(), SOON_S))
    assert result.structured_content["found"]["verdict"] == "accepted", result.content
    assert "* " in shell("sigil inspect --spec square").out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_while_it_waits_for_input(
    server: subprocess.Popen[str], number: signal.Signals
) -> None:
    ask(server, "initialize", HELLO)
    server.send_signal(number)
    assert server.wait(SOON_S) == 130
    assert server.stderr is not None
    assert server.stderr.read() == ""


def test_what_is_no_message_does_not_end_it(server: subprocess.Popen[str]) -> None:
    assert server.stdin is not None
    server.stdin.write("not a message\n" + "[" * 10_000 + "\n\n")
    assert ask(server, "initialize", HELLO)["serverInfo"]["name"] == "sigil"


def test_a_request_with_half_a_surrogate_is_answered(server: subprocess.Popen[str]) -> None:
    assert server.stdin is not None
    assert server.stdout is not None
    ask(server, "initialize", HELLO)
    call = {"name": "list_runs", "arguments": {"spec": "\ud800"}}
    message = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": call}
    server.stdin.write(json.dumps(message) + "\n")
    server.stdin.flush()
    answer = json.loads(server.stdout.readline())
    assert answer["id"] == 7
    assert answer["error"]["message"].startswith("the request cannot be read: Invalid JSON")


def test_where_there_is_no_repository_it_says_so(tmp_path: Path) -> None:
    done = Shell(tmp_path, tmp_path)("sigil mcp")
    assert done.code != 0
    assert done.err.startswith("sigil: no .sigil folder in ")
    assert done.err.count("\n") == 1
