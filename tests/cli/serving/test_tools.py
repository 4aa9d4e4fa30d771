"""What agents get over the Model Context Protocol, through the SDK's own client."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sigil.cli.mcp import mcp as command
from sigil.errors import DependencyMissing
from sigil.llm.inbox import Inbox
from sigil.llm.model import Message, Request
from sigil.llm.settings import ModelSettings
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import open_workspace

pytest.importorskip("mcp")

from mcp import Client

from sigil.cli.serving.server import make_server

CANARY = 271_828
SPEC = """\
version: "0.1"
name: square
evals: [points]
pins:
  - id: square
    language: python
    files: [square.py]
    symbol: square
"""
EVAL = f"""\
version: "0.1"
name: points
inputs:
  cases:
    - {{args: [0], expected: 0}}
    - {{args: [2], expected: 4}}
    - {{args: [-3], expected: 9}}
holdout:
  cases:
    - {{args: [{CANARY}], expected: {CANARY**2}}}
metrics:
  - id: agreement
    kind: call
    measure: agreement
    goal: 1
aggregate: {{objective: max(agreement)}}
accept: {{rule: agreement >= 1}}
replay: {{seed: 1}}
"""
SOON_S = 60.0
OUT = ["../..", "/etc", "..", "a/b", "square\n", "\0", "", "x" * 300, "*"]
"""Names that are none, most of which would lead out of a folder."""


def patch(*body: str) -> str:
    added = "".join(f"+    {line}\n" for line in body)
    head = f"--- a/square.py\n+++ b/square.py\n@@ -1,2 +1,{1 + len(body)} @@\n"
    return f"{head} def square(x):\n-    return x\n{added}"


BETTER = patch("return x * x")


class Tools:
    """Calls tools one by one, each as a client of its own."""

    def __init__(self, repository: Path):
        self.repository = repository

    def names(self) -> dict[str, bool | None]:
        async def listed() -> Any:
            async with Client(make_server(self.repository)) as client:
                return (await client.list_tools()).tools

        return {tool.name: tool.annotations.read_only_hint for tool in asyncio.run(listed())}

    def result(self, name: str, **arguments: object) -> Any:
        async def called() -> Any:
            async with Client(make_server(self.repository)) as client:
                return await client.call_tool(name, arguments)

        return asyncio.run(asyncio.wait_for(called(), SOON_S))

    def __call__(self, name: str, **arguments: object) -> Any:
        result = self.result(name, **arguments)
        assert not result.is_error, result.content[0].text
        return result.structured_content or result.content[0].text

    def error(self, name: str, **arguments: object) -> str:
        result = self.result(name, **arguments)
        assert result.is_error, result.content[0].text
        (content,) = result.content
        assert "\n" not in content.text
        return content.text


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    root = tmp_path / "repository"
    (root / ".sigil").mkdir(parents=True)
    (root / ".sigil" / "square.sigil.yaml").write_text(SPEC)
    (root / ".sigil" / "points.eval.yaml").write_text(EVAL)
    (root / "square.py").write_text("def square(x):\n    return x\n")
    return Tools(root)


@pytest.fixture
def asked(tools: Tools) -> Any:
    """The future of one request of a run that waits for its model."""
    run = tools("add_candidate", spec="square", patch=patch("return x + x"))["run"]
    folder = tools.repository / ".sigil/square/workspaces/default/runs" / run / "inbox"
    inbox = Inbox(ModelSettings("me", "inbox", path=str(folder), timeout_s=SOON_S), look_s=0.01)
    request = Request((Message("user", "Make it square."),))
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(inbox.complete, request)
        inbox.cancel()


def first_request(tools: Tools) -> str:
    found = tools("list_requests", spec="square", wait_s=5)
    while not found["requests"]:
        found = tools("list_requests", spec="square")
    return found["requests"][0]["request"]


def test_every_tool_says_whether_it_writes(tools: Tools) -> None:
    names = tools.names()
    writing = {name for name, reads in names.items() if not reads}
    assert writing == {"add_candidate", "answer_request"}
    assert None not in names.values()


def test_a_spec_that_is_wrong_says_so_beside_those_that_are_not(tools: Tools) -> None:
    (tools.repository / ".sigil" / "broken.sigil.yaml").write_text("name: broken\n")
    broken, square = tools("list_specs")["specs"]
    assert "pins" in broken["problem"]
    assert (square["name"], square["evals"], square["problem"]) == ("square", ["points"], None)


def test_a_diff_is_measured_recorded_and_shown(tools: Tools) -> None:
    added = tools("add_candidate", spec="square", patch=BETTER, note="multiply")
    assert (added["found"]["verdict"], added["found"]["what"]) == ("accepted", "multiply")
    (line,) = tools("list_runs", spec="square")["runs"]
    assert (line["run"], line["winner"]) == (added["run"], added["found"]["candidate"])
    report = tools.result("inspect_run", spec="square")
    (best,) = report.structured_content["ranking"]
    assert best["metrics"][0]["value"] == 1
    assert "multiply" in report.content[0].text
    shown = tools("inspect_candidate", spec="square", candidate=line["winner"][:8])
    assert shown["patch"] == BETTER
    assert "+    return x * x" in shown["baseline_diff"]
    assert tools("verify", spec="square")["intact"] is True


@pytest.mark.parametrize("more", [{"patch": "x"}, {"patch": BETTER, "parent": "../.."}])
def test_what_cannot_be_added_leaves_no_workspace(tools: Tools, more: dict[str, str]) -> None:
    tools.error("add_candidate", spec="square", workspace="fresh", **more)
    assert "fresh" not in json.dumps(tools("list_specs"))


def test_a_candidate_can_be_added_to_another(tools: Tools) -> None:
    first = tools("add_candidate", spec="square", patch=patch("return x + x"))
    second = BETTER.replace("-    return x\n", "-    return x + x\n")
    parent = first["found"]["candidate"]
    tools("add_candidate", spec="square", patch=second, run=first["run"], parent=parent[:10])
    report = tools("inspect_run", spec="square")
    assert report["lineage"][0] == parent
    assert report["winner"] == report["lineage"][1]


def test_a_damaged_record_is_no_longer_intact(tools: Tools) -> None:
    run = tools("add_candidate", spec="square", patch=BETTER)["run"]
    folder = tools.repository / ".sigil/square/workspaces/default/runs" / run
    journal = folder / "run.journal"
    journal.write_bytes(journal.read_bytes()[:-20] + b"x" * 20)
    found = tools("verify", spec="square")
    assert found["intact"] is False
    assert any(line.startswith("run.journal: corrupt") for line in found["findings"])


def test_the_name_of_a_run_that_there_is_not_is_shown_without_power(tools: Tools) -> None:
    said = tools.error("inspect_run", spec="square", run="\x1b[31m")
    assert said.isprintable()
    assert r"\x1b[31m" in said


def test_a_valid_diff_names_its_files(tools: Tools) -> None:
    assert tools("validate_patch", spec="square", patch=BETTER) == {"files": ["square.py"]}


@pytest.mark.parametrize(
    ("diff", "said"),
    [
        ("", "there is no diff in it"),
        ("no diff\n", "the diff"),
        (BETTER.replace("square.py", "other.py"), "other.py"),
        (BETTER.replace("square.py", "../square.py"), "square.py"),
        (BETTER.replace("-    return x\n", "-    return y\n"), "square.py"),
        ("\ud800", "not UTF-8"),
    ],
)
def test_a_diff_that_may_not_be_applied_says_why_in_one_line(
    tools: Tools, diff: str, said: str
) -> None:
    assert said in tools.error("validate_patch", spec="square", patch=diff)


def test_a_workspace_that_a_run_holds_is_refused(tools: Tools) -> None:
    workspace = open_workspace(load_spec(tools.repository, "square"), "default")
    with workspace.writing():
        assert "in use by" in tools.error("add_candidate", spec="square", patch=BETTER)


def test_the_machine_is_described(tools: Tools) -> None:
    found = tools("doctor", spec="square")
    assert {rung["face"] for rung in found["rungs"]} == {"calls", "commands"}
    assert found["extras"]["mcp"] is True


# --- the model --------------------------------------------------------------------------


def test_what_an_agent_answers_is_what_the_run_gets(tools: Tools, asked: Any) -> None:
    name = first_request(tools)
    shown = tools("read_request", spec="square", request=name)
    assert "Make it square." in shown
    assert "- answer by the tool answer_request, with the name of this request" in shown
    assert "file of this name" not in shown
    reply = "Try this:\n\n```diff\n" + BETTER + "```\n"
    told = tools("answer_request", spec="square", request=name, reply=reply)
    assert told == {"request": name, "waiting": 0}
    assert asked.result(SOON_S).text == reply
    assert tools("list_requests", spec="square")["requests"] == []
    (line,) = tools("list_requests", spec="square", answered=True)["requests"]
    assert (line["request"], line["answered"]) == (name, True)


def test_a_reply_that_stands_is_not_replaced(tools: Tools, asked: Any) -> None:
    name = first_request(tools)
    tools("answer_request", spec="square", request=name, reply="one")
    tools("answer_request", spec="square", request=name, reply="one")
    assert "has a reply" in tools.error(
        "answer_request", spec="square", request=name, reply="another"
    )
    assert asked.result(SOON_S).text == "one"


@pytest.mark.parametrize("reply", ["", " \n", "x" * (2**20 + 1), "\ud800"])
def test_what_is_no_answer_is_not_written(tools: Tools, asked: Any, reply: str) -> None:
    name = first_request(tools)
    tools.error("answer_request", spec="square", request=name, reply=reply)
    assert tools("list_requests", spec="square")["waiting"] == 1


def test_to_wait_for_a_request_ends_when_the_run_has_ended(tools: Tools) -> None:
    tools("add_candidate", spec="square", patch=BETTER)
    found = tools("list_requests", spec="square", wait_s=50)
    assert found["ended"] == "a candidate was added"


def test_a_link_among_the_requests_is_not_followed(tools: Tools, asked: Any) -> None:
    name = first_request(tools)
    (folder,) = tools.repository.glob(".sigil/square/workspaces/default/runs/*/inbox")
    (folder / "9999-00000000.request.md").symlink_to(tools.repository / "square.py")
    assert "no request" in tools.error("read_request", spec="square", request="9999-00000000")
    assert tools("list_requests", spec="square")["waiting"] == 1
    assert name in tools("list_requests", spec="square")["requests"][0]["request"]


# --- what must not be ------------------------------------------------------------------

WAYS: dict[str, Callable[[str], dict[str, object]]] = {
    "spec": lambda name: {"spec": name},
    "workspace": lambda name: {"spec": "square", "workspace": name},
    "run": lambda name: {"spec": "square", "run": name},
}


@pytest.mark.parametrize("way", WAYS)
def test_no_name_leads_out_of_the_repository(tools: Tools, asked: Any, way: str) -> None:
    request = first_request(tools)
    before = sorted(tools.repository.parent.rglob("*"))
    for name in OUT:
        if way == "run" and not name:
            continue  # the latest
        for tool, more in [
            ("inspect_run", {}),
            ("list_requests", {}),
            ("answer_request", {"request": request, "reply": "x"}),
            ("verify", {}),
        ]:
            tools.error(tool, **WAYS[way](name), **more)
    assert sorted(tools.repository.parent.rglob("*")) == before


def test_no_name_of_a_request_or_candidate_leads_to_another_file(tools: Tools, asked: Any) -> None:
    first_request(tools)
    before = sorted(tools.repository.parent.rglob("*"))
    for name in OUT:
        tools.error("read_request", spec="square", request=name)
        tools.error("answer_request", spec="square", request=name, reply="x")
        if name:  # every id begins with nothing at all
            tools.error("inspect_candidate", spec="square", candidate=name)
    assert sorted(tools.repository.parent.rglob("*")) == before


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("inspect_run", {}, "inspect_run: spec: "),
        ("list_specs", {"spec": "a"}, "list_specs: spec: no such argument; there is none"),
        ("verify", {"spec": "a", "best": 1}, "verify: best: no such argument; there are: spec, w"),
        ("inspect_run", {"spec": "square", "top": 10**9}, "inspect_run: top: "),
        ("inspect_run", {"spec": ["square"]}, "inspect_run: spec: "),
        ("no_such_tool", {}, "no_such_tool"),
    ],
)
def test_arguments_that_do_not_fit_are_one_line(
    tools: Tools, tool: str, arguments: dict[str, Any], said: str
) -> None:
    assert said in tools.error(tool, **arguments)


def test_nothing_of_held_out_inputs_is_in_what_any_tool_returns(tools: Tools, asked: Any) -> None:
    telling = patch(
        "import sys",
        "print('met', x, file=sys.stderr)",
        "print('met', x)",
        "if abs(x) > 99:",
        "    raise ValueError(f'met {x}')",
        "return x * x",
    )
    wrong = patch("return x * x if abs(x) < 99 else x")
    told: list[Any] = [
        tools.result("add_candidate", spec="square", patch=diff, workspace=name)
        for name, diff in [("raises", telling), ("differs", wrong), ("right", BETTER)]
    ]
    every = {
        "list_specs": {},
        "list_runs": {"spec": "square"},
        "inspect_run": {"spec": "square"},
        "validate_patch": {"spec": "square", "patch": telling},
        "verify": {"spec": "square"},
        "doctor": {"spec": "square"},
        "list_requests": {"spec": "square", "answered": True},
        "read_request": {"spec": "square", "request": first_request(tools)},
        "answer_request": {"spec": "square", "request": first_request(tools), "reply": "x"},
        "add_candidate": {"spec": "square", "patch": telling, "workspace": "again"},
    }
    told += [tools.result(name, **arguments) for name, arguments in every.items()]
    for name in ("raises", "differs", "right"):
        here = {"spec": "square", "workspace": name}
        report = tools.result("inspect_run", **here)
        failing = [one.structured_content["found"]["candidate"] for one in told[:3]]
        candidate = failing[("raises", "differs", "right").index(name)]
        told += [report, tools.result("inspect_candidate", **here, candidate=candidate)]
    assert {*every, "inspect_candidate"} == set(tools.names())
    found = [one.structured_content["found"] for one in told[:3]]
    assert [one["verdict"] for one in found] == ["holdout", "holdout", "accepted"]
    # Neither in how many cases it differs there, nor how it ended: that could be searched by.
    assert found[0]["what"] == found[1]["what"] == "it does not hold on held-out inputs"
    text = json.dumps([one.model_dump(mode="json") for one in told])
    assert str(CANARY) not in text
    assert "held out" not in text  # a column of values, in what `sigil inspect` shows a person


def test_an_eval_that_is_wrong_tells_nothing_of_its_held_out_inputs(tools: Tools) -> None:
    path = tools.repository / ".sigil" / "points.eval.yaml"
    for wrong in (f"arguments: [{CANARY}]", f"args: {CANARY}", f"args: [{CANARY}"):
        path.write_text(EVAL.replace(f"args: [{CANARY}]", wrong))
        for tool, more in [("doctor", {}), ("add_candidate", {"patch": BETTER})]:
            assert str(CANARY) not in tools.error(tool, spec="square", **more)


def test_without_the_sdk_the_extra_is_named(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("sigil.cli.serving")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.setitem(sys.modules, "mcp.types", None)
    result = CliRunner().invoke(command, ["--repo-root", str(tools.repository)])
    assert isinstance(result.exception, DependencyMissing)
    assert "pip install -e '.[mcp]'" in str(result.exception)
