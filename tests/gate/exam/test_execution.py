"""Commands of a scenario: where they run, what they can do, and how they end."""

from __future__ import annotations

import pytest
from tests.gate import billings

from sigil.gate.deploy import Source, deploy
from sigil.gate.deploy.settings import External, Process, Urls
from sigil.gate.effects import Call, EffectFailed, EffectMissing
from sigil.gate.exam.execution import Execution
from sigil.gate.model import Scenario
from sigil.gate.sittings import Sitting

SITTING = Sitting(Scenario("s", "visible", "", "s.lua"), "pr", 0, 1)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return billings.repository(tmp_path_factory.mktemp("x") / "repository")


@pytest.fixture(scope="module")
def execution(root):
    settings = Process(backend="process", command="true", port=1, env={"COLOUR": "red{port}"})
    side = deploy(settings, Source(root, "HEAD"), "pr", cache=root / ".sigil" / "cache")
    made = Execution({"pr": side})
    yield made
    made.close()


def run(execution: Execution, *words: str, timeout_ms: int = 10_000):
    return execution.answer(
        SITTING, Call("exec", {"command": list(words), "timeout_ms": timeout_ms})
    )


def python(execution: Execution, code: str, **more):
    return run(execution, "python3", "-c", code, **more)


def test_a_command_sees_the_files_of_its_side(execution):
    reply = python(execution, "import billing; print(billing.PRICES_CENTS['year'])")
    assert (reply["exit_code"], reply["stdout"], reply["stderr"]) == (0, "9900\n", "")


def test_its_exit_code_and_both_its_outputs_come_back(execution):
    reply = python(execution, "import sys; print('x', file=sys.stderr); sys.exit(7)")
    assert (reply["exit_code"], reply["stderr"]) == (7, "x\n")


def test_it_has_the_services_variables_and_none_of_ours(execution, monkeypatch):
    monkeypatch.setenv("CANARY", "secret")
    reply = python(execution, "import os; print(os.environ.get('COLOUR'), 'CANARY' in os.environ)")
    assert reply["stdout"] == "red1 False\n"


def test_what_it_writes_the_next_one_does_not_see(execution, root):
    python(execution, "open('billing.py', 'w').write('broken')")
    reply = python(execution, "import billing; print('whole')")
    assert reply["stdout"] == "whole\n"
    assert (root / "billing.py").read_text(encoding="utf-8") != "broken"


def test_it_has_no_network(execution):
    code = "import socket; socket.create_connection(('127.0.0.1', 8080), 1)"
    assert python(execution, code)["exit_code"] == 1


def test_a_program_that_does_not_exist_has_the_code_of_a_shell(execution):
    assert run(execution, "no-such-program")["exit_code"] == 127


def test_one_that_does_not_end_is_an_error(execution):
    with pytest.raises(EffectFailed, match="in time"):
        python(execution, "while True: pass", timeout_ms=300)


def test_what_is_closed_starts_nothing_any_more(execution):
    over = Execution(execution._deployments)
    over.close()
    with pytest.raises(EffectFailed, match="the exam is over"):
        run(over, "true")


def test_without_files_there_are_no_commands(tmp_path):
    settings = External(backend="external", urls=Urls(pr="http://a.test", baseline="http://b.test"))
    side = deploy(settings, Source(tmp_path), "pr", cache=tmp_path)
    with pytest.raises(EffectMissing, match="backend"):
        run(Execution({"pr": side}), "true")
