"""Whole runs in which a model proposes: by HTTP, by files, by recorded answers, by MCP."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.asking import (
    RIGHT,
    SOON_S,
    answer_by_files,
    configure,
    function,
    make_repository,
    multiple,
    multiples,
)
from tests.e2e.shell import BIN, Shell, environment

from sigil.store.journal import Frame, read
from sigil.testing.model_server import Fault, ModelServer

pytest.importorskip("openai")
pytestmark = pytest.mark.e2e
RUN = "sigil run --spec square --num 2 --lanes 1 --in-flight 2 --seed 1"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "home").mkdir()
    return Shell(make_repository(tmp_path / "repository"), tmp_path / "home")


@contextmanager
def started(shell: Shell, command: str) -> Generator[subprocess.Popen[str]]:
    """Yield a command that is running, and end it however the test ends."""
    process = shell.start(command)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def workspace(shell: Shell, name: str = "default") -> Path:
    return shell.folder / ".sigil" / "square" / "workspaces" / name


def only_run(shell: Shell, name: str = "default") -> Path:
    """Return the run of a workspace, as soon as there is one."""
    pause = threading.Event()
    for _ in range(int(SOON_S / 0.05)):
        found = sorted((workspace(shell, name) / "runs").glob("*/run.journal"))
        if found:
            return found[0].parent
        pause.wait(0.05)
    raise AssertionError("no run was begun")


def await_requests(inbox: Path, count: int) -> list[Path]:
    """Return the requests of an inbox, as soon as there are so many."""
    pause = threading.Event()
    for _ in range(int(SOON_S / 0.05)):
        found = sorted(inbox.glob("*.request.md"))
        if len(found) >= count:
            return found
        pause.wait(0.05)
    raise AssertionError("too few requests were written")


def index(shell: Shell, name: str = "default") -> bytes:
    return (only_run(shell, name) / "index.json").read_bytes()


def serve(shell: Shell, server: ModelServer) -> None:
    configure(
        shell.folder,
        provider="openai-compatible",
        model="any",
        base_url=server.openai_url,
        price_input_usd=1.0,
        price_output_usd=1.0,
    )


def test_a_model_behind_a_url_improves_a_function(shell: Shell) -> None:
    def script(request: Mapping[str, Any], number: int) -> str:
        return function(RIGHT) if number == 4 else multiples(request, number)

    with ModelServer(script) as server:
        serve(shell, server)
        done = shell(f"{RUN} --provider openai-compatible --budget-evals 6")
    assert done.code == 0, done.err
    assert "6 candidates" in done.out
    assert "models took $0." in done.out
    diff = shell("sigil select --spec square --dry-run").out
    assert f"+    return {RIGHT}" in diff


def test_recorded_answers_give_the_same_bytes_without_a_server(shell: Shell) -> None:
    with ModelServer(multiples) as server:
        serve(shell, server)
        done = shell(f"{RUN} --workspace asked --budget-evals 10")
        assert done.code == 0, done.err
    exchanges = only_run(shell, "asked") / "exchanges.jsonl"
    again = f"{RUN} --workspace again --budget-evals 10 --provider replay --exchanges {exchanges}"
    done = shell(again)
    assert done.code == 0, done.err
    assert index(shell, "again") == index(shell, "asked")


def test_a_run_that_is_killed_while_an_answer_is_late_goes_on_and_asks_nothing_twice(
    shell: Shell,
) -> None:
    going_on = threading.Event()

    def script(request: Mapping[str, Any], number: int) -> str:
        if number == 1:
            going_on.wait(SOON_S)
        return multiple(request["messages"])

    run = RUN.replace("--num 2", "--num 8").replace("--in-flight 2", "--in-flight 4")
    with ModelServer(script) as server:
        serve(shell, server)
        with started(shell, f"{run} --budget-evals 40") as killed:
            record = only_run(shell) / "run.journal"
            await_frames(record, "shifted", 1)
            await_frames(record, "asked", 16)
            killed.kill()
            killed.wait()
        known = {frame.body["request"]["messages"][-1]["content"] for frame in exchanges(record)}
        before = len(server.asked)
        going_on.set()
        done = shell("sigil run --spec square --resume --budget-evals 40")
        assert done.code == 0, done.err
    again = {one.body["messages"][-1]["content"] for one in server.asked[before:]}
    assert not known & again
    asked, file = index(shell), only_run(shell) / "exchanges.jsonl"
    given = f"--workspace again --budget-evals 40 --provider replay --exchanges {file}"
    done = shell(f"{run} {given}")
    assert done.code == 0, done.err
    assert index(shell, "again") == asked


def await_frames(record: Path, kind: str, count: int) -> None:
    """Return as soon as a journal has so many frames of a kind."""
    pause = threading.Event()
    for _ in range(int(SOON_S / 0.05)):
        if sum(frame.kind == kind for frame in read(record)) >= count:
            return
        pause.wait(0.05)
    raise AssertionError(f"too few frames {kind}")


def exchanges(record: Path) -> list[Frame]:
    return [frame for frame in read(record) if frame.kind == "exchange"]


def test_whoever_answers_files_is_the_model(shell: Shell) -> None:
    """One answer is late, one is prose, and of one the writer died half-way."""
    prose, half = "I would rather not say.", "```python\ndef square(x):\n    return (x *"

    def policy(number: int, text: str) -> str | None:
        if number == 1 and not list(inbox.glob("0002-*.reply.md")):
            return None  # later than what was asked after it
        if half in text:
            return function(RIGHT)  # it is shown again, once
        return {2: prose, 4: half}.get(number) or multiple(text)

    with started(shell, f"{RUN} --provider inbox --budget-evals 6 --json") as run:
        inbox = only_run(shell) / "inbox"
        answered = answer_by_files(inbox, run, policy)
        out, err = run.communicate(timeout=SOON_S)
    assert run.returncode == 0, err
    found = json.loads(out)
    assert found["evaluated"] == 6
    assert f"+    return {RIGHT}" in found["winner"]["patch"]
    assert len(answered) == found["models"]["exchanges"] == 6 + 2
    assert answered[0].name.startswith("0002-")
    assert any(prose in path.read_text() for path in answered)


def test_requests_of_an_interrupted_run_are_answered_to_the_one_that_goes_on(
    shell: Shell,
) -> None:
    with started(shell, f"{RUN} --provider inbox --budget-evals 4") as run:
        inbox = only_run(shell) / "inbox"
        first = await_requests(inbox, 2)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=SOON_S)
    assert "--resume" in out, err
    for path in first:
        reply = path.with_name(path.name.replace(".request.", ".reply."))
        reply.write_text(multiple(path.read_text()))
    with started(shell, "sigil run --spec square --resume --budget-evals 4 --json") as run:
        answered = answer_by_files(inbox, run, lambda number, text: multiple(text))
        out, err = run.communicate(timeout=SOON_S)
    assert run.returncode == 0, err
    assert json.loads(out)["models"]["exchanges"] == len(first) + len(answered) == 4


def test_an_agent_is_the_model_over_mcp(shell: Shell) -> None:
    pytest.importorskip("mcp")
    with started(shell, f"{RUN} --provider inbox --budget-evals 6 --json") as run:
        only_run(shell)
        told = asyncio.run(asyncio.wait_for(answer_over_mcp(shell), SOON_S))
        out, err = run.communicate(timeout=SOON_S)
    assert run.returncode == 0, err
    winner = json.loads(out)["winner"]
    assert f"+    return {RIGHT}" in winner["patch"]
    assert told["winner"] == winner["id"]
    assert told["ranking"][0]["verdict"] == "accepted"


async def answer_over_mcp(shell: Shell) -> Mapping[str, Any]:
    """Answer every request of the run, the fourth one well; return the report on the run."""
    from mcp import Client, StdioServerParameters

    server = StdioServerParameters(
        command=str(BIN / "sigil"), args=["mcp"], env=environment(shell.home), cwd=shell.folder
    )
    count = 0
    async with Client(server) as client:

        async def call(tool: str, **arguments: object) -> Any:
            result = await client.call_tool(tool, {"spec": "square", **arguments})
            assert not result.is_error, result.content
            return result.structured_content or result.content[0].text

        while (asked := await call("list_requests", wait_s=5))["ended"] is None:
            for line in asked["requests"]:
                count += 1
                text = await call("read_request", request=line["request"])
                assert "def square" in text
                reply = function(RIGHT) if count == 4 else multiple(text)
                await call("answer_request", request=line["request"], reply=reply)
        return await call("inspect_run")


def test_a_killed_run_asks_nothing_twice_and_comes_out_the_same(shell: Shell) -> None:
    killed = threading.Event()
    reached = threading.Event()
    paid: Counter[str] = Counter()

    def script(request: Mapping[str, Any], number: int) -> str | Fault:
        if number == 7 and not killed.is_set():
            reached.set()
            killed.wait(SOON_S)
            return Fault(dropped=True)  # nobody is there to read it
        paid[json.dumps(request)] += 1
        return multiples(request, number)

    command = f"{RUN.replace('--in-flight 2', '--in-flight 1')} --budget-evals 14"
    with ModelServer(script) as server:
        serve(shell, server)
        with started(shell, f"{command} --workspace parts") as run:
            assert reached.wait(SOON_S)
            run.kill()
            run.wait(SOON_S)
        killed.set()
        done = shell(f"{command} --workspace parts --resume")
        assert done.code == 0, done.err
        assert set(paid.values()) == {1}
        done = shell(f"{command} --workspace whole")
        assert done.code == 0, done.err
    assert set(paid.values()) == {2}
    assert index(shell, "parts") == index(shell, "whole")
